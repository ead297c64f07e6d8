"""Version counters: how often memory was modified in place."""

from __future__ import annotations

from refgrad import texts


class VersionCounter:
    """Counts in-place modifications; one object for a base, its views and its detached aliases."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Untracked(VersionCounter):
    """The one counter of all inference tensors: it does not count, and reading it is an error."""

    __slots__ = ()

    def __init__(self) -> None:
        """There is no value."""

    @property
    def value(self) -> int:  # type: ignore[override]
        raise RuntimeError(texts.INFERENCE_VERSION)


UNTRACKED = Untracked()
