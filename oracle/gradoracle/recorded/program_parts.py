"""Programs with equal parts stored once: a block of them is decoded in one pass, much faster than text is parsed.

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


def decode(data: bytes) -> list[Program]:
    """The programs of a document that `encode` made; it is trusted to be one."""
    document = json.loads(data)
    made: list[Any] = []
    add = made.append
    for entry in document["parts"]:
        if type(entry) is list:
            if entry and type(entry[0]) is str:
                add(record_of(entry[0])(*[made[number] for number in entry[1:]]))
            else:
                add(tuple([made[number] for number in entry]))
        elif type(entry) is dict:
            add(literal_of(*entry["lit"]))
        else:
            add(entry)
    return [Program(made[number]) for number in document["roots"]]
