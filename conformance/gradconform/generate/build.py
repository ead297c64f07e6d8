"""Short names for the nodes of programs, so that a move reads like the line it writes."""

from __future__ import annotations

from typing import TypeAlias

from gradoracle.program import (
    Assign,
    Attr,
    Augment,
    Call,
    Evaluate,
    Expr,
    Global,
    Item,
    Lit,
    Observe,
    Op,
    Ref,
    Scalar,
    Seq,
    Slice,
    Statement,
    With,
)

Value: TypeAlias = Expr | Scalar | tuple["Value", ...] | list["Value"]
"""What stands for an expression: a node, a Python number, bool, None or string, or tuples and lists of these."""

TRUE, FALSE = Lit(value=True), Lit(value=False)


def expr(value: Value) -> Expr:
    """The expression that a Python value stands for."""
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return Seq(kind, tuple(expr(item) for item in value))
    if value is None or isinstance(value, bool | int | float | complex | str | type(...)):
        return Lit(value)
    return value


def call(path: str, *args: Value, **kwargs: Value) -> Call:
    """`torch.path(*args, **kwargs)`; `path` is the whole dotted name, `torch.where`."""
    return Call(Global(path), _args(args), _kwargs(kwargs))


def method(of: Value, name: str, *args: Value, **kwargs: Value) -> Call:
    """`of.name(*args, **kwargs)`."""
    return Call(Attr(expr(of), name), _args(args), _kwargs(kwargs))


def op(symbol: str, *operands: Value) -> Op:
    """`left symbol right`, or `symbol operand`."""
    return Op(symbol, tuple(expr(operand) for operand in operands))


def attr(of: Value, name: str) -> Attr:
    """`of.name`."""
    return Attr(expr(of), name)


def item(of: Value, index: Value) -> Item:
    """`of[index]`."""
    return Item(expr(of), expr(index))


def filled(function: str, shape: tuple[int, ...], **kwargs: Value) -> Call:
    """`torch.ones(2, 3)`, and `torch.ones(())` for no dimensions; `function` is "torch.ones" or its like."""
    return call(function, *(shape or ((),)), **kwargs)


def span(start: int | None = None, stop: int | None = None, step: int | None = None) -> Slice:
    """`start:stop:step` inside an index."""
    parts = (None if part is None else expr(part) for part in (start, stop, step))
    return Slice(*parts)


def dtype(name: str) -> Global:
    """`torch.float64` for "float64"."""
    return Global(f"torch.{name}")


def assign(target: Value, value: Value) -> Assign:
    """`target = value`; a string is the name to bind."""
    return Assign((Ref(target) if isinstance(target, str) else expr(target),), expr(value))


def augment(target: Value, symbol: str, value: Value) -> Augment:
    """`target symbol= value`, for example with "+"; a string is a name."""
    return Augment(symbol, Ref(target) if isinstance(target, str) else expr(target), expr(value))


def run(value: Value) -> Evaluate:
    """An expression alone on its line."""
    return Evaluate(expr(value))


def observe(*names: str, facets: tuple[str, ...] = ()) -> Observe:
    """`observe(name, ...)`."""
    return Observe(names, facets)


def under(manager: Value, *body: Statement, name: str = "") -> With:
    """`with manager as name: body`."""
    return With(((expr(manager), name),), body)


def _args(values: tuple[Value, ...]) -> tuple[Expr, ...]:
    return tuple(expr(value) for value in values)


def _kwargs(values: dict[str, Value]) -> tuple[tuple[str, Expr], ...]:
    return tuple((name, expr(value)) for name, value in values.items())
