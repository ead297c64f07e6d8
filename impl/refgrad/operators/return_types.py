"""`torch.return_types`: the tuples with names that operators with several results return."""

from __future__ import annotations

from typing import Any

from refgrad.operators.declare import RESULTS


def __getattr__(name: str) -> Any:
    if name in RESULTS:
        return RESULTS[name]
    raise AttributeError(f"module 'torch.return_types' has no attribute '{name}'")
