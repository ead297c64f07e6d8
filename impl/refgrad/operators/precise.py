"""Functions of NumPy in the precision that PyTorch has.

PyTorch's kernels for float32 are off by at most one unit in the last place, and mostly by none; NumPy's by up to four.
Computing in float64 and rounding once comes nearest to what PyTorch gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.pool import SMALLEST, fresh

FLOAT32 = np.dtype(np.float32)


def precise(function: Any) -> Any:
    """A unary or binary ufunc that computes in float64 where it is given float32."""

    def run(*arrays: Any) -> Any:
        first = arrays[0]
        single = len(arrays) == 1 and first.flags.c_contiguous
        if first.dtype == FLOAT32:
            if single:  # without an intermediate array twice the size
                return function(first, fresh(first.shape, FLOAT32), dtype=np.float64, casting="same_kind")
            return function(*arrays, dtype=np.float64).astype(np.float32)
        if single and first.nbytes >= SMALLEST:
            return function(first, fresh(first.shape, first.dtype))
        return function(*arrays)

    return run


def sqrt(a: Any) -> Any:
    """The square root; of float64 rounded twice, where Intel's library, like PyTorch, rounds up an exact half less."""
    if a.dtype == np.float64 and 0 < a.size <= SMALL:
        return np.sqrt(a.astype(np.longdouble)).astype(np.float64)
    return np.sqrt(a)


SMALL = 256
"""Up to so many elements extended precision costs nothing that anyone would see."""
