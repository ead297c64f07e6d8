"""The first three families: their generators, their examples and the quotes that they stand on."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given, settings

from gradconform.catalogue.behaviour import Behaviour, Clause, Generator, Recipe
from gradconform.catalogue.families import leaf_gradients, retain_grad, retain_graph
from gradconform.catalogue.features import FEATURES
from gradconform.catalogue.registry import behaviours
from gradconform.generate.recipe import draw, recipes, strategy
from gradoracle.interpreter import run
from gradoracle.parse import parse_program
from gradoracle.program import Observe, Program
from gradoracle.source import source
from gradoracle.torch_engine import DeviceMissing, TorchEngine, cpu

FAMILIES = (leaf_gradients, retain_graph, retain_grad)
ROWS = tuple(row for family in FAMILIES for row in family.BEHAVIOURS)
GENERATED = [pytest.param(row.generator, id=row.id) for row in ROWS if row.generator is not None]
EVERY = [pytest.param(row, id=row.id) for row in ROWS]
DRAWS = 200
LONGEST_PROGRAM = 110


@pytest.fixture(scope="module")
def engine() -> TorchEngine:
    try:
        return cpu()
    except DeviceMissing as missing:
        pytest.skip(str(missing))


def _observes(program: Program) -> bool:
    return isinstance(program.statements[-1], Observe)


@pytest.mark.parametrize("generator", GENERATED)
def test_programs_differ_and_end_with_a_look(generator: Generator) -> None:
    programs = [generator(recipe) for recipe in recipes("distinct", DRAWS)]
    assert len({program.id for program in programs}) >= 0.9 * DRAWS
    assert all(_observes(program) for program in programs)
    assert max(map(len, programs)) <= LONGEST_PROGRAM


@pytest.mark.parametrize("generator", GENERATED)
def test_programs_are_texts(generator: Generator) -> None:
    for recipe in recipes("texts", 8):
        program = generator(recipe)
        assert parse_program(source(program)) == program


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(strategy())
def test_every_recipe_is_a_program_of_every_behaviour(recipe: Recipe) -> None:
    for row in ROWS:
        if row.generator is not None:
            assert row.generator(recipe) == row.generator(recipe)


@pytest.mark.parametrize("generator", GENERATED)
def test_extreme_numbers_are_numbers(generator: Generator) -> None:
    for number in (0, 1, 65535):
        for length in (1, 14):
            assert _observes(generator(((number,) * 4,) * length))
    for kind in range(0, 65536, 997):
        assert _observes(generator(((kind, 65535, kind, 0),)))


@pytest.mark.parametrize("generator", GENERATED)
def test_few_programs_end_early(generator: Generator, engine: TorchEngine) -> None:
    """No statement reads a name that an earlier failure left unbound, so that one error does not hide the rest."""
    source_of_draws = random.Random("early")
    errors: Counter[str] = Counter()
    for _ in range(12):
        trace = run(generator(draw(source_of_draws)), engine)
        assert trace.finished
        errors.update(step.outcome[1] for step in trace.steps if step.outcome[0] == "error")
    assert errors["NameError"] == 0


@pytest.mark.parametrize("row", EVERY)
def test_rows_are_complete(row: Behaviour) -> None:
    assert re.fullmatch(rf"{row.family}\.[a-z0-9]+(-[a-z0-9]+)*", row.id)
    assert row.statement.endswith(".")
    assert row.expectation.endswith(".")
    assert set(row.needs) <= set(FEATURES)
    known = set(behaviours())
    assert set(row.depends) <= known - {row.id}


@pytest.mark.parametrize("row", EVERY)
def test_examples_run(row: Behaviour, engine: TorchEngine) -> None:
    assert row.examples
    for text in row.examples:
        trace = run(parse_program(text), engine)
        assert trace.finished
        assert not any(step.outcome[:2] == ("error", "NameError") for step in trace.steps)


@pytest.mark.parametrize("row", [row for row in EVERY if isinstance(row.values[0].clause, Clause)])  # type: ignore[union-attr]
def test_quotes_are_in_the_documentation(row: Behaviour, engine: TorchEngine) -> None:
    assert isinstance(row.clause, Clause)
    page = row.clause.url.rpartition("/")[2].removesuffix(".html")
    text = engine.resolve(page).__doc__
    assert _plain(row.clause.quote) in _plain(text)


def _plain(text: str) -> str:
    """Documentation as it reads: without roles, quotes of code and line breaks."""
    return " ".join(re.sub(r":\w+:`([^`]*)`|``([^`]*)``", _inner, text).replace("`", "").split())


def _inner(match: re.Match[str]) -> str:
    role, literal = match.groups()
    if literal is not None:
        return literal
    return f"{role}()" if match.group(0).startswith(":func:") and "(" not in role else str(role)
