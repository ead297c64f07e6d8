"""Prints what engines made of a program: line by line as text, or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from gradconform.asking import Answer, Change, Given, Key, Side, SourceLine, source_lines
from gradconform.by_version import Elsewhere, by_version
from gradconform.commands.common import plain
from gradoracle.compare import Difference, show, show_outcome
from gradoracle.parse import Span
from gradoracle.program import Assign, Call, Evaluate, Observe, Path, Program, Statement, children
from gradoracle.trace import Fact, Step, to_json

MOST_TIMES = 20
"""Runs of one statement in a loop that are printed; where sides differ, all are."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a statement gave, for people: `style` is a rich style."""

    text: str
    style: str = ""


# Text


def print_answer(out: Console, answer: Answer, spans: Mapping[Path, Span]) -> None:
    """Print each line of the program with what it gave, differences marked, and how the runs ended."""
    width = len(str(max((span.last_line for span in spans.values()), default=1)))
    for line in source_lines(answer.program, spans):
        _print_line(out, line, width)
        if line.path is not None:
            _print_times(out, answer, line.path, " " * (width + 4 + 4 * line.depth))
    _print_ends(out, answer)


def _print_line(out: Console, line: SourceLine, width: int) -> None:
    for offset, text in enumerate(line.text.splitlines()):
        number = str(line.number + offset).rjust(width)
        out.print(Text.assemble((f"{number}  ", "dim"), "    " * line.depth, (plain(text), "bold")))


def _print_times(out: Console, answer: Answer, path: Path, margin: str) -> None:
    keys = answer.keys(path)
    for position, key in enumerate(keys):
        differ = answer.differ(key)
        if position >= MOST_TIMES and not differ:
            if position == MOST_TIMES:
                out.print(f"{margin}... {len(keys) - MOST_TIMES} more times", style="dim")
            continue
        if len(keys) > 1:
            out.print(f"{margin}time {key[1]}:", style="dim")
        if differ:
            _print_differing(out, answer, key, margin)
        else:
            for item in items(answer.program, key, answer.sides[0].given.get(key)):
                _print_item(out, margin, item)


def _print_differing(out: Console, answer: Answer, key: Key, margin: str) -> None:
    told = [list(items(answer.program, key, side.given.get(key))) for side in answer.sides]
    common = [item for item in told[0] if all(item in other for other in told[1:])]
    for item in common:
        _print_item(out, margin, item)
    alike = True
    label = max(len(side.id) for side in answer.sides)
    for side, own in zip(answer.sides, told, strict=True):
        rest = [item for item in own if item not in common]
        alike = alike and not rest
        for item in rest or ([Item("nothing more", "dim")] if not alike or _any_more(told, common) else []):
            alike = False
            for line in item.text.split("\n"):
                out.print(Text.assemble(margin, ("!= ", "bold red"), (side.id.ljust(label), "red"), "  ", line))
    if alike:
        first = answer.sides[0].id
        for name, found in answer.differences.items():
            for one in found.get(key, ()):
                out.print(Text.assemble(margin, ("!= ", "bold red"), _told(one, first, name)))


def _any_more(told: Sequence[list[Item]], common: list[Item]) -> bool:
    return any(item not in common for own in told for item in own)


def _print_item(out: Console, margin: str, item: Item) -> None:
    for line in item.text.split("\n"):
        out.print(Text.assemble(margin, (line, item.style)))


def _told(one: Difference, first: str, other: str) -> str:
    return f"{plain(one.where)}: {first} {plain(one.expected)}; {other} {plain(one.got)}"


def _print_ends(out: Console, answer: Answer) -> None:
    for side in answer.sides:
        if side.ending[0] != "finished":
            out.print(f"{side.id} did not finish: {plain(_ending(side.ending))}", style="red")
        elif side.looked_to[0] != "finished":
            ending = plain(_ending(side.looked_to))
            out.print(f"{side.id}: the run that looks at the state did not finish: {ending}", style="yellow")
    for name, found in answer.ends.items():
        for one in found:
            out.print(f"!= {_told(one, answer.sides[0].id, name)}", style="red")


def _ending(ending: Sequence[object]) -> str:
    return ": ".join(str(part) for part in ending)


# What one run of one statement gave


def items(program: Program, key: Key, given: Given | None) -> Iterator[Item]:
    """What a statement gave on one side: events and warnings, then its value or error, then what changed."""
    if given is None:
        yield Item("not run", "dim")
        return
    step = given.step
    if step is not None:
        for event in step.events:
            yield _event(event)
        for kind, text in step.warnings:
            yield Item(f"{kind}: {plain(text)}", "yellow")
        if step.outcome[0] == "error":
            yield Item(plain(show_outcome(step.outcome)), "red")
        elif _tells(_statement(program, key[0]), step):
            yield Item(f"-> {plain(show_outcome(step.outcome))}", "green")
    yield from _changes(given.changes, step)


def _statement(program: Program, path: Path) -> Statement:
    found = program.statements[path[0]]
    for position in path[1:]:
        found = children(found)[position]
    return found


def _tells(statement: Statement, step: Step) -> bool:
    """Whether the value of a statement is something to show: not the None of a call, nor of what has no value."""
    value = step.outcome[1]
    if isinstance(statement, Evaluate):
        return not (value == ("none",) and isinstance(statement.value, Call))
    return isinstance(statement, Assign | Observe)


def _event(event: Fact) -> Item:
    match event[0]:
        case "print":
            return Item(plain(event[1]))
        case "call":
            return Item(f"{event[1]} is called with {', '.join(plain(show(fact)) for fact in event[2]) or 'nothing'}")
        case "return":
            return Item(f"{event[1]} returns {plain(show(event[2]))}")
        case _:
            return Item(f"{event[1]} raises {event[2]}: {plain(event[3])}", "red")


def _changes(changes: Iterable[Change], step: Step | None) -> Iterator[Item]:
    new: dict[str, list[Change]] = {}
    for change in changes:
        if change.before is None:
            new.setdefault(change.name, []).append(change)
    for name, facets in new.items():
        yield Item(_new(name, facets, step), "cyan")
    for change in changes:
        if change.before is not None:
            yield Item(_changed(change), "cyan")


def _new(name: str, facets: Sequence[Change], step: Step | None) -> str:
    value = next((one.after for one in facets if one.facet == "value"), None)
    known = step is not None and step.outcome[0] == "value" and step.outcome[1] == value
    parts = [f"{one.facet} {plain(show(one.after))}" for one in facets if one.facet != "value"]
    shown = ", ".join(parts) or "a leaf that does not require grad"
    return f"{name}: {shown}" if known or value is None else f"{name} = {plain(show(value))}: {shown}"


def _changed(change: Change) -> str:
    assert change.before is not None
    before, after = (plain(show(fact)) for fact in (change.before, change.after))
    if change.facet == "aliases":
        groups = ", ".join(str(fact[1]) for fact in change.after[1:])
        return f"sharing memory: {plain(groups) or 'nothing any more'}"
    label = change.name if change.facet == "value" else f"{change.name}.{change.facet}"
    return f"{label}: {before} -> {after}"


def print_by_version(out: Console, answer: Answer) -> None:
    """Print what recorded environments did with a program, each that did something else in a line of its own.

    Those that gave the answer themselves are left out.
    """
    found = by_version(answer.program)
    sides = {side.id for side in answer.sides}
    same = [one.environment for one in found if one.difference is None and one.environment not in sides]
    if same:
        told = f"{', '.join(same[:-1])} and {same[-1]}" if same[1:] else same[0]
        out.print(f"the same on {told}, as recorded", style="dim")
    for one in found:
        if one.difference is not None:
            why = f" ({one.finding})" if one.finding else ""
            told = _told(one.difference, found[0].environment, one.environment)
            out.print(Text.assemble(("!= ", "bold yellow"), f"as recorded, {told}{why}"))


# JSON


def elsewhere_json(one: Elsewhere) -> dict[str, Any]:
    """What a recorded environment did with a program, as JSON's own types."""
    difference = None if one.difference is None else _difference_json(one.difference)
    return {"environment": one.environment, "recorded": one.date, "difference": difference, "finding": one.finding}


def answer_json(answer: Answer, spans: Mapping[Path, Span], absent: Mapping[str, str]) -> dict[str, Any]:
    """The answer as JSON's own types; facts are written as `gradoracle.trace.to_json` writes them."""
    return {
        "agree": answer.agree,
        "program": answer.program.id,
        "sides": [_side_json(side) for side in answer.sides],
        "not_measured": dict(absent),
        "lines": [_line_json(answer, line) for line in source_lines(answer.program, spans)],
        "ends": {name: [_difference_json(one) for one in found] for name, found in answer.ends.items()},
    }


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "id": side.id,
        "oracle": side.oracle,
        "environment": dict(side.environment),
        "ending": list(side.ending),
        "observed_ending": list(side.looked_to),
        "lacking": list(side.lacking),
    }


def _line_json(answer: Answer, line: SourceLine) -> dict[str, Any]:
    keys = [] if line.path is None else answer.keys(line.path)
    return {
        "line": line.number,
        "text": line.text,
        "path": None if line.path is None else list(line.path),
        "runs": [
            {
                "given": [_given_json(side.given.get(key)) for side in answer.sides],
                "differences": {
                    name: [_difference_json(one) for one in found[key]]
                    for name, found in answer.differences.items()
                    if key in found
                },
            }
            for key in keys
        ],
    }


def _given_json(given: Given | None) -> dict[str, Any] | None:
    if given is None:
        return None
    step = given.step
    return {
        "outcome": None if step is None else to_json(step.outcome),
        "shown": None if step is None else show_outcome(step.outcome),
        "warnings": [] if step is None else to_json(step.warnings),
        "events": [] if step is None else to_json(step.events),
        "changes": [
            {
                "name": change.name,
                "facet": change.facet,
                "before": None if change.before is None else show(change.before),
                "after": show(change.after),
            }
            for change in given.changes
        ],
    }


def _difference_json(one: Difference) -> dict[str, Any]:
    return {"level": one.level, "where": one.where, "expected": one.expected, "got": one.got}
