"""Reductions along dimensions and running reductions: sums, products, extremes, norms.

`dim` is a number, several or none; an empty tuple means all of them, as None does. What is saved is what the caller
passed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.bfloat import widened
from refgrad.creation import filled_below
from refgrad.dtypes import FROM_NUMPY
from refgrad.inplace import check_inplace
from refgrad.inplace_texts import output_shape_mismatch
from refgrad.levels import levels, physical
from refgrad.modes import modes
from refgrad.operators import texts
from refgrad.operators.bounds import MAXIMUM, MINIMUM
from refgrad.operators.call import call_inplace, is_recorded
from refgrad.operators.declare import FLOAT, FUNCTION, KEEP, METHOD, function, operator
from refgrad.operators.examples import EXPAND, SUM, SUM_DIM, UNSQUEEZE, sum_dim_gradient
from refgrad.operators.formula_arithmetic import over
from refgrad.operators.formula_values import written, zeros_like
from refgrad.operators.kernels import without_imaginary
from refgrad.operators.mixtures import where
from refgrad.operators.ordering import selected_gradient
from refgrad.operators.tensors_only import check_tensor
from refgrad.tensor import Tensor

# ---- what the rows share ------------------------------------------------------------------------------------------


def dims_of(dim: Any) -> Any:
    """Dimensions as a tuple; None stays None."""
    return dim if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)


def axes_of(a: Any, dim: Any) -> tuple[int, ...]:
    """The axes to reduce, counted from the front. Raises IndexError and RuntimeError for wrong ones."""
    axes = shapes.checked_dims(dim or (), a.ndim)
    return (axes or tuple(range(a.ndim))) if a.ndim else ()


def restored(tensor: Any, dim: Any, ndim: int, *, keepdim: bool) -> Any:
    """A reduced tensor with its reduced dimensions back, of size 1; unless they all went, which broadcasts anyway."""
    if keepdim or ndim == 0:
        return tensor
    for each in sorted(shapes.checked_dim(each, ndim) for each in dim or ()):
        tensor = UNSQUEEZE(tensor, each)
    return tensor


def reshaped(tensor: Any, dim: Any, *, keepdim: bool) -> Any:
    """The same by one view, as some formulas do it."""
    if keepdim:
        return tensor
    shape = list(tensor.shape)
    ndim = len(shape) + len(dim or ())
    for each in sorted(shapes.checked_dim(each, ndim) for each in dim or ()) if ndim else ():
        shape.insert(each, 1)
    return tensor.reshape(shape[: ndim if tensor.dim() or dim else 0])


def count_of(sizes: Any, dim: Any) -> int:
    """How many elements become one."""
    ndim = len(sizes)
    dims = [shapes.checked_dim(each, ndim) for each in dim or range(ndim)] if ndim else []
    return math.prod(sizes[each] for each in dims)


def check_not_empty(name: str, a: Any, axes: tuple[int, ...]) -> None:
    """Raise IndexError where nothing is left to choose from."""
    for axis in axes:
        if a.shape[axis] == 0:
            raise IndexError(texts.empty_dimension(name, axis))


def given_dim(name: str, a: Any, dim: Any) -> tuple[int, ...]:
    """The axes of an operator that needs elements to choose from."""
    if a.size == 0 and not dim:
        raise RuntimeError(texts.dimension_wanted(name))
    for each in dim or ():
        if a.ndim and a.shape[shapes.checked_dim(each, a.ndim)] == 0:
            raise IndexError(texts.empty_dimension(name, each))
    return axes_of(a, dim)


def whole_number(a: Any, dtype: Any) -> Any:
    """The type that sums and products are computed in: integers become int64."""
    return dtype.numpy if dtype else np.dtype(np.int64) if a.dtype.kind in "biu" else a.dtype


def check_result_type(self: Any, dtype: Any) -> None:
    """Raise RuntimeError for a result that could not carry the gradient it should."""
    if dtype is not None and dtype.category < dtypes.FLOATING and modes.grad and self.requires_grad:
        without_imaginary(self._array, dtype.numpy)
        raise RuntimeError(texts.no_gradient_type(dtype.scalar_name))


# ---- sums and means -----------------------------------------------------------------------------------------------


@function("sum")
def sum(self: Any, dim: Any = ..., keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of all elements, or along dimensions; integers are summed as int64."""
    if not isinstance(self, Tensor):
        check_tensor("sum", "input", 1, self)
    check_result_type(self, dtype)
    return SUM(self, dtype) if dim is ... else SUM_DIM(self, dims_of(dim), keepdim, dtype)


def mean_forward(a: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    kind = dtype or FROM_NUMPY[a.dtype]
    if kind.category < dtypes.FLOATING:
        raise RuntimeError(texts.mean_type("Optional" if dtype else "Input", kind.scalar_name))
    axes = axes_of(a, dim)
    a = without_imaginary(a, kind.numpy)
    total = memory.in_order(np.sum(a, axis=axes, keepdims=keepdim, dtype=kind.numpy), a)
    return total / kind.numpy.type(math.prod(a.shape[axis] for axis in axes))


MEAN = operator(
    "mean(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: mean_forward(a, None, False, dtype),
    node="MeanBackward0",
    gradients={
        "self": lambda grad, self_sym_sizes, self_sym_numel: over(EXPAND(grad, self_sym_sizes, False), self_sym_numel)
    },
    dtype=KEEP,
    public=False,
    kernels={},
)


def mean_gradient(grad: Any, self_sym_sizes: Any, dim: Any, self_sym_numel: Any, keepdim: bool) -> Any:
    count = self_sym_numel if dim is None else count_of(self_sym_sizes, dim)
    return over(sum_dim_gradient(grad, self_sym_sizes, dim, keepdim), count)


MEAN_DIM = operator(
    "mean.dim(Tensor self, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    mean_forward,
    node="MeanBackward1",
    gradients={"self": mean_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)


@function("mean")
def mean(self: Any, dim: Any = ..., keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of all elements, or along dimensions. Raises RuntimeError for integers."""
    return MEAN(self, dtype) if dim is ... else MEAN_DIM(self, dims_of(dim), keepdim, dtype)


def nansum_gradient(grad: Any, self: Any, dim: Any, keepdim: bool) -> Any:
    grad = as_type(grad, self)
    kept = self.isnan().logical_not()
    return sum_dim_gradient(grad, self.shape, dim, keepdim) * kept


def nansum_forward(a: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    axes, kind = axes_of(a, dim), whole_number(a, dtype)
    if a.dtype.kind == "c":
        raise RuntimeError(texts.NANSUM_COMPLEX)
    if a.dtype.kind in "fV" and kind.kind == "c":
        raise NotImplementedError(texts.not_implemented_for("nansum_cpu", FROM_NUMPY[kind].scalar_name))
    return np.sum(np.where(np.isnan(a), 0, a) if a.dtype.kind == "f" else a, axis=axes, keepdims=keepdim, dtype=kind)


NANSUM = operator(
    "nansum(Tensor self, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    nansum_forward,
    node="NansumBackward0",
    gradients={"self": lambda grad, self, dim, keepdim: nansum_gradient(grad, self, dim, keepdim)},
    dtype=KEEP,
    public=False,
)


def as_type(tensor: Any, like: Any) -> Any:
    return tensor if tensor.dtype is like.dtype else tensor.to(like.dtype)


@function("nansum")
def nansum(self: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum, with nan counted as 0."""
    check_result_type(self, dtype)
    return NANSUM(self, dims_of(dim), keepdim, dtype)


@function("nanmean")
def nanmean(self: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of the elements that are not nan. Raises RuntimeError for integers."""
    dims = dims_of(dim)
    if self.dtype.category < dtypes.FLOATING:
        raise RuntimeError(texts.nanmean_type(self.dtype.scalar_name))
    if dtype is not None and dtype.category < dtypes.FLOATING:
        raise RuntimeError(texts.mean_type("Optional", dtype.scalar_name, "nanmean"))
    bare = self.detach()
    known = (bare != bare).logical_not_() if levels.asks(self) else bare.isnan().logical_not()
    count = SUM_DIM(known, dims, keepdim, None)
    return NANSUM(self, dims, keepdim, dtype) / count


@function("count_nonzero", public=FUNCTION)
def count_nonzero(self: Any, dim: Any = None) -> Any:
    return COUNT_NONZERO(self, dims_of(dim))


@function("count_nonzero", public=METHOD)
def count_nonzero_method(self: Any, *dims: int, dim: Any = None) -> Any:
    """The same, with dimensions one by one."""
    return count_nonzero(self, dim if not dims else dims[0] if len(dims) == 1 else dims)


COUNT_NONZERO = operator(
    "count_nonzero(Tensor self, int[]? dim)",
    lambda a, dim: np.sum(a != 0, axis=axes_of(a, dim), dtype=np.int64),
    dtype=KEEP,
    public=False,
)

# ---- products -----------------------------------------------------------------------------------------------------


def others_product(grad: Any, self: Any, dim: int) -> Any:
    """The product of all other elements: of those before and those after, so that a zero does no harm."""
    size = self.shape[dim]
    if self.numel() == 0:
        return zeros_like(self)
    if size == 1:
        return grad
    one = self.new_ones([1 if axis == dim else n for axis, n in enumerate(self.shape)])
    before = joined([one, self.narrow(dim, 0, size - 1)], dim).cumprod(dim)
    after = joined([one, self.narrow(dim, 1, size - 1).flip(dim)], dim).cumprod(dim).flip(dim)
    return grad * (before * after).conj()


def joined(tensors: list[Any], dim: int) -> Any:
    from refgrad.operators.names import FUNCTIONS

    return FUNCTIONS["cat"](tensors, dim)


def prod_gradient(grad: Any, self: Any, result: Any) -> Any:
    """By division where nothing is zero; nothing where two elements are, unless that is to be differentiated again."""
    self = as_type(self, grad)
    if self.dim() == 0:
        return grad
    if levels.hide(self):
        return others_product(grad, self.contiguous().view(-1), 0).view(self.shape)
    zeros = np.count_nonzero(physical(self) == 0)
    if zeros == 0:
        return grad * (result / self).conj()
    if zeros > 1 and not modes.grad:
        return self.new_zeros(self.shape)
    return others_product(grad, self.contiguous().view(-1), 0).view(self.shape)


PROD = operator(
    "prod(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: np.prod(without_imaginary(a, whole_number(a, dtype)), dtype=whole_number(a, dtype)),
    node="ProdBackward0",
    gradients={"self": prod_gradient},
    dtype=KEEP,
    public=False,
)


def prod_dim_forward(a: Any, dim: int, keepdim: bool, dtype: Any) -> Any:
    axes, kind = axes_of(a, (dim,)), whole_number(a, dtype)
    return memory.in_order(np.prod(without_imaginary(a, kind), axis=axes, keepdims=keepdim, dtype=kind), a)


def prod_dim_gradient(grad: Any, self: Any, result: Any, dim: int, keepdim: bool) -> Any:
    self = as_type(self, grad)
    if self.dim() == 0:
        return grad
    axis = shapes.checked_dim(dim, self.dim())
    if not keepdim:
        grad, result = UNSQUEEZE(grad, axis), UNSQUEEZE(result, axis)
    if not levels.hide(self) and (physical(self) != 0).all():
        return grad * (result / self).conj()
    return others_product(grad, self, axis)


PROD_DIM = operator(
    "prod.dim_int(Tensor self, int dim, bool keepdim=False, *, dtype? dtype=None)",
    prod_dim_forward,
    node="ProdBackward1",
    gradients={"self": prod_dim_gradient},
    dtype=KEEP,
    public=False,
)


@function("prod")
def prod(self: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product of all elements, or along one dimension."""
    check_result_type(self, dtype)
    return PROD(self, dtype) if dim is None else PROD_DIM(self, dim, keepdim, dtype)


# ---- extremes -----------------------------------------------------------------------------------------------------


def extreme(name: str, reduce: Callable[..., Any]) -> Callable[..., Any]:
    def forward(a: Any, dim: Any, keepdim: bool) -> Any:
        axes = given_dim(name, a, dim)
        made = reduce(a, axis=axes, keepdims=keepdim)
        if a.dtype.kind == "f" and np.count_nonzero(made) != made.size:
            # The first of several zeros decides on the sign of the result, with NumPy the last.
            made = reduce(a[(slice(None, None, -1),) * a.ndim], axis=axes, keepdims=keepdim)
            made = made[(slice(None, None, -1),) * made.ndim].copy(order="C")
        return memory.in_order(made, a)

    return forward


def shared_gradient(grad: Any, self: Any, result: Any, dim: Any, keepdim: bool) -> Any:
    """All elements that equal the extreme share its gradient evenly."""
    chosen = reshaped(result, dim, keepdim=keepdim) == self
    return reshaped(grad, dim, keepdim=keepdim) / SUM_DIM(chosen, dim or (), True, None) * chosen


AMAX = operator(
    "amax(Tensor self, int[] dim=(), bool keepdim=False)",
    extreme("amax", np.amax),
    node="AmaxBackward0",
    gradients={"self": shared_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)

AMIN = operator(
    "amin(Tensor self, int[] dim=(), bool keepdim=False)",
    extreme("amin", np.amin),
    node="AminBackward0",
    gradients={"self": shared_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)


@function("amax")
def amax(self: Any, dim: Any = (), keepdim: bool = False) -> Any:
    return AMAX(self, dims_of(dim) or (), keepdim)


@function("amin")
def amin(self: Any, dim: Any = (), keepdim: bool = False) -> Any:
    return AMIN(self, dims_of(dim) or (), keepdim)


def aminmax_forward(a: Any, dim: Any, keepdim: bool) -> Any:
    if dim is None:
        if a.size == 0:
            raise RuntimeError(texts.AMINMAX_EMPTY)
        axes = tuple(range(a.ndim))
    else:
        axes = axes_of(a, (dim,))
        for axis in axes:
            if a.shape[axis] == 0:
                raise IndexError(texts.empty_dimension("aminmax", axis).replace("()", ""))
    return np.amin(a, axis=axes, keepdims=keepdim), np.amax(a, axis=axes, keepdims=keepdim)


def shared_beside(grad: Any, self: Any, result: Any, dims: Any, keepdim: bool) -> Any:
    """The same, in the order of another formula."""
    result, grad = (reshaped(each, dims, keepdim=keepdim) for each in (result, grad))
    chosen = self == result
    return grad / SUM_DIM(chosen, dims, True, None) * chosen


def aminmax_gradient(grads: Any, self: Any, dim: Any, keepdim: bool, min: Any, max: Any) -> Any:
    dims = tuple(range(self.dim())) if dim is None else (dim,)
    found = [
        shared_beside(grad, self, result, dims, keepdim)
        for grad, result in zip(grads, (min, max), strict=True)
        if grad is not None
    ]
    return found[0] if len(found) == 1 else written(found[0] + found[1])


AMINMAX = operator(
    "aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (min, max)",
    aminmax_forward,
    node="AminmaxBackward0",
    gradients={"self": aminmax_gradient},
    dtype=KEEP,
)


def evenly_distributed(grad: Any, self: Any, result: Any) -> Any:
    """All elements equal to the result share the gradient, nan counting as equal to nan."""
    if levels.hide(self, result, grad):
        both = self.isnan().logical_and(result.isnan())
        mask = (self == result).logical_or_(both)
        share = grad / SUM(mask, None)
        return mask * share
    mask = self == result
    if self._array.dtype.kind in "fV":
        mask = mask | (self.isnan() & result.isnan())
    return filled_below(written(zeros_like(self).masked_fill(mask, grad / SUM(mask, None))), grad)


def whole_extreme(name: str, reduce: Callable[..., Any]) -> Callable[[Any], Any]:
    def forward(a: Any) -> Any:
        given_dim(name, a, None)
        return reduce(a)

    return forward


def place_of_extreme(name: str, search: Callable[..., Any]) -> Callable[..., Any]:
    def forward(a: Any, dim: int, keepdim: bool) -> Any:
        axes = axes_of(a, (dim,))
        check_not_empty(name, a, axes)
        if a.ndim == 0:
            return a.copy(), np.zeros((), np.int64)
        places = np.asarray(search(a, axis=axes[0], keepdims=True))
        values = np.take_along_axis(a, places, axes[0])
        return (values, places) if keepdim else (values.squeeze(axes[0]), places.squeeze(axes[0]))

    return forward


def selected(grad: Any, dim: int, indices: Any, self_sym_sizes: Any, keepdim: bool) -> Any:
    return selected_gradient(grad, dim, indices, self_sym_sizes, keepdim=keepdim)


MAX = operator(
    "max(Tensor self)",
    whole_extreme("max", np.amax),
    node="MaxBackward1",
    gradients={"self": evenly_distributed},
    dtype=KEEP,
    public=False,
)

MAX_DIM = operator(
    "max.dim(Tensor self, int dim, bool keepdim=False) -> (values, indices)",
    place_of_extreme("max", np.argmax),
    node="MaxBackward0",
    gradients={"self": selected},
    dtype=KEEP,
    public=False,
)

MIN = operator(
    "min(Tensor self)",
    whole_extreme("min", np.amin),
    node="MinBackward1",
    gradients={"self": evenly_distributed},
    dtype=KEEP,
    public=False,
)

MIN_DIM = operator(
    "min.dim(Tensor self, int dim, bool keepdim=False) -> (values, indices)",
    place_of_extreme("min", np.argmin),
    node="MinBackward0",
    gradients={"self": selected},
    dtype=KEEP,
    public=False,
)


@function("max")
def max(self: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; along a dimension with its place; or elementwise of two tensors."""
    if isinstance(dim, Tensor) or other is not None:
        return MAXIMUM(self, dim if other is None else other)
    return MAX(self) if dim is None else MAX_DIM(self, dim, keepdim)


@function("min")
def min(self: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; along a dimension with its place; or elementwise of two tensors."""
    if isinstance(dim, Tensor) or other is not None:
        return MINIMUM(self, dim if other is None else other)
    return MIN(self) if dim is None else MIN_DIM(self, dim, keepdim)


def place(name: str, search: Callable[..., Any]) -> Callable[..., Any]:
    def forward(a: Any, dim: Any, keepdim: bool) -> Any:
        if a.dtype.kind == "b":
            raise RuntimeError(texts.bools_not_supported(name))
        if dim is None:
            if a.size == 0:
                raise IndexError(texts.dimension_wanted(name).split(" Specify")[0])
            return search(a, keepdims=keepdim)
        axes = axes_of(a, (dim,))
        check_not_empty(name, a, axes)
        return search(a, axis=axes[0], keepdims=keepdim) if axes else np.zeros((), np.int64)

    return forward


ARGMAX = operator("argmax(Tensor self, int? dim=None, bool keepdim=False)", place("argmax", np.argmax), dtype=KEEP)
ARGMIN = operator("argmin(Tensor self, int? dim=None, bool keepdim=False)", place("argmin", np.argmin), dtype=KEEP)


def truth(reduce: Callable[..., Any]) -> Callable[..., Any]:
    """Bytes stay bytes; unlike elsewhere, no dimensions mean none."""

    def forward(a: Any, dim: Any, keepdim: bool) -> Any:
        found = reduce(a, axis=() if dim == () else axes_of(a, dim), keepdims=keepdim)
        return np.asarray(found, dtype=np.uint8 if a.dtype == np.uint8 else np.bool_)

    return forward


ANY = operator("any(Tensor self, int[]? dim=None, bool keepdim=False)", truth(np.any), dtype=KEEP, public=False)
ALL = operator("all(Tensor self, int[]? dim=None, bool keepdim=False)", truth(np.all), dtype=KEEP, public=False)


@function("any")
def any(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return ANY(self, dims_of(dim), keepdim)


@function("all")
def all(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return ALL(self, dims_of(dim), keepdim)


# ---- exponentials -------------------------------------------------------------------------------------------------


def logsumexp_forward(a: Any, dim: Any, keepdim: bool) -> Any:
    axes = axes_of(a, dim)
    if a.size == 0:
        return np.log(np.sum(np.exp(a), axis=axes, keepdims=keepdim))
    if a.ndim and not dim and not keepdim:  # PyTorch's sum goes over all dimensions, its largest over none
        raise RuntimeError(output_shape_mismatch((), (1,) * a.ndim))
    peak = np.amax(a.real, axis=axes, keepdims=True)
    peak = np.where(np.isinf(peak), peak.dtype.type(0), peak)
    total = np.sum(widened(np.exp(a - peak)), axis=axes, keepdims=True).astype(a.dtype)
    total = np.log(total) + peak
    return total if keepdim else total.squeeze(axes)


def logsumexp_gradient(grad: Any, self: Any, result: Any, dim: Any, keepdim: bool) -> Any:
    ndim = self.dim()
    grad, result = (restored(each, dim, ndim, keepdim=keepdim) for each in (grad, result))
    weight = (self - result).exp()
    return grad * weight.conj()


LOGSUMEXP = operator(
    "logsumexp(Tensor self, int[] dim, bool keepdim=False)",
    logsumexp_forward,
    node="LogsumexpBackward0",
    gradients={"self": logsumexp_gradient},
    dtype=FLOAT,
    public=False,
)


@function("logsumexp")
def logsumexp(self: Any, dim: Any, keepdim: bool = False) -> Any:
    """The logarithm of the sum of exponentials, without overflow."""
    return LOGSUMEXP(self, dims_of(dim), keepdim)


# ---- running reductions -------------------------------------------------------------------------------------------


def running(name: str, accumulate: Callable[..., Any]) -> Callable[..., Any]:
    def forward(a: Any, dim: int, dtype: Any) -> Any:
        axes = axes_of(a, (dim,))
        kind = whole_number(a, dtype)
        if kind == np.bool_ and a.ndim and a.size:
            raise NotImplementedError(texts.not_implemented_for(f"{name}_out_cpu", "Bool"))
        a = without_imaginary(a, kind)
        return np.ascontiguousarray(accumulate(a, axis=axes[0], dtype=kind)) if axes else a.astype(kind)

    return forward


def sum_from_zero(a: Any, axis: int, dtype: Any) -> Any:
    """A running sum that begins with 0.0, so that none of its zeros is negative."""
    made = np.cumsum(a, axis=axis, dtype=dtype)
    return made + made.dtype.type(0) if made.dtype.kind in "fcV" else made


def from_behind(tensor: Any, dim: int) -> Any:
    """The running sum from the last element on."""
    return tensor.flip(dim).cumsum(dim).flip(dim)


def cumsum_gradient(grad: Any, self_scalar_type: Any, dim: int) -> Any:
    grad = grad if grad.dtype is self_scalar_type else grad.to(self_scalar_type)
    if grad.numel() <= 1 or grad.shape[dim] == 1:
        return grad
    return from_behind(grad, dim)


CUMSUM = operator(
    "cumsum(Tensor self, int dim, *, dtype? dtype=None)",
    running("cumsum", sum_from_zero),
    node="CumsumBackward0",
    gradients={"self": cumsum_gradient},
    dtype=KEEP,
    public=False,
)


@function("cumsum")
def cumsum(self: Any, dim: int, *, dtype: Any = None) -> Any:
    check_result_type(self, dtype)
    return CUMSUM(self, dim, dtype)


def running_in_place(row: Any, self: Any, dim: int, dtype: Any) -> Any:
    """Raises RuntimeError for another type than the tensor's, and as dimensions and leaves ask for it."""
    if dtype is not None and dtype is not self.dtype and not levels.active:
        check_inplace(self, is_recorded((self,), (0,)))
        shapes.checked_dim(dim, self.dim())
        raise RuntimeError(texts.in_place_type(self.dtype, dtype))
    kind = dtype if self.dtype.category >= dtypes.FLOATING else self.dtype  # or whole numbers are added as int64
    return call_inplace(row, (self,), (dim, kind))


@function("cumsum_", public=METHOD)
def cumsum_(self: Any, dim: int, *, dtype: Any = None) -> Any:
    return running_in_place(CUMSUM, self, dim, dtype)


def cumprod_gradient(grad: Any, self: Any, dim: int, result: Any) -> Any:
    """By division where nothing is zero; else slice by slice, from the products that leave one element out."""
    from refgrad.operators.names import FUNCTIONS

    grad = as_type(grad, self)
    if self.numel() <= 1 or self.shape[dim] == 1:
        return grad
    dim = shapes.checked_dim(dim, self.dim())
    weighted = result.conj() * grad  # made, and saved from, whichever road is taken
    if (physical(self) != 0).all():
        return from_behind(weighted, dim) / self.conj()
    if not modes.grad and not levels.active:
        return cumprod_gradient_by_zeros(grad, self, dim, result)
    size = self.shape[dim]
    one = self.new_ones([1 if axis == dim else n for axis, n in enumerate(self.shape)])
    made = grad.new_zeros(grad.shape)
    slices: list[Any] = []
    for k in range(size):
        if k == 0:
            omitted = joined([one, self.narrow(dim, 1, size - 1).cumprod(dim)], dim)
        else:
            before = self.narrow(dim, 0, k).prod(dim, True)
            if k == size - 1:
                omitted = before
            else:
                after = self.narrow(dim, k + 1, size - k - 1).cumprod(dim)
                omitted = joined([before, before.expand(after.shape) * after], dim)
        slices.append((grad.narrow(dim, k, size - k) * omitted.conj()).sum(dim))
        if not levels.active:
            made.select(dim, k).copy_(slices.pop())
    if levels.active:  # where a slice may be batched and zeros are not
        return FUNCTIONS["stack"](slices, dim)
    if made.requires_grad:
        return written(made)
    return Tensor._of(made._array)  # of another buffer, as its version tells


def cumprod_gradient_by_zeros(grad: Any, self: Any, dim: int, result: Any) -> Any:
    """What is not to be differentiated again: before the first zero by division, at it without it, then nothing."""
    others, products = self.conj(), result.conj()
    zeros = self == 0
    count = zeros.cumsum(dim)
    before, between = count == 0, (count == 1).logical_and(~zeros)
    made = from_behind((products * grad).masked_fill(~before, 0), dim) / others
    after = others.masked_fill(~between, 1).cumprod(dim) * grad.masked_fill(count != 1, 0)
    place = (zeros.to(count.dtype)).argmax(dim, True)
    ahead = products.gather(dim, (place - 1).relu()).masked_fill(place == 0, 1)
    at = after.sum(dim, True) * ahead
    first = zeros.logical_and(count == 1)
    return where(before, made, where(first, at, zeros_like(grad)))


CUMPROD = operator(
    "cumprod(Tensor self, int dim, *, dtype? dtype=None)",
    running("cumprod", np.cumprod),
    node="CumprodBackward0",
    gradients={"self": cumprod_gradient},
    dtype=KEEP,
    public=False,
)


@function("cumprod")
def cumprod(self: Any, dim: int, *, dtype: Any = None) -> Any:
    check_result_type(self, dtype)
    return CUMPROD(self, dim, dtype)


@function("cumprod_", public=METHOD)
def cumprod_(self: Any, dim: int, *, dtype: Any = None) -> Any:
    return running_in_place(CUMPROD, self, dim, dtype)


def running_extreme(name: str, better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The extreme so far and its place, the last of equal ones; nan stays."""

    def forward(a: Any, dim: int) -> Any:
        if a.ndim == 0 and dim not in (0, -1):
            raise IndexError(texts.scalar_dimension(name, dim))
        if a.size == 0 or a.ndim == 0:
            return a.copy(), np.zeros(a.shape, np.int64)
        axes = axes_of(a, (dim,))
        values, places = a.copy(), np.zeros(a.shape, np.int64)
        forward_view, places_view = np.moveaxis(values, axes[0], 0), np.moveaxis(places, axes[0], 0)
        for k in range(1, a.shape[axes[0]]):
            before, here = forward_view[k - 1], forward_view[k].copy()
            known_nan = before != before
            take = (better(here, before) & ~known_nan) | (here != here)
            forward_view[k] = np.where(take, here, before)
            places_view[k] = np.where(take, k, places_view[k - 1])
        return values, places

    return forward


def running_gradient(grad: Any, self: Any, indices: Any, dim: int) -> Any:
    if self.numel() == 0:
        return self
    return written(self.new_zeros(self.shape).scatter_add(dim, indices, grad), 2)


CUMMAX = operator(
    "cummax(Tensor self, int dim) -> (values, indices)",
    running_extreme("cummax", np.greater_equal),
    node="CummaxBackward0",
    gradients={"self": running_gradient},
    dtype=KEEP,
)

CUMMIN = operator(
    "cummin(Tensor self, int dim) -> (values, indices)",
    running_extreme("cummin", np.less_equal),
    node="CumminBackward0",
    gradients={"self": running_gradient},
    dtype=KEEP,
)

# ---- norms --------------------------------------------------------------------------------------------------------


def check_identity(a: Any, ord: Any, dim: Any) -> None:
    """Raise RuntimeError for a norm of nothing that has no value."""
    if not dim:
        raise RuntimeError(texts.norm_of_nothing(ord))
    for axis in dim:
        if a.shape[shapes.checked_dim(axis, a.ndim)] == 0:
            raise RuntimeError(texts.norm_of_empty_dimension(ord, axis))


def power(value: float, exponent: float) -> Any:
    try:
        return np.float64(value**exponent)
    except OverflowError:
        return np.float64(math.inf)


def powers(a: Any, exponent: float) -> Any:
    """Number by number, as the C library rounds: NumPy's vectors may be one unit apart."""
    return np.reshape(
        [power(float(each), exponent) if each else np.power(each, exponent) for each in np.ravel(a)], np.shape(a)
    )


def vector_norm_forward(a: Any, ord: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.norm_type(FROM_NUMPY[a.dtype].scalar_name))
    kind = dtype.numpy if dtype else a.dtype
    if a.size == 0 and (ord < 0 or math.isinf(ord)):
        check_identity(a, ord, dim)
    axes = axes_of(a, dim)
    size = np.abs(a.astype(kind, copy=False))
    kind = size.dtype
    if ord == 0:
        return np.sum(size != 0, axis=axes, keepdims=keepdim).astype(kind)
    if math.isinf(ord):
        return (np.amax if ord > 0 else np.amin)(size, axis=axes, keepdims=keepdim)
    if size.size == math.prod(np.shape(made := np.sum(size, axis=axes, keepdims=keepdim))) or ord == 1:
        return made  # a sum of one
    if ord == 2:
        return np.sqrt(np.sum(np.square(size.astype(np.float64)), axis=axes, keepdims=keepdim).astype(kind))
    total = np.sum(powers(size.astype(np.float64), ord), axis=axes, keepdims=keepdim)
    return np.asarray(powers(total, 1 / ord)).astype(kind)


def norm_gradient(grad: Any, self: Any, ord: Any, result: Any, dim: Any, keepdim: bool) -> Any:
    """0 where the norm is, although it has no slope there; the largest elements share the gradient of a maximum."""
    if ord == 0:
        return None
    ndim = self.dim()
    grad = restored(grad, dim, ndim, keepdim=keepdim)
    result = restored(result, dim, ndim, keepdim=keepdim)
    if ord == 1:
        return self.sgn() * grad
    if ord == 2:
        return grad * (self / result).masked_fill_(result == 0, 0)
    if math.isinf(ord):
        largest, missing = self.abs() == result, self.isnan()
        chosen = largest.logical_or(missing if levels.hide(self, grad) else missing.logical_and(result.isnan()))
        shares = grad / SUM_DIM(chosen, dim or (), True, None) * chosen
        return self.sgn() * shares
    if ord < 1:
        size = self.abs().pow_(ord - 1.0).masked_fill_(self == 0, 0)
        slope, power = self.sgn() * size, result.pow(1.0 - ord)
        return slope * grad * power
    size = self.abs().pow_(ord - (1.0 if ord < 2 else 2.0))
    slope = (self.sgn() if ord < 2 else self) * size
    return slope * (grad / result.pow(ord - 1.0)).masked_fill_(result == 0, 0)


VECTOR_NORM = operator(
    "linalg_vector_norm(Tensor self, Number ord=2, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    lambda *given: memory.indexed(np.asarray(vector_norm_forward(*given))),
    node="LinalgVectorNormBackward0",
    gradients={"self": norm_gradient},
    dtype=KEEP,
    public=False,
)


@function("linalg_vector_norm", public=FUNCTION)
def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """`torch.linalg.vector_norm`: the p-norm of the elements."""
    return VECTOR_NORM(x, ord, dims_of(dim), keepdim, dtype)


def dist_forward(a: Any, b: Any, p: Any) -> Any:
    if a.dtype.kind in "iu":
        raise RuntimeError(texts.dist_type(FROM_NUMPY[a.dtype].scalar_name))
    return vector_norm_forward(a - b, p, None, False, None)


def negative(grad: Any) -> Any:
    """The opposite. Raises RuntimeError where there is no gradient, as PyTorch does for p = 0."""
    if grad is None:
        raise RuntimeError(texts.UNDEFINED_SELF)
    return -grad


DIST = operator(
    "dist(Tensor self, Tensor other, Number p=2)",
    dist_forward,
    node="DistBackward0",
    gradients={
        "self": lambda grad, self, other, p, result: norm_gradient(grad, self - other, p, result, None, False),
        "other": lambda grad, self, other, p, result: negative(
            norm_gradient(grad, self - other, p, result, None, False)
        ),
    },
    public=False,
)
