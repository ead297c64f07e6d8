"""Losses, compared with PyTorch call by call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
from differential import Input, check  # a helper beside this file

ULPS = 5e-6

X = Input([[0.5, 0.25, 0.75], [0.125, 0.25, 0.375]])
Y = Input([[0.125, 0.5, 0.75], [0.5, 0.25, 0.875]])
CONSTANT = Input([[0.125, 0.5, 0.75], [0.5, 0.25, 0.875]], requires_grad=False)
WIDE = Input([[3.0, -2.0, 0.5], [0.0, 1.0, -1.0]])
CLASSES = Input([2, 0], "int64")
DISTANCES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"]
REDUCTIONS = ["mean", "sum", "none"]


def of(engine: Any, name: str) -> Any:
    return getattr(engine.nn.functional, name)


@pytest.mark.parametrize("name", [*DISTANCES, "binary_cross_entropy", "binary_cross_entropy_with_logits"])
@pytest.mark.parametrize("reduction", [*REDUCTIONS, "other"])
def test_losses(name: str, reduction: str) -> None:
    for pair in ((X, Y), (X, CONSTANT), (Input(0.5), Input(0.25)), (Input([0.5], "float64"), Input([0.25], "float64"))):
        check(lambda engine, x, y: of(engine, name)(x, y, reduction=reduction), *pair, tolerance=ULPS)
    if name != "binary_cross_entropy":
        check(lambda engine, x, y: of(engine, name)(x, y, reduction=reduction), WIDE, Y, tolerance=ULPS)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_classes(reduction: str) -> None:
    for name in ("nll_loss", "cross_entropy"):
        check(lambda engine, x, y, f=name: of(engine, f)(x, y, reduction=reduction), X, CLASSES, tolerance=ULPS)
        check(lambda engine, x, y, f=name: of(engine, f)(x[0], y[0], reduction=reduction), X, CLASSES, tolerance=ULPS)
        check(
            lambda engine, x, y, f=name: of(engine, f)(x, y, engine.tensor([1.0, 2.0, 0.5]), reduction=reduction),
            X,
            CLASSES,
            tolerance=ULPS,
        )
        check(
            lambda engine, x, y, f=name: of(engine, f)(x, y, ignore_index=2, reduction=reduction),
            X,
            CLASSES,
            tolerance=ULPS,
        )
    check(lambda engine, x, y: of(engine, "cross_entropy")(x, y, reduction=reduction), X, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "nll_loss")(x, y), X, Input([3, 0], "int64"))


def test_weights_and_edges() -> None:
    logits = "binary_cross_entropy_with_logits"
    check(lambda engine, x, y: of(engine, logits)(x, y, pos_weight=engine.ones(3) * 2), WIDE, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, logits)(x, y, engine.ones(3) * 2), WIDE, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "binary_cross_entropy")(x, y, engine.ones(3) * 2), X, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "binary_cross_entropy")(x, y), WIDE, Y)
    check(lambda engine, x, y: of(engine, "binary_cross_entropy")(x, y[0]), X, Y)
    check(lambda engine, x, y: of(engine, "smooth_l1_loss")(x, y, beta=0.5), WIDE, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "huber_loss")(x, y, delta=0.5), WIDE, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "mse_loss")(x, y[0]), WIDE, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "kl_div")(x, y, reduction="batchmean"), X, Y, tolerance=ULPS)
    check(lambda engine, x, y: of(engine, "kl_div")(x, y, log_target=True), X, Y, tolerance=ULPS)


def test_losses_under_their_names_of_torch(same):
    same("""
    x = torch.linspace(-1, 1, 6).reshape(2, 3).requires_grad_()
    y = torch.linspace(0.1, 0.9, 6).reshape(2, 3)
    print(torch.hinge_embedding_loss(x, y.sign()), torch.kl_div(x, y), torch.kl_div(x, y, 1))
    print(torch.poisson_nll_loss(x, y, True, False, 1e-8, 1), torch.margin_ranking_loss(x, y, y.sign(), 0.5, 2))
    print(torch.cosine_embedding_loss(x, y, torch.ones(2)), torch.triplet_margin_loss(x, y, -y))
    print(torch.binary_cross_entropy_with_logits(x, y, None, None, 1))
    """)


def test_windows_of_signals(same):
    same("""
    for name in ("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window"):
        made = getattr(torch, name)
        print(name, made(5), made(4, periodic=False), made(1), made(0), made(3, dtype=torch.float64))
        print(attempt(lambda: made(-1)), attempt(lambda: made(3, dtype=torch.int64)))
    """)


SHAPES = """
F=torch.nn.functional
for f in (
    lambda: F.nll_loss(torch.ones(2,3), torch.tensor([0])),
    lambda: F.nll_loss(torch.ones(2,3), torch.tensor([[0]])),
    lambda: F.nll_loss(torch.ones(3), torch.tensor([0,1])),
    lambda: F.nll_loss(torch.ones(3), torch.tensor([0])),
    lambda: F.nll_loss(torch.ones(3), torch.tensor(0)),
    lambda: F.nll_loss(torch.tensor(1.), torch.tensor(0)),
    lambda: F.cross_entropy(torch.ones(2,3), torch.tensor(0)),
    lambda: F.cross_entropy(torch.ones(2,3,4), torch.zeros(2,5,dtype=torch.long)),
    lambda: F.cross_entropy(torch.ones(2,3,4,4), torch.zeros(2,4,5,dtype=torch.long)),
    lambda: F.cross_entropy(torch.ones(2,3), torch.ones(2,4)),
    lambda: F.cross_entropy(torch.ones(2,3), torch.ones(2)),
    lambda: F.cross_entropy(torch.ones(2,3).long(), torch.tensor([0,1])),
    lambda: F.cross_entropy(torch.ones(2,3), torch.tensor([0,1]), torch.ones(2)),
    lambda: F.cross_entropy(torch.ones(2,3), torch.tensor([0,1]), label_smoothing=2.),
    lambda: F.nll_loss(torch.ones(2,3), torch.tensor([0.,1.])),
    lambda: F.nll_loss(torch.ones(2,3,4), torch.zeros(2,4,dtype=torch.long)),
    lambda: F.nll_loss(torch.ones(2,3,4), torch.zeros(2,5,dtype=torch.long)),
    lambda: F.cross_entropy(torch.ones(3), torch.tensor([0,1])),
    lambda: F.nll_loss(torch.ones(2,3), torch.tensor([0,-1])),
    lambda: F.mse_loss(torch.ones(2), torch.ones(3)),
    lambda: F.smooth_l1_loss(torch.ones(2), torch.ones(3)),
    lambda: F.huber_loss(torch.ones(2), torch.ones(3)),
    lambda: F.l1_loss(torch.ones(2), torch.ones(3)),
    lambda: torch.broadcast_tensors(torch.ones(2), torch.ones(3)),
    lambda: torch.broadcast_tensors(torch.ones(2, 1), torch.ones(3), torch.ones(4, 1)),
    lambda: F.binary_cross_entropy(torch.ones(2), torch.ones(3)),
    lambda: F.kl_div(torch.ones(2), torch.ones(3)),
    lambda: F.gaussian_nll_loss(torch.ones(2), torch.ones(3), torch.ones(2)),
    lambda: F.poisson_nll_loss(torch.ones(2), torch.ones(3)),
    lambda: F.soft_margin_loss(torch.ones(2), torch.ones(3)),
    lambda: F.margin_ranking_loss(torch.ones(2), torch.ones(3), torch.ones(2)),
    lambda: F.hinge_embedding_loss(torch.ones(2), torch.ones(3))
):
    print(attempt(f))
"""


def test_shapes_that_do_not_fit(same: Callable[[str], None]) -> None:
    same(SHAPES)


WITHOUT_GRADIENT = """
R = lambda *s: torch.rand(*s).requires_grad_()
F=torch.nn.functional; t = torch.tensor
x=R(2,3); y=R(2,3); w=R(3)
for f in (
    lambda:F.soft_margin_loss(x,y),
    lambda:F.nll_loss(x,t([0,1]),w),
    lambda:F.cross_entropy(x,t([0,1]),w),
    lambda:F.multi_margin_loss(x,t([0,1]),weight=w),
    lambda:F.binary_cross_entropy(x,y,y),
    lambda:F.binary_cross_entropy_with_logits(x,y,y),
    lambda:F.binary_cross_entropy_with_logits(x,y,pos_weight=y),
    lambda:F.batch_norm(x,w,w),
    lambda:F.batch_norm(x,R(3),R(3),training=True),
    lambda:F.instance_norm(x.view(1,2,3),R(2),R(2)),
    lambda:F.nll_loss(R(1,3,2,2),torch.zeros(1,2,2,dtype=torch.long),w),
    lambda: F.nll_loss(x.detach(), t([0, 1]), w),
    lambda: torch.func.grad(lambda v: F.nll_loss(v, t([0, 1]), w))(x.detach()),
    lambda: torch.func.grad(lambda v: F.nll_loss(x.detach(), t([0, 1]), v))(w.detach())
):
    print(attempt(lambda: f().grad_fn))
with torch.no_grad(): print(attempt(lambda: F.nll_loss(torch.ones(2, 3),t([0,1]),w)))
"""


def test_arguments_that_may_not_require_grad(same: Callable[[str], None]) -> None:
    same(WITHOUT_GRADIENT)


def test_gradients_of_ignored_classes_and_of_certain_ones(same: Callable[[str], None]) -> None:
    same("""
        F = torch.nn.functional
        for kind in (torch.float, torch.double):
            x = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=kind, requires_grad=True)
            for reduction in ("mean", "sum", "none"):
                loss = F.cross_entropy(x, torch.tensor([-100, -100]), reduction=reduction).sum()
                print(loss, torch.autograd.grad(loss, x))
                loss = F.binary_cross_entropy(x, torch.full((2, 2), 0.25, dtype=kind), reduction=reduction).sum()
                print(loss, torch.autograd.grad(loss, x)[0].tolist())
    """)
