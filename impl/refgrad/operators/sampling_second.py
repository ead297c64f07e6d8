"""Gradients of gradients of looked-up images: looking up once more, of operators that can be differentiated."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from refgrad.modes import modes, quietly
from refgrad.operators.formula_values import zeros_like
from refgrad.tensor import Tensor

CUBIC = -0.75


def weights_of(share: Any, mode: int, steps: Sequence[int]) -> list[Any]:
    """The weights of the neighbours along one axis, of how far a place is from the first of them."""
    if mode == 1:
        return [None]
    if mode == 0:
        return [1 - share, share]
    made = []
    for step in steps:
        apart = share - step
        sign = Tensor._of(np.sign(apart.detach()._array))
        size = apart * sign
        if abs(step) + (step < 0) <= 1:
            made.append(((CUBIC + 2) * size - (CUBIC + 3)) * size * size + 1)
        else:
            made.append(((CUBIC * size - 5 * CUBIC) * size + 8 * CUBIC) * size - 4 * CUBIC)
    return made


def expressed(input: Any, grid: Any, mode: int, located: tuple[list[Any], list[Any]], shares: Sequence[Any]) -> Any:
    """The image looked up; `located` are the taps, `shares` how far each place is from the first one."""
    parts, slopes = located
    rank = grid.shape[-1]
    moved = input.movedim(1, -1)
    batch = Tensor._of(np.arange(input.shape[0]).reshape(-1, *(1 for _ in grid.shape[1:-1])))
    weights = []
    for axis in range(rank):
        place = grid.select(-1, rank - 1 - axis)
        share = Tensor._of(shares[axis].astype(grid._array.dtype))
        share = share + Tensor._of(slopes[axis].astype(grid._array.dtype)) * (place - place.detach())
        weights.append(weights_of(share, mode, (-1, 0, 1, 2)))
    made: Any = None
    for chosen in itertools.product(*(range(len(each)) for each in parts)):
        taken = [parts[axis][i] for axis, i in enumerate(chosen)]
        seen = Tensor._of(np.logical_and.reduce([each[3] for each in taken]).astype(input._array.dtype))
        term = moved[(batch, *(Tensor._of(each[0]) for each in taken))] * seen.unsqueeze(-1)
        for axis, i in enumerate(chosen):
            if weights[axis][i] is not None:
                term = term * weights[axis][i].unsqueeze(-1)
        made = term if made is None else made + term
    return made.movedim(-1, 1)


def second(
    look_up: Callable[..., Any], grads: Sequence[Any], inputs: Sequence[Any], needed: Sequence[bool]
) -> tuple[Any, ...]:
    """For gradients of both results of the backward, those of its gradient, image and grid.

    They can be differentiated if this is recorded.
    """
    from refgrad.autograd import grad

    recorded = modes.grad
    with quietly(True):
        copies = [
            each.clone() if recorded and each.requires_grad else each.detach().requires_grad_() for each in inputs
        ]
        made = look_up(*copies[1:])
        first = grad(made, copies[1:], copies[0], create_graph=True, allow_unused=True)
        pairs = [(one, g) for one, g in zip(first, grads, strict=True) if one is not None and g is not None]
        if not pairs:
            return tuple(zeros_like(each) if wanted else None for each, wanted in zip(inputs, needed, strict=True))
        ends, given = [one for one, _ in pairs], [g for _, g in pairs]
        found = grad(ends, copies, given, create_graph=recorded, allow_unused=True)
    return tuple(each if wanted else None for each, wanted in zip(found, needed, strict=True))
