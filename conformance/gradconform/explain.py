"""Asks the register of findings whether a difference is a known one."""

from __future__ import annotations

from collections.abc import Sequence

from gradconform.catalogue.findings import FINDINGS
from gradoracle.compare import ENDS, Difference
from gradoracle.program import Program
from gradoracle.trace import Trace

REFERENCE = "refgrad"
ROUNDING = "rounding"
"""Stands where the id of a finding would for a difference that `gradoracle.conditioning` knows."""


def explanation(program: Program, differences: Sequence[Difference], oracle: Trace, engine: str) -> str | None:
    """The id of the finding that accounts for every difference of a program, or None.

    The program must have the finding's shape, the first difference must show where the finding says, and every
    difference must be on a level that it explains. Where the oracle died, the finding must say that it does, and no
    difference is looked at; nothing accounts for an engine that died alone. Where the register says that the reference
    engine copies PyTorch, a difference of the reference engine is a failure all the same.
    """
    first = differences[0] if differences else None
    died = oracle.ending[0] == "crash"
    if not died and any(difference.where in ENDS for difference in differences):
        return None
    needed = {"crash"} if died else {difference.level for difference in differences}
    for finding in FINDINGS:
        if finding.copied and engine == REFERENCE:
            continue
        if first is not None and not died and not finding.first(oracle, first):
            continue
        if needed.issubset(finding.explains) and finding.pattern(program):
            return finding.id
    return None
