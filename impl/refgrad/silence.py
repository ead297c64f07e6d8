"""Arithmetic without a word: PyTorch computes nan and inf in silence, where NumPy would warn.

`np.errstate` costs more than adding two numbers. NumPy 2 keeps its setting in a context variable, so running a function
inside a `contextvars.Context` that has the setting already costs next to nothing. A context cannot be entered twice (by
another thread, or by a finalizer that interrupts): then it is `np.errstate` after all.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np


def with_errstate(function: Callable[..., Any], *arguments: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*arguments)


def entered() -> Callable[..., Any]:
    """How to call a function in silence, fast; it may raise `busy` errors."""
    if int(np.__version__.partition(".")[0]) < 2:
        return with_errstate
    context = Context()
    context.run(np.seterr, all="ignore")
    return context.run


run_in_silence = entered()


def is_busy(error: RuntimeError) -> bool:
    """Whether the function was not called at all, because somebody else is inside the context."""
    return str(error).startswith("cannot enter context")


def silent(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` in silence."""

    def run(*arguments: Any) -> Any:
        try:
            return run_in_silence(function, *arguments)
        except RuntimeError as error:
            if not is_busy(error):
                raise
        return with_errstate(function, *arguments)

    return run
