"""`torch.autograd.grad_mode`."""

from __future__ import annotations

from refgrad.modes import (
    _unsafe_preserve_version_counter,  # noqa: F401  # importable from here
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)

__all__ = [
    "enable_grad", "enforce_grad_layout_policy", "inference_mode", "no_grad", "set_grad_enabled",
    "set_multithreading_enabled",
]  # fmt: skip
