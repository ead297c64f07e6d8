"""Indexing, assignment, gather, scatter, masks and order against PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent))

from facts import cases, check_all, ramp, statement

VIEWS = """
x[0] | x[-1] | x[1, 2] | x[0, 1, 2] | x[1, :, -1] | x[0:1] | x[:, 1:] | x[..., ::2] | x[:, -2:] | x[1:0] | x[5:]
x[:, :100] | x[None] | x[:, None] | x[..., None] | x[..., 0] | x[...] | x[:] | x[:, :] | x[()] | x[:, None, 1:]
x[1, None, :, 1:3] | x[0, ...] | x[..., 0, :] | x[None, None, 0] | x[0][1][2] | x[-2:-1] | x[..., ...] | x[0:2, 0:3]
x[0:2] | x[:2, 1] | x.mT[0] | x[:, ::2][0] | x[t.tensor(1)] | x[:, t.tensor(1)] | x[t.tensor(-1), 0]
x[0:1, :, t.tensor(0)] | x[::3] | x[:, 1::2] | x[5] | x[0, 5] | x[-3] | x[0, 0, 0, 0] | x[::0] | x[::-1] | x[1.0]
x[0, 1.5] | x[t.tensor(7)] | x[:, :, :, :]
"""

INDICES = """
x[[0, 1]] | x[t.tensor([0, 0, 1])] | x[t.tensor([0, 1]), t.tensor([1, 2])] | x[:, t.tensor([0, 1])]
x[..., t.tensor([0, 0])] | x[t.tensor([0, 1]), :, t.tensor([0, 1])] | x[0, t.tensor([0, 1])] | x[t.tensor([0, 1]), 0]
x[t.tensor([[0, 1], [1, 0]])] | x[x > 5] | x[t.tensor([True, False])] | x[:, t.tensor([True, False, True])]
x[:, t.tensor([True, False, True]), 1:] | x[None, t.tensor([0, 1])] | x[t.tensor([0, 1]), None] | x[[[0, 1], [1, 0]]]
x[t.tensor([1, 0], dtype=t.int32)] | x[t.tensor([-1, 0])] | x[t.tensor([0, 1])[:, None], t.tensor([0, 2])] | x[True]
x[False] | x[0, True] | x[t.tensor(True)] | x[x > 100] | x[[]] | x[:, [2, 0]] | x[t.tensor([], dtype=t.int64)]
x[[True, False]] | x[1:, t.tensor([0]), ::2] | x[(0, 1)] | x.mT[t.tensor([0, 1])] | x[t.tensor([0, 1]), ..., 0]
x[[0]][0] | x[:, :, [0]] | x[x[:, :, 0] > 0] | x[range(2)] | x[[1], [2], [3]] | x[t.tensor([1, 0], dtype=t.uint8)]
x[t.tensor([7])] | x[:, t.tensor([-4])] | x[t.tensor([True, False, True])] | x[t.tensor([1.0])]
x[t.tensor([0, 1]), t.tensor([0, 1, 2])] | x[0, 0, 0, t.tensor([0])] | x[:, t.tensor([True])]
x[t.tensor([0, 0])] * 2 | x[t.tensor([1, 1]), t.tensor([2, 2])] | x[..., t.tensor([True, False, False, True])]
x[0][t.tensor([2, 2])]
"""

ASSIGN = """
w[0] = 1.0 | w[0] = x[1] * 2 | w[0:1] = x[1:2] | w[:] = x[1] | w[0, 1] = x[1, 1] * 2 | w[...] = x * 2 | w[...] = 3.0
w[:] = 3 | w[None] = x | w[t.tensor([0, 1])] = x[0] | w[t.tensor([0, 1])] = 5
w[t.tensor([0, 1]), t.tensor([1, 2])] = x[0, :2] | w[x > 3] = 0.0 | w[w > 3] = x[0, 0]
w[:, t.tensor([0, 1])] = x[:, :2] | w[0, t.tensor([0, 1])] = x[0, :2] | w[[0, 1]] = x * 3 | w[True] = x
w[False] = 1.0 | w[t.tensor(0)] = x[0] | w[()] = x * 2 | w[0] = x[:1] | w[0] = t.tensor(3) | w[:, ::2] = 7.0
w[:, 1] = x[:, 0] | w[1, 1:] = x[0, :2] | w[0] = x | w[:] = x[:, :2] | w[t.tensor([0, 1])] = x[:, :2] | w[9] = 1.0
w[0] = 1j | w[0, 0, 0] = 1.0 | w[t.tensor([0, 1])] = t.tensor([1, 2, 3]) | w[t.tensor([0, 1])] = t.tensor(1)
w[:] = t.ones(3) | w[0][1] = 4.0 | w.t()[0] = x[:, 1] | w[..., 0] = x[0, 0] | w[0:1, t.tensor([0])] = 2.0
w[t.tensor([0, 0])] = x | w[1.5] = 0 | w[[0]] = 1.0 | w[t.tensor([True, False])] = x[:1] | w[1:] = w[:1]
w[:, 0] = w[:, 1] * 2 | x[0] = 1.0 | x[t.tensor([0])] = 1.0 | w[t.tensor([5])] = 1.0 | w[0] = [1.0, 2.0, 3.0]
w["a"] = 1 | w[-1] = True | w[0] *= 2 | w[0] += x[1] | w[:, 0] -= 1 | w.data[0] = 1.0 | w[None, 0] = x[0]
w[0, None] = x[1:2] | w[t.tensor(True)] = x | w[:, [0, 2]] = 0.5
"""

GATHER = """
x.gather(0, i) | x.gather(1, i) | x.gather(-1, i) | x.gather(0, i[:1]) | x.gather(1, i[:, :1]) | t.gather(x, 0, i)
x.mT.gather(0, i.mT) | x.gather(2, i) | x.gather(0, i[0]) | x.gather(0, i.double()) | x.gather(0, i + 5)
x.gather(1, t.cat([i, i])) | x.gather(0, i[:0]) | x[0, 0].gather(0, i[0]) | x.gather(0, i.int())
x.scatter(0, i, x * 2) | x.scatter(1, i, y) | x.scatter(1, i, 3.0) | x.scatter(0, i, value=2)
x.scatter(0, i[:1, :2], 1.0) | x.scatter(0, i + 5, 1.0) | x.scatter(0, i, x.long()) | x.scatter(0, i[0], 1.0)
x.scatter(0, i, x, reduce="add") | x.scatter(0, i, 2.0, reduce="multiply") | x.scatter(0, i, x, reduce="max")
x.scatter_add(0, i, x * 2) | x.scatter_add(1, i, y) | x.scatter_add(0, i, x.long()) | x.mT.scatter(0, i.mT, 1.0)
x.clone().scatter_(0, i, y) | x.clone().scatter_(1, i, 2.0) | x.clone().scatter_add_(0, i, y) | x.scatter_(0, i, 1.0)
x.scatter(0, i, x[:1]) | x.scatter(0, i[:0], 1.0) | x.take_along_dim(i, 0) | x.take_along_dim(i, 1)
x.take_along_dim(i) | x.take_along_dim(i[:1], 1) | x.take_along_dim(i[0], 0) | x.take_along_dim(i.double(), 0)
"""

SLICES = """
x.index_select(0, l) | x.index_select(1, l) | x.index_select(-1, l) | x.index_select(1, t.tensor(1))
x.mT.index_select(0, l) | x.index_select(0, l + 5) | x.index_select(0, i) | x.index_select(5, l)
x.index_select(0, l.double()) | x[0, 0].index_select(0, l[:1]) | t.index_select(x, 0, l) | x.index_add(1, l, y)
x.index_add(0, l[:2], y, alpha=2) | x.index_add(0, l[:2], y[:, :2]) | x.index_add(0, l, y)
x.index_add(0, l[:2] + 7, y) | x.index_add(0, i, y) | x.index_add(0, l[:2], y.long())
x[0, 0].index_add(0, t.tensor(0), y[0, 0]) | x.index_fill(1, l, 2.0) | x.index_fill(0, t.tensor([0]), y[0, 0])
x.index_fill(0, l + 5, 1) | x.index_fill(0, l.double(), 1) | x.index_fill(0, i, 1) | x.index_fill(0, l, y)
x.index_fill(0, t.tensor(-1), 9) | x.index_fill(1, l, x[0, 0]) | x.index_copy(0, t.tensor([1, 0]), y)
x.index_copy(1, t.tensor([2]), y[:, :1]) | x.index_copy(0, l + 5, x) | x.index_copy(0, t.tensor([0]), y)
x.index_copy(0, t.tensor([0, 1]), y.long()) | x.index_copy(0, i, y) | x.clone().index_add_(0, t.tensor([0, 0]), y)
x.clone().index_fill_(0, t.tensor([1]), 3) | x.clone().index_copy_(0, t.tensor([1]), y[:1])
x.clone()[0].index_fill_(0, l, 2.0) | x.index_add_(0, l[:2], y)
"""

PUTS = """
x.index_put((t.tensor([0, 1]),), y[0]) | x.index_put((t.tensor([0, 0]),), y, accumulate=True)
x.index_put([t.tensor([0])], t.tensor(1.0).double()) | x.index_put((t.tensor([0, 1]), t.tensor([1, 1])), y[0, :2])
x.index_put((t.tensor([5]),), y[0]) | x.index_put((l[:2],), y[:, :2]) | x.index_put((l[:2],), y.long())
x.clone().index_put_((t.tensor([0, 0]),), y, accumulate=True) | x.clone().index_put_((x > 0,), y[0, 0])
x.put(l, y[0]) | x.put(l, y[0], True) | x.put(l, y[0, :2]) | x.put(l + 9, y[0]) | x.put(l, y[0].long())
x.clone().put_(l, y[0]) | x.take(l) | x.take(i) | x.take(-l) | x.take(l + 9) | x.take(l.double()) | x.mT.take(i)
x[:0].take(l) | t.take(x, i)
"""

MASKS = """
x.masked_fill(x > 2, 1.0) | x.masked_fill(x > 2, y[0, 0]) | x.masked_fill(x[0] > 2, 7) | x[0].masked_fill(x > 2, 1)
x.mT.masked_fill(x.mT > 2, 0) | x.masked_fill(x, 1) | x.masked_fill(x > 2, y) | x.masked_fill(t.ones(4) > 0, 1)
x.masked_select(x > 2) | x[0].masked_select(x > 2) | x.masked_select(x[0] > 0) | x.masked_select(x)
x.masked_select(t.ones(4) > 0) | x.mT.masked_select(x.mT > 0) | x.masked_scatter(x > 2, y)
x[0].masked_scatter(x > 2, y) | x.masked_scatter(x > 2, y[0, :1]) | x.masked_scatter(x > 2, y.long())
x.clone().masked_fill_(x > 2, 1) | x.clone().masked_fill_(x > 2, y[0, 0]) | x.clone()[0].masked_fill_(x[0] > 2, 1)
x.clone().masked_scatter_(x > 2, y) | x.masked_fill_(x > 2, 1) | x.masked_fill(x > 2, float("inf"))
"""

ORDER = """
x.sort() | x.sort(0) | x.sort(1, True) | x.sort(descending=True) | x.sort(stable=True) | x.sort(dim=0, stable=False)
x.mT.sort(0) | x.sort(5) | x[0, 0].sort() | x.sort()[0] | x.sort().values | x.argsort() | x.argsort(0, True)
x.argsort(5) | x.msort() | t.sort(x, -1) | t.argsort(x) | x.topk(2) | x.topk(1, 0) | x.topk(2, largest=False)
x.topk(5) | x.topk(-1) | x.topk(0) | x[0, 0].topk(1) | x.mT.topk(1, 0) | x.kthvalue(2) | x.kthvalue(1, 0, True)
x.kthvalue(0) | x.kthvalue(9) | x[0, 0].kthvalue(1) | x.nonzero() | x.nonzero(as_tuple=True) | x[0, 0].nonzero()
t.argwhere(x > 0) | t.searchsorted(y[0].sort()[0], x) | t.searchsorted(y[0].sort()[0], x, right=True)
t.searchsorted(y[0].sort()[0], 2.0) | t.searchsorted(y, x[0]) | t.bucketize(x, y[0].sort()[0]) | x.unique()
x.long().unique(return_inverse=True) | x.detach().unique(return_inverse=True, return_counts=True)
t.searchsorted(y.sort()[0], x) | (x * 0).sort() | (x * 0).sort(descending=True) | (x > 0).sort()
x.long().sort(descending=True)
"""

WRITE = """
x.clone().fill_(2) | x.clone().fill_(y[0, 0]) | x.clone()[0].fill_(2) | x.clone().zero_() | x.clone()[0].zero_()
x.clone().copy_(y) | x.clone().copy_(y[0]) | x.clone()[0].copy_(y[1]) | x.clone().copy_(y.float())
x.clone().t().copy_(y.t()) | x.fill_(1) | x.copy_(y) | x.clone().copy_(y[:, :2]) | x.clone().fill_(y)
x.clone().t()[0].fill_(1) | x.long().fill_(2) | x.clone()[:, 1:].zero_()
"""

INTEGERS = "i = t.tensor([[0, 1, 0], [1, 0, 1]]); l = t.tensor([0, 1, 1])"


@pytest.mark.parametrize("code", cases(VIEWS))
def test_views(code: str) -> None:
    check_all(code, ramp(2, 3, 4))


@pytest.mark.parametrize("code", cases(INDICES))
def test_index_tensors(code: str) -> None:
    check_all(code, ramp(2, 3, 4))


@pytest.mark.parametrize("code", cases(ASSIGN))
def test_assignment(code: str) -> None:
    statement("w = x.clone() * 1", code, "w", ramp(2, 3))


@pytest.mark.parametrize("code", cases(ASSIGN)[:24])
def test_assignment_through_a_view(code: str) -> None:
    statement("b = x.repeat(2, 2); w = b[1:3, 1:4]", code, "b", ramp(2, 3))


@pytest.mark.parametrize(
    "code", cases(GATHER) + cases(SLICES) + cases(PUTS) + cases(MASKS) + cases(ORDER) + cases(WRITE)
)
def test_elements(code: str) -> None:
    statement(INTEGERS, f"made = {code}", "made", ramp(2, 3), ramp(2, 3))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize(
    "code", ["x[0]", "x[[0, 1]]", "x[x > 0]", "x.sort(0)", "x.gather(0, x.long() * 0)", "x.masked_fill(x > 0, 1)"]
)
def test_other_types(code: str, dtype: str) -> None:
    check_all(code, ramp(2, 3, dtype=dtype))


@pytest.mark.parametrize(
    "code",
    [
        "x[0]",
        "x[None]",
        "x[...]",
        "x[()]",
        "x[True]",
        "x[0:1]",
        "x[[0]]",
        "x[x > 0]",
        "x[t.tensor(True)]",
        "x.sort()",
        "x[:]",
    ],
)
def test_zero_dimensions(code: str) -> None:
    check_all(code, ramp())
