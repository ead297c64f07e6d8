"""The catalogue's version, and what tells that a row has come to mean something else.

`released.json` names every id that was ever released and the version; `meanings.json` has a digest of what each row
said at that version. `python -m gradconform.catalogue.meaning` writes it anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple
from importlib import resources
from pathlib import Path

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.registry import behaviours

VERSION = 1
"""It grows whenever the interpretation of an id changes: what it says, what it demands, of whom, and on whose word."""

_PACKAGE = "gradconform.catalogue"


def meaning(row: Behaviour) -> str:
    """A digest of what a row says. Programs and generators are no part of it: they only look closer."""
    admitted = (one.statement for one in row.admits)
    said = (row.statement, row.expectation, str(row.level), *astuple(row.clause), *admitted)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def sealed() -> tuple[int, Mapping[str, str]]:
    """The version that is written down, and the digest of every row of that version by its id."""
    found = json.loads((resources.files(_PACKAGE) / "meanings.json").read_text(encoding="utf-8"))
    return found["version"], found["meanings"]


def changed() -> tuple[str, ...]:
    """The ids whose rows say something else than what is written down."""
    written = sealed()[1]
    return tuple(name for name, row in behaviours().items() if written.get(name, meaning(row)) != meaning(row))


def seal(path: Path) -> None:
    """Write down what every row says now."""
    said = {name: meaning(row) for name, row in behaviours().items()}
    path.write_text(json.dumps({"version": VERSION, "meanings": said}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    seal(Path(__file__).with_name("meanings.json"))
