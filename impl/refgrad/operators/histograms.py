"""`torch.histogram` and `histogramdd`: how many elements, or how much weight, lie between edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes, spaced
from refgrad.cpp_spelling import stored_type
from refgrad.creation_texts import STEPS_NEGATIVE
from refgrad.forward_texts import no_fallback
from refgrad.inplace_texts import out_requires_grad
from refgrad.levels import is_batched, levels
from refgrad.modes import modes
from refgrad.operators import histogram_texts as texts
from refgrad.operators.call import written
from refgrad.operators.declare import FUNCTION, KEEP, function, named_results, operator
from refgrad.operators.fourier_texts import no_dimensions
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.transformed import refuse_out, refuse_tangents
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor


def kind_of(a: Any) -> str:
    return stored_type(dtypes.of_array(a))


def check_rank(points: Any) -> None:
    if points.ndim < 2:
        raise RuntimeError(texts.RANK)


def check_points(points: Any, edges: Sequence[Any], weight: Any) -> None:
    """Raises RuntimeError for points, edges and weights that do not fit each other."""
    check_rank(points)
    width = points.shape[-1]
    if len(edges) != width:
        raise RuntimeError(texts.sequences(width, len(edges)))
    for place, each in enumerate(edges):
        if each.dtype != points.dtype:
            raise RuntimeError(texts.edge_type(kind_of(points), place, kind_of(each)))
        if each.ndim != 1:
            raise RuntimeError(texts.edge_rank(each.ndim, place))
        if not each.size:
            raise RuntimeError(texts.edge_count(each.size, place))
        if each.size == 1:
            raise RuntimeError(texts.count(0, place))
    if weight is not None:
        if weight.dtype != points.dtype:
            raise RuntimeError(texts.weight_type(kind_of(points), kind_of(weight)))
        if weight.shape != points.shape[:-1]:
            raise RuntimeError(texts.weight_shape(points.shape, weight.shape))


def outermost(points: Any, range: Any) -> list[tuple[float, float]]:
    """The first and the last edge in each dimension. Raises RuntimeError where there are none."""
    width = points.shape[-1]
    if range is not None:
        if len(range) != 2 * width:
            raise RuntimeError(texts.range_length(width, len(range)))
        pairs = [(float(range[2 * i]), float(range[2 * i + 1])) for i in np.arange(width)]
    elif points.size:
        if points.dtype not in (np.float32, np.float64):
            raise NotImplementedError(not_implemented_for("histogramdd", dtypes.of_array(points).scalar_name))
        rows = points.reshape(-1, width)
        pairs = [(float(low), float(high)) for low, high in zip(rows.min(0), rows.max(0), strict=True)]
    else:
        pairs = [(0.0, 1.0)] * width
    for place, (low, high) in enumerate(pairs):
        if not (math.isfinite(low) and math.isfinite(high)):
            raise RuntimeError(texts.infinite(place, low, high))
        if low > high:
            raise RuntimeError(texts.exceeding(low, high, place))
    return [(low - 0.5, high + 0.5) if low == high else (low, high) for low, high in pairs]


def even(low: float, high: float, count: int, kind: Any) -> Any:
    """Edges at even distances. Raises RuntimeError and NotImplementedError as `linspace` does."""
    if count < -1:
        raise RuntimeError(STEPS_NEGATIVE)
    if kind.kind == "b" and count > 0:
        raise NotImplementedError(not_implemented_for("linspace_cpu", "Bool"))
    for each in (low, high):
        dtypes.element(each, dtypes.FROM_NUMPY[kind])
    return spaced.between(low, high, count + 1, kind)


def even_edges(points: Any, bins: Sequence[int], range: Any) -> list[Any]:
    """The edges of so many bins in each dimension."""
    check_rank(points)
    ends = outermost(points, range)
    if len(bins) != points.shape[-1]:
        raise RuntimeError(texts.SIZE)
    return [even(*pair, each, points.dtype) for pair, each in zip(ends, bins, strict=True)]


def counted(points: Any, edges: Sequence[Any], weight: Any, density: bool) -> Any:
    """The histogram of points, whose coordinates are the last dimension."""
    check_points(points, edges, weight)
    kind = points.dtype
    if kind.kind not in "fV":
        raise NotImplementedError(not_implemented_for("histogram_cpu", dtypes.of_array(points).scalar_name))
    shape = tuple(len(each) - 1 for each in edges)
    rows = points.reshape(-1, points.shape[-1])
    inside = np.ones(len(rows), bool)
    places = []
    for column, each in zip(rows.T, edges, strict=True):
        inside &= (column >= each[0]) & (column <= each[-1])
        at = np.searchsorted(each, column, "right") - 1
        places.append(np.where(column == each[-1], len(each) - 2, at))
    made: Any = np.zeros(shape, kind)
    heavy = np.ones(len(rows), kind) if weight is None else weight.reshape(-1)
    np.add.at(made, tuple(each[inside] for each in places), heavy[inside])
    if density:
        with np.errstate(all="ignore"):
            made = made / made.sum()
            for place, each in enumerate(edges):
                sizes = np.diff(each)
                made = made / sizes.reshape([-1 if i == place else 1 for i in np.arange(made.ndim)])
    return made.astype(kind)


def arrays_of(bins: Any) -> Any:
    return bins._array if isinstance(bins, Tensor) else bins


def flat(points: Any, weight: Any) -> tuple[Any, Any]:
    return points.reshape(-1, 1), None if weight is None else weight.reshape(-1)


def by_count(points: Any, weight: Any, bins: int, range: Any, density: bool) -> Any:
    if bins <= 0:
        raise RuntimeError(texts.count(bins, 0))
    rows, weights = flat(points, weight)
    edges = even_edges(rows, [bins], range)
    return counted(rows, edges, weights, density), edges[0]


def by_edges(points: Any, bins: Any, weight: Any, density: bool) -> Any:
    rows, weights = flat(points, weight)
    return counted(rows, [bins], weights, density), bins.copy()


BY_COUNT = operator(
    "histogram.bin_ct(Tensor self, Tensor? weight, int bins, float[]? range, bool density) -> (hist, bin_edges)",
    by_count,
    dtype=KEEP,
    public=False,
)


def histc_forward(a: Any, bins: int, min: Any, max: Any) -> Any:
    if bins <= 0:
        raise RuntimeError(texts.count(bins, 0))
    low, high = (float(dtypes.element(each, dtypes.float64)) for each in (min, max))
    if low == high and a.size:
        if a.dtype.kind == "c":
            raise NotImplementedError(not_implemented_for("aminmax_cpu", dtypes.of_array(a).scalar_name))
        low, high = float(a.min()), float(a.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(texts.histc_infinite(low, high))
    if low > high:
        raise RuntimeError(texts.HISTC_ORDER)
    if a.dtype.kind in "biuc":
        even(low, high, bins, a.dtype)
        raise NotImplementedError(not_implemented_for("histogram_cpu", dtypes.of_array(a).scalar_name))
    return np.histogram(a, bins, (low, high))[0].astype(a.dtype)


HISTC = operator(
    "histc(Tensor self, int bins=100, Number min=0, Number max=0)", histc_forward, dtype=KEEP, public=False
)
BY_EDGES = operator(
    "histogram.bins_tensor(Tensor self, Tensor bins, Tensor? weight, bool density) -> (hist, bin_edges)",
    by_edges,
    dtype=KEEP,
    public=False,
)


def check_out(points: Tensor, hist: Tensor, edges: Tensor | None = None) -> None:
    """Raises RuntimeError for results of another type than the points."""
    if hist.dtype is not points.dtype:
        raise RuntimeError(texts.hist_type(stored_type(points.dtype), stored_type(hist.dtype)))
    if edges is not None and edges.dtype is not points.dtype:
        raise RuntimeError(texts.out_edge_type(stored_type(points.dtype), stored_type(edges.dtype)))


@function("histogram")
def histogram(
    self: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False, out: Any = None
) -> Any:
    """How many elements lie between edges, and the edges."""
    if range is not None and isinstance(bins, Tensor):
        raise TypeError  # in the words of the parser
    if out is not None:
        return histogram_into(out, self, bins, range, weight, density)
    if levels.active:
        refuse_tangents("aten::histogram", (self, bins, weight))
    if isinstance(bins, Tensor):
        found = BY_EDGES(self, bins, weight, density)
    else:
        found = BY_COUNT(self, weight, bins, range, density)
    results = [underivable("aten::histogram", each, (self, bins, weight)) for each in found]
    return named_results("histogram", ("hist", "bin_edges"))._make(results)


def histogram_into(out: Any, self: Any, bins: Any, range: Any, weight: Any, density: bool) -> Any:
    """The same, written into two tensors; they get the node that says that there is no derivative."""
    given = (self, bins, weight)
    if modes.grad and any(each.requires_grad for each in out):
        raise RuntimeError(out_requires_grad("aten::histogram"))
    if levels.active:
        refuse_out("histogram", (*given, *out))
    if isinstance(bins, Tensor):
        rows, weights = flat(self._array, arrays_of(weight))
        check_points(rows, [bins._array], weights)
    check_out(self, *out)
    before, modes.grad = modes.grad, False
    try:
        for target, each in zip(out, histogram(self, bins, range=range, weight=weight, density=density), strict=True):
            written(target, each._array)
    finally:
        modes.grad = before
    results = [underivable("aten::histogram", each, given) for each in out]
    return named_results("histogram_out", ("hist", "bin_edges"))._make(results)


@function("histc")
def histc(self: Any, bins: int = 100, min: Any = 0, max: Any = 0, *, out: Any = None) -> Any:
    """How many elements lie in each of so many bins of one size. An `out` may require grad, for nothing is recorded."""
    if out is None:
        return HISTC(self, bins, min, max)
    if levels.active:
        refuse_out("histc", (self, out))
    check_out(self, out)
    before, modes.grad = modes.grad, False
    try:
        return written(out, HISTC(self, bins, min, max)._array)
    finally:
        modes.grad = before


@function("histogramdd", public=FUNCTION)
def histogramdd(input: Any, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """The same of points, whose coordinates are the last dimension."""
    of_tensors = bins if isinstance(bins, (tuple, list)) else ()
    given = (input, *of_tensors, weight)
    counts = isinstance(bins, int) or all(isinstance(each, int) for each in bins)
    if levels.active:
        edges_first = "aten::_histogramdd_bin_edges" if counts else "aten::_histogramdd_from_bin_tensors"
        refuse_tangents(edges_first, given)
        if any(isinstance(each, Tensor) and is_batched(each) for each in given):
            overload = "" if not isinstance(bins, int) and counts else ".int_bins" if counts else ".TensorList_bins"
            raise RuntimeError(no_fallback(f"histogramdd{overload}"))
    weights = None if weight is None else weight._array
    if counts:
        if isinstance(bins, int) and not input.dim():
            raise IndexError(no_dimensions(-1))
        each = [bins] * input.shape[-1] if isinstance(bins, int) else list(bins)
        name, edges = "aten::_histogramdd_from_bin_cts", even_edges(input._array, each, range)
        of_edges = tuple(underivable("aten::_histogramdd_bin_edges", Tensor._of(one), given) for one in edges)
    else:
        name, of_edges = "aten::_histogramdd_from_bin_tensors", tuple(bins)
    made = Tensor._of(counted(input._array, [one._array for one in of_edges], weights, density))
    hist = underivable(name, made, given)
    return named_results("histogramdd", ("hist", "bin_edges"))._make((hist, of_edges))
