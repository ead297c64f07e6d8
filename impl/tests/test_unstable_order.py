"""Equal elements come out of `sort` and `topk` in PyTorch's order, although it promises none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import refgrad
from refgrad.operators.unstable_order import Moving

NUMBERS = np.random.default_rng(0)


@pytest.mark.parametrize("count", [2, 5, 16, 17, 18, 33, 100, 700])
@pytest.mark.parametrize("largest", [1, 2, 3, 10, 400])
def test_equal_elements(count, largest):
    drawn = NUMBERS.integers(0, largest, (3, count))
    for kind in ("int64", "float32", "float64"):
        expected, actual = (e.tensor(drawn, dtype=getattr(e, kind)) for e in (torch, refgrad))
        for descending in (False, True):
            for stable in (False, True):
                both = [
                    each.sort(dim=1, descending=descending, stable=stable)[1].tolist() for each in (expected, actual)
                ]
                assert both[0] == both[1], (kind, descending, stable)
            assert expected.argsort(1, descending).tolist() == actual.argsort(1, descending).tolist()
        for k in (1, 2, count // 2, count):
            for top in (False, True):
                for in_order in (False, True):
                    both = [each.topk(k, 1, top, in_order)[1].tolist() for each in (expected, actual)]
                    assert both[0] == both[1], (kind, k, top, in_order)


def test_nan_and_other_dimensions():
    drawn = NUMBERS.integers(0, 3, (40, 2, 3)).astype(np.float32)
    drawn[drawn == 2] = np.nan
    expected, actual = (e.tensor(drawn) for e in (torch, refgrad))
    for descending in (False, True):
        assert expected.sort(0, descending)[1].tolist() == actual.sort(0, descending)[1].tolist()


@pytest.mark.parametrize("count", [20, 200])
def test_pieces_that_were_cut_too_often_are_sorted_by_a_heap(count):
    moving = Moving([i % 5 for i in range(count)])
    moving.cut_up(0, count, 0)
    assert moving.ranks == sorted(moving.ranks)
