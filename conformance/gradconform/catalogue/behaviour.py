"""What one row of the catalogue is."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from gradoracle.program import Program

Move: TypeAlias = tuple[int, int, int, int]
"""One step of a recipe: four numbers from 0 to 65535; the first picks what is done, the others with what."""

Recipe: TypeAlias = tuple[Move, ...]

Generator: TypeAlias = Callable[[Recipe], Program]
"""Decodes any recipe, the empty one too, to a program. Total and pure: equal recipes give equal programs."""


class Level(enum.StrEnum):
    """How much an engine that claims PyTorch's semantics owes this behaviour."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class Clause:
    """The sentence of PyTorch's documentation that says so."""

    url: str
    quote: str


@dataclass(frozen=True, slots=True)
class Observed:
    """No documentation says so: seen on this version of PyTorch."""

    version: str


Variant: TypeAlias = Callable[[Program], Program]
"""Makes another program of one, with other constants, on which PyTorch shows another outcome.

Nothing but the outcome that is left open may tell which of the two ran.
"""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Outcomes that conform besides the oracle's own, because PyTorch leaves open which of them is seen.

    `statement` says in one sentence what else may be seen, `source` who says that it may, `where` the oracle on which
    `variants` of the behaviour's programs show it.
    """

    statement: str
    source: Clause | Observed
    where: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that PyTorch's users can observe.

    `id` is permanent: `family.kebab-case-words`. `statement` says in one sentence what PyTorch does, `expectation`
    in one sentence what a run must show. `examples` are programs as PyTorch code, the first one for the report.
    `generator` makes programs on which the behaviour shows, wherever inputs or graphs can vary. `needs` are
    features of the engine (see `features.py`), `depends` ids of behaviours without which this one cannot be judged.
    `admits` lists outcomes that conform though the oracle shows another.
    """

    id: str
    family: str
    statement: str
    expectation: str
    level: Level
    clause: Clause | Observed
    examples: tuple[str, ...]
    generator: Generator | None = None
    needs: tuple[str, ...] = ()
    depends: tuple[str, ...] = field(default=())
    admits: tuple[Admitted, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A claim of the study notes, and what PyTorch really does."""

    id: str
    claim: str
    agrees: bool
    truth: str
    behaviours: tuple[str, ...]
