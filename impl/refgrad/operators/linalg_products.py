"""Products, powers and exponentials of matrices; products of vectors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.binding_texts import wrong_argument
from refgrad.cpp_spelling import stored_type
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.formula_values import zeros_like
from refgrad.operators.linalg_arrays import check_floating, check_matrix, check_one_type, check_square
from refgrad.operators.linalg_names import LINALG, linalg
from refgrad.operators.linalg_out import Castable, computed, copied, of_one_type, resized, same, unrecorded, usual
from refgrad.operators.linalg_solving import inv
from refgrad.operators.matrix import matmul
from refgrad.operators.names import FUNCTIONS, with_numpy_names
from refgrad.operators.tensors_only import check_list
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.converting import check_bits
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


@linalg
@function("matrix_power")
def matrix_power(A: Any, n: int, *, out: Any = None) -> Any:
    """The matrix times itself, by squaring; a negative power is that of the inverse."""
    check_bits(n)
    check_matrix("linalg.matrix_power", A._array, square=True)
    n = int(np.int64(n))
    if out is not None:
        return power_into(A, n, out)
    if n == 0:
        return A.clone().copy_(identity_like(A))
    if n == 1:
        return A.clone()
    if n == -1:
        return inv(A)
    factors = last_factors(inv(A) if n < 0 else A, abs(n))
    return matmul(*factors) if len(factors) == 2 else factors[0]


def identity_like(A: Any) -> Any:
    return Tensor._of(np.broadcast_to(np.eye(A.shape[-1], dtype=A._array.dtype), A.shape))


def last_factors(base: Any, n: int) -> tuple[Any, ...]:
    """What the last product is made of; a power of two is there as a square already, but for the first."""
    if n == 2:
        return base, base
    if n == 3:
        return matmul(base, base), base
    made, square = None, base
    while True:
        if n == 1:
            return (square,) if made is None else (made, square)
        if n % 2:
            made = square if made is None else matmul(made, square)
        n //= 2
        square = matmul(square, square)


def power_into(A: Any, n: int, out: Any) -> Any:
    """The last product is written; where there is none, the result is copied."""
    Castable("matrix_power", (same,)).check(A, [out])
    resized(out, A.shape)
    if n == 0:
        return out.copy_(identity_like(A))
    if n == -1:
        return inv(A, out=out)
    factors = (A,) if n == 1 else last_factors(inv(A) if n < 0 else A, abs(n))
    return matmul_of_linalg(*factors, out=out) if len(factors) == 2 else out.copy_(factors[0])


@linalg
@unrecorded("mm", types=texts.multi_dot_out, at_end=True)
def multi_dot(tensors: Sequence[Any]) -> Any:
    """The product of several matrices, in the order that costs least; the ends may be vectors."""
    given = list(tensors)
    if len(given) < 2:
        raise RuntimeError(texts.multi_dot_count(len(given)))
    check_multi_dot(given)
    shape: list[int] = []
    if given[0].dim() == 1:
        given[0] = given[0].unsqueeze(0)
    else:
        shape.append(given[0].shape[0])
    if given[-1].dim() == 1:
        given[-1] = given[-1].unsqueeze(-1)
    else:
        shape.append(given[-1].shape[1])
    return cheapest(given).view(shape)


def check_multi_dot(given: list[Any]) -> None:
    """Raises RuntimeError for tensors that are no matrices, of several types, or do not fit each other."""
    for which, each in (("first", given[0]), ("last", given[-1])):
        if each.dim() not in (1, 2):
            raise RuntimeError(texts.multi_dot_end(which, each.dim()))
    for place, each in enumerate(given[1:-1], 1):
        if each.dim() != 2:
            raise RuntimeError(texts.multi_dot_rank(place, each.dim()))
    for place, (left, right) in enumerate(itertools.pairwise(given)):
        if right.dtype is not given[0].dtype:
            kinds = stored_type(given[0].dtype), stored_type(right.dtype)
            raise RuntimeError(texts.multi_dot_types(kinds[0], place + 1, kinds[1]))
        if left.shape[-1] != right.shape[0]:
            raise RuntimeError(texts.multi_dot_sizes(place, left.shape, right.shape))


def cheapest(matrices: list[Any]) -> Any:
    """Parentheses by dynamic programming; the left one first where it costs the same."""
    count = len(matrices)
    if count == 2:
        return matrices[0].mm(matrices[1])
    if count == 3:
        a, b, c = matrices
        left = a.shape[0] * c.shape[1 - 1] * (a.shape[1] + c.shape[1])
        right = a.shape[1] * c.shape[1] * (a.shape[0] + c.shape[0])
        return (a.mm(b)).mm(c) if left <= right else a.mm(b.mm(c))
    sizes = [matrices[0].shape[0], *(each.shape[1] for each in matrices)]
    cost = [[0.0] * count for _ in range(count)]
    cut = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i][j] = math.inf
            for k in range(i, j):
                price = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                if price < cost[i][j]:
                    cost[i][j], cut[i][j] = price, k

    def product(i: int, j: int) -> Any:
        return matrices[i] if i == j else product(i, cut[i][j]).mm(product(cut[i][j] + 1, j))

    return product(0, count - 1)


@function("chain_matmul", public=FUNCTION)
def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """The older form. It is deprecated and says so, once."""
    check_list(matrices)
    if out is not None and not isinstance(out, Tensor):
        raise TypeError(wrong_argument("chain_matmul", "out", None, "Tensor", type_name(out)))
    warn_once(texts.CHAIN_MATMUL_DEPRECATED, "chain_matmul")
    if not matrices:
        raise RuntimeError(texts.CHAIN_OF_NONE)
    for each in matrices:
        if each.dim() != 2:
            raise RuntimeError(texts.chain_rank(each.dim()))
    return only_one(matrices[0], out=out) if len(matrices) == 1 else multi_dot(matrices, out=out)


@copied()
def only_one(matrix: Any) -> Any:
    return matrix.clone()


def exponential_of(a: Any) -> Any:
    """Scaling and squaring with a Taylor polynomial."""
    check_square("linalg.matrix_exp", a)
    if a.size == 0:
        return a.copy()
    size = np.abs(a).sum(-2).max()
    steps = max(0, math.ceil(math.log2(size / 0.25))) if size > 0 and math.isfinite(size) else 0
    wide = a.astype(np.result_type(a.dtype, np.float64)) / 2**steps
    made = np.array(np.broadcast_to(np.eye(a.shape[-1], dtype=wide.dtype), a.shape))
    term = made
    for k in range(1, 20):
        term = term @ wide / k
        made = made + term
    for _ in range(steps):
        made = made @ made
    return made.astype(a.dtype)


def exponential_gradient(grad: Any, self: Any) -> Any:
    """The exponential of a matrix twice the size has the differential in its upper right block."""
    if self.numel() == 0:
        return zeros_like(self)
    adjoined, size = self.mH, self.shape[-1]
    blocks = self.new_zeros((*self.shape[:-2], 2 * size, 2 * size))
    for row, column, block in ((0, 0, adjoined), (size, size, adjoined), (0, size, grad)):
        blocks.narrow(-2, row, size).narrow(-1, column, size).copy_(block)
    whole = MATRIX_EXP(blocks)
    return whole.narrow(-2, 0, size).narrow(-1, size, size)


MATRIX_EXP: Any = operator(
    "linalg_matrix_exp(Tensor self)",
    exponential_of,
    node="LinalgMatrixExpBackward0",
    gradients={"self": exponential_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
@function("matrix_exp")
def matrix_exp(A: Any) -> Any:
    """The exponential of a matrix."""
    return MATRIX_EXP(A)


def cross_forward(a: Any, b: Any, dim: int) -> Any:
    if a.ndim != b.ndim:
        raise RuntimeError(texts.CROSS_RANKS)
    shapes.own_dim(dim, a.ndim)
    if a.shape[dim] != 3 or b.shape[dim] != 3:
        raise RuntimeError(texts.cross_length(dim, a.shape[dim], b.shape[dim]))
    shapes.raise_broadcast_error([a, b])
    if a.dtype.kind == "b":
        raise NotImplementedError(not_implemented_for("cross", "Bool"))
    if a.dtype != b.dtype:
        kinds = [dtypes.of_array(each).scalar_name for each in (a, b)]
        raise RuntimeError(texts.scalar_types(*kinds))
    a, b = np.broadcast_arrays(a, b)
    first, second = np.moveaxis(a, dim, 0), np.moveaxis(b, dim, 0)
    parts = [first[i] * second[j] - first[j] * second[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.ascontiguousarray(np.stack(parts, dim))


CROSS: Any = operator(
    "linalg_cross(Tensor self, Tensor other, *, int dim=-1)",
    cross_forward,
    node="LinalgCrossBackward0",
    gradients={
        "self": lambda grad, other, dim: CROSS(other.conj(), grad, dim),
        "other": lambda grad, self, dim: CROSS(grad, self.conj(), dim),
    },
    dtype=KEEP,
    public=False,
)


def cross_of_linalg(input: Any, other: Any, *, dim: int = -1, out: Any = None) -> Any:
    """The vector product along a dimension of size 3."""
    made = computed(CROSS, (input, other), (dim,), out)
    return made if out is None else made[0]


LINALG["cross"] = with_numpy_names(cross_of_linalg)


@function("cross")
def cross(self: Any, other: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """The vector product; without a dimension along the first of size 3."""
    if dim is None:
        if out is None:
            warn_once(texts.CROSS_WITHOUT_DIM, "cross")
        dim = next((i for i, n in enumerate(self.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError(texts.CROSS_NO_DIM)
    return cross_of_linalg(self, other, dim=dim, out=out)


@linalg
def vecdot(x: Any, y: Any, *, dim: int = -1, out: Any = None) -> Any:
    """Products of vectors along a dimension."""
    check_floating("linalg.vecdot", x._array)
    check_one_type("linalg.vecdot", x._array, y._array, ("x", "y"))
    return products_along(x, y, dim, out=out)


@unrecorded("sum", first=of_one_type(texts.vecdot_out), at_end=True)
def products_along(x: Any, y: Any, dim: int) -> Any:
    if x.dim() == 1 and y.dim() == 1:
        return FUNCTIONS["vdot"](x, y)
    return (x.conj() * y).sum(dim)


@linalg
def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    return A.diagonal(offset, dim1, dim2)


@unrecorded("matmul", types=usual)
def matmul_of_linalg(input: Any, other: Any) -> Any:
    return matmul(input, other)


LINALG["matmul"] = matmul_of_linalg


@linalg
def vander(x: Any, *, N: int | None = None) -> Any:
    """Powers of a vector's elements as rows."""
    if x.dtype in (dtypes.float16, dtypes.bfloat16, dtypes.bool_):
        raise RuntimeError(texts.vander_type(x.dtype.scalar_name))
    x = x.unsqueeze(0) if x.dim() == 0 else x
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError(texts.VANDER_COUNT)
    ones = x.new_ones((*x.shape, 1))
    powers = x.unsqueeze(-1).expand((*x.shape, count - 1)).cumprod(-1)
    return FUNCTIONS["cat"]([ones, powers], -1)
