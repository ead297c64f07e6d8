"""Random numbers are those that PyTorch draws on the CPU, up to the last bit, whatever is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import refgrad

DRAWS = """
randn(7)
randn(16)
randn(37)
randn(100, 33)
randn(40, dtype=torch.float64)
randn(7, dtype=torch.complex64)
randn(40, dtype=torch.complex64)
randn(40, dtype=torch.complex128)
randn(40, dtype=torch.float16)
randn(7, dtype=torch.float16)
rand(40, dtype=torch.float16)
rand(40, dtype=torch.float64)
rand(9, dtype=torch.complex64)
randint(0, 10, (9,))
randint(-5, 2**28 - 5, (9,))
randint(0, 2**28 - 1, (9,))
randint(0, 2**40, (9,))
randint(-(2**62), 2**63 - 1, (9,))
randperm(20)
empty(200).normal_(1.3, 2.7)
empty(7, dtype=torch.float64).normal_(1.3, 2.7)
empty(200, dtype=torch.float64).normal_(1.3, 2.7)
empty(200).uniform_(0.1, 0.3)
empty(200, dtype=torch.float64).uniform_(3, 100)
empty(200, dtype=torch.float16).uniform_(0.1, 0.3)
empty(200).exponential_(1.5)
empty(200, dtype=torch.float64).exponential_(1.5)
empty(200).geometric_(0.3)
empty(200).cauchy_(1, 2)
empty(200).log_normal_(1, 2)
empty(200).bernoulli_(0.3)
empty(200, dtype=torch.int64).bernoulli_(0.3)
empty(9).random_()
empty(9, dtype=torch.float64).random_()
empty(9, dtype=torch.int64).random_()
empty(9, dtype=torch.int32).random_()
empty(9, dtype=torch.uint8).random_()
empty(9, dtype=torch.bool).random_()
empty(9, dtype=torch.int64).random_(3, 8)
empty(4, 8).t().normal_()
empty(4, 8).t().uniform_()
empty(2, 3, 4).permute(2, 0, 1).exponential_()
empty(8, 8)[:, ::2].normal_()
empty(4, 8).t().bernoulli_(0.4)
randn_like(torch.empty(4, 8).t())
rand_like(torch.empty(4, 8).t())
randint_like(torch.empty(4, 8).t(), 9)
bernoulli(torch.linspace(0, 1, 60).reshape(6, 10).t())
bernoulli(torch.linspace(0, 1, 60, dtype=torch.float64))
bernoulli(torch.zeros(4, 8).t(), 0.5)
empty(30).bernoulli_(torch.linspace(0, 1, 30, dtype=torch.float64))
normal(torch.arange(1.0, 21), torch.arange(1.0, 21))
normal(torch.arange(1.0, 6), torch.arange(1.0, 6)[:, None])
normal(torch.arange(1.0, 21), 1.3)
normal(1.2, torch.arange(1.0, 21))
normal(1.2, 3.4, (20,))
poisson(torch.linspace(0, 30, 60))
poisson(torch.linspace(0, 30, 60, dtype=torch.float64).reshape(6, 10).t())
multinomial(torch.arange(1.0, 28).reshape(3, 9), 4)
multinomial(torch.arange(1.0, 10), 1)
multinomial(torch.arange(1.0, 28).reshape(3, 9), 20, replacement=True)
nn.functional.gumbel_softmax(torch.zeros(4, 8))
nn.functional.rrelu(torch.linspace(-1, 1, 20), 0.1, 0.3, True)
nn.functional.dropout(torch.ones(4, 8), 0.3)
nn.functional.dropout2d(torch.ones(4, 8, 2, 2), 0.3)
nn.functional.alpha_dropout(torch.ones(4, 8), 0.3, True)
""".strip().splitlines()

REFUSED = """
multinomial(torch.ones(3), 0)
multinomial(torch.ones(3), 4)
multinomial(torch.ones(3).long(), 2)
multinomial(-torch.ones(3), 2)
multinomial(torch.zeros(3), 2)
multinomial(torch.ones(2, 2, 2), 2)
multinomial(torch.tensor([1.0, float("inf")]), 1)
poisson(-torch.ones(2))
poisson(torch.ones(2).long())
normal(torch.zeros(2), -1.0)
normal(torch.zeros(2), -torch.ones(2))
Generator(device="cuda")
Generator().set_state(3)
Generator().set_state(torch.zeros(5056))
set_rng_state(torch.zeros(3))
set_rng_state(torch.zeros(3, dtype=torch.uint8))
""".strip().splitlines()


def drawn(engine: Any, text: str) -> Any:
    engine.manual_seed(5)
    return eval(f"torch.{text}", {"torch": engine})


@pytest.mark.parametrize("text", DRAWS)
def test_numbers_are_those_of_torch(text):
    expected, actual = (drawn(engine, text) for engine in (torch, refgrad))
    assert (expected.stride(), str(expected.dtype)) == (actual.stride(), str(actual.dtype))
    if "softmax" in text:  # exponentials of other libraries
        np.testing.assert_allclose(expected.numpy(), actual.numpy(), rtol=1e-5)
    else:
        np.testing.assert_array_equal(expected.numpy(), actual.numpy())
    assert torch.rand(1).item() == refgrad.rand(1).item()  # as many words were taken


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_drawn_is_refused(text):
    told: list[Any] = []
    for engine in (torch, refgrad):
        try:
            told.append(drawn(engine, text))
        except Exception as error:
            told.append((type(error), str(error)))
    assert told[0] == told[1]


@pytest.mark.parametrize("count", [0, 3, 16, 623, 624, 700])
def test_states_are_interchangeable(count):
    for engine in (torch, refgrad):
        engine.manual_seed(7)
        engine.rand(count)
        engine.randn(3)
    expected = torch.get_rng_state()
    assert expected.tolist() == refgrad.get_rng_state().tolist()
    refgrad.manual_seed(0)
    refgrad.set_rng_state(refgrad.tensor(expected.tolist(), dtype=refgrad.uint8))
    assert torch.randn(700).tolist() == refgrad.randn(700).tolist()


def test_a_generator_is_a_stream_of_its_own():
    for method in ("normal_(generator=g)", "bernoulli_(0.3, generator=g)", "exponential_(generator=g)"):
        told = []
        for engine in (torch, refgrad):
            engine.manual_seed(1)
            g = engine.Generator().manual_seed(-2)
            made = eval(f"torch.empty(20).{method}", {"torch": engine, "g": g})
            told.append((g.initial_seed(), made.tolist(), engine.rand(2).tolist(), g.get_state().tolist()))
        assert told[0] == told[1]
