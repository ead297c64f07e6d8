"""`gradconform show`: one behaviour, and what the oracles do with its examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import ExitStack

import click
from rich.console import Console

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.registry import behaviours
from gradconform.commands.answer import print_answer, print_by_version
from gradconform.commands.ask import answered, known_to
from gradconform.commands.common import Oracles, Problem, chosen, console, not_measured, oracle_option, start
from gradconform.commands.description import describe
from gradconform.commands.summary import named
from gradoracle.parse import parse
from gradoracle.worker import Worker


@click.command()
@click.argument("behaviour", metavar="ID")
@oracle_option
def show(behaviour: str, oracles: tuple[str, ...]) -> int:
    """Show one behaviour: what PyTorch does, where that is written, examples, and what the oracles do with them now.

    ID is that of the behaviour, or a beginning that no other has.

    The examples are run live; without an oracle on this machine they are printed with "not measured".
    """
    row = behaviours().get(behaviour) or _only(behaviour)
    out = console()
    with ExitStack() as stack:
        _, found, workers = start(stack, None, oracles)
        _show(out, row, found, [workers[one.spec] for one in found.here])
    return 0


def _only(beginning: str) -> Behaviour:
    """The one behaviour whose id begins so."""
    found = chosen([beginning])
    if len(found) > 1:
        more = ", ..." if len(found) > 6 else ""
        names = ", ".join(one.id for one in found[:6])
        raise Problem(f"{beginning!r} is {len(found)} behaviours, name one: {names}{more}")
    return found[0]


def _show(out: Console, row: Behaviour, found: Oracles, workers: Sequence[Worker]) -> None:
    told: dict[str, str] = {one.spec.name: f"measured on {named(one)}" for one in found.here}
    describe(out, row)
    for number, text in enumerate(row.examples, 1):
        out.print()
        out.print(f"example {number} of {len(row.examples)}" if len(row.examples) > 1 else "example", style="bold")
        parsed = parse(text)
        known, recorded = known_to(found, parsed.program)
        if not known.measured:
            out.print(text)
            continue
        answer = answered(parsed, [*workers, *recorded])
        print_answer(out, answer, parsed.spans)
        print_by_version(out, answer)
        told |= {one.spec.name: named(one) for one in known.recorded}
    out.print()
    for line in told.values():
        out.print(line, style="dim")
    telling = tuple(one for one in found.recorded if one.spec.name in told)
    for line in not_measured(dataclasses.replace(found, recorded=telling)):
        out.print(line, style="yellow")
