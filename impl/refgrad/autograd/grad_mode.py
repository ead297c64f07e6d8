"""`torch.autograd.grad_mode`."""

from __future__ import annotations

from refgrad.modes import enable_grad, no_grad, set_grad_enabled

__all__ = ["enable_grad", "no_grad", "set_grad_enabled"]
