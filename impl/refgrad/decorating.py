"""Functions that run inside a mode: what `@torch.no_grad()` makes of one."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from refgrad import binding_texts as texts

F = TypeVar("F", bound=Callable[..., Any])
Guard = Any
"""A context manager."""


def context_decorator(make_guard: Callable[[], Guard], function: F) -> F:
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
    def decorate_context(*args: Any, **kwargs: Any) -> Any:
        with make_guard():
            return function(*args, **kwargs)

    return decorate_context  # type: ignore[return-value]


def decorate_generator(make_guard: Callable[[], Guard], function: Callable[..., Any]) -> Callable[..., Any]:
    """The mode holds while the generator's own code runs, and not while it is suspended."""

    @functools.wraps(function)
    def decorate_context(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
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

    return decorate_context


def _current_exception() -> tuple[BaseException]:

    error = sys.exc_info()[1]
    assert error is not None
    return (error,)
