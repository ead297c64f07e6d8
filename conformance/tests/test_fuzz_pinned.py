"""Programs that campaigns found, pinned: refgrad and PyTorch agree on each."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradconform.fuzz
from gradoracle.compare import compare
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.worker import Worker

pytest.importorskip("torch")
PINNED = sorted((Path(gradconform.fuzz.__file__).parent / "pinned").glob("*.txt"))


@pytest.fixture(scope="module")
def workers():
    with Worker("gradoracle.torch_engine:cpu") as oracle, Worker("gradconform.adapters.refgrad:engine") as engine:
        yield oracle, engine


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.stem)
def test_a_pinned_program_shows_no_difference(path, workers):
    program = parse_program(path.read_text())
    expected, got = (worker.run(program) for worker in workers)

    assert compare(expected, got, measure(program)) == ()
