"""Least squares, and the factors of an orthogonal matrix that LAPACK works with."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.declare import KEEP, Operator, function, not_implemented, operator
from refgrad.operators.formula_arithmetic import times
from refgrad.operators.fourier_texts import no_dimensions
from refgrad.operators.linalg_arrays import (
    adjoint,
    broadcast_batches,
    by_columns,
    check_older_equation,
    raise_at,
    triangular_solution,
)
from refgrad.operators.linalg_names import linalg, named
from refgrad.operators.linalg_out import Castable, computed, integers, real_of, same, several, unrecorded
from refgrad.operators.linalg_ranks import above_limits, pinv, pinv_gradient
from refgrad.operators.linalg_texts import TRIANGULAR_SOLVE_DEPRECATED
from refgrad.operators.matrix import matmul
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.out_refusals import FIRST
from refgrad.operators.texts import not_implemented_for

DRIVERS = ("gels", "gelsy", "gelsd", "gelss")

# ---- least squares ------------------------------------------------------------------------------------------------


def kind_of(a: Any) -> str:
    return dtypes.of_array(a).scalar_name


def check_least_squares(a: Any, b: Any, driver: str) -> None:
    """Raises RuntimeError for operands that do not fit each other, or no driver."""
    if a.ndim < 2:
        raise RuntimeError(texts.LEAST_SQUARES_RANK)
    if b.ndim < 1:
        raise RuntimeError(texts.LEAST_SQUARES_OTHER)
    if a.dtype != b.dtype:
        raise RuntimeError(texts.least_squares_types(kind_of(a), kind_of(b)))
    if not 0 <= a.ndim - b.ndim <= 1:
        raise RuntimeError(texts.LEAST_SQUARES_RANKS)
    if is_vector(a, b):
        if a.shape[-2] != b.shape[-1]:
            raise RuntimeError(texts.LEAST_SQUARES_VECTOR)
    elif a.shape[-2] != b.shape[-2]:
        raise RuntimeError(texts.LEAST_SQUARES_ROWS)
    if driver not in DRIVERS:
        raise RuntimeError(texts.LEAST_SQUARES_DRIVER)
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.RANK_TYPE)


def is_vector(a: Any, b: Any) -> bool:
    """Whether the right sides are vectors."""
    return b.ndim == 1 or (a.ndim - 1 == b.ndim and tuple(a.shape[:-1]) == tuple(b.shape))


def least_squares_forward(a: Any, b: Any, rcond: Any, driver: Any) -> Any:
    driver = "gelsy" if driver is None else driver
    check_least_squares(a, b, driver)
    vector = is_vector(a, b)
    lead = broadcast_batches(a, b if a.ndim == b.ndim else b[..., None])
    right = b[..., None] if vector else b
    rows, columns = a.shape[-2:]
    if driver == "gels":
        check_full_rank(a)
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    kept = above_limits(s, a.shape, None, rcond) if driver != "gels" else np.ones(s.shape, bool)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    solution = (adjoint(vh) * inverse[..., None, :]) @ (adjoint(u) @ right)
    solution = np.broadcast_to(solution, (*lead, *solution.shape[-2:]))
    residuals = np.zeros(0, s.dtype)
    if rows > columns and driver != "gelsy" and kept.all():
        rest = a @ solution - right
        residuals = (np.abs(rest) ** 2).sum(-2).astype(s.dtype)
    rank = np.zeros(0, np.int64) if driver == "gels" else kept.sum(-1)
    values = s if driver in ("gelsd", "gelss") else np.zeros(0, s.dtype)
    return in_longer_columns(solution, rows, vector=vector), residuals, np.asarray(rank), values


def check_full_rank(a: Any) -> None:
    """Raise LinAlgError for a triangle with a zero on its diagonal; the other drivers take every matrix."""
    triangle = np.linalg.qr(a if a.shape[-2] >= a.shape[-1] else adjoint(a), mode="r")
    zero = np.diagonal(triangle, axis1=-2, axis2=-1) == 0
    if zero.any():
        raise_at(np.where(zero.any(-1), zero.argmax(-1) + 1, 0), texts.not_full_rank, "torch.linalg.lstsq")


def in_longer_columns(solution: Any, rows: int, *, vector: bool) -> Any:
    """The solution as LAPACK leaves it: the head of columns that have room for the right sides."""
    count = max(rows, solution.shape[-2])
    whole = np.zeros((*solution.shape[:-2], solution.shape[-1], count), solution.dtype)
    whole[..., : solution.shape[-2]] = solution.swapaxes(-2, -1)
    made = whole.swapaxes(-2, -1)[..., : solution.shape[-2], :]
    return made[..., 0] if vector else made


def least_squares_gradient(grads: Any, self: Any, b: Any, solution: Any, needed: Any) -> Any:
    """Through the pseudoinverse; the residuals through what is left of the equations."""
    to_solution, to_residuals = grads[0], grads[1]
    vector = b.dim() != self.dim()
    right, found = (each.unsqueeze(-1) if vector else each for each in (b, solution))
    to_a: Any = None
    to_b: Any = None
    if to_solution is not None:
        grad = to_solution.unsqueeze(-1) if vector else to_solution
        inverse = pinv(self)
        if needed[0]:
            to_a = pinv_gradient(matmul(grad, right.mH), self, inverse)
        if needed[1]:
            to_b = matmul(inverse.mH, grad)
    if to_residuals is not None and to_residuals.numel():
        rest = times((matmul(self, found) - right) * to_residuals.unsqueeze(-2), 2)
        if needed[0]:
            part = matmul(rest, found.mH)
            to_a = part if to_a is None else to_a + part
        if needed[1]:
            to_b = -rest if to_b is None else to_b - rest
    if vector and to_b is not None:
        to_b = to_b.squeeze(-1)
    return to_a, to_b


LSTSQ = operator(
    "linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None)"
    " -> (solution, residuals, rank, singular_values)",
    least_squares_forward,
    node="LinalgLstsqBackward0",
    history=2,
    gradients={"self, b": least_squares_gradient},
    dtype=KEEP,
    public=False,
)


@linalg
@unrecorded(
    "linalg_lstsq",
    castable=Castable(
        "torch.linalg.lstsq", (same, same, integers, real_of), ("solution", "solution", "rank", "singular_values")
    ),
)
def lstsq(input: Any, b: Any, rcond: Any = None, *, driver: Any = None) -> Any:
    """The best solution of a system with more or fewer equations than unknowns."""
    solution, residuals, rank, values = LSTSQ(input, b, rcond, driver)
    fields = ("solution", "residuals", "rank", "singular_values")
    return named("linalg_lstsq", fields, (solution, residuals, rank, values.detach()))


# ---- reflections --------------------------------------------------------------------------------------------------


def geqrf_forward(a: Any) -> Any:
    """Reflections below the diagonal, R above it, and the factors of the reflections."""
    if a.ndim < 2:
        raise RuntimeError(texts.matrix_needed("torch.geqrf", "input"))
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("geqrf_cpu", kind_of(a)))
    made = np.array(a, order="C")
    rows, columns = made.shape[-2:]
    count = min(rows, columns)
    factors = np.zeros((*made.shape[:-2], count), made.dtype)
    for place in np.ndindex(made.shape[:-2]):
        matrix = made[place]
        for k in range(count):
            column = matrix[k:, k]
            head, rest = column[0], np.linalg.norm(column[1:])
            if rest == 0 and head.imag == 0:
                continue
            length = -np.copysign(np.hypot(abs(head), rest), head.real)
            factor = (length - head) / length
            factors[(*place, k)] = factor
            column[1:] /= head - length
            reflector = np.concatenate([[1], column[1:]])
            later = matrix[k:, k + 1 :]
            later -= np.conj(factor) * np.outer(reflector, np.conj(reflector) @ later)
            column[0] = length
    return by_columns(made), factors


GEQRF = operator(
    "geqrf(Tensor self) -> (a, tau)",
    geqrf_forward,
    node="GeqrfBackward0",
    gradients={"self": not_implemented("geqrf")},
    dtype=KEEP,
)
FIRST["geqrf"] = Castable("torch.geqrf", (same, same), ("a", "tau")).before


def product_of(a: Any, tau: Any) -> Any:
    """The whole orthogonal matrix that the reflections make."""
    rows = a.shape[-2]
    made = np.broadcast_to(np.eye(rows, dtype=a.dtype), (*a.shape[:-2], rows, rows)).copy()
    for k in reversed(range(tau.shape[-1])):
        reflector = np.array(a[..., :, k])
        reflector[..., :k] = 0
        reflector[..., k] = 1
        projected = (np.conj(reflector)[..., None, :] @ made)[..., 0, :]
        made -= tau[..., k, None, None] * reflector[..., :, None] * projected[..., None, :]
    return made


def householder_forward(a: Any, tau: Any) -> Any:
    name = "torch.linalg.householder_product"
    if a.ndim < 2:
        raise RuntimeError(texts.matrix_needed(name, "input"))
    if a.shape[-2] < a.shape[-1]:
        raise RuntimeError(texts.HOUSEHOLDER_SHAPE)
    if a.shape[-1] < tau.shape[shapes.own_dim(-1, tau.ndim)]:
        raise RuntimeError(texts.HOUSEHOLDER_FACTORS)
    if a.ndim != tau.ndim + 1:
        raise RuntimeError(texts.householder_rank(tau.ndim, a.ndim))
    if a.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(texts.householder_batch(tau.shape[:-1]))
    if a.dtype != tau.dtype:
        raise RuntimeError(texts.householder_types(kind_of(tau), kind_of(a)))
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("orgqr_cpu", kind_of(a)))
    return by_columns(product_of(a, tau)[..., : a.shape[-1]])


HOUSEHOLDER: Operator = operator(
    "linalg_householder_product(Tensor input, Tensor tau)",
    householder_forward,
    node="LinalgHouseholderProductBackward0",
    gradients={"input, tau": lambda grad, input, tau, result: through_reflections(grad, input, tau)},
    dtype=KEEP,
    public=False,
)


def reflector_of(input: Any, k: int) -> Any:
    """The k-th column below its diagonal element, which counts as 1."""
    column = input.narrow(-1, k, 1)
    below = column.narrow(-2, k + 1, column.shape[-2] - k - 1)
    head = column.new_zeros((*column.shape[:-2], k, 1))
    one = column.new_ones((*column.shape[:-2], 1, 1))
    return FUNCTIONS["cat"]([head, one, below], -2)


def through_reflections(grad: Any, input: Any, tau: Any, applied_to: Any = None) -> Any:
    """The gradients of reflections and factors of their product, applied to a matrix.

    Without one it is the first columns of the identity.
    """
    if not input.numel() or not tau.numel():
        return None, None
    rows, count = input.shape[-2], tau.shape[-1]
    vectors = [reflector_of(input, k) for k in range(count)]
    factors = [tau.narrow(-1, k, 1).unsqueeze(-1) for k in range(count)]
    if applied_to is None:
        identity = input.new_ones(()).expand((rows,)).diag_embed().narrow(-1, 0, grad.shape[-1])
        applied_to = identity.expand((*input.shape[:-2], rows, grad.shape[-1]))
    behind = [applied_to]
    for vector, factor in zip(reversed(vectors), reversed(factors), strict=True):
        last = behind[-1]
        behind.append(last - factor * matmul(vector, matmul(vector.mH, last)))
    behind.reverse()
    to_vectors, to_factors = [], []
    for k, (vector, factor) in enumerate(zip(vectors, factors, strict=True)):
        source = behind[k + 1]
        along = matmul(vector.mH, source)
        met = matmul(vector.mH, grad)
        to_factors.append(-matmul(met, along.mH).squeeze(-1).squeeze(-1))
        to_vector = -factor.conj() * matmul(grad, along.mH) - factor * matmul(source, met.mH)
        head = to_vector.new_zeros((*to_vector.shape[:-2], k + 1, 1))
        to_vectors.append(FUNCTIONS["cat"]([head, to_vector.narrow(-2, k + 1, rows - k - 1)], -2))
        grad = grad - factor.conj() * matmul(vector, met)
    columns = input.shape[-1]
    if count < columns:
        to_vectors.append(input.new_zeros((*input.shape[:-1], columns - count)))
    to_input = FUNCTIONS["cat"](to_vectors, -1) if to_vectors else input.new_zeros(input.shape)
    return to_input, FUNCTIONS["stack"](to_factors, -1) if to_factors else tau.new_zeros(tau.shape)


@linalg
@unrecorded("linalg_householder_product", castable=Castable("torch.linalg.householder_product", (same,)))
def householder_product(A: Any, tau: Any) -> Any:
    """The first columns of the product of reflections."""
    return HOUSEHOLDER(A, tau)


def ormqr_forward(a: Any, tau: Any, c: Any, left: bool, transpose: bool) -> Any:
    check_ormqr(a, tau, c, left)
    whole = product_of(a, tau)
    if transpose:
        whole = adjoint(whole)
    return by_columns(whole @ c if left else c @ whole)


def check_ormqr(a: Any, tau: Any, c: Any, left: bool) -> None:
    side = -2 if left else -1
    for name, each in (("input", a), ("other", c)):
        if each.ndim < 2:
            raise RuntimeError(texts.ormqr_rank(name))
    if c.shape[side] != a.shape[-2]:
        raise RuntimeError(texts.ormqr_sizes(side))
    if not tau.ndim:
        raise IndexError(no_dimensions(-1))
    if tau.shape[-1] != min(c.shape[side], a.shape[-1]):
        raise RuntimeError(texts.ormqr_factors(side))
    if a.ndim != tau.ndim + 1:
        raise RuntimeError(texts.ormqr_tau_rank(tau.ndim, a.ndim))
    if a.ndim != c.ndim:
        raise RuntimeError(texts.ormqr_same_rank(c.ndim, a.ndim))
    for name, each in (("tau", tau), ("other", c)):
        if each.dtype != a.dtype:
            raise RuntimeError(texts.ormqr_types(name, kind_of(a), kind_of(each)))
    if a.dtype.kind in "biu":
        raise NotImplementedError(not_implemented_for("ormqr_cpu", kind_of(a)))


def ormqr_gradient(
    grad: Any, self: Any, input2: Any, input3: Any, result: Any, left: bool, transpose: bool, needed: Any
) -> Any:
    """Turned around, so that the product stands on the left and is not transposed, it is that of the reflections."""
    to_self = to_factors = to_other = None
    if needed[0] or needed[1]:
        inner, outer = (input3, grad) if left else (input3.mH, grad.mH)
        if left == transpose:
            inner, outer = outer, inner
        to_self, to_factors = through_reflections(outer, self, input2, inner)
    if needed[2]:
        to_other = ORMQR(self, input2, grad, left, not transpose)
    return to_self, to_factors, to_other


ORMQR: Operator = operator(
    "ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False)",
    ormqr_forward,
    node="OrmqrBackward0",
    gradients={"self, input2, input3": ormqr_gradient},
    dtype=KEEP,
)


@function("orgqr")
def orgqr(self: Any, input2: Any, *, out: Any = None) -> Any:
    return householder_product(self, input2, out=out)


def triangular_solve_forward(b: Any, a: Any, upper: bool, transpose: bool, unitriangular: bool) -> Any:
    for name, each in (("b", b), ("A", a)):
        if each.ndim < 2:
            raise RuntimeError(texts.triangular_rank(name, each.ndim))
    check_older_equation("triangular_solve", a, b)
    triangle = np.triu(a) if upper else np.tril(a)
    if transpose:
        triangle = triangle.swapaxes(-2, -1)
    solution = triangular_solution(triangle, b, upper=upper != transpose, left=True, unit=unitriangular)
    return by_columns(solution), by_columns(np.broadcast_to(a, (*solution.shape[:-2], *a.shape[-2:])))


def triangular_solve_gradient(
    grads: Any, self: Any, A: Any, solution: Any, upper: bool, transpose: bool, unitriangular: bool, needed: Any
) -> Any:
    to_solution, to_copy = grads
    to_a = to_b = None
    if to_solution is not None:
        to_b = triangular_solve(to_solution, A.conj(), upper, not transpose, unitriangular)[0]
        if needed[1]:
            to_a = -matmul(solution.conj(), to_b.mT) if transpose else -matmul(to_b, solution.mH)
            edge = int(unitriangular)
            to_a = to_a.triu(edge) if upper else to_a.tril(-edge)
    if to_copy is not None and needed[1]:
        to_a = to_copy if to_a is None else to_a + to_copy
    return to_b if needed[0] else None, to_a


TRIANGULAR_SOLVE = operator(
    "triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False)"
    " -> (solution, cloned_coefficient)",
    triangular_solve_forward,
    node="TriangularSolveBackward0",
    gradients={"self, A": triangular_solve_gradient},
    dtype=KEEP,
    public=False,
)


@function("triangular_solve")
def triangular_solve(
    self: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False, *, out: Any = None
) -> Any:
    """The older form. It is deprecated and says so, once, where the shapes and types are such as it takes."""
    try:
        made = computed(TRIANGULAR_SOLVE, (self, A), (upper, transpose, unitriangular), out)
    except NotImplementedError:
        warn_once(TRIANGULAR_SOLVE_DEPRECATED, "triangular_solve")
        raise
    warn_once(TRIANGULAR_SOLVE_DEPRECATED, "triangular_solve")
    return several("triangular_solve", ("solution", "cloned_coefficient"), made, out)
