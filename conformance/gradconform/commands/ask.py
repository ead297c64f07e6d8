"""`gradconform ask`: what PyTorch and the engine make of a program, or of the one that answers a question."""

from __future__ import annotations

import ast
import dataclasses
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click
from rich.text import Text

from gradconform.asking import Answer, Side, observed_copy
from gradconform.asking import ask as ask_engines
from gradconform.by_version import by_version
from gradconform.catalogue.behaviour import Behaviour
from gradconform.commands.answer import answer_json, elsewhere_json, print_answer, print_by_version
from gradconform.commands.common import (
    CONFORMS,
    COULD_NOT_RUN,
    DIFFERS,
    Oracles,
    Problem,
    console,
    engine_named,
    engine_option,
    is_there,
    not_measured,
    one_line,
    oracle_option,
    oracles_named,
    reason,
    start,
    unrecorded,
)
from gradconform.commands.description import describe, described
from gradconform.questions import answering, unknown
from gradconform.recorded_oracle import RecordedOracle
from gradconform.recorded_oracle import oracles as recorded_oracles
from gradoracle.limits import MAX_TEXT
from gradoracle.parse import Parsed, parse
from gradoracle.program import Program, ProgramError
from gradoracle.worker import Worker, WorkerError

_HELP = """Run a program, written as PyTorch code, and print line by line what each line gave; or answer a question.

\b
  gradconform ask program.py
  gradconform ask -c 'x = torch.ones(2, requires_grad=True); x.add_(1)'
  gradconform ask what happens when I call backward twice
  gradconform ask "Trying to backward through the graph a second time"

A question, or the text of an error, is looked up in the catalogue, and the program of the behaviour that answers it
best is run; behaviours that may answer it too are named.

A program comes from a file, from -c, or from standard input; sessions with >>> prompts are read too. It is data to
gradconform: nothing of it is executed as Python, and what it may not hold is refused with its line. An error ends its
line only, the next one still runs.

Each engine runs the program twice, because looking at a tensor can change it: as it is written, which gives the
values, output, warnings and errors printed here, and with a look at every tensor after every line, which gives what
changed in their state (a.grad: None -> tensor(2.)). Of a new tensor only what is unusual is told. Where PyTorch is not
installed, its recorded answer is given for a program of the corpus; of any other the engine's is printed, as the
prediction that it is.

All engines are compared with the first oracle; where they agree, one answer is printed, where they differ, each one's,
marked with !=. What other versions and devices did with a program that was recorded on them is told below.

\b
Exit codes:
  0  all agree
  1  they differ
  2  could not run (one line on stderr says why), or no oracle was there to compare with
"""

_FOUND = 6
"""Behaviours that a question gives, the one that is shown among them."""


@click.command(help=_HELP)
@click.argument("words", metavar="[FILE | QUESTION]", nargs=-1)
@click.option("-c", "text", metavar="TEXT", help="The program itself.")
@oracle_option
@engine_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def ask(words: tuple[str, ...], text: str | None, oracles: tuple[str, ...], engine: str, form: str) -> int:
    rows = _answering(words) if text is None and _is_question(words) else ()
    parsed = program_of(rows[0].examples[0] if rows else _text(words, text))
    if not parsed.program.statements:
        raise Problem("no program was given: name a file, give one with -c or on standard input, or ask a question")
    oracles_named(oracles)
    with ExitStack() as stack:
        spec = engine_named(engine)
        _, found, workers = start(stack, spec, oracles)
        found, recorded = known_to(found, parsed.program)
        answering: list[Worker | RecordedOracle] = [*(workers[one.spec] for one in found.here), *recorded]
        answer = answered(parsed, answering, workers[spec], spec.name)
    if form == "json":
        absent = {one.spec.name: reason(one) for one in unrecorded(found)}
        told = answer_json(answer, parsed.spans, absent)
        told["by_version"] = [elsewhere_json(one) for one in by_version(parsed.program)]
        if rows:
            question = " ".join(words)
            found_by = {"question": question, "unknown": unknown(question)}
            told = {**found_by, "behaviours": [described(row) for row in rows], **told}
        click.echo(json.dumps(told, indent=2))
    else:
        strange = unknown(" ".join(words)) if rows else ()
        if strange:
            console().print(f"nearest behaviour; none has the word {', '.join(strange)}", style="yellow")
        _print(answer, parsed, found, rows)
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


def _is_question(words: Sequence[str]) -> bool:
    """Whether the arguments are a question: words of a language, neither the name of a file nor a program."""
    if len(words) != 1:
        return bool(words)
    return " " in words[0].strip() and not is_there(Path(words[0])) and not _is_program(words[0])


def _is_program(text: str) -> bool:
    """Whether a text is Python that does something, which no question and no message of an error is."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Assign | ast.AugAssign | ast.Call) for node in ast.walk(tree))


def _answering(words: Sequence[str]) -> tuple[Behaviour, ...]:
    question = " ".join(words)
    found = answering(question, _FOUND)
    if not found:
        raise Problem(f"nothing in the catalogue has a word of {one_line(question)!r}; ask in other words, or by code")
    return found


def _text(words: Sequence[str], text: str | None) -> str:
    if words and text is not None:
        raise Problem("give a file, a question or -c, not two of them")
    if text is not None:
        return text
    if not words or words[0] == "-":
        return _decoded(_limited(sys.stdin.buffer), "standard input")
    file = Path(words[0])
    try:
        with file.open("rb") as stream:
            return _decoded(_limited(stream), words[0])
    except (OSError, ValueError) as error:
        more = "" if is_there(file) else "; a question has more than one word, a program is given by -c"
        said = error.strerror if isinstance(error, OSError) else None
        raise Problem(f"cannot read {one_line(words[0])}: {said or error}{more}") from None


def _limited(stream: BinaryIO) -> bytes:
    """Enough of a stream to see whether it is too long, and no more: it may never end."""
    return stream.read(4 * MAX_TEXT + 1)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(f"{name} is not UTF-8 text; a program is written as PyTorch code") from None


def _print(answer: Answer, parsed: Parsed, oracles: Oracles, rows: Sequence[Behaviour]) -> None:
    out = console()
    if rows:
        describe(out, rows[0])
        out.print()
    print_answer(out, answer, parsed.spans)
    out.print()
    out.print(_verdict(answer), style="bold green" if answer.agree else "bold red")
    for side in answer.sides:
        if side.lacking:
            out.print(f"not compared, {side.id} lacks it: {', '.join(side.lacking)}", style="yellow")
    print_by_version(out, answer)
    for line in not_measured(oracles):
        out.print(line, style="yellow")
    if rows[1:]:
        out.print()
        out.print("perhaps you meant (`gradconform show ID` tells more):")
        for row in rows[1:]:
            out.print(Text.assemble("  ", (row.id, "bold"), f"  {row.statement}"))


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
