"""float16 out of float64: by way of float32, and so rounded twice. PyTorch has no shorter way (2.13.0, on the CPU)."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.silence import silent

HALF, DOUBLE = np.dtype(np.float16), np.dtype(np.float64)
to_float32: Any = silent(lambda array: array.astype(np.float32))


def on_the_way(array: Any, kind: Any) -> Any:
    """What an array is before it becomes one of another type."""
    return to_float32(array) if array.dtype is DOUBLE and kind == HALF else array


def element(kind: np.dtype[Any], value: float) -> Any:
    """A number as an element of a type."""
    return kind.type(short_number(value) if kind == HALF else value)


def short_number(value: float) -> float:
    """A number as float32 has it, which is what float16 is made of."""
    return float(to_float32(np.float64(value)))
