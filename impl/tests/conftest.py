"""Programs run on PyTorch and on refgrad, and everything they print, warn and raise is compared."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import refgrad

sys.path.insert(0, str(Path(__file__).parent))
from warned_always import warned_always  # a helper beside this file

ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
TRIGGERED = re.compile(r"\s*\(Triggered internally at [^)]*\)?\.?\)?")


def normal(text: str) -> str:
    return TRIGGERED.sub("", ADDRESS.sub("0x", text))


def attempt(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {normal(str(error))}"


def outcome(library: Any, program: str) -> list[str]:
    """What a program prints, then its warnings, then the error that ended it."""
    printed = io.StringIO()
    seen = []
    recorded, always = warnings.catch_warnings(record=True), warned_always(library)
    with recorded as caught, always, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            exec(compile(program, "<program>", "exec"), {"torch": library, "attempt": attempt})
        except Exception as error:
            seen.append(f"{type(error).__name__}: {normal(str(error))}")
    lines = normal(printed.getvalue()).splitlines()
    return lines + [f"{w.category.__name__}: {normal(str(w.message))}" for w in caught] + seen


@pytest.fixture
def same() -> Callable[..., None]:
    """Assert that a program does on refgrad what it does on PyTorch, or what another one does there."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings(), torch.autograd.forward_ad.dual_level():
        warnings.simplefilter("ignore")  # the first dual tensor of a process loads modules that warn of their own
        torch.autograd.forward_ad.make_dual(torch.zeros(1), torch.zeros(1))

    def check(program: str, there: str | None = None) -> None:
        program = textwrap.dedent(program)
        if "bfloat16" in program:
            pytest.importorskip("ml_dtypes")
        assert outcome(refgrad, program) == outcome(torch, program if there is None else textwrap.dedent(there))

    return check


ALONE = """
import os, sys, torch, conftest
program = sys.stdin.read()
assert conftest.outcome(conftest.refgrad, program) == conftest.outcome(torch, program)
os._exit(0)  # PyTorch's threads may be running still, and Python's end would abort
"""


@pytest.fixture
def same_apart() -> Callable[[str], None]:
    """`same` in a new process: once PyTorch has started threads of its engine, no fork may run backward any more."""
    pytest.importorskip("torch")

    def check(program: str) -> None:
        text = textwrap.dedent(program)
        done = subprocess.run([sys.executable, "-c", ALONE], cwd=Path(__file__).parent, input=text, text=True)  # noqa: PLW1510
        assert done.returncode == 0, "see what it said on stderr"

    return check
