"""One piece of evidence as the page shows it: a row for each statement, the oracle's side and the engine's.

A row: p path, t lines of coloured source, c whether other rows stand inside it, o and e the sides (e is "same" where it
is what the oracle gave, null where the side has no such step), d the differences in it. A side: v value, x [class,
message], w warnings, ev events, s names seen, g names that share memory.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, takewhile
from typing import Any

from gradoracle.trace import Step, Trace
from gradreports import seen
from gradreports.align import Path, Row, align
from gradreports.facts import ending, event, text
from gradreports.graphview import looks
from gradreports.highlight import lines
from gradreports.records import DifferenceRecord, Evidence

CLIP = 160
"""How many characters of a text in a list of differences are shown."""


def view(evidence: Evidence) -> dict[str, Any]:
    """Everything the page needs of one piece of evidence, as JSON's own types."""
    sources = {line.path: line.text for line in evidence.lines}
    rows = align(evidence.oracle, evidence.engine, sorted(sources))
    placed, rest = _placed(rows, evidence.differences)
    inner = _with_inner(sources)
    before: tuple[dict[str, seen.Facets], dict[str, seen.Facets]] = ({}, {})
    shown = [
        _row(row, sources.get(row.path, ""), row.path in inner, placed.get(number, []), before)
        for number, row in enumerate(rows)
    ]
    labels = {path: f"after line {number}" for number, path in enumerate(sorted(sources), 1)}
    return {
        "kind": evidence.kind,
        "source": evidence.source,
        "lines": [] if evidence.lines else lines(evidence.source),
        "script": evidence.script,
        "engine_script": evidence.engine_script,
        "rows": shown,
        "first": min(placed, default=_stopped(rows)),
        "differences": [_difference(item) for item in evidence.differences],
        "rest": [_difference(item) for item in rest],
        "ending": [_ending(evidence.oracle), _ending(evidence.engine)],
        "graphs": looks(rows, labels),
    }


def _row(
    row: Row,
    source: str,
    inner: bool,
    differences: list[DifferenceRecord],
    before: tuple[dict[str, seen.Facets], dict[str, seen.Facets]],
) -> dict[str, Any]:
    left, right = (seen.names(step.outcome) if step is not None else {} for step in (row.oracle, row.engine))
    alike = row.oracle == row.engine and before[0] == before[1]
    one = _side(row.oracle, before[0], right if row.engine is not None else left)
    if alike:
        before[1].update(before[0])
        two = one
    else:
        two = _side(row.engine, before[1], left if row.oracle is not None else right)
    shown = source.split("\n", 1)[0] if inner else source
    return {
        "p": list(row.path),
        "t": lines(shown),
        "c": inner,
        "o": one,
        "e": "same" if one is not None and one == two else two,
        "d": [_difference(item) for item in differences],
    }


def _side(step: Step | None, before: dict[str, seen.Facets], other: dict[str, seen.Facets]) -> dict[str, Any] | None:
    if step is None:
        return None
    side: dict[str, Any] = {}
    match step.outcome:
        case ("value", ("seen", *_)):
            side["s"] = seen.view(step.outcome, before, other)
            if shared := seen.groups(step.outcome):
                side["g"] = shared
        case ("value", fact):
            side["v"] = text(fact)
        case ("error", kind, message):
            side["x"] = [str(kind), str(message)]
        case unknown:
            side["v"] = text(unknown)
    if step.warnings:
        side["w"] = [[str(kind), str(message)] for kind, message in step.warnings]
    if step.events:
        side["ev"] = [event(item) for item in step.events]
    return side


def _placed(
    rows: list[Row], differences: tuple[DifferenceRecord, ...]
) -> tuple[dict[int, list[DifferenceRecord]], list[DifferenceRecord]]:
    """The differences by row, and those of no row.

    Of the rows that run a statement it is the first whose sides are not the same; where a loop runs it again and the
    same thing differs again, the next.
    """
    placed: dict[int, list[DifferenceRecord]] = {}
    rest: list[DifferenceRecord] = []
    times: Counter[tuple[str, Path, str]] = Counter()
    for item in differences:
        here = [number for number, row in enumerate(rows) if row.path == item.path]
        unlike = [number for number in here if rows[number].oracle != rows[number].engine]
        if here:
            key = (item.level, item.path, item.where)
            among = unlike or here
            placed.setdefault(among[min(times[key], len(among) - 1)], []).append(item)
            times[key] += 1
        else:
            rest.append(item)
    return placed, rest


def _stopped(rows: list[Row]) -> int | None:
    """The first row that only one side has."""
    return next((number for number, row in enumerate(rows) if (row.oracle is None) != (row.engine is None)), None)


def _with_inner(sources: dict[Path, str]) -> frozenset[Path]:
    """The statements that other listed statements stand in: only their first line is shown."""
    return frozenset(one for one, two in pairwise(sorted(sources)) if len(two) > len(one) and two[: len(one)] == one)


def _difference(item: DifferenceRecord) -> dict[str, Any]:
    expected, got = _clipped(item.expected, item.got)
    return {"level": item.level, "where": item.where, "expected": expected, "got": got}


def _clipped(one: str, two: str) -> tuple[str, str]:
    """Long texts cut to where they part; the trace beside shows them whole."""
    if max(len(one), len(two)) <= CLIP:
        return one, two
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    start = max(0, alike - CLIP // 4)
    return _window(one, start), _window(two, start)


def _window(text: str, start: int) -> str:
    shown = text[start : start + CLIP]
    return f"{'...' if start and shown else ''}{shown}{'...' if start + CLIP < len(text) else ''}"


def _ending(trace: Trace | None) -> str:
    return "not run" if trace is None else ending(trace.ending)
