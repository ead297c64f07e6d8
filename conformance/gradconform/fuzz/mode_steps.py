"""Steps that hold other steps: modes, hooks of saved tensors, `try`, loops, and switches without a block."""

from __future__ import annotations

from gradconform.fuzz import look_steps, nodes
from gradconform.fuzz.draft import Draft
from gradconform.fuzz.table import STEPS
from gradoracle.program import Expr, For, Handler, Raise, Try

DEEPEST = 3
"""Blocks inside blocks."""

_MODES: tuple[tuple[Expr, bool | None, bool | None], ...] = (
    (nodes.spoken("torch.no_grad()"), False, None),
    (nodes.spoken("torch.no_grad()"), False, None),
    (nodes.spoken("torch.enable_grad()"), True, None),
    (nodes.spoken("torch.set_grad_enabled(False)"), False, None),
    (nodes.spoken("torch.set_grad_enabled(True)"), True, None),
    (nodes.spoken("torch.inference_mode()"), False, True),
    (nodes.spoken("torch.inference_mode(False)"), None, False),
)

_SAVED: tuple[Expr, ...] = tuple(
    nodes.spoken(f"torch.autograd.graph.{manager}")
    for manager in (
        "saved_tensors_hooks(lambda t: t, lambda t: t)",
        "saved_tensors_hooks(lambda t: t.detach(), lambda t: t)",
        "saved_tensors_hooks(lambda t: t * 2, lambda t: t)",
        "saved_tensors_hooks(lambda t: t, lambda t: t * 3)",
        "saved_tensors_hooks(lambda t: print(t), lambda t: t)",
        "saved_tensors_hooks(lambda t: (t, 1), lambda t: t[0])",
        'disable_saved_tensors_hooks("not here")',
    )
)


def _few(d: Draft, most: int = 3) -> None:
    """Steps inside a block."""
    for _ in range(1 + d.below(most)):
        if d.depth < DEEPEST and d.below(8) == 7:
            block(d)
        else:
            d.one_of(STEPS)(d)


def block(d: Draft) -> None:
    """A few steps under a mode; one block in four ends in an exception."""
    manager, grad, inference = d.one_of(_MODES)
    if d.inference and inference is None and grad:
        grad = False
    with d.under(manager, grad, inference):
        _few(d)
        kind = d.below(8)
        if kind == 7:
            look_steps.mode(d)
    if d.below(4) == 3:
        look_steps.mode(d)


def broken(d: Draft) -> None:
    """A block that an exception leaves, and what holds after it."""
    manager, grad, inference = d.one_of(_MODES)
    handler = Handler(nodes.glob("RuntimeError"), "", nodes.said("print(torch.is_grad_enabled())"))
    with d.inside(lambda body: Try(body, (handler,))), d.under(manager, grad, inference):
        _few(d, 2)
        d.emit(Raise(nodes.spoken('RuntimeError("inside")')))
    look_steps.mode(d)


def tried(d: Draft) -> None:
    """Steps inside `try`, where an error ends the rest of them."""
    handler = Handler(nodes.glob("Exception"), "", nodes.said('print("caught")'))
    with d.inside(lambda body: Try(body, (handler,))):
        _few(d)


def repeated(d: Draft) -> None:
    """Steps that are done twice."""
    with d.inside(lambda body: For(nodes.ref("k"), nodes.spoken("range(2)"), body)):
        _few(d, 2)


def saved(d: Draft) -> None:
    """Steps under hooks of saved tensors."""
    with d.under(d.one_of(_SAVED)):
        _few(d)


_ANOMALY: tuple[Expr, ...] = tuple(
    map(
        nodes.spoken,
        (
            "torch.autograd.set_detect_anomaly(True)",
            "torch.autograd.detect_anomaly()",
            "torch.autograd.detect_anomaly(check_nan=False)",
            "torch.autograd.set_detect_anomaly(False)",
        ),
    )
)


def anomalous(d: Draft) -> None:
    """Steps where backward passes are watched: an error tells where the node was made, nan is an error."""
    with d.under(d.one_of(_ANOMALY)):
        _few(d)


_LEVEL = nodes.spoken("torch.autograd.forward_ad.dual_level()")


def dual(d: Draft) -> None:
    """Steps on a tensor that carries a tangent, and a look at what tangent came of them."""
    with d.under(_LEVEL):
        one = d.floating()
        tangent = nodes.call("torch.full_like", one.ref, nodes.lit(d.one_of((1, 2, -1, 0.5))))
        made = d.made(nodes.call("torch.autograd.forward_ad.make_dual", one.ref, tangent), (one,), view_of=one)
        _few(d)
        last = d.tensors[-1] if d.below(4) else made
        d.run(nodes.call("torch.autograd.forward_ad.unpack_dual", last.ref))


def switched(d: Draft) -> None:
    """`set_grad_enabled` without a block, most often back again after a few steps."""
    enabled = d.grad
    d.run(nodes.call("torch.set_grad_enabled", nodes.FALSE if enabled else nodes.TRUE))
    before, d.grad = enabled, not enabled
    _few(d, 2)
    if d.below(8) < 7:
        d.run(nodes.call("torch.set_grad_enabled", nodes.TRUE if before else nodes.FALSE))
        d.grad = before


_WEIGHTS = ((6, block), (2, broken), (2, tried), (2, repeated), (4, saved), (1, switched), (1, anomalous), (2, dual))

BLOCKS = tuple(step for weight, step in _WEIGHTS for _ in range(weight))
"""Steps that hold others, each as often as it weighs."""
