"""A: a chain of 10,000 steps `h = h * w + c` on scalars, forward and backward. Every node is pure bookkeeping."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.cases import Case, Step

N = 10_000


def torchlike(torch: Any) -> Step:
    def step() -> float:
        x, w, c = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.5, 0.999, 0.001))
        h = x
        for _ in range(N):
            h = h * w + c
        h.backward()
        return float(w.grad)

    return step


def autograd() -> Step:
    grad = import_module("autograd").grad

    def chain(x: Any, w: Any, c: Any) -> Any:
        h = x
        for _ in range(N):
            h = h * w + c
        return h

    gradient = grad(chain, (0, 1, 2))
    return lambda: float(gradient(0.5, 0.999, 0.001)[1])


def mygrad() -> Step:
    mg = import_module("mygrad")

    def step() -> float:
        x, w, c = (mg.tensor(value) for value in (0.5, 0.999, 0.001))
        h = x
        for _ in range(N):
            h = h * w + c
        h.backward()
        return float(w.grad)

    return step


CASES = {"A": Case("chain of 20,000 scalar nodes", 2 * N, 1.0, torchlike, autograd, mygrad)}
