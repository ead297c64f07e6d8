"""The programs of `ordinary_code.txt` print, raise and warn the same on both engines, each in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from docstring_sweep import HERE, Doc, apart  # a helper beside this file

PROGRAMS = [
    Doc(title.removeprefix("# "), tuple(line + "\n" for line in lines))
    for block in (HERE / "ordinary_code.txt").read_text(encoding="utf-8").strip().split("\n\n")[1:]
    for title, *lines in [block.splitlines()]
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_statements_have_the_same_outcome(program):
    if "bfloat16" in program.name:
        pytest.importorskip("ml_dtypes")
    expected, actual = apart(program)
    assert list(zip(program.statements, expected, strict=True)) == list(zip(program.statements, actual, strict=True))
