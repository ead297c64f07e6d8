"""The table of `torch.linalg`, its error, and its named results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.operators.declare import named_results
from refgrad.operators.names import FUNCTIONS, with_numpy_names

LINALG: dict[str, Callable[..., Any]] = {}
"""What `torch.linalg` gets from here."""


class LinAlgError(RuntimeError):
    """A matrix that has no such factorization."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"


def linalg(made: Callable[..., Any]) -> Callable[..., Any]:
    LINALG[made.__name__] = with_numpy_names(made)
    FUNCTIONS["linalg_" + made.__name__] = made
    return made


def named(name: str, fields: tuple[str, ...], results: Any) -> Any:
    return named_results(name, fields)._make(results)
