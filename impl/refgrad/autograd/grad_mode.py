"""`torch.autograd.grad_mode`."""

from __future__ import annotations

from refgrad.flags import FlagGuard, enforce_grad_layout_policy, set_multithreading_enabled
from refgrad.levels import levels
from refgrad.modes import (
    _unsafe_preserve_version_counter,  # noqa: F401  # importable from here
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)


def is_view_replay_enabled() -> bool:
    """Whether views are taken anew by the operators that made them."""
    return levels.replaying


class _force_original_view_tracking(FlagGuard):
    """Whether a view made now is taken anew, once its history is stale, by the operators that made it.

    If not, it is taken by one `as_strided`.
    """

    __module__ = "torch.autograd.grad_mode"

    setter = "set_view_replay_enabled"

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)

    def switch(self, mode: bool) -> bool:
        before, levels.replaying = levels.replaying, mode
        levels.update()
        return before


__all__ = [
    "enable_grad", "enforce_grad_layout_policy", "inference_mode", "no_grad", "set_grad_enabled",
    "set_multithreading_enabled",
]  # fmt: skip
