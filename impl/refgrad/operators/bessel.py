"""Bessel functions and Airy's (`torch.special`), which PyTorch does not differentiate.

By integrals, whose sums converge fast, near zero by series, and far away by the asymptotic expansions of Hankel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad.dtypes import FROM_NUMPY
from refgrad.modes import no_grad
from refgrad.operators.call import call_out
from refgrad.operators.declare import FLOAT, operator
from refgrad.operators.kernels import by_element
from refgrad.operators.special import SPECIAL, bessel
from refgrad.operators.texts import not_implemented_for

EULER = 0.57721566490153286061
FAR = 25.0
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def integral(function: Callable[[Any], Any], low: float, high: float) -> float:
    """By Gauss's rule."""
    half = (high - low) / 2
    return float(half * (WEIGHTS * function(half * NODES + (low + high) / 2)).sum())


def hankel(order: float, x: float) -> tuple[float, float]:
    """The two sums of the expansion for large arguments."""
    mu, term, sums = 4 * order * order, 1.0, [1.0, 0.0]
    for k in range(1, 40):
        following = term * (mu - (2 * k - 1) ** 2) / (k * 8 * x)
        if abs(following) > abs(term) or following == 0:
            break
        term = following
        sums[k % 2] += term if k % 4 in (0, 1) else -term
    return sums[0], sums[1]


def oscillating(order: float, x: float, *, second: bool) -> float:
    """J or, the second kind, Y far away."""
    if math.isinf(x):
        return 0.0
    even, odd = hankel(order, x)
    turn = x - (order / 2 + 0.25) * math.pi
    sine, cosine = math.sin(turn), math.cos(turn)
    size = math.sqrt(2 / (math.pi * x))
    return size * (even * sine + odd * cosine) if second else size * (even * cosine - odd * sine)


def first_kind(order: int) -> Callable[[float], float]:
    def compute(x: float) -> float:
        if math.isnan(x):
            return x
        sign = -1.0 if x < 0 and order else 1.0
        x = abs(x)
        if x > FAR:
            return sign * oscillating(order, x, second=False)
        turn = np.arange(64) * (2 * math.pi / 64)
        return sign * float(np.cos(order * turn - x * np.sin(turn)).mean())

    return compute


def second_kind(order: int) -> Callable[[float], float]:
    first = first_kind(order)

    def compute(x: float) -> float:
        if math.isnan(x) or x < 0:
            return math.nan
        if x == 0:
            return -math.inf
        if x > FAR:
            return oscillating(order, x, second=True)
        if x < 1:
            return near_zero(x)
        waves = integral(lambda t: np.sin(x * np.sin(t) - order * t), 0, math.pi)
        sign = -1.0 if order else 1.0

        def tail(t: Any) -> Any:
            return (np.exp(order * t) + sign * np.exp(-order * t)) * np.exp(-x * np.sinh(t))

        return (waves - integral(tail, 0, math.asinh(60 / x))) / math.pi

    def near_zero(x: float) -> float:
        square, total, term = x * x / 4, 0.0, 1.0
        if order == 0:
            harmonic = 0.0
            for k in range(1, 20):
                term *= -square / (k * k)
                harmonic += 1 / k
                total -= harmonic * term
            return 2 / math.pi * ((math.log(x / 2) + EULER) * first(x) + total)
        harmonic = 0.0
        for k in range(20):
            total += term * (2 * harmonic + 1 / (k + 1) - 2 * EULER)
            harmonic += 1 / (k + 1)
            term *= -square / ((k + 1) * (k + 2))
        return 2 / math.pi * math.log(x / 2) * first(x) - 2 / (math.pi * x) - x / (2 * math.pi) * total

    return compute


def decaying(order: float, *, scaled: bool) -> Callable[[float], float]:
    """The modified function of the second kind, if wanted times the exponential."""

    def compute(x: float) -> float:
        if math.isnan(x) or x < 0:
            return math.nan
        if x == 0 or math.isinf(x):
            return math.inf if x == 0 else 0.0
        end = math.acosh(1 + 745 / x)
        t = np.linspace(0, end, 400 + int(20 * end))
        with np.errstate(all="ignore"):
            heights = np.exp(-2 * x * np.sinh(t / 2) ** 2) * np.cosh(order * t)
        total = float((heights.sum() - heights[0] / 2) * (t[1] - t[0]))
        return total if scaled else total * math.exp(-x)

    return compute


AI_ZERO, AI_SLOPE = 0.35502805388781723926, 0.25881940379280679840


def airy(x: float) -> float:
    if math.isnan(x) or math.isinf(x):
        return math.nan
    arc = 2 / 3 * abs(x) ** 1.5
    if x > 2:
        return math.sqrt(x / 3) / math.pi * decaying(1 / 3, scaled=False)(arc)
    if x < -8:
        term, sums = 1.0, [1.0, 0.0]
        for k in range(1, 30):
            following = term * (6 * k - 5) * (6 * k - 3) * (6 * k - 1) / (216 * k * (2 * k - 1)) / arc
            if following > term:
                break
            term = following
            sums[k % 2] += term if k % 4 in (0, 1) else -term
        turn = arc + math.pi / 4
        total = sums[0] * math.sin(turn) - sums[1] * math.cos(turn)
        return float(total / (math.sqrt(math.pi) * abs(x) ** 0.25))
    first, second, f, g = 1.0, x, 1.0, x
    for k in range(1, 60):
        f *= x**3 / ((3 * k - 1) * (3 * k))
        g *= x**3 / ((3 * k) * (3 * k + 1))
        first, second = first + f, second + g
    return AI_ZERO * first - AI_SLOPE * second


def spherical(x: float) -> float:
    if math.isinf(x):
        return 0.0
    if abs(x) < 0.5:
        square = x * x
        return 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72 * (1 - square / 110))))
    return math.sin(x) / x


def published(name: str, compute: Callable[[float], float]) -> None:
    forward = by_element(compute)

    def checked(a: Any) -> Any:
        kind = FROM_NUMPY[a.dtype].scalar_name
        if kind not in ("Float", "Double"):
            raise NotImplementedError(not_implemented_for(f"{name}_cpu", kind))
        return forward(a)

    row = operator(f"special_{name}(Tensor self)", checked, dtype=FLOAT)

    def function(input: Any, *, out: Any = None) -> Any:
        if out is None:
            return row(input)
        with no_grad():
            return call_out(row, (input,), (), out)

    function.__name__ = name
    SPECIAL[name] = function


for _name, _compute in {
    "bessel_j0": first_kind(0), "bessel_j1": first_kind(1), "bessel_y0": second_kind(0), "bessel_y1": second_kind(1),
    "modified_bessel_i0": bessel(0), "modified_bessel_i1": bessel(1),
    "modified_bessel_k0": decaying(0, scaled=False), "modified_bessel_k1": decaying(1, scaled=False),
    "scaled_modified_bessel_k0": decaying(0, scaled=True), "scaled_modified_bessel_k1": decaying(1, scaled=True),
    "airy_ai": airy, "spherical_bessel_j0": spherical,
}.items():  # fmt: skip
    published(_name, _compute)
