"""What the tables really write: no kind of move crowds out the others, and most programs are worth running."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from gradconform.generate import passes
from gradconform.generate.moves import Row, Table, staged
from gradconform.generate.operators import OPERATORS
from gradconform.generate.recipe import recipes
from gradconform.generate.scene import Scene
from gradconform.generate.tables import GRAPH, MIXED, PASSES
from gradoracle.program import Attr, Augment, Call, Global, Op, Program, expressions

DRAWS = 600


def _leaf(scene: Scene) -> None:
    scene.leaf((2, 3))


@cache
def _programs() -> tuple[Program, ...]:
    generate = staged(_leaf, MIXED, passes.backward_two)
    return tuple(generate(recipe) for recipe in recipes("mix", DRAWS))


def _named(program: Program) -> list[str]:
    """The operators, functions and methods that a program names, in order."""
    found: list[str] = []
    for statement in program.walk():
        if isinstance(statement, Augment):
            found.append(f"{statement.symbol}=")
        for one in expressions(statement):
            match one:
                case Op(symbol=symbol, operands=operands):
                    found.append(symbol if len(operands) == 2 else f"unary{symbol}")
                case Call(function=Attr(name=name)):
                    found.append(name)
                case Call(function=Global(path=path)):
                    found.append(path)
                case _:
                    pass
    return found


MAKING = {"torch.tensor", "torch.zeros", "torch.ones_like", "torch.full_like", "backward", "torch.autograd.grad"}


def test_most_programs_have_operations_and_a_backward() -> None:
    worth = 0
    for program in _programs():
        named = _named(program)
        worth += sum(name not in MAKING for name in named) >= 2 and "backward" in named
    assert worth >= 0.8 * DRAWS


@pytest.mark.parametrize("table", [GRAPH, PASSES, MIXED], ids=["graph", "passes", "mixed"])
def test_no_move_is_more_than_its_share(table: Table) -> None:
    total = sum(row.weight for row in table)
    share = 0.45 if table is PASSES else 0.35
    assert all(row.weight <= share * total for row in table)
    assert len({row.play for row in table}) == len(table)


def test_every_row_is_played() -> None:
    played: Counter[int] = Counter()

    def counting(number: int, row: Row) -> Row:
        def play(scene: Scene, a: int, b: int, c: int) -> None:
            played[number] += 1
            row.play(scene, a, b, c)

        return Row(row.weight, play)

    generate = staged(_leaf, tuple(counting(number, row) for number, row in enumerate(MIXED)))
    for recipe in recipes("played", DRAWS):
        generate(recipe)
    assert set(played) == set(range(len(MIXED)))
    assert max(played.values()) <= 0.35 * played.total()


EXPECTED = """
    + - * / ** @ > unary- += *= torch.maximum torch.minimum torch.where torch.cat torch.stack
    clone relu abs neg sign clamp tanh sigmoid sin cos exp sqrt log rsqrt reciprocal square
    sum mean amax amin max min prod reshape unsqueeze squeeze flatten t transpose permute expand view narrow select
    index_select unbind split chunk gather
    flip roll tril triu diagonal mm mv dot detach double float to masked_fill
    fill_ masked_fill_ div_ neg_ mul_ zero_ add_ sub_ copy_ backward torch.autograd.grad
""".split()


def test_every_operator_is_reached() -> None:
    counted = Counter(name for program in _programs() for name in _named(program))
    assert set(EXPECTED) - set(counted) == set()
    assert max(counted.values()) <= 0.35 * counted.total()


def test_tensors_are_shared() -> None:
    """Fan-out is what accumulation is about: most programs use some name in three statements or more."""
    shared = 0
    for program in _programs():
        uses: Counter[str] = Counter()
        for statement in program.walk():
            names = {one.name for one in expressions(statement) if hasattr(one, "name") and not isinstance(one, Attr)}
            uses.update(names)
        shared += any(count >= 4 for count in uses.values())
    assert shared >= 0.7 * DRAWS


def test_the_sweep_has_every_operator_once() -> None:
    x, w = Scene().leaf((2, 2)), Scene().leaf((2, 2), prefix="w")
    made = [operator(x.ref, w.ref) for operator in OPERATORS]
    assert len(made) == len(OPERATORS) > 80
    assert len({repr(value) for value in made}) == len(made)
