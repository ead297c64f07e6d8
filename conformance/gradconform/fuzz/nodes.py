"""The nodes of programs, made fast: what never changes is made once."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from gradoracle import statements as statements_
from gradoracle.expressions import keep
from gradoracle.parse import parse_program
from gradoracle.program import (
    Assign,
    Attr,
    Call,
    Class,
    Define,
    Evaluate,
    Expr,
    Global,
    Item,
    Lambda,
    Lit,
    Op,
    Parameter,
    Ref,
    Seq,
    Slice,
    Statement,
)

Number: TypeAlias = int | float


@cache
def ref(name: str) -> Ref:
    """The variable of a name."""
    return keep(Ref(name))


@cache
def _float(text: str) -> Lit:
    return keep(Lit(float(text)))


_SMALL = {number: keep(Lit(number)) for number in range(-8, 65)}


def lit(value: Number) -> Lit:
    """A number."""
    return _SMALL[value] if isinstance(value, int) else _float(repr(value))


TRUE, FALSE, NONE, DOTS = keep(Lit(True)), keep(Lit(False)), keep(Lit(None)), keep(Lit(...))
ONE = lit(1)
TORCH_FLOAT64, TORCH_INT64 = keep(Global("torch.float64")), keep(Global("torch.int64"))


@cache
def glob(path: str) -> Global:
    """`torch.where`, `print`."""
    return keep(Global(path))


@cache
def attr(name: str, attribute: str) -> Attr:
    """`name.attribute`."""
    return keep(Attr(Ref(name), attribute))


@cache
def bare(name: str, method: str) -> Call:
    """`name.method()`."""
    return keep(Call(attr(name, method)))


def method(name: str, called: str, *args: Expr) -> Call:
    """`name.called(*args)`."""
    return Call(attr(name, called), args)


def call(path: str, *args: Expr, **kwargs: Expr) -> Call:
    """`path(*args, **kwargs)`."""
    return Call(glob(path), args, tuple(kwargs.items()))


def binary(symbol: str, left: Expr, right: Expr) -> Op:
    """`left symbol right`."""
    return Op(symbol, (left, right))


def item(name: str, index: Expr) -> Item:
    """`name[index]`."""
    return Item(ref(name), index)


def assign(name: str, value: Expr) -> Assign:
    """`name = value`."""
    return Assign((ref(name),), value)


def run(value: Expr) -> Evaluate:
    """An expression alone on its line."""
    return Evaluate(value)


def listed(*items: Expr) -> Seq:
    """`[item, ...]`."""
    return Seq("list", items)


@cache
def sizes(shape: tuple[int, ...]) -> Seq:
    """A shape, as a tuple display."""
    return keep(Seq("tuple", tuple(map(lit, shape))))


@cache
def span(start: int | None, stop: int | None = None, step: int | None = None) -> Slice:
    """`start:stop:step`."""
    return keep(Slice(*(None if part is None else lit(part) for part in (start, stop, step))))


@cache
def said(text: str) -> tuple[Statement, ...]:
    """The statements of a text."""
    statements = parse_program(text).statements
    for statement in statements:
        if isinstance(statement, Define | Class):
            statements_.keep(statement)
    return statements


@cache
def spoken(text: str) -> Expr:
    """The expression of a text."""
    (statement,) = said(text)
    if not isinstance(statement, Evaluate):
        raise TypeError(f"not an expression: {text!r}")
    return keep(statement.value)


def function(parameter: str, body: Expr) -> Lambda:
    """`lambda parameter: body`."""
    return Lambda((Parameter(parameter),), body)


@cache
def _apply(name: str) -> Attr:
    return keep(Attr(Ref(name), "apply"))


def call_of(name: str, *args: Expr) -> Call:
    """`name.apply(*args)`."""
    return Call(_apply(name), args)
