"""Types and copies against PyTorch: `to` and its shorthands, `*_like` and `new_*`, views of complex parts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent))

from facts import cases, check_all, ramp

CONVERT = """
x.to(t.float64) | x.to(t.float32) | x.to(t.int64) | x.to(t.bool) | x.to(dtype=t.float64) | x.to(y) | x.to("cpu")
x.to("cpu", t.float64) | x.to(t.float32, copy=True) | x.to(copy=True) | x.mT.to(t.float64) | x[:, ::2].to(t.float64)
x.double() | x.float() | x.half() | x.int() | x.long() | x.short() | x.bool() | x.type(t.float64) | x.type()
x.type(t.float32) | x.type_as(y) | x.double().float() | x.to(t.float64).sum() | x.half() * 2 | x.is_floating_point()
t.is_floating_point(y) | x.cpu() | x.char() | x.byte() | x.to(t.device("cpu")) | x.type("torch.DoubleTensor")
x.double().to(t.float16) | y.float() | y.bool() | y.to(t.float64) | x.to(t.float64)[0]
x.expand(2, 2, 3).to(t.float64) | x.to(device="cpu")
"""

LIKE = """
t.zeros_like(x) | t.ones_like(x) | t.full_like(x, 2) | t.zeros_like(x, dtype=t.int64) | t.ones_like(x.mT)
t.zeros_like(x[:, ::2]) | t.full_like(x, 2.5, dtype=t.float64) | t.zeros_like(x, requires_grad=True)
x.new_zeros(2, 3) | x.new_zeros((2, 3)) | x.new_ones(3) | x.new_full((2, 2), 7) | x.new_tensor([1, 2])
x.new_zeros(2, dtype=t.int64) | x.new_zeros(()) | y.new_ones((2,)) | y.new_full((1,), 3)
t.zeros_like(x).requires_grad | t.ones_like(y) | t.full_like(y, 3) | x.new_ones(2, requires_grad=True)
t.zeros_like(x.expand(2, 2, 3))
"""


@pytest.mark.parametrize("code", cases(CONVERT))
def test_conversions(code: str) -> None:
    check_all(code, ramp(2, 3, dtype="float32"), ramp(2, 3, dtype="int64"))


@pytest.mark.parametrize("code", cases(LIKE))
def test_new_tensors(code: str) -> None:
    check_all(code, ramp(2, 3, dtype="float32"), ramp(2, 3, dtype="int64"))


@pytest.mark.parametrize("code", ["x.to(t.int64)", "x.double()", "x.to(t.float32)", "x.bool()", "x.to(y)"])
def test_zero_dimensions(code: str) -> None:
    check_all(code, ramp(dtype="float32"), ramp(dtype="float64"))
