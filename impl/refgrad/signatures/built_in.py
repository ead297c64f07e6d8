"""The built-in functions that PyTorch's Python functions hand over to.

Their lines of the table begin with `_nn_`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.signatures.refusing import guarded


def built_in(made: Callable[..., Any], name: str) -> Callable[..., Any]:
    """`made`, which says what PyTorch's parser says of arguments that a function written in Python hands on."""
    return guarded(made, "_nn_" + name, "torch._nn")
