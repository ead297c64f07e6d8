"""The pseudoinverse and the rank: matrices whose small singular values count as zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.modes import modes
from refgrad.operators import linalg_texts as texts
from refgrad.operators.call import written
from refgrad.operators.declare import KEEP, function, operator
from refgrad.operators.linalg_arrays import adjoint, check_matrix
from refgrad.operators.linalg_names import linalg
from refgrad.operators.linalg_out import Castable, copied, integers, refuse_recording, resized, same, unrecorded
from refgrad.operators.linalg_spectra import EIGH, SVD, eigh_forward, svd_forward
from refgrad.operators.matrix import matmul
from refgrad.operators.texts import not_differentiable
from refgrad.tensor import Tensor


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
    shapes.raise_broadcast_error([relative, largest])
    limits = relative * largest
    shapes.raise_broadcast_error([absolute, limits])
    limits = np.maximum(absolute, limits)
    shapes.raise_broadcast_error([s, limits])
    return s > limits


def pinv_forward(a: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    if not a.size:
        return np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
    if hermitian:
        values, vectors = eigh_forward(a, "L", True)
        kept = above_limits(np.abs(values), a.shape, atol, rtol)
        inverse = np.where(kept, 1 / np.where(kept, values, 1), 0).astype(values.dtype)
        return np.ascontiguousarray((vectors * inverse[..., None, :]) @ adjoint(vectors))
    u, s, vh = svd_forward(a, False, True)
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
def pinv(
    A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None
) -> Any:
    """The pseudoinverse; `rcond` is an older name of the relative tolerance, which is the only one then."""
    if rcond is not None:
        check_tolerances("torch.linalg.pinv", rcond=rcond)
        atol, rtol = 0.0, rcond
    numbers = any(isinstance(each, (int, float)) for each in (atol, rtol))
    return (pseudoinverse_copied if numbers else pseudoinverse_written)(A, atol, rtol, hermitian, out=out)


def pseudoinverse(A: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    for name, each in (("atol", atol), ("rtol", rtol)):
        if isinstance(each, Tensor) and each.requires_grad and modes.grad:
            raise RuntimeError(not_differentiable("linalg_pinv", name))
    if isinstance(atol, (int, float)) and rtol is None:
        check_resolution(A)
    if A.dim() < 2 or A.dtype not in LONG:
        raise RuntimeError(texts.pinv_type(A.dtype.scalar_name, A.shape))
    check_tolerances("torch.linalg.pinv", atol=atol, rtol=rtol)
    return PINV(A, atol, rtol, hermitian)


AS_INPUT = Castable("linalg.pinv", (same,))
pseudoinverse_written = unrecorded("linalg_pinv", first=AS_INPUT.check)(pseudoinverse)
pseudoinverse_copied = copied(castable=AS_INPUT)(pseudoinverse)

LONG = (dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)


def check_resolution(A: Tensor) -> None:
    """Raise IndexError or RuntimeError if there is no usual tolerance for such a matrix."""
    shapes.own_dim(-2, A.dim())
    if A.dtype not in LONG:
        raise RuntimeError(texts.RANK_TYPE)


def check_tolerances(name: str, **tolerances: Any) -> None:
    """Raise RuntimeError for complex ones."""
    for each, value in tolerances.items():
        if isinstance(value, Tensor) and value.is_complex():
            raise RuntimeError(texts.complex_tolerance(name, each, value.dtype.scalar_name))


@function("pinverse")
def pinverse(self: Any, rcond: float = 1e-15) -> Any:
    return pinv(self, rcond)


def sizes_of(A: Tensor, hermitian: bool) -> Any:
    """Singular values or absolute eigenvalues alone; what cannot have any is refused by the operator for both."""
    a = A._array
    if A.dtype in LONG and (a.shape[-2] == a.shape[-1] if hermitian else not np.isnan(a).any()):
        return np.abs(np.linalg.eigvalsh(a)) if hermitian else np.linalg.svd(a, compute_uv=False)
    return EIGH(A.detach(), "L", True)[0].abs()._array if hermitian else SVD(A.detach(), False, True)[1]._array


@linalg
def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None
) -> Any:
    """How many singular values are not zero; `tol` is an older name of the absolute tolerance, the only one then."""
    name, a = "torch.linalg.matrix_rank", A._array
    if tol is not None:
        atol, rtol = tol, 0.0
    numbers = isinstance(atol, (int, float)) and tol is None
    if out is not None and numbers and rtol is None:
        check_resolution(A)
    check_matrix(name, a, argument="input")
    if out is None:
        result = Tensor._of(np.zeros(a.shape[:-2], np.int64))
    else:
        RANKS.check(A, [out])
        result = resized(out, a.shape[:-2])
    check_tolerances(name, atol=atol)
    if rtol is None:
        check_resolution(A)
    check_tolerances(name, rtol=rtol)
    if not a.size:
        return result.zero_()
    s = sizes_of(A, hermitian)
    refuse_recording("sum", (result,))
    # one number for each matrix may be too few, where there are several tolerances
    return written(result, np.asarray(above_limits(s, A.shape, atol, rtol).sum(-1)))


RANKS = Castable("torch.linalg.matrix_rank", (integers,))
