"""`torch._C`: what autograd's users reach for there."""

from __future__ import annotations

from typing import Any

from refgrad import backward_texts as texts
from refgrad import binding_texts, library_fallback
from refgrad._C import _autograd as _autograd
from refgrad._C import _functions as _functions
from refgrad._C import _functorch as _functorch
from refgrad.autograd.execution import _EngineBase as _EngineBase
from refgrad.autograd.function import FunctionBase as _FunctionBase
from refgrad.autograd.graph import will_execute
from refgrad.backward import engine
from refgrad.levels import levels
from refgrad.modes import is_grad_enabled, modes, set_grad
from refgrad.node import Node
from refgrad.operators.dispatching import Above as _RestorePythonTLSSnapshot  # noqa: F401
from refgrad.operators.dispatching import Below as _Below
from refgrad.operators.linalg_names import LinAlgError as _LinAlgError  # noqa: F401  # noqa: F401
from refgrad.overrides import DisableTorchFunction as DisableTorchFunction
from refgrad.overrides import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from refgrad.overrides import disabled_torch_function as _disabled_torch_function_impl
from refgrad.overrides import state as _overrides
from refgrad.subclassing import DisableTorchDispatch as _DisableTorchDispatch
from refgrad.subclassing import disabled_torch_dispatch as _disabled_torch_dispatch_impl
from refgrad.tensor import Tensor as TensorBase


def _current_graph_task_id() -> int:
    """The number of the running backward; -1 outside of one."""
    return -1 if engine.task is None else engine.task.id


def _current_autograd_node() -> Node | None:
    """The node that is running."""
    return None if engine.task is None else engine.task.node


def _is_torch_function_enabled() -> bool:
    """Whether functions ask the classes of their arguments."""
    return not _overrides.disabled


def _is_torch_function_mode_enabled() -> bool:
    """Whether there is a mode that is asked."""
    return bool(_overrides.modes)


def _is_torch_function_all_disabled() -> bool:
    """Whether functions ask neither classes nor modes."""
    return _overrides.disabled and not _overrides.modes


def _len_torch_function_stack() -> int:
    return len(_overrides.modes)


def _len_torch_dispatch_stack() -> int:
    return len(levels.dispatch)


class _AutoDispatchBelowAutograd(_Below):
    """A block in which nothing is recorded, whatever grad mode says."""


def _will_engine_execute_node(node: Any) -> bool:
    """Whether the running backward runs `node`.

    Raises RuntimeError for something else than a node, and outside of backward.
    """
    if not isinstance(node, Node):
        raise RuntimeError(texts.will_execute_no_node(type(node).__name__))  # noqa: TRY004  # PyTorch's
    return will_execute(node)


def _is_grad_enabled() -> bool:
    """Whether grad mode is on."""
    return is_grad_enabled()


def _checked(function: str, enabled: Any) -> bool:
    if not isinstance(enabled, bool):
        raise TypeError(binding_texts.not_a_bool(function, "enabled", 1, enabled))
    return enabled


def _set_grad_enabled(enabled: bool) -> None:
    """Set grad mode. Raises TypeError for what is no bool."""
    set_grad(_checked("set_grad_enabled", enabled))


def _is_multithreading_enabled() -> bool:
    """Whether backward may use several threads."""
    return modes.multithreading


def _set_multithreading_enabled(enabled: bool) -> None:
    """Set whether backward may use several threads. Raises TypeError for what is no bool."""
    modes.multithreading = _checked("set_multithreading_enabled", enabled)


def _set_autograd_fallback_mode(mode: str) -> None:
    """What is done about registered operators that say nothing of their derivative: "warn" or "nothing"."""
    library_fallback.set_mode(mode)


def _get_autograd_fallback_mode() -> str:
    return library_fallback.Fallback.mode


def _is_view_replay_enabled() -> bool:
    """Whether views are taken anew by the operators that made them."""
    return levels.replaying


def _set_view_replay_enabled(enabled: bool) -> None:
    """Set whether they are. Raises TypeError for what is no bool."""
    levels.replaying = _checked("set_view_replay_enabled", enabled)
    levels.update()


def _is_grad_layout_enforcement_enabled() -> bool:
    """Whether gradients get the layout of their leaf."""
    return modes.grad_layout


def _is_fwd_grad_enabled() -> bool:
    """Whether operators hand tangents on."""
    return levels.forward and not modes.inference


def _set_fwd_grad_enabled(enabled: bool) -> None:
    """Set whether operators hand tangents on. Raises TypeError for what is no bool."""
    if not isinstance(enabled, bool):
        raise TypeError(binding_texts.enabled_not_a_bool(type(enabled).__name__))
    levels.forward = enabled


def _increment_version(tensors: Any) -> None:
    from refgrad.autograd.graph import increment_version

    increment_version(tensors)


__all__ = [
    "TensorBase",
    "_DisableTorchDispatch",
    "_FunctionBase",
    "_autograd",
    "_current_autograd_node",
    "_current_graph_task_id",
    "_disabled_torch_dispatch_impl",
    "_disabled_torch_function_impl",
    "_functions",
    "_increment_version",
    "_is_fwd_grad_enabled",
    "_is_grad_enabled",
    "_set_fwd_grad_enabled",
    "_set_grad_enabled",
    "_will_engine_execute_node",
]
