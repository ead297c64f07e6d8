"""Nested tuples with equal parts stored once, as JSON.

A document is {"parts": [...], "roots": [...]}: each part is a string, a number, true, false, null, {"hex": "..."} for
bytes, or a list of the numbers of earlier parts, for a tuple.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def encode(roots: Sequence[Any]) -> bytes:
    """The JSON document of some nested tuples of strings, numbers, booleans, None and bytes."""
    numbers: dict[Any, int] = {}
    parts: list[Any] = []

    def number(value: Any) -> int:
        kind = type(value)
        entry: Any = value
        if kind is tuple:
            entry = [number(item) for item in value]
            key: Any = tuple(entry)
        else:
            key = (kind.__name__, value)
            if kind is bytes:
                entry = {"hex": value.hex()}
        found = numbers.get(key)
        if found is None:
            found = numbers[key] = len(parts)
            parts.append(entry)
        return found

    rooted = [number(root) for root in roots]
    return json.dumps({"parts": parts, "roots": rooted}, separators=(",", ":")).encode()


def decode(data: bytes) -> list[Any]:
    """What `encode` was given. Raises `ValueError`, `KeyError`, `TypeError` or `IndexError` for anything else."""
    document = json.loads(data)
    made: list[Any] = []
    for entry in document["parts"]:
        if type(entry) is list:
            made.append(tuple([made[number] for number in entry]))
        elif type(entry) is dict:
            made.append(bytes.fromhex(entry["hex"]))
        else:
            made.append(entry)
    return [made[number] for number in document["roots"]]
