"""Generators of programs that are written as text: a line or a few, with blanks, said as often as a recipe has moves.

A move is one number: its digits, to the base of how many ways there are, choose the text and then what fills each
blank. So every recipe gives a program, the empty one says the first text with the first of everything, and small
numbers choose what stands first in its list.
"""

from __future__ import annotations

from string import Template

from gradconform.catalogue.behaviour import Generator, Move, Recipe
from gradconform.generate.recipe import LIMIT
from gradoracle.parse import parse_program
from gradoracle.program import Program

MOST = 10
"""The most texts that one program says."""

DEEPEST = 3
"""Blanks stand in what fills blanks, and so on, so many times at most."""


def spoken(*texts: str, start: str = "", **blanks: tuple[str, ...]) -> Generator:
    """A generator of programs that begin with `start` and then say one of `texts` for each move of the recipe.

    `$n` in a text is its number in the program, so that names differ; `$word` is filled with one of `blanks["word"]`,
    the same wherever it stands in the text. What fills a blank may have blanks of its own.
    """
    choices = (texts, *blanks.values())

    def say(position: int, move: Move) -> str:
        text, *words = _chosen(move, choices)
        filled = dict(zip(blanks, words, strict=True))
        for _ in range(DEEPEST):
            text = Template(text).safe_substitute(filled)
        return Template(text).substitute(n=position)

    def generate(recipe: Recipe) -> Program:
        said = [say(position, move) for position, move in enumerate(recipe[:MOST] or ((0, 0, 0, 0),), 1)]
        return parse_program("\n".join(("import torch", start, *said)))

    return generate


def _chosen(move: Move, choices: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    number = 0
    for digit in reversed(move):
        number = number * (LIMIT + 1) + digit
    found = []
    for options in choices:
        number, place = divmod(number, len(options))
        found.append(options[place])
    return tuple(found)
