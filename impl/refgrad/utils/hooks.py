"""`torch.utils.hooks`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from refgrad import hook_texts as texts
from refgrad.hooks import RemovableHandle

if TYPE_CHECKING:
    from refgrad.tensor import Tensor


def __getattr__(name: str) -> Any:
    if name == "BackwardHook":  # asked for late: it stands on all the rest
        from refgrad.nn.backward_hooks import BackwardHook

        return BackwardHook
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def unserializable_hook(f: Any) -> Any:
    """Mark a hook as one that is not to be saved, so that saving its tensor does not warn."""
    f.__torch_unserializable__ = True
    return f


def warn_if_has_hooks(tensor: Tensor) -> None:
    for hook in (tensor._backward_hooks or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(texts.hook_not_serialized(hook), stacklevel=2)


__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]
