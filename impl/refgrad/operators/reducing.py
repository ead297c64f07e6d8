"""Writing with a reduction: `scatter_reduce` and `index_reduce`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import shapes
from refgrad.once import warn_once
from refgrad.operators import math_texts as texts
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import KEEP, METHOD, function, operator
from refgrad.operators.formula_values import zeros_like
from refgrad.operators.gathering import check_scatter
from refgrad.operators.mixtures import where
from refgrad.operators.slice_checks import check_added, check_range, kind_of
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor

WRITE: dict[str, Callable[..., None]] = {
    "sum": np.add.at, "mean": np.add.at, "prod": np.multiply.at, "amax": np.maximum.at, "amin": np.minimum.at,
}  # fmt: skip
START = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}


def reduced_into(a: Any, places: Any, src: Any, reduce: str, include_self: bool) -> Any:
    """Elements of `src` reduced into a copy of `a` at `places`, with or without what stood there."""
    made = np.array(a, order="C")
    if not include_self:
        start = START[reduce]
        if a.dtype.kind in "iu" and reduce in ("amax", "amin"):
            start = np.iinfo(a.dtype).min if reduce == "amax" else np.iinfo(a.dtype).max
        elif a.dtype.kind == "b" and reduce == "amax":
            start = False
        made[places] = start
    WRITE[reduce](made, places, src)
    if reduce == "mean":
        count = np.full(a.shape, int(include_self), np.int64)
        np.add.at(count, places, 1)
        count[count == 0] = 1
        made = (made / count if a.dtype.kind == "f" else made // count).astype(a.dtype)
    return made


class Along:
    """How one of the two operators names places: elements one by one, or whole slices."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole

    def places(self, shape: Any, index: Any, dim: int) -> Any:
        if self.whole:
            return (slice(None),) * dim + (index.reshape(-1),)
        grid = np.indices(index.shape, sparse=True)
        return tuple(index if i == dim else each for i, each in enumerate(grid))

    def read(self, grad: Any, dim: int, index: Any) -> Any:
        return grad.index_select(dim, index) if self.whole else grad.gather(dim, index)

    def add(self, target: Any, dim: int, index: Any, source: Any) -> Any:
        return target.index_add(dim, index, source) if self.whole else target.scatter_add(dim, index, source)

    def clear(self, grad: Any, dim: int, index: Any) -> Any:
        return grad.index_fill(dim, index, 0) if self.whole else grad.scatter(dim, index, 0)

    def forward(self, a: Any, index: Any, src: Any, dim: int, reduce: str, include_self: bool) -> Any:
        if self.whole:
            at = check_added("index_reduce_", a, index, src, dim)
            warn_once(texts.INDEX_REDUCE_BETA, "index_reduce")
            if a.dtype.kind == "c":
                raise NotImplementedError(not_implemented_for("index_func_", kind_of(a)))
            check_range(index, a.shape[at] if a.ndim else 1)
        else:
            check_scatter(a, index, src, dim)
            check_reduce("scatter", reduce, SCATTERS)
        if index.size == 0:
            return np.array(a, order="C")
        if a.ndim == 0:
            a_, index_, src_ = a.reshape(1), index.reshape(-1), src.reshape(-1)
            return reduced_into(a_, (index_,), src_, reduce, include_self).reshape(())
        at = shapes.checked_dim(dim, a.ndim)
        if not self.whole:
            src = src[tuple(slice(n) for n in index.shape)]
        return reduced_into(a, self.places(a.shape, index, at), src, reduce, include_self)

    def gradients(
        self, row: Any, grad: Any, self_: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool,
        result: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        if reduce == "sum":
            to_self, to_src = grad, self.read(grad, dim, index)
        elif reduce == "mean":
            count = Tensor._of(np.full(grad._array.shape, int(include_self), grad._array.dtype))
            count = self.add(count, dim, index, Tensor._of(np.ones_like(src._array)))
            count = count.masked_fill(count == 0, 1)
            to_self = grad / count
            to_src = self.read(grad, dim, index) / self.read(count, dim, index)
        elif reduce == "prod":
            to_self, to_src = self.product_gradients(row, grad, self_, dim, index, src, include_self, result)
        else:
            value = self.read(result, dim, index)
            own = (self_ == result).to(self_.dtype)
            brought = (src == value).to(self_.dtype)
            share = grad / self.add(own, dim, index, brought)
            to_self, to_src = own * share, brought * self.read(share, dim, index)
        return to_self if include_self else self.clear(to_self, dim, index), to_src

    def product_gradients(
        self, row: Any, grad: Any, self_: Any, dim: int, index: Any, src: Any, include_self: bool, result: Any
    ) -> tuple[Any, Any]:
        """A single zero among the factors gets the product of the others."""
        masked = self_.masked_fill(self_ == 0, 1)
        to_self = grad * row(masked, index, src, dim, "prod", include_self) / masked
        zero = src == 0
        zeros = self.read(self.add(zeros_like(self_), dim, index, zero.to(self_.dtype)), dim, index)
        single = zero.logical_and(zeros == 1)
        others = row(self_, index, src.masked_fill(single, 1), dim, "prod", include_self)
        to_src = where(
            single,
            self.read(grad * others, dim, index),
            self.read(grad * result, dim, index) / src.masked_fill(zero, 1),
        )
        return to_self, to_src


def reducing_row(name: str, node: str, source: str, *, whole: bool) -> Any:
    along = Along(whole=whole)

    def of_src(
        grad: Any, self: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool, result: Any
    ) -> Any:
        return along.gradients(row, grad, self, dim, index, src, reduce, include_self, result)

    def of_source(
        grad: Any, self: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool, result: Any
    ) -> Any:
        return along.gradients(row, grad, self, dim, index, source, reduce, include_self, result)

    row: Any = operator(
        f"{name}(Tensor self, Tensor index, Tensor {source}, int dim, str reduce, bool include_self=True)",
        along.forward,
        node=node,
        gradients={f"self, {source}": of_src if source == "src" else of_source},
        dtype=KEEP,
        public=False,
    )
    return row


SCATTER_REDUCE = reducing_row("scatter_reduce.two", "ScatterReduceBackward0", "src", whole=False)


INDEX_REDUCE = reducing_row("index_reduce", "IndexReduceBackward0", "source", whole=True)


def check_reduce(name: str, reduce: str, allowed: tuple[str, ...]) -> None:
    if reduce not in allowed:
        raise RuntimeError(texts.reduce_argument(name, reduce))


SCATTERS = ("sum", "prod", "mean", "amax", "amin")
INDEXES = ("prod", "mean", "amax", "amin")


@function("scatter_reduce")
def scatter_reduce(self: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """A copy with `src` reduced into the places that `index` names."""
    return SCATTER_REDUCE(self, index, src, dim, reduce, include_self)


@function("scatter_reduce_", public=METHOD)
def scatter_reduce_(self: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    return call_inplace(SCATTER_REDUCE, (self, index, src), (dim, reduce, include_self))


@function("index_reduce")
def index_reduce(self: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """A copy with slices of `source` reduced into the slices that `index` names."""
    check_reduce("index", reduce, INDEXES)
    return INDEX_REDUCE(self, index, source, dim, reduce, include_self)


@function("index_reduce_", public=METHOD)
def index_reduce_(self: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    check_reduce("index", reduce, INDEXES)
    return call_inplace(INDEX_REDUCE, (self, index, source), (dim, reduce, include_self))
