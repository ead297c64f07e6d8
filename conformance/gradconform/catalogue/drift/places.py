"""What a finding of drift is known by: the difference that two environments show, whichever comes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from gradoracle import program as p


class Shown(Protocol):
    """A difference, or a group of alike ones."""

    @property
    def level(self) -> str: ...

    @property
    def where(self) -> str: ...

    @property
    def expected(self) -> str: ...

    @property
    def got(self) -> str: ...


Shows: TypeAlias = Callable[[p.Program, Shown], bool]


def says(one: str, other: str) -> Shows:
    """One side's text has the first pattern and the other side's the second."""
    first, second = re.compile(one), re.compile(other)

    def shows(program: p.Program, shown: Shown) -> bool:
        sides = ((shown.expected, shown.got), (shown.got, shown.expected))
        return any(first.search(left) and second.search(right) for left, right in sides)

    return shows


def looks(level: str, text: str, where: str = "") -> Shows:
    """The difference is on a level and place, and either side's text has the pattern."""
    found, place = re.compile(text), re.compile(where)

    def shows(program: p.Program, shown: Shown) -> bool:
        told = found.search(shown.expected) or found.search(shown.got)
        return shown.level == level and bool(place.search(shown.where)) and bool(told)

    return shows


def same_but_for(pattern: str) -> Shows:
    """Both sides say the same where what has the pattern is left out."""
    left_out = re.compile(pattern)
    return lambda program, shown: left_out.sub("", shown.expected) == left_out.sub("", shown.got)


def calls(*names: str, times: int = 1) -> Shows:
    """The program calls these functions or methods so many times, all told."""

    def shows(program: p.Program, shown: Shown) -> bool:
        return sum(name in names for name in _Named.of(program)) >= times

    return shows


def both(*parts: Shows) -> Shows:
    """All of these hold."""
    return lambda program, shown: all(part(program, shown) for part in parts)


def either(*parts: Shows) -> Shows:
    """One of these holds."""
    return lambda program, shown: any(part(program, shown) for part in parts)


class _Named:
    """The names that the last program calls: a whole register asks about the same one."""

    program: p.Program | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, program: p.Program) -> tuple[str, ...]:
        if cls.program is not program:
            cls.program, cls.names = program, tuple(_names(program))
        return cls.names


def _names(program: p.Program) -> Iterator[str]:
    for statement in program.walk():
        for e in p.expressions(statement):
            match e:
                case p.Attr(_, name):
                    yield name
                case p.Global(path):
                    yield path.rpartition(".")[2]
