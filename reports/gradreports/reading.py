"""Reading a results file: validated record by record, so that a big one need not fit into memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from gradreports.errors import MissingFooter, MissingHeader, NotJSONLines, ResultsError, SchemaViolation, WrongFormat
from gradreports.order import Order
from gradreports.records import (
    FORMAT,
    BehaviourRecord,
    CaseRecord,
    DriftRecord,
    FindingRecord,
    Footer,
    Header,
    Note,
    Record,
    decode,
)
from gradreports.schema import violation


@dataclass(frozen=True, slots=True)
class Results:
    """A whole results file; `footer` is None only for a partial file that was read as such."""

    header: Header
    behaviours: dict[str, BehaviourRecord]
    notes: tuple[Note, ...]
    findings: dict[str, FindingRecord]
    cases: tuple[CaseRecord, ...]
    drift: tuple[DriftRecord, ...]
    footer: Footer | None


def read(path: str | PathLike[str], *, partial: bool = False) -> Results:
    """The whole file, checked. Raises what `scan` raises."""
    records = list(scan(path, partial=partial))
    header = records[0]
    assert isinstance(header, Header)
    last = records[-1]
    return Results(
        header=header,
        behaviours={record.id: record for record in records if isinstance(record, BehaviourRecord)},
        notes=tuple(record for record in records if isinstance(record, Note)),
        findings={record.id: record for record in records if isinstance(record, FindingRecord)},
        cases=tuple(record for record in records if isinstance(record, CaseRecord)),
        drift=tuple(record for record in records if isinstance(record, DriftRecord)),
        footer=last if isinstance(last, Footer) else None,
    )


def scan(path: str | PathLike[str], *, partial: bool = False) -> Iterator[Record]:
    """The records of a file in order, each one checked; the name of a gzipped file ends in `.gz`.

    `partial` admits what an aborted run left: no footer, and a last line that was cut.
    Raises a `ResultsError` whose message is one line with the file, the line number and what to do, and `OSError` when
    the file cannot be read.
    """
    place = Path(path)
    order = Order()
    number = 0
    with _open(place) as file:
        for number, raw in enumerate(file, 1):
            cut = not raw.endswith(b"\n")
            try:
                record = _record(raw)
                order.take(record)
            except ResultsError as error:
                if cut and isinstance(error, NotJSONLines) and order.header is not None:
                    if partial:
                        return
                    break
                raise type(error)(str(error), place, number) from None
            yield record
    if order.header is None:
        raise MissingHeader("the file is empty; run the suite again", place)
    if order.footer is None and not partial:
        raise MissingFooter(
            "the file ends without its footer, so cases may be missing: run the suite again, or read it as partial",
            place,
            max(number, 1),
        )


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _record(raw: bytes) -> Record:
    data = _object(raw)
    if data.get("type") == "header" and data.get("format") != FORMAT:
        raise WrongFormat(
            f"the file is of format {data.get('format')!r}, this version reads format {FORMAT}:"
            " use the gradconform that wrote it, or run the suite again"
        )
    wrong = violation(data)
    if wrong:
        raise SchemaViolation(f"{wrong}; correct what writes the file (see results.schema.json)")
    try:
        return decode(data)
    except (ValueError, RecursionError) as error:
        raise SchemaViolation(f"{error}; correct what writes the file (see results.schema.json)") from None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotJSONLines(f"not JSON ({error}); a results file holds one JSON object on each line") from None
    if not isinstance(data, dict):
        raise NotJSONLines("not a JSON object; a results file holds one JSON object on each line")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
