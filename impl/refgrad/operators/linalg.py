"""Linear algebra: factorizations, solutions, determinants, inverses, matrix norms and powers (`torch.linalg`).

Matrices come back stored by columns, as LAPACK leaves them: the layout decides which products gradients are made of.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.modes import modes
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, function, inplace_of, operator
from refgrad.operators.formula_arithmetic import MUL_NUMBER, times
from refgrad.operators.formula_values import constant, zeros_like
from refgrad.operators.matrix import matmul
from refgrad.operators.mixtures import where
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.reductions import VECTOR_NORM, dims_of, vector_norm
from refgrad.operators.shapes import PERMUTE
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor

LINALG: dict[str, Callable[..., Any]] = {}
"""What `torch.linalg` gets from here."""


class LinAlgError(RuntimeError):
    """A matrix that has no such factorization."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"


def linalg(made: Callable[..., Any]) -> Callable[..., Any]:
    LINALG[made.__name__] = made
    FUNCTIONS["linalg_" + made.__name__] = made
    return made


# ---- arrays -------------------------------------------------------------------------------------------------------


def adjoint(a: Any) -> Any:
    return np.conj(a.swapaxes(-2, -1))


def by_columns(a: Any) -> Any:
    """The same matrices, each stored column by column."""
    turned_matrices = np.asarray(a).swapaxes(-2, -1)
    made = np.empty(turned_matrices.shape, turned_matrices.dtype)
    made[...] = turned_matrices
    return made.swapaxes(-2, -1)


def check_matrix(name: str, a: Any, *, square: bool = False, argument: str = "A") -> None:
    """Raise RuntimeError for vectors, integers, and where asked for matrices that are not square."""
    if a.ndim < 2:
        raise RuntimeError(texts.matrix_rank_of(name, argument))
    if square and a.shape[-1] != a.shape[-2]:
        raise RuntimeError(texts.not_square(name, *a.shape[-2:]))


def check_floating(name: str, a: Any) -> None:
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.not_floating(name, dtypes.of_array(a).scalar_name))


def check_square(name: str, a: Any) -> None:
    check_matrix(name, a)
    check_floating(name, a)
    check_matrix(name, a, square=True)


def as_batch(a: Any) -> Any:
    """The matrices one after another; there may be none, and they may be empty."""
    return a.reshape(math.prod(a.shape[:-2]), *a.shape[-2:])


def lu_of(a: Any) -> tuple[Any, Any, Any]:
    """Both triangles in one array, the rows that were exchanged (from 1), and the first zero on the diagonal or 0."""
    packed = np.array(a, order="C")
    batch = as_batch(packed)
    rows, columns = batch.shape[-2:]
    count = min(rows, columns)
    pivots, info = np.zeros((len(batch), count), np.int32), np.zeros(len(batch), np.int32)
    for number, matrix in enumerate(batch):
        for k in range(count):
            column = matrix[k:, k]
            p = k + int(np.argmax(np.abs(column.real) + np.abs(column.imag)))  # as LAPACK compares complex numbers
            pivots[number, k] = p + 1
            if p != k:
                matrix[[k, p]] = matrix[[p, k]]
            if matrix[k, k] == 0:
                info[number] = info[number] or k + 1
                continue
            matrix[k + 1 :, k] /= matrix[k, k]
            matrix[k + 1 :, k + 1 :] -= np.outer(matrix[k + 1 :, k], matrix[k, k + 1 :])
    lead = a.shape[:-2]
    return by_columns(packed), pivots.reshape(*lead, count), info.reshape(lead)


def permutation_of(pivots: Any, rows: int) -> Any:
    """The matrices P of PLU, as floats 0 and 1."""
    order = order_of(pivots, rows)
    made = np.zeros((*order.shape, rows))
    np.put_along_axis(made, order[..., None, :], 1, -2)
    return made


def order_of(pivots: Any, rows: int) -> Any:
    """Which row comes to each place."""
    flat = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    made = np.empty((len(flat), rows), np.int64)
    for number, each in enumerate(flat):
        order = list(range(rows))
        for k, p in enumerate(each):
            order[k], order[p - 1] = order[p - 1], order[k]
        made[number] = order
    return made.reshape(*pivots.shape[:-1], rows)


def substituted(triangle: Any, b: Any, *, upper: bool, unit: bool) -> Any:
    """The solution of a triangular system; a zero on the diagonal gives inf and nan, not an error."""
    size = triangle.shape[-1]
    lead = np.broadcast_shapes(triangle.shape[:-2], b.shape[:-2])
    x = np.array(np.broadcast_to(b, (*lead, *b.shape[-2:])), dtype=np.result_type(triangle, b))
    for i in reversed(range(size)) if upper else range(size):
        rest = slice(i + 1, size) if upper else slice(0, i)
        x[..., i, :] -= (triangle[..., i : i + 1, rest] @ x[..., rest, :])[..., 0, :]
        if not unit:
            x[..., i, :] /= triangle[..., i, i][..., None]
    return x


def triangular_solution(a: Any, b: Any, *, upper: bool, left: bool, unit: bool) -> Any:
    if left:
        return substituted(a, b, upper=upper, unit=unit)
    return substituted(a.swapaxes(-2, -1), b.swapaxes(-2, -1), upper=not upper, unit=unit).swapaxes(-2, -1)


def is_turned(a: Any) -> bool:
    """Whether PyTorch factorizes the transposed matrix, which lies in memory as LAPACK wants it."""
    return bool(a.flags.c_contiguous and a.dtype.kind != "c")


def turned(a: Any) -> Any:
    return a.swapaxes(-2, -1) if is_turned(a) else a


def rows_taken(b: Any, places: Any) -> Any:
    """The rows in another order; no product with a permutation, which would lose the sign of zeros."""
    lead = np.broadcast_shapes(places.shape[:-1], b.shape[:-2])
    places = np.broadcast_to(places, (*lead, places.shape[-1]))
    return np.take_along_axis(np.broadcast_to(b, (*lead, *b.shape[-2:])), places[..., None], -2)


def lu_solution(packed: Any, pivots: Any, b: Any, *, left: bool = True, adjoined: bool = False) -> Any:
    """Solve with a known factorization, for the matrix or its adjoint, from the left or the right."""
    with np.errstate(all="ignore"):
        if not left:
            return np.ascontiguousarray(adjoint(lu_solution(packed, pivots, adjoint(b), adjoined=not adjoined)))
        order = order_of(pivots, packed.shape[-1])
        if adjoined:
            x = substituted(adjoint(packed), b, upper=False, unit=False)
            return by_columns(rows_taken(substituted(adjoint(packed), x, upper=True, unit=True), order.argsort(-1)))
        x = substituted(packed, rows_taken(b, order), upper=False, unit=True)
        return by_columns(substituted(packed, x, upper=True, unit=False))


def raise_at(info: Any, text: Callable[..., str], name: str) -> None:
    """Raise LinAlgError for the first matrix of a batch that failed."""
    wrong = np.flatnonzero(info)
    if wrong.size:
        batch = texts.batch_element(int(wrong[0])) if info.ndim else ""
        raise LinAlgError(text(name, int(info.reshape(-1)[wrong[0]]), batch))


def diagonal_matrix(grad: Any, a: Any) -> Any:
    """One number per matrix, on the whole diagonal of a matrix like `a`."""
    size = a.shape[-1]
    return grad.unsqueeze(-1).expand((*a.shape[:-2], size)).diag_embed().transpose(-2, -1)


def lu_result(packed: Any, pivots: Any, b: Any, *, left: bool = True, adjoined: bool = True) -> Any:
    """The solution with the adjoint matrix where nothing is recorded: nothing is factorized again."""
    return Tensor._of(lu_solution(packed._array, pivots._array, b._array, left=left, adjoined=adjoined))


# ---- solutions ----------------------------------------------------------------------------------------------------


def is_vector(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the right side is a vector, or a batch of them that fits the batch of matrices."""
    return len(other) == 1 or (len(shape) - 1 == len(other) and tuple(shape[:-1]) == tuple(other))


def solve_forward(a: Any, b: Any, left: bool, check_errors: bool) -> Any:
    check_square("linalg.solve", a)
    vector = is_vector(a.shape, b.shape)
    right = b[..., None] if vector else b
    if right.shape[-2 if left else -1] != a.shape[-1]:
        raise RuntimeError(texts.solve_shapes("linalg.solve", a.shape, right.shape, left=left))
    packed, pivots, info = lu_of(a)
    if check_errors and info.any():
        raise LinAlgError(texts.solve_singular("linalg.solve_ex"))
    made = lu_solution(packed, pivots, right, left=left)
    if vector:  # several vectors lie in memory as one matrix
        made = by_columns(made[..., 0]) if made.ndim > 2 else made[..., 0]
    return made, packed, pivots, info


def solve_gradient(grad: Any, A: Any, LU: Any, pivots: Any, result: Any, left: bool, needed: Any) -> Any:
    """B gets the solution with the adjoint matrix, A minus that times the adjoint solution."""
    vector = is_vector(tuple(LU.shape), tuple(result.shape))
    right = grad.unsqueeze(-1) if vector else grad
    to_b = solve(A.mH, right, left=left) if modes.grad else lu_result(LU, pivots, right, left=left)
    to_a = None
    if needed[0]:
        x = result.unsqueeze(-1) if vector else result
        to_a = -matmul(to_b, x.mH) if left else -matmul(x.mH, to_b)
    return to_a, (to_b.squeeze(-1) if vector else to_b) if needed[1] else None


SOLVE = operator(
    "_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (result, LU, pivots, info)",
    solve_forward,
    node="LinalgSolveExBackward0",
    history=1,
    gradients={"A, B": solve_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X of `A X = B`. Raises LinAlgError for a singular matrix."""
    try:
        return SOLVE(A, B, left, True)[0]
    except LinAlgError:
        raise LinAlgError(texts.solve_singular("linalg.solve")) from None


@linalg
def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> Any:
    """X of `A X = B`, and where the diagonal has a zero."""
    result, _, _, info = SOLVE(A, B, left, check_errors)
    return named("linalg_solve_ex", ("result", "info"), (result, info))


def triangular_forward(a: Any, b: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    check_matrix("linalg.solve_triangular", a)
    check_matrix("linalg.solve_triangular", a, square=True)
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("triangular_solve_cpu", dtypes.of_array(a).scalar_name))
    return by_columns(triangular_solution(a, b, upper=upper, left=left, unit=unitriangular))


def triangular_gradient(
    grad: Any, self: Any, result: Any, upper: bool, left: bool, unitriangular: bool, needed: Any
) -> Any:
    to_b = SOLVE_TRIANGULAR(self.mH, grad, not upper, left, unitriangular)
    to_a = None
    if needed[0]:
        to_a = -matmul(to_b, result.mH) if left else -matmul(result.mH, to_b)
        edge = int(unitriangular)
        to_a = to_a.triu(edge) if upper else to_a.tril(-edge)
    return to_a, to_b if needed[1] else None


SOLVE_TRIANGULAR: Any = operator(
    "linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)",
    triangular_forward,
    node="LinalgSolveTriangularBackward0",
    gradients={"self, B": triangular_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X of `A X = B`, where only one triangle of A is read."""
    return SOLVE_TRIANGULAR(A, B, upper, left, unitriangular)


# ---- inverses and determinants ------------------------------------------------------------------------------------


def inverse_forward(a: Any, check_errors: bool) -> Any:
    check_square("linalg.inv", a)
    packed, pivots, info = lu_of(a)
    if check_errors:
        raise_at(info, texts.singular, "linalg.inv")
    identity = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return lu_solution(packed, pivots, identity), info


INVERSE = operator(
    "linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (inverse, info)",
    inverse_forward,
    node="LinalgInvExBackward0",
    gradients={"A": lambda grad, inverse: -matmul(inverse.mH, matmul(grad, inverse.mH))},
    dtype=KEEP,
    public=False,
)


@linalg
@function("inverse")
def inv(A: Any) -> Any:
    """The inverse. Raises LinAlgError for a singular matrix."""
    return INVERSE(A, True)[0]


@linalg
def inv_ex(A: Any, *, check_errors: bool = False) -> Any:
    """The inverse, and where the diagonal has a zero."""
    return INVERSE(A, check_errors)


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
def det(A: Any) -> Any:
    """The determinant."""
    return DET(A)[0]


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


def slogdet_tuple(name: str) -> Any:
    from refgrad.operators.declare import named_results

    return named_results(name, ("sign", "logabsdet"))._make


def publish_slogdet() -> None:
    made, of_torch = slogdet_tuple("linalg_slogdet"), slogdet_tuple("slogdet")

    @linalg
    def slogdet(A: Any) -> Any:
        """Sign and logarithm of the absolute value of the determinant."""
        return made(SLOGDET(A)[:2])

    @function("slogdet")
    def slogdet_of(self: Any) -> Any:
        return of_torch(SLOGDET(self)[:2])


publish_slogdet()


@function("logdet")
def logdet(self: Any) -> Any:
    """The logarithm of the determinant, nan where that is negative."""
    check_square("logdet", self._array)
    sign, logarithm = SLOGDET(self)[:2]
    if self.is_complex():
        return sign.log() + logarithm
    return where(sign == -1.0, constant(sign, math.nan), logarithm)


# ---- factorizations -----------------------------------------------------------------------------------------------


def cholesky_forward(a: Any, upper: bool, check_errors: bool, name: str = "linalg.cholesky") -> Any:
    check_square(name, a)
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
    info = info.reshape(a.shape[:-2])
    if check_errors:
        raise_at(info, texts.not_positive, name)
    return by_columns(adjoint(made) if upper else made), info


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
def cholesky(A: Any, *, upper: bool = False) -> Any:
    """The triangle that times its adjoint is the matrix. Raises LinAlgError if it is not positive definite."""
    return CHOLESKY(A, upper, True)[0]


@linalg
def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> Any:
    return CHOLESKY(A, upper, check_errors)


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
def qr(A: Any, mode: str = "reduced") -> Any:
    """Orthonormal columns and an upper triangle."""
    return QR(A, mode)


def eigh_forward(a: Any, UPLO: str, compute_v: bool) -> Any:
    check_matrix("linalg.eigh", a)
    check_matrix("linalg.eigh", a, square=True)
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("linalg_eigh_cpu", dtypes.of_array(a).scalar_name))
    values, vectors = np.linalg.eigh(a, "L" if UPLO.upper() == "L" else "U")
    return values, by_columns(vectors)


def with_ones_on_diagonal(x: Any) -> Any:
    """`x`, which was made for this, with its diagonal overwritten."""
    x.diagonal(0, -2, -1).fill_(1.0)
    return x


def check_phase(name: str, of_vectors: Any) -> None:
    """Complex vectors are free up to a phase. Raises RuntimeError if a loss depends on it."""
    if not of_vectors.is_complex():
        return
    turning = np.diagonal(of_vectors._array, axis1=-2, axis2=-1).imag
    if not np.allclose(turning, 0, rtol=1e-2, atol=1e-2):
        raise RuntimeError(texts.depends_on_phase(name))


def eigh_gradient(grads: Any, eigenvalues: Any, eigenvectors: Any) -> Any:
    """Off the diagonal the vectors' gradient, divided by the distance of the values; on it the values' gradient."""
    to_values, to_vectors = grads
    if to_vectors is None:
        return matmul(eigenvectors * to_values.unsqueeze(-2), eigenvectors.mH)
    of_vectors = matmul(eigenvectors.mH, to_vectors)
    check_phase("linalg_eigh", of_vectors)
    apart = with_ones_on_diagonal(eigenvalues.unsqueeze(-2) - eigenvalues.unsqueeze(-1))
    inner = times(of_vectors - of_vectors.mH, 0.5) / apart
    if to_values is not None:
        inner.diagonal(0, -2, -1).copy_(to_values)
    return matmul(eigenvectors, matmul(inner, eigenvectors.mH))


EIGH = operator(
    "_linalg_eigh(Tensor A, str UPLO='L', bool compute_v=True) -> (eigenvalues, eigenvectors)",
    eigh_forward,
    node="LinalgEighBackward0",
    gradients={"A": eigh_gradient},
    dtype=KEEP,
    public=False,
)


def named(name: str, fields: tuple[str, ...], results: Any) -> Any:
    from refgrad.operators.declare import named_results

    return named_results(name, fields)._make(results)


@linalg
def eigh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a symmetric or Hermitian matrix."""
    return named("linalg_eigh", ("eigenvalues", "eigenvectors"), EIGH(A, UPLO, True))


@linalg
def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    return EIGH(A, UPLO, True)[0]


def eig_forward(a: Any) -> Any:
    check_matrix("linalg.eig", a)
    check_matrix("linalg.eig", a, square=True)
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.EIG_OF_INTEGERS + dtypes.of_array(a).scalar_name)
    kind = np.result_type(a.dtype, np.complex64)
    values, vectors = np.linalg.eig(a) if a.size else (np.zeros(a.shape[:-1], kind), np.zeros(a.shape, kind))
    return values.astype(kind), by_columns(vectors.astype(kind))


def eig_gradient(grads: Any, self_scalar_type: Any, eigenvalues: Any, eigenvectors: Any) -> Any:
    to_values, to_vectors = grads
    adjoined = eigenvectors.mH
    if to_vectors is None:
        made = solve(adjoined, to_values.unsqueeze(-1) * eigenvectors.mH)
    else:
        of_vectors = matmul(adjoined, to_vectors)
        check_phase("linalg_eig", of_vectors)
        lengths = of_vectors.diagonal(0, -2, -1).real
        own = matmul(adjoined, eigenvectors * lengths.unsqueeze(-2))
        apart = with_ones_on_diagonal((eigenvalues.unsqueeze(-2) - eigenvalues.unsqueeze(-1)).conj())
        inner = (of_vectors - own) / apart
        off = Tensor._of(~np.eye(inner.shape[-1], dtype=bool))
        inner = inner * off
        if to_values is not None:
            inner = inner + to_values.diag_embed()
        made = solve(adjoined, matmul(inner, adjoined))
    return made if self_scalar_type.is_complex else made.real


EIG = operator(
    "linalg_eig(Tensor self) -> (eigenvalues, eigenvectors)",
    eig_forward,
    node="LinalgEigBackward0",
    gradients={"self": eig_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def eig(A: Any) -> Any:
    """Complex eigenvalues and eigenvectors of any square matrix."""
    return EIG(A)


@linalg
def eigvals(A: Any) -> Any:
    return EIG(A)[0]


def svd_forward(a: Any, full_matrices: bool, compute_uv: bool) -> Any:
    check_matrix("linalg.svd", a)
    check_floating("linalg.svd", a)
    if not np.isfinite(a).all():
        raise LinAlgError(texts.SVD_NOT_FINITE)
    u, s, vh = np.linalg.svd(a, full_matrices=full_matrices)
    return by_columns(u), s, by_columns(vh)


def svd_gradient(grads: Any, U: Any, S: Any, Vh: Any, full_matrices: bool) -> Any:
    to_u, to_s, to_vh = grads
    size = S.shape[-1]
    if full_matrices:
        U, Vh = U.narrow(-1, 0, size), Vh.narrow(-2, 0, size)
        to_u = None if to_u is None else to_u.narrow(-1, 0, size)
        to_vh = None if to_vh is None else to_vh.narrow(-2, 0, size)
    rows, columns = U.shape[-2], Vh.shape[-1]
    if to_u is None and to_vh is None:
        if rows >= columns:
            return matmul(U, to_s.unsqueeze(-1) * Vh)
        return matmul(U * to_s.unsqueeze(-2), Vh)
    inner: Any = None
    of_u: Any = None
    of_v: Any = None
    skew_u: Any = None
    skew_v: Any = None
    if to_u is not None:
        of_u = matmul(U.mH, to_u)
        skew_u = of_u - of_u.mH
        inner = skew_u * S.unsqueeze(-2)
    if to_vh is not None:
        of_v = matmul(Vh, to_vh.mH)
        skew_v = of_v - of_v.mH
        part = S.unsqueeze(-1) * skew_v
        inner = part if inner is None else inner + part
    squares = S * S
    phase = of_u if to_u is not None else of_v
    if to_u is not None and to_vh is not None:
        phase = of_u + of_v
    check_phase("svd", phase)
    inner = inner / with_ones_on_diagonal(squares.unsqueeze(-2) - squares.unsqueeze(-1))
    if U.is_complex():
        half = times(
            (skew_u if skew_u is not None else -skew_v if skew_v is not None else inner).diagonal(0, -2, -1), 0.5
        )
        inner = inner + (half / S).diag_embed()
    if to_s is not None:
        inner = inner + to_s.to(inner.dtype).diag_embed()
    if rows > columns and to_u is not None:
        outer = to_u / S.unsqueeze(-2)
        left = matmul(U, inner) + outer - matmul(U, matmul(U.mH, outer))
        return matmul(left, Vh)
    if rows < columns and to_vh is not None:
        outer = to_vh / S.unsqueeze(-1)
        right = matmul(inner, Vh) + outer - matmul(matmul(outer, Vh.mH), Vh)
        return matmul(U, right)
    return matmul(matmul(U, inner), Vh) if rows >= columns else matmul(U, matmul(inner, Vh))


SVD = operator(
    "_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True) -> (U, S, Vh)",
    svd_forward,
    node="LinalgSvdBackward0",
    gradients={"A": svd_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Singular vectors and values."""
    return named("linalg_svd", ("U", "S", "Vh"), SVD(A, full_matrices, True))


@linalg
def svdvals(A: Any, *, driver: str | None = None) -> Any:
    return SVD(A, False, True)[1]


@function("svd")
def svd_of(self: Any, some: bool = True, compute_uv: bool = True) -> Any:
    """The older form: V instead of its adjoint."""
    if self.dim() < 2:
        raise RuntimeError(texts.svd_rank(self.dim()))
    u, s, vh = SVD(self, not some, True)
    return named("svd", ("U", "S", "V"), (u, s, vh.mH))


@function("qr")
def qr_of(self: Any, some: bool = True) -> Any:
    """The older form. It is deprecated and says so, once."""
    warn_once(texts.QR_DEPRECATED, "qr")
    return named("qr", ("Q", "R"), QR(self, "reduced" if some else "complete"))


CHOLESKY_OF_OLD = operator(
    "cholesky(Tensor self, bool upper=False)",
    lambda a, upper: cholesky_forward(a, upper, True, "cholesky")[0],
    node="CholeskyBackward0",
    gradients={"self": lambda grad, result, upper: cholesky_gradient(grad, result, upper)},
    dtype=KEEP,
    public=False,
)


@function("cholesky")
def cholesky_of(self: Any, upper: bool = False) -> Any:
    """The older form. It is deprecated and says so, once."""
    warn_once(texts.CHOLESKY_DEPRECATED, "cholesky")
    return CHOLESKY_OF_OLD(self, upper)


@function("cholesky_inverse")
def cholesky_inverse(self: Any, upper: bool = False) -> Any:
    """The inverse of the matrix whose Cholesky factor this is."""
    check_matrix("cholesky_inverse", self._array)
    check_matrix("cholesky_inverse", self._array, square=True)
    return CHOLESKY_INVERSE(self, upper)


def cholesky_inverse_forward(a: Any, upper: bool) -> Any:
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
    if b.ndim < 2:
        raise RuntimeError(texts.triangular_rank(b.ndim))
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


# ---- the pseudoinverse, ranks, conditions -------------------------------------------------------------------------


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
def pinv(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """The pseudoinverse."""
    return PINV(A, atol, rtol, hermitian)


@function("pinverse")
def pinverse(self: Any, rcond: float = 1e-15) -> Any:
    return PINV(self, 0.0, rcond, False)


@linalg
def matrix_rank(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """How many singular values are not zero."""
    check_matrix("torch.linalg.matrix_rank", A._array, argument="input")
    if A._array.dtype.kind in "biu":
        raise RuntimeError(texts.RANK_TYPE)
    a = A._array
    s = np.abs(np.linalg.eigvalsh(mirrored(a))) if hermitian else np.linalg.svd(a, compute_uv=False)
    return Tensor._of(np.asarray(above_limits(s, A.shape, atol, rtol).sum(-1)))


@linalg
def cond(A: Any, p: Any = None) -> Any:
    """The largest by the smallest singular value, or the product of two norms."""
    check_matrix("linalg.cond", A._array, argument="")
    if p in (None, 2, -2):
        s = svdvals(A)
        largest, smallest = s.narrow(-1, 0, 1), s.narrow(-1, s.shape[-1] - 1, 1)
        return ((smallest / largest) if p == -2 else (largest / smallest)).squeeze(-1)
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


# ---- norms --------------------------------------------------------------------------------------------------------


def check_norm_input(name: str, a: Any) -> None:
    if a.ndim < 2:
        raise RuntimeError(texts.matrix_rank_of(name))


@linalg
def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Frobenius and nuclear norm, and those of orders 1, 2 and infinity, also negative."""
    if isinstance(ord, str):
        if ord not in ("fro", "nuc"):
            raise RuntimeError(texts.order_not_supported(ord))
    elif abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(texts.order_not_supported(ord))
    check_norm_input("linalg.matrix_norm", A._array)
    check_floating("linalg.matrix_norm", A._array)
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


LINALG["vector_norm"] = vector_norm

# ---- products and powers ------------------------------------------------------------------------------------------


@linalg
@function("matrix_power")
def matrix_power(A: Any, n: int) -> Any:
    """The matrix times itself, by squaring; a negative power is that of the inverse."""
    check_matrix("linalg.matrix_power", A._array)
    check_matrix("linalg.matrix_power", A._array, square=True)
    if n == 0:
        return A.clone().copy_(Tensor._of(np.eye(A.shape[-1], dtype=A._array.dtype)))
    if n == 1:
        return A.clone()
    base, n = (inv(A), -n) if n < 0 else (A, n)
    if n == 1:
        return base
    if n == 2:
        return matmul(base, base)
    if n == 3:
        return matmul(matmul(base, base), base)
    made, square = None, base
    while n > 0:
        if n % 2:
            made = square if made is None else matmul(made, square)
        n //= 2
        if n:
            square = matmul(square, square)
    return made


@linalg
def multi_dot(tensors: Sequence[Any]) -> Any:
    """The product of several matrices, in the order that costs least; the ends may be vectors."""
    given = list(tensors)
    if len(given) < 2:
        raise RuntimeError(texts.multi_dot_count(len(given)))
    for i, (left, right) in enumerate(itertools.pairwise(given)):
        if left.dim() == right.dim() == 2 and left.shape[1] != right.shape[0]:
            raise RuntimeError(texts.multi_dot_sizes(i, left.shape, right.shape))
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
def chain_matmul(*matrices: Any) -> Any:
    """The older form. It is deprecated and says so, once."""
    warn_once(texts.CHAIN_MATMUL_DEPRECATED, "chain_matmul")
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


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
    shapes.checked_dim(dim, a.ndim)
    if a.shape[dim] != 3 or b.shape[dim] != 3:
        raise RuntimeError(texts.cross_length(dim, a.shape[dim], b.shape[dim]))
    shapes.raise_broadcast_error([a, b])
    if a.dtype != b.dtype:
        kinds = [dtypes.of_array(each).scalar_name for each in (a, b)]
        raise RuntimeError(texts.cross_types(*kinds))
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


def cross_of_linalg(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The vector product along a dimension of size 3."""
    return CROSS(input, other, dim)


LINALG["cross"] = cross_of_linalg


@function("cross")
def cross(self: Any, other: Any, dim: int | None = None) -> Any:
    """The vector product; without a dimension along the first of size 3."""
    if dim is None:
        warn_once(texts.CROSS_WITHOUT_DIM, "cross")
        dim = next((i for i, n in enumerate(self.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError(texts.CROSS_NO_DIM)
    return CROSS(self, other, dim)


@linalg
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Products of vectors along a dimension."""
    if x.dim() == 1 and y.dim() == 1:
        return FUNCTIONS["vdot"](x, y)
    return (x.conj() * y).sum(dim)


@linalg
def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    return A.diagonal(offset, dim1, dim2)


def matmul_of_linalg(input: Any, other: Any) -> Any:
    return matmul(input, other)


LINALG["matmul"] = matmul_of_linalg


@linalg
def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of a tensor taken for a matrix by its first `ind` dimensions."""
    shape = tuple(A.shape)
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(texts.tensorinv_sizes(columns, rows))
    made = inv(A.reshape((math.prod(shape[:ind]), -1)))
    return made.reshape(shape[ind:] + shape[:ind])


@linalg
def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(-len(dims), 0)))
    rest = tuple(A.shape)[B.dim() :]
    count = math.prod(rest)
    return solve(A.reshape((count, count)), B.reshape((count,))).reshape(rest)


@linalg
def vander(x: Any, *, N: int | None = None) -> Any:
    """Powers of a vector's elements as rows."""
    x = x.unsqueeze(0) if x.dim() == 0 else x
    count = x.shape[-1] if N is None else N
    ones = x.new_ones((*x.shape, 1))
    powers = x.unsqueeze(-1).expand((*x.shape, count - 1)).cumprod(-1)
    return FUNCTIONS["cat"]([ones, powers], -1)
