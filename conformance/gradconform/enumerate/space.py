"""The tree of all programs up to a number of steps, in order of text: a program comes right before its continuations.

Numbers stand for programs, so that a range of numbers is a unit of work and the last number says how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from gradconform.enumerate.vocabulary import LEAF, NAMES, Step, steps
from gradoracle.parse import parse_program
from gradoracle.program import Program

LONGEST = 12
"""More steps than anyone will enumerate."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A program of the space: its steps after the leaf, and how many tensors it binds."""

    steps: tuple[Step, ...]
    bound: int

    @property
    def last(self) -> str:
        """What kind of step the last one is."""
        return " ".join(self.steps[-1].move.text.split()) if self.steps else LEAF

    def program(self) -> Program:
        """The program: the leaf, the steps, and one look at everything when they are done."""
        names = ", ".join(NAMES[: self.bound])
        return parse_program("\n".join((LEAF, *(step.text for step in self.steps), f"observe({names})")))


_choices = cache(steps)


@cache
def size(left: int, bound: int = 1) -> int:
    """How many programs there are from here: with `bound` tensors bound, and at most `left` steps to come."""
    if left == 0:
        return 1
    return 1 + sum(size(left - 1, bound + step.binds) for step in _choices(bound))


def listed(longest: int, first: int, stop: int) -> Iterator[Listed]:
    """The programs with the numbers `first` up to but without `stop`, of those with at most `longest` steps."""
    yield from _below(longest, 1, [], first, stop)


def _below(left: int, bound: int, path: list[Step], first: int, stop: int) -> Iterator[Listed]:
    """Those of the subtree after `path`; numbers count from the root of the subtree."""
    if first <= 0 < stop:
        yield Listed(tuple(path), bound)
    if left == 0:
        return
    at = 1
    for step in _choices(bound):
        if at >= stop:
            return
        after = at + size(left - 1, bound + step.binds)
        if after > first:
            path.append(step)
            yield from _below(left - 1, bound + step.binds, path, first - at, stop - at)
            path.pop()
        at = after
