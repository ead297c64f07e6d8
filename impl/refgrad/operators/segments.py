"""Reductions of stretches of a dimension: `segment_reduce`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.operators import segment_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.shape_texts import negative_size
from refgrad.operators.texts import dimension_wanted, not_implemented_for
from refgrad.operators.underivable import underivable

EMPTY = {"sum": 0.0, "mean": np.nan, "max": -np.inf, "min": np.inf, "prod": 1.0}
"""What a stretch without elements gives."""
KINDS = {"amax": "max", "amin": "min"}


def stretches(lengths: Any, offsets: Any, axis: int) -> Iterator[tuple[Any, Any]]:
    """For each stretch its place in the result, and its elements of the data."""
    if offsets is None:
        offsets = np.concatenate([np.zeros_like(lengths[..., :1]), lengths.cumsum(-1)], -1)
    for at in np.ndindex(offsets.shape[:axis]):
        for number in range(offsets.shape[axis] - 1):
            yield (*at, number), (*at, slice(int(offsets[(*at, number)]), int(offsets[(*at, number + 1)])))


def check_bounds(a: Any, name: str, bounds: Any, axis: int) -> None:
    """Raises RuntimeError for lengths or offsets of another rank than the axis asks for."""
    if a.ndim < bounds.ndim:
        raise RuntimeError(texts.rank(name))
    if axis != bounds.ndim - 1:
        raise RuntimeError(texts.last_dimension(name, axis))


def check_lengths(a: Any, lengths: Any, axis: int) -> None:
    """Raises RuntimeError and NotImplementedError for lengths that do not cover the dimension."""
    if lengths.dtype.kind == "c":
        raise NotImplementedError(not_implemented_for("min_all", dtypes.of_array(lengths).scalar_name))
    if not lengths.size:
        raise RuntimeError(dimension_wanted("min"))
    if lengths.min() < 0:
        raise RuntimeError(texts.NEGATIVE)
    if (lengths.sum(-1) != a.shape[axis]).any():
        raise RuntimeError(texts.LENGTHS)


def reduced_forward(
    a: Any, lengths: Any, indices: Any, offsets: Any, reduce: str, axis: int, unsafe: bool, initial: Any
) -> Any:
    at = shapes.checked_dim(axis, a.ndim)
    if indices is not None:
        raise RuntimeError(texts.INDICES)
    if lengths is None and offsets is None:
        raise RuntimeError(texts.NOTHING)
    kind = KINDS.get(reduce, reduce)
    if kind not in EMPTY:
        raise RuntimeError(texts.reduction(reduce))
    name, bounds = ("lengths", lengths) if offsets is None else ("offsets", offsets)
    check_bounds(a, name, bounds, at)
    if offsets is None and not unsafe:
        check_lengths(a, lengths, at)
    count = bounds.shape[at] - (offsets is not None)
    shape = (*a.shape[:at], count, *a.shape[at + 1 :])
    if count < 0:
        raise RuntimeError(negative_size(count, shape))
    if bounds.dtype not in (np.int32, np.int64):
        raise NotImplementedError(not_implemented_for(texts.kernel(name), dtypes.of_array(bounds).scalar_name))
    if a.dtype.kind not in "fV":
        raise NotImplementedError(not_implemented_for("_segment_reduce_cpu", dtypes.of_array(a).scalar_name))
    initial = dtypes.element(initial, dtypes.of_array(a))
    if offsets is None and (lengths < 0).any():
        raise RuntimeError(texts.NEGATIVE_LENGTH)
    made = np.empty(shape, a.dtype)
    for place, part in stretches(lengths, offsets, at):
        made[place] = reduced(a[part], kind, initial)
    return made


def reduced(part: Any, reduce: str, initial: Any) -> Any:
    if len(part) == 0:
        return EMPTY[reduce] if initial is None else initial
    if reduce in ("max", "min"):
        found = part.max(0) if reduce == "max" else part.min(0)
        return found if initial is None else (np.maximum if reduce == "max" else np.minimum)(found, initial)
    if reduce == "prod":
        return part.prod(0) * (1 if initial is None else initial)
    total = part.sum(0) + (0 if initial is None else initial)
    return total / len(part) if reduce == "mean" else total


def backward_forward(
    grad: Any, result: Any, a: Any, lengths: Any, offsets: Any, reduce: str, axis: int, initial: Any
) -> Any:
    made, kind = np.zeros_like(a), KINDS.get(reduce, reduce)
    for place, part in stretches(lengths, offsets, shapes.checked_dim(axis, a.ndim)):
        if kind == "prod":
            made[part] = grad[place] * others(a[part], initial)
        elif kind in ("max", "min"):
            own = (a[part] == result[place]) | np.isnan(a[part])
            made[part] = np.where(own, grad[place] / np.maximum(own.sum(0), 1), 0)
        else:
            made[part] = grad[place] / (len(a[part]) if kind == "mean" else 1)
    return made


def others(part: Any, initial: Any) -> Any:
    """For each element the product of the others."""
    made = np.empty_like(part)
    for i in range(len(part)):
        made[i] = np.delete(part, i, 0).prod(0) * (1 if initial is None else initial)
    return made


SEGMENT_BACKWARD = operator(
    "_segment_reduce_backward(Tensor grad, Tensor output, Tensor data, Tensor? lengths, Tensor? offsets, str reduce, "
    "int axis, Number? initial)",
    backward_forward,
    dtype=KEEP,
    public=False,
)


def segment_gradient(
    grad: Any, result: Any, data: Any, reduce: str, lengths: Any, offsets: Any, axis: int, initial: Any
) -> Any:
    made = SEGMENT_BACKWARD(grad, result, data, lengths, offsets, reduce, axis, initial)
    return underivable("aten::_segment_reduce_backward", made, (grad, result, data))


SEGMENT_REDUCE = operator(
    "segment_reduce(Tensor data, Tensor? lengths, Tensor? indices, Tensor? offsets, str reduce, int axis, bool unsafe, "
    "Number? initial)",
    reduced_forward,
    node="SegmentReduceBackward0",
    gradients={"data": segment_gradient},
    dtype=KEEP,
    refuses=("lengths", "indices", "offsets"),
    public=False,
)


@function("segment_reduce", public=FUNCTION)
def segment_reduce(
    data: Any, reduce: str, *, lengths: Any = None, indices: Any = None, offsets: Any = None, axis: int = 0,
    unsafe: bool = False, initial: Any = None,
) -> Any:  # fmt: skip
    """One element for each stretch. Raises RuntimeError where the stretches do not cover the dimension."""
    return SEGMENT_REDUCE(data, lengths, indices, offsets, reduce, axis, unsafe, initial)
