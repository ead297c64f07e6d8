"""Short floating types, float16 and bfloat16 (if ml_dtypes is there): computed in float32 and rounded once.

PyTorch's kernels do the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dtypes
from refgrad.half import on_the_way, short_number

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

TYPED = frozenset("sum mean nansum prod cumsum cumprod linalg_vector_norm".split())
"""Operators with a dtype that their result is to have."""

CASTS = frozenset(
    "_to_copy clone _conj complex polar view_as_complex view_as_real fill masked_fill masked_scatter index_fill gcd lcm"
    " where index_put _index_put_impl index_add index_copy index_reduce bitwise_and bitwise_or bitwise_xor".split()
)
"""Operators whose forward rounds nothing, or every step, or refuses numbers of these types, or makes complex ones."""

SHORT = frozenset(each.numpy for each in (dtypes.float16, dtypes.bfloat16) if each is not None)

IN_STEPS = {
    "histogram": SHORT, "repeat_interleave": SHORT,
    "_log_softmax": SHORT, "logsumexp": SHORT, "sigmoid_backward": frozenset((dtypes.float16.numpy,)), "logit": SHORT,
    "special_entr": SHORT, "xlogy": SHORT, "special_xlog1py": SHORT, "ldexp": SHORT, "linalg_cross": SHORT,
    "nextafter": SHORT, "nan_to_num": SHORT, "binary_cross_entropy_with_logits": SHORT,
    "avg_pool2d_backward": SHORT, "addr": SHORT,
}  # fmt: skip
"""Operators that round on the way too, or by another operand, and in which types.

Their forwards are given short numbers as they are.
"""


FACTORS = frozenset(("mul", "div", "floor_divide"))
"""Operators that take a second operand without dimensions as it is, and not rounded to the short type."""

SUMS = frozenset(("add", "sub", "rsub"))
"""Operators whose numbers are rounded to the short type first, and whose factor, the last, has to fit it."""

REMAINDERS = frozenset(("remainder", "fmod"))
"""Operators whose numbers are rounded to the short type first."""

STATISTICS = frozenset(("native_batch_norm", "native_group_norm", "native_layer_norm"))
"""Operators whose results are of the type of their parameters but for the first, which is of the input's."""

PRODUCTS = frozenset("mm mv dot vdot bmm addmm addmv baddbmm addbmm".split())
IN_LINALG = frozenset(("_linalg_solve_ex", "linalg_lstsq", "linalg_cross", "linalg_householder_product"))
ONE_TYPE = PRODUCTS | IN_LINALG | frozenset(("cholesky_solve", "triangular_solve", "ormqr"))
"""Operators whose operands have to be of one type."""

WITH_PIVOTS = frozenset(("linalg_lu_solve", "linalg_ldl_solve"))
"""The same, where the second operand is one of integers."""


def forward_of(row: Operator, arrays: list[Any]) -> Any:
    """How to run `row` on these operands: as it is, or rounding once if the first of them is of a short type."""
    first = arrays[0] if arrays else None
    if row.name in TYPED:
        return lambda *operands: typed(row, *operands)
    return short_forward(row, arrays, first)


def typed(row: Operator, a: Any, *attributes: Any) -> Any:
    """A reduction into a short type that is asked for: its operand is cast before anything is added."""
    kind = next((each.numpy for each in attributes if isinstance(each, dtypes.dtype)), None)
    if kind is None or kind.kind not in "fV" or (kind not in SHORT and a.dtype not in SHORT):
        return short_forward(row, [a], a)(a, *attributes)
    attributes = tuple(None if isinstance(each, dtypes.dtype) else each for each in attributes)
    if row.name == "mean" and kind in SHORT:  # cast after all
        made = np.asarray(row.forward(widened(a), *attributes))
        return on_the_way(made, kind).astype(kind)
    a = on_the_way(a, kind).astype(kind)
    return short_forward(row, [a], a)(a, *attributes)


def short_forward(row: Operator, arrays: list[Any], first: Any) -> Any:
    if not isinstance(first, np.ndarray) or first.dtype not in SHORT or row.view is not None or row.name in CASTS:
        return row.forward
    alike = arrays if row.name in ONE_TYPE else arrays[::2] if row.name in WITH_PIVOTS else ()
    if any(isinstance(each, np.ndarray) and each.dtype != first.dtype for each in alike):
        return row.forward  # which refuses them

    from refgrad.operators.in_steps import FORWARDS
    from refgrad.operators.short_refused import checked

    if row.name in IN_STEPS and first.dtype in IN_STEPS[row.name]:
        return checked(row.name, arrays, row.forward)

    name = f"{row.name}.{row.overload}" if row.overload else row.name
    kinds, in_steps = FORWARDS.get(name, (SHORT, row.forward))
    forward = in_steps if first.dtype in kinds else row.forward
    ready = (lambda each: each) if forward is not row.forward else widened

    def rounding(*operands: Any) -> Any:
        if row.bounds is not None:
            row.bounds(*operands)
        if row.name in SUMS and type(operands[-1]) is not complex:
            dtypes.element(operands[-1], dtypes.FROM_NUMPY[first.dtype])
        if row.name in SUMS or row.name in REMAINDERS:
            operands = rounded_numbers(operands, first.dtype)
        made = forward(*map(ready, operands))
        if any(isinstance(each, dtypes.dtype) for each in operands):
            return made
        with np.errstate(over="ignore"):
            if row.name in STATISTICS and any(getattr(each, "dtype", None) == np.float32 for each in operands):
                return _rounded(made[0], first.dtype), *made[1:]
            return _rounded(made, first.dtype)

    return checked(row.name, arrays, rounding)


def rounded_numbers(operands: tuple[Any, ...], kind: np.dtype[Any]) -> tuple[Any, ...]:
    with np.errstate(over="ignore"):
        return tuple(float(kind.type(short_number(each))) if type(each) is float else each for each in operands)


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
