"""What explains the differences of two environments: the register of drift."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gradconform.catalogue.drift.finding import DriftFinding
from gradconform.catalogue.drift.places import Shown
from gradconform.catalogue.drift.register import DISAGREE, DRIFT
from gradconform.recorded_oracle import RecordedOracle
from gradoracle.compare import Difference
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.drift import Answers, Drift, Group, drift, telling, up_to
from gradoracle.recorded.recording import release
from gradoracle.recorded.shipped import FOLLOWED
from gradoracle.worker import Worker


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


def drifted(program: Program, differences: Sequence[Difference], oracle: Worker | RecordedOracle) -> str | None:
    """The finding that accounts for what a live PyTorch of another version than the followed one does otherwise.

    All that tells of the difference must be known: the first difference, and the first of a graph.
    """
    name = f"{oracle.id}@{release(oracle.environment.get('version', ''))}"
    if isinstance(oracle, RecordedOracle) or name == FOLLOWED:
        return None
    found = [explaining_drift(up_to(program, one), one, (name, FOLLOWED)) for one in telling(tuple(differences))]
    return next((one.id for one in found if one is not None), None) if None not in found else None


def explaining_drift(program: Program, difference: Shown, names: Sequence[str]) -> DriftFinding | None:
    """The finding that accounts for the first difference that two environments show on a program."""
    for finding in DRIFT:
        if finding.id != DISAGREE and finding.tells_apart(*names) and finding.shows(program, difference):
            return finding
    return None
