"""Orthogonal polynomials (`torch.special`), by their recurrences; PyTorch does not differentiate them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from refgrad.dtypes import FROM_NUMPY
from refgrad.memory import check_single_places
from refgrad.modes import quietly
from refgrad.operators.call import written
from refgrad.operators.declare import FLOAT, operator
from refgrad.operators.special import SPECIAL, of_two
from refgrad.operators.texts import not_implemented_for

Following = Callable[[int, float, float, float], float]
"""The next value of a recurrence, from the number of the last one, x, the last one and the one before."""

KINDS = ("float32", "float64")


def recurring(degree: float, x: float, first: float, following: Following) -> float:
    """The value of a degree, from those of degree 0, which is 1, and of degree 1."""
    n = int(degree)
    if n < 0:
        return 0.0
    if n == 0:
        return 1.0
    before, last = 1.0, first
    for k in range(1, n):
        before, last = last, following(k, x, last, before)
    return last


def chebyshev_step(k: int, x: float, last: float, before: float) -> float:
    return 2 * x * last - before


def chebyshev_t(x: float, n: float) -> float:
    return recurring(n, x, x, chebyshev_step)


def chebyshev_u(x: float, n: float) -> float:
    return recurring(n, x, 2 * x, chebyshev_step)


def chebyshev_v(x: float, n: float) -> float:
    return recurring(n, x, 2 * x - 1, chebyshev_step)


def chebyshev_w(x: float, n: float) -> float:
    return recurring(n, x, 2 * x + 1, chebyshev_step)


def shifted(polynomial: Callable[[float, float], float]) -> Callable[[float, float], float]:
    return lambda x, n: polynomial(x + x - 1, n)


def hermite_h(x: float, n: float) -> float:
    return recurring(n, x, 2 * x, lambda k, x, last, before: 2 * x * last - 2 * k * before)


def hermite_he(x: float, n: float) -> float:
    return recurring(n, x, x, lambda k, x, last, before: x * last - k * before)


def laguerre_l(x: float, n: float) -> float:
    return recurring(n, x, 1 - x, lambda k, x, last, before: ((2 * k + 1 - x) * last - k * before) / (k + 1))


def legendre_p(x: float, n: float) -> float:
    return recurring(n, x, x, lambda k, x, last, before: ((2 * k + 1) * x * last - k * before) / (k + 1))


def published(name: str, compute: Callable[[float, float], float]) -> None:
    def value(x: float, n: float) -> float:
        return math.nan if math.isnan(n) else compute(x, n)

    forward = of_two(value)

    def checked(a: Any, b: Any) -> Any:
        kind = FROM_NUMPY[a.dtype]
        if kind.name not in KINDS:
            raise NotImplementedError(not_implemented_for(f"{name}_cpu", kind.scalar_name))
        return forward(a, b)

    row = operator(f"special_{name}(Tensor x, Tensor n)", checked, dtype=FLOAT)

    def function(input: Any, n: Any, *, out: Any = None) -> Any:
        if out is None:
            return row(input, n)
        check_single_places(out._array)
        with quietly(False):
            return written(out, row(input, n)._array)

    function.__name__ = name
    SPECIAL[name] = function


for _name, _compute in {
    "chebyshev_polynomial_t": chebyshev_t, "chebyshev_polynomial_u": chebyshev_u,
    "chebyshev_polynomial_v": chebyshev_v, "chebyshev_polynomial_w": chebyshev_w,
    "shifted_chebyshev_polynomial_t": shifted(chebyshev_t), "shifted_chebyshev_polynomial_u": shifted(chebyshev_u),
    "shifted_chebyshev_polynomial_v": shifted(chebyshev_v), "shifted_chebyshev_polynomial_w": shifted(chebyshev_w),
    "hermite_polynomial_h": hermite_h, "hermite_polynomial_he": hermite_he,
    "laguerre_polynomial_l": laguerre_l, "legendre_polynomial_p": legendre_p,
}.items():  # fmt: skip
    published(_name, _compute)
