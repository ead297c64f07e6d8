"""`torch.special`: the functions of the operator table."""

from __future__ import annotations

from typing import Any

from refgrad.operators.special import SPECIAL
from refgrad.signatures.attaching import all_public as _all_public

globals().update(_all_public(SPECIAL, "special_"))


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
