"""A quick yes for records that are in order: the keywords of our schema compiled into closures.

It never says yes to what the schema refuses. What it does not admit goes to `jsonschema`, which decides and says what
is wrong; nearly no record does, so a run of many cases is checked in a tenth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], bool]

_TYPES: dict[str, type] = {
    "string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "null": type(None),
}  # fmt: skip
_SILENT = frozenset({"description"})


def compiled(schema: dict[str, Any]) -> Check:
    """A check for one schema. Raises `ValueError` for a keyword that it does not know."""
    checks = [_KEYWORDS[name](value, schema) for name, value in schema.items() if _is_known(name)]
    if len(checks) == 1:
        return checks[0]
    return lambda data: all(check(data) for check in checks)


def _is_known(name: str) -> bool:
    if name in _KEYWORDS:
        return True
    if name in _SILENT:
        return False
    raise ValueError(f"no quick check for the keyword {name!r}")


def _type(value: str | list[str], _: dict[str, Any]) -> Check:
    names = [value] if isinstance(value, str) else value
    kinds: frozenset[type] = frozenset(
        kind for name in names for kind in ((int, float) if name == "number" else (_TYPES[name],))
    )
    return lambda data: type(data) in kinds


def _enum(value: list[str], _: dict[str, Any]) -> Check:
    admitted = frozenset(value)
    return lambda data: type(data) is str and data in admitted


def _const(value: Any, _: dict[str, Any]) -> Check:
    return lambda data: type(data) is type(value) and bool(data == value)


def _pattern(value: str, _: dict[str, Any]) -> Check:
    search = re.compile(value).search
    return lambda data: search(data) is not None


def _items(value: dict[str, Any], _: dict[str, Any]) -> Check:
    check = compiled(value)
    return lambda data: all(map(check, data))


def _properties(value: dict[str, Any], schema: dict[str, Any]) -> Check:
    if schema.get("additionalProperties") is not False:
        raise ValueError("no quick check for properties beside which others are admitted")
    checks = {name: compiled(part) for name, part in value.items()}
    return lambda data: all(name in checks and checks[name](item) for name, item in data.items())


def _additional(value: bool | dict[str, Any], _: dict[str, Any]) -> Check:
    if value is False:
        return lambda data: True
    check = compiled(value) if isinstance(value, dict) else None
    if check is None:
        raise ValueError("additionalProperties is a schema or false")
    return lambda data: all(map(check, data.values()))


def _one_of(value: list[dict[str, Any]], _: dict[str, Any]) -> Check:
    checks = [compiled(part) for part in value]
    return lambda data: sum(check(data) for check in checks) == 1


_KEYWORDS: dict[str, Callable[[Any, dict[str, Any]], Check]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "items": _items,
    "properties": _properties,
    "additionalProperties": _additional,
    "oneOf": _one_of,
    "required": lambda value, _: frozenset(value).issubset,
    "minimum": lambda value, _: lambda data: bool(data >= value),
    "minLength": lambda value, _: lambda data: len(data) >= value,
    "minItems": lambda value, _: lambda data: len(data) >= value,
    "maxItems": lambda value, _: lambda data: len(data) <= value,
    "uniqueItems": lambda _value, _: lambda data: len(set(data)) == len(data),
}
