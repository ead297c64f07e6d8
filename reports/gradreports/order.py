"""What may stand after what in a results file: one checker for the writer and the reader."""

from __future__ import annotations

from collections import Counter

from gradreports.errors import (
    DuplicateCase,
    InconsistentFooter,
    MissingHeader,
    OutOfOrder,
    UnknownReference,
)
from gradreports.records import BehaviourRecord, CaseRecord, DriftRecord, FindingRecord, Footer, Header, Note, Record

_Key = tuple[str, ...]


class Order:
    """Takes the records of one file in order; raises a `ResultsError` that names no line at the first wrong one."""

    def __init__(self) -> None:
        self.header: Header | None = None
        self.footer: Footer | None = None
        self.verdicts: Counter[str] = Counter()
        self._seen: set[_Key] = set()

    @property
    def cases(self) -> int:
        """The cases taken so far."""
        return self.verdicts.total()

    def take(self, record: Record) -> None:
        """Check that `record` may come next, and remember it."""
        if self.footer is not None:
            raise OutOfOrder("a record stands after the footer; keep one run per file")
        if isinstance(record, Header):
            self._take_header(record)
        elif self.header is None:
            raise MissingHeader("the first line is not a header; this is no results file, or its beginning was lost")
        elif isinstance(record, Footer):
            self._take_footer(record)
        elif isinstance(record, CaseRecord):
            self._take_case(record)
        elif isinstance(record, DriftRecord):
            self._take_drift(record)
        else:
            self._take_described(record)

    def _take_header(self, header: Header) -> None:
        if self.header is not None:
            raise OutOfOrder("a second header; keep one run per file")
        self.header = header
        for oracle in header.oracles:
            self._new(("oracle", oracle.id))

    def _take_described(self, record: BehaviourRecord | Note | FindingRecord) -> None:
        if self.cases:
            raise OutOfOrder(f"{record.TYPE} {record.id!r} stands after the first case; write it before all cases")
        self._new((record.TYPE, record.id))

    def _take_case(self, case: CaseRecord) -> None:
        self._known("behaviour", case.behaviour)
        self._known("oracle", case.oracle)
        for finding in case.findings:
            self._known("finding", finding)
        self._new(("case", case.behaviour, case.oracle))
        self.verdicts[case.verdict] += 1

    def _take_drift(self, drift: DriftRecord) -> None:
        for group in drift.groups:
            if group.finding:
                self._known("finding", group.finding)
        self._new(("drift", drift.first.id, drift.second.id))

    def _take_footer(self, footer: Footer) -> None:
        if footer.cases != self.cases or {k: n for k, n in footer.verdicts.items() if n} != dict(self.verdicts):
            raise InconsistentFooter(
                f"the footer counts {footer.cases} cases, the file holds {self.cases}"
                " (or the counts by verdict differ); lines were lost or edited, run the suite again"
            )
        self.footer = footer

    def _known(self, kind: str, name: str) -> None:
        if (kind, name) not in self._seen:
            raise UnknownReference(f"it names {kind} {name!r}, which no record before describes; write that first")

    def _new(self, key: _Key) -> None:
        if key in self._seen:
            name = " on ".join(key[1:])
            raise DuplicateCase(f"{key[0]} {name!r} stands twice; merge runs into one before writing, or drop one")
        self._seen.add(key)
