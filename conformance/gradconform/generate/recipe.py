"""Recipes: where they come from. What they mean is up to the decoder of each family.

A recipe is a tuple of moves of four numbers from 0 to 65535 (`catalogue.behaviour.Recipe`). The plain seeded driver and
Hypothesis feed the same decoders, so that a failure found by one is replayed, shrunk and stored by the other.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from gradconform.catalogue.behaviour import Recipe

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LIMIT = 65535
"""The largest number of a move."""

LONGEST = 14
"""The number of moves of the longest recipe that is drawn."""


def draw(source: random.Random, longest: int = LONGEST) -> Recipe:
    """Draw a recipe of 0 to `longest` moves; two draws, of which the larger counts, favour long ones."""
    length = max(source.randint(0, longest), source.randint(0, longest))
    return tuple(
        (source.randint(0, LIMIT), source.randint(0, LIMIT), source.randint(0, LIMIT), source.randint(0, LIMIT))
        for _ in range(length)
    )


def recipes(seed: int | str, count: int, longest: int = LONGEST) -> tuple[Recipe, ...]:
    """The first `count` recipes of a seed: the empty one, then draws. A longer series starts with the shorter one."""
    source = random.Random(seed)
    return ((), *(draw(source, longest) for _ in range(count - 1)))[:count]


def strategy(longest: int = LONGEST) -> SearchStrategy[Recipe]:
    """Hypothesis draws and shrinks recipes: a list of tuples, so that a move in the middle can be dropped."""
    from hypothesis import strategies as st

    number = st.integers(0, LIMIT)
    return st.lists(st.tuples(number, number, number, number), max_size=longest).map(tuple)
