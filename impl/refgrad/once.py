"""Warnings that PyTorch gives only once in the life of a process."""

from __future__ import annotations

import warnings

from refgrad import binding_texts as texts
from refgrad.type_names import type_name

_warned: set[str] = set()


class Always:
    """Whether they are given each time after all."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = False


_always = Always()


def warn_once(text: str, key: str) -> None:
    """Warn (UserWarning) unless this warning was given before. What `set_warn_always` let through does not count."""
    if _always.on:
        warnings.warn(text, UserWarning, stacklevel=3)
    elif key not in _warned:
        _warned.add(key)
        warnings.warn(text, UserWarning, stacklevel=3)


def once_in_python(text: str, key: str) -> None:
    """Warn (UserWarning) unless this warning was given before; `set_warn_always` does not reach those from Python."""
    if key not in _warned:
        _warned.add(key)
        warnings.warn(text, UserWarning, stacklevel=3)


def set_warn_always(b: bool, /) -> None:
    """Give warnings that come once each time, or once again.

    Raises RuntimeError for anything but a bool.
    """
    if not isinstance(b, bool):
        raise RuntimeError(texts.warn_always_no_bool(type_name(b)))  # noqa: TRY004
    _always.on = b


def is_warn_always_enabled() -> bool:
    """Whether `set_warn_always(True)` holds."""
    return _always.on
