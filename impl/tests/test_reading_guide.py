"""ARCHITECTURE.md answers a reader's questions with files and names: they must exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<question>[^|]+\?) \| `(?P<file>impl/[^`]+)` \| `(?P<name>[^`]+)` \|$", re.MULTILINE)
ROWS = [
    match.group("question", "file", "name") for match in ROW.finditer((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
]


def defined(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names.update(f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef))
    return names


def test_ten_questions_at_least_are_answered():
    assert len(ROWS) >= 10


@pytest.mark.parametrize(("question", "file", "name"), ROWS, ids=[row[0] for row in ROWS])
def test_the_answer_exists(question, file, name):
    assert name in defined(ROOT / file)


def test_the_files_that_are_named_exist():
    named = re.findall(
        r"`((?:impl|oracle|reports|conformance|benchmarks)/[\w./]+)`", (ROOT / "ARCHITECTURE.md").read_text()
    )

    assert [] == [path for path in named if not (ROOT / path).exists()]


def test_the_core_is_read_in_one_sitting():
    core = ("tensor", "node", "backward", "saved", "views", "inplace", "modes", "hooks", "accumulate")
    files = [ROOT / "impl" / "refgrad" / f"{name}.py" for name in core]

    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) < 2500
