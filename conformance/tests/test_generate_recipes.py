"""Recipes are drawn alike everywhere, and playing them is total and pure."""

from __future__ import annotations

import random

from hypothesis import given, settings

from gradconform.catalogue.behaviour import Recipe
from gradconform.generate import passes
from gradconform.generate.moves import stage, staged
from gradconform.generate.recipe import LIMIT, LONGEST, draw, recipes, strategy
from gradconform.generate.scene import Scene
from gradconform.generate.tables import MIXED


def _leaf(scene: Scene) -> None:
    scene.leaf((2, 3))


GENERATE = staged(_leaf, MIXED, passes.backward_newest)


def test_draws_are_those_of_the_seed() -> None:
    assert draw(random.Random(3)) == draw(random.Random(3))
    assert recipes("some behaviour", 20) == recipes("some behaviour", 50)[:20]
    assert recipes(1, 5) != recipes(2, 5)
    assert recipes(1, 0) == ()
    assert recipes(1, 1) == ((),)


def test_draws_keep_to_their_limits_and_favour_long_recipes() -> None:
    drawn = recipes(0, 500)
    assert all(len(recipe) <= LONGEST for recipe in drawn)
    assert all(0 <= number <= LIMIT for recipe in drawn for move in recipe for number in move)
    assert sum(map(len, drawn)) / len(drawn) > LONGEST / 2
    assert {len(recipe) for recipe in drawn} == set(range(LONGEST + 1))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(strategy())
def test_hypothesis_draws_recipes_that_can_be_played(recipe: Recipe) -> None:
    assert isinstance(recipe, tuple)
    assert GENERATE(recipe) == GENERATE(recipe)


def test_a_shorter_recipe_writes_a_shorter_program() -> None:
    recipe = recipes(7, 30)[-1]
    scenes = stage(_leaf, MIXED)
    lengths = [len(scenes(recipe[:size]).program()) for size in range(len(recipe) + 1)]
    assert lengths == sorted(lengths)
    assert lengths[0] == 1


def test_moves_are_shared_out_over_the_tables() -> None:
    seen: list[str] = []

    def one(_scene: Scene, _a: int, _b: int, _c: int) -> None:
        seen.append("one")

    def two(_scene: Scene, _a: int, _b: int, _c: int) -> None:
        seen.append("two")

    from gradconform.generate.moves import Row

    staged((Row(1, one),), lambda _: seen.append("between"), (Row(1, two),))(((0, 0, 0, 0),) * 4)
    assert seen == ["one", "one", "between", "two", "two"]
