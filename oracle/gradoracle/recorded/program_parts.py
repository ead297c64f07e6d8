"""Programs with equal parts stored once: one of them is put together much faster than text is parsed.

The document is that of `gradoracle.recorded.parts`, but that a part may be a record too, a list of its tag and the
numbers of its fields, or {"lit": [kind, value]}.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gradoracle.program import Lit, Program, literal_data, literal_of, record_of, tag_of


def encode(programs: Sequence[Program]) -> bytes:
    """The JSON document of some programs."""
    numbers: dict[Any, int] = {}
    parts: list[Any] = []

    def number(node: Any) -> int:
        kind = type(node)
        entry: Any = node
        if kind is tuple:
            entry = [number(item) for item in node]
        elif kind is Lit:
            entry = {"lit": literal_data(node)}
        elif kind is not str and node is not None:
            entry = [tag_of(kind), *[number(getattr(node, name)) for name in kind.__dataclass_fields__]]
        key = json.dumps(entry)
        found = numbers.get(key)
        if found is None:
            found = numbers[key] = len(parts)
            parts.append(entry)
        return found

    rooted = [number(program.statements) for program in programs]
    return json.dumps({"parts": parts, "roots": rooted}, separators=(",", ":")).encode()


class Block:
    """The programs of a document that `encode` made, each put together when it is asked for; it is trusted."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        document = json.loads(data)
        self._parts: list[Any] = document["parts"]
        self._roots: list[int] = document["roots"]
        self._made: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._roots)

    def program(self, place: int) -> Program:
        """The program at a place of the block."""
        root = self._roots[place]
        for number in sorted(self._missing(root)):
            self._made[number] = self._part(self._parts[number])
        return Program(self._made[root])

    def _missing(self, root: int) -> set[int]:
        """The numbers of the parts that one is made of, itself among them, and that are not made yet."""
        found: set[int] = set()
        ahead = [root]
        while ahead:
            number = ahead.pop()
            if number in self._made or number in found:
                continue
            found.add(number)
            entry = self._parts[number]
            if type(entry) is list:
                ahead.extend(entry[1:] if entry and type(entry[0]) is str else entry)
        return found

    def _part(self, entry: Any) -> Any:
        made = self._made
        if type(entry) is list:
            if entry and type(entry[0]) is str:
                return record_of(entry[0])(*[made[number] for number in entry[1:]])
            return tuple([made[number] for number in entry])
        return literal_of(*entry["lit"]) if type(entry) is dict else entry
