"""Losses, compared with PyTorch call by call."""

from __future__ import annotations

import sys
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
