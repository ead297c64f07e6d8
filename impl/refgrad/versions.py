"""Version counters: how often memory was modified in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from refgrad import texts

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


class Leaves:
    """Whether an inference tensor was ever made to require grad: until then nothing has to look for one."""

    __slots__ = ("exist",)

    def __init__(self) -> None:
        self.exist = False


inference_leaves = Leaves()


def only_inference(tensors: Iterable[Any]) -> bool:
    """Whether all tensors are inference tensors, and none a number: then autograd never sees the operator.

    Observed on PyTorch 2.13.0: even if one of them requires grad, the result does not.
    """
    for each in tensors:
        versions = getattr(each, "_versions", None)
        if each is not None and (versions is None or not versions.inference):
            return False
    return True
