"""What can be wrong with a results file, each with a name and one line that says what to do."""

from __future__ import annotations

from pathlib import Path


class ResultsError(ValueError):
    """A results file, or a record for one, that cannot be used; `path` and `line` (from 1) where they are known."""

    def __init__(self, message: str, path: Path | None = None, line: int | None = None) -> None:
        text = " ".join(message.split())
        where = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(where + text)
        self.path = path
        self.line = line


class NotJSONLines(ResultsError):
    """A line is not a JSON object."""


class WrongFormat(ResultsError):
    """The file is of another format version."""


class MissingHeader(ResultsError):
    """The first line is not a header."""


class MissingFooter(ResultsError):
    """The file ends before its footer: the run was aborted or the file was cut."""


class SchemaViolation(ResultsError):
    """A record is not what the schema says."""


class DuplicateCase(ResultsError):
    """Two records claim the same id: a behaviour on an oracle, a behaviour, a note, a finding or an oracle."""


class UnknownReference(ResultsError):
    """A case names a behaviour, an oracle or a finding that stands nowhere before it."""


class OutOfOrder(ResultsError):
    """A record stands where it may not: a second header, a behaviour after cases, anything after the footer."""


class InconsistentFooter(ResultsError):
    """The footer counts other cases than the file holds."""
