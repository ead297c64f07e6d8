"""`gradconform drift`: where two environments of PyTorch do not do the same."""

from __future__ import annotations

import json
from contextlib import ExitStack

import click
from rich.console import Console
from rich.text import Text

from gradconform.commands.common import CONFORMS, DIFFERS, Problem, apart, console, one_line, plain
from gradconform.commands.progress import counted
from gradconform.drifting import Explained, compared, explained
from gradoracle.recorded import shipped
from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.drift import ADDED, CHANGED, REMOVED, Answers, Drift
from gradoracle.recorded.errors import RecordingError
from gradoracle.recorded.live import Live
from gradoracle.recorded.recorder import RECORDED, wanted
from gradoracle.worker import Worker, WorkerError

MOST_SHOWN = 40
"""Groups that are told in full; --format json has them all."""

_HELP = """Compare two environments of PyTorch on the programs of the corpus that both answered.

FIRST and SECOND are recorded environments (torch:cpu@2.13.0, see `gradconform recordings list`) or live ones
(torch:cpu, torch:cuda, torch-compile:cpu). What SECOND does and FIRST refuses is added, the other way round removed,
the rest changed; each with the smallest program that shows it and the finding that explains it.

\b
Exit codes: 0 no difference but explained ones; 1 others; 2 could not run.
"""


@click.command("drift", help=_HELP)
@click.argument("first")
@click.argument("second")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def drift_(first: str, second: str, form: str) -> int:
    with ExitStack() as stack:
        try:
            corpus = shipped.corpus()
            one, other = (_answers(stack, corpus, name) for name in (first, second))
            with counted(len(corpus), "programs") as told:
                found = compared(corpus, one, other, told)
        except (RecordingError, WorkerError) as error:
            raise Problem(one_line(str(error))) from None
    rows = explained(found)
    if form == "json":
        click.echo(json.dumps([row.data() for row in rows], indent=2))
    else:
        _print(console(), found, rows)
    return CONFORMS if all(row.finding is not None for row in rows) else DIFFERS


def _answers(stack: ExitStack, corpus: Corpus, name: str) -> Answers:
    recorded = shipped.recording(name)
    if recorded is not None:
        return recorded
    if name not in RECORDED:
        there = ", ".join(one.name for one in shipped.recordings()) or "none"
        raise Problem(f"unknown environment {name!r}: recorded are {there}; live are {', '.join(sorted(RECORDED))}")
    worker = stack.enter_context(Worker(RECORDED[name]))
    return Live(worker, corpus, f"{name}, live {worker.environment['version']}", wanted(corpus, name))


def _print(out: Console, found: Drift, rows: tuple[Explained, ...]) -> None:
    out.print(
        f"{found.first} and {found.second}: {found.compared:,} programs compared, {found.differing:,} of them differ"
    )
    for kind in (ADDED, REMOVED, CHANGED):
        there = [row for row in rows if row.group.kind == kind]
        if not there:
            out.print(f"{kind}: nothing")
            continue
        out.print(f"{kind}: {len(there)}", style="bold")
        for row in there[:MOST_SHOWN]:
            _print_group(out, found, row)
        if len(there) > MOST_SHOWN:
            out.print(f"... and {len(there) - MOST_SHOWN} more; --format json has them all")


def _print_group(out: Console, found: Drift, row: Explained) -> None:
    group = row.group
    why = "unexplained" if row.finding is None else f"{row.finding.id} ({row.finding.reason})"
    out.print()
    out.print(Text.assemble((f"{group.level}, {plain(group.where)}", "bold"), f"  {group.programs:,} programs  ", why))
    if group.behaviours:
        more = f" and {len(group.behaviours) - 3} more" if len(group.behaviours) > 3 else ""
        out.print(f"  behaviours: {', '.join(group.behaviours[:3])}{more}")
    for name, text in zip((found.first, found.second), apart(group.expected, group.got), strict=True):
        out.print(f"  {name}: {text}")
    for line in plain(group.text).splitlines():
        out.print(f"    | {line}", style="dim")
