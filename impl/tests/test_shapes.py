"""Shapes, permutations, splits and diagonals against PyTorch: values, graphs, views, strides, errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent))

from facts import cases, check, check_all, named, ramp

RESHAPE = """
x.view(6, 4) | x.view(-1, 4) | x.view((4, 6)) | x.view(24) | x.view([2, 12]) | x.view(2, 3, 4) | x.view(1, 24, 1)
x.view_as(y) | x.reshape(4, 6) | x.reshape((6, -1)) | x.reshape(2, 3, 4) | x.reshape_as(y) | t.reshape(x, (24,))
x.transpose(0, 2).reshape(4, 6) | x.transpose(0, 2).reshape(24) | x.mT.reshape(2, 12) | x[:, 1].reshape(2, 2, 2)
x[:, :2].reshape(2, 8) | x[:, ::2].reshape(2, 2, 2, 2) | x.mT.view(2, 2, 2, 3) | x.ravel() | x.mT.ravel()
x.flatten() | x.flatten(1) | x.flatten(0, 1) | x.flatten(1, 1) | x.mT.flatten(1) | x.unflatten(1, (3, 1))
x.unflatten(-1, (2, -1)) | x.contiguous() | x.mT.contiguous() | x.clone() | x.mT.clone() | x[:, ::2].clone()
x.transpose(0, 2)[::2].clone() | x.mT.clone(memory_format=t.contiguous_format) | x.view(5, 5) | x.view(-1, -1)
x.view(-2, 12) | x.view(-1, 5) | x.mT.view(24) | x.reshape(5) | x.flatten(2, 1) | x.flatten(5)
x.unflatten(1, (2, 2)) | x.unflatten(1, ()) | x.view_as(3) | x.unflatten(0, (-1, -1))
x.expand(5, 2, 3, 4).reshape(5, 24) | x.unflatten(7, (1,))
"""

ORDER = """
x.transpose(0, 1) | x.transpose(-1, 0) | x.transpose(1, 1) | x.swapaxes(0, -1) | x.swapdims(1, 2)
x.permute(2, 0, 1) | x.permute(-1, 0, 1) | x.permute((1, 2, 0)) | x.permute(0, 1, 2) | t.permute(x, (2, 1, 0))
x.movedim(0, -1) | x.movedim((0, 1), (1, 2)) | x.movedim(0, 0) | x.moveaxis(-1, 0) | x.mT | x.mH | x.adjoint() | x.T
x[0].T | x[0].H | x[0].t() | x[0, 0].t() | x[0, 0].T | x.t() | x.H | x.transpose(0, 5) | x.permute(0, 1)
x.permute(0, 0, 1) | x.permute(0, 1, 7) | x.movedim(0, 5) | x.movedim((0, 0), (1, 2)) | x.movedim((0, 1), (1,))
x[0, 0].mT | x[0, 0].H | x.swapaxes(0, 4) | x[0, 0].adjoint() | x[0, 0].mH | t.t(x[0])
x.permute(0, 1, 2).transpose(0, 1) | x.mT.mT
"""

ONES = """
x.unsqueeze(0) | x.unsqueeze(-1) | x.unsqueeze(1) | x.unsqueeze(7) | x.squeeze() | x.squeeze(0) | x.squeeze(1)
x.squeeze(-1) | x.squeeze((0, 1)) | x.squeeze((0, 2)) | x.squeeze(5) | x.squeeze((0, 0)) | x.squeeze(())
x.unsqueeze(2).squeeze() | x.expand(2, 2, 1, 3) | x.expand(2, -1, 3) | x.expand(2, 4, 3) | x.expand((2, 4, 3))
x.expand(5, -1, -1, -1) | x.expand_as(y) | x.broadcast_to(2, 5, 3) | t.broadcast_to(x, (2, 5, 3)) | x.expand(3, 3, 4)
x.expand(2) | x.expand(-1, 2, 1, 3) | x.expand(2, 1, -2) | x.broadcast_to(3)
"""

SPLITS = """
x.unbind() | x.unbind(1) | x.unbind(-1) | x.unbind(0)[1] | x.unbind(1)[2] | x.unbind(4) | x.split(2) | x.split(2, 1)
x.split(1, -1) | x.split([1, 2], 1) | x.split((1, 3), -1)[1] | x.split(2, 2)[1] | x.split([0, 2]) | x.chunk(2)
x.chunk(2, 1) | x.chunk(3, 2) | x.chunk(9, 2) | x.tensor_split(2, 1) | x.tensor_split(3, 2)
x.tensor_split((1, 2), 1) | x.tensor_split(5, 2) | x.unsafe_split(2, 1) | x.unsafe_split_with_sizes([1, 2], 1)
x.unsafe_chunk(2, 1) | x.split_with_sizes([1, 2], 1) | x.hsplit(3) | x.vsplit(2) | x.dsplit(2) | x.hsplit([1])
x[0, 0].hsplit(2) | x.split(0) | x.split(-1) | x.split([1, 2]) | x.split([3, -1], 2) | x.chunk(0) | x.chunk(-1)
x.tensor_split(0) | x.hsplit(2) | x[0, 0].vsplit(1) | t.split(x, 1, 0) | t.unbind(x, 1) | t.chunk(x, 2, 2)
x.unsafe_split(2, 1)[0] | [*x] | x.mT.split(2, 1) | x.mT.unbind(1)[1] | x.split(5)
"""

DIAGONALS = """
x.diagonal() | x.diagonal(1, -2, -1) | x.diagonal(-1) | x.diagonal(0, 2, 0) | x.diagonal(7) | x.diagonal(0, 0, 0)
x.diag_embed() | x.diag_embed(1) | x.diag_embed(-1, 0, 2) | x.diag_embed(0, 1, 1) | x.diag_embed(0, 7, 1)
x[0].diag() | x[0].diag(1) | x[0].diag(-1) | x[0, 0].diag() | x[0, 0].diag(2) | x.diag() | t.diagonal(x, 0, 1, 2)
x.mT.diagonal() | x.unfold(-1, 2, 2) | x.unfold(1, 3, 1) | x.unfold(0, 3, 1) | x.unfold(0, 1, 0) | x.unfold(0, -1, 1)
x.as_strided((2, 2), (1, 2)) | x.as_strided((2, 2), (1, 2), 1) | x.as_strided((3,), (0,))
x.as_strided((2,), (1,), 30) | x.as_strided((2, 2), (1,)) | x.as_strided((2,), (-1,))
x.mT.as_strided((2, 2), (2, 1)) | x[0, 0].diagonal() | x.as_strided((), ()) | x.as_strided((2, 3, 4), (12, 4, 1))
t.as_strided(x, (4,), (2,))
"""

NARROW = """
x.select(0, 1) | x.select(1, -1) | x.select(-1, 2) | x.select(0, 5) | x.select(5, 0) | x.narrow(1, 1, 2)
x.narrow(1, -1, 1) | x.narrow(-1, 0, 4) | x.narrow(0, 1, 5) | x.narrow(0, -5, 1) | x.narrow(0, 0, -1)
x.narrow(2, 2, 0) | t.narrow(x, 0, 0, 1)
"""

IN_PLACE = """
x.clone().t_() | x.clone().transpose_(0, 1) | x.clone().swapaxes_(0, 1) | x.clone().unsqueeze_(0)
x.clone().squeeze_() | x.clone().unsqueeze_(0).squeeze_(0) | x.clone().unsqueeze_(0).squeeze_()
x.clone().unsqueeze_(0).squeeze_((0, 1)) | x.clone()[0:1].transpose_(0, 1) | x.clone()[0:1].unsqueeze_(0)
x.clone()[0:1].squeeze_(0) | x.t_() | x[0:1].squeeze_() | x.clone().as_strided_((2,), (1,))
x.clone().unsqueeze_(0).t_() | x.clone().unsqueeze_(9) | x.clone().transpose_(0, 5) | x.clone().swapdims_(0, 1)
(x * 2).t_().mul_(3)
"""

WRITTEN = """
x.clone().fill_diagonal_(2.0) | x.t().clone().fill_diagonal_(2.0) | x[0].fill_diagonal_(1)
x.select_scatter(y[0], 0, 1) | x.select_scatter(y, 0, 1) | x.slice_scatter(y[:, :1], 1, 1, 2)
x.slice_scatter(y, 1, 1, 2) | x.slice_scatter(y) | x.diagonal_scatter(y[0, :2]) | t.select_scatter(x, y[1], 0, -1)
t.nn.functional.embedding((x > 0).long(), y) | t.nn.functional.embedding((x > 0).long(), y, padding_idx=0)
t.nn.functional.embedding(t.tensor(1), y) | t.tril_indices(2, 3) | t.triu_indices(3, 2, 1) | t.isin(x, y)
t.isin(x, 2.0)
"""

NAMED = """
x.transpose(dim0=0, dim1=1) | x.unsqueeze(dim=0) | x.squeeze(dim=0) | x.flatten(start_dim=0) | x.split(split_size=1)
x.chunk(chunks=2, dim=1) | x.permute(dims=(1, 0)) | x.view(size=(3, 2)) | x.reshape(shape=(3, 2)) | x.flip(dims=(0,))
x.expand(size=(2, 2, 3)) | x.roll(shifts=1, dims=0) | x.movedim(source=0, destination=1) | x.select(dim=0, index=1)
x.narrow(dim=0, start=0, length=1) | x.unbind(dim=1) | x.repeat(repeats=(2, 1)) | x.tile(dims=(2,))
x.squeeze(dim=(0, 1)) | x.diagonal(offset=1) | x.unfold(dimension=1, size=2, step=2) | x.expand_as(other=y)
x.unflatten(dim=1, sizes=(3, 1)) | x.masked_fill(mask=x > 0, value=1) | x.gather(dim=0, index=(x * 0).long())
x.matmul(other=y.t()) | x.mm(mat2=y.t()) | t.flip(input=x, dims=(0,)) | t.transpose(input=x, dim0=0, dim1=1)
t.matmul(input=x, other=y.t()) | t.squeeze(input=x) | t.reshape(input=x, shape=(6,))
t.gather(input=x, dim=0, index=(x * 0).long()) | t.where(condition=x > 0, input=x, other=y) | t.clone(input=x)
t.tril(input=x) | t.sort(input=x) | t.cat(tensors=[x, y], dim=0) | t.stack(tensors=[x, y])
"""

SCALAR = """
x.view(1) | x.view(()) | x.view(1, 1) | x.reshape(()) | x.flatten() | x.ravel() | x.transpose(0, 0)
x.transpose(-1, 0) | x.t() | x.permute(()) | x.permute(0) | x.squeeze() | x.squeeze(0) | x.squeeze(-1) | x.squeeze(1)
x.unsqueeze(0) | x.unsqueeze(-1) | x.expand(3) | x.expand(()) | x.expand(2, 3) | x.select(0, 0) | x.narrow(0, 0, 1)
x.unbind() | x.split(1) | x.chunk(2) | x.hsplit(1) | x.vsplit(1) | x.unfold(0, 1, 1) | x.diag() | x.diagonal()
x.movedim(0, 0) | x.contiguous() | x.diag_embed() | x.tensor_split(1) | x.mT | x.T | x.H | x.clone()
x.unflatten(0, (1,))
"""

EMPTY = """
x.view(-1) | x.view(0, 2) | x.reshape(3, 0) | x.reshape(0, -1) | x.view(-1, 0) | x.t() | x.unbind() | x.unbind(1)
x.flatten() | x.split(1, 1) | x.split(0, 0) | x.chunk(2, 0) | x.chunk(2, 1) | x.expand(0, 2, 3) | x.unsqueeze(0)
x.squeeze() | x.diagonal() | x.diag() | x.narrow(1, 1, 1) | x.select(1, 0) | x.sum(0).expand(2, 3)
x.tensor_split(2, 1)
"""


@pytest.mark.parametrize("code", cases(RESHAPE))
def test_reshape(code: str) -> None:
    check_all(code, ramp(2, 3, 4), ramp(6, 4, requires_grad=False))


@pytest.mark.parametrize("code", cases(ORDER))
def test_order_of_dimensions(code: str) -> None:
    check_all(code, ramp(2, 3, 4, dtype="float32"))


@pytest.mark.parametrize("code", cases(ONES))
def test_dimensions_of_size_one(code: str) -> None:
    check_all(code, ramp(2, 1, 3), ramp(2, 2, 1, 3, requires_grad=False))


@pytest.mark.parametrize("code", cases(SPLITS))
def test_splits(code: str) -> None:
    check_all(code, ramp(2, 3, 4))


@pytest.mark.parametrize("code", cases(DIAGONALS))
def test_diagonals_and_windows(code: str) -> None:
    check_all(code, ramp(2, 3, 4))


@pytest.mark.parametrize("code", ["x.unfold(2, 2, 1)", "x.unfold(2, 3, 1).unfold(1, 2, 1)", "x.unfold(1, 2, 1)[0]"])
def test_windows_that_overlap(code: str) -> None:
    check(named(code), ramp(2, 3, 4))  # not written in place: PyTorch leaves open what that does


@pytest.mark.parametrize("code", cases(NARROW))
def test_narrow(code: str) -> None:
    check_all(code, ramp(2, 3, 4))


@pytest.mark.parametrize("code", cases(IN_PLACE))
def test_new_shapes_in_place(code: str) -> None:
    check_all(code, ramp(2, 3))


@pytest.mark.parametrize("code", cases(WRITTEN))
def test_parts_replaced(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(2, 3))


@pytest.mark.parametrize("code", cases(NAMED))
def test_named_arguments(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(2, 3))


@pytest.mark.parametrize("code", cases(SCALAR))
def test_zero_dimensions(code: str) -> None:
    check_all(code, ramp())


@pytest.mark.parametrize("code", cases(EMPTY))
def test_no_elements(code: str) -> None:
    check_all(code, ramp(0, 3))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize(
    "code", ["x.view(4, 3, 2)", "x.mT.reshape(24)", "x.split(2, 1)", "x.diag_embed()", "x.diagonal()"]
)
def test_other_types(code: str, dtype: str) -> None:
    check_all(code, ramp(2, 3, 4, dtype=dtype))
