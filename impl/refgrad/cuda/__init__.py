"""`torch.cuda` of a build without it: nothing is available, and what needs a device says so."""

from __future__ import annotations

from typing import Any

from refgrad.cuda import amp as amp
from refgrad.device import check_available


def is_available() -> bool:
    return False


def is_initialized() -> bool:
    return False


def device_count() -> int:
    return 0


def current_device() -> Any:
    """Raises AssertionError."""
    return check_available("cuda")


def synchronize(device: Any = None) -> Any:
    """Raises AssertionError."""
    return check_available("cuda")


def manual_seed(seed: int) -> None:
    """Without effect."""


def manual_seed_all(seed: int) -> None:
    """Without effect."""


def empty_cache() -> None:
    """Without effect."""
