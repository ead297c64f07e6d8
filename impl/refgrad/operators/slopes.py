"""`torch.gradient`: slopes of sampled functions."""

from __future__ import annotations

from typing import Any

from refgrad import dtypes, shapes
from refgrad.operators import math_texts as texts
from refgrad.operators.declare import FUNCTION, function
from refgrad.operators.formula_arithmetic import over, times
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


@function("gradient", public=FUNCTION)
def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> Any:
    """Slopes by central differences, one-sided at the ends.

    `spacing` is a distance, one for every dimension, or the places of the samples of every dimension. Raises
    RuntimeError for arguments that do not fit each other.
    """
    if input.dtype is dtypes.uint8:
        raise RuntimeError(texts.GRADIENT_BYTES)
    dims = tuple(range(input.dim())) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    several = isinstance(spacing, (list, tuple))
    if several and len(spacing) != len(dims):
        said = texts.gradient_spacing_of_all if dim is None else texts.gradient_spacing
        raise RuntimeError(said(len(spacing), len(dims)))
    if edge_order not in (1, 2):
        raise RuntimeError(texts.GRADIENT_EDGE)
    axes = [shapes.checked_dim(each, input.dim()) for each in dims]
    for number, axis in enumerate(axes):
        if axis in axes[:number]:
            raise RuntimeError(texts.gradient_repeated(axis))
    if any(input.shape[axis] < edge_order + 1 for axis in axes):
        raise RuntimeError(texts.GRADIENT_SIZE)
    made = []
    for number, axis in enumerate(axes):
        step = spacing[number] if several else 1 if spacing is None else spacing
        if isinstance(step, Tensor):
            if step.dim() != 1:
                raise RuntimeError(texts.gradient_places(step.dim()))
            made.append(uneven(input, step, axis, edge_order))
        else:
            made.append(even(input, step, axis, edge_order))
    return tuple(made)


def joined(first: Any, inner: Any, last: Any, dim: int) -> Any:
    return FUNCTIONS["cat"]([first, inner, last], dim)


def apart(x: Any, dim: int, high: int, low: int, count: int = 1) -> Any:
    """Differences of elements; the lower ones are taken first, which backward follows."""
    lower = x.narrow(dim, low, count)
    return x.narrow(dim, high, count) - lower


def even(x: Any, step: Any, dim: int, edge_order: int) -> Any:
    """Slopes of samples at equal distances."""
    size = x.shape[dim]
    inner = over(over(apart(x, dim, 2, 0, size - 2), 2), step)
    if edge_order == 1:
        first = over(apart(x, dim, 1, 0), step)
        last = over(apart(x, dim, size - 1, size - 2), step)
        return joined(first, inner, last, dim)
    third, second = times(x.narrow(dim, 2, 1), 0.5), times(x.narrow(dim, 1, 1), 2)
    first = over(times(x.narrow(dim, 0, 1), -1.5) + second - third, step)
    third, second = times(x.narrow(dim, size - 3, 1), 0.5), times(x.narrow(dim, size - 2, 1), 2)
    last = over(times(x.narrow(dim, size - 1, 1), 1.5) - second + third, step)
    return joined(first, inner, last, dim)


def weighted(x: Any, weights: Any, start: int, count: int, dim: int) -> Any:
    """Three neighbours, weighted and summed, for `count` places from `start` on."""
    parts = [weight * x.narrow(dim, start + i, count) for i, weight in enumerate(weights)]
    return parts[0] + parts[1] + parts[2]


def uneven(x: Any, places: Any, dim: int, edge_order: int) -> Any:
    """Slopes of samples at these places."""
    size = x.shape[dim]
    steps = places.diff()
    shape = [1] * x.dim()
    shape[dim] = -1
    before, after = steps[:-1].reshape(shape), steps[1:].reshape(shape)
    middle = (-after / (before * (before + after)), (after - before) / (before * after),
              before / (after * (before + after)))  # fmt: skip
    inner = weighted(x, middle, 0, size - 2, dim)
    if edge_order == 1:
        first = apart(x, dim, 1, 0) / steps[0]
        last = apart(x, dim, size - 1, size - 2) / steps[-1]
        return joined(first, inner, last, dim)
    one, two = steps[0], steps[1]
    begin = (-(2 * one + two) / (one * (one + two)), (one + two) / (one * two), -one / (two * (one + two)))
    one, two = steps[-2], steps[-1]
    end = (two / (one * (one + two)), -(one + two) / (one * two), (2 * two + one) / (two * (one + two)))
    return joined(weighted(x, begin, 0, 1, dim), inner, weighted(x, end, size - 3, 1, dim), dim)
