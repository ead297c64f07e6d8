"""Statistics: variance, median, mode, quantiles."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import memory
from refgrad.dtypes import FROM_NUMPY, element, float32, float64
from refgrad.inplace_texts import ZERO_TENSOR_WRITTEN
from refgrad.levels import levels
from refgrad.operators import texts
from refgrad.operators.declare import KEEP, function, operator
from refgrad.operators.formula_arithmetic import times
from refgrad.operators.mixtures import where
from refgrad.operators.out_reductions_texts import QUANTILE as QUANTILE_OUT
from refgrad.operators.reductions import (
    MEAN,
    MEAN_DIM,
    axes_of,
    check_not_empty,
    count_of,
    dims_of,
    evenly_distributed,
    mean_gradient,
    restored,
    selected,
)
from refgrad.tensor import Tensor

# ---- variance -----------------------------------------------------------------------------------------------------


def spread(name: str, a: Any, dim: Any, correction: Any, keepdim: bool) -> tuple[Any, Any]:
    """Variance and mean, computed in float64 as PyTorch does, in the type of `a`."""
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.std_mean_type(name) if name.endswith("_mean") else texts.STD_TYPE)
    axes = axes_of(a, dim)
    wide = a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)
    count = math.prod(a.shape[axis] for axis in axes)
    freedom = count - (1 if correction is None else correction)
    if freedom <= 0 or (a.size == 0 and count - freedom >= 0):
        for _ in range(2 if a.dtype.kind == "c" and not name.endswith("_mean") else 1):  # of each part apart
            warnings.warn(texts.degrees_of_freedom(name), UserWarning, stacklevel=5)
    centre = np.sum(wide, axis=axes, keepdims=True) / np.float64(count)
    total = np.sum(np.square(np.abs(wide - centre)), axis=axes, keepdims=keepdim)
    variance = total / np.float64(max(freedom, 0))
    centre = (centre if keepdim else centre.squeeze(axes)).astype(a.dtype)
    return memory.indexed(np.asarray(variance)), memory.indexed(np.asarray(centre))


def var_gradient(grad: Any, self: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    """Without a degree of freedom every deviation weighs infinitely, but for none at all."""
    correction = 1 if correction is None else correction
    if self.dim() == 0 or dim is None:
        freedom = self.numel() - correction
        if freedom <= 0:
            flat = self == MEAN(self, None)
            return grad * where(flat, math.nan, math.inf)
        deviation = self - MEAN(self, None)
        return times(grad, 2.0 / freedom) * deviation
    if self.dim() > 1:
        grad = restored(grad, dim, self.dim(), keepdim=keepdim)
    freedom = (count_of(self.shape, dim) if dim else 1) - correction
    factor = 2.0 / freedom if freedom != 0 else math.inf
    deviation = self - MEAN_DIM(self, dim, True, None)
    return times(grad, factor) * deviation


def std_gradient(grad: Any, self: Any, result: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    """No slope is taken as 0 where the deviation is 0."""
    of_variance = grad / times(result, 2)
    if of_variance._is_zerotensor():
        raise RuntimeError(ZERO_TENSOR_WRITTEN)  # PyTorch fills its zeros in place
    return var_gradient(of_variance.masked_fill_(result == 0, 0), self, dim, correction, keepdim)


def with_mean(to_spread: Any, to_mean: Any, self: Any, dim: Any, keepdim: bool) -> Any:
    """Add the gradient of the mean, as far as there is one."""
    if to_mean is None:
        return to_spread
    through_mean = mean_gradient(to_mean, tuple(self.shape), dim, self.numel(), keepdim)
    return through_mean if to_spread is None else to_spread + through_mean


def var_mean_gradient(grads: Any, self: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    to_spread = None if grads[0] is None else var_gradient(grads[0], self, dim, correction, keepdim)
    return with_mean(to_spread, grads[1], self, dim, keepdim)


def std_mean_gradient(grads: Any, self: Any, result0: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    to_spread = None if grads[0] is None else std_gradient(grads[0], self, result0, dim, correction, keepdim)
    return with_mean(to_spread, grads[1], self, dim, keepdim)


def var_mean_forward(a: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    variance, centre = spread("var_mean", a, dim, correction, keepdim)
    return variance.astype(a.real.dtype), centre


def std_mean_forward(a: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    variance, centre = spread("std_mean", a, dim, correction, keepdim)
    return np.sqrt(variance).astype(a.real.dtype), centre


VAR = operator(
    "var.correction(Tensor self, int[]? dim=None, *, Number? correction=None, bool keepdim=False)",
    lambda a, dim, correction, keepdim: spread("var", a, dim, correction, keepdim)[0].astype(a.real.dtype),
    node="VarBackward0",
    gradients={"self": var_gradient},
    dtype=KEEP,
    public=False,
)

STD = operator(
    "std.correction(Tensor self, int[]? dim=None, *, Number? correction=None, bool keepdim=False)",
    lambda a, dim, correction, keepdim: np.sqrt(spread("std", a, dim, correction, keepdim)[0]).astype(a.real.dtype),
    node="StdBackward0",
    gradients={"self": std_gradient},
    dtype=KEEP,
    public=False,
)

VAR_MEAN = operator(
    "var_mean.correction(Tensor self, int[]? dim=None, *, Number? correction=None, bool keepdim=False)",
    var_mean_forward,
    node="VarMeanBackward0",
    gradients={"self": var_mean_gradient},
    dtype=KEEP,
    public=False,
)

STD_MEAN = operator(
    "std_mean.correction(Tensor self, int[]? dim=None, *, Number? correction=None, bool keepdim=False)",
    std_mean_forward,
    node="StdMeanBackward0",
    gradients={"self": std_mean_gradient},
    dtype=KEEP,
    public=False,
)


def publish_spread(name: str, row: Any) -> None:
    """The public functions: a bool in the place of the dimension is the old `unbiased`."""

    @function(name)
    def spread_of(
        self: Any, dim: Any = ..., unbiased: Any = None, keepdim: bool = False, *, correction: Any = ...
    ) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = ..., dim
        if correction is ...:
            known = dim is not ... or unbiased is not None
            correction = (1 if unbiased is None else int(unbiased)) if known else None
        if isinstance(correction, complex):
            correction = element(correction, float64)
        dim = None if dim is ... else dim
        return row(self, dims_of(dim), correction, keepdim)


publish_spread("var", VAR)
publish_spread("std", STD)
publish_spread("var_mean", VAR_MEAN)
publish_spread("std_mean", STD_MEAN)

# ---- median and mode ----------------------------------------------------------------------------------------------


def lower_middle(lane: Any, *, skip_nan: bool) -> int:
    """The place of the median of a vector, the lower one of two; nan wins unless it is skipped."""
    missing = np.isnan(lane) if lane.dtype.kind == "f" else np.zeros(lane.shape, bool)
    if missing.any() and (missing.all() or not skip_nan):
        return int(missing.argmax())
    count = lane.size - int(missing.sum())
    return int(np.argsort(lane, kind="stable")[(count - 1) // 2])


def no_bools(kernel: str, a: Any) -> None:
    if a.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))


def middle_of_all(*, skip_nan: bool) -> Callable[[Any], Any]:
    def forward(a: Any) -> Any:
        lane = a.reshape(-1)
        if lane.size == 0:
            least = np.iinfo(a.dtype).min if a.dtype.kind in "iu" else 0 if a.dtype.kind == "b" else np.nan
            return np.asarray(least, dtype=a.dtype)
        no_bools("median_cpu", a)
        return lane[lower_middle(lane, skip_nan=skip_nan)]

    return forward


def lane_by_lane(name: str, search: Callable[[Any], int], a: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    """What `search` finds along a dimension: values and places."""
    axes = axes_of(a, (dim,))
    check_not_empty(name, a, axes)
    if not axes:
        return a.copy(), np.zeros((), np.int64)
    lanes = np.moveaxis(a, axes[0], -1)
    shape = lanes.shape[:-1]
    found = [search(lane) for lane in lanes.reshape(math.prod(shape), a.shape[axes[0]])]
    places = np.array(found, dtype=np.int64).reshape(shape)
    places = np.expand_dims(places, axes[0])
    values = np.take_along_axis(a, places, axes[0])
    return (values, places) if keepdim else (values.squeeze(axes[0]), places.squeeze(axes[0]))


def middle_of_lanes(*, skip_nan: bool) -> Callable[..., Any]:
    def forward(a: Any, dim: int, keepdim: bool) -> Any:
        axes_of(a, (dim,))
        no_bools("median_out", a)
        return lane_by_lane("median", lambda lane: lower_middle(lane, skip_nan=skip_nan), a, dim, keepdim)

    return forward


MEDIAN = operator(
    "median(Tensor self)",
    middle_of_all(skip_nan=False),
    node="MedianBackward0",
    gradients={"self": evenly_distributed},
    dtype=KEEP,
    public=False,
)

MEDIAN_DIM = operator(
    "median.dim(Tensor self, int dim, bool keepdim=False) -> (values, indices)",
    middle_of_lanes(skip_nan=False),
    node="MedianBackward1",
    gradients={"self": selected},
    dtype=KEEP,
    public=False,
)

NANMEDIAN = operator(
    "nanmedian(Tensor self)",
    middle_of_all(skip_nan=True),
    node="NanmedianBackward0",
    gradients={"self": evenly_distributed},
    dtype=KEEP,
    public=False,
)

NANMEDIAN_DIM = operator(
    "nanmedian.dim(Tensor self, int dim, bool keepdim=False) -> (values, indices)",
    middle_of_lanes(skip_nan=True),
    node="NanmedianBackward1",
    gradients={"self": selected},
    dtype=KEEP,
    public=False,
)


@function("median")
def median(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The median of all elements, or along a dimension with its place; the lower one of two."""
    return MEDIAN(self) if dim is None else MEDIAN_DIM(self, dim, keepdim)


@function("nanmedian")
def nanmedian(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The median of the elements that are not nan."""
    return NANMEDIAN(self) if dim is None else NANMEDIAN_DIM(self, dim, keepdim)


def most_frequent(lane: Any) -> int:
    """The last place of the most frequent value, the smallest of several; nan only in the first place."""
    values, counts = np.unique(lane, return_counts=True, equal_nan=False)
    if counts.max() == 1 and lane[0] != lane[0]:
        return 0
    return int(np.flatnonzero(lane == values[counts.argmax()])[-1])


MODE = operator(
    "mode(Tensor self, int dim=-1, bool keepdim=False) -> (values, indices)",
    lambda a, dim, keepdim: lane_by_lane("mode", most_frequent, a, dim, keepdim),
    node="ModeBackward0",
    gradients={"self": selected},
    dtype=KEEP,
)

# ---- quantiles ----------------------------------------------------------------------------------------------------

ROUNDING: dict[str, Callable[[Any], Any]] = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}


def check_quantile(self: Any, q: Any, interpolation: str, out: Any = None) -> None:
    """Raise RuntimeError for what has no quantiles, for what is no quantile, and for an `out=` of type `out`."""
    if not isinstance(q, Tensor) and not 0 <= q <= 1:
        raise RuntimeError(texts.quantile_range(int(q) if float(q).is_integer() else q))
    if interpolation not in (*ROUNDING, "linear", "midpoint"):
        raise RuntimeError(texts.quantile_interpolation(interpolation))
    if self.numel() == 0:
        raise RuntimeError(texts.QUANTILE_EMPTY)
    if isinstance(q, Tensor) and q.dim() > 1:
        raise RuntimeError(texts.QUANTILE_RANK)
    if self.dtype not in (float32, float64):
        raise RuntimeError(texts.QUANTILE_INPUT_TYPE)
    if isinstance(q, Tensor) and q.dtype is not self.dtype:
        raise RuntimeError(texts.QUANTILE_TYPE)
    if out is not None and out is not self.dtype:
        raise RuntimeError(QUANTILE_OUT)
    if isinstance(q, Tensor) and not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError(texts.QUANTILES_RANGE)


def quantile_of(self: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, *, skip_nan: bool) -> Any:
    """Sort, then interpolate between the two neighbours of each rank."""
    check_quantile(self, q, interpolation)
    scalar = not isinstance(q, Tensor) or q.dim() == 0
    ranks_wanted = np.asarray(q._array if isinstance(q, Tensor) else q, dtype=self._array.dtype)
    shape = reduced_shape(self, dim, keepdim=keepdim)
    ordered = sorted_last(self, dim)
    size = ordered.shape[-1] if ordered.dim() else 1
    ordered = ordered.view([*shape, size])
    missing = np.isnan(ordered._array)
    if skip_nan:
        ranks = np.maximum(ranks_wanted * ((~missing).sum(-1, keepdims=True) - 1), 0)
    else:
        ranks = np.where(missing.any(-1, keepdims=True), size - 1, ranks_wanted * self._array.dtype.type(size - 1))
    ranks = ROUNDING.get(interpolation, np.positive)(ranks.astype(self._array.dtype))
    below = ordered.gather(-1, Tensor._of(np.floor(ranks).astype(np.int64)))
    wanted_grad = isinstance(q, Tensor) and (q.requires_grad or levels.active) and interpolation == "linear"
    if interpolation not in ROUNDING:
        above = ordered.gather(-1, Tensor._of(np.ceil(ranks).astype(np.int64)))
        weight = np.full_like(ranks, 0.5) if interpolation == "midpoint" else ranks - np.floor(ranks)
        below.lerp_(above, through_ranks(q, weight, ranks, missing, skip_nan) if wanted_grad else Tensor._of(weight))
    return below.squeeze_(-1) if scalar else below.unsqueeze_(0).transpose_(0, -1).squeeze_(-1)


def through_ranks(q: Any, weight: Any, ranks: Any, missing: Any, skip_nan: bool) -> Any:
    """The weights of the upper neighbours, as a function of the quantiles."""
    size = missing.shape[-1]
    steps = np.maximum((~missing).sum(-1, keepdims=True) - 1, 0) if skip_nan else np.asarray(size - 1)
    moving = q * Tensor._of(steps.astype(weight.dtype))
    if not skip_nan:
        moving = moving.masked_fill(Tensor._of(missing.any(-1, keepdims=True)), size - 1)
    return moving - Tensor._of(np.floor(ranks).astype(weight.dtype))


def reduced_shape(self: Any, dim: Any, *, keepdim: bool) -> list[int]:
    if dim is None:
        return [1] * self.dim() if keepdim else []
    shape = list(self.shape)
    for axis in axes_of(self._array, (dim,)):
        if keepdim:
            shape[axis] = 1
        else:
            del shape[axis]
    return shape


def sorted_last(self: Any, dim: Any) -> Any:
    if dim is None:
        return self.flatten().sort()[0]
    axis = (axes_of(self._array, (dim,)) or (0,))[0]
    if axis == self.dim() - 1:
        return self.sort()[0]
    return self.unsqueeze(-1).transpose(axis, -1).sort()[0]


@function("quantile")
def quantile(self: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    return quantile_of(self, q, dim, keepdim, interpolation, skip_nan=False)


@function("nanquantile")
def nanquantile(self: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    return quantile_of(self, q, dim, keepdim, interpolation, skip_nan=True)
