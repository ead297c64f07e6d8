"""Reductions of stretches of a dimension: `segment_reduce`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.operators import segment_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.underivable import underivable

EMPTY = {"sum": 0.0, "mean": np.nan, "max": -np.inf, "min": np.inf, "prod": 1.0}
"""What a stretch without elements gives."""
KINDS = {"amax": "max", "amin": "min"}


def stretches(lengths: Any, offsets: Any, axis: int) -> Iterator[tuple[Any, Any]]:
    """For each stretch its place in the result, and its elements of the data."""
    ends = offsets if lengths is None else np.concatenate([np.zeros_like(lengths[..., :1]), lengths.cumsum(-1)], -1)
    for at in np.ndindex(ends.shape[:axis]):
        for number in range(ends.shape[axis] - 1):
            yield (*at, number), (*at, slice(int(ends[(*at, number)]), int(ends[(*at, number + 1)])))


def reduced_forward(
    a: Any, lengths: Any, offsets: Any, reduce: str, axis: int, unsafe: bool, initial: Any, indexed: bool
) -> Any:
    at = shapes.checked_dim(axis, a.ndim)
    if indexed:
        raise RuntimeError(texts.INDICES)
    if lengths is None and offsets is None:
        raise RuntimeError(texts.NOTHING)
    kind = KINDS.get(reduce, reduce)
    if kind not in EMPTY:
        raise RuntimeError(texts.reduction(reduce))
    if a.dtype.kind not in "fV":
        raise NotImplementedError(not_implemented_for("_segment_reduce_cpu", dtypes.of_array(a).scalar_name))
    if lengths is not None and not unsafe:
        if (lengths < 0).any():
            raise RuntimeError(texts.NEGATIVE)
        if (lengths.sum(-1) != a.shape[at]).any():
            raise RuntimeError(texts.LENGTHS)
    count = lengths.shape[at] if lengths is not None else offsets.shape[at] - 1
    made = np.empty((*a.shape[:at], count, *a.shape[at + 1 :]), a.dtype)
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
    "segment_reduce(Tensor data, Tensor? lengths, Tensor? offsets, str reduce, int axis, bool unsafe, Number? initial, "
    "bool indexed)",
    reduced_forward,
    node="SegmentReduceBackward0",
    gradients={"data": segment_gradient},
    dtype=KEEP,
    public=False,
)


@function("segment_reduce", public=FUNCTION)
def segment_reduce(
    data: Any, reduce: str, *, lengths: Any = None, indices: Any = None, offsets: Any = None, axis: int = 0,
    unsafe: bool = False, initial: Any = None,
) -> Any:  # fmt: skip
    """One element for each stretch. Raises RuntimeError where the stretches do not cover the dimension."""
    return SEGMENT_REDUCE(data, lengths, offsets, reduce, axis, unsafe, initial, indices is not None)
