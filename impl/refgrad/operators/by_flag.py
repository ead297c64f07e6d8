"""Functions that PyTorch makes of two others: a flag among the arguments says which of them is called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from refgrad.operators.sliding import put_functional


def by_flag(plain: Callable[..., Any], other: Callable[..., Any], flag: str, place: int) -> Callable[..., Any]:
    """`other` where the flag is set, which is `place` or a keyword, else `plain`: errors bear the name of that one."""

    @functools.wraps(plain)
    def run(*arguments: Any, **options: Any) -> Any:
        chosen = options[flag] if flag in options else len(arguments) > place and arguments[place]
        return other(*arguments, **options) if chosen else plain(*arguments, **options)

    return run


def put_either(name: str, plain: Callable[..., Any], with_indices: Callable[..., Any], place: int) -> None:
    """Both in `torch.nn.functional`, and the one of the public name."""
    put_functional(f"{name}_with_indices", with_indices)
    plain.__name__, plain.__qualname__, with_indices.__qualname__ = name, f"_{name}", with_indices.__name__
    put_functional(name, by_flag(plain, with_indices, "return_indices", place))
