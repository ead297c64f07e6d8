"""Steps that make names for the same memory: views of views, detached aliases, copies next to them."""

from __future__ import annotations

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import LARGEST, Draft, Known, Shape
from gradoracle.program import Expr, Item


def _looks(one: Known) -> list[tuple[Expr, Shape]]:
    """Views of a tensor with the shapes that they have, the plain ones first."""
    name, shape = one.name, one.shape
    found: list[tuple[Expr, Shape]] = [
        (nodes.method(name, "view", nodes.sizes(shape)), shape),
        (nodes.method(name, "unsqueeze", nodes.lit(0)), (1, *shape)),
        (nodes.method(name, "reshape", nodes.lit(-1)), (one.numel,)),
        (nodes.item(name, nodes.DOTS), shape),
    ]
    if shape and shape[0]:
        size, rest = shape[0], shape[1:]
        found += [
            (nodes.item(name, nodes.lit(0)), rest),
            (nodes.item(name, nodes.lit(-1)), rest),
            (nodes.item(name, nodes.span(1)), (size - 1, *rest)),
            (nodes.item(name, nodes.span(0, 1)), (1, *rest)),
            (nodes.item(name, nodes.span(None, None, 2)), ((size + 1) // 2, *rest)),
            (nodes.method(name, "narrow", nodes.lit(0), nodes.lit(0), nodes.ONE), (1, *rest)),
            (nodes.method(name, "select", nodes.lit(0), nodes.lit(size - 1)), rest),
        ]
    if len(shape) == 2:
        found += [
            (nodes.bare(name, "t"), shape[::-1]),
            (nodes.attr(name, "T"), shape[::-1]),
            (nodes.method(name, "transpose", nodes.lit(0), nodes.lit(1)), shape[::-1]),
            (nodes.bare(name, "diagonal"), (min(shape),)),
            (nodes.bare(name, "flatten"), (one.numel,)),
            (nodes.method(name, "permute", nodes.lit(1), nodes.lit(0)), shape[::-1]),
        ]
    if 1 in shape:
        found.append((nodes.bare(name, "squeeze"), tuple(size for size in shape if size != 1)))
    return found


def viewed(d: Draft) -> None:
    """A view of a tensor, most often of one that requires grad."""
    view_of(d, d.floating())


def view_of(d: Draft, one: Known) -> Known:
    """A view of a tensor."""
    value, shape = d.one_of(_looks(one))
    return d.made(value, (one,), shape, view_of=one, prefix="v")


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
