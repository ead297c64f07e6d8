"""The file of one unit: what it says, written whole or not at all, and validated when it is read."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from gradconform.fuzz.unit import KEPT, Differing, UnitResult, joined

FORMAT = 1
PATTERN = "unit-*.json"


class UnitError(ValueError):
    """A unit that cannot be used, or units that do not belong together; says which and why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What two units must have in common to belong to one campaign. `longest` is 0 but for enumerations."""

    kind: str
    generator: int
    longest: int
    engine: str
    engine_version: str
    oracle: str
    oracle_version: str


@dataclass(frozen=True, slots=True)
class Unit:
    """The result of a range and what it belongs to.

    `seconds` is what it took, `memory` the most bytes that one of its processes had held by its end.
    """

    identity: Identity
    result: UnitResult
    seconds: float
    memory: int

    @property
    def seeds(self) -> range:
        return range(self.result.first, self.result.last + 1)


def write(unit: Unit, folder: Path) -> Path:
    """Write the file of a unit; it is there whole, or not at all. Raises `OSError`."""
    path = folder / f"unit-{unit.result.first:012d}-{unit.result.last:012d}.json"
    partial = path.with_suffix(f".{os.getpid()}.partial")
    text = json.dumps({"format": FORMAT, **dataclasses.asdict(unit)}, allow_nan=False, indent=1)
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return path


def read(path: Path) -> Unit:
    """Read the file of a unit. Raises `UnitError` when it is none, `OSError` when it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnitError(f"{path} is not JSON ({error}): remove it, and the campaign makes it again") from None
    wrong = next(_validator().iter_errors(data), None)
    if wrong is not None:
        where = ".".join(str(part) for part in wrong.absolute_path) or "the file"
        raise UnitError(f"{path} is no unit of a campaign: {where}: {str(wrong.message)[:200]}")
    result = data["result"]
    unit = Unit(
        Identity(**data["identity"]),
        UnitResult(
            **{
                **result,
                "counts": tuple((key, count) for key, count in result["counts"]),
                "differing": tuple(Differing(**one) for one in result["differing"]),
            }
        ),
        data["seconds"],
        data["memory"],
    )
    if unit.result.last < unit.result.first or unit.result.programs != len(unit.seeds):
        raise UnitError(f"{path} contradicts itself: {unit.result.programs} programs in {_named(unit)}")
    return unit


def read_folder(folder: Path) -> list[Unit]:
    """The units of a folder in order. Raises what `read` raises, and `UnitError` where two of them overlap."""
    units = sorted((read(path) for path in folder.glob(PATTERN)), key=lambda unit: unit.result.first)
    for one, other in itertools.pairwise(units):
        _refuse_unlike(one, other)
        if other.result.first <= one.result.last:
            raise UnitError(f"overlap in {folder}: {_named(one)} and {_named(other)}")
    return units


def merged(units: Sequence[Unit]) -> Unit:
    """Several units as one.

    Raises `UnitError` for units of unlike identity, for a gap between two of them, and for an overlap.
    """
    if not units:
        raise UnitError("no units to merge")
    ordered = sorted(units, key=lambda unit: unit.result.first)
    for one, other in itertools.pairwise(ordered):
        _refuse_unlike(one, other)
        if other.result.first > one.result.last + 1:
            raise UnitError(f"gap: nothing covers {one.result.last + 1}:{other.result.first}, after {_named(one)}")
        if other.result.first <= one.result.last:
            raise UnitError(f"overlap: {_named(one)} and {_named(other)}")
    return together(ordered)


def together(ordered: Sequence[Unit]) -> Unit:
    """Units in order, of one identity, as one; whether they lie side by side is the caller's business."""
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    kept: list[Differing] = []
    for unit in ordered:
        counts.update(dict(unit.result.counts))
        for one in unit.result.differing:
            seen[one.key] += 1
            if seen[one.key] <= KEPT:
                kept.append(one)
    results = [unit.result for unit in ordered]
    return Unit(
        ordered[0].identity,
        UnitResult(
            first=results[0].first,
            last=results[-1].last,
            version=results[0].version,
            programs=sum(result.programs for result in results),
            steps=sum(result.steps for result in results),
            digest=joined([result.digest for result in results]),
            counts=tuple(sorted(counts.items())),
            differing=tuple(kept),
        ),
        round(sum(unit.seconds for unit in ordered), 3),
        max(unit.memory for unit in ordered),
    )


_WORDS = {
    "kind": "kinds of campaign",
    "generator": "versions of the generator",
    "longest": "numbers of steps",
    "engine": "engines",
    "engine_version": "versions of the engine",
    "oracle": "oracles",
    "oracle_version": "versions of the oracle",
}


def unlike(one: Identity, other: Identity) -> str:
    """What two identities do not share, by name, or ""."""
    return "; ".join(
        f"unlike {words}: {getattr(one, name)} and {getattr(other, name)}"
        for name, words in _WORDS.items()
        if getattr(one, name) != getattr(other, name)
    )


def _refuse_unlike(one: Unit, other: Unit) -> None:
    difference = unlike(one.identity, other.identity)
    if difference:
        raise UnitError(f"{difference} (in {_named(one)} and {_named(other)})")


def _named(unit: Unit) -> str:
    return f"unit {unit.result.first}:{unit.result.last + 1}"


@cache
def _validator() -> Any:
    text = (resources.files("gradconform.campaign") / "schemas" / "unit.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))
