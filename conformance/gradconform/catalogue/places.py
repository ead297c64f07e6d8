"""Where in a run the first difference must show for a finding to account for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from gradoracle.compare import Difference
from gradoracle.trace import Fact, Trace

Where: TypeAlias = Callable[[Trace, Difference], bool]
"""Of the oracle's trace and the first difference."""


def anywhere(oracle: Trace, first: Difference) -> bool:
    """Whatever differs first."""
    return True


def engine_is_stricter(oracle: Trace, first: Difference) -> bool:
    """A statement that works on PyTorch raises on the engine; one that should raise and does not is no excuse."""
    return first.where == "outcome" and _outcome(oracle, first)[0] == "value"


def both_raise(oracle: Trace, first: Difference) -> bool:
    """A statement raises on both, and not the same."""
    return first.where in ("error", "error text")


def pytorch_says(text: str) -> Where:
    """PyTorch raises with this text in its message."""

    def says(oracle: Trace, first: Difference) -> bool:
        outcome = _outcome(oracle, first)
        return bool(outcome[0] == "error" and text in outcome[2])

    return says


def only_signs_of_zeros(oracle: Trace, first: Difference) -> bool:
    """Both show the same, but for the sign of zeros."""
    return _unsigned(first.expected) == _unsigned(first.got)


def _unsigned(text: str) -> str:
    return " ".join(re.sub(r"-(?=0(\.0*)?(?![\d.]))", "", text).split())


def _outcome(oracle: Trace, first: Difference) -> Fact:
    return oracle.steps[first.step].outcome if first.step < len(oracle.steps) else ("none",)
