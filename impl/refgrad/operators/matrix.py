"""Products of vectors and matrices. `mm` stands in examples.py."""

from __future__ import annotations

import functools
import math
import string
from typing import Any

import numpy as np

from refgrad import dtypes, inplace_texts, shapes
from refgrad.cpp_spelling import cpp_type, legacy_type
from refgrad.half import element
from refgrad.inplace import check_inplace
from refgrad.inplace_texts import output_shape_mismatch
from refgrad.levels import is_batched, levels
from refgrad.operators import matrix_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.call import call_inplace, is_recorded
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, Operator, function, operator
from refgrad.operators.dispatching import made_for_formula, options_of
from refgrad.operators.examples import EXPAND, MM, TRANSPOSE, UNSAFE_VIEW, UNSQUEEZE, VIEW_, T, by_columns, scaled
from refgrad.operators.formula_values import conjugate, written
from refgrad.operators.gathering import INDEX_FILL_TENSOR
from refgrad.operators.matrix_texts import mm_shapes
from refgrad.operators.shape_texts import UNBIND_OF_SCALAR
from refgrad.operators.shapes import PERMUTE, SQUEEZE_DIM, SQUEEZE_DIM_INPLACE, reshape, turn_in_place
from refgrad.operators.tensors_only import check_list
from refgrad.signatures.texts import wrong_position
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


def kind_of(array: Any) -> str:
    return dtypes.of_array(array).scalar_name


def cpp_kind(array: Any) -> str:
    return cpp_type(dtypes.of_array(array))


def long_kind(array: Any) -> str:
    """The C++ name, where messages give it in full."""
    return cpp_kind(array).replace("long", "long int")


def check_kernel(name: str, a: Any) -> None:
    """Truth values are not multiplied. Raises NotImplementedError for them."""
    if a.dtype == np.bool_:
        raise NotImplementedError(texts.no_kernel(name, kind_of(a)))


def product(a: Any, b: Any) -> Any:
    return np.ascontiguousarray(a @ b)


# ---- vectors ------------------------------------------------------------------------------------------------------


def check_vectors(a: Any, b: Any) -> None:
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(texts.dot_ranks(a.ndim, b.ndim))
    if a.dtype != b.dtype:
        raise RuntimeError(texts.vector_types(kind_of(a), kind_of(b)))
    if a.size != b.size:
        raise RuntimeError(texts.dot_sizes(a.size, b.size))
    check_kernel("dot", a)


def dot_forward(a: Any, b: Any) -> Any:
    check_vectors(a, b)
    return np.dot(a, b) + a.dtype.type(0)  # it is a sum that starts from 0, of one product too


def vdot_forward(a: Any, b: Any) -> Any:
    check_vectors(a, b)
    return np.vdot(a, b)


DOT = operator(
    "dot(Tensor self, Tensor tensor)",
    dot_forward,
    node="DotBackward0",
    gradients={
        "self": lambda grad, tensor: grad * tensor.conj(),
        "tensor": lambda grad, self: grad * self.conj(),
    },
    dtype=KEEP,
    kernels={},
)
VDOT = operator(
    "vdot(Tensor self, Tensor other)",
    vdot_forward,
    node="VdotBackward0",
    gradients={
        "self": lambda grad, other: grad.conj() * other,
        "other": lambda grad, self: grad * self,
    },
    dtype=KEEP,
)


@function("outer", aliases=("ger",))
def outer(self: Any, vec2: Any) -> Any:
    """Every product of elements of two vectors."""
    for name, each in (("self", self), ("vec2", vec2)):
        if each._array.ndim != 1:
            raise RuntimeError(texts.vector_expected("outer", name, each._array.ndim))
    return reshape(self, (self._array.size, 1)) * vec2


# ---- a matrix and a vector ----------------------------------------------------------------------------------------


def mv_forward(a: Any, b: Any) -> Any:
    if a.ndim == 0:
        raise IndexError(UNBIND_OF_SCALAR)
    if a.ndim != 2 or b.ndim != 1:
        raise RuntimeError(texts.mv_ranks(1, a.ndim, b.ndim))
    if a.shape[1] != b.size:
        raise RuntimeError(texts.mv_sizes(a.shape[0], a.shape, b.size))
    if a.dtype != b.dtype:
        raise RuntimeError(texts.mv_types(kind_of(b), kind_of(a), kind_of(b)))
    check_kernel("addmv_impl_cpu", a)
    return product(a, b)


MV = operator(
    "mv(Tensor self, Tensor vec)",
    mv_forward,
    node="MvBackward0",
    gradients={
        "self": lambda grad, vec: outer(grad, vec.conj()),
        "vec": lambda grad, self: self.conj().t().mv(grad),
    },
    dtype=KEEP,
    kernels={},
)


def plus(a: Any, b: Any, beta: Any, alpha: Any) -> Any:
    """`beta * a + alpha * b`, where a beta of 0 keeps nan and inf of `a` out."""
    kind = b.dtype.type
    scaled_b = b if alpha == 1 else b * kind(alpha)
    if beta == 0:
        return scaled_b
    shape = shapes.expanded_shape(a.shape, b.shape, kind=legacy_type(dtypes.of_array(a)))
    wide = np.broadcast_to(a, shape)
    return scaled_b + (wide if beta == 1 else wide * kind(beta))


def addmv_forward(a: Any, matrix: Any, vector: Any, beta: Any, alpha: Any) -> Any:
    if matrix.ndim != 2 or vector.ndim != 1 or a.ndim > 1:
        raise RuntimeError(texts.mv_ranks(a.ndim, matrix.ndim, vector.ndim))
    if matrix.shape[1] != vector.size or (a.ndim and a.size not in (1, matrix.shape[0])):
        raise RuntimeError(texts.mv_sizes(a.size, matrix.shape, vector.size))
    if a.dtype != matrix.dtype or matrix.dtype != vector.dtype:
        raise RuntimeError(texts.mv_types(kind_of(a), kind_of(matrix), kind_of(vector)))
    if matrix.size:
        check_kernel("addmv_impl_cpu", a)
    return plus(a, matrix @ vector, beta, alpha)


ADDMV = operator(
    "addmv(Tensor self, Tensor mat, Tensor vec, *, Number beta=1, Number alpha=1)",
    addmv_forward,
    node="AddmvBackward0",
    gradients={
        "self": lambda grad, beta: scaled(grad, conjugate(beta)),
        "mat": lambda grad, vec, alpha: scaled(outer(grad, vec.conj()), conjugate(alpha)),
        "vec": lambda grad, mat, alpha: scaled(mat.t().conj().mv(grad), conjugate(alpha)),
    },
    dtype=KEEP,
    inplace=True,
)


def addr_forward(a: Any, first: Any, second: Any, beta: Any, alpha: Any) -> Any:
    for name, each in (("vec1", first), ("vec2", second)):
        if each.ndim != 1:
            raise RuntimeError(texts.vector_expected("addr", name, each.ndim))
    if not a.dtype == first.dtype == second.dtype:
        shapes.expanded_shape(a.shape, (first.size, second.size), kind=legacy_type(dtypes.of_array(a)))
        kinds = [dtypes.of_array(each) for each in (a, first, second)]
        kind = functools.reduce(dtypes.promote_types, kinds).numpy
        a, first, second = (each.astype(kind) for each in (a, first, second))
    beta, alpha = (fitting(name, factor, a.dtype) for name, factor in (("beta", beta), ("alpha", alpha)))
    if alpha != 1 and a.dtype.kind in "fV":
        first, alpha = first * element(a.dtype, alpha), 1
    return plus(a, np.outer(first, second), beta, alpha)


def fitting(name: str, factor: Any, kind: Any) -> Any:
    """The factor in the type of the result. Raises RuntimeError if it does not suit that."""
    if kind.kind in "biu" and isinstance(factor, (float, complex)):
        raise RuntimeError(texts.factor_floating(name))
    if kind.kind != "b" and isinstance(factor, bool):
        raise RuntimeError(texts.factor_boolean(name))
    return dtypes.element(factor, dtypes.FROM_NUMPY[kind])


ADDR = operator(
    "addr(Tensor self, Tensor vec1, Tensor vec2, *, Number beta=1, Number alpha=1)",
    addr_forward,
    node="AddrBackward0",
    gradients={
        "self": lambda grad, beta: scaled(grad, conjugate(beta)),
        "vec1": lambda grad, vec2, alpha: scaled(grad.mv(vec2.conj()), conjugate(alpha)),
        "vec2": lambda grad, vec1, alpha: scaled(grad.t().mv(vec1.conj()), conjugate(alpha)),
    },
    dtype=KEEP,
    inplace=True,
)


# ---- matrices -----------------------------------------------------------------------------------------------------


def first_gradient(grad: Any, other: Any, sizes: Any, strides: Any, alpha: Any) -> Any:
    if by_columns(sizes, strides):
        return scaled(T(MM(other.conj(), T(grad))), conjugate(alpha))
    return scaled(MM(grad, T(other).conj()), conjugate(alpha))


def second_gradient(grad: Any, other: Any, sizes: Any, strides: Any, alpha: Any) -> Any:
    if by_columns(sizes, strides):
        return scaled(T(MM(T(grad), other.conj())), conjugate(alpha))
    return scaled(MM(T(other).conj(), grad), conjugate(alpha))


def addmm_forward(a: Any, mat1: Any, mat2: Any, beta: Any, alpha: Any) -> Any:
    check_product(a, mat1, mat2)
    shapes.expanded_shape(a.shape, (mat1.shape[0], mat2.shape[1]), kind=legacy_type(dtypes.of_array(a)))
    if mat1.size and mat2.size:
        check_kernel("addmm_impl_cpu_", a)
    return plus(a, product(mat1, mat2), beta, alpha)


def check_types(a: Any, mat1: Any, mat2: Any) -> None:
    if a.dtype != mat2.dtype:
        raise RuntimeError(texts.self_types(kind_of(a), kind_of(mat2)))
    if mat1.dtype != mat2.dtype:
        raise RuntimeError(texts.product_types(kind_of(mat1), kind_of(mat2)))


def check_product(a: Any, mat1: Any, mat2: Any) -> None:
    check_types(a, mat1, mat2)
    for name, each in (("mat1", mat1), ("mat2", mat2)):
        if each.ndim != 2:
            raise RuntimeError(texts.matrix_expected(name, each.ndim))
    if mat1.shape[1] != mat2.shape[0]:
        raise RuntimeError(mm_shapes(mat1.shape, mat2.shape))


ADDMM = operator(
    "addmm(Tensor self, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1)",
    addmm_forward,
    node="AddmmBackward0",
    gradients={
        "self": lambda grad, beta: scaled(grad, conjugate(beta)),
        "mat1": lambda grad, mat2, mat1_sym_sizes, mat1_sym_strides, alpha: first_gradient(
            grad, mat2, mat1_sym_sizes, mat1_sym_strides, alpha
        ),
        "mat2": lambda grad, mat1, mat2_sym_sizes, mat2_sym_strides, alpha: second_gradient(
            grad, mat1, mat2_sym_sizes, mat2_sym_strides, alpha
        ),
    },
    dtype=KEEP,
)


@function("addmm_", public=METHOD)
def addmm_(self: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    try:
        return call_inplace(ADDMM, (self, mat1, mat2), (beta, alpha))
    except RuntimeError:
        if not levels.active:
            check_sum_in_place(self, mat1, mat2)
        raise


def check_sum_in_place(target: Any, mat1: Any, mat2: Any) -> None:
    """Raise RuntimeError if the product is of another shape than what it is added to: nothing is expanded then."""
    check_inplace(target, is_recorded((target, mat1, mat2), ADDMM.differentiable))
    check_product(target._array, mat1._array, mat2._array)
    shape = (mat1._array.shape[0], mat2._array.shape[1])
    if target._array.shape != shape:
        raise RuntimeError(inplace_texts.wrong_size(target._array.shape, shape))


def check_batches(a: Any, b: Any, kernel: str = "bmm") -> None:
    for name, each in (("batch1", a), ("batch2", b)):
        if each.ndim != 3:
            raise RuntimeError(texts.batch_rank(name))
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise RuntimeError(texts.batch_sizes((a.shape[0], a.shape[2]), b.shape[:2]))
    check_kernel(kernel, a)
    if a.dtype != b.dtype:
        raise RuntimeError(texts.scalar_types(kind_of(a), kind_of(b)))


def bmm_forward(a: Any, b: Any) -> Any:
    check_batches(a, b)
    return product(a, b)


def turned(x: Any) -> Any:
    return TRANSPOSE(x, 1, 2).conj()


BMM: Operator = operator(
    "bmm(Tensor self, Tensor mat2)",
    bmm_forward,
    node="BmmBackward0",
    gradients={
        "self": lambda grad, mat2: BMM(grad, turned(mat2)),
        "mat2": lambda grad, self: BMM(turned(self), grad),
    },
    dtype=KEEP,
)


def baddbmm_forward(a: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> Any:
    check_expanded(a, (batch1, 0), (batch1, 1), (batch2, 2))
    if a.dtype != batch1.dtype:
        raise RuntimeError(texts.batch_types(*(long_kind(each) for each in (a, batch1, batch2))))
    check_batches(batch1, batch2, "baddbmm")
    return plus(a, product(batch1, batch2), beta, alpha)


def check_expanded(a: Any, *sizes: tuple[Any, int]) -> None:
    """Raise IndexError if one of the sizes is not there, RuntimeError if `a` cannot be expanded to them."""
    shape = [each.shape[shapes.own_dim(dim, each.ndim)] for each, dim in sizes]
    shapes.expanded_shape(a.shape, shape, kind=legacy_type(dtypes.of_array(a)))


BADDBMM = operator(
    "baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Number beta=1, Number alpha=1)",
    baddbmm_forward,
    node="BaddbmmBackward0",
    gradients={
        "self": lambda grad, beta: scaled(grad, conjugate(beta)),
        "batch1": lambda grad, batch2, alpha: scaled(BMM(grad, turned(batch2)), conjugate(alpha)),
        "batch2": lambda grad, batch1, alpha: scaled(BMM(turned(batch1), grad), conjugate(alpha)),
    },
    dtype=KEEP,
    inplace=True,
)


def addbmm_forward(a: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> Any:
    check_expanded(a, (batch1, 1), (batch2, 2))
    for name, each in (("batch1", batch1), ("batch2", batch2)):
        if each.ndim != 3:
            raise RuntimeError(texts.batch_rank(name))
    if batch1.shape[0] != batch2.shape[0]:
        raise RuntimeError(texts.batch_counts(batch1.shape[0], batch2.shape[0]))
    if batch1.shape[2] != batch2.shape[1]:
        raise RuntimeError(texts.batch_inner(batch1.shape, batch2.shape))
    if batch1.shape[0]:  # it is a sum of products of two matrices
        check_types(a, batch1, batch2)
        check_kernel("addmm_impl_cpu_", a)
    return plus(a, product(batch1, batch2).sum(0), beta, alpha)


def for_every_batch(grad: Any, count: int, height: int, width: int) -> Any:
    return EXPAND(UNSQUEEZE(grad, 0), (count, height, width), False)


def addbmm_first(
    grad: Any, batch2: Any, batch1_sym_argsize_0: int, batch1_sym_argsize_1: int, batch2_sym_argsize_2: int, alpha: Any
) -> Any:
    wide = for_every_batch(grad, batch1_sym_argsize_0, batch1_sym_argsize_1, batch2_sym_argsize_2)
    return scaled(BMM(wide, turned(batch2)), conjugate(alpha))


def addbmm_second(
    grad: Any, batch1: Any, batch1_sym_argsize_0: int, batch1_sym_argsize_1: int, batch2_sym_argsize_2: int, alpha: Any
) -> Any:
    first = turned(batch1)
    wide = for_every_batch(grad, batch1_sym_argsize_0, batch1_sym_argsize_1, batch2_sym_argsize_2)
    return scaled(BMM(first, wide), conjugate(alpha))


ADDBMM = operator(
    "addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Number beta=1, Number alpha=1)",
    addbmm_forward,
    node="AddbmmBackward0",
    gradients={
        "self": lambda grad, beta: scaled(grad, conjugate(beta)),
        "batch1": addbmm_first,
        "batch2": addbmm_second,
    },
    dtype=KEEP,
    inplace=True,
)


def trace_forward(a: Any) -> Any:
    if a.ndim != 2:
        raise RuntimeError(texts.trace_rank(a.ndim))
    check_kernel("trace", a)
    return np.trace(a, dtype=np.int64 if a.dtype.kind in "biu" else None)


def trace_gradient(grad: Any, self_sym_sizes: Any) -> Any:
    """Counted through, the diagonal of a matrix with m columns is every (m + 1)-th element."""
    rows, columns = self_sym_sizes
    zeros = grad.new_zeros((rows * columns,))
    every = 0, min(rows, columns) * (columns + 1), columns + 1
    told = levels.dispatch
    places = None if told else written(Tensor._of(np.arange(*every)))
    diagonal = made_for_formula("arange", every, options_of(dtypes.int64)) if places is None else places
    filled = written(INDEX_FILL_TENSOR(zeros, diagonal, grad, 0), 2)
    return VIEW_(filled, self_sym_sizes)


TRACE = operator(
    "trace(Tensor self)", trace_forward, node="TraceBackward0", gradients={"self": trace_gradient}, dtype=KEEP
)


# ---- matmul: which of the products above --------------------------------------------------------------------------


def folds(a: Any, b: Any) -> bool:
    """Whether a batch of matrices times one matrix or vector is computed as one large matrix.

    It is if the single factor wants a gradient (its gradient would be expanded over the batch otherwise), or if the
    batch lies in memory as one matrix anyway.
    """
    larger, smaller = (a, b) if a._array.ndim >= b._array.ndim else (b, a)
    if larger._array.ndim < 3 or smaller._array.ndim > 2:
        return False
    if smaller.requires_grad:
        return True
    if a._array.ndim == 2:
        return False
    array = larger._array if larger is a else larger._array.swapaxes(-2, -1)
    if array.size == 0:
        return True
    return all(array.strides[i] == array.strides[i + 1] * array.shape[i + 1] for i in range(array.ndim - 2))


@function("matmul")
def matmul(self: Any, other: Any) -> Any:
    """The product of vectors, matrices and batches of them, as PyTorch takes it apart.

    Raises RuntimeError for 0-dim tensors and sizes that do not fit.
    """
    ndim, other_ndim = self._array.ndim, other._array.ndim
    if ndim == 0 or other_ndim == 0:
        raise RuntimeError(texts.matmul_ranks(ndim, other_ndim))
    if ndim == 1 and other_ndim == 1:
        return DOT(self, other)
    if ndim == 2 and other_ndim == 1:
        return MV(self, other)
    if ndim == 1 and other_ndim == 2:
        return turn_in_place(SQUEEZE_DIM_INPLACE, MM(UNSQUEEZE(self, 0), other), 0)
    if ndim == 2 and other_ndim == 2:
        return MM(self, other)
    if ndim == 3 and other_ndim == 3:
        # A batch of one is a single matrix, but only where its gradient would otherwise be summed over a batch.
        if other._array.shape[0] == 1 and self._array.shape[0] > 1 and other.requires_grad:
            other = SQUEEZE_DIM(other, 0)
        elif self._array.shape[0] == 1 and other._array.shape[0] > 1 and self.requires_grad:
            self = SQUEEZE_DIM(self, 0)
    return folded(self, other) if folds(self, other) else batched(self, other)


def folded(a: Any, b: Any) -> Any:
    swap = b._array.ndim > a._array.ndim
    large = TRANSPOSE(b, -2, -1) if swap else a
    small = b if not swap else T(a) if a._array.ndim == 2 else a
    shape = large._array.shape
    matrix = reshape(large, (math.prod(shape[:-1]), shape[-1]))
    if small._array.ndim == 1:
        return UNSAFE_VIEW(MV(matrix, small), shape[:-1])
    made = UNSAFE_VIEW(MM(matrix, small), (*shape[:-1], small._array.shape[1]))
    return TRANSPOSE(made, -2, -1).contiguous() if swap else made


def batched(a: Any, b: Any) -> Any:
    shape, other = a._array.shape, b._array.shape
    rows = shape[-2:] if len(shape) > 1 else (1, shape[-1])
    columns = other[-2:] if len(other) > 1 else (other[-1], 1)
    try:
        batch = np.broadcast_shapes(shape[:-2], other[:-2])
    except ValueError:
        shapes.raise_broadcast_error_of(shape[:-2], other[:-2])
    count = math.prod(batch)
    if len(other) == 1:
        b = UNSQUEEZE(b, 1)
    first = reshape(EXPAND(a, (*batch, *rows), False), (count, *rows))
    second = reshape(EXPAND(b, (*batch, *columns), False), (count, *columns))
    size = (*batch, *rows[:1][: len(shape) - 1], *columns[1:][: len(other) - 1])
    made = BMM(first, second)
    return UNSAFE_VIEW(SQUEEZE_DIM(made, -1) if len(other) == 1 else made, size)


@functional
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """`input` times the transposed `weight`, plus `bias`; contiguous batches are one large matrix."""
    shape = input._array.shape
    if not shape or not weight._array.shape:
        raise RuntimeError(texts.matmul_ranks(len(shape), weight.dim(), "linear"))
    if bias is not None and len(shape) == 2:
        return ADDMM(bias, input, T(weight), 1, 1)
    alone = len(shape) == 1 and levels.active and bias is not None and any(map(is_batched, (input, weight, bias)))
    if (
        bias is not None
        and bias.dim() == 1
        and not alone
        and input._array.flags.c_contiguous
        and bias._array.flags.c_contiguous
    ):
        rows = reshape(input, (math.prod(shape[:-1]), shape[-1]))
        return VIEW_(ADDMM(bias, rows, T(weight), 1, 1), (*shape[:-1], weight._array.shape[0]))
    made = matmul(input, T(weight))
    if bias is None:
        return made
    shapes.raise_broadcast_error([made._array, bias._array])
    if np.broadcast_shapes(made._array.shape, bias._array.shape) != made._array.shape:  # it is added in place
        raise RuntimeError(output_shape_mismatch(made.shape, np.broadcast_shapes(tuple(made.shape), tuple(bias.shape))))
    return made + bias


# ---- products over chosen dimensions ------------------------------------------------------------------------------


@function("tensordot", public=FUNCTION)
def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Multiply and sum over dimensions of `a` paired with dimensions of `b`; a number counts `a`'s last, `b`'s "
    "first."""
    if isinstance(dims, int):
        if dims > min(a._array.ndim, b._array.ndim):
            raise RuntimeError(texts.tensordot_dims(dims))
        return contracted(a, b, tuple(range(-dims, 0)), tuple(range(dims)))
    first, second = ((each,) if isinstance(each, int) else tuple(each) for each in dims)
    return contracted(a, b, first, second)


def contracted(a: Any, b: Any, dims1: Any, dims2: Any) -> Any:
    if len(dims1) != len(dims2):
        raise RuntimeError(texts.TENSORDOT_LENGTHS)
    if a.dtype is not b.dtype:
        raise RuntimeError(texts.TENSORDOT_TYPES)
    for one, two in zip(dims1, dims2, strict=True):
        size1 = a._array.shape[shapes.checked_dim(one, a._array.ndim)]
        size2 = b._array.shape[shapes.checked_dim(two, b._array.ndim)]
        if size2 == 1:
            a = a.sum(one, True)
        elif size1 == 1:
            b = b.sum(two, True)
        elif size1 != size2:
            raise RuntimeError(texts.tensordot_sizes(size1, one, size2, two))
    shape, other = a._array.shape, b._array.shape
    summed1 = [shapes.checked_dim(each, len(shape)) for each in dims1]
    summed2 = [shapes.checked_dim(each, len(other)) for each in dims2]
    rest1 = [i for i in range(len(shape)) if i not in summed1]
    rest2 = [i for i in range(len(other)) if i not in summed2]
    size = (*(shape[i] for i in rest1), *(other[i] for i in rest2))
    if not size:
        a, b = PERMUTE(a, (*rest1, *dims1)), PERMUTE(b, (*dims2, *rest2))
        if a._array.flags.c_contiguous and b._array.flags.c_contiguous:
            return reshape(DOT(a.flatten(), b.flatten()), size)
        return reshape((a.squeeze() * b.squeeze()).sum(), size)
    count = math.prod(shape[i] for i in summed1)
    left = reshape(PERMUTE(a, (*rest1, *dims1)), (math.prod(shape[i] for i in rest1), count))
    right = reshape(PERMUTE(b, (*dims2, *rest2)), (count, math.prod(other[i] for i in rest2)))
    return reshape(MM(left, right), size)


@function("inner")
def inner(self: Any, other: Any) -> Any:
    """Products summed over the last dimensions of both."""
    shape, second = self._array.shape, other._array.shape
    if not shape or not second:
        return self * other
    if shape[-1] != second[-1]:
        raise RuntimeError(texts.inner_sizes(shape, second))
    return contracted(self, other, (-1,), (-1,))


@function("kron")
def kron(self: Any, other: Any) -> Any:
    """Every element of `self` times all of `other`."""
    ndim = max(self._array.ndim, other._array.ndim)
    first = (1,) * (ndim - self._array.ndim) + self._array.shape
    second = (1,) * (ndim - other._array.ndim) + other._array.shape
    left = UNSAFE_VIEW(self, tuple(n for each in first for n in (each, 1)))
    right = UNSAFE_VIEW(other, tuple(n for each in second for n in (1, each)))
    return UNSAFE_VIEW(left * right, tuple(n * m for n, m in zip(first, second, strict=True)))


# ---- einsum -------------------------------------------------------------------------------------------------------


def pair_product(left: Any, right: Any, summed: Any) -> Any:
    """The product of two operands with the same labels, summed over dimensions, which stay with size 1."""
    if not summed:
        return left * right
    both, only_left, only_right = [], [], []
    for i in range(left._array.ndim):
        in_left, in_right = left._array.shape[i] != 1, right._array.shape[i] != 1
        if i in summed:
            if in_left and not in_right:
                left = left.sum((i,), True)
            elif in_right and not in_left:
                right = right.sum((i,), True)
        elif in_left and in_right:
            both.append(i)
        elif in_left:
            only_left.append(i)
        else:
            only_right.append(i)
    if only_left and only_right and only_right[-1] < only_left[0]:
        left, right, only_left, only_right = right, left, only_right, only_left
    shape, other = left._array.shape, right._array.shape
    made = (
        [shape[i] for i in both] + [shape[i] for i in only_left] + [1 for _ in summed] + [other[i] for i in only_right]
    )
    order = [*both, *only_left, *summed, *only_right]
    batch, rows = math.prod(shape[i] for i in both), math.prod(shape[i] for i in only_left)
    inner_size, columns = math.prod(shape[i] for i in summed), math.prod(other[i] for i in only_right)
    left = reshape(PERMUTE(left, tuple(order)), (batch, rows, inner_size))
    right = reshape(PERMUTE(right, (*both, *summed, *only_right, *only_left)), (batch, inner_size, columns))
    return PERMUTE(VIEW_(BMM(left, right), tuple(made)), tuple(order.index(i) for i in range(len(order))))


def letter(subscript: Any) -> str:
    """The label of a subscript that is a number."""
    if subscript is Ellipsis:
        return "..."
    if subscript < 0 or subscript >= len(string.ascii_letters):
        raise ValueError(texts.EINSUM_SUBSCRIPT)
    return (string.ascii_uppercase + string.ascii_lowercase)[subscript]


def spelled_out(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """The equation and the operands, of operands that are each followed by a list of numbers."""
    *pairs, last = given if len(given) % 2 else (*given, None)
    terms = ",".join("".join(map(letter, each)) for each in pairs[1::2])
    return (terms if last is None else f"{terms}->{''.join(map(letter, last))}", *pairs[::2])


@function("einsum", public=FUNCTION)
def einsum(*args: Any) -> Any:
    """Products of elements summed over the labels that the output does not name.

    Raises RuntimeError where equation and operands do not fit, ValueError without operands.
    """
    if len(args) < 2:
        raise ValueError(texts.EINSUM_ALONE)
    equation, *operands = spelled_out(args) if isinstance(args[0], Tensor) else args
    given = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else list(operands)
    if not isinstance(equation, (str, bytes)):
        raise TypeError(wrong_position("einsum", "equation", 1, "str", type_name(equation)))
    equation = equation.decode() if isinstance(equation, bytes) else equation
    check_list(given, 1)
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(given):
        raise RuntimeError(texts.EINSUM_FEWER if len(terms) > len(given) else texts.EINSUM_MORE)
    covered = 0
    for i, (term, x) in enumerate(zip(terms, given, strict=True)):
        named = len(term.replace("...", ""))
        if "..." in term:
            covered = max(covered, x._array.ndim - named)
        elif named != x._array.ndim:
            raise RuntimeError(texts.einsum_rank(named, x._array.ndim, i))
    dots = [f".{i}" for i in range(covered)]
    labels = [labelled(term, dots, x._array.ndim) for term, x in zip(terms, given, strict=True)]
    counts = {label: sum(each.count(label) for each in labels) for each in labels for label in each}
    if arrow:
        output = labelled(right, dots, len(right.replace("...", "")) + covered)
    else:
        output = dots + sorted(label for label, count in counts.items() if count == 1 and label not in dots)
    for label in output:
        if label not in counts and label not in dots:
            raise RuntimeError(texts.einsum_output(label))
    order = [*output, *sorted(label for label in counts if label not in output)]
    check_sizes(labels, given)
    return contract([arranged(x, each, order) for x, each in zip(given, labels, strict=True)], len(output))


def labelled(term: str, dots: list[str], ndim: int) -> list[str]:
    """The labels of a term, one per dimension; an ellipsis stands for the last of the dimensions it covers."""
    before, ellipsis, after = term.partition("...")
    if not ellipsis:
        return list(term)
    covered = ndim - len(before) - len(after)
    return [*before, *dots[len(dots) - covered :], *after]


def check_sizes(labels: list[list[str]], operands: list[Any]) -> None:
    seen: dict[str, int] = {}
    for i, (each, x) in enumerate(zip(labels, operands, strict=True)):
        own: dict[str, int] = {}
        for label, size in zip(each, x._array.shape, strict=True):
            if own.setdefault(label, size) != size:
                raise RuntimeError(texts.einsum_repeated(label, i, size, own[label]))
        for label, size in zip(each, x._array.shape, strict=True):
            known = seen.setdefault(label, size)
            if known == 1:
                seen[label] = size
            elif size not in (1, known):
                raise RuntimeError(texts.einsum_size(label, size, i, known))


def arranged(x: Any, labels: list[str], order: list[str]) -> Any:
    """An operand with one dimension per label, in the common order; repeated labels become their diagonal."""
    place: dict[str, int] = {}
    dim = 0
    for label in labels:
        if label in place:
            x = x.diagonal(0, place[label], dim).movedim(-1, place[label])
        else:
            place[label] = dim
            dim += 1
    for label in order:
        if label not in place:
            x = UNSQUEEZE(x, dim)
            place[label] = dim
            dim += 1
    return PERMUTE(x, tuple(place[label] for label in order))


def contract(operands: list[Any], kept: int) -> Any:
    """Multiply from left to right, summing each label as soon as no later operand has it."""
    several = len(operands) > 1
    total = operands[0]._array.ndim
    uses = [sum(x._array.shape[i] != 1 for x in operands) for i in range(total)]
    a = operands[0]
    for b in operands[1:]:
        together: list[int] = []
        alone_a: list[int] = []
        alone_b: list[int] = []
        for i in range(kept, total):
            in_a, in_b = a._array.shape[i] != 1, b._array.shape[i] != 1
            if in_a and in_b:
                uses[i] -= 1
                if uses[i] == 1:
                    together.append(i)
                    uses[i] = 0
            elif uses[i] == 1 and (in_a or in_b):
                (alone_a if in_a else alone_b).append(i)
                uses[i] = 0
        a = a.sum(tuple(alone_a), True) if alone_a else a
        b = b.sum(tuple(alone_b), True) if alone_b else b
        a = pair_product(a, b, together)
    if total == kept:
        return a
    return VIEW_(a, a._array.shape[:kept]) if several else a.sum(tuple(range(kept, total)))
