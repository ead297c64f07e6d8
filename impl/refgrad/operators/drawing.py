"""The `generator` of functions that draw random numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from refgrad import creation


def drawing(made: Callable[..., Any]) -> Callable[..., Any]:
    """`made`, drawing from the `generator` that it is given."""

    @functools.wraps(made)
    def run(*arguments: Any, generator: Any = None, **options: Any) -> Any:
        if generator is None:
            return made(*arguments, **options)
        before, creation.random_state = creation.random_state, generator
        try:
            return made(*arguments, **options)
        finally:
            creation.random_state = before

    return run
