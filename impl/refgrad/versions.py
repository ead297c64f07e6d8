"""Version counters: how often memory was modified in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from refgrad import tensor_texts as texts

if TYPE_CHECKING:
    from collections.abc import Iterable


class VersionCounter:
    """Counts in-place modifications; one object for a base, its views and its detached aliases."""

    __slots__ = ("value",)

    inference: ClassVar[bool] = False
    """Whether the tensors that have this counter are inference tensors."""

    def __init__(self) -> None:
        self.value = 0


class Untracked(VersionCounter):
    """The one counter of all tensors made in inference mode: it does not count, and reading it is an error."""

    __slots__ = ()

    inference = True

    def __init__(self) -> None:
        """There is no value."""

    @property
    def value(self) -> int:  # type: ignore[override]
        raise RuntimeError(texts.INFERENCE_VERSION)


class Detached(VersionCounter):
    """The counter of an alias that `detach()` or `data` made of an inference tensor outside of inference mode.

    Observed on PyTorch 2.13.0: the alias is an inference tensor too, and nevertheless counts and can be written.
    """

    __slots__ = ()

    inference = True


UNTRACKED = Untracked()


class Inference:
    """What the process has seen of inference mode. Until it has, nothing has to be looked for (a plain flag is read
    several times faster than one of the thread)."""

    __slots__ = ("leaves", "used")

    def __init__(self) -> None:
        self.used = False
        """Whether the mode was ever on, in any thread."""
        self.leaves = False
        """Whether an inference tensor was ever made to require grad, or got a history by a write."""


inference = Inference()


def only_inference(tensors: Iterable[Any]) -> bool:
    """Whether all tensors are inference tensors, and none a number: then autograd never sees the operator.

    Observed on PyTorch 2.13.0: even if one of them requires grad, the result does not.
    """
    for each in tensors:
        versions = getattr(each, "_versions", None)
        if each is not None and (versions is None or not versions.inference):
            return False
    return True
