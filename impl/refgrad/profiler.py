"""`torch.profiler`, as far as `torch.autograd.profiler` goes, and schedules of what a loop records."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from enum import Enum

from refgrad.autograd.profiler import ProfilerActivity, record_function
from refgrad.autograd.profiler import WithActivities as profile

NO_WARMUP = "Profiler won't be using warmup, this can skew profiler results"


class ProfilerAction(Enum):
    """What is done in one step of a loop."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3
    DEVICE_STOPPED = 4


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """What is done in the step of a number: rounds of waiting, warming up and recording.

    Raises AssertionError for numbers that make no round.
    """
    if not (wait >= 0 and warmup >= 0 and active > 0 and repeat >= 0 and skip_first >= 0):
        raise AssertionError(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} (need >= 0), "
            f"active={active} (need > 0), repeat={repeat} (need >= 0), skip_first={skip_first} (need >= 0)."
        )
    if not warmup:
        warnings.warn(NO_WARMUP, UserWarning, stacklevel=2)
    length = wait + warmup + active

    def of_step(step: int) -> ProfilerAction:
        if step < 0:
            raise AssertionError(f"Step must be non-negative. Got {step}.")
        at = step - skip_first + (wait if skip_first_wait else 0)
        if step < skip_first or (repeat and at // length >= repeat):
            return ProfilerAction.NONE
        place = at % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return of_step


def supported_activities() -> set[ProfilerActivity]:
    """What can be measured here."""
    return {ProfilerActivity.CPU}


__all__ = ["ProfilerAction", "ProfilerActivity", "profile", "record_function", "schedule", "supported_activities"]
