"""`torch._C._autograd`: saved tensors and their hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.backward import engine
from refgrad.raw_saved import SavedTensor
from refgrad.saved import default_hooks, save_input, save_output
from refgrad.tensor import Tensor


def _make_saved_tensor(tensor: Tensor, is_output: bool, is_inplace_on_view: bool = False) -> SavedTensor:
    """A saved tensor that belongs to no node."""
    return SavedTensor._of(save_output(tensor, is_inplace_on_view) if is_output else save_input(tensor))


def _push_saved_tensors_default_hooks(pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
    default_hooks.push((pack_hook, unpack_hook))


def _pop_saved_tensors_default_hooks() -> None:
    default_hooks.pop()


def _saved_tensors_hooks_enable() -> None:
    default_hooks.disabled = None


def _saved_tensors_hooks_disable(message: str) -> None:
    default_hooks.disable(message)


def _saved_tensors_hooks_is_enabled() -> bool:
    return default_hooks.disabled is None


def _saved_tensors_hooks_get_disabled_error_message() -> str | None:
    return default_hooks.disabled


def _get_current_graph_task_keep_graph() -> bool:
    """Whether the running backward keeps the graph; true outside of one."""
    return engine.task is None or engine.task.keep_graph
