"""Puts a program and its two traces into the form that the results file keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradoracle.compare import Difference
from gradoracle.program import Class, Define, Path, Program, Statement, children
from gradoracle.source import script, source, statement_source
from gradoracle.trace import Trace
from gradreports.results import DifferenceRecord, Evidence, Line

MOST_DIFFERENCES = 20


def evidence(
    kind: str,
    program: Program,
    oracle: Trace,
    engine: Trace,
    differences: Sequence[Difference],
    oracle_id: str = "torch:cpu",
) -> Evidence:
    """The record of one program; `kind` is "example", "failure" or "finding"."""
    device = "cuda" if oracle_id.endswith("cuda") else "cpu"
    return Evidence(
        kind=kind,
        program=program.data,
        source=source(program),
        script=script(program, device=device),
        engine_script=script(program, module="refgrad"),
        lines=tuple(Line(path, text) for path, text in lines(program.statements)),
        oracle=oracle,
        engine=engine,
        differences=tuple(
            DifferenceRecord(one.level, one.path, one.where, one.expected, one.got)
            for one in differences[:MOST_DIFFERENCES]
        ),
    )


def lines(statements: Sequence[Statement], path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each recorded statement with its path; of a compound one its first line, then the statements inside."""
    for position, statement in enumerate(statements):
        here = (*path, position)
        text = statement_source(statement)
        inner = children(statement)
        if not inner or isinstance(statement, Define | Class):
            yield here, text
        else:
            yield here, text.splitlines()[0]
            yield from lines(inner, here)
