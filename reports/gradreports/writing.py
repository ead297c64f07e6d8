"""Writing a results file: whole or not at all, and nothing finished is lost.

Records go to `NAME.partial.jsonl` beside the target, each flushed as it comes; the file takes its name when the footer
is in it. A run that dies leaves the partial file, which `scan(path, partial=True)` reads up to its last whole line; the
next run moves it aside to `NAME.partial-1.jsonl` (-2, -3, ...) and never overwrites it. One writer at a time.
"""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO

from gradreports.errors import MissingFooter, SchemaViolation
from gradreports.order import Order
from gradreports.records import Footer, Record, encode
from gradreports.schema import violation


class ResultsWriter:
    """Streams records to a file; a context manager.

    with ResultsWriter("results.jsonl") as writer:
        writer.write(header)
        ...
        writer.finish(programs=1234, seconds=5.6)
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.partial = partial_path(self.path)
        self._order = Order()
        self._file: IO[str] | None = None

    @property
    def verdicts(self) -> Counter[str]:
        """How many cases with each verdict were written so far."""
        return Counter(self._order.verdicts)

    def __enter__(self) -> ResultsWriter:
        _move_aside(self.partial)
        self._file = self.partial.open("x", encoding="utf-8", newline="\n")
        return self

    def write(self, record: Record) -> None:
        """Append one record, on disk when this returns.

        Raises a `ResultsError` for a record that the format does not admit, and `ValueError` for a NaN or an infinity;
        nothing of such a record is written.
        """
        if self._file is None:
            raise ValueError("the writer is not open: use it in a `with` statement")
        data = encode(record)
        line = json.dumps(data, allow_nan=False, separators=(",", ":"))
        wrong = violation(data)
        if wrong:
            raise SchemaViolation(f"{record.TYPE}: {wrong}")
        self._order.take(record)
        self._file.write(line + "\n")
        self._file.flush()

    def finish(self, *, programs: int, seconds: float, interrupted: bool = False) -> Footer:
        """Write the footer with the counts of what was written, and return it."""
        order = self._order
        footer = Footer(order.cases, programs, dict(sorted(order.verdicts.items())), seconds, interrupted)
        self.write(footer)
        return footer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        self._file = None
        if self._order.footer is not None:
            self.partial.replace(self.path)
        elif error is None:
            raise MissingFooter("closed without a footer; call finish() at the end of the run", self.partial)


def partial_path(path: Path) -> Path:
    """Where the records stand until the footer is written: `results.partial.jsonl` for `results.jsonl`."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")


def _move_aside(path: Path) -> None:
    if not path.exists():
        return
    for number in itertools.count(1):
        aside = path.with_name(f"{path.stem}-{number}{path.suffix}")
        if not aside.exists():
            path.rename(aside)
            return
