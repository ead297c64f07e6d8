"""The suite notices faults: each one is caught by the family meant for it, and shrunk to a few lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults import FAULTS

from gradconform.catalogue.registry import behaviours
from gradconform.judge import Settings, judge, programs_of
from gradoracle.worker import Worker

pytest.importorskip("torch")
HERE = str(Path(__file__).parent)
LINES = 8


@pytest.fixture(scope="module")
def oracle():
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_planted_fault_is_caught_by_its_family(fault, oracle, monkeypatch):
    monkeypatch.setenv("PLANTED_FAULT", fault.id)
    settings = Settings(max_examples=40)
    family = [behaviour for behaviour in behaviours().values() if behaviour.family == fault.family]
    assert family
    smallest = []
    with Worker("faulty_engine:engine", (HERE,)) as engine:
        for behaviour in family:
            (case,), _ = judge(behaviour, programs_of(behaviour, settings), engine, [oracle], settings)
            failures = [one for one in case.evidence if one.kind == "failure"]
            smallest += [len(one.source.splitlines()) for one in failures]
            if failures and min(smallest) <= LINES:
                break

    assert smallest, f"no behaviour of {fault.family} notices {fault.id}"
    assert min(smallest) <= LINES
