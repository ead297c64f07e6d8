"""D: `sum(exp(tanh(x) * x) + x)` on a million elements, forward and gradient: memory and page faults decide."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.cases import Case, Step

N = 1_000_000


def array(kind: str) -> Any:
    return np.linspace(-2, 2, N, dtype=kind)


def torchlike(torch: Any, kind: str) -> Step:
    x = torch.tensor(array(kind), requires_grad=True)

    def step() -> float:
        (gradient,) = torch.autograd.grad(((x.tanh() * x).exp() + x).sum(), x)
        return float(gradient[3])

    return step


def autograd(kind: str) -> Step:
    anp = import_module("autograd.numpy")
    grad = import_module("autograd").grad

    gradient = grad(lambda x: anp.sum(anp.exp(anp.tanh(x) * x) + x))
    x = array(kind)
    return lambda: float(gradient(x)[3])


def mygrad(kind: str) -> Step:
    mg = import_module("mygrad")

    x = mg.tensor(array(kind))

    def step() -> float:
        (mg.exp(mg.tanh(x) * x) + x).sum().backward()
        found = float(x.grad[3])
        x.null_grad()
        return found

    return step


def case(kind: str) -> Case:
    return Case(
        f"elementwise, 1e6 elements, {kind}",
        1,
        1.0,
        lambda torch: torchlike(torch, kind),
        lambda: autograd(kind),
        lambda: mygrad(kind),
    )


CASES = {"D32": case("float32"), "D64": case("float64")}
