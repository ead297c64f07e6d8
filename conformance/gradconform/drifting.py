"""What explains the differences of two environments: the findings of drift."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from gradconform.catalogue.findings import FINDINGS, Finding
from gradoracle.parse import parse_program
from gradoracle.recorded.drift import Drift, Group


@dataclass(frozen=True, slots=True)
class Explained:
    """A group of differences and the finding that accounts for it, None where no one has looked into it yet."""

    group: Group
    finding: Finding | None

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**dataclasses.asdict(self.group), "finding": None if self.finding is None else self.finding.id}


def explained(found: Drift) -> tuple[Explained, ...]:
    """The groups of a drift, each with the finding of drift that names either environment and explains it."""
    return tuple(Explained(group, _finding(group, found)) for group in found.groups)


def _finding(group: Group, found: Drift) -> Finding | None:
    names = {found.first.partition(",")[0], found.second.partition(",")[0]}
    program = parse_program(group.text)
    for finding in FINDINGS:
        here = not finding.environments or not names.isdisjoint(finding.environments)
        if here and finding.environments and group.level in finding.explains and finding.pattern(program):
            return finding
    return None
