"""A tensor as PyTorch's C++ prints it in texts of errors: numbers in columns, and its old type below."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.cpp_spelling import legacy_type

WIDTH = 80
"""Characters of a line."""


def printed(tensor: Any) -> str:
    array = np.asarray(tensor.detach()._array)
    numbers = (array.real if array.dtype.kind == "c" else array).astype(np.float64)
    moving = None if tensor._extra is None else tensor._extra.tangent
    tangent = "" if moving is None else f", tangent:\n{printed(moving.to(dtypes.float64))}"
    sizes = ",".join(map(str, array.shape))
    return f"{body(numbers)}[ {legacy_type(tensor.dtype)}{{{sizes}}}{tangent} ]"


def body(numbers: Any) -> str:
    if not numbers.size:
        return ""
    if numbers.ndim == 2:
        return matrix(numbers, 0)
    parts = []
    for place in itertools.product(*(range(n) for n in numbers.shape[:-2][::-1])):
        at = place[::-1]
        head = "".join(f"{each + 1}," for each in at)
        parts.append(f"({head}.,.) = \n{matrix(numbers[at], 1)}")
    return "\n".join(parts)


def form_of(numbers: Any) -> tuple[int, float, str]:
    """The width of a column, the common factor, and the format of a number."""
    finite = np.abs(numbers[np.isfinite(numbers)])
    low, high = (1 + math.floor(math.log10(each)) if each else 1 for each in (finite.min(), finite.max()))
    if (finite == np.ceil(finite)).all():
        return (11, 1.0, ".4e") if high > 9 else (high + 1, 1.0, "g")
    if high - low > 4:
        return 11 + (abs(high) > 99 or abs(low) > 99), 1.0, ".4e"
    if high > 5 or high < 0:
        return 7, 10.0 ** (high - 1), ".4f"
    return 7 if high == 0 else high + 6, 1.0, ".4f"


def matrix(numbers: Any, indent: int) -> str:
    width, scale, form = form_of(numbers) if np.isfinite(numbers).any() else (2, 1.0, "g")
    count = (WIDTH - indent) // (width + 1)
    columns = numbers.shape[-1]
    blank, text = " " * indent, ""
    for first in range(0, columns, count):
        last = min(first + count, columns)
        if count < columns:
            text += ("\n" if first else "") + f"Columns {first + 1} to {last}{blank}"
        if scale != 1:
            text += f"{scale:g} *\n{blank}"
        lines = [
            " ".join(format(each / scale, form).rjust(width) for each in row[first:last]) for row in numbers.tolist()
        ]
        text += ("\n" + blank + (" " if scale != 1 else "")).join(lines) + "\n"
    return text
