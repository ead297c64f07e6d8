"""B: 10,000 products of 20,000 scalar leaves, summed pairwise: a wide graph with as many accumulations as nodes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.cases import Case, Step

N = 10_000
FIRST = [0.5 + i / N for i in range(N)]
SECOND = [1.5 - i / N for i in range(N)]


def pairwise(terms: list[Any]) -> Any:
    while len(terms) > 1:
        terms = [terms[i] + terms[i + 1] if i + 1 < len(terms) else terms[i] for i in range(0, len(terms), 2)]
    return terms[0]


def products(first: Sequence[Any], second: Sequence[Any]) -> Any:
    return pairwise([a * b for a, b in zip(first, second, strict=True)])


def torchlike(torch: Any) -> Step:
    def step() -> float:
        first = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in FIRST]
        second = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in SECOND]
        products(first, second).backward()
        return float(first[7].grad)

    return step


def autograd() -> Step:
    """On two vectors, element by element: a list of scalars as one argument takes autograd quadratic time."""
    np = import_module("numpy")
    grad = import_module("autograd").grad

    def total(first: Any, second: Any) -> Any:
        return products([first[i] for i in range(N)], [second[i] for i in range(N)])

    gradient = grad(total, (0, 1))
    return lambda: float(gradient(np.array(FIRST), np.array(SECOND))[0][7])


def mygrad() -> Step:
    mg = import_module("mygrad")

    def step() -> float:
        first = [mg.tensor(value) for value in FIRST]
        second = [mg.tensor(value) for value in SECOND]
        products(first, second).backward()
        return float(first[7].grad)

    return step


CASES = {"B": Case("10,000 products of scalar leaves", 2 * N - 1, 0.8, torchlike, autograd, mygrad)}
