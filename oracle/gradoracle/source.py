"""Prints programs: canonical text that `gradoracle.parse` reads back to an equal program, and scripts that run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradoracle import program as p
from gradoracle.program import Expr, Program, Statement, expressions
from gradoracle.trace import FACETS

INDENT = "    "

# How tightly an expression binds, loosest first; an operand that binds looser than its place gets parentheses.
_LAMBDA, _OR, _AND, _NOT, _COMPARE, _BITOR, _BITXOR, _BITAND, _SHIFT, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(14)
_LEVEL = {
    "or": _OR, "and": _AND, "|": _BITOR, "^": _BITXOR, "&": _BITAND, "<<": _SHIFT, ">>": _SHIFT, "+": _SUM,
    "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT, "@": _PRODUCT, "**": _POWER,
}  # fmt: skip


def source(program: Program) -> str:
    """The text of a program, without imports; `parse` reads it back to an equal program."""
    return "".join(f"{statement_source(statement)}\n" for statement in program.statements)


def statement_source(statement: Statement) -> str:
    """The text of one statement, the statements in it included; no newline at the end."""
    return "\n".join(_lines(statement))


def expression_source(expr: Expr) -> str:
    """The text of one expression."""
    return _text(expr)


# Expressions


def _text(expr: Any, place: int = _LAMBDA) -> str:
    """The text of an expression, in parentheses where it binds looser than its place allows."""
    text, level = _EXPRESSION[type(expr)](expr)
    return f"({text})" if level < place else text


def _lit(lit: p.Lit) -> tuple[str, int]:
    value = lit.value
    if value is ...:
        return "...", _ATOM
    if isinstance(value, complex):
        return _complex_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        # A number in front of a dot needs parentheses, and a sign is an operator to what stands around it.
        return repr(value), _SIGN if math.copysign(1.0, value) < 0 else _POWER
    return repr(value), _ATOM


def _complex_text(value: complex) -> tuple[str, int]:
    imaginary = f"{abs(value.imag)!r}j"
    negative = math.copysign(1.0, value.imag) < 0
    if repr(value.real) == "0.0" and not negative:
        return imaginary, _POWER
    return f"{value.real!r}{'-' if negative else '+'}{imaginary}", _SUM


def _attr(expr: p.Attr) -> tuple[str, int]:
    return f"{_text(expr.of, _ATOM)}.{expr.name}", _ATOM


def _call(expr: p.Call) -> tuple[str, int]:
    arguments = [_text(item) for item in expr.args]
    arguments.extend(f"{name}={_text(value)}" for name, value in expr.kwargs)
    return f"{_text(expr.function, _ATOM)}({', '.join(arguments)})", _ATOM


def _item(expr: p.Item) -> tuple[str, int]:
    index = expr.index
    bare = isinstance(index, p.Seq) and index.kind == "tuple" and len(index.items) > 0
    return f"{_text(expr.of, _ATOM)}[{_bare_tuple(index) if bare else _text(index)}]", _ATOM


def _slice(expr: p.Slice) -> tuple[str, int]:
    start, stop, step = ("" if bound is None else _text(bound, _OR) for bound in (expr.start, expr.stop, expr.step))
    return f"{start}:{stop}" + (f":{step}" if expr.step is not None else ""), _ATOM


def _seq(expr: p.Seq) -> tuple[str, int]:
    if expr.kind == "list":
        return f"[{', '.join(map(_text, expr.items))}]", _ATOM
    return f"({_bare_tuple(expr)})", _ATOM


def _bare_tuple(expr: Any) -> str:
    text = ", ".join(map(_text, expr.items))
    return f"{text}," if len(expr.items) == 1 else text


def _table(expr: p.Table) -> tuple[str, int]:
    return "{" + ", ".join(f"{_text(key)}: {_text(value)}" for key, value in expr.items) + "}", _ATOM


def _op(expr: p.Op) -> tuple[str, int]:
    if len(expr.operands) == 1:
        return _unary(expr)
    symbol = expr.symbol
    left, right = expr.operands
    level = _LEVEL.get(symbol, _COMPARE)
    # Sums and products group from the left, powers from the right; and/or and comparisons are never run together,
    # for Python reads `a < b < c` and `a and b and c` as one operator on three.
    if symbol == "**":
        return f"{_text(left, _ATOM if not _is_plain_number(left) else _POWER)} ** {_text(right, _SIGN)}", level
    loose = level in (_OR, _AND, _COMPARE)
    text = f"{_text(left, level + 1 if loose else level)} {symbol} {_text(right, level + 1)}"
    return text, level


def _unary(expr: p.Op) -> tuple[str, int]:
    (operand,) = expr.operands
    if expr.symbol == "not":
        return f"not {_text(operand, _NOT)}", _NOT
    if expr.symbol == "-" and _is_plain_number(operand):
        # A minus that touches a number would be part of it.
        return f"-({_text(operand)})", _SIGN
    return f"{expr.symbol}{_text(operand, _SIGN)}", _SIGN


def _is_plain_number(expr: Expr) -> bool:
    return isinstance(expr, p.Lit) and _lit(expr)[1] == _POWER


def _lambda(expr: p.Lambda) -> tuple[str, int]:
    parameters = _parameters(expr.parameters)
    return f"lambda{' ' if parameters else ''}{parameters}: {_text(expr.body)}", _LAMBDA


def _each(expr: p.Each) -> tuple[str, int]:
    return f"[{_text(expr.element)} for {_target(expr.target)} in {_text(expr.iterable, _OR)}]", _ATOM


def _format(expr: p.Format) -> tuple[str, int]:
    parts = []
    for part in expr.parts:
        if isinstance(part, p.Lit):
            # Braces are doubled; the text stands between double quotes.
            plain = repr('"' + str(part.value))[2:-1].replace("\\'", "'").replace('"', '\\"')
            parts.append(plain.replace("{", "{{").replace("}", "}}"))
        else:
            parts.append(_format_part(part))
    return f'f"{"".join(parts)}"', _ATOM


def _format_part(part: p.FormatPart) -> str:
    text = _text(part.value, _ATOM)
    if text.startswith("{"):
        text = f"({text})"
    conversion = f"!{part.conversion}" if part.conversion else ""
    return f"{{{text}{conversion}{':' + part.spec if part.spec else ''}}}"


_EXPRESSION: dict[type, Callable[[Any], tuple[str, int]]] = {
    p.Lit: _lit, p.Ref: lambda expr: (expr.name, _ATOM), p.Global: lambda expr: (expr.path, _ATOM), p.Attr: _attr,
    p.Call: _call, p.Item: _item, p.Slice: _slice, p.Seq: _seq, p.Table: _table, p.Op: _op, p.Lambda: _lambda,
    p.Each: _each, p.Format: _format,
}  # fmt: skip


def _parameters(parameters: Iterable[p.Parameter]) -> str:
    return ", ".join(_parameter(parameter) for parameter in parameters)


def _parameter(parameter: p.Parameter) -> str:
    default = "" if parameter.default is None else f"={_text(parameter.default)}"
    return f"{parameter.star}{parameter.name}{default}"


def _target(target: Expr) -> str:
    if isinstance(target, p.Seq) and target.kind == "tuple" and len(target.items) > 0:
        return ", ".join(map(_text, target.items)) if len(target.items) > 1 else f"({_text(target.items[0])},)"
    return _text(target)


# Statements


def _lines(statement: Statement) -> list[str]:
    simple = _SIMPLE.get(type(statement))
    if simple is not None:
        return simple(statement).split("\n")
    lines: list[str] = []
    for head, body in clauses(statement):
        lines.extend(head)
        lines.extend(_indented(body))
    return lines


def _indented(body: Sequence[Statement]) -> list[str]:
    lines = [f"{INDENT}{line}" for statement in body for line in _lines(statement)]
    return lines or [f"{INDENT}pass"]


def clauses(statement: Statement) -> Iterator[tuple[list[str], tuple[Statement, ...]]]:
    """The heads of a compound statement (with their decorators), each with the body under it."""
    match statement:
        case p.With():
            managers = (_text(manager) + (f" as {name}" if name else "") for manager, name in statement.managers)
            yield [f"with {', '.join(managers)}:"], statement.body
        case p.For():
            yield [f"for {_target(statement.target)} in {_text(statement.iterable)}:"], statement.body
        case p.If():
            yield from _branches(statement)
        case p.Try():
            yield ["try:"], statement.body
            for handler in statement.handlers:
                error = "" if handler.error is None else f" {_text(handler.error)}"
                yield [f"except{error}{f' as {handler.name}' if handler.name else ''}:"], handler.body
            if statement.final:
                yield ["finally:"], statement.final
        case p.Define():
            yield _define_head(statement), statement.body
        case _:
            raise TypeError(f"no text for {statement!r}")


def _branches(statement: p.If) -> Iterator[tuple[list[str], tuple[Statement, ...]]]:
    word = "if"
    current = statement
    while True:
        yield [f"{word} {_text(current.test)}:"], current.body
        if len(current.orelse) == 1 and isinstance(current.orelse[0], p.If):
            word, current = "elif", current.orelse[0]
            continue
        if current.orelse:
            yield ["else:"], current.orelse
        return


def _define_head(statement: p.Define) -> list[str]:
    decorators = [f"@{_text(decorator)}" for decorator in statement.decorators]
    return [*decorators, f"def {statement.name}({_parameters(statement.parameters)}):"]


def _class(statement: p.Class) -> list[str]:
    lines = [f"class {statement.name}({_text(statement.base)}):"]
    for method in statement.methods:
        lines.append(f"{INDENT}@staticmethod")
        lines.extend(f"{INDENT}{line}" for line in _lines(method))
    return lines if statement.methods else [*lines, f"{INDENT}pass"]


def _keyword(word: str, value: Expr | None) -> str:
    return word if value is None else f"{word} {_value(value)}"


def _value(value: Expr) -> str:
    """A value after `=`, `return` or `yield`, where a tuple needs no parentheses."""
    if isinstance(value, p.Seq) and value.kind == "tuple" and len(value.items) > 1:
        return _bare_tuple(value)
    return _text(value)


def _assign(statement: p.Assign) -> str:
    return " = ".join([*map(_target, statement.targets), _value(statement.value)])


def _observe(statement: p.Observe) -> str:
    facets = f', facets="{" ".join(statement.facets)}"' if statement.facets else ""
    return f"observe({', '.join(statement.names)}{facets})"


_SIMPLE: dict[type, Callable[[Any], str]] = {
    p.Assign: _assign,
    p.Augment: lambda item: f"{_text(item.target)} {item.symbol}= {_value(item.value)}",
    p.Evaluate: lambda item: _text(item.value),
    p.Observe: _observe,
    p.Class: lambda item: "\n".join(_class(item)),
    p.Return: lambda item: _keyword("return", item.value),
    p.Yield: lambda item: _keyword("yield", item.value),
    p.Raise: lambda item: f"raise {_text(item.value)}",
    p.Delete: lambda item: f"del {', '.join(map(_text, item.targets))}",
    p.Assert: lambda item: f"assert {_text(item.test)}",
    p.Pass: lambda _: "pass",
}


# Scripts

_STEP = '''

class _step:
    """Print a line, run it, and print what came of it: warnings, and an error, after which the next line runs."""

    def __init__(self, text):
        self.text = text
        self.recorder = _warnings.catch_warnings(record=True)

    def __enter__(self):
        print(self.text)
        self.warnings = self.recorder.__enter__()
        _warnings.simplefilter("always")

    def __exit__(self, kind, error, traceback):
        self.recorder.__exit__(None, None, None)
        for warning in self.warnings:
            print(f"    {warning.category.__name__}: {warning.message}")
        if isinstance(error, Exception):
            print(f"    {kind.__name__}: {error}")
            return True
'''

_SHOW = """

def _show(value):
    if value is not None:
        print(f"    {value!r}")
"""

_OBSERVE = '''

def _graph(node):
    """The names of the nodes that can be reached from this one, each with those of its children."""
    rows, pending, seen = [], [node], set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        children = [child for child, _ in node.next_functions]
        pending.extend(reversed(children))
        names = ", ".join("None" if child is None else child.name() for child in children)
        rows.append(f"{node.name()}({names})")
    return " ".join(rows) or None


def _held(grad):
    return None if grad is None else (grad.tolist(), {"requires_grad": grad.requires_grad})


_READ = {
    "value": lambda tensor: (tensor.dtype, tensor.detach().tolist()),
    "requires_grad": lambda tensor: tensor.requires_grad,
    "is_leaf": lambda tensor: tensor.is_leaf,
    "retains_grad": lambda tensor: tensor.retains_grad,
    "grad": lambda tensor: _held(tensor.grad),
    "grad_fn": lambda tensor: tensor.grad_fn and tensor.grad_fn.name(),
    "output_nr": lambda tensor: tensor.output_nr,
    "version": lambda tensor: tensor._version,
    "is_view": lambda tensor: tensor._is_view(),
    "graph": lambda tensor: _graph(tensor.grad_fn),
}


def _observe(facets, /, **values):
    """Print what there is to see of each tensor; looking gives no warnings."""
    storages = {}
    for name, value in values.items():
        if not isinstance(value, torch.Tensor):
            print(f"    {name} = {value!r}")
            continue
        for facet in facets.split():
            try:
                with _warnings.catch_warnings():
                    _warnings.simplefilter("ignore")
                    if facet == "aliases":
                        storages.setdefault(value.untyped_storage().data_ptr(), []).append(name)
                    else:
                        print(f"    {name}.{facet} = {_READ[facet](value)}")
            except Exception as error:
                print(f"    {name}.{facet} raised {type(error).__name__}: {error}")
    for names in storages.values():
        if len(names) > 1:
            print(f"    {', '.join(names)} share memory")
'''


def script(program: Program, module: str = "torch", device: str = "cpu") -> str:
    """A program as a script of its own for plain PyTorch, or for another `module` that looks like it.

    The script prints each line with its value, its warnings and its error, and goes on after an error as the runner
    does: at top level and in the blocks of `with`, `for` and `if` there. Another `device` becomes the default device.
    """
    shown = {type(statement) for statement in program.walk()}
    paths = {expr.path for item in program.walk() for expr in expressions(item) if isinstance(expr, p.Global)}
    lines = ["import math"] if any(path.startswith("math.") for path in paths) else []
    lines += ["import warnings as _warnings", "", "import torch" if module == "torch" else f"import {module} as torch"]
    prelude = _STEP + (_SHOW if p.Evaluate in shown else "") + (_OBSERVE if p.Observe in shown else "")
    lines += [*prelude.split("\n"), ""]
    if module == "torch":
        # PyTorch gives some warnings only once in a process, and the runner asks for each of them.
        lines.append("torch.set_warn_always(True)")
    if device != "cpu":
        lines.append(f"torch.set_default_device({device!r})")
    for statement in program.statements:
        lines.extend(_guarded(statement))
    return "\n".join(lines) + "\n"


def _guarded(statement: Statement, depth: int = 0) -> list[str]:
    """The lines that run one statement, say what it is and outlive its errors."""
    lines: list[str] = []
    if isinstance(statement, p.With | p.For | p.If):
        title = _lines(statement)[0]
        for head, body in clauses(statement):
            lines.extend(head)
            lines.extend(f"{INDENT}{line}" for inner in body for line in _guarded(inner, depth + 1))
    else:
        title = _lines(statement)[0] + (" ..." if isinstance(statement, p.Define | p.Class | p.Try) else "")
        lines = _lines(_observed(statement))
        if isinstance(statement, p.Evaluate):
            lines = [f"_show({lines[0]})"]
    return [f"with _step({INDENT * depth + title!r}):", *[f"{INDENT}{line}" for line in lines]]


def _observed(statement: Statement) -> Statement:
    """A statement with each `observe(x)` in it as the call of the function that the script defines."""
    match statement:
        case p.Observe():
            facets = p.Lit(" ".join(statement.facets or FACETS))
            values = tuple((name, p.Ref(name)) for name in dict.fromkeys(statement.names))
            return p.Evaluate(p.Call(p.Ref("_observe"), (facets,), values))
        case p.With() | p.For() | p.Define():
            return replace(statement, body=_all_observed(statement.body))
        case p.If():
            orelse = _all_observed(statement.orelse)
            return replace(statement, body=_all_observed(statement.body), orelse=orelse)
        case p.Try():
            handlers = tuple(replace(handler, body=_all_observed(handler.body)) for handler in statement.handlers)
            final = _all_observed(statement.final)
            return replace(statement, body=_all_observed(statement.body), handlers=handlers, final=final)
        case p.Class():
            methods = (replace(method, body=_all_observed(method.body)) for method in statement.methods)
            return replace(statement, methods=tuple(methods))
        case _:
            return statement


def _all_observed(body: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(_observed(statement) for statement in body)
