"""Makes a program small that differs, for as long as its first difference stays in the same group."""

from __future__ import annotations

from dataclasses import dataclass

from gradconform.explain import ROUNDING, explanation
from gradconform.fuzz.grouping import group
from gradoracle.compare import Difference, compare
from gradoracle.conditioning import is_rounding
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.reduce import reduce
from gradoracle.worker import Worker

LIMIT = 100
"""Executions that one reduction may take."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A small program that differs; `key` is its group, `finding` what accounts for it, "" for nothing."""

    program: Program
    executions: int
    key: str
    first: Difference
    finding: str


def shrunk(program: Program, oracle: Worker, engine: Worker, limit: int = LIMIT) -> Shrunk | None:
    """The smallest program found that differs as `program` does; None where engine and oracle agree on it.

    Deterministic: the same program and the same engines give the same result.
    """
    found = _first(program, oracle, engine)
    if found is None:
        return None
    key = found[0]
    best = {program.id: found}

    def still_differs(candidate: Program) -> bool:
        now = _first(candidate, oracle, engine)
        if now is None or now[0] != key:
            return False
        best[candidate.id] = now
        return True

    reduced = reduce(program, still_differs, limit=limit)
    # The last step of a reduction gives other names, and is an execution as any.
    key, first, finding = best[reduced.program.id]
    return Shrunk(reduced.program, reduced.executions, key, first, finding)


def _first(program: Program, oracle: Worker, engine: Worker) -> tuple[str, Difference, str] | None:
    oracle.send(program)
    engine.send(program)
    expected, got = oracle.receive(), engine.receive()
    differences = compare(expected, got, measure(program))
    if not differences:
        return None
    finding = explanation(program, differences, expected, engine.id) or ""
    if not finding and is_rounding(program, expected, got, differences, oracle.run):
        finding = ROUNDING
    return group(program, expected, differences[0]), differences[0], finding
