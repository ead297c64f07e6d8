"""The core vocabulary whose programs are enumerated: what one step may be.

Every program begins with the same leaf. A step binds a new name, or acts on names that are bound: `x` and `y` stand for
those, `new` for the next free name. Names are given in order, so programs that differ in names alone are one
program. All tensors hold one element: a step never fails for its shape, so every error is about autograd.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1
"""Grows whenever a program gets another number: with every change of this file."""

LEAF = "a = torch.tensor([3.0], requires_grad=True)"

NAMES = "abcdefghijklmnopqrstuvwxyz"
"""A tensor's name is its position here."""


@dataclass(frozen=True, slots=True)
class Move:
    """One kind of step.

    It acts on one tensor, or, with `sorted_operands`, on two of which the first was bound no later than the second.
    `binds` says whether it makes a tensor.
    """

    text: str
    binds: bool
    sorted_operands: bool = False


MOVES: tuple[Move, ...] = (
    Move("{new} = {x} * {y}", binds=True, sorted_operands=True),
    Move("{new} = {x}.relu()", binds=True),
    Move("{new} = {x}.view(-1)", binds=True),
    Move("{new} = {x}.detach()", binds=True),
    Move("{x}.mul_(2)", binds=False),
    Move("with torch.no_grad():\n    {x}.mul_(2)", binds=False),
    Move("{x}.requires_grad_()", binds=False),
    Move("{x}.retain_grad()", binds=False),
    Move("{x}.backward()", binds=False),
    Move("{x}.backward(retain_graph=True)", binds=False),
    Move("torch.autograd.grad({x}, a)", binds=False),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one program: its text, whether it binds the next name, and which move it is."""

    text: str
    binds: bool
    move: Move


def steps(bound: int) -> tuple[Step, ...]:
    """What may come next when `bound` tensors are bound, in the order that numbers programs."""
    names = NAMES[:bound]
    found: list[Step] = []
    for move in MOVES:
        for i, x in enumerate(names):
            others = names[i:] if move.sorted_operands else x
            texts = [move.text.format(new=NAMES[bound], x=x, y=y) for y in others]
            found += [Step(text, move.binds, move) for text in texts]
    return tuple(found)
