"""Programs: immutable data that reads and prints as PyTorch code.

A `Program` is a tuple of statements; a statement holds expressions. Both are small frozen records and nothing else:
a program is never executed as Python, `gradoracle.interpreter` runs it. `gradoracle.parse` makes one from text,
`gradoracle.source` prints one, and this module turns one into JSON and back and names it by a hash of its content.

At top level, and in the body of a top-level `with`, `for` or `if`, an error ends its statement and the next one still
runs: what an error leaves behind is part of the behaviour. Inside `try` and inside functions errors propagate as in
Python.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import EllipsisType
from typing import Any, TypeAlias

from gradoracle.records import record

FORMAT = 1

Scalar: TypeAlias = bool | int | float | complex | str | EllipsisType | None


class ProgramError(ValueError):
    """A program that is malformed or not admitted; `line` is the line of its text, where there is one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


# Expressions


@record
class Lit:
    """A literal: None, a bool, an int, a finite float, a complex, a string or the ellipsis.

    Equal literals are written alike: 1, 1.0 and True differ, and so do 0.0 and -0.0.
    """

    value: Scalar

    def _key(self) -> tuple[type, str]:
        return type(self.value), repr(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lit) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@record
class Ref:
    """The value bound to a name by the program."""

    name: str


@record
class Global:
    """Something the engine or the language provides: `torch.autograd.grad`, `print`, `RuntimeError`."""

    path: str


@record
class Attr:
    """`of.name`, where `of` is a value."""

    of: Expr
    name: str


@record
class Call:
    """`function(*args, **kwargs)`."""

    function: Expr
    args: tuple[Expr, ...] = ()
    kwargs: tuple[tuple[str, Expr], ...] = ()


@record
class Item:
    """`of[index]`."""

    of: Expr
    index: Expr


@record
class Slice:
    """`start:stop:step` inside an index; an absent part is None."""

    start: Expr | None = None
    stop: Expr | None = None
    step: Expr | None = None


@record
class Seq:
    """A tuple or list display; `kind` is "tuple" or "list"."""

    kind: str
    items: tuple[Expr, ...]


@record
class Table:
    """A dict display."""

    items: tuple[tuple[Expr, Expr], ...]


@record
class Op:
    """A Python operator on one or two operands; `symbol` as it is written (`+`, `@`, `not`, `is not`, ...)."""

    symbol: str
    operands: tuple[Expr, ...]


@record
class Lambda:
    """`lambda parameters: body`."""

    parameters: tuple[Parameter, ...]
    body: Expr


@record
class Each:
    """`[element for target in iterable]`."""

    element: Expr
    target: Expr
    iterable: Expr


@record
class Format:
    """An f-string: literal strings and pairs of a value and its format (`""` where none is given)."""

    parts: tuple[Lit | FormatPart, ...]


@record
class FormatPart:
    """One `{value!conversion:spec}`; conversion is "", "r" or "s"; spec is plain text."""

    value: Expr
    conversion: str = ""
    spec: str = ""


@record
class Parameter:
    """A parameter of a function, with its default if it has one; `star` is "", "*" or "**"."""

    name: str
    default: Expr | None = None
    star: str = ""


# Statements


@record
class Assign:
    """`t1 = t2 = value`; a target is a Ref, Attr, Item or a Seq of targets."""

    targets: tuple[Expr, ...]
    value: Expr


@record
class Augment:
    """`target symbol= value`, for example `x += y` (symbol `+`)."""

    symbol: str
    target: Expr
    value: Expr


@record
class Evaluate:
    """An expression alone on its line; its value is in the trace."""

    value: Expr


@record
class Observe:
    """Look at the tensors bound to `names` without changing them; `observe(x, y)` in text.

    `facets` picks what is read, `()` for everything: see `gradoracle.trace.FACETS`.
    """

    names: tuple[str, ...]
    facets: tuple[str, ...] = ()


@record
class With:
    """`with manager as name, ...: body`; an absent name is ""."""

    managers: tuple[tuple[Expr, str], ...]
    body: tuple[Statement, ...]


@record
class Define:
    """`def name(parameters): body`; every call leaves an event in the trace."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    decorators: tuple[Expr, ...] = ()


@record
class Class:
    """`class name(base): ...` holding static methods only: a custom `torch.autograd.Function`."""

    name: str
    base: Expr
    methods: tuple[Define, ...]


@record
class Return:
    """`return value`."""

    value: Expr | None = None


@record
class Yield:
    """`yield value`, as a statement; makes the enclosing function a generator."""

    value: Expr | None = None


@record
class Raise:
    """`raise value`."""

    value: Expr


@record
class Handler:
    """`except error as name: body`; `error` None catches every Exception, `name` "" binds nothing."""

    error: Expr | None
    name: str
    body: tuple[Statement, ...]


@record
class Try:
    """`try: body`, with handlers and a `finally`."""

    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    final: tuple[Statement, ...] = ()


@record
class For:
    """`for target in iterable: body`."""

    target: Expr
    iterable: Expr
    body: tuple[Statement, ...]


@record
class If:
    """`if test: body else: orelse`."""

    test: Expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...] = ()


@record
class Delete:
    """`del target, ...`."""

    targets: tuple[Expr, ...]


@record
class Assert:
    """`assert test`."""

    test: Expr


@record
class Pass:
    """`pass`."""


Expr: TypeAlias = Lit | Ref | Global | Attr | Call | Item | Slice | Seq | Table | Op | Lambda | Each | Format
Statement: TypeAlias = (
    Assign
    | Augment
    | Evaluate
    | Observe
    | With
    | Define
    | Class
    | Return
    | Yield
    | Raise
    | Try
    | For
    | If
    | Delete
    | Assert
    | Pass
)
Path: TypeAlias = tuple[int, ...]

UNARY = frozenset({"-", "+", "~", "not"})
BINARY = frozenset(
    {"+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"}
    | {"<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in", "and", "or"}
)
AUGMENTED = frozenset({"+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"})


@dataclass(frozen=True)
class Program:
    """A tuple of statements; equal programs have equal `id`s on every machine and in every session."""

    statements: tuple[Statement, ...]

    def __len__(self) -> int:
        return len(self.statements)

    def __reduce__(self) -> tuple[type[Program], tuple[tuple[Statement, ...]]]:
        """Without what was worked out from the statements: it is as large again, and copies rarely need it."""
        return Program, (self.statements,)

    @cached_property
    def data(self) -> list[Any]:
        """The statements as nested lists of JSON's own types."""
        return [_encode(statement) for statement in self.statements]

    @cached_property
    def id(self) -> str:
        """Sixteen hexadecimal digits that name the content (SHA-256 of its canonical JSON)."""
        canonical = json.dumps(self.data, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The program as one JSON document."""
        return json.dumps({"format": FORMAT, "program": self.data}, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Program:
        """Read what `to_json` wrote.

        Raises `ProgramError` for text that is not JSON, another format, or data that is no program.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ProgramError(f"not JSON: {error}") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ProgramError(f'expected {{"format": {FORMAT}, "program": [...]}}')
        return Program.from_data(document.get("program"))

    @staticmethod
    def from_data(data: Any) -> Program:
        """Read what `data` gives.

        Raises `ProgramError` when it is no program, or one that no text could have given.
        """
        from gradoracle.limits import check_program

        try:
            program = Program(tuple(_decode(item, _STATEMENTS) for item in _as_list(data)))
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError) as error:
            raise ProgramError(f"not a program: {error}") from None
        check_program(program)
        return program

    def walk(self) -> Iterator[Statement]:
        """Every statement, nested ones too, in order of text."""
        stack: list[Statement] = list(reversed(self.statements))
        while stack:
            statement = stack.pop()
            yield statement
            stack.extend(reversed(children(statement)))


def children(statement: Statement) -> tuple[Statement, ...]:
    """The statements nested directly in one, in order of text; a path counts in this order."""
    match statement:
        case With() | Define() | For():
            return statement.body
        case If():
            return statement.body + statement.orelse
        case Class():
            return statement.methods
        case Try():
            handled = tuple(inner for handler in statement.handlers for inner in handler.body)
            return statement.body + handled + statement.final
        case _:
            return ()


def expressions(node: Any) -> Iterator[Expr]:
    """Every expression below a statement or expression (itself included), nested statements left out."""
    found: list[Expr] = []
    if isinstance(node, _STATEMENT_TYPES):
        for name in node.__dataclass_fields__:
            _gather(getattr(node, name), found)
    else:
        _gather(node, found)
    return iter(found)


def _gather(value: Any, found: list[Expr]) -> None:
    kind = type(value)
    if kind is tuple:
        for item in value:
            _gather(item, found)
    elif kind in _PARTS:
        if kind in _EXPRESSION_TYPES:
            found.append(value)
        for name in _PARTS[kind]:
            _gather(getattr(value, name), found)


# JSON: a record is a list of its tag and its fields in order; a literal is ["lit", kind, value].

_TAGS: dict[type, str] = {
    Lit: "lit", Ref: "ref", Global: "global", Attr: "attr", Call: "call", Item: "item", Slice: "slice", Seq: "seq",
    Table: "table", Op: "op", Lambda: "lambda", Each: "each", Format: "format", FormatPart: "part",
    Parameter: "parameter", Handler: "handler", Assign: "assign", Augment: "augment", Evaluate: "evaluate",
    Observe: "observe", With: "with", Define: "def", Class: "class", Return: "return", Yield: "yield", Raise: "raise",
    Try: "try", For: "for", If: "if", Delete: "del", Assert: "assert", Pass: "pass",
}  # fmt: skip
_EXPRESSION_TYPES = (Lit, Ref, Global, Attr, Call, Item, Slice, Seq, Table, Op, Lambda, Each, Format)
_STATEMENT_TYPES = (
    Assign, Augment, Evaluate, Observe, With, Define, Class, Return, Yield, Raise, Try, For, If, Delete, Assert, Pass,
)  # fmt: skip
_PARTS: dict[type, tuple[str, ...]] = {
    kind: ("error",) if kind is Handler else tuple(field.name for field in dataclasses.fields(kind))
    for kind in _TAGS
    if kind not in _STATEMENT_TYPES
}
"""The fields in which expressions stand; the body of a handler is statements."""
_BY_TAG = {tag: kind for kind, tag in _TAGS.items()}
_EXPRESSIONS = frozenset(_TAGS[kind] for kind in _EXPRESSION_TYPES)
_STATEMENTS = frozenset(_TAGS[kind] for kind in _STATEMENT_TYPES)

_ENCODE: dict[type, Any] = {
    type(None): lambda value: ["lit", "none", None],
    bool: lambda value: ["lit", "bool", value],
    int: lambda value: ["lit", "int", value],
    float: lambda value: ["lit", "float", value.hex()],
    complex: lambda value: ["lit", "complex", [value.real.hex(), value.imag.hex()]],
    str: lambda value: ["lit", "str", value],
    EllipsisType: lambda value: ["lit", "ellipsis", None],
}


def _encode(node: Any) -> Any:
    kind = type(node)
    if kind is tuple:
        return [_encode(item) for item in node]
    if kind is str or node is None:
        return node
    if kind is Lit:
        return _ENCODE[type(node.value)](node.value)
    return [_TAGS[kind], *[_encode(getattr(node, name)) for name in kind.__dataclass_fields__]]


def literal_data(literal: Lit) -> list[Any]:
    """What `literal_of` makes a literal of: its kind, and its value as JSON has it."""
    data: list[Any] = _ENCODE[type(literal.value)](literal.value)
    return data[1:]


def tag_of(kind: type) -> str:
    """The tag of a kind of record in `data`."""
    return _TAGS[kind]


def record_of(tag: str) -> type:
    """The kind of record that a tag stands for. Raises `KeyError`."""
    return _BY_TAG[tag]


def _as_list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError(f"expected a list, got {type(data).__name__}")
    return data


def literal_of(kind: str, value: Any) -> Lit:
    """The literal of a kind and a value of JSON's own types. Raises `TypeError` where there is none."""
    match kind:
        case "none" | "ellipsis" if value is None:
            return Lit(None if kind == "none" else ...)
        case "bool" if isinstance(value, bool):
            return Lit(value)
        case "int" if isinstance(value, int) and not isinstance(value, bool):
            return Lit(value)
        case "str" if isinstance(value, str):
            return Lit(value)
        case "float":
            return Lit(float.fromhex(value))
        case "complex":
            return Lit(complex(float.fromhex(value[0]), float.fromhex(value[1])))
        case _:
            raise TypeError(f"no literal of kind {kind!r} with value {value!r}")


def _decode(data: Any, admitted: frozenset[str]) -> Any:
    items = _as_list(data)
    tag = items[0]
    if tag not in admitted:
        raise TypeError(f"{tag!r} cannot stand here")
    if tag == "lit":
        return literal_of(items[1], items[2])
    kind = _BY_TAG[tag]
    fields = dataclasses.fields(kind)
    if len(items) != len(fields) + 1:
        raise TypeError(f"{tag!r} takes {len(fields)} fields, got {len(items) - 1}")
    return kind(*[_FIELD[str(field.type)](value) for field, value in zip(fields, items[1:], strict=True)])


def _expression(data: Any) -> Any:
    return _decode(data, _EXPRESSIONS)


def _optional(data: Any) -> Any:
    return None if data is None else _expression(data)


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise TypeError(f"expected a string, got {data!r}")
    return data


def _many(one: Any) -> Any:
    return lambda data: tuple(one(item) for item in _as_list(data))


def _pair(first: Any, second: Any) -> Any:
    def pair(data: Any) -> Any:
        left, right = _as_list(data)
        return (first(left), second(right))

    return pair


def _one_of(*tags: str) -> Any:
    admitted = frozenset(tags)
    return lambda data: _decode(data, admitted)


_FIELD: dict[str, Any] = {
    "str": _text,
    "Expr": _expression,
    "Expr | None": _optional,
    "tuple[str, ...]": _many(_text),
    "tuple[Expr, ...]": _many(_expression),
    "tuple[tuple[str, Expr], ...]": _many(_pair(_text, _expression)),
    "tuple[tuple[Expr, str], ...]": _many(_pair(_expression, _text)),
    "tuple[tuple[Expr, Expr], ...]": _many(_pair(_expression, _expression)),
    "tuple[Parameter, ...]": _many(_one_of("parameter")),
    "tuple[Lit | FormatPart, ...]": _many(_one_of("lit", "part")),
    "tuple[Statement, ...]": _many(lambda data: _decode(data, _STATEMENTS)),
    "tuple[Define, ...]": _many(_one_of("def")),
    "tuple[Handler, ...]": _many(_one_of("handler")),
}
