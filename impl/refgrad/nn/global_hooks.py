"""Hooks that every module has in common; they run before a module's own.

Behaviour: https://docs.pytorch.org/docs/2.13/nn.html#global-hooks-for-module, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from refgrad.hooks import RemovableHandle
from refgrad.nn import texts

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Hook]


class Common:
    """The hooks, by number."""

    def __init__(self) -> None:
        self.forward_pre: Hooks = OrderedDict()
        self.forward: Hooks = OrderedDict()
        self.forward_with_kwargs: OrderedDict[int, Any] = OrderedDict()
        self.forward_always_called: OrderedDict[int, Any] = OrderedDict()
        self.backward_pre: Hooks = OrderedDict()
        self.backward: Hooks = OrderedDict()
        self.full: bool | None = None
        """Whether those of `backward` are full hooks; `None` before there was one."""
        self.buffers: Hooks = OrderedDict()
        self.modules: Hooks = OrderedDict()
        self.parameters: Hooks = OrderedDict()

    def any_around_calls(self) -> bool:
        return bool(self.forward_pre or self.forward or self.backward_pre or self.backward)


common = Common()


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, args)` before the `forward` of every module."""
    return added(common.forward_pre, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after the `forward` of every module."""
    handle = RemovableHandle(common.forward, extra_dict=common.forward_always_called)
    common.forward[handle.id] = hook
    if with_kwargs:
        common.forward_with_kwargs[handle.id] = True
    if always_call:
        common.forward_always_called[handle.id] = True
    return handle


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_output)` for every module."""
    return added(common.backward_pre, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` for every module.

    Raises RuntimeError if there was a hook of the older kind.
    """
    return added_backward(hook, full=True)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The older kind.

    Raises RuntimeError if there was a full hook.
    """
    return added_backward(hook, full=False)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, buffer)` for every buffer that a module gets; what it returns replaces the buffer."""
    return added(common.buffers, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, submodule)` for every module that a module gets; what it returns replaces that."""
    return added(common.modules, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, parameter)` for every parameter that a module gets; what it returns replaces it."""
    return added(common.parameters, hook)


def added(hooks: Hooks, hook: Hook) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def added_backward(hook: Hook, full: bool) -> RemovableHandle:
    if common.full is (not full):
        raise RuntimeError(texts.MIXED_GLOBAL_BACKWARD_HOOKS)
    common.full = full
    return added(common.backward, hook)


def replaced(hooks: Hooks, module: Any, name: str, value: Any) -> Any:
    """What the registration hooks make of a value."""
    for hook in hooks.values():
        made = hook(module, name, value)
        value = value if made is None else made
    return value


__all__ = [  # noqa: RUF022  # in PyTorch's order
    "register_module_forward_pre_hook", "register_module_forward_hook", "register_module_full_backward_pre_hook",
    "register_module_backward_hook", "register_module_full_backward_hook", "register_module_buffer_registration_hook",
    "register_module_module_registration_hook", "register_module_parameter_registration_hook",
]  # fmt: skip
