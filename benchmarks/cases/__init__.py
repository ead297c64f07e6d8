"""One module per case. Each says what it runs and gives, per engine, a step to be timed.

A module has `CASES`: the cases by name. A case is made anew in every process, by the name of the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Step = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """A piece of work: what it is, how many units its time is divided by, and how to set it up on an engine."""

    title: str
    units: int
    """Times are shown per unit: per graph node for A and B, otherwise 1 for the whole step."""
    target: float | None
    """The ratio to PyTorch's time that refgrad is meant to reach."""
    torchlike: Callable[[Any], Step]
    """The step on an engine with PyTorch's interface, given its module."""
    autograd: Callable[[], Step] | None = None
    """The step on HIPS autograd."""
    mygrad: Callable[[], Step] | None = None
