"""`torch.Stream` and `torch.Event` on the CPU, where everything is done by the time that it is asked for."""

from __future__ import annotations

from typing import Any

from refgrad import binding_texts
from refgrad.device import CPU, Device


def of_cpu(device: Any) -> Device:
    """Raise RuntimeError for a device that this machine has no support for."""
    found = CPU if device is None else Device(device)
    if found.type not in ("cpu", "meta"):
        raise RuntimeError(binding_texts.no_device_support(found.type))
    return Device(found.type)


class Stream:
    """A queue of work."""

    __module__ = "torch"

    stream_id = 0
    device_index = -1

    def __init__(self, device: Any = None, *, priority: int = 0) -> None:
        self.device = of_cpu(device)

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        """Wait for nothing."""

    def is_capturing(self) -> bool:
        return False

    def wait_event(self, event: Any) -> None:
        """Wait for nothing."""

    def wait_stream(self, stream: Any) -> None:
        """Raise RuntimeError: it would be done by an event."""
        raise RuntimeError(binding_texts.no_events(self.device.type))

    def record_event(self, event: Any = None) -> Any:
        """Raise RuntimeError."""
        raise RuntimeError(binding_texts.no_events(self.device.type))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.device == other.device

    def __hash__(self) -> int:
        return hash(self.device)

    def __repr__(self) -> str:
        return f"torch.Stream device_type={self.device.type}, device_index=-1, stream_id=0"


class Event:
    """A mark in a queue."""

    __module__ = "torch"

    event_id = 0

    def __init__(
        self, device: Any = None, *, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        self.device = of_cpu(device)

    def record(self, stream: Any = None) -> None:
        """Raise RuntimeError: there are no queues to mark."""
        raise RuntimeError(binding_texts.no_events(self.device.type))

    def query(self) -> bool:
        return True

    def wait(self, stream: Any = None) -> None:
        """Wait for nothing."""

    def synchronize(self) -> None:
        """Wait for nothing."""

    def elapsed_time(self, other: Event) -> float:
        """Raise ValueError: neither was ever recorded."""
        raise ValueError(binding_texts.EVENTS_UNRECORDED)

    def __repr__(self) -> str:
        return f"torch.Event device_type={self.device.type}, device_index=-1, event_flag=0, event_id=0"
