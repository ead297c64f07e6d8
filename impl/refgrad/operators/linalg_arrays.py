"""Matrices as arrays: what is checked of them, the LU factorization, triangular systems.

Matrices come back stored by columns, as LAPACK leaves them: the layout decides which products gradients are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.operators import linalg_texts as texts
from refgrad.operators.linalg_names import LinAlgError
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor


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
    check_matrix(name, a, square=True)
    check_floating(name, a)


def check_one_type(name: str, a: Any, b: Any, arguments: tuple[str, str] = ("A", "B")) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(texts.different_types(name, *arguments, *scalar_names(a, b)))


def scalar_names(*arrays: Any) -> tuple[str, ...]:
    return tuple(dtypes.of_array(each).scalar_name for each in arrays)


def check_equation(name: str, a: Any, b: Any, *, left: bool) -> None:
    """Raise RuntimeError for matrices that make no system of equations."""
    check_matrix(name, a, square=True)
    check_matrix(name, b, argument="B")
    if b.shape[-2 if left else -1] != a.shape[-1]:
        raise RuntimeError(texts.solve_shapes(name, a.shape, b.shape, left=left))


def check_older_equation(name: str, a: Any, b: Any) -> None:
    """The same, as the functions say it that are older than `torch.linalg`; the ranks they look at themselves."""
    if a.dtype != b.dtype:
        raise RuntimeError(texts.ldl_types(*scalar_names(b, a)))
    if a.shape[-1] != a.shape[-2]:
        raise RuntimeError(texts.not_square_matrices(*a.shape[-2:]))
    if b.shape[-2] != a.shape[-1]:
        raise RuntimeError(texts.ldl_sizes(name, a.shape, b.shape))
    broadcast_batches(b, a)
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for(f"{name}_cpu", *scalar_names(a)))


def broadcast_batches(a: Any, b: Any) -> tuple[int, ...]:
    """Raise RuntimeError if the batches of matrices do not fit each other."""
    try:
        return np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        shapes.raise_broadcast_error_of(a.shape[:-2], b.shape[:-2])


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


def raise_at(info: Any, text: Callable[..., str], name: str, kind: type[RuntimeError] = LinAlgError) -> None:
    """Raise an error for the first matrix of a batch that failed; what `vmap` maps over counts as one."""
    wrong = np.flatnonzero(info)
    if wrong.size:
        batch = texts.batch_element(int(wrong[0])) if info.ndim else ""
        raise kind(text(name, int(info.reshape(-1)[wrong[0]]), batch))


def diagonal_matrix(grad: Any, a: Any) -> Any:
    """One number per matrix, on the whole diagonal of a matrix like `a`."""
    size = a.shape[-1]
    return grad.unsqueeze(-1).expand((*a.shape[:-2], size)).diag_embed().transpose(-2, -1)


def lu_result(packed: Any, pivots: Any, b: Any, *, left: bool = True, adjoined: bool = True) -> Any:
    """The solution with the adjoint matrix where nothing is recorded: nothing is factorized again."""
    return Tensor._of(lu_solution(packed._array, pivots._array, b._array, left=left, adjoined=adjoined))
