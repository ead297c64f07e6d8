"""Grad mode: whether operators are recorded.

The mode is one flag per thread. `no_grad`, `enable_grad` and `set_grad_enabled` change it for a block, for calls of a
decorated function, or (the last) from the call on. Behaviour: "Locally disabling gradient computation"
(https://docs.pytorch.org/docs/2.13/autograd.html#locally-disabling-gradient-computation), details observed on PyTorch
2.13.0.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from typing import Any, Literal, TypeVar

from refgrad import texts

F = TypeVar("F", bound=Callable[..., Any])


class Modes(threading.local):
    """The modes of the current thread."""

    grad: bool = True


modes = Modes()


def is_grad_enabled() -> bool:
    """Whether operators are recorded in this thread."""
    return modes.grad


class ModeGuard:
    """A block in which grad mode differs; also a decorator of functions and generator functions."""

    def __init__(self) -> None:
        self.prev = False

    def enter_value(self) -> bool:
        raise AttributeError(type(self).__name__)

    def __enter__(self) -> None:
        self.prev = modes.grad
        modes.grad = self.enter_value()

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        modes.grad = self.prev
        return False

    def clone(self) -> ModeGuard:
        return type(self)()

    def __call__(self, orig_func: F) -> F:
        return decorate(self.clone, orig_func)


class NoParameters(ModeGuard):
    """A mode that may decorate without being called first: `@torch.no_grad`."""

    def __new__(cls, orig_func: Callable[..., Any] | None = None) -> Any:
        if orig_func is None:
            return super().__new__(cls)
        return cls()(orig_func)

    def __init__(self, orig_func: Callable[..., Any] | None = None) -> None:
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
            raise TypeError(texts.not_a_bool("set_grad_enabled", "enabled", 1, type(mode).__name__))
        self.prev = modes.grad
        self.mode = mode
        modes.grad = mode

    def __call__(self, orig_func: F) -> F:
        # Making the object has already switched the mode; a decorator must not leave it switched.
        modes.grad = self.prev
        return super().__call__(orig_func)

    def __enter__(self) -> None:
        modes.grad = self.mode

    def clone(self) -> set_grad_enabled:
        return type(self)(self.mode)

    def __str__(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}(mode={self.mode})"

    __repr__ = __str__


def decorate(make_guard: Callable[[], ModeGuard], function: F) -> F:
    """Run `function` inside a fresh guard at every call; a generator function, at every resumption."""
    if inspect.isclass(function):
        warnings.warn(texts.DECORATING_CLASSES, FutureWarning, stacklevel=3)

        def construct(*args: Any, **kwargs: Any) -> Any:
            with make_guard():
                return function(*args, **kwargs)

        return functools.wraps(function, updated=())(construct)  # type: ignore[return-value]
    if inspect.isgeneratorfunction(function):
        return decorate_generator(make_guard, function)  # type: ignore[return-value]

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with make_guard():
            return function(*args, **kwargs)

    return guarded  # type: ignore[return-value]


def decorate_generator(make_guard: Callable[[], ModeGuard], function: Callable[..., Any]) -> Callable[..., Any]:
    """The mode holds while the generator's own code runs, and not while it is suspended."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner = function(*args, **kwargs)
        try:
            with make_guard():
                response = inner.send(None)
            while True:
                try:
                    request = yield response
                except GeneratorExit:
                    with make_guard():
                        inner.close()
                    raise
                except BaseException:
                    with make_guard():
                        response = inner.throw(*_current_exception())
                else:
                    with make_guard():
                        response = inner.send(request)
        except StopIteration as stop:
            return stop.value

    return guarded


def _current_exception() -> tuple[BaseException]:


    error = sys.exc_info()[1]
    assert error is not None
    return (error,)
