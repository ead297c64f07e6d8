"""`torch.amp`: casts to short types (`autocast_mode`), autograd functions among them, losses made larger."""

from __future__ import annotations

from refgrad.amp.autocast_mode import (
    autocast,
    clear_autocast_cache,
    get_autocast_dtype,
    is_autocast_available,
    is_autocast_cache_enabled,
    is_autocast_enabled,
    set_autocast_dtype,
)
from refgrad.amp.functions import custom_bwd, custom_fwd
from refgrad.amp.grad_scaler import GradScaler

__all__ = [
    "GradScaler",
    "autocast",
    "clear_autocast_cache",
    "custom_bwd",
    "custom_fwd",
    "get_autocast_dtype",
    "is_autocast_available",
    "is_autocast_cache_enabled",
    "is_autocast_enabled",
    "set_autocast_dtype",
]
