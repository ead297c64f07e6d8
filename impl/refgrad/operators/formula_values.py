"""Values that formulas of gradients are made of: zeros, constants, conjugates of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import memory
from refgrad.creation import filled_below
from refgrad.levels import levels
from refgrad.tensor import Tensor


def zeros_like(tensor: Any) -> Any:
    """Zeros of the shape, type and layout of `tensor`, without history."""
    if levels.asks(tensor):
        return like_told("zeros_like", tensor)
    array = tensor._array
    made = memory.empty_like(array, array.dtype)
    made.fill(0)
    return filled_below(Tensor._of(made), tensor)


def constant(like: Any, number: Any) -> Any:
    """A 0-dim tensor of the type of `like`."""
    return Tensor._of(np.asarray(number, dtype=like._array.dtype))


def written(tensor: Any, times: int = 1) -> Any:
    """`tensor`, which PyTorch's formula writes in place so often after making it: its version tells."""
    for _ in range(times):
        tensor.bump_version()
    return tensor


def conjugate(number: Any) -> Any:
    return number.conjugate() if isinstance(number, complex) else number


def zeros_number(like: Any, zero: float = 0) -> Any:
    """A 0-dim zero that PyTorch's formula makes of the number `zero`, which a mode is told."""
    return number_told(zero, like) if levels.dispatch else constant(like, 0)


def number_told(number: Any, like: Any) -> Any:
    from refgrad.operators.dispatching import made_for_formula, options_of

    return made_for_formula("scalar_tensor", (number,), options_of(like.dtype))


def like_told(name: str, tensor: Any, memory_format: str = "", **options: Any) -> Any:
    """`zeros_like` or `empty_like` where somebody is asked."""
    from refgrad.operators.dispatching import made_for_formula

    if memory_format:
        options["memory_format"] = memory.MemoryFormat(memory_format)
    return made_for_formula(name, (tensor,), options)
