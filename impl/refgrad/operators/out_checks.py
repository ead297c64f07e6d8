"""What elementwise operators look at before they compute into `out=` or in place: places, types, sizes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import cpp_spelling, dtypes, inplace_texts
from refgrad.dtypes import Array
from refgrad.dtypes import dtype as DType
from refgrad.memory import check_single_places
from refgrad.operators import texts
from refgrad.operators.loss_texts import found_type
from refgrad.tensor import Tensor

OF_ITS_OWN_TYPE = frozenset("abs neg sign sgn trunc floor ceil round frac bitwise_not".split())
"""Rows that write into no tensor of another type, though the result could be cast."""
REFUSED = dict.fromkeys(("sign", "trunc", "floor", "ceil"), (dtypes.COMPLEX,)) | {"neg": (dtypes.BOOL,)}
"""Types that are refused first."""
CASTING = frozenset(
    "add sub subtract mul multiply maximum minimum fmax fmin remainder fmod pow square hypot logaddexp "
    "logaddexp2 bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift".split()
)
"""Functions that compute in the common type of their operands and cast to that of `out`: it changes its size twice."""


def check_own_type(name: str, given: Tensor, out: Tensor) -> None:
    """Raise RuntimeError if `out` is of another type than `given`. Absolute values of complex numbers are real too."""
    kind, found = given.dtype, out.dtype
    if kind.category in REFUSED.get(name, ()):
        return
    if found is not kind and (name != "abs" or kind.category != dtypes.COMPLEX or found.category == dtypes.COMPLEX):
        raise RuntimeError(found_type(found.scalar_name, kind.scalar_name))


COMPARING = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
LATE = COMPARING | {"logical_and", "logical_or", "logical_xor"} | REFUSED.keys()
"""Operators that look at types first, or whose results are of a type of their own."""


def told_before_kernel(name: str, operands: Sequence[Any], common: DType, out: Tensor) -> None:
    """Raise RuntimeError for a result that `out` could not take, and warn if it would change its size.

    That is looked at before PyTorch finds that there is no kernel for the type.
    """
    check_result(common, out)
    shape = shape_of(operands)
    if out._array.size and out._array.shape != shape:
        for _ in range(times_resized(name, common, out)):
            warnings.warn(inplace_texts.out_resized(out._array.shape, shape), UserWarning, stacklevel=5)


def told_in_place(operands: Sequence[Any], common: DType, target: Tensor) -> None:
    """Raise RuntimeError for a result that cannot be written over the first operand, whatever is computed."""
    check_result(common, target)
    shape = shape_of(operands)
    if shape != target._array.shape:
        raise RuntimeError(inplace_texts.output_shape_mismatch(target._array.shape, shape))


def check_parts(mantissa: Tensor, exponent: Tensor, given: Tensor) -> None:
    """Raise RuntimeError for parts of numbers that are not of the types that `frexp` gives."""
    wanted, first, second = map(cpp_spelling.stored_type, (given.dtype, mantissa.dtype, exponent.dtype))
    if first != wanted:
        raise RuntimeError(texts.frexp_mantissa(wanted, first))
    if exponent.dtype is not dtypes.int32:
        raise RuntimeError(texts.frexp_exponent(second))
    for out in (mantissa, exponent):
        check_single_places(out._array)


def check_result(common: DType, out: Tensor) -> None:
    if not dtypes.can_cast(common, out.dtype):
        raise RuntimeError(inplace_texts.cannot_cast_result(common.scalar_name, out.dtype.scalar_name))


def shape_of(operands: Sequence[Any]) -> tuple[int, ...]:
    return np.broadcast_shapes(*[array_of(each).shape for each in operands])


def array_of(operand: Any) -> Array:
    return operand._array if isinstance(operand, Tensor) else np.asarray(operand)


def times_resized(name: str, common: DType, out: Tensor) -> int:
    """How often `out` changes its size: twice where what is computed has to be cast for it."""
    if name in COMPARING and out.dtype is dtypes.bool_:
        return 1
    return 1 if common is out.dtype or name not in CASTING | COMPARING else 2
