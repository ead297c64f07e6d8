"""Numbers at even distances are those of PyTorch up to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import refgrad

ENDS = ((-1, 1), (0.1, 0.7), (3, 10.3), (-7.7, 0.3), (0, 100))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int64"])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 8, 9, 33, 1000])
def test_linspace(dtype, count):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    for start, end in ENDS:
        made = [each.linspace(start, end, count, dtype=getattr(each, dtype)) for each in (torch, refgrad)]
        assert made[0].tolist() == made[1].tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 3, 8, 9, 33, 1000])
def test_arange(dtype, count):
    for start, step in ((0.1, 0.3), (0, 0.1), (-3, 0.7), (1, -0.1), (0, 1)):
        end = start + (count - 0.5) * step
        made = [each.arange(start, end, step, dtype=getattr(each, dtype)) for each in (torch, refgrad)]
        np.testing.assert_array_equal(made[0].numpy(), made[1].numpy())
