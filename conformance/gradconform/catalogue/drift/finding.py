"""A row of the register of drift: one difference of PyTorch from itself.

`outcome` is what each environment did with `program`, which runs on plain PyTorch; for torch.compile, `script` does.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from gradconform.catalogue.drift.places import Shows
from gradoracle.trace import Trace

ISSUE = "https://github.com/pytorch/pytorch/issues/"
V2_11 = "torch:cpu@2.11.0"
V2_13 = "torch:cpu@2.13.0"
V2_15 = "torch:cpu@2.15.0"
COMPILED = "torch-compile:cpu@2.13.0"
"""Environments, as recordings name them."""


class Reason(enum.StrEnum):
    """Why two environments differ."""

    ROUNDING = "rounding"
    UNDEFINED = "left open by the documentation"
    TEXT = "a text"
    FEATURE = "something new"
    DEFECT = "PyTorch defect"


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One difference of PyTorch from itself.

    `outcome` has what `program` told (see `told_with_warnings`) by environment; `shows` knows the difference in others.
    `script` is the program as plain PyTorch has it where that is something else.
    """

    id: str
    title: str
    reason: Reason
    statement: str
    outcome: Mapping[str, str]
    program: str
    shows: Shows
    issue: str = ""
    script: str = ""

    def tells_apart(self, first: str, second: str) -> bool:
        """Whether it is about the difference of two environments; a live one is known by what it begins with."""
        one, other = (self._outcome(name) for name in (first, second))
        return one is not None and other is not None and one != other

    def _outcome(self, name: str) -> str | None:
        oracle, _, version = name.replace(", live ", "@").replace(", live", "").partition("@")
        return self.outcome.get(f"{oracle}@{version.partition('+')[0]}")


def told_with_warnings(trace: Trace) -> str:
    """What a run printed, warned and raised, and how it ended if it did not finish: a line for each."""
    lines: list[str] = []
    for step in trace.steps:
        lines += [event[1] for event in step.events if event[0] == "print"]
        lines += [f"{kind}: {text}" for kind, text in step.warnings]
        if step.outcome[0] == "error":
            lines.append(f"{step.outcome[1]}: {step.outcome[2]}")
    if not trace.finished:
        lines.append(" ".join(str(part) for part in trace.ending))
    return "\n".join(lines)
