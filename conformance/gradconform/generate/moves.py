"""Tables of weighted moves, and how a recipe plays them.

A family of behaviours is a prologue that guarantees what the behaviour is about, one or more tables that the recipe
plays, and an epilogue that looks at what came out. The rows of a table are ordered from plain to strange: smaller
numbers in a recipe, and so smaller examples, mean plainer programs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from gradconform.catalogue.behaviour import Generator, Recipe
from gradconform.generate.scene import Scene
from gradoracle.program import Program

Play: TypeAlias = Callable[[Scene, int, int, int], None]
"""A move: writes to the scene, with three numbers to choose by. It must be possible on every scene."""

Part: TypeAlias = Callable[[Scene], None]
"""A fixed part of a family: a prologue, an interlude, an epilogue."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of move; `weight` is its share of the numbers that pick it."""

    weight: int
    play: Play


Table: TypeAlias = tuple[Row, ...]


@cache
def _wheel(table: Table) -> tuple[Play, ...]:
    return tuple(row.play for row in table for _ in range(row.weight))


def play(scene: Scene, recipe: Recipe, table: Table) -> None:
    """Make the moves of a recipe, each picked by its first number."""
    wheel = _wheel(table)
    for kind, a, b, c in recipe:
        wheel[kind % len(wheel)](scene, a, b, c)


def stage(*stages: Part | Table) -> Callable[[Recipe], Scene]:
    """As `staged`, but gives the whole scene: what it predicts can be held against what PyTorch does."""
    tables = sum(1 for one in stages if isinstance(one, tuple))

    def generate(recipe: Recipe) -> Scene:
        scene = Scene()
        played = 0
        for one in stages:
            if isinstance(one, tuple):
                played += 1
                start, stop = (len(recipe) * step // tables for step in (played - 1, played))
                play(scene, recipe[start:stop], one)
            else:
                one(scene)
        return scene

    return generate


def staged(*stages: Part | Table) -> Generator:
    """A generator: fixed parts and tables in turn; the moves of a recipe are shared out evenly over the tables.

    `staged(prologue, TABLE, epilogue)` is the plain case.
    """
    scenes = stage(*stages)

    def generate(recipe: Recipe) -> Program:
        return scenes(recipe).program()

    return generate
