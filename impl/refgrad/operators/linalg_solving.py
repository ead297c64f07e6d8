"""Solutions of linear systems, and inverses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.levels import physical
from refgrad.modes import modes
from refgrad.operators import linalg_texts as texts
from refgrad.operators.convert import copy_cast
from refgrad.operators.declare import KEEP, function, operator
from refgrad.operators.linalg_arrays import (
    broadcast_batches,
    by_columns,
    check_equation,
    check_floating,
    check_one_type,
    check_square,
    lu_of,
    lu_result,
    lu_solution,
    raise_at,
    triangular_solution,
)
from refgrad.operators.linalg_names import linalg
from refgrad.operators.linalg_out import Castable, computed, copied, same, several, unrecorded
from refgrad.operators.matrix import matmul
from refgrad.operators.texts import not_implemented_for


def is_vector(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the right side is a vector, or a batch of them that fits the batch of matrices."""
    return len(other) == 1 or (len(shape) - 1 == len(other) and tuple(shape[:-1]) == tuple(other))


def solve_forward(a: Any, b: Any, left: bool, check_errors: bool) -> Any:
    check_floating("linalg.solve", a)
    check_one_type("linalg.solve", a, b)
    vector = is_vector(a.shape, b.shape)
    right = b[..., None] if vector else b
    check_equation("linalg.solve", a, right, left=left)
    broadcast_batches(right, a)
    packed, pivots, info = lu_of(a)
    if check_errors:
        raise_at(info, texts.solve_singular, "torch.linalg.solve_ex")
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
def solve(A: Any, B: Any, *, left: bool = True, out: Any = None) -> Any:
    """X of `A X = B`. Raises LinAlgError for a singular matrix."""
    result, _, _, info = computed(SOLVE, (A, B), (left, False), out)
    raise_at(physical(info), texts.solve_singular, "torch.linalg.solve")
    return result


@linalg
def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """X of `A X = B`, and where the diagonal has a zero."""
    result, _, _, info = computed(SOLVE, (A, B), (left, check_errors and out is None), out, (0, 3))
    if check_errors:
        raise_at(physical(info), texts.solve_singular, "torch.linalg.solve_ex")
    return several("linalg_solve_ex", ("result", "info"), (result, info), out)


def triangular_forward(a: Any, b: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    check_equation("linalg.solve_triangular", a, b, left=left)
    lead = broadcast_batches(b, a)
    if a.dtype != b.dtype:
        other, b = np.broadcast_to(b, (*lead, *b.shape[-2:])), np.empty((*lead, *b.shape[-2:]), a.dtype)
        if b.size:
            copy_cast(b, other)
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
@unrecorded("linalg_solve_triangular", types=texts.triangular_out)
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X of `A X = B`, where only one triangle of A is read."""
    return SOLVE_TRIANGULAR(A, B, upper, left, unitriangular)


def inverse_forward(a: Any, check_errors: bool) -> Any:
    check_square("linalg.inv", a)
    packed, pivots, info = lu_of(a)
    if check_errors:
        raise_at(info, texts.singular, "linalg.inv_ex")
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
def inv(A: Any, *, out: Any = None) -> Any:
    """The inverse. Raises LinAlgError for a singular matrix."""
    inverse, info = computed(INVERSE, (A,), (False,), out)
    raise_at(physical(info), texts.singular, "linalg.inv")
    return inverse


@linalg
def inv_ex(A: Any, *, check_errors: bool = False, out: Any = None) -> Any:
    """The inverse, and where the diagonal has a zero."""
    made = computed(INVERSE, (A,), (check_errors and out is None,), out)
    if check_errors:
        raise_at(physical(made[1]), texts.singular, "linalg.inv_ex")
    return several("linalg_inv_ex", ("inverse", "info"), made, out)


@linalg
@copied(castable=Castable("tensorinv", (same,)))
def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of a tensor taken for a matrix by its first `ind` dimensions."""
    shape = tuple(A.shape)
    if ind <= 0:
        raise RuntimeError(texts.tensorinv_place(ind))
    if ind > len(shape):
        raise RuntimeError(texts.invalid_slice(ind, len(shape)))
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(texts.unequal_halves("ind", columns, rows))
    made, info = INVERSE(A.reshape((rows, -1)), False)
    raise_at(physical(info), texts.singular, "inv")
    return made.reshape(shape[ind:] + shape[:ind])


@linalg
@copied(castable=Castable("tensorsolve", (same,)))
def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.dim() - len(dims), A.dim())))
    if A.dim() < B.dim():
        raise RuntimeError(texts.TENSORSOLVE_RANK)
    rest = tuple(A.shape)[B.dim() :]
    count = math.prod(rest)
    if count != B.numel():
        raise RuntimeError(texts.unequal_halves("other.ndim", count, B.numel()))
    return solve(A.reshape((count, count)), B.reshape((count,))).reshape(rest)
