"""The public names: which function stands behind `torch.mul` and `Tensor.mul`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""What the package `refgrad` gets as module-level functions."""

METHODS: dict[str, Any] = {}
"""What `Tensor` gets as methods."""


def publish(made: Callable[..., Any], name: str, aliases: Sequence[str], where: str) -> None:
    for each in (name, *aliases):
        if where in ("BOTH", "FUNCTION"):
            FUNCTIONS[each] = made
        if where in ("BOTH", "METHOD"):
            METHODS[each] = made
