"""Two traces of one program side by side: which step of the oracle stands beside which step of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from gradoracle.trace import Step, Trace

Path: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One statement executed once; a side is None where that side has no such step.

    A row without sides is a statement that left no step: it was not reached, or only its inner statements leave any.
    """

    path: Path
    oracle: Step | None
    engine: Step | None


def align(oracle: Trace | None, engine: Trace | None, paths: list[Path]) -> list[Row]:
    """The rows of both traces, with the statements of `paths` that left no step on either side in their places."""
    left = () if oracle is None else oracle.steps
    right = () if engine is None else engine.steps
    rows = list(_paired(left, right))
    executed = {row.path for row in rows}
    for path in paths:
        if path not in executed:
            at = next((number for number, row in enumerate(rows) if row.path >= path), len(rows))
            rows.insert(at, Row(path, None, None))
    return rows


def _paired(left: tuple[Step, ...], right: tuple[Step, ...]) -> Iterator[Row]:
    # autojunk would call a step that a loop repeats often "junk" and match almost nothing of a long trace.
    matcher = SequenceMatcher(None, [step.path for step in left], [step.path for step in right], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            for one, two in zip(left[i1:i2], right[j1:j2], strict=True):
                yield Row(one.path, one, two)
        else:
            yield from (Row(step.path, step, None) for step in left[i1:i2])
            yield from (Row(step.path, None, step) for step in right[j1:j2])
