"""One program for every seed."""

from __future__ import annotations

from gradconform.fuzz import pass_steps
from gradconform.fuzz.choices import Choices, Seeded
from gradconform.fuzz.draft import Draft
from gradconform.fuzz.mode_steps import BLOCKS
from gradconform.fuzz.table import STEPS
from gradoracle.program import Program
from gradoracle.trace import FACETS

VERSION = 6
"""The version of the generator: a seed means the same program as long as this stays the same."""

LONGEST = 20
"""Steps of the longest program, before those that end it."""
OBSERVED = 3
"""Tensors that each of the last two statements looks at: leaves and what retains a gradient, and results."""
FACETS_OF_RESULTS = tuple(facet for facet in FACETS if facet not in ("grad", "aliases"))
"""The gradient of a result that does not retain it is None and a warning, which is slow."""


def program(seed: int) -> Program:
    """The program of a seed: a pure function of the seed and `VERSION`."""
    return drawn(Seeded(seed))


def drawn(choices: Choices) -> Program:
    """The program that some choices make."""
    d = Draft(choices)
    d.leaf()
    if d.below(3):
        d.leaf()
    for _ in range(LONGEST):
        if d.below(24) == 0:
            break
        d.one_of(STEPS if d.below(8) else BLOCKS)(d)
    if d.below(3):
        pass_steps.backward(d)
    looked_at = [one for one in d.tensors if one.requires and (one.leaf or one.name in d.retained)][:OBSERVED]
    # With the leaves, to see whether a gradient shares memory with what the user gave.
    d.observe(looked_at + [one for one in d.weights[:1] if one in d.tensors and one not in looked_at])
    d.observe([one for one in d.tensors if not (one.leaf and one.requires)][-OBSERVED:], FACETS_OF_RESULTS)
    return d.program()
