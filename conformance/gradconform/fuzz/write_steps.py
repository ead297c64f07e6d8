"""Steps that write into memory, by whatever name, where it is allowed and now and then where it is not."""

from __future__ import annotations

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import BITS, Draft, Known
from gradconform.fuzz.graph_steps import NUMBERS, broadcast
from gradconform.fuzz.view_steps import view_of
from gradoracle.program import Assign, Attr, Augment, Call, Expr, Item


def _refused(d: Draft, one: Known) -> bool:
    """Whether a write would be an error: a leaf that requires grad, or a view of one, where grad is enabled."""
    return one.expanded or (d.grad and one.memory.leaf and one.requires)


def target(d: Draft) -> Known:
    """Where to write: most often where it is allowed, and where something else lives in the same memory."""
    found = [one for one in d.tensors if one.dtype in ("float32", "float64") and not _refused(d, one)]
    if d.below(30) == 29:
        found = d.tensors
    shared = [one for one in found if one.view or one.memory.saved]
    if shared and d.below(2):
        return d.any_of(shared) or shared[0]
    one = d.any_of(found)
    if one is None:
        source = d.tracked()
        one = d.made(nodes.bare(source.name, "clone"), (source,))
    return one


_PLAIN = (
    ("mul_", 1), ("add_", 1), ("zero_", 0), ("neg_", 0), ("fill_", 1), ("sub_", 1), ("relu_", 0), ("clamp_", 2),
    ("div_", 3), ("abs_", 0), ("mul_", 1), ("pow_", 4),
)  # fmt: skip


def by_number(d: Draft) -> None:
    """An in-place operation without another tensor."""
    one = target(d)
    name, kind = d.one_of(_PLAIN)
    if kind == 0 or one.bits >= BITS or not one.floating:
        d.run(nodes.bare(one.name, name if kind == 0 else "neg_"))
        d.wrote(one)
        return
    if kind == 1:
        number = d.one_of(NUMBERS)
        if d.below(3) == 2 and name != "fill_":
            symbol = {"mul_": "*", "add_": "+", "sub_": "-"}[name]
            d.emit(Augment(symbol, nodes.ref(one.name), nodes.lit(number)))
        else:
            d.run(nodes.method(one.name, name, nodes.lit(number)))
    elif kind == 2:
        d.run(nodes.method(one.name, name, nodes.lit(-1), nodes.ONE))
    elif kind == 3:
        d.run(nodes.method(one.name, name, nodes.lit(2)))
    else:
        if one.bits * 2 > BITS:
            d.run(nodes.bare(one.name, "neg_"))
            d.wrote(one)
            return
        d.run(nodes.method(one.name, name, nodes.lit(2)))
        d.wrote(one, bits=one.bits * 2)
        one.memory.saved = True
        return
    d.wrote(one, bits=one.bits + 1)


def by_tensor(d: Draft) -> None:
    """An in-place operation that takes another tensor, which brings its history along."""
    one = target(d)
    # What a write gives that reads other elements of the memory it writes is up to the order of a loop.
    found = [
        other
        for other in d.tensors
        if other.floating
        and (other is one or other.memory is not one.memory)
        and broadcast(one.shape, other.shape) == one.shape
    ]
    if not found:
        found = [d.leaf(one.shape, requires=d.below(2) == 0)]
    other = d.any_of(found) or found[0]
    name = d.one_of(("add_", "mul_", "copy_", "sub_", "mul_", "copy_"))
    if name == "mul_" and one.bits + other.bits > BITS:
        name = "sub_"
    if name != "copy_" and d.below(4) == 3:
        d.emit(Augment({"add_": "+", "sub_": "-", "mul_": "*"}[name], nodes.ref(one.name), other.ref))
    else:
        d.run(nodes.method(one.name, name, other.ref))
    d.wrote(one, (other,), min(one.bits + other.bits if name == "mul_" else max(one.bits, other.bits) + 1, BITS))
    if name == "mul_":
        one.memory.saved = other.memory.saved = True


_PLACES: tuple[Expr, ...] = (
    nodes.lit(0), nodes.lit(-1), nodes.span(0, 1), nodes.DOTS, nodes.span(None, None, 2),
)  # fmt: skip


def by_item(d: Draft) -> None:
    """`x[...] = value`: a write through a view that has no name."""
    one = target(d)
    index = d.one_of(_PLACES) if one.shape and one.shape[0] else nodes.DOTS
    value: Expr = nodes.lit(d.one_of(NUMBERS))
    parents: tuple[Known, ...] = ()
    if d.below(2):
        scalars = [other for other in d.tensors if other.floating and not other.shape]
        other = d.any_of(scalars)
        if other is not None:
            value, parents = other.ref, (other,)
    place = Item(nodes.ref(one.name), index)
    if d.below(3) == 2 and one.bits < BITS:
        d.emit(Augment("*", place, nodes.lit(2)))
        d.wrote(one, bits=one.bits + 1)
    else:
        d.emit(Assign((place,), value))
        d.wrote(one, parents)


def through_view(d: Draft) -> None:
    """A write through a fresh view of a tensor."""
    one = view_of(d, target(d))
    if one.bits < BITS:
        d.run(nodes.method(one.name, d.one_of(("mul_", "add_", "fill_")), nodes.lit(d.one_of(NUMBERS))))
        d.wrote(one, bits=one.bits + 1)
    else:
        d.run(nodes.bare(one.name, "zero_"))
        d.wrote(one)


def through_alias(d: Draft) -> None:
    """A write through `.data` or `.detach()`, which no graph hears of."""
    one = d.floating()
    way = nodes.attr(one.name, "data") if d.below(2) else nodes.bare(one.name, "detach")
    name = d.one_of(("zero_", "fill_", "neg_", "fill_"))
    d.run(Call(Attr(way, name), (nodes.lit(d.one_of((2, 0.5, -1))),) if name == "fill_" else ()))
    one.memory.written = True


def flagged(d: Draft) -> None:
    """A change of a flag: `requires_grad_`, `.requires_grad = ...`, `detach_`."""
    kind = d.below(4)
    if kind == 0:
        found = [one for one in d.tensors if not one.requires and one.floating and not one.inference]
        one = d.any_of(found) or d.leaf(requires=False)
        d.run(nodes.bare(one.name, "requires_grad_"))
        one.requires, one.leaf, one.nodes = True, True, 0
        one.memory.leaf = True
    elif kind == 1:
        one = d.floating()
        d.run(nodes.bare(one.name, "detach_"))
        if not one.view:
            one.requires, one.leaf, one.nodes = False, True, 0
    elif kind == 2:
        one = d.a_leaf()
        d.emit(Assign((nodes.attr(one.name, "requires_grad"),), nodes.FALSE))
        one.requires = False
        if not one.view:
            one.memory.leaf = False
    else:
        one = d.floating()
        d.run(nodes.method(one.name, "requires_grad_", nodes.FALSE if d.below(3) == 2 else nodes.TRUE))
