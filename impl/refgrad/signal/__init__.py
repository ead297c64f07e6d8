"""`torch.signal`: windows of signals."""

from __future__ import annotations

from refgrad.signal import windows as windows

__all__ = ["windows"]
