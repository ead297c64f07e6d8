"""Makes the differences of a campaign small, and asks the findings about what is left of them.

A long program has the shape of many findings by chance. What explains a difference is asked of the smallest program
that shows it, so that a finding answers for what it needs and for nothing beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from gradconform.campaign.units import Unit, together
from gradconform.campaign.work import Work
from gradconform.enumerate.space import listed
from gradconform.fuzz.generator import program
from gradconform.fuzz.shrinking import shrunk
from gradconform.fuzz.unit import UNSUPPORTED, Differing
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

    Kinds that come to the same program are one.
    """
    every = kinds(units)
    found = [kind for kind in every if not kind.lacking]
    if not found:
        return every
    kept = together(units).result.differing
    with ExitStack() as stack:
        engine, oracle = (stack.enter_context(Worker(spec.factory)) for spec in (work.engine, work.oracle))
        small = [
            _examined(kind, [one for one in kept if one.key == kind.example.key], work, engine, oracle)
            for kind in found[:MOST]
        ]
    by_program: dict[str, Kind] = {}
    for kind in small:
        name = kind.example.key if kind.small is None else kind.small.id
        count = by_program[name].count if name in by_program else 0
        by_program[name] = replace(kind, count=count + kind.count)
    lacking = [kind for kind in every if kind.lacking]
    return _ordered([*by_program.values(), *found[MOST:], *lacking])


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
