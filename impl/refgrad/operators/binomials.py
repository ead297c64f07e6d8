"""`torch.binomial`: how often something of a given probability happens in so many trials."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import creation, dtypes
from refgrad.levels import levels
from refgrad.operators import random_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.drawing import drawing
from refgrad.operators.loss_texts import found_type
from refgrad.operators.transformed import refuse_tangents
from refgrad.operators.underivable import underivable

Draw = Callable[[], float]


def tail(k: float) -> float:
    """What Stirling's formula leaves out of the logarithm of the factorial."""
    if k <= 9:
        return math.lgamma(k + 1) - (0.5 * math.log(2 * math.pi) + (k + 0.5) * math.log(k + 1) - (k + 1))
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def by_gaps(count: float, probability: float, draw: Draw) -> float:
    """The trials between two events are drawn until there are no more."""
    logarithm, passed, events = math.log1p(-probability), 0.0, 0
    while True:
        drawn = draw()
        passed += math.ceil(math.log(drawn) / logarithm) if drawn else math.inf
        if passed > count:
            return float(events)
        events += 1


def by_rejection(count: float, probability: float, draw: Draw) -> float:
    """Hormann's transformed rejection."""
    deviation = math.sqrt(count * probability * (1 - probability))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * probability
    middle, surely, odds = count * probability + 0.5, 0.92 - 4.2 / b, probability / (1 - probability)
    scale, mode = (2.83 + 5.1 / b) * deviation, math.floor((count + 1) * probability)
    while True:
        u, v = draw() - 0.5, draw()
        inner = 0.5 - abs(u)
        found = math.floor((2 * a / inner + b) * u + middle) if inner else -1
        if inner >= 0.07 and v <= surely:
            return float(found)
        if found < 0 or found > count:
            continue
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - found + 1))
            + (found + 0.5) * math.log(odds * (count - found + 1) / (found + 1))
            + (tail(mode) + tail(count - mode) - tail(found) - tail(count - found))
        )
        if math.log(v * scale / (a / (inner * inner) + b)) <= bound:
            return float(found)


def events(count: float, probability: float, draw: Draw) -> float:
    if count <= 0 or probability <= 0:
        return 0.0
    if probability >= 1:
        return count
    if probability > 0.5:
        return count - events(count, 1 - probability, draw)
    if math.isnan(count) or math.isnan(probability):
        return math.nan
    return (by_rejection if count * probability >= 10 else by_gaps)(count, probability, draw)


def forward(count: Any, probability: Any) -> Any:
    for name, each in (("count", count), ("prob", probability)):
        if each.dtype.kind not in "fV":
            raise ValueError(texts.binomial_type(name, dtypes.of_array(each).scalar_name))
    if count.dtype != probability.dtype:
        kinds = (dtypes.of_array(each).scalar_name for each in (probability, count))
        raise RuntimeError(found_type(*kinds))
    counts, probabilities = np.broadcast_arrays(count, probability)
    draw = creation.random_state.fraction
    made = [
        events(float(n), float(p), draw) for n, p in zip(counts.reshape(-1), probabilities.reshape(-1), strict=True)
    ]
    return np.array(made, count.dtype).reshape(counts.shape)


BINOMIAL = operator("binomial(Tensor count, Tensor prob)", forward, dtype=KEEP, public=False)


@function("binomial", public=FUNCTION)
def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """Numbers of the binomial distribution; PyTorch has no derivative of them."""
    if levels.active:
        refuse_tangents("aten::binomial", (count, prob))
    return underivable("aten::binomial", drawing(BINOMIAL)(count, prob, generator=generator), (count, prob))
