"""What explains the differences of two environments: the register of drift."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gradconform.catalogue.drift.finding import DriftFinding
from gradconform.catalogue.drift.places import Shown
from gradconform.catalogue.drift.register import DISAGREE, DRIFT
from gradoracle.compare import Difference
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.drift import Answers, Drift, Group, drift


@dataclass(frozen=True, slots=True)
class Explained:
    """A group of differences and the finding that accounts for it, None where no one has looked into it yet."""

    group: Group
    finding: DriftFinding | None

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**dataclasses.asdict(self.group), "finding": None if self.finding is None else self.finding.id}


def compared(
    corpus: Corpus,
    first: Answers,
    second: Answers,
    told: Callable[[int], object] = lambda done: None,
    numbers: Iterable[int] | None = None,
) -> Drift:
    """Two environments on programs of a corpus, in groups that one finding explains, or none."""

    def cause(program: Program, difference: Difference) -> str:
        found = explaining_drift(program, difference, (first.name, second.name))
        return "" if found is None else found.id

    return drift(corpus, first, second, told, cause, numbers)


def explained(found: Drift) -> tuple[Explained, ...]:
    """The groups of a drift, each with the finding that explains it."""
    sides = (found.first, found.second)
    return tuple(Explained(group, explaining_drift(parse_program(group.text), group, sides)) for group in found.groups)


def explaining_drift(program: Program, difference: Shown, names: Sequence[str]) -> DriftFinding | None:
    """The finding that accounts for the first difference that two environments show on a program."""
    for finding in DRIFT:
        if finding.id != DISAGREE and finding.tells_apart(*names) and finding.shows(program, difference):
            return finding
    return None
