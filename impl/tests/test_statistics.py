"""Variance, medians, modes and quantiles, compared with PyTorch call by call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
from differential import Input, check  # a helper beside this file

ULPS = 3e-6

SINGLE = {
    "matrix": Input([[0.5, -0.25, 2.0], [1.0, -1.5, 0.125]]),
    "vector": Input([0.5, 0.25, 0.75, 0.5]),
    "scalar": Input(0.5),
    "empty": Input(np.zeros(0)),
    "empty matrix": Input(np.zeros((0, 3))),
    "nan": Input([[1.0, np.nan, 3.0], [2.0, 2.0, 2.0]]),
    "integer": Input([[3, 1, 2], [2, 2, 0]], "int64"),
    "bool": Input([[True, False], [True, True]], "bool"),
    "double": Input([[0.5, 2.0, 3.0], [1.0, 1.0, 1.0]], "float64"),
    "three dimensions": Input(np.arange(12).reshape(2, 3, 2) / 4 - 1),
}


@pytest.mark.parametrize("name", ["std", "var", "std_mean", "var_mean"])
@pytest.mark.parametrize(
    "given",
    [
        ((), {}), ((False,), {}), ((0, False), {}), ((0, True, True), {}), ((), {"unbiased": True}),
        ((), {"correction": 2}),
        ((), {"correction": 20}), ((0,), {"correction": 20}), ((0,), {"keepdim": True}), ((), {"keepdim": True}),
        ((None,), {}), ((), {"dim": None, "correction": 1, "keepdim": True}), ((), {"dim": ()}), (((0, 1),), {}),
        ((-1,), {"unbiased": False}), ((5,), {}),
    ],
    ids=str,
)  # fmt: skip
def test_spread(name: str, given: Any) -> None:
    positional, named = given
    for each in SINGLE.values():
        check(lambda engine, x: getattr(engine, name)(x, *positional, **named), each, tolerance=ULPS)


@pytest.mark.parametrize("name", ["median", "nanmedian", "mode"])
def test_middle(name: str) -> None:
    for each in SINGLE.values():
        check(lambda engine, x: getattr(engine, name)(x), each)
        for dim in (0, -1, 1, 5):
            check(lambda engine, x, dim=dim: getattr(x, name)(dim), each)
        check(lambda engine, x: getattr(x, name)(-1, True), each)


@pytest.mark.parametrize("q", [0.25, 0, 1, 0.3, 1.5, -0.5])
def test_quantiles(q: Any) -> None:
    for each in SINGLE.values():
        check(lambda engine, x: engine.quantile(x, q), each, tolerance=ULPS)
        check(lambda engine, x: engine.quantile(x, q, dim=0), each, tolerance=ULPS)
        check(lambda engine, x: engine.nanquantile(x, q, dim=-1, keepdim=True), each, tolerance=ULPS)


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "midpoint", "nearest", "none"])
def test_interpolation(interpolation: str) -> None:
    for key in ("matrix", "vector", "scalar", "nan", "double"):
        check(lambda engine, x: x.quantile(0.3, 0, interpolation=interpolation), SINGLE[key], tolerance=ULPS)


def test_several_quantiles() -> None:
    for key in ("matrix", "vector", "double", "integer", "three dimensions"):
        check(
            lambda engine, x: engine.quantile(x, engine.tensor([0.25, 0.5], dtype=x.dtype), dim=-1),
            SINGLE[key],
            tolerance=ULPS,
        )


def test_the_place_of_the_kth_value_among_equal_ones(same: Callable[[str], None]) -> None:
    same("""
        torch.manual_seed(1)
        for n in (1, 2, 3, 4, 5, 7, 8, 13, 30):
            for m in (1, 2, 4, 100):
                x = torch.randint(m, (3, n)).float()
                for k in sorted({1, (n + 1) // 2, n}):
                    print(torch.kthvalue(x, k, 1), torch.kthvalue(x.t(), k, 0)[1].tolist())
        x = torch.tensor([float("nan"), 1.0, float("nan"), float("inf"), 2.0])
        print([torch.kthvalue(x, k) for k in range(1, 6)])
    """)


def test_kinks_of_logit_digamma_and_mvlgamma(same: Callable[[str], None]) -> None:
    same("""
        nan, inf = float("nan"), float("inf")
        x = torch.tensor([-inf, -0.0, 0.0, 0.05, 0.5, 1.0, 2.0, nan], requires_grad=True)
        for f in (torch.logit, lambda t: torch.logit(t, 0.1), torch.digamma, lambda t: torch.mvlgamma(t, 1)):
            print(f(x), torch.autograd.grad(f(x).sum(), x))
        y = torch.linspace(0.5, 9, 10, dtype=torch.double)
        print(torch.polygamma(1, y), torch.digamma(y.float()).tolist())
    """)
