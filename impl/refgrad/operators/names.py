"""The public names: which function stands behind `torch.mul` and `Tensor.mul`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""What the package `refgrad` gets as module-level functions."""

ROWS: dict[tuple[str, str], Any] = {}
"""The declared operators by name and overload."""

METHODS: dict[str, Any] = {}
"""What `Tensor` gets as methods."""


def with_input(made: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with the parameter `self` called `input`, as PyTorch's module functions name it.

    Only the name is exchanged: a wrapper would cost every call.
    """
    code = getattr(made, "__code__", None)
    if not isinstance(made, FunctionType) or code is None or "self" in code.co_cellvars:
        return made
    count = code.co_argcount + code.co_kwonlyargcount
    if "self" not in code.co_varnames[:count] or "input" in code.co_varnames:
        return made
    names = tuple("input" if name == "self" else name for name in code.co_varnames)
    twin = FunctionType(
        code.replace(co_varnames=names), made.__globals__, made.__name__, made.__defaults__, made.__closure__
    )
    twin.__kwdefaults__, twin.__doc__, twin.__module__ = made.__kwdefaults__, made.__doc__, made.__module__
    return twin


def publish(made: Callable[..., Any], name: str, aliases: Sequence[str], where: str) -> None:
    for each in (name, *aliases):
        if where in ("BOTH", "FUNCTION"):
            FUNCTIONS[each] = with_input(made)
        if where in ("BOTH", "METHOD"):
            METHODS[each] = made
