"""Public functions get the guard that says what PyTorch's parser says, see `refusing.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.operators.short_guarded import short_guarded
from refgrad.signatures.passing_on import passing_on, table
from refgrad.signatures.reading import known_names
from refgrad.signatures.refusing import guarded


def public(made: Callable[..., Any], name: str, where: str = "torch") -> Callable[..., Any]:
    """The function as users see it, in a module of torch or in `torch.Tensor`.

    What PyTorch writes in Python looks at what it passes on alone.
    """
    names = known_names()
    method = where == "torch.Tensor"
    shown = "." + name if method else name
    known = name in names or (method and (shown in names or (name[-1] == "_" and name[:-1] in names)))
    if not known or shown in table():
        return passing_on(made, shown, where)
    general = guarded(made, name, where)
    short = made.__dict__.get("short")
    if short is None:
        return general
    row, inplace = short
    return short_guarded(row, general, name, inplace=inplace, method=method)


def all_public(functions: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Functions of a module of torch, by their names there; they bear the names that its parser knows them by."""
    found = dict(functions)
    for name, each in functions.items():
        if callable(each):
            found[name] = made = public(each, prefix + name, "torch." + prefix[:-1])
            if made is not each:
                made.__name__ = prefix + name
    return found
