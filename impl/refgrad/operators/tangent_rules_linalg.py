"""Rules of forward mode for linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.operators.names import FUNCTIONS, ROWS
from refgrad.operators.tangent_rules import Given, Rule, by_number


def solved_by_factors(matrix: Any, factors: Any, pivots: Any, right: Any) -> Any:
    """The solution for a matrix whose determinant has been taken: it has been factorized, or its transpose."""
    from refgrad.operators.linalg_arrays import is_turned

    return ROWS["linalg_lu_solve", ""](factors, pivots, right, True, is_turned(matrix._array))


def trace(matrix: Any) -> Any:
    return matrix.diagonal(0, -2, -1).sum(-1)


def determinant(primals: Given, tangents: Given, results: Any) -> Any:
    """A pivot of 0 counts as a rounding error."""
    result, factors, pivots = results
    least = float(np.finfo(factors._array.dtype).eps)
    zero = factors.diagonal(0, -2, -1) == 0
    factors = factors + FUNCTIONS["where"](zero, least, 0.0).to(factors.dtype).diag_embed()
    return trace(solved_by_factors(primals[0], factors, pivots, tangents[0])) * result, None, None


def log_of_determinant(primals: Given, tangents: Given, results: Any) -> Any:
    sign, _, factors, pivots = results
    if primals[0].is_complex():
        return NotImplemented
    moved = trace(solved_by_factors(primals[0], factors, pivots, tangents[0]))
    return sign.new_zeros(sign._array.shape), moved, None, None


def solution(primals: Given, tangents: Given, results: Any, left: bool, check_errors: bool) -> Any:
    result, factors, pivots, _ = results
    from refgrad.operators.linalg_solving import is_vector

    vector = is_vector(tuple(primals[0].shape), tuple(primals[1].shape))
    found, right = (result.unsqueeze(-1), tangents[1].unsqueeze(-1)) if vector else (result, tangents[1])
    moved = tangents[0].matmul(found) if left else found.matmul(tangents[0])
    made = ROWS["linalg_lu_solve", ""](factors, pivots, right - moved, left, False)
    return (made.squeeze(-1) if vector else made), None, None, None


def triangle_of(tensor: Any, upper: bool, unitriangular: bool) -> Any:
    return tensor.triu(int(unitriangular)) if upper else tensor.tril(-int(unitriangular))


def triangular_solution(
    primals: Given, tangents: Given, result: Any, upper: bool, left: bool, unitriangular: bool
) -> Any:
    moving = triangle_of(tangents[0], upper, unitriangular)
    right = tangents[1] - (moving.matmul(result) if left else result.matmul(moving))
    return ROWS["linalg_solve_triangular", ""](primals[0], right, upper, left, unitriangular)


def old_triangular_solution(
    primals: Given, tangents: Given, results: Any, upper: bool, transpose: bool, unitriangular: bool
) -> Any:
    """As in PyTorch, which takes the tangent of the matrix whole, and as it is even if the matrix is transposed."""
    right = tangents[0] - tangents[1].matmul(results[0])
    found = FUNCTIONS["triangular_solve"](right, primals[1], upper, transpose, unitriangular)
    return found[0], None if tangents[1]._is_zerotensor() else tangents[1]


def inverse(primals: Given, tangents: Given, results: Any, check_errors: bool) -> Any:
    return -results[0].matmul(tangents[0]).matmul(results[0]), None


def cholesky(tensor: Any, lower: Any) -> Any:
    solve = ROWS["linalg_solve_triangular", ""]
    inner = solve(lower.mH, solve(lower, tensor, False, True, False), True, False, False)
    halved = by_number(inner.diagonal(0, -2, -1), 0.5).diag_embed()
    return lower.matmul(inner.tril() - halved)


def cholesky_factor(primals: Given, tangents: Given, results: Any, upper: bool, check_errors: bool) -> Any:
    made = cholesky(tangents[0], results[0].mH if upper else results[0])
    return (made.mH if upper else made), None


def inverse_by_cholesky(primals: Given, tangents: Given, result: Any, upper: bool) -> Any:
    """As in PyTorch, whose formula is not the derivative."""
    factor, moving = (primals[0], tangents[0]) if not upper else (primals[0].mH, tangents[0].mH)
    half = -result.matmul(moving).matmul(result).matmul(factor.mH)
    return half + half.mH


def solution_by_cholesky(primals: Given, tangents: Given, result: Any, upper: bool) -> Any:
    factor, moving = primals[1], tangents[1]
    half = moving.mH.matmul(factor) if upper else moving.matmul(factor.mH)
    right = tangents[0] - (half + half.mH).matmul(result)
    return ROWS["cholesky_solve", ""](right, factor, upper)


def orthogonal_and_triangular(primals: Given, tangents: Given, results: Any, mode: str) -> Any:
    from refgrad.operators.declare import inplace_of

    rows, columns = primals[0].shape[-2:]
    if mode != "reduced" or rows < columns:
        return NotImplemented
    q, r = results
    moving = ROWS["linalg_solve_triangular", ""](r, tangents[0], True, False, False)
    inner = q.mH.matmul(moving)
    inner = (inner + inner.mH).triu()
    inplace_of(ROWS["mul", "Scalar"])(inner.diagonal(0, -2, -1), 0.5)
    return moving - q.matmul(inner), inner.matmul(r)


def eigen_of_symmetric(primals: Given, tangents: Given, results: Any, UPLO: str, compute_v: bool) -> Any:
    values, vectors = results
    moving = vectors.mH.matmul(tangents[0]).matmul(vectors)
    diagonal = moving.diagonal(0, -2, -1)
    of_values = diagonal.real if diagonal.is_complex() else diagonal
    if not compute_v:
        return of_values, None
    turned = moving / (values.unsqueeze(-2) - values.unsqueeze(-1))
    turned.diagonal(0, -2, -1).zero_()
    return of_values, vectors.matmul(turned)


def singular_vectors(primals: Given, tangents: Given, results: Any, full_matrices: bool, compute_uv: bool) -> Any:
    """The phases of complex vectors turn as PyTorch has them turn: half of what the values leave over, on each side."""
    left, values, right = results
    rows, columns, size = left.shape[-2], right.shape[-1], values.shape[-1]
    u = left.narrow(-1, 0, size) if left.shape[-1] > size else left
    vh = right.narrow(-2, 0, size) if right.shape[-2] > size else right
    inner = u.mH.matmul(tangents[0]).matmul(vh.mH)
    diagonal = inner.diagonal(0, -2, -1)
    of_values = diagonal.real if inner.is_complex() else diagonal
    rest = inner - of_values.to(inner.dtype).diag_embed()
    squares = values * values
    apart = squares.unsqueeze(-2) - squares.unsqueeze(-1)
    apart.diagonal(0, -2, -1).fill_(1)
    scaled, other = rest * values.unsqueeze(-2), values.unsqueeze(-1) * rest
    turned_u, turned_v = (scaled + scaled.mH) / apart, -(other + other.mH) / apart
    if inner.is_complex():
        phase = by_number(FUNCTIONS["complex"](values.new_zeros(values.shape), diagonal.imag) / values, 0.5)
        turned_u, turned_v = turned_u + phase.diag_embed(), turned_v + phase.diag_embed()
    of_u, of_vh = u.matmul(turned_u), turned_v.matmul(vh)
    if rows > size:
        outer = tangents[0].matmul(vh.mH) / values.unsqueeze(-2)
        of_u = of_u + outer - u.matmul(u.mH.matmul(outer))
    if columns > size:
        outer = u.mH.matmul(tangents[0]) / values.unsqueeze(-1)
        of_vh = of_vh + outer - outer.matmul(vh.mH).matmul(vh)
    cat = FUNCTIONS["cat"]
    if left.shape[-1] > size:
        of_u = cat([of_u, of_u.new_zeros((*of_u.shape[:-1], left.shape[-1] - size))], -1)
    if right.shape[-2] > size:
        of_vh = cat([of_vh, of_vh.new_zeros((*of_vh.shape[:-2], right.shape[-2] - size, columns))], -2)
    return of_u, of_values, of_vh


def pseudoinverse_moved(matrix: Any, moving: Any, found: Any) -> Any:
    if matrix.shape[-2] <= matrix.shape[-1]:
        inner = found.mH.matmul(moving.mH)
        first = found.matmul(inner - inner.mH - inner.matmul(matrix.matmul(found)))
        return first + (moving.mH - found.matmul(matrix.matmul(moving.mH))).matmul(found.mH.matmul(found))
    inner = found.matmul(moving)
    first = (inner.mH - inner - found.matmul(matrix).matmul(inner.mH)).matmul(found)
    return first + found.matmul(found.mH).matmul(moving.mH - moving.mH.matmul(matrix).matmul(found))


def pseudoinverse(primals: Given, tangents: Given, result: Any, *options: Any) -> Any:
    return pseudoinverse_moved(primals[0], tangents[0], result)


RULES: dict[tuple[str, str], Rule] = {
    ("_linalg_det", ""): determinant,
    ("_linalg_svd", ""): singular_vectors,
    ("_linalg_slogdet", ""): log_of_determinant,
    ("_linalg_solve_ex", ""): solution,
    ("linalg_solve_triangular", ""): triangular_solution,
    ("triangular_solve", ""): old_triangular_solution,
    ("linalg_inv_ex", ""): inverse,
    ("linalg_cholesky_ex", ""): cholesky_factor,
    ("cholesky_inverse", ""): inverse_by_cholesky,
    ("cholesky_solve", ""): solution_by_cholesky,
    ("linalg_pinv", ""): pseudoinverse,
    ("linalg_qr", ""): orthogonal_and_triangular,
    ("_linalg_eigh", ""): eigen_of_symmetric,
}
