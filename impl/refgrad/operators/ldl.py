"""`torch.linalg.ldl_factor` and `ldl_solve`: symmetric matrices that need not be definite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad import shapes
from refgrad.levels import levels
from refgrad.operators import linalg_texts as texts
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.linalg_arrays import as_batch, broadcast_batches, by_columns, check_square, scalar_names
from refgrad.operators.linalg_names import linalg
from refgrad.operators.linalg_out import computed, several
from refgrad.operators.transformed import refuse_tangents
from refgrad.operators.underivable import underivable

GROWTH = (1 + math.sqrt(17)) / 8
"""How large a pivot has to be, compared with what stands below it, to be taken alone."""


def size_of(a: Any) -> Any:
    """As LAPACK compares complex numbers."""
    return np.abs(a.real) + np.abs(a.imag)


def pivot_of(a: Any, k: int, *, hermitian: bool) -> tuple[int, int, bool]:
    """The row that is exchanged, how many columns are taken at once, and whether all of the column is zero."""
    alone = float(abs(a[k, k].real) if hermitian else size_of(a[k, k]))
    below = size_of(a[k + 1 :, k])
    if not below.size:
        return k, 1, alone == 0
    most = k + 1 + int(np.argmax(below))
    largest = float(below.max())
    if max(alone, largest) == 0:
        return k, 1, True
    if alone >= GROWTH * largest:
        return k, 1, False
    in_row = float(max(size_of(a[most, k:most]).max(), size_of(a[most + 1 :, most]).max(initial=0)))
    if alone >= GROWTH * largest * (largest / in_row):
        return k, 1, False
    other = float(abs(a[most, most].real) if hermitian else size_of(a[most, most]))
    return (most, 1, False) if other >= GROWTH * in_row else (most, 2, False)


def exchange(a: Any, k: int, steps: int, row: int, turned: Any) -> None:
    """Rows and columns of the lower triangle change their places."""
    last = k + steps - 1
    if row == last:
        return
    a[row + 1 :, [last, row]] = a[row + 1 :, [row, last]]
    column = turned(a[last + 1 : row, last])
    a[last + 1 : row, last] = turned(a[row, last + 1 : row])
    a[row, last + 1 : row] = column
    a[row, last] = turned(a[row, last])
    a[last, last], a[row, row] = a[row, row], a[last, last]
    if steps == 2:
        a[k + 1, k], a[row, k] = a[row, k], a[k + 1, k]


def factorize(a: Any, *, hermitian: bool) -> tuple[Any, int]:
    """The lower triangle of `a` becomes that of L and D; the pivots, and the first that is zero, from 1."""
    count = len(a)
    pivots, failed, k = np.zeros(count, np.int32), 0, 0
    turned = np.conj if hermitian else np.array
    while k < count:
        row, steps, zero = pivot_of(a, k, hermitian=hermitian)
        if zero:
            failed = failed or k + 1
            pivots[k] = k + 1
            k += 1
            continue
        exchange(a, k, steps, row, turned)
        if hermitian:
            for each in range(k, k + steps):
                a[each, each] = a[each, each].real
        block, rest = a[k : k + steps, k : k + steps].copy(), a[k + steps :, k : k + steps].copy()
        if steps == 2:
            block[0, 1] = turned(block[1, 0])
            if rest.size:
                weights = np.linalg.solve(block.T, rest.T).T
                a[k + 2 :, k + 2 :] -= np.tril(weights @ turned(rest).T)
                a[k + 2 :, k : k + 2] = weights
            pivots[k : k + 2] = -(row + 1)
        else:
            inverse = a.dtype.type(1) / (block[0, 0].real if hermitian else block[0, 0])
            a[k + 1 :, k + 1 :] -= np.tril(inverse * (rest @ turned(rest).T))
            a[k + 1 :, k : k + 1] = inverse * rest
            pivots[k] = row + 1
        if hermitian:
            at = np.arange(k + steps, count)
            a[at, at] = a[at, at].real
        k += steps
    return pivots, failed


def factor_forward(a: Any, hermitian: bool) -> Any:
    check_square("torch.linalg.ldl_factor_ex", a)
    made = np.tril(a)
    batch = as_batch(made)
    pivots, info = np.zeros(batch.shape[:2], np.int32), np.zeros(len(batch), np.int32)
    for number, matrix in enumerate(batch):
        pivots[number], info[number] = factorize(matrix, hermitian=hermitian and a.dtype.kind == "c")
    lead = a.shape[:-2]
    return by_columns(made), pivots.reshape(a.shape[:-1]), info.reshape(lead)


FACTOR = operator(
    "linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False) -> (LD, pivots, info)",
    factor_forward,
    dtype=KEEP,
    public=False,
)


def factored(input: Any, hermitian: bool, check_errors: bool, name: str, out: Any) -> Any:
    if levels.active:
        refuse_tangents("aten::linalg_ldl_factor_ex", (input,))
    packed, pivots, info = computed(FACTOR, (input,), (hermitian,), out)
    if check_errors and info._array.any():
        codes = info._array.reshape(-1)
        raise RuntimeError(texts.ldl_failed(name, int(codes[np.flatnonzero(codes)[0]])))
    return underivable("aten::linalg_ldl_factor_ex", packed, (input,)), pivots, info


@linalg
def ldl_factor(input: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """Lower triangle, blocks of the diagonal and pivots of a symmetric matrix. Raises RuntimeError for a zero pivot."""
    made = factored(input, hermitian, True, "torch.linalg.ldl_factor", out)
    return several("linalg_ldl_factor", ("LD", "pivots"), made, out)


@linalg
def ldl_factor_ex(input: Any, *, hermitian: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """The same, and where a pivot is zero."""
    made = factored(input, hermitian, check_errors, "torch.linalg.ldl_factor_ex", out)
    return several("linalg_ldl_factor_ex", ("LD", "pivots", "info"), made, out)


# ---- solving ------------------------------------------------------------------------------------------------------


def solved(packed: Any, pivots: Any, b: Any, *, hermitian: bool) -> Any:
    """X of `A X = B` for one matrix, written over B."""
    turned = np.conj if hermitian else np.array
    blocks, k = [], 0
    while k < len(packed):
        steps = 1 if pivots[k] > 0 else 2
        blocks.append((k, steps))
        k += steps
    for k, steps in blocks:
        last, row, end = k + steps - 1, abs(int(pivots[k])) - 1, k + steps
        b[[last, row]] = b[[row, last]]
        b[end:] -= packed[end:, k:end] @ b[k:end]
        block = packed[k:end, k:end].copy()
        if steps == 2:
            block[0, 1] = turned(block[1, 0])
            b[k:end] = np.linalg.solve(block, b[k:end])
        else:
            b[k] = b[k] / (block[0, 0].real if hermitian else block[0, 0])
    for k, steps in reversed(blocks):
        last, row, end = k + steps - 1, abs(int(pivots[k])) - 1, k + steps
        b[k:end] -= turned(packed[end:, k:end]).T @ b[end:]
        b[[last, row]] = b[[row, last]]
    return b


def solve_forward(packed: Any, pivots: Any, b: Any, hermitian: bool) -> Any:
    name = "torch.linalg.ldl_solve"
    check_square(name, packed)
    if packed.dtype != b.dtype:
        raise RuntimeError(texts.ldl_types(*scalar_names(b, packed)))
    if b.shape[shapes.own_dim(-2, b.ndim)] != packed.shape[-1]:
        raise RuntimeError(texts.ldl_sizes(name, packed.shape, b.shape))
    if pivots.shape != packed.shape[:-1]:
        raise RuntimeError(texts.pivots_shape(name, "LD", pivots.shape))
    if pivots.dtype.kind not in "iu":
        raise RuntimeError(texts.ldl_pivots_type(*scalar_names(pivots)))
    lead = broadcast_batches(b, packed)
    made = np.broadcast_to(b, (*lead, *b.shape[-2:])).copy()
    matrices = as_batch(np.broadcast_to(packed, (*lead, *packed.shape[-2:])))
    places = np.broadcast_to(pivots, (*lead, pivots.shape[-1])).reshape(len(matrices), pivots.shape[-1])
    for matrix, place, part in zip(matrices, places, as_batch(made), strict=True):
        solved(matrix, place, part, hermitian=hermitian and b.dtype.kind == "c")
    return by_columns(made)


SOLVE = operator(
    "linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False)",
    solve_forward,
    dtype=KEEP,
    public=False,
)


@linalg
def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """X of `A X = B`, from what `ldl_factor` gave for A."""
    if levels.active:
        refuse_tangents("aten::linalg_ldl_solve", (LD, B))
    made = computed(SOLVE, (LD, pivots, B), (hermitian,), out)
    return underivable("aten::linalg_ldl_solve", made if out is None else made[0], (LD, B))
