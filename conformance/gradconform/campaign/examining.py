"""Makes the differences of a campaign small, and asks the findings about what is left of them.

A long program has the shape of many findings by chance. What explains a difference is asked of the smallest program
that shows it, so that a finding answers for what it needs and for nothing beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from gradconform.campaign.units import Unit, together
from gradconform.campaign.work import Work
from gradconform.enumerate.space import listed
from gradconform.fuzz.generator import program
from gradconform.fuzz.shrinking import shrunk
from gradconform.fuzz.unit import DEATHS, UNSUPPORTED, Differing
from gradoracle.program import Program
from gradoracle.worker import Worker

MOST = 30
"""Kinds of difference that are made small; the others are told as they were found."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Programs that show the same: how many, one of them, its finding ("" for none), and how small it became."""

    count: int
    example: Differing
    finding: str
    small: Program | None = None

    @property
    def lacking(self) -> bool:
        """Whether the engine declares that it lacks what these programs ask for: no difference."""
        return self.example.level == UNSUPPORTED

    @property
    def unexplained(self) -> bool:
        return not self.finding and not self.lacking


def kinds(units: Sequence[Unit]) -> list[Kind]:
    """What differs in some units, as it was found: unexplained first, then by number."""
    result = together(units).result
    found: dict[str, Differing] = {}
    for one in result.differing:
        if one.key not in found or (found[one.key].finding and not one.finding):
            found[one.key] = one
    return _ordered([Kind(count, found[key], found[key].finding) for key, count in result.counts])


def examined(work: Work, units: Sequence[Unit]) -> list[Kind]:
    """What differs in some units, each kind made small; a kind is explained when each example kept of it is.

    Kinds that come to the same program are one, and so are those that come to the same finding.
    """
    every = kinds(units)
    kept = together(units).result.differing
    deaths = [one for unit in units for one in unit.result.differing if _died(one)]
    found = [one for kind in every if not kind.lacking for one in _apart(kind, deaths)]
    if not found:
        return every
    with ExitStack() as stack:
        engine, oracle = (stack.enter_context(Worker(spec.factory)) for spec in (work.engine, work.oracle))
        small = [
            _examined(kind, [kind.example] if _died(kind.example) else _of(kind, kept), work, engine, oracle)
            for kind in found[:MOST]
        ]
    counts: Counter[str] = Counter()
    by_cause: dict[str, Kind] = {}
    for kind in [*small, *found[MOST:]]:
        cause = kind.finding or (kind.example.key if kind.small is None else kind.small.id)
        counts[cause] += kind.count
        by_cause.setdefault(cause, kind)
    told = [replace(kind, count=counts[cause]) for cause, kind in by_cause.items()]
    return _ordered([*told, *(kind for kind in every if kind.lacking)])


def _of(kind: Kind, kept: Sequence[Differing]) -> list[Differing]:
    return [one for one in kept if one.key == kind.example.key]


def _died(one: Differing) -> bool:
    """Whether a program killed or hung the process it ran in: nothing else is known of it yet."""
    return one.key.partition(" ")[0] in DEATHS


def _apart(kind: Kind, deaths: Sequence[Differing]) -> list[Kind]:
    """A kind; of programs that died, which may have nothing else in common, each that a unit kept by itself."""
    if not _died(kind.example):
        return [kind]
    found = [Kind(1, one, one.finding) for one in _of(kind, deaths)]
    return [*found[:-1], replace(found[-1], count=kind.count - len(found) + 1)]


def _ordered(found: list[Kind]) -> list[Kind]:
    return sorted(found, key=lambda kind: (not kind.unexplained, kind.lacking, -kind.count, kind.example.key))


def _examined(kind: Kind, examples: Sequence[Differing], work: Work, engine: Worker, oracle: Worker) -> Kind:
    told = kind
    for example in examples:
        small = shrunk(_program(work, example.seed), oracle, engine)
        if small is None:
            continue
        told = Kind(kind.count, example, small.finding, small.program)
        if not small.finding:
            return told
    return told


def _program(work: Work, seed: int) -> Program:
    if work.identity.kind == "enumerate":
        return next(listed(work.identity.longest, seed, seed + 1)).program()
    return program(seed)
