"""bfloat16, if the package ml_dtypes is there: computed in float32 and rounded once, as PyTorch's kernels do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dtypes

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

CASTS = frozenset({"_to_copy", "clone", "_conj"})
"""Operators whose forward copies and rounds nothing."""


def forward_of(row: Operator, arrays: list[Any]) -> Any:
    """How to run `row` on these operands: as it is, or rounding once if the first of them is of bfloat16."""
    first = arrays[0] if arrays else None
    if not isinstance(first, np.ndarray) or first.dtype.kind != "V" or row.view is not None or row.name in CASTS:
        return row.forward

    def rounding(*operands: Any) -> Any:
        made = row.forward(*map(_widened, operands))
        return made if any(isinstance(each, dtypes.dtype) for each in operands) else _rounded(made, first.dtype)

    return rounding


def _widened(operand: Any) -> Any:
    if type(operand) is tuple:
        return tuple(map(_widened, operand))
    wide = isinstance(operand, np.ndarray) and operand.dtype.kind == "V"
    return operand.astype(np.float32) if wide else operand


def _rounded(made: Any, kind: np.dtype[Any]) -> Any:
    if type(made) is tuple:
        return tuple(_rounded(each, kind) for each in made)
    return np.asarray(made).astype(kind) if made.dtype == np.float32 else made
