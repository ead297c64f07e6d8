"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

import math
from typing import Any

from refgrad import dtypes, shapes
from refgrad.operators import linalg_texts as texts
from refgrad.operators.linalg_arrays import check_floating, check_matrix
from refgrad.operators.linalg_names import linalg
from refgrad.operators.linalg_out import Castable, computed, copied, real_of
from refgrad.operators.linalg_solving import INVERSE
from refgrad.operators.linalg_spectra import svdvals
from refgrad.operators.reductions import VECTOR_NORM, check_identity, dims_of
from refgrad.operators.shapes import PERMUTE
from refgrad.operators.short_refused import check_not_short
from refgrad.tensor import Tensor

# ---- what is looked at ----------------------------------------------------------------------------------------------


def check_norm_type(name: str, own: dtypes.dtype, wanted: Any) -> None:
    """Raise RuntimeError for a type that a norm cannot be computed in."""
    if wanted is None:
        return
    if wanted.category < dtypes.FLOATING:
        raise RuntimeError(texts.norm_type(name, wanted.scalar_name))
    if wanted.is_complex != own.is_complex:
        raise RuntimeError(texts.norm_parts(name, "complex" if own.is_complex else "real", wanted.scalar_name))
    if dtypes.promote_types(own, wanted) is not wanted:
        raise RuntimeError(texts.norm_narrowing(name, own.scalar_name, wanted.scalar_name))


def check_vector_norm(A: Tensor, ord: Any, dim: Any, dtype: Any) -> None:
    """What a type of its own or a complex order is told; everything else is looked at by the operator."""
    check_floating("linalg.vector_norm", A._array)
    if isinstance(ord, complex):
        raise RuntimeError(texts.complex_order("linalg.vector_norm"))  # noqa: TRY004  # as in PyTorch
    if not A.numel() and (ord < 0 or math.isinf(ord)):
        check_identity(A._array, ord, dim)
    check_norm_type("linalg.vector_norm", A.dtype, dtype)


def check_matrix_norm(A: Tensor, ord: Any, dim: Any, dtype: Any) -> tuple[int, int]:
    """The two dimensions, counted from the front. Raises RuntimeError or IndexError."""
    name = "linalg.matrix_norm"
    if isinstance(ord, complex):
        raise RuntimeError(texts.complex_order(name))  # noqa: TRY004  # as in PyTorch
    if ord not in ("fro", "nuc") if isinstance(ord, str) else abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(texts.order_not_supported(ord))
    check_matrix(name, A._array)
    check_floating(name, A._array)
    if ord == "nuc" or (ord != "fro" and abs(ord) == 2):
        check_not_short(name, A._array)
    dims = dims_of(dim)
    if len(dims) != 2:
        raise RuntimeError(texts.two_dims(name, dims))
    rows, columns = (shapes.checked_dim(each, A.dim()) for each in dims)
    if rows == columns:
        raise RuntimeError(texts.same_dims(name, rows, columns))
    check_norm_type(name, A.dtype, dtype)
    return rows, columns


# ---- norms ----------------------------------------------------------------------------------------------------------


@linalg
def vector_norm(
    x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """The p-norm of the elements."""
    dim = dims_of(dim)
    if dtype is not None or type(ord) is complex:
        check_vector_norm(x, ord, dim, dtype)
    made = computed(VECTOR_NORM, (x,), (ord, dim, keepdim, dtype), out)
    return made if out is None else made[0]


@linalg
@copied(types=texts.matrix_norm_out)
def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Frobenius and nuclear norm, and those of orders 1, 2 and infinity, also negative."""
    rows, columns = check_matrix_norm(A, ord, dim, dtype)
    ndim = A.dim()
    if ord == "fro":
        return VECTOR_NORM(A, 2, (rows, columns), keepdim, dtype)
    if ord == "nuc" or abs(ord) == 2:
        A = A if dtype is None else A.to(dtype)
        order = (*(i for i in range(ndim) if i not in (rows, columns)), rows, columns)
        values = svdvals(PERMUTE(A, order))
        made = values.sum(-1, keepdim) if ord == "nuc" else extreme(values, ord, -1, keepdim)
        if keepdim:
            made = made.unsqueeze(-1)
            made = PERMUTE(made, tuple(order.index(i) for i in range(ndim)))
        return made
    summed, chosen = (rows, columns) if abs(ord) == 1 else (columns, rows)
    if not keepdim and chosen > summed:
        chosen -= 1
    made = VECTOR_NORM(A, 1.0, (summed,), keepdim, dtype)
    return extreme(made, ord, chosen, keepdim)


def extreme(values: Any, ord: Any, dim: int, keepdim: bool) -> Any:
    """The largest or, for negative orders, the smallest; the largest of none is 0, which has no history."""
    if ord < 0:
        return values.amin(dim, keepdim)
    if values.shape[dim]:
        return values.amax(dim, keepdim)
    return values.detach().sum(dim, keepdim)


@linalg
@copied(types=texts.norm_out)
def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """A norm of all elements, of vectors or of matrices, by how many dimensions there are."""
    dim = dims_of(dim)
    if dim is not None:
        if len(dim) not in (1, 2):
            raise RuntimeError(texts.norm_dims(dim))
    elif ord is not None and A.dim() not in (1, 2):
        raise RuntimeError(texts.norm_rank(A.dim()))
    of_matrices = isinstance(ord, str) or (ord is not None and (A.dim() if dim is None else len(dim)) == 2)
    if of_matrices:
        return matrix_norm(A, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, 2.0 if ord is None else ord, dim, keepdim, dtype=dtype)


# ---- condition numbers ----------------------------------------------------------------------------------------------


@linalg
@copied(castable=Castable("linalg.cond", (real_of,)))
def cond(A: Any, p: Any = None) -> Any:
    """The largest by the smallest singular value, or the product of two norms; 0 for matrices without elements."""
    p = 2 if p is None else p
    if not isinstance(p, str) and A.dim() < 2:
        raise RuntimeError(texts.COND_RANK)
    if isinstance(p, str):
        check_matrix(texts.cond_of(p), A._array, square=True)
    if isinstance(p, complex):
        raise RuntimeError(texts.COMPLEX_AS_DOUBLE)  # noqa: TRY004  # as in PyTorch
    if p not in ("fro", "nuc") if isinstance(p, str) else abs(p) not in (1, 2, math.inf):
        raise RuntimeError(texts.cond_order(p))
    if not A.numel():
        return A.new_zeros(A.shape[:-2], dtype=A.dtype.to_real())
    if p in (2, -2):
        s = svdvals(A)
        largest, smallest = s.narrow(-1, 0, 1), s.narrow(-1, s.shape[-1] - 1, 1)
        return ((smallest / largest) if p == -2 else (largest / smallest)).squeeze(-1)
    if p == "nuc":
        values = svdvals(A)
        return values.sum(-1) * values.reciprocal().sum(-1)
    if not isinstance(p, str):
        check_matrix(texts.cond_of(f"{p:f}" if isinstance(p, float) else str(int(p))), A._array, square=True)
    inverse, info = INVERSE(A, False)
    inverse.masked_fill_(info.unsqueeze(-1).unsqueeze(-1) > 0, math.inf)
    return (matrix_norm(A, p) * matrix_norm(inverse, p)).nan_to_num_(math.inf, math.inf, -math.inf)
