"""The parser asked by functions that no guard stands around, once something about their arguments is unusual."""

from __future__ import annotations

from typing import Any


def parsed(name: str, *arguments: Any, method: bool = True, **options: Any) -> tuple[Any, Any]:
    """The arguments as PyTorch's parser hands them on; of a method the tensor comes first.

    Raises TypeError or ValueError with PyTorch's text for what it does not take.
    """
    from refgrad.signatures.refusing import Accepted

    accepted = Accepted(name, method=method)
    given, named = accepted.parsed(arguments, options, remember=False)
    accepted.refuse_large(arguments, options)
    return given, named
