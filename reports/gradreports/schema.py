"""The JSON Schema of the results file, and one compiled validator for each type of record."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Protocol, cast

import jsonschema

from gradreports.quick import Check, compiled


class _Validator(Protocol):
    def iter_errors(self, instance: Any) -> Any: ...


@cache
def schema() -> dict[str, Any]:
    """The schema that ships in the package, as data."""
    text = (resources.files("gradreports") / "schemas" / "results.schema.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


@cache
def _validators() -> dict[str, _Validator]:
    types = schema()["$defs"]
    return {name: jsonschema.Draft202012Validator(part) for name, part in types.items()}


@cache
def _quick() -> dict[str, Check]:
    return {name: compiled(part) for name, part in schema()["$defs"].items()}


def violation(data: dict[str, Any]) -> str:
    """What is wrong with one line's object by the schema, "" if nothing is."""
    kind = data.get("type")
    quick = _quick().get(kind) if isinstance(kind, str) else None
    if quick is not None and quick(data):
        return ""
    validator = _validators().get(kind) if isinstance(kind, str) else None
    if validator is None:
        return f"type is {kind!r}, expected one of {', '.join(_validators())}"
    error = next(iter(validator.iter_errors(data)), None)
    if error is None:
        return ""
    where = ".".join(str(part) for part in error.absolute_path) or "record"
    message = str(error.message)
    return f"{where}: {message if len(message) <= 300 else message[:300] + '...'}"
