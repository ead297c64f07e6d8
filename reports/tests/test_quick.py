"""The quick check says yes only where the schema does."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import synthetic

from gradreports.quick import compiled
from gradreports.results import encode, schema

SPOILS: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    0.5,
    "",
    "pass",
    "x" * 5,
    [],
    [0],
    [-1],
    ["a", "a"],
    {},
    {"a": 1},
    {"url": "https://x"},
)
RECORDS = [json.loads(json.dumps(encode(record))) for record in (synthetic.header(), *synthetic.records())]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a record with each of its keys."""
    keys = data.keys() if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in list(keys):
        yield data, key
        yield from places(data[key])


def test_what_is_in_order_needs_no_other_check() -> None:
    for record in RECORDS:
        assert compiled(schema()["$defs"][record["type"]])(record)


@pytest.mark.parametrize("kind", sorted(schema()["$defs"]))
def test_it_never_admits_what_the_schema_refuses(kind: str) -> None:
    part = schema()["$defs"][kind]
    quick, slow = compiled(part), jsonschema.Draft202012Validator(part)
    chance = random.Random(kind)
    samples = [record for record in RECORDS if record["type"] == kind] or [footer()]
    refused = 0
    for _ in range(400):
        spoilt = copy.deepcopy(chance.choice(samples))
        container, key = chance.choice(list(places(spoilt)))
        if isinstance(container, dict) and chance.random() < 0.3:
            value = container.pop(key)
            if chance.random() < 0.5:
                container["other"] = value
        else:
            container[key] = chance.choice(SPOILS)
        valid = slow.is_valid(spoilt)
        refused += not valid

        assert valid or not quick(spoilt)

    assert refused > 100


def footer() -> dict[str, Any]:
    return {"type": "footer", "cases": 1, "programs": 1, "verdicts": {"pass": 1}, "seconds": 1.5, "interrupted": False}


@pytest.mark.parametrize("part", [{"format": "uri"}, {"properties": {}}, {"additionalProperties": True}], ids=str)
def test_a_keyword_it_does_not_know_is_an_error(part: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no quick check|is a schema or false"):
        compiled(part)
