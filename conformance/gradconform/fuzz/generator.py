"""One program for every seed."""

from __future__ import annotations

from gradconform.fuzz.choices import Choices, Seeded
from gradconform.generate import moves, passes, tables
from gradconform.generate.scene import Scene
from gradoracle.program import Program

VERSION = 0
"""The version of the generator: a seed means the same program as long as this stays the same."""

_NUMBERS = 1 << 16
_LONGEST = 14


def program(seed: int) -> Program:
    """The program of a seed: a pure function of the seed and `VERSION`."""
    return drawn(Seeded(seed))


def drawn(choices: Choices) -> Program:
    """The program that some choices make."""
    scene = Scene()
    scene.leaf((2, 3))
    for _ in range(_LONGEST):
        if choices.below(16) == 0:
            break
        move = tuple(choices.below(_NUMBERS) for _ in range(4))
        moves.play(scene, ((move[0], move[1], move[2], move[3]),), tables.MIXED)
    passes.observe_everything(scene)
    return scene.program()
