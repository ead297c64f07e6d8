"""Steps that are meant to fail. What an error leaves behind is behaviour, and more steps follow it."""

from __future__ import annotations

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import Draft
from gradoracle.program import Assign, Attr, Call, Item


def shapes(d: Draft) -> None:
    """Operands whose shapes do not go together."""
    one = d.floating()
    odd = nodes.call("torch.ones", nodes.lit(5), nodes.lit(7))
    kind = d.below(6)
    if kind == 0:
        d.run(nodes.binary("+", one.ref, odd))
    elif kind == 1:
        d.run(nodes.binary("@", one.ref, odd))
    elif kind == 2:
        d.run(nodes.method(one.name, "view", nodes.lit(5), nodes.lit(7)))
    elif kind == 3:
        d.run(nodes.method(one.name, "add_", odd))
    elif kind == 4:
        d.run(nodes.method(one.name, "sum", nodes.lit(4)))
    else:
        d.run(nodes.item(one.name, nodes.lit(9)))


def leaf_write(d: Draft) -> None:
    """A write to a leaf that requires grad, or to a view of one."""
    one = d.a_leaf()
    kind = d.below(5)
    if kind == 0:
        d.run(nodes.method(one.name, "add_", nodes.ONE))
    elif kind == 1:
        d.emit(Assign((Item(one.ref, nodes.DOTS),), nodes.ONE))
    elif kind == 2:
        view = nodes.method(one.name, "view", nodes.lit(-1))
        d.run(Call(Attr(view, "mul_"), (nodes.lit(2),)))
    elif kind == 3:
        d.run(nodes.bare(one.name, "zero_"))
    else:
        d.run(nodes.bare(one.name, "detach_"))
    if d.grad is False:
        one.memory.written = True


def again(d: Draft) -> None:
    """A second backward through a graph that may be freed."""
    one = d.any_of([one for one in d.tensors if one.nodes & d.freed]) or d.result()
    d.run(Call(Attr(nodes.bare(one.name, "sum"), "backward")))
    d.freed |= one.nodes


def weights(d: Draft) -> None:
    """A backward with a weight of a wrong shape, dtype or number, or without one that is needed."""
    one = d.result()
    kind = d.below(6)
    if kind == 0:
        d.run(nodes.method(one.name, "backward", nodes.call("torch.ones", nodes.lit(7))))
    elif kind == 1:
        d.run(nodes.bare(one.name, "backward"))
        if one.numel == 1:
            d.freed |= one.nodes
    elif kind == 2:
        d.run(nodes.method(one.name, "backward", nodes.call("torch.ones_like", one.ref, dtype=nodes.TORCH_INT64)))
        d.freed |= one.nodes
    elif kind == 3:
        weight = nodes.listed(nodes.call("torch.ones_like", one.ref), nodes.NONE)
        d.run(nodes.call("torch.autograd.backward", nodes.listed(one.ref), weight))
        d.freed |= one.nodes
    elif kind == 4:
        other = d.result()
        roots = nodes.listed(one.ref, other.ref)
        d.run(nodes.call("torch.autograd.backward", roots, nodes.listed(nodes.call("torch.ones_like", one.ref))))
    else:
        d.run(nodes.call("torch.autograd.backward", nodes.listed()))


def without_grad(d: Draft) -> None:
    """What needs a tensor that requires grad, of one that does not."""
    one = d.any_of([one for one in d.tensors if not one.requires]) or d.leaf(requires=False)
    kind = d.below(6)
    if kind == 0:
        d.run(Call(Attr(nodes.bare(one.name, "sum"), "backward")))
    elif kind == 1:
        d.run(nodes.bare(one.name, "retain_grad"))
    elif kind == 2:
        d.run(nodes.method(one.name, "register_hook", nodes.spoken("lambda grad: grad * 2")))
    elif kind == 3:
        other = d.result()
        total = nodes.bare(other.name, "sum")
        d.run(nodes.call("torch.autograd.grad", total, nodes.listed(one.ref), retain_graph=nodes.TRUE))
    elif kind == 4:
        d.run(nodes.call("torch.autograd.grad", nodes.bare(one.name, "sum"), nodes.listed(d.a_leaf().ref)))
    else:
        d.run(nodes.method(one.name, "register_post_accumulate_grad_hook", nodes.spoken("lambda param: None")))


def unused(d: Draft) -> None:
    """`grad` for an input that the root does not reach."""
    one = d.result()
    other = d.leaf()
    total = nodes.bare(one.name, "sum")
    d.run(nodes.call("torch.autograd.grad", total, nodes.listed(other.ref), retain_graph=nodes.TRUE))


def gradients(d: Draft) -> None:
    """A gradient set by hand that does not fit, or of what is no leaf."""
    one = d.tracked()
    place = nodes.attr(one.name, "grad")
    kind = d.below(5)
    if kind == 0:
        d.emit(Assign((place,), nodes.call("torch.ones", nodes.lit(7))))
    elif kind == 1:
        d.emit(Assign((place,), nodes.ONE))
    elif kind == 2:
        d.emit(Assign((place,), nodes.call("torch.ones_like", one.ref, dtype=nodes.TORCH_INT64)))
    elif kind == 3:
        d.emit(Assign((place,), one.ref))
    else:
        d.emit(Assign((nodes.attr(d.result().name, "requires_grad"),), nodes.FALSE))


def whole_numbers(d: Draft) -> None:
    """Integers where floating point is needed."""
    kind = d.below(3)
    if kind == 0:
        d.run(nodes.spoken("torch.tensor([1, 2], requires_grad=True)"))
    elif kind == 1:
        one = d.leaf((2,), "int64", requires=False)
        d.run(nodes.bare(one.name, "requires_grad_"))
    else:
        one = d.floating()
        d.run(nodes.method(one.name, "backward", nodes.lit(2)))


def expanded_write(d: Draft) -> None:
    """A write to a view in which one element stands for several."""
    one = d.floating()
    view = nodes.method(one.name, "expand", nodes.sizes((2, *one.shape)))
    d.run(Call(Attr(view, "add_"), (nodes.ONE,)))
    if one.shape in ((), (0,)):
        one.memory.written = True
