"""`torch.profiler`, as far as `torch.autograd.profiler` goes."""

from __future__ import annotations

from enum import Enum

from refgrad.autograd.profiler import profile, record_function


class ProfilerActivity(Enum):
    """What could be measured."""

    CPU = 0
    CUDA = 1


__all__ = ["ProfilerActivity", "profile", "record_function"]
