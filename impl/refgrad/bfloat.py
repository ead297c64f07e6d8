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

IN_STEPS = {
    "_log_softmax": SHORT,
    "binary_cross_entropy_with_logits": SHORT,
    "logsumexp": SHORT,
    "softshrink": SHORT,
    "sigmoid_backward": frozenset((dtypes.float16.numpy,)),
}
"""Operators that round on the way too, or by another operand, and in which types.

Their forwards are given short numbers as they are.
"""


FACTORS = frozenset(("mul", "div"))
"""Operators that take a second operand without dimensions as it is, and not rounded to the short type."""

SUMS = frozenset(("add", "sub", "rsub"))
"""Operators whose numbers are rounded to the short type first."""

STATISTICS = frozenset(("native_batch_norm", "native_group_norm", "native_layer_norm"))
"""Operators whose results are of the type of their parameters but for the first, which is of the input's."""

ONE_TYPE = frozenset("mm mv dot vdot bmm addmm addmv baddbmm addbmm".split())
"""Operators whose operands have to be of one type."""


def forward_of(row: Operator, arrays: list[Any]) -> Any:
    """How to run `row` on these operands: as it is, or rounding once if the first of them is of a short type."""
    first = arrays[0] if arrays else None
    if not isinstance(first, np.ndarray) or first.dtype not in SHORT or row.view is not None or row.name in CASTS:
        return row.forward
    if row.name in IN_STEPS and first.dtype in IN_STEPS[row.name]:
        return row.forward

    if row.name in ONE_TYPE and any(isinstance(each, np.ndarray) and each.dtype != first.dtype for each in arrays):
        return row.forward  # which refuses them

    def rounding(*operands: Any) -> Any:
        if row.bounds is not None:
            row.bounds(*operands)
        if row.name in SUMS:
            operands = rounded_numbers(operands, first.dtype)
        made = row.forward(*map(widened, operands))
        if any(isinstance(each, dtypes.dtype) for each in operands):
            return made
        with np.errstate(over="ignore"):
            if row.name in STATISTICS and any(getattr(each, "dtype", None) == np.float32 for each in operands):
                return _rounded(made[0], first.dtype), *made[1:]
            return _rounded(made, first.dtype)

    from refgrad.operators.short_refused import checked

    return checked(row.name, arrays, rounding)


def rounded_numbers(operands: tuple[Any, ...], kind: np.dtype[Any]) -> tuple[Any, ...]:
    """Operands of a sum with its numbers rounded. Raises RuntimeError for a factor, the last, that is too large."""
    dtypes.element(operands[-1], dtypes.FROM_NUMPY[kind])
    with np.errstate(over="ignore"):
        return tuple(float(kind.type(each)) if type(each) is float else each for each in operands)


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
