"""`torch.histogram` and `histogramdd`: how many elements, or how much weight, lie between edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.cpp_spelling import stored_type
from refgrad.forward_texts import no_fallback
from refgrad.levels import is_batched, levels
from refgrad.operators import histogram_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, function, named_results, operator
from refgrad.operators.fourier_texts import no_dimensions
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.transformed import refuse_tangents
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor


def kind_of(a: Any) -> str:
    return stored_type(dtypes.of_array(a))


def check_points(points: Any, bins: Sequence[Any], weight: Any) -> None:
    """Raises RuntimeError for points, edges and weights that do not fit each other."""
    if points.ndim < 2:
        raise RuntimeError(texts.RANK)
    width = points.shape[-1]
    if len(bins) != width:
        raise RuntimeError(texts.sequences(width, len(bins)))
    for place, each in enumerate(bins):
        if isinstance(each, int):
            if each <= 0:
                raise RuntimeError(texts.count(each, place))
            continue
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


def counted(points: Any, bins: Sequence[Any], range: Any, weight: Any, density: bool) -> tuple[Any, list[Any]]:
    """The histogram of points, whose coordinates are the last dimension, and the edges."""
    check_points(points, bins, weight)
    kind = points.dtype
    if any(isinstance(each, int) for each in bins):
        ends = outermost(points, range)
        edges = [np.linspace(*pair, each + 1).astype(kind) for pair, each in zip(ends, bins, strict=True)]
    else:
        edges = list(bins)
    if kind not in (np.float32, np.float64):
        raise NotImplementedError(not_implemented_for("histogramdd", dtypes.of_array(points).scalar_name))
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
    return made.astype(kind), edges


def arrays_of(bins: Any) -> Any:
    return bins._array if isinstance(bins, Tensor) else bins


def flat(points: Any, weight: Any) -> tuple[Any, Any]:
    return points.reshape(-1, 1), None if weight is None else weight.reshape(-1)


def by_count(points: Any, weight: Any, bins: int, range: Any, density: bool) -> Any:
    rows, weights = flat(points, weight)
    made, edges = counted(rows, [bins], range, weights, density)
    return made, edges[0]


def by_edges(points: Any, bins: Any, weight: Any, density: bool) -> Any:
    rows, weights = flat(points, weight)
    return counted(rows, [bins], None, weights, density)[0], bins.copy()


BY_COUNT = operator(
    "histogram.bin_ct(Tensor self, Tensor? weight, int bins, float[]? range, bool density) -> (hist, bin_edges)",
    by_count,
    dtype=KEEP,
    public=False,
)
BY_EDGES = operator(
    "histogram.bins_tensor(Tensor self, Tensor bins, Tensor? weight, bool density) -> (hist, bin_edges)",
    by_edges,
    dtype=KEEP,
    public=False,
)


@function("histogram")
def histogram(self: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """How many elements lie between edges, and the edges."""
    if range is not None and isinstance(bins, Tensor):
        raise TypeError  # in the words of the parser
    if levels.active:
        refuse_tangents("aten::histogram", (self, bins, weight))
    if isinstance(bins, Tensor):
        found = BY_EDGES(self, bins, weight, density)
    else:
        found = BY_COUNT(self, weight, bins, range, density)
    results = [underivable("aten::histogram", each, (self, bins, weight)) for each in found]
    return named_results("histogram", ("hist", "bin_edges"))._make(results)


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
    if not input.dim():
        raise IndexError(no_dimensions(-1))
    width = input.shape[-1]
    each = [bins] * width if isinstance(bins, int) else [arrays_of(one) for one in bins]
    if input.dim() > 1 and counts and len(each) != width:
        raise RuntimeError(texts.SIZE)
    weights = None if weight is None else weight._array
    made, edges = counted(input._array, each, range, weights, density)
    name = "aten::_histogramdd_from_bin_cts" if counts else "aten::_histogramdd_from_bin_tensors"
    made_of = (Tensor._of(one) for one in (made, *edges))
    hist, *of_edges = (underivable(name, one, given) for one in made_of)
    return named_results("histogramdd", ("hist", "bin_edges"))._make((hist, tuple(of_edges)))
