"""Expressions as Python closures over the scope that they are evaluated in.

An expression is lowered once and evaluated on any number of engines: all that belongs to a run is reached through the
scope. The commonest shapes have closures of their own, since most of a program is calls and operators on names.
"""

from __future__ import annotations

import builtins
import copy
import math
import operator
from collections.abc import Callable
from typing import Any, TypeVar

from gradoracle import functions
from gradoracle import program as p
from gradoracle.functions import Defaults, Value
from gradoracle.running import Scope, scope_of

LONGEST_RANGE = 100_000

E = TypeVar("E", bound=p.Expr)

_KEPT: dict[int, tuple[p.Expr, Value]] = {}
"""Expressions by their identity, which they keep as long as they are held here."""

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "is": operator.is_,
    "is not": operator.is_not, "in": lambda item, many: item in many, "not in": lambda item, many: item not in many,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}


def lowered(e: p.Expr) -> Value:
    """What evaluates an expression."""
    found = _KEPT.get(id(e))
    return _LOWER[type(e)](e) if found is None else found[1]


def keep(e: E) -> E:
    """Lower an expression now and for good: for what a generator makes once and uses in thousands of programs."""
    _KEPT[id(e)] = (e, lowered(e))
    return e


def binder(target: p.Expr) -> Callable[[Any, Scope], None]:
    """What binds a value to the target of an assignment."""
    match target:
        case p.Ref(name):

            def bind_name(value: Any, s: Scope) -> None:
                s[name] = value

            return bind_name
        case p.Attr(of, name):
            owner = lowered(of)

            def bind_attribute(value: Any, s: Scope) -> None:
                setattr(instance(owner(s)), name, value)

            return bind_attribute
        case p.Item(of, index):
            owner, key = lowered(of), lowered(index)

            def bind_item(value: Any, s: Scope) -> None:
                owner(s)[key(s)] = value

            return bind_item
        case p.Seq(_, items):
            return _unpacking([binder(item) for item in items])
        case _:

            def refuse(value: Any, s: Scope) -> None:
                raise TypeError(f"cannot assign to {type(target).__name__}")

            return refuse


def _unpacking(parts: list[Callable[[Any, Scope], None]]) -> Callable[[Any, Scope], None]:
    count = len(parts)

    def unpack(value: Any, s: Scope) -> None:
        values = list(value)
        if len(values) != count:
            few = f"not enough values to unpack (expected {count}, got {len(values)})"
            many = f"too many values to unpack (expected {count})"
            raise ValueError(few if len(values) < count else many)
        for bind, one in zip(parts, values, strict=True):
            bind(one, s)

    return unpack


CLASSES_OF_PROGRAMS = "gradoracle.interpreter"
"""The module that a program's classes name as theirs."""


def instance(owner: Any) -> Any:
    """The owner of an attribute that a program sets: classes and modules of the engine stay as they are."""
    if isinstance(owner, _MODULE) or (isinstance(owner, type) and owner.__module__ != CLASSES_OF_PROGRAMS):
        raise TypeError(f"a program may not set attributes of {owner.__name__}")
    return owner


_MODULE = type(builtins)


def defaults_of(parameters: tuple[p.Parameter, ...]) -> Defaults:
    """The defaults of parameters that have one, lowered."""
    return tuple([(q.name, lowered(q.default)) for q in parameters if q.default is not None])


def _lit(e: p.Lit) -> Value:
    value = e.value
    return lambda s: value


def _ref(e: p.Ref) -> Value:
    return operator.itemgetter(e.name)


def _global(e: p.Global) -> Value:
    path = e.path
    if path.startswith("torch.") or path == "torch":
        return lambda s: s.run.resolve(path)
    if path == "print":
        return lambda s: s.run.print
    return lambda s: _LANGUAGE[path]


def _attr(e: p.Attr) -> Value:
    of, name = e.of, e.name
    if type(of) is p.Ref:
        owner_name = of.name
        return lambda s: s.run.attribute(s[owner_name], name)
    owner = lowered(of)
    return lambda s: s.run.attribute(owner(s), name)


def _call(e: p.Call) -> Value:
    function = lowered(e.function)
    parts: list[Value] = []
    for one in e.args:
        if type(one) is p.Op and one.symbol == "*" and len(one.operands) == 1:
            return _spread(function, e.args, e.kwargs)
        parts.append(lowered(one))
    if e.kwargs:
        named = [(name, lowered(value)) for name, value in e.kwargs]
        return lambda s: function(s)(*[part(s) for part in parts], **{name: value(s) for name, value in named})
    if not parts:
        return lambda s: function(s)()
    if len(parts) == 1:
        (only,) = parts
        return lambda s: function(s)(only(s))
    if len(parts) == 2:
        one_part, other_part = parts
        return lambda s: function(s)(one_part(s), other_part(s))
    return lambda s: function(s)(*[part(s) for part in parts])


def _spread(function: Value, args: tuple[p.Expr, ...], kwargs: tuple[tuple[str, p.Expr], ...]) -> Value:
    """A call with `*many` among its arguments."""
    parts = [
        (True, lowered(one.operands[0]))
        if isinstance(one, p.Op) and one.symbol == "*" and len(one.operands) == 1
        else (False, lowered(one))
        for one in args
    ]
    named = [(name, lowered(value)) for name, value in kwargs]

    def call(s: Scope) -> Any:
        called = function(s)
        given: list[Any] = []
        for many, part in parts:
            if many:
                given.extend(part(s))
            else:
                given.append(part(s))
        return called(*given, **{name: value(s) for name, value in named})

    return call


def _item(e: p.Item) -> Value:
    of, index = lowered(e.of), lowered(e.index)
    return lambda s: of(s)[index(s)]


def _slice(e: p.Slice) -> Value:
    start, stop, step = (_nothing if part is None else lowered(part) for part in (e.start, e.stop, e.step))
    return lambda s: slice(start(s), stop(s), step(s))


def _nothing(s: Scope) -> None:
    return None


def _seq(e: p.Seq) -> Value:
    values: list[Any] = []
    for item in e.items:
        if type(item) is not p.Lit:
            break
        values.append(item.value)
    else:
        return (lambda s: [*values]) if e.kind == "list" else (lambda s: (*values,))
    parts = [lowered(item) for item in e.items]
    if e.kind == "list":
        return lambda s: [part(s) for part in parts]
    return lambda s: tuple([part(s) for part in parts])


def _table(e: p.Table) -> Value:
    items = [(lowered(key), lowered(value)) for key, value in e.items]
    return lambda s: {key(s): value(s) for key, value in items}


def _op(e: p.Op) -> Value:
    symbol = e.symbol
    if len(e.operands) == 1:
        only, apply_one = lowered(e.operands[0]), _UNARY[symbol]
        return lambda s: apply_one(only(s))
    left, right = e.operands
    apply = _BINARY.get(symbol)
    if type(left) is p.Ref and apply is not None:
        name = left.name
        if type(right) is p.Ref:
            right_name = right.name
            return lambda s: apply(s[name], s[right_name])
        if type(right) is p.Lit:
            value = right.value
            return lambda s: apply(s[name], value)
    one, other = lowered(left), lowered(right)
    if apply is not None:
        return lambda s: apply(one(s), other(s))
    if symbol == "and":
        return lambda s: one(s) and other(s)
    return lambda s: one(s) or other(s)


def _lambda(e: p.Lambda) -> Value:
    return functions.lambda_(e.parameters, defaults_of(e.parameters), lowered(e.body))


def _each(e: p.Each) -> Value:
    iterable, bind, element = lowered(e.iterable), binder(e.target), lowered(e.element)

    def each(s: Scope) -> list[Any]:
        inner = scope_of(s.run, s)
        made = []
        for item in iterable(s):
            bind(item, inner)
            made.append(element(inner))
        return made

    return each


def _format(e: p.Format) -> Value:
    parts = [part.value if isinstance(part, p.Lit) else _part(part) for part in e.parts]
    return lambda s: "".join([part(s) if callable(part) else str(part) for part in parts])


def _part(part: p.FormatPart) -> Value:
    value, conversion, spec = lowered(part.value), part.conversion, part.spec
    if not conversion:
        return lambda s: format(value(s), spec)
    convert: Callable[[Any], str] = repr if conversion == "r" else str
    return lambda s: format(convert(value(s)), spec)


def _type(value: Any) -> type:
    """`type` of a value; the form that makes classes is for `class` statements."""
    return type(value)


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > LONGEST_RANGE:
        raise ValueError(f"a range of more than {LONGEST_RANGE} numbers is not run")
    return made


_NAMES = """
    len float int bool str repr list tuple dict set isinstance type hasattr zip enumerate sum min max abs sorted
    next iter any all complex round reversed map filter slice callable divmod pow Exception RuntimeError
    ValueError TypeError KeyError IndexError AttributeError NotImplementedError AssertionError StopIteration
    ZeroDivisionError ArithmeticError OverflowError NameError LookupError Warning UserWarning FutureWarning
    DeprecationWarning
    """.split()
_LANGUAGE: dict[str, Any] = {
    **{name: getattr(builtins, name) for name in _NAMES},
    **{f"math.{name}": value for name, value in vars(math).items() if not name.startswith("_")},
    "range": _range,
    "type": _type,
    "deepcopy": copy.deepcopy,
}

_LOWER: dict[type, Callable[[Any], Value]] = {
    p.Lit: _lit,
    p.Ref: _ref,
    p.Global: _global,
    p.Attr: _attr,
    p.Call: _call,
    p.Item: _item,
    p.Slice: _slice,
    p.Seq: _seq,
    p.Table: _table,
    p.Op: _op,
    p.Lambda: _lambda,
    p.Each: _each,
    p.Format: _format,
}
