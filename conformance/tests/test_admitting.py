"""Outcomes that are admitted besides PyTorch's own: they pass, are counted, and admit nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gradconform.catalogue.behaviour import Behaviour, Observed
from gradconform.catalogue.registry import behaviours
from gradconform.judge import Settings, judge, programs_of
from gradoracle.compare import compare
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.worker import Worker
from gradreports.results import CaseRecord

pytest.importorskip("torch")
HERE = str(Path(__file__).parent)
ROWS = [pytest.param(row, id=row.id) for row in behaviours().values() if row.admits]
KTH = "left-open.index-of-a-kth-value"
LEVELS = ("values", "state", "errors", "messages")
"""All but the graph, which such an engine made of PyTorch cannot keep."""


@pytest.fixture(scope="module")
def oracle() -> Iterator[Worker]:
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


def judged(name: str, factory: str, oracle: Worker) -> CaseRecord:
    row, settings = behaviours()[name], Settings(max_examples=30, levels=LEVELS)
    with ExitStack() as stack:
        engine = stack.enter_context(Worker(factory, (HERE,)))
        cases, _ = judge(row, programs_of(row, settings), engine, [oracle], settings)
    return cases[0]


@pytest.mark.parametrize("row", ROWS)
def test_every_variant_shows_another_outcome_where_it_was_seen(row: Behaviour, oracle: Worker) -> None:
    programs = [*map(parse_program, row.examples), *programs_of(row, Settings(max_examples=10))]
    for one in row.admits:
        assert one.statement.endswith(".")
        assert one.where == "torch:cpu 2.13.0"
        assert one.source == row.clause or isinstance(one.source, Observed)
        for vary in one.variants:
            variants = [vary(program) for program in programs]
            assert all(len(a.statements) == len(b.statements) for a, b in zip(programs, variants, strict=True))
            assert any(
                compare(oracle.run(program), oracle.run(variant), measure(program))
                for program, variant in zip(programs, variants, strict=True)
            )


def test_another_choice_passes_and_is_counted(oracle: Worker) -> None:
    case = judged(KTH, "choosing_engines:last_of_equals", oracle)

    assert case.verdict == "pass"
    assert list(case.admitted) == ["Equal elements may be taken in any order."]
    assert 0 < case.admitted["Equal elements may be taken in any order."] < case.programs
    assert "admitted" in [told.kind for told in case.evidence]


def test_what_no_choice_explains_fails(oracle: Worker) -> None:
    case = judged(KTH, "choosing_engines:any_index", oracle)

    assert case.verdict == "fail"
    assert case.levels["values"] == "fail"


def test_another_choice_is_a_failure_where_nothing_is_left_open(oracle: Worker) -> None:
    case = judged("kinks.topk-and-kthvalue", "choosing_engines:any_index", oracle)

    assert case.verdict == "fail"
    assert case.admitted == {}
