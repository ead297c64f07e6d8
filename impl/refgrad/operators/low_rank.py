"""`torch.svd_lowrank` and `pca_lowrank`: the largest singular values, found with random vectors."""

from __future__ import annotations

from typing import Any

from refgrad import creation, dtypes
from refgrad.operators import linalg_texts as texts
from refgrad.operators.declare import FUNCTION, function
from refgrad.operators.linalg_factorizations import qr
from refgrad.operators.linalg_spectra import svd
from refgrad.operators.matrix import matmul


def without(product: Any, mean: Any, other: Any) -> Any:
    return product if mean is None else product - matmul(mean, other)


def basis_of(A: Any, q: int, niter: int | None, M: Any) -> Any:
    """Columns that nearly span what the largest singular vectors do: random ones, which A goes over again and again."""
    kind = A.dtype if A.dtype.category >= dtypes.FLOATING else dtypes.float32
    start = creation.randn(A.shape[-1], q, dtype=kind)
    found = qr(without(matmul(A, start), M, start))[0]
    for _ in range(2 if niter is None else niter):
        found = qr(without(matmul(A.mH, found), None if M is None else M.mH, found))[0]
        found = qr(without(matmul(A, found), M, found))[0]
    return found


@function("svd_lowrank", public=FUNCTION)
def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> Any:
    """U, S and V of a matrix of rank `q` that is near A, or A without M."""
    rows, columns = A.shape[-2:]
    mean = None if M is None else M.broadcast_to(A.size())
    if rows < columns:
        A, mean = A.mH, None if mean is None else mean.mH
    basis = basis_of(A, 6 if q is None else q, niter, mean)
    small = matmul(basis.mH, A)
    if mean is not None:
        small = small - matmul(basis.mH, mean)
    left, values, right = svd(small, full_matrices=False)
    left, right = basis.matmul(left), right.mH
    return (right, values, left) if rows < columns else (left, values, right)


@function("pca_lowrank", public=FUNCTION)
def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """The principal components of the columns. Raises ValueError for a rank or a count that cannot be."""
    rows, columns = A.shape[-2:]
    if q is None:
        q = min(6, rows, columns)
    elif not 0 <= q <= min(rows, columns):
        raise ValueError(texts.pca_rank(q, min(rows, columns)))
    if niter < 0:
        raise ValueError(texts.pca_rounds(niter))
    return svd_lowrank(A - A.mean((-2,), True) if center else A, q, niter)
