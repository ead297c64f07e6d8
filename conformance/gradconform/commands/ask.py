"""`gradconform ask`: what PyTorch and the engine make of a program, line by line."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from gradconform.asking import Answer, Side, observed_copy
from gradconform.asking import ask as ask_engines
from gradconform.commands.answer import answer_json, print_answer
from gradconform.commands.common import (
    CONFORMS,
    COULD_NOT_RUN,
    DIFFERS,
    Oracles,
    Problem,
    console,
    engine_named,
    engine_option,
    not_measured,
    one_line,
    oracle_option,
    oracles_named,
    reason,
    start,
    unrecorded,
)
from gradconform.recorded_oracle import RecordedOracle
from gradconform.recorded_oracle import oracles as recorded_oracles
from gradoracle.limits import MAX_TEXT
from gradoracle.parse import Parsed, parse
from gradoracle.program import Program, ProgramError
from gradoracle.worker import Worker, WorkerError

_HELP = """Run a program, written as PyTorch code, and print line by line what each line gave.

The program comes from FILE, from -c, or from standard input; sessions with >>> prompts are read too. It is data to
gradconform: nothing of it is executed as Python, and what it may not hold is refused with its line. An error ends its
line only, the next one still runs.

Each engine runs the program twice, because looking at a tensor can change it: as it is written, which gives the
values, output, warnings and errors printed here, and with a look at every tensor after every line, which gives what
changed in their state (a.grad: None -> tensor(2.)). Of a new tensor only what is unusual is told. Where PyTorch is not
installed, its recorded answer is given for a program of the corpus; of any other the engine's is printed, as the
prediction that it is.

All engines are compared with the first oracle; where they agree, one answer is printed, where they differ, each one's,
marked with !=.

\b
Exit codes:
  0  all agree
  1  they differ
  2  could not run (one line on stderr says why), or no oracle was there to compare with
"""


@click.command(help=_HELP)
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("-c", "text", metavar="TEXT", help="The program itself.")
@oracle_option
@engine_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def ask(file: Path | None, text: str | None, oracles: tuple[str, ...], engine: str, form: str) -> int:
    parsed = program_of(_text(file, text))
    oracles_named(oracles)
    with ExitStack() as stack:
        spec = engine_named(engine)
        _, found, workers = start(stack, spec, oracles)
        found, recorded = known_to(found, parsed.program)
        answering: list[Worker | RecordedOracle] = [*(workers[one.spec] for one in found.here), *recorded]
        answer = answered(parsed, answering, workers[spec], spec.name)
    if form == "json":
        absent = {one.spec.name: reason(one) for one in unrecorded(found)}
        click.echo(json.dumps(answer_json(answer, parsed.spans, absent), indent=2))
    else:
        _print(answer, parsed, found)
    if not found.measured:
        return COULD_NOT_RUN
    return CONFORMS if answer.agree else DIFFERS


def known_to(found: Oracles, program: Program) -> tuple[Oracles, list[RecordedOracle]]:
    """The oracles without the recorded ones that do not know a program, and those that do."""
    recorded = [
        one
        for one in recorded_oracles([probe.spec.name for probe in found.recorded])
        if one.knows(program) and one.knows(observed_copy(program)[0])
    ]
    names = {one.id for one in recorded}
    left = tuple(probe for probe in found.recorded if probe.spec.name in names)
    return dataclasses.replace(found, recorded=left), recorded


def answered(
    parsed: Parsed, oracles: Sequence[Worker | RecordedOracle], engine: Worker | None = None, name: str = ""
) -> Answer:
    """Run a program on oracles and, where one is given, on an engine."""
    try:
        return ask_engines(parsed.program, oracles, engine, name)
    except WorkerError as error:
        raise Problem(one_line(str(error))) from None


def program_of(text: str) -> Parsed:
    """Read a program, or end the command with one line on what is wrong with it."""
    try:
        return parse(text)
    except ProgramError as error:
        raise Problem(one_line(str(error))) from None


def _text(file: Path | None, text: str | None) -> str:
    if file is not None and text is not None:
        raise Problem("give a file or -c, not both")
    if text is not None:
        return text
    if file is None or str(file) == "-":
        return _decoded(_limited(sys.stdin.buffer), "standard input")
    try:
        with file.open("rb") as stream:
            return _decoded(_limited(stream), str(file))
    except OSError as error:
        raise Problem(f"cannot read {file}: {error.strerror or error}") from None


def _limited(stream: BinaryIO) -> bytes:
    """Enough of a stream to see whether it is too long, and no more: it may never end."""
    return stream.read(4 * MAX_TEXT + 1)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(f"{name} is not UTF-8 text; a program is written as PyTorch code") from None


def _print(answer: Answer, parsed: Parsed, oracles: Oracles) -> None:
    out = console()
    print_answer(out, answer, parsed.spans)
    out.print()
    out.print(_verdict(answer), style="bold green" if answer.agree else "bold red")
    for line in not_measured(oracles):
        out.print(line, style="yellow")


def _verdict(answer: Answer) -> str:
    names = [_named(side) for side in answer.sides]
    if len(names) == 1 and answer.sides[0].oracle:
        return f"{names[0]} alone: nothing to compare it with"
    if len(names) == 1:
        return f"prediction of {names[0]}: PyTorch is not here, and no recording of it has this program"
    return f"{_listed(names)} {'agree' if answer.agree else 'differ'}"


def _named(side: Side) -> str:
    recorded = side.environment.get("recorded")
    if recorded is not None:
        return f"{side.id} (recorded {recorded[:10]})"
    return f"{side.id} {side.environment.get('version', '')}".strip()


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
