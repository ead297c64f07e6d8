"""Normal numbers out of uniform ones, in blocks of sixteen, up to the last bit of what PyTorch draws on the CPU.

For float32 PyTorch uses the polynomials of Cephes for logarithm, sine and cosine, with fused multiplications, which
are within one unit of the last place; for float64 those of the C library.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad.fused import fused, fused_single

BLOCK = 16
"""Normal numbers are made in blocks of this size where there are at least as many."""
AT_ONCE = 2**14
"""So many blocks are made in one go."""

LOGARITHM = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
LN2_LOW, LN2_HIGH = -2.12194440e-4, 0.693359375
SINE = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COSINE = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
QUARTER_PARTS = (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)
"""A quarter of pi in three parts, each exact in float32."""


def polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    first, *rest = coefficients
    found: Any = np.float32(first)
    for each in rest:
        found = fused_single(found, x, np.float32(each))
    return found


def logarithm(x: Any) -> Any:
    """Of numbers of (0, 1] in float32."""
    part, exponent = np.frexp(np.maximum(x, np.finfo(np.float32).tiny))
    low = part < np.float32(math.sqrt(0.5))
    exponent = exponent.astype(np.float32) - low
    rest = part - np.float32(1) + np.where(low, part, np.float32(0))
    square = rest * rest
    value = fused_single(polynomial(LOGARITHM, rest) * rest, square, exponent * np.float32(LN2_LOW))
    value = fused_single(-square, np.float32(0.5), value)
    return fused_single(exponent, np.float32(LN2_HIGH), rest + value)


def sine_and_cosine(x: Any) -> tuple[Any, Any]:
    """Of angles from 0 on in float32."""
    octant = ((x * np.float32(4 / math.pi)).astype(np.int32) + 1) & ~1
    for part in QUARTER_PARTS:
        x = fused_single(octant.astype(np.float32), np.float32(part), x)
    square = x * x
    cosine = fused_single(polynomial(COSINE, square) * square, square, -(square * np.float32(0.5))) + np.float32(1)
    sine = fused_single(polynomial(SINE, square) * square, x, x)
    swapped, sine_negative, cosine_negative = octant & 2, octant & 4, (octant - 2) & 4 == 0
    sine, cosine = np.where(swapped, cosine, sine), np.where(swapped, sine, cosine)
    return np.where(sine_negative, -sine, sine), np.where(cosine_negative, -cosine, cosine)


def normal_blocks(uniform: Any, mean: float, std: float, *, short: bool = False) -> Any:
    """As many normal numbers as there are uniform ones: of each block eight cosines, then eight sines.

    `short` says that they are for a type of 16 bits, for which PyTorch does without the polynomials.
    """
    kind = uniform.dtype.type
    blocks = uniform.reshape(-1, 2, BLOCK // 2)
    left, angle = kind(1) - blocks[:, 0], kind(2 * math.pi) * blocks[:, 1]
    if kind is np.float64 or short:
        exact = left.astype(np.float64)
        radius = np.sqrt(kind(-2) * np.log(exact).astype(kind))
        sine, cosine = (f(angle.astype(np.float64)).astype(kind) for f in (np.sin, np.cos))
    else:
        radius = np.sqrt(kind(-2) * logarithm(left))
        sine, cosine = sine_and_cosine(angle)
    made = np.stack([radius * cosine, radius * sine], 1).reshape(-1)
    return made + kind(mean) if std == 1 else fused(made, kind(std), kind(mean))
