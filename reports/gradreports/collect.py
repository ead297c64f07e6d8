"""One pass over a results file: what the page's index needs, with the evidence packed away as it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gradreports import evidence
from gradreports.highlight import lines
from gradreports.links import web
from gradreports.pack import Chunks
from gradreports.records import (
    EVIDENCE_KINDS,
    BehaviourRecord,
    CaseRecord,
    Clause,
    DriftRecord,
    FindingRecord,
    Footer,
    Header,
    Note,
    Observed,
    Record,
)
from gradreports.words import NOT_RUN, overall


@dataclass
class Collected:
    """A results file as the report uses it."""

    header: Header
    footer: Footer | None = None
    behaviours: dict[str, BehaviourRecord] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    findings: list[FindingRecord] = field(default_factory=list)
    drift: list[DriftRecord] = field(default_factory=list)
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    levels: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    programs: int = 0
    met: Counter[str] = field(default_factory=Counter)
    places: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    described: dict[str, tuple[int, int]] = field(default_factory=dict)
    chunks: Chunks = field(default_factory=Chunks)

    def overall(self, behaviour: str) -> str:
        """The worst verdict of a behaviour on the oracles measured; "not run" where there is none."""
        measured = [oracle.id for oracle in self.header.oracles if oracle.status == "measured"]
        found = [self.verdicts[behaviour, oracle] for oracle in measured if (behaviour, oracle) in self.verdicts]
        return overall(found) if found or not measured else NOT_RUN


def collect(records: Iterable[Record]) -> Collected:
    """Read the records in order; they come checked from `scan`, the header first."""
    stream = iter(records)
    header = next(stream)
    assert isinstance(header, Header)
    found = Collected(header)
    for record in stream:
        match record:
            case BehaviourRecord():
                found.behaviours[record.id] = record
                found.described[record.id] = found.chunks.add(_behaviour(record))
            case Note():
                found.notes.append(record)
            case FindingRecord():
                found.findings.append(record)
            case CaseRecord():
                _take(found, record)
            case DriftRecord():
                found.drift.append(record)
            case Footer():
                found.footer = record
            case Header():
                raise AssertionError("the reader admits one header")
    return found


def _take(found: Collected, case: CaseRecord) -> None:
    key = (case.behaviour, case.oracle)
    found.verdicts[key] = case.verdict
    found.levels[key] = dict(case.levels)
    found.programs += case.programs
    found.met.update(case.findings)
    found.places[key] = found.chunks.add(_case(case))


def _behaviour(record: BehaviourRecord) -> dict[str, Any]:
    return {
        "expectation": record.expectation,
        **_source(record.clause),
        "needs": list(record.needs),
        "depends": list(record.depends),
        "examples": [{"source": source, "lines": lines(source)} for source in record.examples],
        "admits": [
            {"statement": item.statement, "where": item.where, **_source(item.source)} for item in record.admits
        ],
    }


def _source(source: Clause | Observed) -> dict[str, str]:
    return {
        "url": web(source.url) if isinstance(source, Clause) else "",
        "quote": source.quote if isinstance(source, Clause) else "",
        "observed": source.observed if isinstance(source, Observed) else "",
    }


def _case(case: CaseRecord) -> dict[str, Any]:
    ordered = sorted(case.evidence, key=lambda item: EVIDENCE_KINDS.index(item.kind))
    return {
        "reason": case.reason,
        "blocked_by": case.blocked_by,
        "programs": case.programs,
        "seconds": case.seconds,
        "findings": dict(case.findings),
        "admitted": dict(case.admitted),
        "replay": case.replay,
        "evidence": [evidence.view(item) for item in ordered],
    }
