"""Steps that register hooks of every kind, retain gradients, and remove hooks again.

No tensor hook goes to a view whose memory was written before: PyTorch 2.13.0 dies of it (pytorch#196459, pinned in the
register of findings).
"""

from __future__ import annotations

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import Draft, Known
from gradoracle.program import Attr, Call, Expr, Seq

_TENSOR_HOOKS: tuple[Expr, ...] = tuple(
    map(
        nodes.spoken,
        (
            "lambda grad: None",
            "lambda grad: grad * 2",
            "lambda grad: -grad",
            "lambda grad: grad",
            "lambda grad: grad.clone()",
            "lambda grad: grad + 1",
            "lambda grad: print(grad.requires_grad)",
            "lambda grad: print(torch.is_grad_enabled())",
            "lambda grad: grad * 0",
            "lambda grad: grad * 3",
        ),
    )
)
_STRANGE_HOOKS: tuple[Expr, ...] = tuple(
    map(
        nodes.spoken,
        (
            "lambda grad: grad.mul_(2)",
            "lambda grad: grad.detach()",
            "lambda grad: grad.sum()",
            "lambda grad: 1",
            "lambda grad: grad.double()",
            "lambda grad: grad.view(-1)[5]",
            "lambda grad: grad.expand(2, 2)",
        ),
    )
)
_POST_HOOKS: tuple[Expr, ...] = tuple(
    map(
        nodes.spoken,
        (
            "lambda param: print(param.grad)",
            "lambda param: param.grad.zero_()",
            "lambda param: param.grad.mul_(2)",
            "lambda param: print(param.requires_grad, param.is_leaf)",
            "lambda param: param",
        ),
    )
)
_NODE_HOOKS: tuple[Expr, ...] = tuple(
    map(
        nodes.spoken,
        (
            "lambda inputs, outputs: None",
            "lambda inputs, outputs: print(inputs, outputs)",
            "lambda inputs, outputs: inputs",
            "lambda inputs, outputs: tuple([one * 2 for one in inputs])",
            "lambda inputs, outputs: outputs",
        ),
    )
)
_NODE_PREHOOKS: tuple[Expr, ...] = tuple(
    map(
        nodes.spoken,
        (
            "lambda outputs: None",
            "lambda outputs: print(outputs)",
            "lambda outputs: (outputs[0] * 2,)",
            "lambda outputs: outputs",
            "lambda outputs: (None,)",
        ),
    )
)


def _hooked(d: Draft) -> Known:
    """A tensor that a hook may go to."""
    found = [one for one in d.tensors if one.requires and not (one.memory.written and (one.view or one.memory.leaf))]
    one = d.any_of(found)
    return d.leaf() if one is None else one


def _registered(d: Draft, value: Expr) -> None:
    """A registration, whose handle is kept one time in three."""
    if d.below(3) == 2:
        name = d.fresh("handle")
        d.handles.append(name)
        d.emit(nodes.assign(name, value))
    else:
        d.run(value)


def tensor_hook(d: Draft) -> None:
    """`register_hook`."""
    one = _hooked(d)
    hook = d.one_of(_STRANGE_HOOKS if d.below(8) == 7 else _TENSOR_HOOKS)
    _registered(d, nodes.method(one.name, "register_hook", hook))


def post_hook(d: Draft) -> None:
    """`register_post_accumulate_grad_hook`."""
    one = d.a_leaf() if d.below(8) else d.tracked()
    _registered(d, nodes.method(one.name, "register_post_accumulate_grad_hook", d.one_of(_POST_HOOKS)))


def node_hook(d: Draft) -> None:
    """`register_hook` and `register_prehook` of a node."""
    one = d.result()
    if d.below(2):
        value = Call(Attr(nodes.attr(one.name, "grad_fn"), "register_hook"), (d.one_of(_NODE_HOOKS),))
    else:
        value = Call(Attr(nodes.attr(one.name, "grad_fn"), "register_prehook"), (d.one_of(_NODE_PREHOOKS),))
    _registered(d, value)


def removed(d: Draft) -> None:
    """A hook that is removed, if there is one."""
    if d.handles:
        d.run(nodes.bare(d.one_of(d.handles), "remove"))
    else:
        tensor_hook(d)


def retained(d: Draft) -> None:
    """`retain_grad`."""
    found = [one for one in d.tensors if one.requires and not one.leaf and not (one.view and one.memory.written)]
    one = d.any_of(found) or d.result()
    d.run(nodes.bare(one.name, "retain_grad"))
    d.retained.add(one.name)


def several(d: Draft) -> None:
    """`register_multi_grad_hook`."""
    chosen = {_hooked(d).name: None for _ in range(2)}
    mode = nodes.spoken("lambda grads: print(grads)")
    _registered(
        d,
        nodes.call("torch.autograd.graph.register_multi_grad_hook", Seq("tuple", tuple(map(nodes.ref, chosen))), mode),
    )
