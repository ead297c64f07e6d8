"""Joining, repeating and moving elements against PyTorch: values, graphs, strides, errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent))

from facts import cases, check_all, ramp

JOIN = """
t.cat([x, y]) | t.cat([x, y], 1) | t.cat((x, y), -1) | t.cat((x, y), dim=-2) | t.concat([x, y])
t.concatenate([x, x, y], 1) | t.cat([x, z]) | t.cat([x.t(), y.t()]) | t.cat([x]) | t.cat([x, t.ones(0)])
t.cat([x, y.float()]) | t.cat([x.float(), y], 1) | t.cat([x, z.long()]) | t.cat([x.detach(), y]) | t.stack([x, y])
t.stack([x, y], 1) | t.stack((x, y), -1) | t.stack([x, x, x]) | t.stack([x, y.float()]) | t.stack([x.t(), y.t()])
t.hstack([x, y]) | t.hstack([x[0], y[0]]) | t.vstack([x, y]) | t.vstack([x[0], y]) | t.dstack([x, y])
t.dstack([x[0], y[0]]) | t.column_stack([x[:, 0], y]) | t.column_stack([x[0], y[0]]) | t.hstack([x[0, 0], y[0, 0]])
t.row_stack([x, y]) | t.cat([]) | t.cat([x[0, 0], y]) | t.cat([x, y[0]]) | t.cat([x, y[:, :2]]) | t.cat([x, y], 5)
t.stack([]) | t.stack([x, y[0]]) | t.stack([x, y], 5) | t.hstack([]) | t.hstack([x, y[0]]) | t.cat([x, y[:, :2]], 1)
t.cat([x, x])[1:] | t.cat([x * 2, y + 1])
"""

GRIDS = """
t.broadcast_tensors(x, y[0]) | t.broadcast_tensors(x[0], x[:, :1]) | t.broadcast_tensors(x, x[:, :2])
t.meshgrid(x[0], y[0], indexing="ij") | t.meshgrid(x[0], y[1, :2], indexing="xy")
t.meshgrid([x[0], y[0]], indexing="ij") | t.meshgrid(x[0], y[0, 0], indexing="ij") | t.meshgrid(x[0])
t.meshgrid(x[0], y[0], indexing="xx") | t.meshgrid(x[0], y[0], x[1], indexing="xy") | t.cartesian_prod(x[0], y[0])
t.cartesian_prod(x[0]) | t.cartesian_prod(x[0], y[1, :2], x[1]) | t.cartesian_prod(x, x) | t.block_diag(x, y)
t.block_diag(x, y[0], x[0, 0]) | t.block_diag(x, y.float()) | t.block_diag(x[None]) | t.atleast_1d(x)
t.atleast_1d(x[0, 0]) | t.atleast_2d(x[0]) | t.atleast_2d(x[0, 0]) | t.atleast_3d(x) | t.atleast_3d(x[0])
t.atleast_3d(x[0, 0]) | t.atleast_2d(x, y[0]) | t.atleast_1d([x, y]) | t.meshgrid(x[0], y[0].float(), indexing="ij")
"""

REPEAT = """
x.repeat(2, 1) | x.repeat(1, 2) | x.repeat(2, 3) | x.repeat(2, 1, 2) | x.repeat((2, 2)) | x.repeat(1, 1)
x.t().repeat(2, 1) | x.repeat(2) | x.repeat(2, 0) | x.repeat(-1, 2) | x.tile(2) | x.tile((2, 1)) | x.tile(2, 2, 1)
t.tile(x, (1, 2)) | x[0].repeat(3) | x[0, 0].repeat(3) | x.repeat_interleave(2) | x.repeat_interleave(2, 1)
x.repeat_interleave(2, dim=-1) | x.repeat_interleave(t.tensor([1, 2]), dim=0) | x.repeat_interleave(t.tensor([2]), 0)
x.repeat_interleave(-1) | x.repeat_interleave(t.tensor([1, 2, 3]), 0) | t.repeat_interleave(x, 3, 0)
x[0, 0].repeat_interleave(3)
"""

MOVE = """
x.flip(0) | x.flip(1) | x.flip(0, 1) | x.flip((0, -1)) | x.t().flip(0) | x.flip(()) | x.flip(0, 0) | x.flip(7)
x.fliplr() | x.flipud() | x[0].flip(0) | x[0].fliplr() | x[0, 0].flipud() | t.flip(x, (1,)) | x.roll(1)
x.roll(1, 0) | x.roll(-1, 1) | x.roll((1, 2), (0, 1)) | x.t().roll(1) | x.t().roll(1, 0) | x.roll(7, 1) | x.roll(())
x.roll(1, (0, 1)) | x.roll((1, 2)) | x.roll(1, 7) | t.roll(x, 1, 0) | x.rot90() | x.rot90(2) | x.rot90(3)
x.rot90(0) | x.rot90(-1) | x.rot90(1, (1, 0)) | x.t().rot90() | x.t().rot90(0) | x.rot90(1, (0,))
x.rot90(1, (0, 0)) | x[0].rot90() | x.rot90(1, (0, 5)) | x.tril() | x.tril(1) | x.triu() | x.triu(-1) | x.t().tril()
x.t().triu(1) | x[0].tril() | x[None].tril() | x[:, ::2].flip(1) | x[:, ::2].tril() | x.clone().tril_()
x.clone().triu_(1) | x.clone()[:1].tril_() | x.tril_() | x.expand(2, 2, 3).flip(0)
"""


@pytest.mark.parametrize("code", cases(JOIN))
def test_joining(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(2, 3), ramp(1, 3))


@pytest.mark.parametrize("code", cases(GRIDS))
def test_grids(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(2, 3))


@pytest.mark.parametrize("code", cases(REPEAT))
def test_repeating(code: str) -> None:
    check_all(code, ramp(2, 3))


@pytest.mark.parametrize("code", cases(MOVE))
def test_moving(code: str) -> None:
    check_all(code, ramp(2, 3))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize(
    "code", ["t.cat([x, x])", "t.stack([x, x], 1)", "x.flip(0)", "x.tril()", "x.repeat(2, 2)", "x.rot90()"]
)
def test_other_types(code: str, dtype: str) -> None:
    check_all(code, ramp(2, 3, dtype=dtype))


@pytest.mark.parametrize(
    "code", ["t.cat([x, x])", "t.cat([x, x], 1)", "t.stack([x, x])", "x.repeat(2, 2)", "x.flip(0)", "x.roll(1)"]
)
def test_no_elements(code: str) -> None:
    check_all(code, ramp(0, 3))
