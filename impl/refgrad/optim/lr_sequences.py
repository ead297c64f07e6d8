"""Schedulers that stand on other schedulers: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from refgrad.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from refgrad.optim.optimizer import Optimizer


def start(kind: type, place: int) -> str:
    return f"{kind.__name__} at index {place}"


def check_schedulers(kind: type, schedulers: Sequence[Any], optimizer: Any) -> None:
    """Raises TypeError and ValueError for schedulers that cannot be stepped together."""
    for place, each in enumerate(schedulers):
        if not hasattr(each, "optimizer"):
            raise TypeError(f"{start(kind, place)} should have `optimizer` as its attribute.")
        if isinstance(each, ReduceLROnPlateau):
            raise ValueError(  # noqa: TRY004  # PyTorch's
                f"{kind.__name__} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to "
                f"be specified when calling `step`, but got one at index {place} in the given schedulers sequence."
            )
        if optimizer != each.optimizer:
            raise ValueError(
                f"{kind.__name__} expects all schedulers to belong to the same optimizer, but got scheduler "
                f"{type(each).__name__} at index {place} has {each.optimizer}, which is different from "
                f"{type(optimizer).__name__}."
            )


class Composed(LRScheduler):
    """A scheduler whose state is that of its schedulers."""

    _schedulers: Sequence[Any]

    def state_dict(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.__dict__.items() if name not in ("optimizer", "_schedulers")}
        return {**kept, "_schedulers": [each.state_dict() for each in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for each, held in zip(self._schedulers, state_dict["_schedulers"], strict=False):
            each.load_state_dict(held)


class SequentialLR(Composed):
    """One scheduler until a milestone, then the next."""

    def __init__(
        self, optimizer: Optimizer, schedulers: list[Any], milestones: list[int], last_epoch: int = -1
    ) -> None:
        if not schedulers:
            raise ValueError(f"{type(self).__name__} expects at least one scheduler, but got no scheduler.")
        check_schedulers(type(self), schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._schedulers, self._milestones = schedulers, milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self.recursive_undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: Any = None) -> None:
        """Take back the step that every scheduler took when it was made."""
        one = self if sched is None else sched
        if hasattr(one, "_schedulers"):
            for each in one._schedulers:
                self.recursive_undo(each)
        elif hasattr(one, "last_epoch"):
            one.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]  # PyTorch's
        self.last_epoch += 1
        number = bisect_right(self._milestones, self.last_epoch)
        current = self._schedulers[number]
        if number > 0 and self._milestones[number - 1] == self.last_epoch:
            current._update_lr(0)
        else:
            current.step()
        self._last_lr = current.get_last_lr()


class ChainedScheduler(Composed):
    """Several schedulers, all of which take each step."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            raise ValueError(
                f"{type(self).__name__} expects at least one scheduler to be chained, but got no scheduler."
            )
        optimizer = optimizer or schedulers[0].optimizer
        check_schedulers(type(self), schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer: Any = optimizer
        self._last_lr = [group["lr"] for group in schedulers[-1].optimizer.param_groups]

    def step(self) -> None:  # type: ignore[override]  # PyTorch's
        for each in self._schedulers:
            each.step()
        self._last_lr = [group["lr"] for group in self._schedulers[-1].optimizer.param_groups]
