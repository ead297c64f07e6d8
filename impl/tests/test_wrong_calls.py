"""Wrong calls made from right ones, by `refusal_sweep.py`: a part of them here. None differs without a reason."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import refusal_sweep  # a helper beside this file
from refusal_sweep import Call, Difference


def test_wrong_calls_are_refused_in_the_same_words(record_property: Any) -> None:
    calls = refusal_sweep.every_call()[::50]
    _, rest = refusal_sweep.explained(refusal_sweep.run(calls))
    record_property("calls", len(calls))
    print(f"{len(calls)} calls, {len(rest)} differing without a reason")
    assert len(calls) > 4000
    assert not rest, "\n".join(" | ".join(each)[:200] for each in rest)


def test_a_call_is_put_wrong_in_one_place_at_a_time() -> None:
    texts = {each.text for each in refusal_sweep.wrong_calls(Call("T.select(a, 0, 1)", ("m",)))}
    assert {"T.select(a, 0, 1)", "T.select(None, 0, 1)", "T.select(a, True, 1)", "T.select(a, 1)"} <= texts
    assert "T.select(None, True, 1)" not in texts


def test_a_difference_of_another_kind_is_not_explained() -> None:
    made = Difference("t(2, 2).dim(1)", "RuntimeError: this", "int")
    assert refusal_sweep.explained([made])[1] == [made]


def test_what_kills_a_process_costs_one_call() -> None:
    deadly = Call("__import__('os')._exit(3)", ())
    assert refusal_sweep.outcomes([deadly, Call("T.sin(t(2))", ())]) == [("died", "died"), ("float32(2,) False",) * 2]
