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


ONE_TYPE = frozenset("mm mv dot vdot bmm addmm addmv baddbmm addbmm".split())
"""Operators whose operands have to be of one type."""


def forward_of(row: Operator, arrays: list[Any]) -> Any:
    """How to run `row` on these operands: as it is, or rounding once if the first of them is of a short type."""
    first = arrays[0] if arrays else None
    if not isinstance(first, np.ndarray) or first.dtype not in SHORT or row.view is not None or row.name in CASTS:
        return row.forward

    if row.name in ONE_TYPE and any(isinstance(each, np.ndarray) and each.dtype != first.dtype for each in arrays):
        return row.forward  # which refuses them

    def rounding(*operands: Any) -> Any:
        made = row.forward(*map(_widened, operands))
        if any(isinstance(each, dtypes.dtype) for each in operands):
            return made
        with np.errstate(over="ignore"):
            return _rounded(made, first.dtype)

    return rounding


def _widened(operand: Any) -> Any:
    if type(operand) is tuple:
        return tuple(map(_widened, operand))
    short = isinstance(operand, np.ndarray) and operand.dtype in SHORT
    return operand.astype(np.float32) if short else operand


def _rounded(made: Any, kind: np.dtype[Any]) -> Any:
    if type(made) is tuple:
        return tuple(_rounded(each, kind) for each in made)
    return np.asarray(made).astype(kind) if made.dtype == np.float32 else made
