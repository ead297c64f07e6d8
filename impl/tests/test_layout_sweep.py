"""Calls on tensors of every layout: a slice of `layout_sweep.py`, which runs all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import layout_sweep  # a helper beside this file
from layout_roads import Fact
from layout_sweep import Difference

TEXT = (layout_sweep.HERE / "layout_calls.txt").read_text(encoding="utf-8")


def test_nothing_in_a_slice_differs_without_a_reason() -> None:
    pytest.importorskip("ml_dtypes")
    sweep = layout_sweep.run(TEXT, layout_sweep.LAYOUTS, list(layout_sweep.ROADS), every=41)
    rest = layout_sweep.explained(sweep.differences)[1]
    assert sweep.comparisons > 20000
    assert not rest, "\n".join(layout_sweep.shown(rest, 3))


def test_what_two_roads_saw_is_compared_up_to_the_first_difference() -> None:
    plain, turned = {"shape": (2, 3), "stride": (3, 1)}, {"shape": (2, 3), "stride": (1, 2)}
    first = Fact("result", plain, np.zeros(2, np.float32))
    assert layout_sweep.difference([first], [first]) is None
    assert layout_sweep.difference([first], [Fact("result", turned)]) == ("result", "stride (3, 1) != (1, 2)")
    negative = Fact("result", plain, -np.zeros(2, np.float32))
    assert layout_sweep.difference([first], [negative]) is not None
    assert layout_sweep.difference([first, Fact("error", "no")], [first]) == ("error", "only PyTorch has it: no")


def test_the_last_bit_of_a_short_number_counts_and_that_of_a_longer_one_does_not() -> None:
    for kind, agrees in ((np.float16, False), (np.float32, True)):
        one = np.ones(1, kind)
        assert agrees == layout_sweep.agree(one, np.nextafter(one, np.asarray(2, kind)))


def test_a_row_explains_only_what_all_its_patterns_fit() -> None:
    known = layout_sweep.Reason(*map(layout_sweep.re.compile, ("forward", "", "pad", "", "stride")), "a reason")
    assert known.explains(Difference("forward ones", "x", "F.pad(a, (1, 1))", "result", "stride (1,) != (2,)"))
    assert not known.explains(Difference("reverse ones", "x", "F.pad(a, (1, 1))", "result", "stride (1,) != (2,)"))
    assert not known.explains(Difference("forward ones", "x", "a + 1", "result", "stride (1,) != (2,)"))


def test_a_reason_can_name_how_numbers_differ() -> None:
    one = np.array([1.0, 2.0], np.float32)
    for other, word in (
        (np.array([1.0, 2.0 + 5e-7], np.float32), "rounding"),
        (np.array([1.0, 2.0 + 5e-5], np.float32), "wrong"),
        (np.array([-1.0, 2.0], np.float32), "wrong"),
        (np.array([np.nan, 2.0], np.float32), "nan"),
        (np.array([1.0], np.float32), "unlike"),
    ):
        assert layout_sweep.apart(one, other).partition(":")[0] == word
    assert layout_sweep.apart(np.zeros(1), -np.zeros(1)).startswith("zeros")
    half = np.array([1.0, 0.5], np.float16).astype(np.float32)
    assert layout_sweep.apart(half, half + np.float32(2.0**-10)).startswith("rounding")
    assert layout_sweep.apart(half, half + np.float32(2.0**-4)).startswith("wrong")
