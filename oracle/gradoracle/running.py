"""What one run of a program holds: its names, what it has written down so far, and how control leaves a block."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from gradoracle.engine import Engine
from gradoracle.normalise import normalise
from gradoracle.observing import Observer
from gradoracle.trace import Fact, Step

STEPS = 200_000
"""A run that takes more steps than this ends with ("timeout", ...): loops are bounded, their product may not be."""


class OutOfSteps(BaseException):
    """The run took more steps than it may."""


class Stopped(Exception):
    """A StopIteration on its way through the generators that blocks are."""

    def __init__(self, original: StopIteration) -> None:
        self.original = original


class Returned:
    """What a block gives when it met `return`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Run:
    """One run on one engine. Mutable."""

    __slots__ = (
        "attribute", "compiled", "emit", "engine", "events", "fact", "left", "observer", "resolve", "seen", "steps",
    )  # fmt: skip

    def __init__(
        self, engine: Engine, seen: list[warnings.WarningMessage], emit: Callable[[Step], None] | None
    ) -> None:
        self.engine = engine
        self.attribute = engine.attribute
        self.resolve = engine.resolve
        self.compiled: Callable[[Any, Scope], Any] | None = getattr(engine, "compiled", None)
        """Only an engine that compiles has it: the value of an expression at top level, or NotImplemented."""
        self.observer = Observer(engine)
        self.fact = self.observer.fact
        self.emit = emit
        self.seen = seen
        """Warnings since the last step."""
        self.events: list[Fact] = []
        """What happened since the last step."""
        self.steps: list[Step] = []
        self.left = STEPS

    def record(self, path: tuple[int, ...], outcome: Fact) -> None:
        """Write down a step, with the warnings and events that came before its end."""
        noted: tuple[tuple[str, str], ...] = ()
        if self.seen:
            noted = tuple([(warning.category.__name__, normalise(str(warning.message))) for warning in self.seen])
            self.seen.clear()
        events: tuple[Fact, ...] = ()
        if self.events:
            events = tuple(self.events)
            self.events.clear()
        step = Step(path, outcome, noted, events)
        self.steps.append(step)
        if self.emit is not None:
            self.emit(step)

    def print(self, *values: Any, sep: str = " ", end: str = "\n") -> None:
        """`print` as programs have it: what it prints is an event."""
        text = sep.join([str(value) for value in values]) + ("" if end == "\n" else end)
        self.events.append(("print", normalise(text)))


class Scope(dict[str, Any]):
    """Names bound in one function, or at top level, over those of the enclosing one."""

    __slots__ = ("outer", "run")

    outer: Scope | None
    run: Run

    def __missing__(self, name: str) -> Any:
        if self.outer is None:
            raise NameError(f"name {name!r} is not defined")
        return self.outer[name]


def scope_of(run: Run, outer: Scope | None = None) -> Scope:
    """A scope without names."""
    # Faster than an `__init__`: a scope is made for every call of a function.
    made = Scope()
    made.run = run
    made.outer = outer
    return made
