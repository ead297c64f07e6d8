"""Every operator of `operator_calls.txt`, called on both engines: value, type, graph, saved values, gradients of two
orders, versions of gradients, errors.

What is known to differ stands in `known_differences.txt`, with its reason; a row there that does not differ any more is
an error too, unless its reason says that it depends on the machine. The calls are run in one test, because what is slow
is the start of a test.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import sweep  # noqa: E402  # a helper beside this file

import refgrad  # noqa: E402

HERE = Path(__file__).parent
FACTS = ("error", "value", "graph", "saved", "gradients", "versions", "gradient graphs", "second gradients")


def known_differences() -> dict[str, tuple[set[str], str]]:
    """For each call the facts that differ, and why."""
    known = {}
    for line in (HERE / "known_differences.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            call, facts, reason = (each.strip() for each in line.split(" # "))
            known[call] = ({each.strip() for each in facts.split(",")}, reason)
    return known


def fact_of(difference: str) -> str:
    return difference.split(":", 1)[0].removeprefix("/").split("[")[0].split("/")[0]


def test_every_operator(record_property: Any) -> None:
    known, seen, wrong = known_differences(), set(), []
    count = 0
    facts = 0
    for expression, kinds in sweep.calls((HERE / "operator_calls.txt").read_text()):
        call = f"{expression} | {' '.join(kinds)}"
        expected, got = sweep.observe(torch, expression, kinds), sweep.observe(refgrad, expression, kinds)
        count += 1
        facts += len(expected)
        allowed = known.get(call, (set(), ""))[0]
        for difference in sweep.differences(expected, got):
            fact = fact_of(difference)
            if fact in allowed:
                seen.add((call, fact))
            else:
                wrong.append(f"{call}\n      {difference[:300]}")
    names = {expression.split("(")[0] for expression, _ in sweep.calls((HERE / "operator_calls.txt").read_text())}
    record_property("comparisons", facts)
    print(f"{len(names)} operators, {count} calls, {facts} facts compared")
    stale = [
        f"{call}: {fact}"
        for call, (allowed, reason) in known.items()
        if not reason.startswith("may differ")
        for fact in allowed
        if (call, fact) not in seen
    ]
    assert not wrong, "\n".join(wrong)
    assert not stale, "known to differ, but does not: " + ", ".join(stale)
