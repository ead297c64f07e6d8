"""Public functions get the guard that says what PyTorch's parser says, see `refusing.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.operators.short_guarded import short_guarded
from refgrad.signatures.reading import known_names
from refgrad.signatures.refusing import guarded


def public(made: Callable[..., Any], name: str, *, method: bool = False) -> Callable[..., Any]:
    """The function as users see it; what PyTorch writes in Python is left alone."""
    names = known_names()
    if name not in names and not (method and ("." + name in names or (name[-1] == "_" and name[:-1] in names))):
        return made
    general = guarded(made, name, method=method)
    short = made.__dict__.get("short")
    if short is None:
        return general
    row, inplace = short
    return short_guarded(row, general, name, inplace=inplace, method=method)


def all_public(functions: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Functions of a module of torch, by their names there."""
    return {name: public(each, prefix + name) if callable(each) else each for name, each in functions.items()}
