"""The factorizations of Cholesky and QR, and what is solved with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.levels import physical
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.call import call_out
from refgrad.operators.declare import KEEP, function, inplace_of, operator
from refgrad.operators.formula_arithmetic import MUL_NUMBER, times
from refgrad.operators.linalg_arrays import (
    adjoint,
    as_batch,
    by_columns,
    check_floating,
    check_matrix,
    check_older_equation,
    check_square,
    raise_at,
    scalar_names,
    substituted,
)
from refgrad.operators.linalg_names import linalg
from refgrad.operators.linalg_out import Castable, computed, refuse_recording, same, several
from refgrad.operators.linalg_solving import SOLVE_TRIANGULAR
from refgrad.operators.matrix import matmul
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.out_refusals import FIRST
from refgrad.operators.texts import not_implemented_for


def factorized(a: Any, upper: bool) -> tuple[Any, Any]:
    """The triangles, and for each matrix the leading minor that is not positive, or 0."""
    source = adjoint(a) if upper else a
    made = np.zeros_like(source, order="C")
    flat, batch = as_batch(made), as_batch(np.ascontiguousarray(source))
    info = np.zeros(len(batch), np.int32)
    for number, matrix in enumerate(batch):
        lower = flat[number]
        for j in range(matrix.shape[0]):
            rest = (matrix[j, j] - (lower[j, :j] * np.conj(lower[j, :j])).sum()).real
            if not rest > 0:
                info[number] = j + 1
                break
            lower[j, j] = np.sqrt(rest)
            lower[j + 1 :, j] = (matrix[j + 1 :, j] - lower[j + 1 :, :j] @ np.conj(lower[j, :j])) / lower[j, j]
    return by_columns(adjoint(made) if upper else made), info.reshape(a.shape[:-2])


def cholesky_forward(a: Any, upper: bool, check_errors: bool) -> Any:
    check_square("linalg.cholesky", a)
    made, info = factorized(a, upper)
    if check_errors:
        raise_at(info, texts.not_positive, "linalg.cholesky_ex")
    return made, info


def symmetric_half(x: Any) -> Any:
    """Half of the lower triangle and its adjoint, the diagonal counted once from each."""
    lower = x.tril()
    return times(lower + lower.tril(-1).mH, 0.5)


def cholesky_gradient(grad: Any, L: Any, upper: bool) -> Any:
    factor, to_factor = (L.mH, grad.mH) if upper else (L, grad)
    inner = symmetric_half(matmul(factor.mH, to_factor))
    half = SOLVE_TRIANGULAR(factor.mH, inner, True, True, False)
    return SOLVE_TRIANGULAR(factor, half, False, False, False)


CHOLESKY = operator(
    "linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (L, info)",
    cholesky_forward,
    node="LinalgCholeskyExBackward0",
    gradients={"self": cholesky_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def cholesky(A: Any, *, upper: bool = False, out: Any = None) -> Any:
    """The triangle that times its adjoint is the matrix. Raises LinAlgError if it is not positive definite."""
    factor, info = computed(CHOLESKY, (A,), (upper, False), out)
    raise_at(physical(info), texts.not_positive, "linalg.cholesky")
    return factor


@linalg
def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    made = computed(CHOLESKY, (A,), (upper, check_errors and out is None), out)
    if check_errors:
        raise_at(physical(made[1]), texts.not_positive, "linalg.cholesky_ex")
    return several("linalg_cholesky_ex", ("L", "info"), made, out)


def qr_forward(a: Any, mode: str) -> Any:
    check_matrix("linalg.qr", a)
    check_floating("linalg.qr", a)
    if mode not in ("reduced", "r", "complete"):
        raise RuntimeError(texts.qr_mode(mode))
    if mode == "r":
        return np.zeros(0, a.dtype), by_columns(np.linalg.qr(a, mode="r"))
    q, r = np.linalg.qr(a, mode="complete" if mode == "complete" else "reduced")
    return by_columns(q), by_columns(r)


def with_diagonal_halved(x: Any) -> Any:
    inplace_of(MUL_NUMBER)(x.diagonal(0, -2, -1).real if x.is_complex() else x.diagonal(0, -2, -1), 0.5)
    return x


def qr_gradient(grads: Any, Q: Any, R: Any, mode: str) -> Any:
    to_q, to_r = grads
    if mode == "r":
        raise RuntimeError(texts.QR_WITHOUT_Q)
    rows, columns = Q.shape[-2], R.shape[-1]
    if mode == "complete" and rows > columns:
        raise RuntimeError(texts.QR_COMPLETE)
    if rows >= columns:
        return through_square(to_q, to_r, Q, R)
    head, tail = R.narrow(-1, 0, rows), R.narrow(-1, rows, columns - rows)
    to_head = None if to_r is None else to_r.narrow(-1, 0, rows)
    to_tail = None
    if to_r is not None:
        to_tail = to_r.narrow(-1, rows, columns - rows)
        turned_back = matmul(matmul(Q, tail), to_tail.mH)
        to_q = turned_back if to_q is None else to_q + turned_back
    made = through_square(to_q, to_head, Q, head)
    rest = made.new_zeros((*made.shape[:-1], columns - rows)) if to_tail is None else matmul(Q, to_tail)
    return FUNCTIONS["cat"]([made, rest], -1)


def through_square(to_q: Any, to_r: Any, Q: Any, R: Any) -> Any:
    """The gradient of the matrix whose triangle is square."""
    inner: Any = None if to_r is None else matmul(to_r, R.mH)
    if to_q is not None:
        of_q = matmul(Q.mH, to_q)
        inner = -of_q if inner is None else inner - of_q
    upper = inner.triu()
    full = with_diagonal_halved(upper + upper.mH)
    made = matmul(Q, full) if to_q is None else matmul(Q, full) + to_q
    return SOLVE_TRIANGULAR(R.mH, made, False, False, False)


QR = operator(
    "linalg_qr(Tensor A, str mode='reduced') -> (Q, R)",
    qr_forward,
    node="LinalgQrBackward0",
    gradients={"A": qr_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def qr(A: Any, mode: str = "reduced", *, out: Any = None) -> Any:
    """Orthonormal columns and an upper triangle."""
    return several("linalg_qr", ("Q", "R"), computed(QR, (A,), (mode,), out), out)


@function("qr")
def qr_of(self: Any, some: bool = True, *, out: Any = None) -> Any:
    """The older form. It is deprecated and says so, once."""
    warn_once(texts.QR_DEPRECATED, "qr")
    return several("qr", ("Q", "R"), computed(QR, (self,), ("reduced" if some else "complete",), out), out)


def older_cholesky_forward(a: Any, upper: bool) -> Any:
    if not a.size:
        return a.copy()
    check_matrix("cholesky", a, square=True)
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("cholesky_cpu", *scalar_names(a)))
    made, info = factorized(a, upper)
    raise_at(info, texts.not_positive, "cholesky")
    return made


CHOLESKY_OF_OLD = operator(
    "cholesky(Tensor self, bool upper=False)",
    older_cholesky_forward,
    node="CholeskyBackward0",
    gradients={"self": lambda grad, result, upper: cholesky_gradient(grad, result, upper)},
    dtype=KEEP,
    public=False,
)


@function("cholesky")
def cholesky_of(self: Any, upper: bool = False, *, out: Any = None) -> Any:
    """The older form. It is deprecated and says so, once, and once more where it writes into a tensor."""
    if out is not None:
        refuse_recording("cholesky", (self, out))
        warn_once(texts.CHOLESKY_DEPRECATED, "cholesky.out")
        FIRST["cholesky"]((self,), out)
    warn_once(texts.CHOLESKY_DEPRECATED, "cholesky")
    return CHOLESKY_OF_OLD(self, upper) if out is None else call_out(CHOLESKY_OF_OLD, (self,), (upper,), out)


@function("cholesky_inverse")
def cholesky_inverse(self: Any, upper: bool = False) -> Any:
    """The inverse of the matrix whose Cholesky factor this is."""
    check_matrix("cholesky_inverse", self._array)
    check_matrix("cholesky_inverse", self._array, square=True)
    return CHOLESKY_INVERSE(self, upper)


def cholesky_inverse_forward(a: Any, upper: bool) -> Any:
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("cholesky_inverse_out_cpu", *scalar_names(a)))
    factor = adjoint(np.triu(a)) if upper else np.tril(a)
    half = substituted(factor, np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape), upper=False, unit=False)
    return by_columns(adjoint(half) @ half)


def cholesky_inverse_gradient(grad: Any, self: Any, result: Any, upper: bool) -> Any:
    both = grad + grad.mH
    inner = matmul(result, matmul(both, result))
    return -matmul(self, inner) if upper else -matmul(inner, self)


CHOLESKY_INVERSE = operator(
    "cholesky_inverse(Tensor self, bool upper=False)",
    cholesky_inverse_forward,
    node="CholeskyInverseBackward0",
    gradients={"self": cholesky_inverse_gradient},
    dtype=KEEP,
    public=False,
)


def cholesky_solve_forward(b: Any, factor: Any, upper: bool) -> Any:
    for name, each in (("b", b), ("u", factor)):
        if each.ndim < 2:
            raise RuntimeError(texts.cholesky_rank(name, each.ndim))
    check_older_equation("cholesky_solve", factor, b)
    lower = adjoint(factor) if upper else factor
    half = substituted(lower, b, upper=False, unit=False)
    return by_columns(substituted(adjoint(lower), half, upper=True, unit=False))


def cholesky_solve_gradient(grad: Any, self: Any, input2: Any, result: Any, upper: bool, needed: Any) -> Any:
    to_b = CHOLESKY_SOLVE(grad, input2, upper)
    to_factor = None
    if needed[1]:
        common = matmul(to_b, result.mH)
        common = common + common.mH
        to_factor = -matmul(input2, common) if upper else -matmul(common, input2)
    return to_b if needed[0] else None, to_factor


CHOLESKY_SOLVE: Any = operator(
    "cholesky_solve(Tensor self, Tensor input2, bool upper=False)",
    cholesky_solve_forward,
    node="CholeskySolveBackward0",
    gradients={"self, input2": cholesky_solve_gradient},
    dtype=KEEP,
)

for _name in ("cholesky", "cholesky_inverse", "cholesky_solve"):
    FIRST[_name] = Castable(_name, (same,)).before
