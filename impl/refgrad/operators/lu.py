"""The factorization in a lower and an upper triangle: `torch.linalg.lu` and what is made with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import shapes
from refgrad.levels import physical
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, function, operator
from refgrad.operators.linalg_arrays import (
    broadcast_batches,
    check_equation,
    check_floating,
    check_matrix,
    check_one_type,
    lu_of,
    lu_solution,
    permutation_of,
    raise_at,
    scalar_names,
)
from refgrad.operators.linalg_names import linalg, named
from refgrad.operators.linalg_out import computed, several
from refgrad.operators.linalg_solving import SOLVE_TRIANGULAR
from refgrad.operators.matrix import matmul
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.texts import not_implemented_for


def check_lu(name: str, a: Any) -> None:
    if a.ndim < 2:
        raise RuntimeError(texts.lu_rank(name, a.shape))
    if a.dtype.kind in "biu" and (a.size or name == "linalg.lu"):
        raise NotImplementedError(not_implemented_for("lu_cpu", *scalar_names(a)))


def triangles(packed: Any) -> tuple[Any, Any]:
    """The lower triangle with ones on its diagonal, and the upper one."""
    rows, columns = packed.shape[-2:]
    size = min(rows, columns)
    lower = np.tril(packed[..., :size], -1) + np.eye(rows, size, dtype=packed.dtype)
    return np.ascontiguousarray(lower), np.ascontiguousarray(np.triu(packed[..., :size, :]))


def lu_forward(a: Any, pivot: bool) -> Any:
    check_lu("linalg.lu", a)
    packed, pivots, _ = lu_of(a)
    order = permutation_of(pivots, a.shape[-2]) if pivot else np.zeros(0)
    return *triangles(packed), order.astype(a.dtype)


def check_pivoting(A: Any, pivot: bool) -> None:
    """Raises RuntimeError where there is something to compute: no kernel does without."""
    if not pivot and A.numel():
        raise RuntimeError(texts.LU_WITHOUT_PIVOTS)


def first(tensor: Any, dim: int, size: int) -> Any:
    """As many rows or columns, or the tensor itself where it has no more."""
    return tensor if tensor.shape[dim] == size else tensor.narrow(dim, 0, size)


def through_triangles(to_lower: Any, to_upper: Any, order: Any, lower: Any, upper: Any) -> Any:
    """The gradient of the matrix, from those of its triangles (`None` for none)."""
    if to_lower is None and to_upper is None:
        return None
    rows, columns = lower.shape[-2], upper.shape[-1]
    size = min(rows, columns)
    square_lower, square_upper = first(lower, -2, size), first(upper, -1, size)
    below: Any = None
    above: Any = None
    if to_lower is not None:
        below = matmul(square_lower.mH, first(to_lower, -2, size))
    if to_upper is not None:
        above = matmul(first(to_upper, -1, size), square_upper.mH)
    if columns > size and to_upper is not None:
        rest = matmul(to_upper.narrow(-1, size, columns - size), upper.narrow(-1, size, columns - size).mH)
        below = -rest if below is None else below - rest
    if rows > size and to_lower is not None:
        rest = matmul(lower.narrow(-2, size, rows - size).mH, to_lower.narrow(-2, size, rows - size))
        above = -rest if above is None else above - rest
    inner = None if below is None else below.tril(-1)
    if above is not None:
        inner = above.triu() if inner is None else inner + above.triu()
    made = SOLVE_TRIANGULAR(square_upper.mH, inner, False, False, False)
    if columns > size and to_upper is not None:
        made = FUNCTIONS["cat"]([made, to_upper.narrow(-1, size, columns - size)], -1)
    made = SOLVE_TRIANGULAR(square_lower.mH, made, True, True, True)
    if columns > size and to_upper is None:
        made = FUNCTIONS["cat"]([made, made.new_zeros((*made.shape[:-1], columns - size))], -1)
    if rows > size:
        count = (*made.shape[:-2], rows - size, size)
        if to_lower is None:
            rest = made.new_zeros(count)
        else:
            part = to_lower.narrow(-2, size, rows - size)
            rest = SOLVE_TRIANGULAR(square_upper.mH, part, False, False, False)
        made = FUNCTIONS["cat"]([made, rest], -2)
    return matmul(order, made)


LU = operator(
    "linalg_lu(Tensor A, *, bool pivot=True) -> (L, U, P)",
    lu_forward,
    node="LinalgLuBackward0",
    history=2,
    gradients={"A": lambda grads, P, L, U, pivot: through_triangles(grads[0], grads[1], P, L, U)},
    dtype=KEEP,
    public=False,
)


@linalg
def lu(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """A permutation, a lower and an upper triangle."""
    lower, upper, order = computed(LU, (A,), (pivot,), out, (2, 0, 1))
    check_pivoting(A, pivot)
    return several("linalg_lu", ("P", "L", "U"), (order, lower, upper), out)


def lu_factor_gradient(grad: Any, LU: Any, pivots: Any, pivot: bool) -> Any:
    size = min(LU.shape[-2:])
    to_lower, to_upper = grad.narrow(-1, 0, size), grad.narrow(-2, 0, size)
    return through_triangles(to_lower, to_upper, *lu_unpack(LU, pivots))


def lu_factor_forward(a: Any, pivot: bool) -> Any:
    check_lu("torch.lu_factor", a)
    return lu_of(a)


LU_FACTOR = operator(
    "linalg_lu_factor_ex(Tensor A, *, bool pivot=True) -> (LU, pivots, info)",
    lu_factor_forward,
    node="LinalgLuFactorExBackward0",
    gradients={"A": lu_factor_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def lu_factor(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """Both triangles in one matrix, and the rows that were exchanged. Raises RuntimeError for a zero pivot."""
    made = computed(LU_FACTOR, (A,), (pivot,), out)
    check_pivoting(A, pivot)
    check_pivots("torch.linalg.lu_factor", made[2])
    return several("linalg_lu_factor", ("LU", "pivots"), made, out)


def check_pivots(name: str, info: Any) -> None:
    """Raises RuntimeError for a zero on the diagonal of the first matrix that has one."""
    raise_at(physical(info), texts.zero_pivot, name, RuntimeError)


@linalg
def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """The same, and where the diagonal has a zero."""
    made = computed(LU_FACTOR, (A,), (pivot,), out)
    check_pivoting(A, pivot)
    if check_errors:
        check_pivots("torch.linalg.lu_factor_ex", made[2])
    return several("linalg_lu_factor_ex", ("LU", "pivots", "info"), made, out)


@function("lu", public=FUNCTION)
def lu_of_torch(A: Any, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """The older form. It is deprecated and says so, once."""
    warn_once(texts.LU_DEPRECATED, "lu")
    packed, pivots, info = LU_FACTOR(A, pivot)
    check_pivoting(A, pivot)
    if get_infos:
        return named("_lu_with_info", ("LU", "pivots", "info"), (packed, pivots, info))
    return packed, pivots


@function("lu", public=METHOD)
def lu_method(self: Any, pivot: bool = True, get_infos: bool = False) -> Any:
    return tuple(lu_of_torch(self, pivot, get_infos))


# ---- unpacking ----------------------------------------------------------------------------------------------------


def unpack_forward(packed: Any, pivots: Any, unpack_data: bool, unpack_pivots: bool) -> Any:
    if packed.ndim < 2:
        raise RuntimeError(texts.lu_rank("torch.lu_unpack", packed.shape))
    rows = packed.shape[-2]
    if unpack_pivots:
        if pivots.dtype != np.int32:
            raise RuntimeError(texts.UNPACKED_PIVOTS_TYPE)
        if pivots.size and (pivots.min() < 1 or pivots.max() > rows):
            raise RuntimeError(texts.UNPACKED_PIVOTS_RANGE)
    nothing = np.zeros(0, packed.dtype)
    order = permutation_of(pivots, rows).astype(packed.dtype) if unpack_pivots else nothing
    return *(triangles(packed) if unpack_data else (nothing, nothing.copy())), order


def unpack_gradient(grads: Any, LU_data_sym_argsize_minus_2: int, LU_data_sym_argsize_minus_1: int) -> Any:
    """The gradients of both triangles in one matrix."""
    rows, columns = LU_data_sym_argsize_minus_2, LU_data_sym_argsize_minus_1
    size = min(rows, columns)
    to_lower, to_upper = grads[:2]
    below = None if to_lower is None else to_lower.tril(-1)
    above = None if to_upper is None else to_upper.triu()
    if below is not None and columns > size:
        below = FUNCTIONS["cat"]([below, below.new_zeros((*below.shape[:-1], columns - size))], -1)
    if above is not None and rows > size:
        above = FUNCTIONS["cat"]([above, above.new_zeros((*above.shape[:-2], rows - size, columns))], -2)
    if below is None:
        return above
    return below if above is None else below + above


UNPACK = operator(
    "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> (L, U, P)",
    unpack_forward,
    node="LuUnpackBackward0",
    history=2,
    gradients={"LU_data": unpack_gradient},
    dtype=KEEP,
    public=False,
)


@function("lu_unpack", public=FUNCTION)
def lu_unpack(
    LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True, *, out: Any = None
) -> Any:
    """The permutation and both triangles out of what `lu_factor` gave."""
    lower, upper, order = computed(UNPACK, (LU_data, LU_pivots), (unpack_data, unpack_pivots), out, (2, 0, 1))
    return several("lu_unpack", ("P", "L", "U"), (order, lower, upper), out)


# ---- solving ------------------------------------------------------------------------------------------------------


def lu_solve_forward(packed: Any, pivots: Any, b: Any, left: bool, adjoint: bool) -> Any:
    check_floating("torch.linalg.lu_solve", packed)
    check_one_type("linalg.lu_solve", packed, b, ("LU", "B"))
    if pivots.dtype != np.int32:
        raise RuntimeError(texts.LU_SOLVE_PIVOTS)
    check_matrix("torch.linalg.lu_solve", packed, square=True)
    check_equation("linalg.lu_solve", packed, b, left=left)
    if pivots.shape[shapes.own_dim(-1, pivots.ndim)] != packed.shape[-1]:
        raise RuntimeError(texts.LU_SOLVE_COUNT)
    if pivots.shape != packed.shape[:-1]:
        raise RuntimeError(texts.pivots_shape("linalg.lu_solve", "LU", pivots.shape))
    broadcast_batches(b, packed)
    return lu_solution(packed, pivots, b, left=left, adjoined=adjoint)


def lu_solve_gradient(grad: Any, LU: Any, pivots: Any, result: Any, left: bool, adjoint: bool, needed: Any) -> Any:
    """B gets the solution of the adjoint system; the triangles get theirs through that of the whole matrix."""
    to_b = LU_SOLVE(LU, pivots, grad, left, not adjoint)
    to_packed = None
    if needed[0]:
        product = matmul(to_b, result.mH) if left else matmul(result.mH, to_b)
        to_matrix = -product.mH if adjoint else -product
        order, lower, upper = lu_unpack(LU, pivots)
        ordered = matmul(order.mT, to_matrix)
        to_packed = matmul(ordered, upper.mH).tril(-1) + matmul(lower.mH, ordered).triu()
    return to_packed, to_b if needed[1] else None


LU_SOLVE: Any = operator(
    "linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False)",
    lu_solve_forward,
    node="LinalgLuSolveBackward0",
    refuses=("pivots",),
    gradients={"LU, B": lu_solve_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False, out: Any = None) -> Any:
    """X of `A X = B`, from what `lu_factor` gave for A."""
    made = computed(LU_SOLVE, (LU, pivots, B), (left, adjoint), out)
    return made if out is None else made[0]


@function("lu_solve")
def lu_solve_of_torch(self: Any, LU_data: Any, LU_pivots: Any, *, out: Any = None) -> Any:
    """The older form. It is deprecated and says so, once."""
    warn_once(texts.LU_SOLVE_DEPRECATED, "lu_solve")
    return lu_solve(LU_data, LU_pivots, self, out=out)
