"""Flags of a thread that are set at once, or for a block: threads in backward, the layout of gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from refgrad import binding_texts
from refgrad.modes import ModeGuard, modes

F = TypeVar("F", bound=Callable[..., Any])


class FlagGuard(ModeGuard):
    """A flag that is set at once; as a context it is restored at the end."""

    flag = ""
    setter = ""
    restored_by_decorating = True

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(binding_texts.not_a_bool(self.setter, "enabled", 1, mode))
        self.prev = self.switch(mode)
        self.mode = mode

    def switch(self, mode: bool) -> bool:
        """Set the flag; what it was."""
        before: bool = getattr(modes, self.flag)
        setattr(modes, self.flag, mode)
        return before

    def __call__(self, orig_func: F) -> F:
        if self.restored_by_decorating:
            self.switch(self.prev)
        return super().__call__(orig_func)

    def __enter__(self) -> None:
        self.switch(self.mode)

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        self.switch(self.prev)
        return False

    def clone(self) -> FlagGuard:
        return type(self)(self.mode)


def is_multithreading_enabled() -> bool:
    """Whether backward may use several threads; what was set last."""
    return modes.multithreading


class set_multithreading_enabled(FlagGuard):
    """Whether backward may use several threads. Here it never does."""

    __module__ = "torch.autograd.grad_mode"

    flag = "multithreading"
    setter = "set_multithreading_enabled"
    restored_by_decorating = False

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)


class enforce_grad_layout_policy(FlagGuard):
    """Whether gradients get the layout of their leaf; if not, one of another layout is taken as it is, in silence."""

    __module__ = "torch.autograd.grad_mode"

    flag = "grad_layout"
    setter = "set_grad_layout_enforcement_enabled"

    def __init__(self, enable: bool = True) -> None:
        super().__init__(enable)
