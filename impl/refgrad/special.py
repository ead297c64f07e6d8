"""`torch.special`: the functions of the operator table."""

from __future__ import annotations

from typing import Any

from refgrad.operators.special import SPECIAL

globals().update(SPECIAL)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
