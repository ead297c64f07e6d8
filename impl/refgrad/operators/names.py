"""The public names: which function stands behind `torch.mul` and `Tensor.mul`."""

from __future__ import annotations

import functools
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
    twin.__dict__.update(made.__dict__)
    return twin


NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}
"""What NumPy calls some parameters; PyTorch takes these names as well."""


def with_numpy_names(made: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which also takes NumPy's names of its parameters."""
    code = getattr(made, "__code__", None)
    if code is None or not {"dim", "keepdim"} & set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
        return made

    @functools.wraps(made)
    def run(*arguments: Any, **options: Any) -> Any:
        if options:
            for name, own in NUMPY_NAMES.items():
                if name in options and own not in options:
                    options[own] = options.pop(name)
        return made(*arguments, **options)

    return run


def under(made: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The same function under another name, which messages say."""
    if not isinstance(made, FunctionType) or made.__name__ == name:
        return made
    twin = FunctionType(made.__code__, made.__globals__, name, made.__defaults__, made.__closure__)
    twin.__kwdefaults__, twin.__doc__, twin.__module__ = made.__kwdefaults__, made.__doc__, made.__module__
    twin.__dict__.update(made.__dict__)
    return twin


def publish(made: Callable[..., Any], name: str, aliases: Sequence[str], where: str) -> None:
    for each in (name, *aliases):
        named = under(made, each)
        if where in ("BOTH", "FUNCTION"):
            FUNCTIONS[each] = with_numpy_names(with_input(named))
        if where in ("BOTH", "METHOD"):
            METHODS[each] = with_numpy_names(named)
