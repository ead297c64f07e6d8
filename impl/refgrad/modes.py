"""Grad mode, whether operators are recorded, and inference mode, in which nothing that autograd needs is kept.

The modes are flags per thread. `no_grad`, `enable_grad`, `set_grad_enabled` and `inference_mode` change them for a
block, for calls of a decorated function, or (the third) from the call on. Behaviour: "Locally disabling gradient
computation" (https://docs.pytorch.org/docs/2.13/autograd.html#locally-disabling-gradient-computation), details observed
on PyTorch 2.13.0.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from refgrad import binding_texts, graph_texts
from refgrad.decorating import context_decorator
from refgrad.versions import UNTRACKED, VersionCounter, inference

F = TypeVar("F", bound=Callable[..., Any])


class Modes(threading.local):
    """The modes of the current thread."""

    grad: bool = True
    """Whether operators are recorded. In inference mode they are not, whatever grad mode is."""
    inference: bool = False
    grad_in_inference: bool = False
    """Grad mode, while inference mode is on, or `below`."""
    below: bool = False
    """Inside of a `__torch_dispatch__` nothing is recorded either."""
    versions: VersionCounter | None = None
    """The version counter that new tensors get: one of their own when it is needed, or that of inference tensors."""
    heard: Callable[[bool], None] | None = None
    """What hears of switches by a user, in the place of `set_grad`."""
    multithreading: bool = True
    grad_layout: bool = True
    """Whether new gradients get the layout of their leaf, see accumulate.py."""


modes = Modes()


def is_grad_enabled() -> bool:
    """Whether grad mode is on in this thread."""
    return modes.grad_in_inference if modes.inference or modes.below else modes.grad


def set_grad(enabled: bool) -> None:
    """Set grad mode for this thread."""
    if modes.inference or modes.below:
        modes.grad_in_inference = enabled
    else:
        modes.grad = enabled


def switch_grad(enabled: bool) -> None:
    """Set grad mode for a user."""
    (set_grad if modes.heard is None else modes.heard)(enabled)


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on in this thread."""
    return modes.inference


class ModeGuard:
    """A block in which grad mode differs; also a decorator of functions and generator functions."""

    def __init__(self) -> None:
        self.prev = False

    def enter_value(self) -> bool:
        raise AttributeError(type(self).__name__)

    def __enter__(self) -> None:
        self.prev = is_grad_enabled()
        switch_grad(self.enter_value())

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        switch_grad(self.prev)
        return False

    def clone(self) -> ModeGuard:
        return type(self)()

    def __call__(self, orig_func: F) -> F:
        return context_decorator(self.clone, orig_func)


class NoParameters(ModeGuard):
    """A mode that may decorate without being called first: `@torch.no_grad`."""

    def __new__(cls, orig_func: Callable[..., Any] | None = None) -> Any:
        if orig_func is None:
            return super().__new__(cls)
        return cls()(orig_func)

    def __init__(self) -> None:
        super().__init__()


class no_grad(NoParameters):
    """Nothing is recorded: results do not require grad (factories with `requires_grad=True` still do)."""

    __module__ = "torch.autograd.grad_mode"

    def enter_value(self) -> bool:
        return False


class enable_grad(NoParameters):
    """Operators are recorded again inside `no_grad`."""

    __module__ = "torch.autograd.grad_mode"

    def enter_value(self) -> bool:
        return True


class set_grad_enabled(ModeGuard):
    """Set the mode at once; as a context restore it at the end.

    Raises TypeError if `mode` is no bool.
    """

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(binding_texts.not_a_bool("set_grad_enabled", "enabled", 1, mode))
        self.prev = is_grad_enabled()
        self.mode = mode
        switch_grad(mode)

    def __call__(self, orig_func: F) -> F:
        # Making the object has already switched the mode; a decorator must not leave it switched.
        switch_grad(self.prev)
        return super().__call__(orig_func)

    def __enter__(self) -> None:
        switch_grad(self.mode)

    def clone(self) -> set_grad_enabled:
        return type(self)(self.mode)

    def __str__(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}(mode={self.mode})"

    __repr__ = __str__


class quietly(ModeGuard):
    """A block with or without recording inside an operator: it is no user who switches."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.prev = is_grad_enabled()
        set_grad(self.mode)

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        set_grad(self.prev)
        return False


class inference_mode(ModeGuard):
    """Nothing is recorded, and new tensors are inference tensors: without a version, never to be saved for backward.

    Grad mode is the opposite inside, so `inference_mode(False)` is a place where everything is recorded.
    """

    __module__ = "torch.autograd.grad_mode"

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode

    def __enter__(self) -> None:
        self.before = (modes.inference, is_grad_enabled())
        self._switch(self.mode, not self.mode)

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        self._switch(*self.before)
        return False

    @staticmethod
    def _switch(on: bool, grad: bool) -> None:
        modes.inference = on
        modes.versions = UNTRACKED if on else None
        if on:
            inference.used = True
            modes.grad = False
        set_grad(grad)

    def clone(self) -> inference_mode:
        return type(self)(self.mode)


class _unsafe_preserve_version_counter(ModeGuard):
    """Modifications in the block do not count: at its end the tensors have the versions they had.

    Raises AssertionError for anything but a tensor or a tuple of them.
    """

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, tensors: Any) -> None:
        self.tensors = (tensors,) if hasattr(tensors, "_array") else tensors
        if not isinstance(self.tensors, tuple):
            raise AssertionError(graph_texts.PRESERVE_VERSIONS_TUPLE)  # noqa: TRY004  # PyTorch's
        self.versions = tuple(each._version for each in self.tensors)

    def __enter__(self) -> None:
        pass

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        for each, version in zip(self.tensors, self.versions, strict=True):
            each.shared_versions().value = version
        return False
