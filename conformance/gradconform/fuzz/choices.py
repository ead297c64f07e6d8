"""What a generator of programs asks for: numbers and rows of tables. Who answers is not its business.

`Seeded` answers from a seed, `gradconform.fuzz.strategy` from what Hypothesis draws. In both, 0 and the first row of a
table mean the plainest program.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Choices(Protocol):
    """Where a generator's decisions come from."""

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        ...

    def one_of(self, options: Sequence[T]) -> T:
        """One of some options, all equally likely. A table of weights is a sequence that repeats its rows."""
        ...


class Seeded:
    """Choices that depend on a seed alone, on every machine and in every version of Python."""

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        # Of all of `random`, Python promises that `random()` stays the same for a seed.
        self._random = random.Random(seed).random

    def below(self, count: int) -> int:
        return int(self._random() * count)

    def one_of(self, options: Sequence[T]) -> T:
        return options[int(self._random() * len(options))]
