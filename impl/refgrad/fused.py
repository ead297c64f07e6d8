"""Products and sums that are rounded once, as the processor does it where PyTorch's compiler lets it.

In double precision a product is split into two numbers without loss (Dekker).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def fused(a: Any, b: Any, c: Any) -> Any:
    """`a * b + c`, rounded once."""
    if np.result_type(a, b, c) == np.float64:
        return fused_double(np.float64(a), np.float64(b), np.float64(c))
    return fused_single(a, b, c)


def fused_single(a: Any, b: Any, c: Any) -> Any:
    """The same in single precision, of which double precision holds every product."""
    return np.add(np.multiply(a, b, dtype=np.float64), c).astype(np.float32)


def halves(a: Any) -> tuple[Any, Any]:
    """Two numbers of 26 bits whose sum is `a`."""
    scaled = a * 134217729.0
    high = scaled - (scaled - a)
    return high, a - high


def fused_double(a: Any, b: Any, c: Any) -> Any:
    product = a * b
    (a_high, a_low), (b_high, b_low) = halves(a), halves(b)
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    shifted = total - product
    return total + (((product - (total - shifted)) + (c - shifted)) + lost)
