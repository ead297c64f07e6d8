"""Warnings that PyTorch gives only once in the life of a process."""

from __future__ import annotations

import warnings

_warned: set[str] = set()


def warn_once(text: str, key: str) -> None:
    """Warn (UserWarning) unless this warning was given before."""
    if key not in _warned:
        _warned.add(key)
        warnings.warn(text, UserWarning, stacklevel=3)
