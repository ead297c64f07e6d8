"""Random numbers are PyTorch's, number by number."""

from __future__ import annotations

import numpy as np
import pytest

import refgrad

torch = pytest.importorskip("torch")

CALLS = {
    "rand": lambda t: t.rand(20),
    "rand float64": lambda t: t.rand(3, 2, dtype=t.float64),
    "randn few": lambda t: t.randn(5),
    "randn many": lambda t: t.randn(40),
    "randn float64": lambda t: t.randn(4, 5, dtype=t.float64),
    "randint": lambda t: t.randint(-3, 10, (8,)),
    "randperm": lambda t: t.randperm(9),
    "uniform_": lambda t: t.empty(5).uniform_(-1, 3),
    "normal_": lambda t: t.empty(20).normal_(2, 3),
    "rand_like": lambda t: t.rand_like(t.ones(3)),
    "a series": lambda t: t.cat([t.randn(3), t.rand(2), t.randn(3), t.randn(17)]),
}


@pytest.mark.parametrize("seed", [0, 12345])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_the_numbers_are_pytorchs(call, seed):
    drawn = []
    for library in (torch, refgrad):
        library.manual_seed(seed)
        drawn.append(call(library).numpy())

    assert drawn[0].dtype == drawn[1].dtype
    np.testing.assert_allclose(drawn[0], drawn[1], rtol=2e-6, atol=2e-7)
