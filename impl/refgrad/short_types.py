"""What holds of automatic casts in the current thread; the casts themselves stand in `refgrad.amp`."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from refgrad import dtypes


class State(threading.local):
    """The block that holds."""

    kind: dtypes.dtype | None = None
    """The short type; `None` outside all blocks."""
    depth = 0
    cache: dict[int, tuple[Any, Any]] = {}  # noqa: RUF012  # exchanged, never changed
    usual: dtypes.dtype | None = dtypes.bfloat16


state = State()


class As:
    """A block in which casts are as they were."""

    __slots__ = ("before", "kind")

    def __init__(self, kind: dtypes.dtype | None) -> None:
        self.kind = kind

    def __enter__(self) -> None:
        self.before, state.kind = state.kind, self.kind

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        state.kind = self.before
        if not state.depth:
            state.cache = {}
