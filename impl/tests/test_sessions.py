"""Sessions of many statements, each guarded: what every statement prints, warns and raises, as on PyTorch.

A file of `sessions/` holds sessions, with a line that starts with `##` between them. An expression prints its value, as
at the prompt. Every session runs in a process of its own on either library, for some change what holds for all (the
first subclass, print options, seeds).
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).parent / "sessions").glob("*.txt"))
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
TRIGGERED = re.compile(r"\s*\(Triggered internally at [^)]*\)?\.?\)?")
MODULE = re.compile(r"\b(refgrad|torch)\b")
OF_A_BUILD = re.compile("cuda|nvtx|accelerator|pin_memory")
"""What PyTorch answers otherwise where it was built with CUDA; refgrad is like a build without."""


def statements_of(session: str) -> list[ast.stmt]:
    return ast.parse(session).body


def run(session: str, library: str) -> list[str]:
    """A line for everything there is to see, marked with the number of its statement."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    lines: list[str] = []
    source = re.sub(
        r"\bfrom torch\b", f"from {library}", re.sub(r"\bimport torch\b", f"import {library} as torch", session)
    )
    source = re.sub(rf"import {library} as torch\.(\S+) as", rf"import {library}.\1 as", source)
    for number, statement in enumerate(statements_of(source)):
        printed = io.StringIO()
        with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", message=".*torch.jit|Attempted to insert a get_attr")
            try:
                if isinstance(statement, ast.Expr):
                    value = eval(compile(ast.Expression(statement.value), "<session>", "eval"), scope)
                    if value is not None:
                        print(repr(value))
                else:
                    exec(compile(ast.Module([statement], []), "<session>", "exec"), scope)
            except Exception as error:
                print(f"{type(error).__name__}: {error}")
        seen = [*printed.getvalue().splitlines(), *(f"{w.category.__name__}: {w.message}" for w in caught)]
        lines += [f"{number}: " + MODULE.sub("torch", TRIGGERED.sub("", ADDRESS.sub("0x", each))) for each in seen]
    return lines


def forked(function: Callable[[], Any]) -> Any:
    """What `function` returns in a child process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            json.dump(function(), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as source:
        text = source.read()
    os.waitpid(child, 0)
    return json.loads(text)


def sessions() -> dict[str, str]:
    """Every session by its name."""
    return {
        f"{file.stem}-{number}": each
        for file in FILES
        for number, each in enumerate(re.split(r"(?m)^##.*\n", file.read_text()))
        if each.strip()
    }


def outcomes(library: str) -> Any:
    """All sessions on one library, in a fresh process: one that has run threads must not fork."""
    command = [sys.executable, __file__, library]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=1200)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def both() -> tuple[Any, Any]:
    pytest.importorskip("torch")
    return outcomes("torch"), outcomes("refgrad")


@pytest.mark.parametrize("name", sorted(sessions()))
def test_same_as_pytorch(name: str, both: tuple[Any, Any]) -> None:
    torch = pytest.importorskip("torch")
    if "bfloat16" in sessions()[name]:
        pytest.importorskip("ml_dtypes")
    left_out: set[str] = set()
    if torch.version.cuda is not None:
        statements = map(ast.unparse, statements_of(sessions()[name]))
        left_out = {str(number) for number, text in enumerate(statements) if OF_A_BUILD.search(text)}
    on_torch, on_refgrad = ([line for line in one[name] if line.partition(":")[0] not in left_out] for one in both)
    assert on_torch == on_refgrad


def main() -> None:
    library = sys.argv[1]
    importlib.import_module(library)
    made = {name: forked(lambda each=each: run(each, library)) for name, each in sessions().items()}  # type: ignore[misc]
    print(json.dumps(made))


if __name__ == "__main__":
    main()
