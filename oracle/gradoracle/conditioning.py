"""Whether a difference is rounding that a program makes grow: PyTorch is then as far from itself in float64.

The tolerance of a dtype is for a few operations. A program that subtracts nearly equal numbers, or takes the cosine of
a large one, has an answer whose last places nobody can promise. That is not guessed: the oracle runs the program once
more with float64 as its default dtype, and where its two answers are further apart than the tolerance, a difference of
about that size says nothing about an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradoracle.compare import Difference, compare, elements
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.trace import Trace

SLACK = 64.0
"""Tolerances that a difference may be large before it is more than rounding, whatever the oracle says."""

_PLACES = frozenset({"values", "messages"})
_DOUBLE = parse_program("torch.set_default_dtype(torch.float64)").statements


def in_double(program: Program) -> Program:
    """The program with float64 as its default dtype."""
    return Program((*_DOUBLE, *program.statements))


def is_rounding(
    program: Program,
    oracle: Trace,
    engine: Trace,
    differences: Sequence[Difference],
    run: Callable[[Program], Trace],
) -> bool:
    """Whether all differences of two traces are small and the oracle differs from itself where the first of them is.

    `run` gives the oracle's trace of another program.
    """
    how = measure(program)
    if not differences or any(one.level not in _PLACES for one in differences):
        return False
    if compare(oracle, engine, replace(how, slack=SLACK)):
        return False
    first = differences[0]
    return any((one.path, one.where) == (first.path, first.where) for one in apart(program, oracle, run))


def apart(
    program: Program, oracle: Trace, run: Callable[[Program], Trace], slack: float = 1.0
) -> tuple[Difference, ...]:
    """The differences of values between the oracle's trace of a program and its trace of the same in float64.

    They are larger than `slack` tolerances of the program's own dtypes.
    """
    single = _single(run(in_double(program)), oracle)
    found = compare(oracle, single, replace(measure(program), slack=slack))
    return tuple(one for one in found if one.level in _PLACES)


def _single(trace: Trace, model: Trace) -> Trace:
    """A trace of a program in float64 as the program itself would have left it: its steps, elements of its dtypes."""
    steps = tuple(
        step._replace(
            path=(step.path[0] - 1, *step.path[1:]),
            outcome=_narrowed(step.outcome, other.outcome),
            events=_narrowed(step.events, other.events),
        )
        for step, other in zip(trace.steps[1:], model.steps, strict=False)
    )
    return replace(trace, steps=steps)


def _narrowed(fact: Any, model: Any) -> Any:
    """A fact with float64 where the model has float32 turned into that."""
    if isinstance(fact, str) and isinstance(model, str):
        return model if _NARROW.get(fact) == model else fact
    if not isinstance(fact, tuple) or not isinstance(model, tuple) or len(fact) != len(model):
        return fact
    if fact[:1] == ("tensor",) and len(fact) == 4 and fact[1] != model[1] == _NARROW.get(fact[1]):
        with np.errstate(over="ignore"):
            narrow = elements(fact).astype(_NUMPY[model[1]])
        return ("tensor", model[1], fact[2], narrow.tobytes())
    return tuple(_narrowed(one, other) for one, other in zip(fact, model, strict=True))


_NARROW = {"torch.float64": "torch.float32", "torch.complex128": "torch.complex64"}
_NUMPY = {"torch.float32": "<f4", "torch.complex64": "<c8"}
