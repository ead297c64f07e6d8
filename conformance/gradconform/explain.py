"""Asks the register of findings whether a difference is a known one."""

from __future__ import annotations

from collections.abc import Sequence

from gradconform.catalogue.findings import FINDINGS
from gradoracle.compare import Difference
from gradoracle.program import Program
from gradoracle.trace import Trace


def explanation(program: Program, differences: Sequence[Difference], oracle: Trace, oracle_id: str) -> str | None:
    """The id of the finding that accounts for every difference of a program, or None."""
    for finding in FINDINGS:
        if finding.explains(program, differences, oracle, oracle_id):
            return finding.id
    return None
