"""Steps that run backward passes, of all kinds and one after another, and that write to `.grad` between them."""

from __future__ import annotations

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import Draft, Known
from gradoracle.program import Assign, Attr, Augment, Call, Expr


def root(d: Draft) -> Known:
    """Where to start: a result of whose graph nothing was freed, nine times in ten."""
    found = [one for one in d.tensors if one.requires and not one.leaf]
    if d.below(10) != 9:
        found = [one for one in found if d.intact(one)]
    one = d.any_of(found)
    if one is None:
        leaf = d.a_leaf()
        one = d.made(nodes.binary("*", leaf.ref, leaf.ref), (leaf,), bits=leaf.bits * 2, saves=True)
    return one


def weight(d: Draft, one: Known) -> Expr | None:
    """A gradient for a root; None for a root of one element, three times in four."""
    if one.numel == 1 and d.below(4) != 3:
        return None
    kind = d.below(6)
    if kind == 5:
        found = [other for other in d.tensors if other.shape == one.shape and other.dtype == one.dtype]
        other = d.any_of(found)
        if other is not None and other is not one:
            d.weights.append(other)
            return other.ref
    if kind >= 3:
        return nodes.call("torch.full_like", one.ref, nodes.lit(d.one_of((2, -1, 0.5))))
    return nodes.call("torch.ones_like", one.ref)


def _flags(d: Draft, one: Known) -> tuple[tuple[str, Expr], ...]:
    """`retain_graph` and `create_graph`, and what they do to the graph."""
    kind = d.below(8)
    if kind < 4:
        return (("retain_graph", nodes.TRUE),)
    if kind == 4:
        return (("create_graph", nodes.TRUE),)
    d.freed |= one.nodes
    if kind == 5:
        return (("retain_graph", nodes.FALSE),)
    return ()


def look_at_grad(d: Draft) -> None:
    """The gradient of a leaf."""
    d.run(nodes.attr(d.a_leaf().name, "grad"))


def backward(d: Draft) -> None:
    """`y.backward(...)`."""
    one = root(d)
    gradient = weight(d, one)
    kwargs = _flags(d, one)
    d.graded |= one.reached
    if d.below(6) == 5:
        inputs = [other for other in d.tensors if other.requires]
        if d.below(8):
            inputs = [other for other in inputs if other.name in one.reached] or [one]
        chosen = {d.one_of(inputs).name: None for _ in range(1 + d.below(2))}
        kwargs += (("inputs", nodes.listed(*map(nodes.ref, chosen))),)
    if gradient is not None and d.below(3) == 0:
        d.run(Call(Attr(nodes.bare(one.name, "sum"), "backward"), (), kwargs))
    else:
        d.run(Call(nodes.attr(one.name, "backward"), () if gradient is None else (gradient,), kwargs))
    if d.below(3) == 2:
        look_at_grad(d)


def backward_of_several(d: Draft) -> None:
    """`torch.autograd.backward` of two roots."""
    one, other = root(d), root(d)
    d.graded |= one.reached | other.reached
    kwargs = _flags(d, one)
    if len(kwargs) != 1 or kwargs[0][1] is nodes.FALSE:
        d.freed |= other.nodes
    weights = [weight(d, each) for each in (one, other)]
    args: tuple[Expr, ...] = (nodes.listed(one.ref, other.ref),)
    if weights != [None, None] or d.below(3) == 2:
        args += (nodes.listed(*(nodes.NONE if each is None else each for each in weights)),)
    d.run(Call(nodes.glob("torch.autograd.backward"), args, kwargs))


def grad(d: Draft) -> None:
    """`torch.autograd.grad`, whose results live on as tensors."""
    one = root(d)
    inputs = [each for each in d.tensors if each.requires]
    if d.below(8):
        inputs = [each for each in inputs if each.name in one.reached]
    chosen = [d.any_of(inputs) or one for _ in range(1 + d.below(3))]
    kwargs = _flags(d, one)
    kind = d.below(5)
    if kind < 3:
        kwargs += (("allow_unused", nodes.TRUE),)
    elif kind == 3 and d.below(2):
        kwargs += (("materialize_grads", nodes.TRUE),)
    args: tuple[Expr, ...] = (one.ref, nodes.listed(*(each.ref for each in chosen)))
    gradient = weight(d, one)
    if gradient is not None:
        args += (gradient,)
    name = d.fresh("g")
    d.emit(nodes.assign(name, Call(nodes.glob("torch.autograd.grad"), args, kwargs)))
    first = chosen[0]
    if d.below(2) and first.name in one.reached:
        result = d.made(nodes.item(name, nodes.lit(0)), (first,), first.shape, prefix="h", bits=10)
        if ("create_graph", nodes.TRUE) in kwargs:
            result.nodes = one.nodes
        else:
            result.requires, result.leaf, result.nodes = False, True, 0


def edge(d: Draft) -> None:
    """A backward pass from, or a gradient for, an edge of the graph that was kept without its tensor."""
    one = root(d)
    name = d.fresh("edge")
    d.emit(nodes.assign(name, nodes.call("torch.autograd.graph.get_gradient_edge", one.ref)))
    kwargs = _flags(d, one)
    if d.below(2):
        d.graded |= one.reached
        weights = nodes.listed(nodes.call("torch.ones_like", one.ref))
        d.run(Call(nodes.glob("torch.autograd.backward"), (nodes.listed(nodes.ref(name)), weights), kwargs))
    else:
        total = nodes.bare(one.name, "sum")
        d.run(Call(nodes.glob("torch.autograd.grad"), (total, nodes.listed(nodes.ref(name))), kwargs))


def second_order(d: Draft) -> None:
    """The gradient of a gradient."""
    one = root(d)
    leaf = d.any_of([each for each in d.tensors if each.leaf and each.name in one.reached])
    if leaf is None:
        backward(d)
        return
    gradient = weight(d, one)
    name = d.fresh("g")
    args: tuple[Expr, ...] = (one.ref, nodes.listed(leaf.ref))
    kwargs = (("create_graph", nodes.TRUE), ("allow_unused", nodes.TRUE))
    if gradient is not None:
        args += (gradient,)
    d.emit(nodes.assign(name, Call(nodes.glob("torch.autograd.grad"), args, kwargs)))
    first = d.made(nodes.item(name, nodes.lit(0)), (leaf,), leaf.shape, prefix="h", bits=10)
    first.nodes = one.nodes
    if d.below(2):
        d.run(Call(Attr(nodes.bare(first.name, "sum"), "backward"), (), (("retain_graph", nodes.TRUE),)))
    else:
        args = (nodes.bare(first.name, "sum"), nodes.listed(leaf.ref))
        d.run(Call(nodes.glob("torch.autograd.grad"), args, kwargs))


def grad_written(d: Draft) -> None:
    """A write to `.grad`: cleared, replaced, shared, written in place."""
    one = d.a_leaf()
    place = nodes.attr(one.name, "grad")
    kind = d.below(9)
    if kind < 3:
        d.emit(Assign((place,), nodes.NONE))
    elif kind == 3:
        d.run(Call(Attr(place, "zero_")))
    elif kind == 4:
        d.run(Call(Attr(place, "mul_"), (nodes.lit(2),)))
    elif kind == 5:
        d.emit(Augment("+", place, nodes.ONE))
    elif kind == 6:
        found = [other for other in d.tensors if other.shape == one.shape and other.dtype == one.dtype]
        d.emit(Assign((place,), (d.any_of(found) or one).ref))
    elif kind == 7:
        d.emit(Assign((place,), nodes.call("torch.ones_like", one.ref)))
    else:
        other = d.any_of([each for each in d.tensors if each.leaf and each.requires and each.shape == one.shape]) or one
        d.emit(Assign((place,), nodes.attr(other.name, "grad")))


def grad_used(d: Draft) -> None:
    """`.grad` as an operand, or bound to a name."""
    one = d.any_of([one for one in d.tensors if one.requires and one.leaf and one.name in d.graded])
    if one is None:
        backward(d)
        return
    place = nodes.attr(one.name, "grad")
    if d.below(2):
        d.made(nodes.binary("*", one.ref, place), (one,), bits=12)
    else:
        made = d.made(place, (one,), bits=10, prefix="h")
        made.requires, made.leaf, made.nodes = False, True, 0
