"""`gradconform promote`: a program that differs, made small and written down for good."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from gradconform.commands.common import DIFFERS, Problem, console, engine_named, engine_option
from gradconform.engines import UnknownEngine, oracle_spec
from gradconform.fuzz.generator import program as drawn
from gradconform.fuzz.shrinking import Shrunk, shrunk
from gradoracle.parse import parse_program
from gradoracle.program import Program, ProgramError
from gradoracle.source import script, source
from gradoracle.worker import Worker, WorkerError

_HELP = """Make a program that differs small, and pin it: NAME.txt in the folder of --out holds the program,
NAME.torch.py the same as a script for plain PyTorch, and NAME.engine.py for the engine.

PROGRAM is a seed of `gradconform fuzz` or a file. Exit code 1 when it differs and was pinned, 2 when it does not.
"""


@click.command(help=_HELP)
@click.argument("program", metavar="PROGRAM")
@engine_option
@click.option("--oracle", metavar="NAME", default="torch:cpu", show_default=True, help="Oracle to compare with.")
@click.option("--name", metavar="NAME", default=None, help="Name of the files.  [default: what differs, and the id]")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), default=Path("pinned"), show_default=True)
def promote(program: str, engine: str, oracle: str, name: str | None, out: Path) -> int:
    if name is not None and not re.fullmatch(r"[\w-]+", name):
        raise Problem(f"--name {name!r}: use letters, digits, _ and -")
    made = _program(program)
    spec = engine_named(engine)
    try:
        with Worker(oracle_spec(oracle).factory) as truth, Worker(spec.factory) as tested:
            found = shrunk(made, truth, tested)
    except (UnknownEngine, WorkerError) as error:
        raise Problem(str(error)) from None
    if found is None:
        raise Problem(f"{engine} and {oracle} agree on this program: there is nothing to promote")
    paths = _write(found, name or _slug(found), out, spec.name)
    told = console()
    told.print(source(found.program), highlight=False, markup=False)
    told.print(f"{found.key}\n  expected {found.first.expected}\n  got      {found.first.got}", markup=False)
    if found.finding:
        told.print(f"explained by {found.finding}")
    told.print(f"{len(found.program)} statements after {found.executions} executions: {', '.join(map(str, paths))}")
    return DIFFERS


def _program(given: str) -> Program:
    if given.isdecimal():
        return drawn(int(given))
    try:
        return parse_program(Path(given).read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{given} is neither a seed nor a file: {error.strerror}") from None
    except (ProgramError, UnicodeDecodeError) as error:
        raise Problem(f"{given}: {error}") from None


def _slug(found: Shrunk) -> str:
    words = "_".join(re.findall(r"[A-Za-z0-9]+", found.key))
    return f"{words[:60]}_{found.program.id[:8]}"


def _write(found: Shrunk, name: str, out: Path, engine: str) -> list[Path]:
    texts = {
        f"{name}.txt": f"import torch\n\n{source(found.program)}",
        f"{name}.torch.py": script(found.program),
        f"{name}.engine.py": script(found.program, module="refgrad" if engine == "refgrad" else "torch"),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            partial = out / f".{file}.partial"
            partial.write_text(text.rstrip() + "\n", encoding="utf-8")
            os.replace(partial, out / file)  # noqa: PTH105  one call that either happens or does not
    except OSError as error:
        raise Problem(f"cannot write to {out}: {error.strerror}") from None
    return [out / file for file in texts]
