"""Warnings that are given once in a process, given each time: or what ran earlier decides which are seen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def warned_always(*libraries: Any) -> Iterator[None]:
    """What is let through in here does not count as given, in neither library."""
    before = [library.is_warn_always_enabled() for library in libraries]
    for library in libraries:
        library.set_warn_always(True)
    try:
        yield
    finally:
        for library, was in zip(libraries, before, strict=True):
            library.set_warn_always(was)
