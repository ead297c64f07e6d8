"""Differences, integrals, statistics of several variables, distances, running logarithms, histograms."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.binding_texts import argument_owed
from refgrad.cpp_spelling import cpp_type
from refgrad.dtypes import FLOATING, INTEGER
from refgrad.limits import finfo
from refgrad.operators import math_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.batched import by_example
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, function, not_implemented, operator
from refgrad.operators.examples import sum_to, unpacked
from refgrad.operators.exponentials import complex_logaddexp
from refgrad.operators.formula_arithmetic import over, plus, times
from refgrad.operators.formula_values import constant, written, zeros_like
from refgrad.operators.fourier_texts import no_dimensions
from refgrad.operators.getitem import SLICE
from refgrad.operators.kernels import without_imaginary
from refgrad.operators.matrix import matmul
from refgrad.operators.matrix_texts import mm_types, scalar_types
from refgrad.operators.mixtures import where
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.reductions import VECTOR_NORM, norm_gradient
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.underivable import underivable
from refgrad.operators.views_parts import UNBIND  # noqa: F401  # the views that are copied below are declared there
from refgrad.signatures.texts import MOST
from refgrad.tensor import Tensor

# ---- running logarithms -------------------------------------------------------------------------------------------


def logcumsumexp_forward(a: Any, dim: int) -> Any:
    axis = shapes.checked_dim(dim, a.ndim)
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("logcumsumexp_out_cpu", dtypes.of_array(a).scalar_name))
    if a.ndim == 0 or a.size == 0:
        return a.copy()
    if a.dtype.kind != "c":
        return np.ascontiguousarray(np.logaddexp.accumulate(a, axis=axis)) + a.dtype.type(0)
    made = a.copy()
    lanes = np.moveaxis(made, axis, 0)
    for i in range(1, len(lanes)):
        lanes[i] = complex_logaddexp(lanes[i - 1], lanes[i])
    return made


def logcumsumexp_gradient(grad: Any, self: Any, result: Any, dim: int) -> Any:
    """Positive and negative gradients apart, because both go through a logarithm."""
    if grad.dim() == 0 or grad.numel() == 0:
        return grad

    def summed_from_behind(x: Any) -> Any:
        return x.flip(dim).logcumsumexp(dim).flip(dim)

    if grad.is_complex():
        whole = (summed_from_behind(grad.conj().log() - result) + self).exp()
        return whole.conj()
    low = constant(grad, vars(finfo(grad.dtype))["min"])
    logarithm = grad.abs().log()
    positive = where(grad > 0, logarithm, low)
    negative = where(grad < 0, logarithm, low)
    return (summed_from_behind(positive - result) + self).exp() - (summed_from_behind(negative - result) + self).exp()


LOGCUMSUMEXP = operator(
    "logcumsumexp(Tensor self, int dim)",
    logcumsumexp_forward,
    node="LogcumsumexpBackward0",
    gradients={"self": logcumsumexp_gradient},
    dtype=KEEP,
)

# ---- differences and integrals ------------------------------------------------------------------------------------


@function("diff")
def diff(self: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours, `n` times."""
    if self.dim() == 0:
        raise RuntimeError(texts.DIFF_RANK)
    if n < 0:
        raise RuntimeError(texts.diff_order(n))
    if n > MOST:
        raise OverflowError  # in the words of the parser
    for each in (prepend, append):
        if each is not None:
            check_prolongation(self, each, dim)
    if n == 0:
        return zeros_like(self).copy_(self)
    axis = shapes.checked_dim(dim, self.dim())
    parts = [each for each in (prepend, self, append) if each is not None]
    made = FUNCTIONS["cat"](parts, dim) if len(parts) > 1 else self
    for _ in range(min(n, made.shape[axis])):
        size = made.shape[axis]
        lower, upper = made.narrow(dim, 0, size - 1), made.narrow(dim, 1, size - 1)
        made = upper.logical_xor(lower) if made._array.dtype.kind == "b" else upper - lower
    return made


def check_prolongation(self: Any, given: Any, dim: int) -> None:
    """Raise RuntimeError for what does not go before or behind."""
    axis = shapes.checked_dim(dim, self.dim())
    if given.dim() != self.dim():
        raise RuntimeError(texts.DIFF_DIMENSIONS)
    for place, (own, other) in enumerate(zip(self.shape, given.shape, strict=True)):
        if own != other and place != axis:
            raise RuntimeError(texts.diff_sizes(place, own, other))


def neighbours(y: Any, dim: int) -> tuple[Any, Any]:
    """All but the last, and all but the first: made in this order, which backward follows."""
    right = SLICE(y, dim, 1, None, 1)
    return SLICE(y, dim, 0, -1, 1), right


def widths(y: Any, x: Any, dim: int) -> Any:
    """Distances of the places, in the dimension of the values."""
    if x.dim() == 1:
        shape = [1] * y.dim()
        shape[dim] = x.shape[0]
        x = x.view(shape)
    elif x.dim() < y.dim():
        x = x.view((*[1] * (y.dim() - x.dim()), *x.shape))
    left, right = SLICE(x, dim, 0, -1, 1), SLICE(x, dim, 1, None, 1)
    return right - left


def size_along(y: Any, dim: int) -> int:
    if not y.dim():
        raise IndexError(no_dimensions(dim))
    size: int = y.shape[shapes.checked_dim(dim, y.dim())]
    return size


def check_trapezoid(name: str, y: Any, x: Any, dx: Any, dim: int) -> None:
    """Raise RuntimeError for types and places that there is no integral of."""
    if x is not None:
        if dtypes.bool_ in (y.dtype, x.dtype):
            raise RuntimeError(texts.trapezoid_bools(name, "`x` or `y`"))
        if x.dim() == 1 and x.shape[0] != size_along(y, dim):
            raise RuntimeError(texts.trapezoid_places(name))
    elif y.dtype is dtypes.bool_:
        raise RuntimeError(texts.trapezoid_bools(name, "`y`"))
    elif isinstance(dx, (bool, complex)):
        raise RuntimeError(texts.trapezoid_distance(name))


@function("trapezoid", public=FUNCTION)
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral by trapezoids."""
    if x is not None:
        dim = shapes.checked_dim(dim, y.dim())
    if size_along(y, dim) == 0:
        return written(y.new_zeros([n for i, n in enumerate(y.shape) if i != dim % y.dim()]))
    check_trapezoid("trapezoid", y, x, dx, dim)
    if x is not None:
        between = widths(y, x, dim)
        left, right = neighbours(y, dim)
        return over(((left + right) * between).sum(dim), 2.0)
    last = y.select(dim, -1)
    ends = times(y.select(dim, 0) + last, 0.5)
    return times(y.sum(dim) - ends, 1.0 if dx is None else dx)


@function("trapz", public=FUNCTION)
def trapz(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The same, of which the distance is a float."""
    return trapezoid(y, x, dx=None if dx is None else float(dx), dim=dim)


@function("cumulative_trapezoid", public=FUNCTION)
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The running integral by trapezoids."""
    if x is not None:
        dim = shapes.checked_dim(dim, y.dim())
    check_trapezoid("cumulative_trapezoid", y, x, dx, dim)
    if x is not None:
        between = widths(y, x, dim)
        left, right = neighbours(y, dim)
        return over(((left + right) * between).cumsum(dim), 2.0)
    left, right = neighbours(y, dim)
    return times(left + right, (1 if dx is None else dx) / 2.0).cumsum(dim)


# ---- several variables --------------------------------------------------------------------------------------------


@function("cov")
def cov(self: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Covariances of rows."""
    if self.dim() > 2:
        raise RuntimeError(texts.cov_rank(self.dim()))
    if self.dtype is dtypes.bool_:
        raise RuntimeError(texts.COV_BOOL)
    x = self.view((1, -1)) if self.dim() < 2 else self
    count = x.shape[1]
    weights = checked_weights(fweights, aweights, count)
    if weights is None:
        mean = (x.sum(1) / constant(x, count)).unsqueeze(1)
        freedom: Any = count - correction
        scaled = x - mean
        other = scaled
    else:
        sum_weights = weights.sum()
        mean = (x * weights).sum(1, True) / sum_weights
        freedom = sum_weights - correction
        if aweights is not None and correction != 0:
            freedom = sum_weights - correction * (weights * aweights).sum() / sum_weights
        scaled = x - mean
        other = scaled * weights
    if freedom <= 0:
        warnings.warn(texts.COV_FREEDOM, UserWarning, stacklevel=2)
        freedom = freedom.zero_() if isinstance(freedom, Tensor) else 0.0
    product = matmul(scaled, other.t().conj())
    return (product / (freedom if isinstance(freedom, Tensor) else constant(product, freedom))).squeeze()


def checked_weights(fweights: Any, aweights: Any, count: int) -> Any:
    """The product of both kinds of weights, as far as there are any.

    Raises RuntimeError for a type, a shape or a negative weight that does not fit.
    """
    for name, each, whole in (("fweights", fweights, True), ("aweights", aweights, False)):
        if each is None:
            continue
        if each.dim() > 1:
            raise RuntimeError(texts.cov_weights_rank(name, each.dim()))
        if each.dtype.category != (INTEGER if whole else FLOATING):
            raise RuntimeError(texts.cov_weights_type(name, "integral" if whole else "floating point", each.dtype))
        if each.numel() != count:
            raise RuntimeError(texts.cov_weights_size(name, each.numel(), count))
        if each.numel() and each._array.min() < 0:
            raise RuntimeError(texts.cov_weights_negative(name))
    if aweights is None:
        return fweights
    return aweights if fweights is None else fweights * aweights


@function("corrcoef")
def corrcoef(self: Any) -> Any:
    """Correlations of rows, kept between -1 and 1."""
    if self.dim() > 2:
        raise RuntimeError(texts.corrcoef_rank(self.dim()))
    covariance = cov(self)
    if covariance.dim() == 0:
        return covariance / covariance
    deviation = covariance.diag().sqrt()
    covariance = covariance / deviation.view(-1, 1)
    covariance = covariance / deviation.view(1, -1)
    if covariance.is_complex():
        return FUNCTIONS["complex"](covariance.real.clip(-1, 1), covariance.imag.clip(-1, 1))
    return covariance.clip(-1, 1)


@function("vander", public=FUNCTION)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Powers of the elements as columns, falling unless said otherwise."""
    if x.dim() != 1:
        raise RuntimeError(texts.VANDER_RANK)
    count = x.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError(texts.VANDER_COUNT)
    made = x.new_ones((x.shape[0], count), dtype=x.dtype if x.dtype.category >= FLOATING else dtypes.int64)
    if count > 1:
        made.narrow(1, 1, count - 1).copy_(x.unsqueeze(1))
        made.narrow(1, 1, count - 1).copy_(made.narrow(1, 1, count - 1).cumprod(1))
    return made if increasing else made.flip(1)


@function("combinations", public=FUNCTION)
def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of `r` elements, as rows."""
    if input.dim() != 1:
        raise RuntimeError(texts.combinations_rank(input.shape))
    if r == 0:
        return input.new_empty((0,))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(input.shape[0]), r)), dtype=np.int64).reshape(-1, r)
    return FUNCTIONS["stack"]([input[Tensor._of(np.ascontiguousarray(rows[:, i]))] for i in range(r)], 1)


@function("diagflat")
def diagflat(self: Any, offset: int = 0) -> Any:
    """All elements on a diagonal."""
    return self.reshape(-1).diag(offset)


@function("sum_to_size", public=METHOD)
def sum_to_size(self: Any, *size: Any) -> Any:
    """Summed over the dimensions that broadcasting would stretch.

    Raises TypeError without a size, RuntimeError for one that does not broadcast to the shape.
    """
    if not size:
        raise TypeError(argument_owed("sum_to_size", "size"))
    wanted = unpacked(size)
    if not shapes.expandable(wanted, self._array.shape):
        raise RuntimeError(texts.sum_to_size(wanted, self._array.shape))
    return sum_to(self, wanted)


# ---- distances ----------------------------------------------------------------------------------------------------


def distances(a: Any, b: Any, p: float) -> Any:
    apart = np.abs(a[..., :, None, :] - b[..., None, :, :])
    if p == 0:
        return np.minimum(np.ceil(apart), 1).sum(-1).astype(a.dtype)
    if math.isinf(p):
        return np.where(np.isnan(apart), 0, apart).max(-1) if apart.shape[-1] else np.zeros(apart.shape[:-1], a.dtype)
    if p == 1:
        return apart.sum(-1)
    if p == 2:
        return np.sqrt(np.square(apart).sum(-1))
    return np.power(np.power(apart, p).sum(-1), 1 / p).astype(a.dtype)


def distance_slopes(grad: Any, a: Any, b: Any, p: float, result: Any) -> Any:
    """The gradient of the first points."""
    apart = a[..., :, None, :] - b[..., None, :, :]
    grad, result = grad[..., None], result[..., None]
    sign, size = np.sign(apart), np.abs(apart)
    with np.errstate(all="ignore"):
        if p == 0:
            slopes = np.zeros_like(apart)
        elif p == 1:
            slopes = grad * sign
        elif math.isinf(p):
            slopes = grad * sign * (1 - np.minimum(1, np.ceil(np.abs(size - result))))
        elif p == 2:
            slopes = np.where(result == 0, 0, grad * apart / result)
        else:
            slopes = np.where(
                (result == 0) | ((size == 0) & (p < 1)), 0, sign * size ** (p - 1) * grad / result ** (p - 1)
            )
    return memory.indexed(slopes.sum(-2).astype(a.dtype))


CDIST_BACKWARD = operator(
    "_cdist_backward(Tensor grad, Tensor x1, Tensor x2, Tensor cdist, float p)",
    lambda grad, a, b, cdist, p: distance_slopes(grad, a, b, p, cdist),
    node="CdistBackwardBackward0",
    gradients=dict.fromkeys(("grad", "x1", "x2", "cdist"), not_implemented("_cdist_backward")),
    dtype=KEEP,
    public=False,
)

CDIST = operator(
    "_cdist_forward(Tensor x1, Tensor x2, float p)",
    lambda a, b, p: distances(a, b, p).astype(a.dtype, copy=False),
    node="CdistBackward0",
    gradients={
        "x1": lambda grad, x1, x2, p, result: CDIST_BACKWARD(grad.contiguous(), x1, x2, result, p),
        "x2": lambda grad, x1, x2, p, result: CDIST_BACKWARD(grad.mT.contiguous(), x2, x1, result.mT.contiguous(), p),
    },
    dtype=KEEP,
    public=False,
)


def euclidean_forward(a: Any, b: Any) -> Any:
    return distances(a, b, 2.0)


def euclidean_gradients(grad: Any, x1: Any, x2: Any, result: Any) -> Any:
    """By products of matrices, 0 where two points meet."""
    ratio = grad / result
    ratio = ratio.masked_fill(result == 0, 0)
    to_first = x1 * ratio.sum(-1, True) - matmul(ratio, x2)
    to_second = x2 * ratio.sum(-2, False).unsqueeze(-1) - matmul(ratio.mT, x1)
    return to_first, to_second


EUCLIDEAN = operator(
    "_euclidean_dist(Tensor x1, Tensor x2)",
    euclidean_forward,
    node="EuclideanDistBackward0",
    gradients={"x1, x2": euclidean_gradients},
    dtype=KEEP,
    public=False,
)


BY_PRODUCTS = "use_mm_for_euclid_dist"
BY_PRODUCTS_OF_MANY = "use_mm_for_euclid_dist_if_necessary"
ONE_BY_ONE = "donot_use_mm_for_euclid_dist"


def check_points(x1: Any, x2: Any, p: float) -> None:
    """Raise RuntimeError for points that are none, or none of one space, and for an order that there is not."""
    for name, each in (("X1", x1), ("X2", x2)):
        if each.dim() < 2:
            raise RuntimeError(texts.cdist_rank(name, each.dim()))
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(texts.cdist_columns(x1.shape[-1], x2.shape[-1]))
    for name, each in (("X1", x1), ("X2", x2)):
        if each.dtype.category != dtypes.FLOATING:
            raise RuntimeError(texts.cdist_type(name, each.dtype.scalar_name))
    if not p >= 0:
        raise RuntimeError(texts.CDIST_ORDER)


@function("cdist", public=FUNCTION)
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = BY_PRODUCTS_OF_MANY) -> Any:
    """Distances of all points of one set from all of another.

    Raises ValueError for an unknown mode, RuntimeError for points of another type or another space.
    """
    if type(compute_mode) is not str or compute_mode not in (BY_PRODUCTS, BY_PRODUCTS_OF_MANY, ONE_BY_ONE):
        raise ValueError(texts.cdist_mode(compute_mode))
    check_points(x1, x2, p)
    first, second = tuple(x1.shape[:-2]), tuple(x2.shape[:-2])
    try:
        lead = np.broadcast_shapes(first, second)
    except ValueError:
        shapes.raise_broadcast_error_of(first, second)
    x1, x2 = (each if tuple(each.shape[:-2]) == lead else each.expand((*lead, *each.shape[-2:])) for each in (x1, x2))
    any_distance, kinds = x1._array.size and x2._array.size, (x1.dtype, x2.dtype)
    many = compute_mode == BY_PRODUCTS_OF_MANY and max(x1.shape[-2], x2.shape[-2]) > 25
    if any_distance and p == 2 and (many or compute_mode == BY_PRODUCTS):
        if x1.dtype is not x2.dtype:
            raise RuntimeError(mm_types(*map(cpp_type, kinds)))
        return EUCLIDEAN(x1, x2).view((*lead, x1.shape[-2], x2.shape[-2]))
    if any_distance and x1.dtype.itemsize == 2:
        raise NotImplementedError(not_implemented_for("cdist", x1.dtype.scalar_name))
    if any_distance and x1.dtype is not x2.dtype:
        raise RuntimeError(scalar_types(*[each.scalar_name for each in kinds]))
    return CDIST(x1, x2, float(p))


def pairs(count: int) -> tuple[Any, Any]:
    first, second = np.triu_indices(count, 1)
    return first, second


def pdist_forward(a: Any, p: float) -> Any:
    first, second = pairs(a.shape[0])
    return distances(a, a, p)[first, second]


def pdist_backward(grad: Any, a: Any, pdist: Any, p: float) -> Any:
    count = a.shape[0]
    first, second = pairs(count)
    square, lengths = np.zeros((count, count), a.dtype), np.zeros((count, count), a.dtype)
    square[first, second] = square[second, first] = grad
    lengths[first, second] = lengths[second, first] = pdist
    return distance_slopes(square, a, a, p, lengths)


PDIST_BACKWARD = operator(
    "_pdist_backward(Tensor grad, Tensor self, Tensor pdist, float p)",
    pdist_backward,
    node="PdistBackwardBackward0",
    gradients=dict.fromkeys(("grad", "self", "pdist"), not_implemented("_pdist_backward")),
    dtype=KEEP,
    public=False,
)

PDIST = operator(
    "_pdist_forward(Tensor self, float p=2)",
    pdist_forward,
    node="PdistBackward0",
    gradients={"self": lambda grad, self, p, result: PDIST_BACKWARD(grad, self, result, p)},
    dtype=KEEP,
    public=False,
)


@functional
@function("pdist", public=FUNCTION)
def pdist(input: Any, p: float = 2.0) -> Any:
    """Distances of all pairs of rows.

    Raises RuntimeError for anything but a matrix of floating numbers, and for a negative order.
    """
    if input.dim() != 2:
        raise RuntimeError(texts.pdist_rank(input.dim()))
    if not input.dtype.is_floating_point:
        raise RuntimeError(texts.PDIST_TYPE)
    if not p >= 0:
        raise RuntimeError(texts.PDIST_ORDER)
    if input.dtype.itemsize == 2:
        raise NotImplementedError(not_implemented_for("pdist", input.dtype.scalar_name))
    return PDIST(input.contiguous(), p)


# ---- norms kept small ---------------------------------------------------------------------------------------------


def other_dims(ndim: int, dim: int) -> tuple[int, ...]:
    axis = shapes.checked_dim(dim, ndim)
    return tuple(i for i in range(ndim) if i != axis)


def renorm_forward(a: Any, p: float, dim: int, maxnorm: float) -> Any:
    if isinstance(p, complex):
        raise RuntimeError(texts.renorm_complex("p"))  # noqa: TRY004
    if not p > 0:
        raise RuntimeError(texts.RENORM_ORDER)
    if isinstance(maxnorm, complex):
        raise RuntimeError(texts.renorm_complex("maxnorm"))  # noqa: TRY004
    if not maxnorm >= 0:
        raise RuntimeError(texts.renorm_limit(maxnorm))
    if a.ndim < 2:
        raise RuntimeError(texts.renorm_rank(a.ndim))
    from refgrad.operators.reductions import vector_norm_forward

    norm = vector_norm_forward(a, float(p), other_dims(a.ndim, dim), True, None)
    factor = np.where(norm > maxnorm, a.dtype.type(maxnorm) / (norm + a.dtype.type(1e-7)), a.dtype.type(1))
    return a * factor


def renorm_gradient(grad: Any, self: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    dims = other_dims(self.dim(), dim)
    norm = VECTOR_NORM(self, p, dims, True, None)
    product = self.conj() * grad
    output = (product.real if product.is_complex() else product).sum(dims, True)
    through = norm_gradient(output, self, p, norm, dims, True)
    inverse = plus(norm, 1e-7).reciprocal()
    slope = times(inverse, maxnorm) * (grad - inverse * through)
    return where(norm > maxnorm, slope.to(grad.dtype), grad)


RENORM = operator(
    "renorm(Tensor self, Number p, int dim, Number maxnorm)",
    renorm_forward,
    node="RenormBackward0",
    gradients={"self": renorm_gradient},
    dtype=KEEP,
    inplace=True,
)

# ---- counts -------------------------------------------------------------------------------------------------------


@function("bincount")
@by_example("bincount")
def bincount(self: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number occurs, or the sum of weights for each."""
    a = self._array
    if a.dtype.kind not in "iu":
        raise NotImplementedError(not_implemented_for("bincount_cpu", dtypes.of_array(a).scalar_name))
    if minlength < 0:
        raise RuntimeError(texts.BINCOUNT_LENGTH)
    if a.ndim == 1 and a.size == 0:
        return Tensor._of(np.zeros(minlength, np.int64))
    if a.ndim != 1 or a.min() < 0:
        raise RuntimeError(texts.BINCOUNT_INPUT)
    if weights is None:
        return Tensor._of(np.bincount(a, None, minlength))
    heavy = weights._array
    if heavy.shape != a.shape:
        raise RuntimeError(texts.BINCOUNT_WEIGHTS)
    kind = heavy.dtype if heavy.dtype == np.float32 else np.dtype(np.float64)
    made = np.bincount(a, without_imaginary(heavy, kind).astype(np.float64), minlength).astype(kind)
    return underivable("aten::bincount", Tensor._of(made), (self, weights))
