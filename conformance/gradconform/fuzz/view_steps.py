"""Steps that make names for the same memory: views of views, detached aliases, copies next to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import LARGEST, Draft, Known, Shape
from gradoracle.program import Expr, Item

_Look: TypeAlias = tuple[Callable[[str], Expr], Shape]


def _method(called: str, *args: Expr) -> Callable[[str], Expr]:
    return lambda name: nodes.method(name, called, *args)


def _bare(called: str) -> Callable[[str], Expr]:
    return lambda name: nodes.bare(name, called)


def _item(index: Expr) -> Callable[[str], Expr]:
    return lambda name: nodes.item(name, index)


@cache
def _looks(shape: Shape) -> tuple[_Look, ...]:
    """Views of a tensor of a shape, from its name, with the shapes that they have; the plain ones first."""
    numel = math.prod(shape)
    found: list[_Look] = [
        (_method("view", nodes.sizes(shape)), shape),
        (_method("unsqueeze", nodes.lit(0)), (1, *shape)),
        (_method("reshape", nodes.lit(-1)), (numel,)),
        (_item(nodes.DOTS), shape),
    ]
    if shape and shape[0]:
        size, rest = shape[0], shape[1:]
        found += [
            (_item(nodes.lit(0)), rest),
            (_item(nodes.lit(-1)), rest),
            (_item(nodes.span(1)), (size - 1, *rest)),
            (_item(nodes.span(0, 1)), (1, *rest)),
            (_item(nodes.span(None, None, 2)), ((size + 1) // 2, *rest)),
            (_method("narrow", nodes.lit(0), nodes.lit(0), nodes.ONE), (1, *rest)),
            (_method("select", nodes.lit(0), nodes.lit(size - 1)), rest),
        ]
    if len(shape) == 2:
        found += [
            (_bare("t"), shape[::-1]),
            (lambda name: nodes.attr(name, "T"), shape[::-1]),
            (_method("transpose", nodes.lit(0), nodes.lit(1)), shape[::-1]),
            (_bare("diagonal"), (min(shape),)),
            (_bare("flatten"), (numel,)),
            (_method("permute", nodes.lit(1), nodes.lit(0)), shape[::-1]),
        ]
    if 1 in shape:
        found.append((_bare("squeeze"), tuple(size for size in shape if size != 1)))
    return tuple(found)


def viewed(d: Draft) -> None:
    """A view of a tensor, most often of one that requires grad."""
    view_of(d, d.floating())


def view_of(d: Draft, one: Known) -> Known:
    """A view of a tensor."""
    look, shape = d.one_of(_looks(one.shape))
    return d.made(look(one.name), (one,), shape, view_of=one, prefix="v")


def deeper(d: Draft) -> None:
    """A view of a view, or of what has one."""
    one = d.any_of([one for one in d.tensors if one.view]) or view_of(d, d.floating())
    view_of(d, one)


def one_of_several(d: Draft) -> None:
    """One of several views that one call gives, which may not be written."""
    one = d.any_of([one for one in d.tensors if one.requires and one.shape and one.shape[0]]) or d.leaf((2,))
    size, rest = one.shape[0], one.shape[1:]
    kind = d.below(3)
    if kind == 0:
        value, shape = nodes.bare(one.name, "unbind"), rest
    elif kind == 1:
        value, shape = nodes.method(one.name, "split", nodes.ONE), (1, *rest)
    else:
        value, shape = nodes.method(one.name, "chunk", nodes.lit(2)), ((size + 1) // 2, *rest)
    d.made(Item(value, nodes.lit(0)), (one,), shape, view_of=one, prefix="v")


def expanded(d: Draft) -> None:
    """A view in which one element stands for several."""
    one = d.tracked()
    shape = tuple(3 if size == 1 else size for size in one.shape)
    if d.below(2) or shape == one.shape:
        shape = (2, *shape)
    count = 1
    for size in shape:
        count *= size
    if count > LARGEST or not count:
        view_of(d, one)
        return
    d.made(nodes.method(one.name, "expand", nodes.sizes(shape)), (one,), shape, view_of=one, prefix="v").expanded = True


def detached(d: Draft) -> None:
    """The same memory without the history: `detach()` or `.data`."""
    one = d.floating()
    value = nodes.attr(one.name, "data") if d.below(3) == 2 else nodes.bare(one.name, "detach")
    d.made(value, (one,), view_of=one, detached=True, prefix="d")


def alias(d: Draft) -> None:
    """A second name for one tensor."""
    one = d.floating()
    made = d.made(one.ref, (one,), prefix="a")
    made.requires, made.leaf, made.nodes = one.requires, one.leaf, one.nodes
    made.memory, made.view, made.expanded, made.inference = one.memory, one.view, one.expanded, one.inference
