"""Short floating types, float16 and bfloat16 (if ml_dtypes is there): computed in float32 and rounded once.

PyTorch's kernels do the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dtypes

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

CASTS = frozenset("_to_copy clone _conj complex polar view_as_complex view_as_real fill masked_fill index_fill".split())
"""Operators whose forward copies or fills in and rounds nothing, or makes complex numbers."""

SHORT = frozenset(each.numpy for each in (dtypes.float16, dtypes.bfloat16) if each is not None)

IN_STEPS = {"_log_softmax": SHORT, "logsumexp": SHORT, "sigmoid_backward": frozenset((dtypes.float16.numpy,))}
"""Operators that round on the way too, and in which types; their forwards are given short numbers as they are."""


FACTORS = frozenset(("mul", "div"))
"""Operators that take a second operand without dimensions as it is, and not rounded to the short type."""

SUMS = frozenset(("add", "sub", "rsub"))
"""Operators whose numbers are rounded to the short type first."""

PRODUCTS = frozenset("mm mv dot vdot bmm addmm addmv baddbmm addbmm".split())
IN_LINALG = frozenset(("_linalg_solve_ex", "linalg_lstsq", "linalg_cross", "linalg_householder_product"))
ONE_TYPE = PRODUCTS | IN_LINALG
"""Operators whose operands have to be of one type."""

WITH_PIVOTS = frozenset(("linalg_lu_solve", "linalg_ldl_solve"))
"""The same, where the second operand is one of integers."""


def forward_of(row: Operator, arrays: list[Any]) -> Any:
    """How to run `row` on these operands: as it is, or rounding once if the first of them is of a short type."""
    first = arrays[0] if arrays else None
    if not isinstance(first, np.ndarray) or first.dtype not in SHORT or row.view is not None or row.name in CASTS:
        return row.forward
    if row.name in IN_STEPS and first.dtype in IN_STEPS[row.name]:
        return row.forward

    alike = arrays if row.name in ONE_TYPE else arrays[::2] if row.name in WITH_PIVOTS else ()
    if any(isinstance(each, np.ndarray) and each.dtype != first.dtype for each in alike):
        return row.forward  # which refuses them

    def rounding(*operands: Any) -> Any:
        if row.name in SUMS:
            operands = tuple(float(first.dtype.type(each)) if type(each) is float else each for each in operands)
        made = row.forward(*map(widened, operands))
        if any(isinstance(each, dtypes.dtype) for each in operands):
            return made
        with np.errstate(over="ignore"):
            return _rounded(made, first.dtype)

    from refgrad.operators.short_refused import checked

    return checked(row.name, arrays, rounding)


def widened(operand: Any) -> Any:
    """In float32, if it is of a short type."""
    if type(operand) is tuple:
        return tuple(map(widened, operand))
    short = isinstance(operand, np.ndarray) and operand.dtype in SHORT
    return operand.astype(np.float32) if short else operand


def _rounded(made: Any, kind: np.dtype[Any]) -> Any:
    if type(made) is tuple:
        return tuple(_rounded(each, kind) for each in made)
    return np.asarray(made).astype(kind) if made.dtype == np.float32 else made
