"""Which whole numbers may be drawn for an element type."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from refgrad import cpp_spelling, creation_texts, dtypes
from refgrad.dtypes import dtype as DType

DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
"""Up to which power of two a type has all whole numbers."""


def drawn_range(low: int, high: int, kind: DType) -> tuple[int, int]:
    """From `low` up to and without `high`, or a little less where both would be rounded to what is outside.

    Raises RuntimeError if there is nothing between, or the type has not all of it; warns where it has it inexactly.
    """
    if low >= high:
        raise RuntimeError(creation_texts.random_range(low, high))
    if kind.category == dtypes.COMPLEX:
        raise RuntimeError(creation_texts.NO_WHOLE_RANGE)
    ends = (("from", low), ("to - 1", high - 1))
    smallest, largest = limits(kind)
    for name, each in ends:
        if not smallest <= each <= largest:
            raise RuntimeError(creation_texts.random_bound(name, cpp_spelling.cpp_type(kind)))
    digits = DIGITS.get(kind.name)
    if digits is None:
        return low, high
    for name, each in ends:
        if abs(each) > 2**digits:
            text = creation_texts.random_bound_inexact(name, cpp_spelling.cpp_type(kind), digits)
            warnings.warn(text, UserWarning, stacklevel=4)
    above, below = (int(np.asarray(each, kind.numpy)) for each in (low + 1, high - 1))
    if above < low:
        low = above + gap(low + 1, digits)
    if below >= high:
        high = below - gap(high - 1, digits)
    return low, high


def gap(number: int, digits: int) -> int:
    """The distance of a number's neighbours in a type of so many digits."""
    return 1 << (abs(number).bit_length() - digits)


def limits(kind: DType) -> tuple[Any, Any]:
    if kind.category == dtypes.BOOL:
        return 0, 1
    if kind.category == dtypes.INTEGER:
        whole = np.iinfo(kind.numpy)
        return int(whole.min), int(whole.max)
    largest = float(np.finfo(np.float32 if kind is dtypes.bfloat16 else kind.numpy).max)
    return -largest, largest
