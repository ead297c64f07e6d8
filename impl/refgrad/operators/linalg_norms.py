"""Norms of matrices, pseudoinverses, ranks and conditions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.call import written
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.linalg_arrays import adjoint, check_floating, check_matrix
from refgrad.operators.linalg_names import LINALG, linalg
from refgrad.operators.linalg_out import Castable, computed, copied, integers, real_of, same, unrecorded
from refgrad.operators.linalg_solving import inv
from refgrad.operators.linalg_spectra import svdvals
from refgrad.operators.matrix import matmul
from refgrad.operators.names import ROWS
from refgrad.operators.reductions import VECTOR_NORM, dims_of
from refgrad.operators.shapes import PERMUTE
from refgrad.operators.short_refused import KINDS, check_not_short
from refgrad.tensor import Tensor

# ---- the pseudoinverse, ranks, conditions ---------------------------------------------------------------------------


def limits_of(atol: Any, rtol: Any, shape: Any, kind: Any) -> tuple[Any, Any]:
    """Both tolerances as arrays, for every matrix. Without a relative one it is 0 if there is an absolute one."""
    usual = max(shape[-2:]) * float(np.finfo(kind).eps)
    absolute = np.asarray(0.0 if atol is None else atol._array if isinstance(atol, Tensor) else atol)
    if rtol is None:
        relative = np.where(absolute > 0, 0.0, usual)
    else:
        relative = np.asarray(rtol._array if isinstance(rtol, Tensor) else rtol)
    return absolute[..., None], relative[..., None]


def above_limits(s: Any, shape: Any, atol: Any, rtol: Any) -> Any:
    """Which singular values, or absolute eigenvalues, count as not zero."""
    absolute, relative = limits_of(atol, rtol, shape, s.dtype)
    largest = s.max(-1, keepdims=True) if s.shape[-1] else np.zeros((*s.shape[:-1], 1), s.dtype)
    return s > np.maximum(relative * largest, absolute)


def mirrored(a: Any) -> Any:
    """The Hermitian matrix whose lower triangle this has."""
    lower = np.tril(a)
    return lower + adjoint(np.tril(a, -1))


def pinv_forward(a: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    if a.ndim < 2 or a.dtype.kind in "biu":
        raise RuntimeError(texts.pinv_type(dtypes.of_array(a).scalar_name, a.shape))
    if hermitian:
        values, vectors = np.linalg.eigh(mirrored(a))
        kept = above_limits(np.abs(values), a.shape, atol, rtol)
        inverse = np.where(kept, 1 / np.where(kept, values, 1), 0).astype(values.dtype)
        return np.ascontiguousarray((vectors * inverse[..., None, :]) @ adjoint(vectors))
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    kept = above_limits(s, a.shape, atol, rtol)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    return np.ascontiguousarray((adjoint(vh) * inverse[..., None, :]) @ adjoint(u))


def pinv_gradient(grad: Any, self: Any, result: Any) -> Any:
    """Through the inverse, and through the two projections beside it."""
    h, pinv_h, grad_h = self.mH, result.mH, grad.mH
    if self.shape[-2] <= self.shape[-1]:
        k = matmul(grad_h, result)
        k_pinv_h = matmul(k, pinv_h)
        first = -matmul(result, k).mH + k_pinv_h - matmul(matmul(self, result), k_pinv_h)
        return first + matmul(matmul(pinv_h, result), grad_h - matmul(k, self))
    k = matmul(result, grad_h)
    pinv_h_k = matmul(pinv_h, k)
    first = -matmul(k, result).mH + matmul(grad_h - matmul(self, k), result).matmul(pinv_h)
    del h
    return first + pinv_h_k - matmul(pinv_h_k, matmul(result, self))


PINV = operator(
    "linalg_pinv(Tensor self, float? atol, float? rtol, bool hermitian)",
    pinv_forward,
    node="LinalgPinvBackward0",
    gradients={"self": pinv_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
@unrecorded("linalg_pinv", castable=Castable("linalg.pinv", (same,)))
def pinv(A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """The pseudoinverse; `rcond` is an older name of the relative tolerance, which is the only one then."""
    check_tolerances("pinv", rcond=rcond, atol=atol, rtol=rtol)
    return PINV(A, atol, rtol, hermitian) if rcond is None else PINV(A, 0.0, rcond, hermitian)


def check_tolerances(name: str, **tolerances: Any) -> None:
    """Raise RuntimeError for complex ones."""
    for each, value in tolerances.items():
        if isinstance(value, Tensor) and value.is_complex():
            raise RuntimeError(texts.complex_tolerance(name, each, value.dtype.scalar_name))


@function("pinverse")
def pinverse(self: Any, rcond: float = 1e-15) -> Any:
    return PINV(self, 0.0, rcond, False)


@linalg
@copied(castable=Castable("torch.linalg.matrix_rank", (integers,)))
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """How many singular values are not zero; `tol` is an older name of the absolute tolerance, the only one then."""
    if tol is not None:
        atol, rtol = tol, 0.0
    check_tolerances("matrix_rank", atol=atol, rtol=rtol)
    check_matrix("torch.linalg.matrix_rank", A._array, argument="input")
    if A._array.dtype.kind in "biu":
        raise RuntimeError(texts.RANK_TYPE)
    a = A._array
    if dtypes.of_array(a) in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(KINDS)
    s = np.abs(np.linalg.eigvalsh(mirrored(a))) if hermitian else np.linalg.svd(a, compute_uv=False)
    ranks = np.asarray(above_limits(s, A.shape, atol, rtol).sum(-1))
    if isinstance(atol, Tensor) or isinstance(
        rtol, Tensor
    ):  # PyTorch writes into one number for each matrix, which may be too few
        return written(Tensor._of(np.empty(a.shape[:-2], ranks.dtype)), ranks)
    return Tensor._of(ranks)


@linalg
@copied(castable=Castable("linalg.cond", (real_of,)))
def cond(A: Any, p: Any = None) -> Any:
    """The largest by the smallest singular value, or the product of two norms."""
    check_matrix("linalg.cond", A._array, argument="")
    if p in (None, 2, -2):
        s = svdvals(A)
        largest, smallest = s.narrow(-1, 0, 1), s.narrow(-1, s.shape[-1] - 1, 1)
        return ((smallest / largest) if p == -2 else (largest / smallest)).squeeze(-1)
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


# ---- norms ----------------------------------------------------------------------------------------------------------


def check_norm_input(name: str, a: Any) -> None:
    if a.ndim < 2:
        raise RuntimeError(texts.matrix_rank_of(name))


@linalg
@copied(types=texts.matrix_norm_out)
def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Frobenius and nuclear norm, and those of orders 1, 2 and infinity, also negative."""
    if isinstance(ord, str):
        if ord not in ("fro", "nuc"):
            raise RuntimeError(texts.order_not_supported(ord))
    elif abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(texts.order_not_supported(ord))
    check_norm_input("linalg.matrix_norm", A._array)
    check_floating("linalg.matrix_norm", A._array)
    if ord == "nuc" or (ord != "fro" and abs(ord) == 2):
        check_not_short("linalg.matrix_norm", A._array)
    ndim = A.dim()
    rows, columns = (shapes.checked_dim(each, ndim) for each in dim)
    if ord == "fro":
        return VECTOR_NORM(A, 2, (rows, columns), keepdim, dtype)
    if ord == "nuc" or abs(ord) == 2:
        A = A if dtype is None else A.to(dtype)
        order = (*(i for i in range(ndim) if i not in (rows, columns)), rows, columns)
        values = svdvals(PERMUTE(A, order))
        made = (
            values.sum(-1, keepdim)
            if ord == "nuc"
            else values.amax(-1, keepdim)
            if ord > 0
            else values.amin(-1, keepdim)
        )
        if keepdim:
            made = made.unsqueeze(-1)
            made = PERMUTE(made, tuple(order.index(i) for i in range(ndim)))
        return made
    summed, chosen = (rows, columns) if abs(ord) == 1 else (columns, rows)
    if not keepdim and chosen > summed:
        chosen -= 1
    made = VECTOR_NORM(A, 1.0, (summed,), keepdim, dtype)
    return made.amax(chosen, keepdim) if ord > 0 else made.amin(chosen, keepdim)


@linalg
@copied(types=texts.norm_out)
def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """A norm of all elements, of vectors or of matrices, by how many dimensions there are."""
    if ord is None:
        return VECTOR_NORM(A, 2.0, dims_of(dim), keepdim, dtype)
    if dim is None:
        if A.dim() not in (1, 2):
            raise RuntimeError(texts.norm_rank(A.dim()))
        dim = None if A.dim() == 1 and not isinstance(ord, str) else (0, 1)
    dim = dims_of(dim)
    if isinstance(ord, str) or (dim is not None and len(dim) == 2):
        return matrix_norm(A, ord, dim, keepdim, dtype=dtype)
    return VECTOR_NORM(A, ord, dim, keepdim, dtype)


def vector_norm_of_linalg(
    x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """The p-norm of the elements."""
    made = computed(VECTOR_NORM, (x,), (ord, dims_of(dim), keepdim, dtype), out)
    return made if out is None else made[0]


LINALG["vector_norm"] = vector_norm_of_linalg


@function("frobenius_norm", public=FUNCTION)
def frobenius_norm(self: Any, dim: Any, keepdim: bool = False) -> Any:
    """The root of the sum of squares. It is deprecated and says so, once."""
    warn_once(texts.FROBENIUS_DEPRECATED, "frobenius_norm")
    return ROWS["norm", "ScalarOpt_dim"](self, 2.0, (dim,) if isinstance(dim, int) else tuple(dim), keepdim)


@function("nuclear_norm", public=FUNCTION)
def nuclear_norm(self: Any, dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    """The sum of the singular values. It is deprecated and says so, once."""
    warn_once(texts.NUCLEAR_DEPRECATED, "nuclear_norm")
    return matrix_norm(self, "nuc", dim, keepdim)
