"""`torch.linalg`: the functions of the operator table."""

from __future__ import annotations

from typing import Any

from refgrad.operators.linalg_names import LINALG
from refgrad.operators.linalg_names import LinAlgError as _LinAlgError
from refgrad.signatures.attaching import all_public as _all_public

globals().update(_all_public(LINALG, "linalg_"))
LinAlgError = _LinAlgError


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
