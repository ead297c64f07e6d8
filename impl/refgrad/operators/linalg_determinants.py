"""Determinants and their logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad.modes import modes
from refgrad.operators.declare import KEEP, function, operator
from refgrad.operators.formula_arithmetic import times
from refgrad.operators.formula_values import constant, zeros_like
from refgrad.operators.linalg_arrays import check_square, diagonal_matrix, is_turned, lu_of, lu_result, turned
from refgrad.operators.linalg_names import linalg
from refgrad.operators.linalg_out import computed, several
from refgrad.operators.linalg_solving import solve
from refgrad.operators.linalg_spectra import svd
from refgrad.operators.matrix import matmul
from refgrad.operators.mixtures import where
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.short_refused import check_not_short
from refgrad.tensor import Tensor


def sign_of_order(pivots: Any) -> Any:
    """1 or -1 for an even or odd number of exchanged rows."""
    exchanged = (pivots != np.arange(1, pivots.shape[-1] + 1)).sum(-1)
    return 1.0 - 2.0 * (exchanged % 2)


def det_forward(a: Any) -> Any:
    check_square("linalg.det", a)
    packed, pivots, _ = lu_of(turned(a))
    diagonal = np.diagonal(packed, axis1=-2, axis2=-1)
    return (sign_of_order(pivots) * np.prod(diagonal, -1)).astype(a.dtype), packed, pivots


def det_gradient(grad: Any, A: Any, LU: Any, pivots: Any, result: Any) -> Any:
    """The adjugate: by the inverse, and for matrices that have none by their singular values."""
    if A.numel() == 0:
        return zeros_like(A)
    if A.shape[-1] == 1:
        return grad.unsqueeze(-1).unsqueeze(-1)
    diagonal = diagonal_matrix(grad * result.conj(), A)
    tiny = float(np.finfo(A._array.dtype).eps)
    if not modes.grad:
        packed = LU._array.copy()
        places = np.arange(packed.shape[-1])
        on_diagonal = packed[..., places, places]
        packed[..., places, places] = np.where(on_diagonal == 0, packed.dtype.type(tiny), on_diagonal)
        return lu_result(Tensor._of(packed), pivots, diagonal, adjoined=not is_turned(A._array))
    small = np.asarray(np.abs(result._array) < 100 * tiny)
    if not small.any():
        return solve(A.mH, diagonal)
    if small.all():
        return adjugate(A, grad)
    mask, rest = Tensor._of(small), Tensor._of(~small)
    made = A.new_zeros(A.shape).index_put((mask,), adjugate(A[mask], grad[mask]))
    return made.index_put((rest,), solve(A[rest].mH, diagonal[rest]))


def adjugate(a: Any, grad: Any) -> Any:
    """The gradient of the determinant of singular matrices."""
    u, s, vh = svd(a, full_matrices=True)
    turn = (det(u) * det(vh)).conj() * grad
    size = s.shape[-1]
    others = []
    for i in range(size):
        kept = [j for j in range(size) if j != i]
        others.append(s[..., kept].prod(-1) if kept else s.sum(-1) * 0 + 1)
    without = FUNCTIONS["stack"](others, -1) * turn.unsqueeze(-1)
    return matmul(u * without.unsqueeze(-2), vh)


DET = operator(
    "_linalg_det(Tensor A) -> (result, LU, pivots)",
    det_forward,
    node="LinalgDetBackward0",
    history=1,
    gradients={"A": det_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
@function("det")
def det(A: Any, *, out: Any = None) -> Any:
    """The determinant."""
    return computed(DET, (A,), (), out)[0]


def slogdet_forward(a: Any, name: str = "linalg.slogdet") -> Any:
    check_square(name, a)
    packed, pivots, _ = lu_of(turned(a))
    diagonal = np.diagonal(packed, axis1=-2, axis2=-1)
    size = np.abs(diagonal)
    sign = sign_of_order(pivots) * np.prod(np.sign(diagonal), -1)
    return sign.astype(a.dtype), np.log(size).sum(-1).astype(size.dtype), packed, pivots


def slogdet_gradient(grads: Any, A: Any, LU: Any, pivots: Any, sign: Any) -> Any:
    to_sign, to_log = grads[0], grads[1]
    if A.is_complex():
        grad = None if to_log is None else to_log
        if to_sign is not None:
            turned = times((to_sign.conj() * sign).imag, 1j)
            grad = -turned if grad is None else grad - turned
        elif grad is not None:
            grad = grad.to(A.dtype)
    else:
        grad = to_log
    if grad is None:
        return None
    diagonal = diagonal_matrix(grad, A)
    return solve(A.mH, diagonal) if modes.grad else lu_result(LU, pivots, diagonal, adjoined=not is_turned(A._array))


SLOGDET = operator(
    "_linalg_slogdet(Tensor A) -> (sign, logabsdet, LU, pivots)",
    slogdet_forward,
    node="LinalgSlogdetBackward0",
    history=2,
    gradients={"A": slogdet_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def slogdet(A: Any, *, out: Any = None) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return several("linalg_slogdet", ("sign", "logabsdet"), computed(SLOGDET, (A,), (), out), out)


@function("slogdet")
def slogdet_of(self: Any, *, out: Any = None) -> Any:
    return several("slogdet", ("sign", "logabsdet"), computed(SLOGDET, (self,), (), out), out)


@function("logdet")
def logdet(self: Any) -> Any:
    """The logarithm of the determinant, nan where that is negative."""
    check_square("logdet", self._array)
    check_not_short("logdet", self._array)
    sign, logarithm = SLOGDET(self)[:2]
    if self.is_complex():
        return sign.log() + logarithm
    return where(sign == -1.0, constant(sign, math.nan), logarithm)
