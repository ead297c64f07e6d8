"""What is called rounding that grows, and what is not: the oracle's own answer in float64 decides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gradoracle.compare import compare, elements
from gradoracle.conditioning import apart, in_double, is_rounding
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.source import source
from gradoracle.trace import Trace
from gradoracle.worker import Worker

pytest.importorskip("torch")

GROWS = parse_program(
    """
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = ((x ** 3) ** 2.0).cos()
(g,) = torch.autograd.grad(y * y, x, torch.ones(2), create_graph=True)
torch.autograd.grad((g * g).sum(), x)
"""
)
STAYS = parse_program("x = torch.tensor([1.0, 2.0])\nx.cos()")


@pytest.fixture(scope="module")
def oracle() -> Iterator[Worker]:
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


def moved(trace: Trace, factor: float) -> Trace:
    """The trace of an engine whose last result is off by a factor."""
    last = trace.steps[-1]
    kind, fact = last.outcome
    tensor = fact[1] if fact[0] == "tuple" else fact
    wrong = (elements(tensor) * np.float32(factor)).astype("<f4").tobytes()
    changed = (*tensor[:3], wrong)
    outcome = (kind, ("tuple", changed) if fact[0] == "tuple" else changed)
    return Trace((*trace.steps[:-1], last._replace(outcome=outcome)))


def verdict(program: Program, factor: float, oracle: Worker) -> bool:
    expected = oracle.run(program)
    got = moved(expected, factor)
    found = compare(expected, got, measure(program))

    assert found

    return is_rounding(program, expected, got, found, oracle.run)


def test_the_program_is_run_in_double() -> None:
    assert source(in_double(STAYS)).splitlines()[0] == "torch.set_default_dtype(torch.float64)"


def test_what_pytorch_itself_cannot_promise_is_rounding(oracle: Worker) -> None:
    assert verdict(GROWS, 1 + 3e-6, oracle)
    assert apart(GROWS, oracle.run(GROWS), oracle.run)


def test_what_is_larger_is_none(oracle: Worker) -> None:
    assert not verdict(GROWS, 1 + 1e-3, oracle)


def test_what_pytorch_promises_is_none(oracle: Worker) -> None:
    assert not verdict(STAYS, 1 + 3e-5, oracle)
    assert not apart(STAYS, oracle.run(STAYS), oracle.run)


def test_dtypes_that_a_program_names_are_left_alone(oracle: Worker) -> None:
    program = parse_program(
        "x = torch.tensor([1.0, 2.0], dtype=torch.float64)\ny = x.float().cos()\n"
        "y.dtype\nx.cos()\ntorch.tensor([0.1]).dtype"
    )

    assert not apart(program, oracle.run(program), oracle.run)


def test_another_state_is_never_rounding(oracle: Worker) -> None:
    expected = oracle.run(GROWS)
    got = Trace((*expected.steps[:-1], expected.steps[-1]._replace(outcome=("error", "RuntimeError", "no"))))
    found = compare(expected, got, measure(GROWS))

    assert [one.level for one in found] == ["errors"]
    assert not is_rounding(GROWS, expected, got, found, oracle.run)
