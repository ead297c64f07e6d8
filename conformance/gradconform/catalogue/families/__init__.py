"""The families of behaviours, a module each; a module's `BEHAVIOURS` are its rows."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from gradconform.catalogue.behaviour import Behaviour


@cache
def behaviours() -> tuple[Behaviour, ...]:
    """Every behaviour, by family in the order of their names, within a family as they are written.

    Raises `ValueError` when two have the same id.
    """
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    rows: tuple[Behaviour, ...] = tuple(row for module in modules for row in module.BEHAVIOURS)
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise ValueError(f"two behaviours are called {row.id}")
        seen.add(row.id)
    return rows
