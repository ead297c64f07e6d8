"""Eigenvalues and singular values, and their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.modes import modes
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.call import written
from refgrad.operators.declare import KEEP, function, operator
from refgrad.operators.formula_arithmetic import times
from refgrad.operators.linalg_arrays import by_columns, check_floating, check_matrix, raise_at
from refgrad.operators.linalg_names import LinAlgError, linalg, named
from refgrad.operators.linalg_out import Castable, complex_of, computed, refuse_recording, several, unrecorded
from refgrad.operators.linalg_solving import solve
from refgrad.operators.matrix import matmul
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor


def eigh_forward(a: Any, UPLO: str, compute_v: bool) -> Any:
    check_matrix("linalg.eigh", a, square=True)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(texts.triangle(UPLO))
    if not a.size:
        return np.zeros(a.shape[:-1], a.real.dtype), a.copy()
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


@linalg
def eigh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """Eigenvalues and eigenvectors of a symmetric or Hermitian matrix."""
    fields = ("eigenvalues", "eigenvectors")
    return several("linalg_eigh", fields, computed(EIGH, (A,), (UPLO, True), out), out)


@linalg
def eigvalsh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    return computed(EIGH, (A,), (UPLO, True), out)[0]


def check_complex(a: Any) -> None:
    """Raise RuntimeError for integers: no complex type goes with theirs."""
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.EIG_OF_INTEGERS + dtypes.of_array(a).scalar_name)


def eig_forward(a: Any) -> Any:
    check_complex(a)
    check_matrix("linalg.eig", a, square=True)
    if not np.isfinite(a).all():
        raise RuntimeError(texts.EIG_NOT_FINITE)
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
@unrecorded("linalg_eig", castable=Castable("torch.linalg.eig", (complex_of,) * 2, ("eigenvalues", "eigenvectors")))
def eig(A: Any) -> Any:
    """Complex eigenvalues and eigenvectors of any square matrix."""
    warn_of_half(A, 2)
    return EIG(A)


def warn_of_half(A: Any, count: int) -> None:
    """PyTorch makes so many tensors for the results, before it looks at the matrix."""
    if A.dtype is dtypes.float16:
        for _ in range(count):
            warn_once(texts.COMPLEX_HALF, "complex half")


@linalg
def eigvals(A: Any, *, out: Any = None) -> Any:
    if out is not None:
        return eigvals_into(A, out)
    recorded = modes.grad and A.requires_grad
    warn_of_half(A, 2 if recorded else 1)
    if not recorded:
        check_complex(A._array)
        check_matrix("linalg.eigvals", A._array, square=True)
    return EIG(A)[0]


def eigvals_into(A: Any, out: Any) -> Any:
    """This form has no derivative of its own."""
    refuse_recording("aten::linalg_eigvals", (out,))
    check_matrix("linalg.eigvals", A._array, square=True)
    check_complex(A._array)
    Castable("torch.linalg.eigvals", (complex_of,), ("eigenvalues",)).check(A, [out])
    return underivable("aten::linalg_eigvals", written(out, EIG(A.detach())[0]._array), (A,))


def svd_forward(a: Any, full_matrices: bool, compute_uv: bool) -> Any:
    check_matrix("linalg.svd", a)
    check_floating("linalg.svd", a)
    if np.isnan(a).any():
        raise_at(np.isnan(a).any((-2, -1)), texts.svd_not_finite, "linalg.svd")
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
def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None, out: Any = None) -> Any:
    """Singular vectors and values."""
    made = decomposed(A, full_matrices, driver, out, range(3))
    return several("linalg_svd", ("U", "S", "Vh"), made, out)


@linalg
def svdvals(A: Any, *, driver: str | None = None, out: Any = None) -> Any:
    return decomposed(A, False, driver, out, (1,))[1]


def decomposed(A: Any, full_matrices: bool, driver: str | None, out: Any, places: Sequence[int]) -> Any:
    """Raises RuntimeError for a driver where there is something to compute: none can be chosen here."""
    refused = driver is not None and A.numel()
    try:
        made = computed(SVD, (A,), (full_matrices, True), out, places)
    except (NotImplementedError, LinAlgError):
        if refused:
            raise RuntimeError(texts.SVD_DRIVER) from None
        raise
    if refused:
        raise RuntimeError(texts.SVD_DRIVER)
    return made


@function("svd")
def svd_of(self: Any, some: bool = True, compute_uv: bool = True) -> Any:
    """The older form: V instead of its adjoint."""
    if self.dim() < 2:
        raise RuntimeError(texts.svd_rank(self.dim()))
    u, s, vh = SVD(self, not some, True)
    return named("svd", ("U", "S", "V"), (u, s, vh.mH))
