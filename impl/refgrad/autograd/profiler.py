"""`torch.autograd.profiler`: profiled programs run, and the names of blocks and operators are kept; times are not.

Operators are seen where public functions look out for subclasses (`overrides.py`): what they call themselves is not.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from enum import Enum
from typing import Any, ClassVar, Literal

from refgrad.device import check_available
from refgrad.overrides import BaseTorchFunctionMode


class ProfilerActivity(Enum):
    """What could be measured."""

    CPU = 0
    CUDA = 1


class Event:
    """A block that was named by `record_function`, or an operator."""

    thread = 1
    is_async = is_remote = is_legacy = False
    scope = 0
    stack: ClassVar[list[str]] = []
    kernels: ClassVar[list[Any]] = []
    input_shapes: ClassVar[list[Any]] = []

    def __init__(self, name: str, number: int = 0, parent: Event | None = None) -> None:
        self.name = self.key = name
        self.count = 1
        self.id = number
        self.cpu_parent = parent
        self.cpu_children: list[Event] = []
        if parent is not None:
            parent.cpu_children.append(self)

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

    def total_average(self) -> Event:
        """One event for all."""
        made = Event("Total")
        made.count = sum(each.count for each in self)
        return made

    def table(self, *arguments: Any, **options: Any) -> str:
        return "\n".join(each.name for each in self)

    def __str__(self) -> str:
        return self.table()


class Operators(BaseTorchFunctionMode):
    """Tells a profiler of the operators that run."""

    def __init__(self, profiler: profile) -> None:
        self.profiler = profiler

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "attribute" in func.__dict__:
            return super().__torch_function__(func, types, args, kwargs)
        self.profiler.begin(f"aten::{func.__name__}")
        try:
            return super().__torch_function__(func, types, args, kwargs)
        finally:
            self.profiler.end()


class profile:
    """A block whose named parts and operators are kept as `function_events`."""

    __module__ = "torch.autograd.profiler"

    def __init__(
        self, enabled: bool = True, *, use_cuda: bool = False, use_device: str | None = None,
        record_shapes: bool = False, with_flops: bool = False, profile_memory: bool = False, with_stack: bool = False,
        with_modules: bool = False, use_kineto: bool = False, use_cpu: bool = True, experimental_config: Any = None,
        acc_events: bool = False, custom_trace_id_callback: Any = None,
        post_processing_timeout_s: float | None = None, activity_filters: Any = None,
    ) -> None:  # fmt: skip
        self.enabled = enabled
        self.finished = False
        self.entered = False
        self.function_events = EventList()
        self.open: list[Event] = []

    def __enter__(self) -> Any:
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        running.profilers = (*running.profilers, self)
        self.operators = Operators(self)
        self.operators.__enter__()
        return self

    def __exit__(self, *error: Any) -> Literal[False]:
        if self.enabled:
            self.operators.__exit__(*error)
            running.profilers = tuple(each for each in running.profilers if each is not self)
            self.finished = True
        return False

    def __repr__(self) -> str:
        return list.__repr__(self.function_events) if self.finished else "<unfinished torch.autograd.profile>"

    def begin(self, name: str) -> None:
        event = Event(name, len(self.function_events) + 1, self.open[-1] if self.open else None)
        self.function_events.append(event)
        self.open.append(event)

    def end(self) -> None:
        if self.open:
            self.open.pop()

    def events(self) -> EventList:
        return self.function_events

    def key_averages(self, *arguments: Any, **options: Any) -> EventList:
        return self.function_events.key_averages()

    def table(self, *arguments: Any, **options: Any) -> str:
        return self.function_events.table()

    def total_average(self) -> Event:
        return self.function_events.total_average()

    def step(self) -> None:
        """Without effect: there is no schedule."""


class WithActivities(profile):
    """`torch.profiler.profile`, which is told what to measure."""

    __module__ = "torch.profiler.profiler"

    def __init__(
        self, *, activities: Any = None, schedule: Any = None, on_trace_ready: Any = None, record_shapes: bool = False,
        profile_memory: bool = False, with_stack: bool = False, with_flops: bool = False, with_modules: bool = False,
        experimental_config: Any = None, execution_trace_observer: Any = None, acc_events: bool = False,
        use_cuda: bool | None = None, custom_trace_id_callback: Any = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.on_trace_ready = on_trace_ready

    def __exit__(self, *error: Any) -> Literal[False]:
        super().__exit__(*error)
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)
        return False

    __repr__ = object.__repr__


type.__setattr__(WithActivities, "__qualname__", "profile")
WithActivities.__name__ = "profile"
WithActivities.__init__.__qualname__ = "profile.__init__"


def _profiler_enabled() -> bool:
    """Whether a profiler is on."""
    return bool(running.profilers)


class record_function:
    """A block with a name; also a decorator."""

    __module__ = "torch.autograd.profiler"

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> record_function:
        for each in running.profilers:
            each.begin(self.name)
        return self

    def __exit__(self, *_: object) -> None:
        for each in running.profilers:
            each.end()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def named(*arguments: Any, **options: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*arguments, **options)

        return named


class emit_nvtx:
    """A block for a profiler of CUDA, which is not there.

    Raises AssertionError where it begins.
    """

    __module__ = "torch.autograd.profiler"

    kind = "cuda"

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled
        self.record_shapes = record_shapes

    def __enter__(self) -> Any:
        if self.enabled:
            check_available(self.kind)
        return self

    def __exit__(self, *_: object) -> None:
        pass


class emit_itt(emit_nvtx):
    """A block for a profiler of Intel's; without effect."""

    __module__ = "torch.autograd.profiler"

    kind = "cpu"


__all__ = ["emit_itt", "emit_nvtx", "profile", "record_function"]
