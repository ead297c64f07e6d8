"""`torch.linalg`: the functions of the operator table."""

from __future__ import annotations

from typing import Any

from refgrad.operators.linalg import LINALG
from refgrad.operators.linalg import LinAlgError as _LinAlgError

globals().update(LINALG)
LinAlgError = _LinAlgError


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
