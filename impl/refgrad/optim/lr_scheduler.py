"""`torch.optim.lr_scheduler`: learning rates that change from step to step.

A scheduler says of one group how its next rate comes from the last, which is how PyTorch computes it: rounding adds up
the same way. Behaviour: https://docs.pytorch.org/docs/2.13/optim.html#how-to-adjust-learning-rate, details observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from refgrad.optim.optimizer import Optimizer

TOO_EARLY = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
    "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
    "PyTorch skipping the first value of the learning rate schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
EPOCH_GIVEN = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)

ASKED_OUTSIDE = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."


def not_resumable(place: int) -> str:
    return (
        f"param 'initial_lr' is not specified in param_groups[{place}] when resuming scheduler with last_epoch >= 0.\n"
        "This typically happens when:\n1. You're trying to resume training from a checkpoint but haven't properly "
        "loaded the optimizer state\n2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
    )


class LRScheduler:
    """Sets the rates of an optimizer's groups, at once and at every `step()`. Subclasses define `get_lr` or `rate`."""

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for place, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(not_resumable(place))
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def rate(self, last: float, base: float) -> float:
        """The rate at `last_epoch`, from the one before and the first."""
        raise NotImplementedError

    def closed(self, base: float) -> float | None:
        """The same from the first alone; `None` if nobody knows."""
        return None

    def get_lr(self) -> list[float]:
        self.warn_outside_of_step()
        groups = self.optimizer.param_groups
        return [self.rate(group["lr"], base) for group, base in zip(groups, self.base_lrs, strict=True)]

    def warn_outside_of_step(self) -> None:
        """Warn (UserWarning) whoever wants to know the rate but asks for the next one."""
        if not self._get_lr_called_within_step:
            warnings.warn(ASKED_OUTSIDE, UserWarning, stacklevel=3)

    def get_last_lr(self) -> list[float]:
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on by one epoch, or to another, which is deprecated (UserWarning)."""
        if self._step_count == 1 and not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(TOO_EARLY, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_GIVEN, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            rates: list[Any] = [None if epoch is None else self.closed(base) for base in self.base_lrs]
            if None in rates:
                rates = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self.set_rates(rates)

    def set_rates(self, rates: list[Any]) -> None:
        for group, each in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = each
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)


class WithFunctions(LRScheduler):
    """A scheduler that calls a function of the epoch, one for each group or one for all."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        count = len(optimizer.param_groups)
        if isinstance(lr_lambda, (list, tuple)) and len(lr_lambda) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * count
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All but functions; of objects that are called, what they hold."""
        kept = {name: value for name, value in self.__dict__.items() if name not in ("optimizer", "lr_lambdas")}
        held = [None if isinstance(each, FUNCTION) else dict(each.__dict__) for each in self.lr_lambdas]
        return {**kept, "lr_lambdas": held}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, held in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if held is not None:
                function.__dict__.update(held)


FUNCTION = type(lambda: None)


class LambdaLR(WithFunctions):
    """The first rate times a function of the epoch."""

    def get_lr(self) -> list[float]:
        self.warn_outside_of_step()
        return [base * each(self.last_epoch) for each, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(WithFunctions):
    """The last rate times a function of the epoch."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        for each in lr_lambda if isinstance(lr_lambda, (list, tuple)) else (lr_lambda,):
            if not callable(each):
                raise TypeError(f"lr_lambda should be a function, but got {type(each).__name__}")
        super().__init__(optimizer, lr_lambda, last_epoch)

    def get_lr(self) -> list[float]:
        self.warn_outside_of_step()
        groups = self.optimizer.param_groups
        if self._is_initial:
            return [group["lr"] for group in groups]
        return [group["lr"] * each(self.last_epoch) for each, group in zip(self.lr_lambdas, groups, strict=True)]


class StepLR(LRScheduler):
    """Times `gamma` every `step_size` epochs."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, last: float, base: float) -> float:
        return last * self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else last

    def closed(self, base: float) -> float | None:
        return base * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """Times `gamma` at given epochs."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, last: float, base: float) -> float:
        times = self.milestones.get(self.last_epoch, 0)
        return last * self.gamma**times if times else last

    def closed(self, base: float) -> float | None:
        return base * self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)


class ConstantLR(LRScheduler):
    """A part of the rate for the first epochs."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1.0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, last: float, base: float) -> float:
        if self.last_epoch == 0:
            return last * self.factor
        return last * (1.0 / self.factor) if self.last_epoch == self.total_iters else last

    def closed(self, base: float) -> float | None:
        return base * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor))


class LinearLR(LRScheduler):
    """From one part of the rate to another, evenly."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < start_factor <= 1.0:
            raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        if not 0 <= end_factor <= 1.0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, last: float, base: float) -> float:
        if self.last_epoch == 0:
            return last * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return last
        climb = self.end_factor - self.start_factor
        return last * (1.0 + climb / (self.total_iters * self.start_factor + (self.last_epoch - 1) * climb))

    def closed(self, base: float) -> float | None:
        climb = self.end_factor - self.start_factor
        return base * (self.start_factor + climb * min(self.total_iters, self.last_epoch) / self.total_iters)


class ExponentialLR(LRScheduler):
    """Times `gamma` at every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, last: float, base: float) -> float:
        return last if self._is_initial else last * self.gamma

    def closed(self, base: float) -> float | None:
        return base * self.gamma**self.last_epoch


class CosineAnnealingLR(LRScheduler):
    """Down to `eta_min` and up again along a cosine, in `T_max` epochs each."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def cosine(self, epoch: int) -> float:
        return 1 + math.cos(math.pi * epoch / self.T_max)

    def rate(self, last: float, base: float) -> float:
        if self._is_initial:
            return last
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            return last + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        part = self.cosine(self.last_epoch) / self.cosine(self.last_epoch - 1)
        return part * (last - self.eta_min) + self.eta_min

    def closed(self, base: float) -> float | None:
        return self.eta_min + (base - self.eta_min) * self.cosine(self.last_epoch) / 2


class PolynomialLR(LRScheduler):
    """Down to nothing along a power of what is left."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def rate(self, last: float, base: float) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return last
        now, before = (1.0 - epoch / self.total_iters for epoch in (self.last_epoch, self.last_epoch - 1))
        return float(last * (now / before) ** self.power)

    def closed(self, base: float) -> float | None:
        return float(base * (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power)


class ReduceLROnPlateau(LRScheduler):
    """Times `factor` when a number has not got better for more than `patience` epochs."""

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0, min_lr: Any = 0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        if mode not in ("min", "max"):
            raise ValueError("mode " + mode + " is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError("threshold mode " + threshold_mode + " is unknown!")
        count = len(optimizer.param_groups)
        if isinstance(min_lr, (list, tuple)) and len(min_lr) != count:
            raise ValueError(f"expected {count} min_lrs, got {len(min_lr)}")
        self.factor, self.optimizer, self.patience, self.cooldown, self.eps = factor, optimizer, patience, cooldown, eps
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * count
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.best = self.mode_worse = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0

    def check_groups(self) -> None:
        """Raises RuntimeError for new groups if each has a least rate of its own."""
        count, known = len(self.optimizer.param_groups), len(self.min_lrs)
        if count == known:
            return
        if self.default_min_lr is None:
            raise RuntimeError(
                f"The number of param groups in the `optimizer` ({count}) differs from when `ReduceLROnPlateau` was "
                f"initialized ({known}), usually due to a new param group being added to the optimizer. Please modify "
                "the `min_lrs` field to match the length of the `optimizer` param groups."
            )
        self.min_lrs = [self.default_min_lr] * count

    @property
    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def is_better(self, a: float, best: float) -> bool:
        """Whether `a` is better than `best` by more than the threshold."""
        sign = -1 if self.mode == "min" else 1
        limit = best * (1.0 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        return a < limit if self.mode == "min" else a > limit

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]  # PyTorch's
        """Tell the number of an epoch."""
        value = float(metrics)
        if epoch is not None:
            warnings.warn(EPOCH_GIVEN, UserWarning, stacklevel=2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.check_groups()
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                reduced = max(group["lr"] * self.factor, least)
                if group["lr"] - reduced > self.eps:
                    group["lr"] = reduced
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]


from refgrad.optim.lr_cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR  # noqa: E402  # they stand on the above
from refgrad.optim.lr_sequences import ChainedScheduler, SequentialLR  # noqa: E402

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR",
    "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip
