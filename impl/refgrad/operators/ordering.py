"""Order and search: sort, topk, kthvalue, nonzero, unique, searchsorted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad import dtypes, forward_texts, memory, shapes
from refgrad.levels import is_batched, levels
from refgrad.operators import index_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.call import written as written_out
from refgrad.operators.declare import FUNCTION, KEEP, function, not_implemented, operator
from refgrad.operators.examples import UNSQUEEZE
from refgrad.operators.formula_values import written
from refgrad.operators.gathering import SCATTER
from refgrad.operators.kernels import with_number_in_silence
from refgrad.operators.texts import empty_dimension, not_implemented_for
from refgrad.operators.transformed import refuse_tangents
from refgrad.operators.unstable_order import first_places, reordered, sorted_places
from refgrad.tensor import Tensor


def selected_gradient(grad: Any, dim: int, indices: Any, sizes: Any, *, keepdim: bool) -> Any:
    """Zeros with the gradient at the places that were selected along a dimension."""
    if not keepdim and len(sizes):
        grad, indices = UNSQUEEZE(grad, dim), UNSQUEEZE(indices, dim)
    return written(SCATTER(grad.new_zeros(sizes), indices, grad, dim), 2)


def order_of(a: Any, dim: int, *, descending: bool) -> Any:
    """A stable order, where nan is larger than everything."""
    if not descending:
        return np.argsort(a, axis=dim, kind="stable")
    turned = np.argsort(np.flip(a, dim), axis=dim, kind="stable")
    return a.shape[dim] - 1 - np.flip(turned, dim)


def in_layout_of(a: Any, made: Any) -> Any:
    """Sorting keeps the layout of its input."""
    result = memory.empty_like(a, made.dtype)
    result[...] = made
    return result


def unstable_order(a: Any, dim: int, *, descending: bool, places: Any = sorted_places, in_order: bool = True) -> Any:
    """The order in which equal elements stand as PyTorch leaves them."""
    order = np.moveaxis(order_of(a, dim, descending=descending), dim, -1)
    return np.moveaxis(reordered(np.moveaxis(a, dim, -1), order, places, in_order=in_order), -1, dim)


def sort_forward(a: Any, dim: int, descending: bool, stable: bool | None = False) -> Any:
    at = shapes.checked_dim(dim, a.ndim)
    if a.ndim == 0:
        return a.copy(), np.zeros((), np.int64)
    order = (order_of if stable else unstable_order)(a, at, descending=descending)
    return in_layout_of(a, np.take_along_axis(a, order, at)), in_layout_of(a, order)


def sort_gradient(grad: Any, dim: int, indices: Any, self_sym_sizes: Any) -> Any:
    return selected_gradient(grad, dim, indices, self_sym_sizes, keepdim=True)


SORT = operator(
    "sort(Tensor self, int dim=-1, bool descending=False) -> (values, indices)",
    sort_forward,
    node="SortBackward0",
    gradients={"self": sort_gradient},
    dtype=KEEP,
    public=False,
)
SORT_STABLE = operator(
    "sort.stable(Tensor self, bool? stable, int dim=-1, bool descending=False) -> (values, indices)",
    lambda a, stable, dim, descending: sort_forward(a, dim, descending, stable),
    node="SortBackward1",
    gradients={"self": sort_gradient},
    dtype=KEEP,
    public=False,
)


@function("sort")
def sort(self: Any, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> Any:
    """Sorted values and where they came from."""
    return SORT(self, dim, descending) if stable is None else SORT_STABLE(self, stable, dim, descending)


@function("argsort")
def argsort(self: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    return SORT_STABLE(self.detach(), stable, dim, descending)[1]


@function("msort")
def msort(self: Any) -> Any:
    return SORT(self, 0, False)[0]


def topk_forward(a: Any, k: int, dim: int, largest: bool, sorted: bool) -> Any:
    at = shapes.checked_dim(dim, a.ndim)
    if not 0 <= k <= (a.shape[at] if a.ndim else 1):
        raise RuntimeError(texts.TOPK_RANGE)
    if a.dtype.kind == "b":
        raise RuntimeError(texts.TOPK_BOOL)
    if a.ndim == 0:
        return a.copy(), np.zeros((), np.int64)
    places = first_places(k, in_order=sorted)
    order = np.take(unstable_order(a, at, descending=largest, places=places, in_order=sorted), np.arange(k), at)
    return np.array(np.take_along_axis(a, order, at), order="C"), np.array(order, order="C")


TOPK = operator(
    "topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (values, indices)",
    topk_forward,
    node="TopkBackward0",
    gradients={"self": sort_gradient},
    dtype=KEEP,
)


def selected(row: Any, k: int) -> int:
    """Where the number is that stands at `k` in order; among equal ones that which PyTorch's quickselect ends at."""
    values, places = np.unique(row, return_inverse=True)[1].tolist(), list(range(len(row)))
    low, high = 0, len(row) - 1

    def swap(i: int, j: int) -> None:
        values[i], values[j] = values[j], values[i]
        places[i], places[j] = places[j], places[i]

    while high > low + 1:
        swap((low + high) // 2, low + 1)
        for i, j in ((low + 1, high), (low, high), (low + 1, low)):
            if values[i] > values[j]:
                swap(i, j)
        up, down, pivot = low + 1, high, values[low]
        while True:
            up += 1
            while pivot > values[up]:
                up += 1
            down -= 1
            while values[down] > pivot:
                down -= 1
            if down < up:
                break
            swap(up, down)
        swap(low, down)
        if down <= k:
            low = up
        if down >= k:
            high = down - 1
    if high == low + 1 and values[low] > values[high]:
        swap(low, high)
    return places[k]


def kthvalue_forward(a: Any, k: int, dim: int, keepdim: bool) -> Any:
    at = shapes.checked_dim(dim, a.ndim)
    if a.ndim and a.shape[at] == 0:
        raise IndexError(empty_dimension("kthvalue", at))
    if not 1 <= k <= (a.shape[at] if a.ndim else 1):
        raise RuntimeError(texts.kth_range(at))
    if a.ndim == 0:
        return a.copy(), np.zeros((), np.int64)
    if a.dtype.kind == "b":
        raise NotImplementedError(not_implemented_for("kthvalue_cpu", "Bool"))
    rows = np.moveaxis(a, at, -1)
    chosen = [selected(row, k - 1) for row in rows.reshape(-1, rows.shape[-1])]
    place = np.array(np.moveaxis(np.array(chosen, np.int64).reshape((*rows.shape[:-1], 1)), -1, at), order="C")
    found = np.take_along_axis(a, place, at)
    return (found, place) if keepdim else (found.squeeze(at), place.squeeze(at))


KTHVALUE = operator(
    "kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (values, indices)",
    kthvalue_forward,
    node="KthvalueBackward0",
    gradients={
        "self": lambda grad, dim, indices, self_sym_sizes, keepdim: selected_gradient(
            grad, dim, indices, self_sym_sizes, keepdim=keepdim
        )
    },
    dtype=KEEP,
)


# ---- search -------------------------------------------------------------------------------------------------------

NONZERO = operator(
    "nonzero(Tensor self)",
    lambda a: np.stack(np.nonzero(a)).T if a.ndim else np.zeros((int(a != 0), 0), np.int64),
    dtype=KEEP,
    public=False,
)


@function("nonzero", aliases=("argwhere",))
def nonzero(self: Any, *, as_tuple: bool = False) -> Any:
    """The indices of all elements other than 0, as rows, or as one vector per dimension."""
    found = NONZERO(self if self._array.ndim or not as_tuple else UNSQUEEZE(self, 0))
    return found.unbind(1) if as_tuple else found


def nonzero_static_forward(a: Any, size: int, fill_value: int) -> Any:
    if size < 0:
        raise RuntimeError(texts.NONZERO_SIZE)
    found = np.stack(np.nonzero(a)).T[:size] if a.ndim else np.zeros((0, 0), np.int64)
    made = np.full((size, a.ndim), fill_value, np.int64)
    made[: len(found)] = found
    return made


NONZERO_STATIC = operator(
    "nonzero_static(Tensor self, *, int size, int fill_value=-1)", nonzero_static_forward, dtype=KEEP, public=False
)


@function("nonzero_static")
def nonzero_static(self: Any, *, size: int, fill_value: int = -1) -> Any:
    """As many rows of these indices as asked for; what there are too few of is filled up."""
    if levels.active:
        refuse_tangents("aten::nonzero_static", (self,))
    return NONZERO_STATIC(self, size, fill_value)


def searchsorted_forward(boundaries: Any, values: Any, out_int32: bool, right: bool) -> Any:
    common = dtypes.promote_types(dtypes.of_array(boundaries), dtypes.of_array(values))
    if common.is_complex:
        raise NotImplementedError(not_implemented_for("searchsorted_out_cpu", common.scalar_name))
    side: Any = "right" if right else "left"
    kind = np.int32 if out_int32 else np.int64
    if boundaries.ndim == 1:
        return np.searchsorted(boundaries, values, side).astype(kind)
    lead = math.prod(values.shape[:-1])
    rows = zip(boundaries.reshape(lead, -1) if boundaries.size else boundaries.reshape(lead, 0),
               values.reshape(lead, values.shape[-1]), strict=True)  # fmt: skip
    return np.array([np.searchsorted(row, each, side) for row, each in rows], kind).reshape(values.shape)


SEARCHSORTED = operator(
    "searchsorted(Tensor sorted_sequence, Tensor input, bool out_int32, bool right)",
    searchsorted_forward,
    dtype=KEEP,
    public=False,
)


@function("searchsorted", public=FUNCTION)
def searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False, side: str | None = None,
    sorter: Any = None, out: Any = None,
) -> Any:  # fmt: skip
    """Where elements would have to be put in to keep the order; `sorter` says in which one boundaries are sorted."""
    values = (
        input if isinstance(input, Tensor) else Tensor._of(with_number_in_silence(sorted_sequence._array, input)[1])
    )
    check_search(sorted_sequence, values, right, side, sorter)
    if out is not None and out._array.dtype != (np.int32 if out_int32 else np.int64):
        raise RuntimeError(texts.search_output(dtypes.of_array(out._array).scalar_name, out_int32))
    if sorter is not None:
        sorted_sequence = Tensor._of(np.take_along_axis(sorted_sequence._array, sorter._array, -1))
    places = SEARCHSORTED(sorted_sequence, values, out_int32, right or side == "right")
    return places if out is None else written_out(out, places._array)


def check_search(boundaries: Any, values: Any, right: bool, side: str | None, sorter: Any) -> None:
    """Raise RuntimeError for what does not fit."""
    if side not in (None, "left", "right"):
        raise RuntimeError(texts.search_side(side))
    if side == "left" and right:
        raise RuntimeError(texts.SEARCH_OPPOSITES)
    if sorter is not None:
        if sorter.shape != boundaries.shape:
            raise RuntimeError(texts.search_sorter_size(boundaries.shape, sorter.shape))
        if sorter._array.dtype != np.int64:
            raise RuntimeError(texts.search_sorter_type(dtypes.of_array(sorter._array).scalar_name))
        if sorter._array.size and not (sorter._array.min() >= 0 and sorter._array.max() < boundaries.shape[-1]):
            raise RuntimeError(texts.SEARCH_SORTER_RANGE)
    if values.dim() == 0 and boundaries.dim() != 1:
        raise RuntimeError(texts.search_scalar(boundaries.dim()))
    if boundaries.dim() == 0:
        raise RuntimeError(texts.SEARCH_IN_SCALAR)
    shapes_match = boundaries.dim() == values.dim() and boundaries.shape[:-1] == values.shape[:-1]
    if boundaries.dim() != 1 and not shapes_match:
        raise RuntimeError(texts.searchsorted_shapes(boundaries.shape, values.shape))


@function("bucketize", public=FUNCTION)
def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False, out: Any = None) -> Any:
    """Where elements would have to be put in. Raises RuntimeError for boundaries of another rank than 1."""
    if boundaries.dim() != 1:
        raise RuntimeError(texts.bucketize_rank(boundaries.dim()))
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)


def unique_forward(a: Any, sorted: bool, return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = np.unique(a, return_inverse=True, return_counts=True)
    return values, inverse.reshape(a.shape), counts


UNIQUE = operator(
    "_unique2(Tensor self, bool sorted, bool return_inverse, bool return_counts)",
    unique_forward,
    node="Unique2Backward0",
    gradients={"self": not_implemented("_unique2")},
    dtype=KEEP,
    public=False,
)


def unique_dim_forward(a: Any, dim: int, sorted: bool, return_inverse: bool, return_counts: bool) -> Any:
    at = shapes.checked_dim(dim, a.ndim)
    if a.ndim and a.size == 0:
        if a.shape[at] == 0 and a.shape.count(0) == 1:
            nothing = np.zeros(0, np.int64)
            return a.copy(), nothing, nothing.copy()
        raise RuntimeError(texts.UNIQUE_EMPTY)
    rows = np.moveaxis(a, at, 0).reshape(a.shape[at], -1)
    _, first, inverse, counts = np.unique(rows, axis=0, return_index=True, return_inverse=True, return_counts=True)
    kept = np.ascontiguousarray(np.moveaxis(a, at, 0)[first])
    return np.moveaxis(kept, 0, at), inverse.reshape(-1), counts


UNIQUE_DIM = operator(
    "unique_dim(Tensor self, int dim, bool sorted, bool return_inverse, bool return_counts)",
    unique_dim_forward,
    node="UniqueDimBackward0",
    gradients={"self": not_implemented("unique_dim")},
    dtype=KEEP,
    public=False,
)


@function("unique")
def unique(
    self: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Every value once, in order; along a dimension, every slice."""
    if dim is None:
        values, inverse, counts = UNIQUE(self, sorted, return_inverse, return_counts)
    else:
        values, inverse, counts = UNIQUE_DIM(self, dim, sorted, return_inverse, return_counts)
    found = (values, *((inverse,) if return_inverse else ()), *((counts,) if return_counts else ()))
    return found if len(found) > 1 else values


@functional
def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """A 1 in the column that each class number names."""
    a = tensor._array
    if a.dtype != np.int64:
        raise RuntimeError(texts.ONE_HOT_DTYPE)
    if a.size and a.min() < 0:
        raise RuntimeError(texts.ONE_HOT_NEGATIVE)
    if num_classes == -1 and levels.active and is_batched(tensor):
        raise RuntimeError(forward_texts.ONE_HOT_OF_BATCHED)
    count = int(a.max()) + 1 if num_classes == -1 else num_classes
    if a.size and a.max() >= count:
        raise RuntimeError(texts.ONE_HOT_TOO_LARGE)
    return tensor.unsqueeze(-1).eq(Tensor._of(np.arange(count))).long()
