"""`torch.autograd.profiler`: the blocks are there, so that profiled programs run; names are kept, times are not."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any


class Event:
    """A block that was named by `record_function`."""

    def __init__(self, name: str) -> None:
        self.name = self.key = name
        self.count = 1

    def __repr__(self) -> str:
        return f"<FunctionEvent name={self.name}>"


class Running(threading.local):
    """The profilers that are on in this thread."""

    profilers: tuple[profile, ...] = ()


running = Running()


class EventList(list[Event]):
    """The events in the order in which they began."""

    def key_averages(self, *arguments: Any, **options: Any) -> EventList:
        """One event for every name."""
        found: dict[str, Event] = {}
        for each in self:
            if each.key in found:
                found[each.key].count += 1
            else:
                found[each.key] = Event(each.name)
        return EventList(found.values())

    def table(self, *arguments: Any, **options: Any) -> str:
        return "\n".join(each.name for each in self)

    def __str__(self) -> str:
        return self.table()


class profile:
    """A block whose named parts are kept as `function_events`."""

    def __init__(self, enabled: bool = True, **options: Any) -> None:
        self.enabled = enabled
        self.function_events = EventList()

    def __enter__(self) -> Any:
        if not self.enabled:
            return None
        if self in running.profilers:
            raise RuntimeError("Profiler context manager is not reentrant")
        running.profilers = (*running.profilers, self)
        return self

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            running.profilers = tuple(each for each in running.profilers if each is not self)

    def events(self) -> EventList:
        return self.function_events

    def key_averages(self, *arguments: Any, **options: Any) -> EventList:
        return self.function_events.key_averages()

    def table(self, *arguments: Any, **options: Any) -> str:
        return self.function_events.table()

    def step(self) -> None:
        """Without effect: there is no schedule."""


class record_function:
    """A block with a name; also a decorator."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> record_function:
        for each in running.profilers:
            each.function_events.append(Event(self.name))
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def named(*arguments: Any, **options: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*arguments, **options)

        return named


class emit_nvtx:
    """Without effect: there is no CUDA."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass


emit_itt = emit_nvtx

__all__ = ["emit_itt", "emit_nvtx", "profile", "record_function"]
