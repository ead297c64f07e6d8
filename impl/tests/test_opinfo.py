"""PyTorch's own samples of every operator on both engines: a few of each in the test, all by `opinfo_sweep.py`.

Calls that must fail are left to the command: what refgrad accepts that PyTorch refuses is a long list still.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest", reason="PyTorch's database of operators needs it")

sys.path.insert(0, str(Path(__file__).parent))
import opinfo_sweep  # a helper beside this file


def test_nothing_differs_without_a_reason(record_property: Any) -> None:
    sweep = opinfo_sweep.run(dtypes=("float64",), count=1, errors=False)
    counts, rest = opinfo_sweep.explained(sweep.differences)
    record_property("comparisons", sweep.comparisons)
    print(f"{len(sweep.operators)} operators, {sweep.comparisons} comparisons, {sum(counts.values())} explained")
    assert len(sweep.operators) > 400
    assert not rest, "\n".join(" | ".join(each)[:300] for each in rest)


def test_a_difference_is_not_explained_by_a_row_for_another_fact() -> None:
    made = opinfo_sweep.Difference("add", "float64 0", "value", "[0] shape (2,) != (3,)")
    assert opinfo_sweep.explained([made])[1] == [made]
