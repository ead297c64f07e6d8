"""An engine that is not on this machine; it says so without loading anything."""

from __future__ import annotations

from typing import NoReturn


def engine() -> NoReturn:
    """What PyTorch says where there is no GPU."""
    raise RuntimeError("PyTorch sees no CUDA device on this machine")
