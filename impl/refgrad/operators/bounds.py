"""The larger and the smaller of two, and bounds: `maximum`, `clamp`, `nan_to_num`."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

import numpy as np

from refgrad.half import element
from refgrad.inplace import check_inplace
from refgrad.levels import levels
from refgrad.limits import limits_of_brain_float
from refgrad.modes import modes
from refgrad.operators import texts
from refgrad.operators.bounds_refused import CLAMPING, refusal, with_bounds
from refgrad.operators.call import call_inplace, is_recorded
from refgrad.operators.complex_texts import complex_not_differentiable
from refgrad.operators.declare import KEEP, function, inplace_of, operator
from refgrad.operators.formula_arithmetic import over
from refgrad.operators.formula_values import zeros_number
from refgrad.operators.kernels import laid_as_operand, operands
from refgrad.operators.mixtures import where
from refgrad.operators.tensors_only import tensors_only
from refgrad.tensor import Tensor

Compare = Callable[[Any, Any], Any]


def chosen(grad: Any, self: Any, other: Any, lost: Compare) -> Any:
    """The gradient where an operand was chosen, half of it where both were, 0 where it lost."""
    half = over(grad, 2)
    return where(self == other, half, grad).masked_fill_(lost(self, other), 0)


def where_it_is(compare: Compare) -> Callable[..., Any]:
    """The gradient where `compare` holds of operand and bound, 0 elsewhere."""

    def gradient(grad: Any, self: Any, bound: Any) -> Any:
        zero = zeros_number(grad, 0.0)
        return where(compare(self, bound), grad, zero)

    return gradient


at_least, at_most, below, above = (where_it_is(each) for each in (ge, le, lt, gt))


def larger(a: Any, b: Any) -> Any:
    """The larger of two, the first of equal ones (which decides on the sign of a zero); nan wins."""
    return np.where((b > a) | (b != b), b, a)


def smaller(a: Any, b: Any) -> Any:
    return np.where((b < a) | (b != b), b, a)


MAXIMUM = operator(
    "maximum(Tensor self, Tensor other)",
    larger,
    node="MaximumBackward0",
    gradients={
        "self": lambda grad, self, other: chosen(grad, self, other, lt),
        "other": lambda grad, self, other: chosen(grad, self, other, gt),
    },
    public=False,
    kernels={},
)

MINIMUM = operator(
    "minimum(Tensor self, Tensor other)",
    smaller,
    node="MinimumBackward0",
    gradients={
        "self": lambda grad, self, other: chosen(grad, self, other, gt),
        "other": lambda grad, self, other: chosen(grad, self, other, lt),
    },
    public=False,
    kernels={},
)


def is_first(better: Any, other: Any) -> Any:
    """Whether the first operand was chosen, which nan never is beside a number."""
    return better.logical_or_(other.isnan())


FMAX = operator(
    "fmax(Tensor self, Tensor other)",
    np.fmax,
    node="FmaxBackward0",
    gradients={
        "self": lambda grad, self, other: grad.masked_fill(is_first(self >= other, other).logical_not_(), 0),
        "other": lambda grad, self, other: grad.masked_fill(is_first(self >= other, other), 0),
    },
    public=False,
)

FMIN = operator(
    "fmin(Tensor self, Tensor other)",
    np.fmin,
    node="FminBackward0",
    gradients={
        "self": lambda grad, self, other: grad.masked_fill(is_first(self <= other, other).logical_not_(), 0),
        "other": lambda grad, self, other: grad.masked_fill(is_first(self <= other, other), 0),
    },
    public=False,
)

maximum = tensors_only(MAXIMUM, "maximum")
minimum = tensors_only(MINIMUM, "minimum")
tensors_only(FMAX, "fmax")
tensors_only(FMIN, "fmin")


def bounded(a: Any, low: Any, high: Any) -> Any:
    """Clamp; the upper bound wins where they cross, nan stays and spreads."""
    if low is not None and high is not None and a.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for("clamp_cpu", "Bool"))
    if low is not None:
        a = larger(a, low)
    return a if high is None else smaller(a, high)


def clamp_self(grad: Any, self: Any, min: Any, max: Any) -> Any:
    zero = zeros_number(grad, 0.0)
    if min is not None and max is not None:
        low, high = self >= min, self <= max
        apart = isinstance(min, Tensor) and levels.hide(self, min, max)
        inside = low.logical_and(high) if apart else low.logical_and_(high)
    else:
        inside = self >= min if max is None else self <= max
    return where(inside, grad, zero)


def clamp_bounds(grad: Any, self: Any, min: Any, max: Any, needed: Any) -> tuple[Any, Any]:
    """Where a bound took over it gets the gradient; crossed bounds belong to the upper one."""
    zero = zeros_number(grad, 0.0)
    to_min = to_max = None
    if min is not None and needed[1]:
        below = self < min if max is None else (min < max).logical_and(self < min)
        to_min = where(below, grad, zero)
    if max is not None and needed[2]:
        above = self > max if min is None else (self > max).logical_or(max < min)
        to_max = where(above, grad, zero)
    return to_min, to_max


CLAMP_TENSOR = operator(
    "clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None)",
    bounded,
    node="ClampBackward0",
    gradients={"self": clamp_self, "min, max": clamp_bounds},
    public=False,
)

CLAMP = operator(
    "clamp(Tensor self, Number? min=None, Number? max=None)",
    laid_as_operand(lambda a, low, high: bounded(*with_bounds(CLAMPING, a, low, high))),
    node="ClampBackward1",
    gradients={"self": clamp_self},
    dtype=KEEP,
    public=False,
    kernels={},
)

CLAMP_MIN = operator(
    "clamp_min(Tensor self, Number min)",
    laid_as_operand(lambda a, low: larger(*with_bounds("clamp_min_scalar_cpu", a, low))),
    node="ClampMinBackward0",
    gradients={"self": lambda grad, self, min: at_least(grad, self, min)},
    dtype=KEEP,
    public=False,
)

CLAMP_MIN_TENSOR = operator(
    "clamp_min.Tensor(Tensor self, Tensor min)",
    larger,
    node="ClampMinBackward1",
    gradients={
        "self": lambda grad, self, min: at_least(grad, self, min),
        "min": lambda grad, self, min: below(grad, self, min),
    },
    public=False,
)

CLAMP_MAX = operator(
    "clamp_max(Tensor self, Number max)",
    laid_as_operand(lambda a, high: smaller(*with_bounds("clamp_max_scalar_cpu", a, high))),
    node="ClampMaxBackward0",
    gradients={"self": lambda grad, self, max: at_most(grad, self, max)},
    dtype=KEEP,
    public=False,
)

CLAMP_MAX_TENSOR = operator(
    "clamp_max.Tensor(Tensor self, Tensor max)",
    smaller,
    node="ClampMaxBackward1",
    gradients={
        "self": lambda grad, self, max: at_most(grad, self, max),
        "max": lambda grad, self, max: above(grad, self, max),
    },
    public=False,
)


def clamp_row(name: str, self: Any, min: Any, max: Any) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """The overload for these bounds, its tensors and its attributes.

    Raises RuntimeError without a bound, TypeError for a number beside a tensor.
    """
    if min is None and max is None:
        raise RuntimeError(texts.CLAMP_WITHOUT_BOUNDS)
    given = [isinstance(each, Tensor) for each in (min, max) if each is not None]
    if all(given):
        return CLAMP_TENSOR, (self, min, max), ()
    if any(given):
        raise TypeError(texts.clamp_arguments(name, type(min).__name__, type(max).__name__))
    return CLAMP, (self,), (min, max)


def tried(row: Any, tensors: Any, attributes: Any, *, inplace: bool) -> Any:
    """The row on these, or what PyTorch says if it refuses their types."""
    try:
        return inplace_of(row)(*tensors, *attributes) if inplace else row(*tensors, *attributes)
    except (RuntimeError, OverflowError) as error:
        if inplace:
            check_inplace(tensors[0], is_recorded(tensors, row.differentiable))
        raise refusal(row, tensors, attributes, inplace=inplace) or error from None


@function("clamp", aliases=("clip",))
def clamp(self: Any, min: Any = None, max: Any = None) -> Any:
    """`self` kept between two bounds, which may be numbers or tensors."""
    return tried(*clamp_row("clamp", self, min, max), inplace=False)


@function("clamp_", aliases=("clip_",))
def clamp_(self: Any, min: Any = None, max: Any = None) -> Any:
    if min is None and max is None:
        check_inplace(self, is_recorded((self,), (0,)))
    return tried(*clamp_row("clamp_", self, min, max), inplace=True)


@function("clamp_min")
def clamp_min(self: Any, min: Any) -> Any:
    row = CLAMP_MIN_TENSOR if isinstance(min, Tensor) else CLAMP_MIN
    return tried(row, *operands(self, min), inplace=False)


@function("clamp_min_")
def clamp_min_(self: Any, min: Any) -> Any:
    row = CLAMP_MIN_TENSOR if isinstance(min, Tensor) else CLAMP_MIN
    return tried(row, *operands(self, min), inplace=True)


@function("clamp_max")
def clamp_max(self: Any, max: Any) -> Any:
    row = CLAMP_MAX_TENSOR if isinstance(max, Tensor) else CLAMP_MAX
    return tried(row, *operands(self, max), inplace=False)


@function("clamp_max_")
def clamp_max_(self: Any, max: Any) -> Any:
    row = CLAMP_MAX_TENSOR if isinstance(max, Tensor) else CLAMP_MAX
    return tried(row, *operands(self, max), inplace=True)


def nan_to_num_forward(a: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    if a.dtype.kind in "biu":
        return a.copy()
    if a.dtype.kind == "V":
        most = limits_of_brain_float().max
        usual = (0.0, most, -most)
        given = [each if one is None else one for each, one in zip(usual, (nan, posinf, neginf), strict=True)]
        there = (np.isnan(a), a == np.inf, a == -np.inf)
        return np.select(there, [np.full_like(a, each) for each in given], a)
    given = [None if each is None else element(a.real.dtype, each) for each in (nan or 0.0, posinf, neginf)]
    return np.nan_to_num(a, nan=given[0], posinf=given[1], neginf=given[2])


NAN_TO_NUM = operator(
    "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
    nan_to_num_forward,
    node="NanToNumBackward0",
    gradients={"self": lambda grad, self: grad * self.isfinite()},
    public=False,
)


@function("nan_to_num")
def nan_to_num(self: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    """Numbers in the place of NaN and infinities. Raises RuntimeError for complex numbers that are recorded."""
    if modes.grad and isinstance(self, Tensor) and self.is_complex() and self.requires_grad:
        raise RuntimeError(complex_not_differentiable("nan_to_num"))
    return NAN_TO_NUM(self, nan, posinf, neginf)


@function("nan_to_num_")
def nan_to_num_(self: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    return call_inplace(NAN_TO_NUM, (self,), (nan, posinf, neginf))
