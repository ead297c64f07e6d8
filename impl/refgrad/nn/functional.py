"""`torch.nn.functional`: the activation functions and losses of the operator table."""

from __future__ import annotations

from typing import Any

import refgrad.operators.losses  # noqa: F401  # they join the table below
from refgrad.operators.activations import FUNCTIONAL

globals().update(FUNCTIONAL)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
