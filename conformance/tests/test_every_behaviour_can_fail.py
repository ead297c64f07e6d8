"""A behaviour that nothing can fail is a defect of the catalogue: each must notice one of a few wrong engines."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
import wrong_engines

from gradconform.catalogue.registry import behaviours
from gradconform.judge import Settings, differences_of, programs_of
from gradoracle.trace import LEVELS
from gradoracle.worker import Worker

pytest.importorskip("torch")
HERE = str(Path(__file__).parent)
PROGRAMS = 3


@pytest.fixture(scope="module")
def workers():
    with ExitStack() as stack:
        oracle = stack.enter_context(Worker("gradoracle.torch_engine:cpu"))
        liars = {
            make.__name__: stack.enter_context(Worker(f"wrong_engines:{make.__name__}", (HERE,)))
            for make in wrong_engines.ALL
        }
        yield oracle, liars


@pytest.mark.parametrize("family", sorted({row.family for row in behaviours().values()}))
def test_a_wrong_engine_is_noticed(family, workers):
    oracle, liars = workers
    unnoticed = []
    for row in behaviours().values():
        if row.family != family:
            continue
        programs = list(programs_of(row, Settings(max_examples=1)))[:PROGRAMS]
        noticed = any(
            differences_of(program, oracle.run(program), liar.run(program), LEVELS)
            for program in programs
            for liar in liars.values()
        )
        if not noticed:
            unnoticed.append(row.id)

    assert [] == unnoticed
