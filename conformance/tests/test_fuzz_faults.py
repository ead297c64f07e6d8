"""A campaign finds what is planted, here a sample of `python -m benchmarks.power`; and all of that can be planted."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults import EVERY

import refgrad
from gradconform.fuzz.generator import program
from gradconform.fuzz.shrinking import shrunk
from gradoracle.worker import Worker

HERE = Path(__file__).parent
SAMPLE = ("unpack-hook-skipped", "history-not-rebased")
PROGRAMS = 20


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.id)
def test_a_fault_fits_refgrad_in_one_place(fault):
    path = Path(refgrad.__file__).parent.joinpath(*fault.module.split("."))
    source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()

    assert source.count(fault.old) == 1
    assert fault.old != fault.new


def test_there_are_at_least_forty_faults_and_each_has_its_name():
    assert len({fault.id for fault in EVERY}) == len(EVERY) >= 40


def test_a_campaign_finds_planted_faults_and_makes_them_small(monkeypatch):
    pytest.importorskip("torch")
    sizes = []
    with Worker("gradoracle.torch_engine:cpu") as oracle:
        for fault in SAMPLE:
            monkeypatch.setenv("PLANTED_FAULT", fault)
            with Worker("faulty_engine:engine", (str(HERE),)) as engine:
                found = (shrunk(program(seed), oracle, engine) for seed in range(PROGRAMS))
                one = next((each for each in found if each is not None), None)
            assert one is not None, f"no program of the first {PROGRAMS} shows {fault}"
            sizes.append(len(one.program))

    assert max(sizes) <= 8
