"""Asks engines what a program does, statement by statement: what each one gave, and what changed in the tensors' state.

Reading is not neutral, so every engine runs the program twice: as it is written, for what each statement gave, and a
copy with an `observe` of every name after every statement, for what changed. All are compared with the first one.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gradconform.recorded_oracle import RecordedOracle
from gradoracle.compare import Difference, Measure, compare
from gradoracle.exactness import measure
from gradoracle.names import names_bound
from gradoracle.parse import Span
from gradoracle.program import (
    Class,
    Define,
    For,
    If,
    Observe,
    Path,
    Program,
    Statement,
    Try,
    With,
    children,
)
from gradoracle.trace import FACETS, Fact, Step, Trace
from gradoracle.worker import Worker

Key: TypeAlias = tuple[Path, int]
"""A statement and which time it ran, counted from 1."""

USUAL: Mapping[str, Fact] = {
    "requires_grad": ("bool", False),
    "is_leaf": ("bool", True),
    "retains_grad": ("bool", False),
    "grad": ("none",),
    "grad_fn": ("none",),
    "output_nr": ("int", 0),
    "version": ("int", 0),
    "is_view": ("bool", False),
}
"""What a new tensor mostly is: facets of this value are not told of a tensor seen for the first time."""

_UNBOUND: Fact = ("unbound",)
_SHOWN: tuple[str, ...] = tuple(facet for facet in FACETS if facet not in ("graph", "aliases"))


@dataclass(frozen=True, slots=True)
class Change:
    """A facet of the tensor bound to a name that is not what it was; `before` is None for a name seen the first time.

    The facet "aliases" has no name: its facts are lists of the groups of names that share memory.
    """

    name: str
    facet: str
    before: Fact | None
    after: Fact


@dataclass(frozen=True, slots=True)
class Given:
    """What one run of one statement gave on one engine; `step` is None when it left none of its own."""

    step: Step | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One engine: its id, whether it is an oracle, its environment, and what each statement gave."""

    id: str
    oracle: bool
    environment: Mapping[str, str]
    given: Mapping[Key, Given]
    ending: tuple[object, ...]
    looked_to: tuple[object, ...]
    """How the observed run ended; the state is told as far as it came."""
    lacking: tuple[str, ...] = ()
    """The facets of tensors that the engine says it lacks: nothing is told of them, and they are not compared."""


@dataclass(frozen=True, slots=True)
class Answer:
    """All sides of one program, the first being what the others are compared with.

    `differences` has, by the id of each other side and by statement, what a user could tell apart; `ends` those that
    belong to no statement (how a run ended).
    """

    program: Program
    sides: tuple[Side, ...]
    differences: Mapping[str, Mapping[Key, tuple[Difference, ...]]]
    ends: Mapping[str, tuple[Difference, ...]]

    @property
    def agree(self) -> bool:
        """Whether no side differs from the first in anything that was looked at."""
        return not any(self.differences.values()) and not any(self.ends.values())

    def keys(self, path: Path) -> list[Key]:
        """The times that a statement ran on any side, in order."""
        times = max((time for side in self.sides for where, time in side.given if where == path), default=0)
        return [(path, time) for time in range(1, times + 1)]

    def differ(self, key: Key) -> bool:
        """Whether any side differs from the first in what this run of the statement gave."""
        ran = {key in side.given for side in self.sides}
        return len(ran) > 1 or any(key in found for found in self.differences.values())


@dataclass(frozen=True, slots=True)
class _Ran:
    """One engine's two traces."""

    id: str
    oracle: bool
    environment: Mapping[str, str]
    plain: Trace
    observed: Trace


def ask(
    program: Program, oracles: Sequence[Worker | RecordedOracle], engine: Worker | None = None, name: str = ""
) -> Answer:
    """Run a program on oracles and on an engine; the first of them is what the others are compared with.

    `name` is what the engine is called, where that is not its own id.
    """
    copy, origin = observed_copy(program)
    ran = [_Ran(one.id, True, one.environment, one.run(program), one.run(copy)) for one in oracles]
    if engine is not None:
        called = name or engine.id
        unlike = called if all(one.id != called for one in ran) else f"{called} (engine)"
        ran.append(_Ran(unlike, False, engine.environment, engine.run(program), engine.run(copy)))
    how = measure(program)
    sides = tuple(_side(one, origin) for one in ran)
    differences: dict[str, dict[Key, tuple[Difference, ...]]] = {}
    ends: dict[str, tuple[Difference, ...]] = {}
    for one, side in zip(ran[1:], sides[1:], strict=True):
        differences[side.id], ends[side.id] = _compared(ran[0], one, origin, how)
    return Answer(program, sides, differences, ends)


# The copy that is looked at


def observed_copy(program: Program) -> tuple[Program, dict[Path, Path]]:
    """The program with an `observe` after every statement, and the path that each of its own statements had before.

    Each looks at every name that the statements before it can have bound; functions are left as they are.
    """
    origin: dict[Path, Path] = {}
    statements = _Copy(origin).block(program.statements, (), (), 0, 0)
    return Program(tuple(statements)), origin


class _Copy:
    def __init__(self, origin: dict[Path, Path]) -> None:
        self.origin = origin
        self.names: dict[str, None] = {}

    def block(self, body: Sequence[Statement], old: Path, new: Path, old_first: int, new_first: int) -> list[Statement]:
        made: list[Statement] = []
        for position, statement in enumerate(body, old_first):
            here = (*new, new_first + len(made))
            self.origin[here] = (*old, position)
            made.append(self.statement(statement, (*old, position), here))
            self.names.update(dict.fromkeys(sorted(names_bound(statement))))
            if self.names:
                made.append(Observe(tuple(self.names)))
        return made

    def statement(self, statement: Statement, old: Path, new: Path) -> Statement:
        match statement:
            case For():
                self.names.update(dict.fromkeys(sorted(names_bound(statement))))
                return dataclasses.replace(statement, body=tuple(self.block(statement.body, old, new, 0, 0)))
            case With():
                self.names.update({name: None for _, name in statement.managers if name})
                return dataclasses.replace(statement, body=tuple(self.block(statement.body, old, new, 0, 0)))
            case If():
                body = self.block(statement.body, old, new, 0, 0)
                orelse = self.block(statement.orelse, old, new, len(statement.body), len(body))
                return dataclasses.replace(statement, body=tuple(body), orelse=tuple(orelse))
            case Try():
                return self.guarded(statement, old, new)
            case _:
                return statement

    def guarded(self, statement: Try, old: Path, new: Path) -> Statement:
        body = self.block(statement.body, old, new, 0, 0)
        old_first, new_first = len(statement.body), len(body)
        handlers = []
        for handler in statement.handlers:
            inner = self.block(handler.body, old, new, old_first, new_first)
            old_first, new_first = old_first + len(handler.body), new_first + len(inner)
            handlers.append(dataclasses.replace(handler, body=tuple(inner)))
        final = self.block(statement.final, old, new, old_first, new_first)
        return dataclasses.replace(statement, body=tuple(body), handlers=tuple(handlers), final=tuple(final))


# What each statement gave


def _side(ran: _Ran, origin: Mapping[Path, Path]) -> Side:
    given: dict[Key, Given] = {key: Given(step) for key, step in _numbered(ran.plain)}
    for key, changes in _changes(ran.observed, origin):
        before = given.get(key, Given(None))
        given[key] = Given(before.step, before.changes + changes)
    lacking = tuple(dict.fromkeys(_lacking(ran.observed)))
    return Side(ran.id, ran.oracle, ran.environment, given, ran.plain.ending, ran.observed.ending, lacking)


def _lacking(trace: Trace) -> Iterator[str]:
    for step in trace.steps:
        if step.outcome[0] == "value" and step.outcome[1][0] == "seen":
            _, rows, groups = step.outcome[1]
            yield from (facet for _, pairs in rows for facet, fact in pairs if _is_lacking(fact))
            if _is_lacking(groups):
                yield "aliases"


def _is_lacking(fact: Fact) -> bool:
    return fact[:1] == ("lacking",)


def _numbered(trace: Trace) -> Iterator[tuple[Key, Step]]:
    times: Counter[Path] = Counter()
    for step in trace.steps:
        times[step.path] += 1
        yield (step.path, times[step.path]), step


def _changes(trace: Trace, origin: Mapping[Path, Path]) -> Iterator[tuple[Key, tuple[Change, ...]]]:
    """What each look shows that the one before did not, with the statement that was run last before it."""
    look = _Look()
    for key, step in _attributed(trace, origin):
        if step.path not in origin and step.outcome[0] == "value" and step.outcome[1][0] == "seen":
            changes = tuple(look.changes(step.outcome[1]))
            if changes:
                yield key, changes


def _attributed(trace: Trace, origin: Mapping[Path, Path]) -> Iterator[tuple[Key, Step]]:
    """The steps of an observed run, each with the statement of the program that it is or that it follows."""
    times: Counter[Path] = Counter()
    last: Key = ((), 1)
    for step in trace.steps:
        path = origin.get(step.path)
        if path is not None:
            times[path] += 1
            last = (path, times[path])
        yield last, step


class _Look:
    """What was seen of the names so far."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, Fact]] = {}
        self.groups: Fact = ()

    def changes(self, seen: Fact) -> Iterator[Change]:
        _, rows, groups = seen
        for name, pairs in rows:
            before, after = self.seen.get(name), dict(pairs)
            self.seen[name] = after
            yield from _changed(name, before, after)
        if groups != self.groups and not _is_lacking(groups):
            yield Change("", "aliases", _shared(self.groups), _shared(groups))
            self.groups = groups


def _changed(name: str, before: dict[str, Fact] | None, after: dict[str, Fact]) -> Iterator[Change]:
    if "version" not in after:
        if before is not None and "version" in before:
            yield Change(name, "value", before["value"], after["value"])
        return
    if before is None or "version" not in before:
        for facet in _SHOWN:
            if facet in after and after[facet] != USUAL.get(facet) and not _is_lacking(after[facet]):
                yield Change(name, facet, None, after[facet])
        return
    for facet in _SHOWN:
        if after.get(facet) != before.get(facet):
            yield Change(name, facet, before.get(facet, _UNBOUND), after.get(facet, _UNBOUND))


def _shared(groups: Fact) -> Fact:
    return ("list", *[("str", " = ".join(group)) for group in groups])


# What differs


def _compared(
    first: _Ran, other: _Ran, origin: Mapping[Path, Path], how: Measure
) -> tuple[dict[Key, tuple[Difference, ...]], tuple[Difference, ...]]:
    found: dict[Key, tuple[Difference, ...]] = {}
    ends: list[Difference] = []
    plain = [key for key, _ in _numbered(first.plain)]
    for difference in compare(first.plain, other.plain, how):
        if difference.step < len(plain) and difference.where != "ending":
            _add(found, plain[difference.step], difference)
        else:
            ends.append(difference)
    looks = list(_attributed(first.observed, origin))
    for difference in compare(first.observed, other.observed, how):
        if difference.step >= len(looks) or difference.where in ("ending", "number of steps", "order of steps"):
            if not found and not ends:
                ends.append(difference)
            continue
        key, step = looks[difference.step]
        if step.path not in origin:
            _add(found, key, difference)
    return found, tuple(ends)


def _add(found: dict[Key, tuple[Difference, ...]], key: Key, difference: Difference) -> None:
    found[key] = (*found.get(key, ()), difference)


# The text


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A piece of the program's text: a statement, the head of a compound one, or, without a path, `else:`."""

    number: int
    depth: int
    text: str
    path: Path | None = None


def source_lines(program: Program, spans: Mapping[Path, Span]) -> Iterator[SourceLine]:
    """The program's own text in order, cut where its statements are."""
    for position, statement in enumerate(program.statements):
        yield from _lines_of(statement, (position,), 0, spans)


def _lines_of(statement: Statement, path: Path, depth: int, spans: Mapping[Path, Span]) -> Iterator[SourceLine]:
    span = spans[path]
    inner = () if isinstance(statement, Define | Class) else children(statement)
    if not inner:
        yield SourceLine(span.first_line, depth, span.text, path)
        return
    text = span.text.splitlines()
    done = span.first_line
    for position, child in enumerate(inner):
        below = spans[(*path, position)]
        between = text[done - span.first_line : below.first_line - span.first_line]
        if position == 0:
            head = "\n".join(between) or text[0][: max(text[0].find(below.text.split("\n", 1)[0]), 0)].rstrip()
            yield SourceLine(span.first_line, depth, head, path)
        else:
            for offset, line in enumerate(between):
                if line.strip():
                    yield SourceLine(done + offset, depth, line)
        chained = position > 0 and below.text.startswith("elif")
        yield from _lines_of(child, (*path, position), depth if chained else depth + 1, spans)
        done = below.last_line + 1
