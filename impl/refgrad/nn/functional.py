"""`torch.nn.functional`: the activation functions and losses of the operator table."""

from __future__ import annotations

from typing import Any

import refgrad.operators.losses  # noqa: F401  # they join the table below
from refgrad.operators.activations import FUNCTIONAL
from refgrad.operators.random import dropout as _dropout

globals().update(FUNCTIONAL)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Elements replaced by zero with probability `p`, the others scaled up, while training."""
    made = _dropout(input, p, training)
    return input.copy_(made) if inplace and made is not input else made


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
