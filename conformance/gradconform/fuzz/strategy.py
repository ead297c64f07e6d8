"""Hypothesis as the source of choices: what it finds, it shrinks and replays as in any of its tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from gradconform.fuzz.generator import drawn
from gradoracle.program import Program

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")


class _Drawn:
    """Choices made by Hypothesis."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return self._draw(st.integers(0, count - 1))

    def one_of(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]


@st.composite
def _programs(draw: DrawFn) -> Program:
    return drawn(_Drawn(draw))


def programs() -> SearchStrategy[Program]:
    """Programs over the whole language, for `@given`."""
    return _programs()
