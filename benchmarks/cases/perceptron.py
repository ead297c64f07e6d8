"""C: one training step of a network 784-256-10 with relu, mean squared error and stochastic gradient descent."""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.cases import Case, Step

SIZES = (784, 256, 10)
RATE = 0.01


def arrays(batch: int) -> tuple[list[Any], Any, Any]:
    """Parameters, inputs and wanted outputs, in float32."""
    random = np.random.default_rng(0)
    parameters = []
    for given, made in pairwise(SIZES):
        parameters.append(random.standard_normal((given, made), np.float32) / np.float32(given**0.5))
        parameters.append(np.zeros(made, np.float32))
    inputs = random.standard_normal((batch, SIZES[0]), np.float32)
    return parameters, inputs, random.standard_normal((batch, SIZES[-1]), np.float32)


def torchlike(torch: Any, batch: int) -> Step:
    given, inputs, wanted = arrays(batch)
    parameters = [torch.tensor(each, requires_grad=True) for each in given]
    x, y = torch.tensor(inputs), torch.tensor(wanted)
    w1, b1, w2, b2 = parameters

    def step() -> float:
        out = (x @ w1 + b1).relu() @ w2 + b2
        loss = ((out - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for each in parameters:
                each.add_(each.grad, alpha=-RATE)
                each.grad = None
        return float(loss.detach())

    return step


def autograd(batch: int) -> Step:
    anp = import_module("autograd.numpy")
    value_and_grad = import_module("autograd").value_and_grad

    given, x, y = arrays(batch)

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        out = anp.dot(anp.maximum(anp.dot(x, w1) + b1, 0), w2) + b2
        return anp.mean((out - y) ** 2)

    both = value_and_grad(loss, (0, 1, 2, 3))

    def step() -> float:
        value, gradients = both(*given)
        for each, gradient in zip(given, gradients, strict=True):
            each -= RATE * gradient
        return float(value)

    return step


def mygrad(batch: int) -> Step:
    mg = import_module("mygrad")

    given, x, y = arrays(batch)
    parameters = [mg.tensor(each) for each in given]
    w1, b1, w2, b2 = parameters

    def step() -> float:
        out = mg.matmul(mg.maximum(mg.matmul(x, w1) + b1, 0), w2) + b2
        loss = ((out - y) ** 2).mean()
        loss.backward()
        for each in parameters:
            each.data -= RATE * each.grad
            each.null_grad()
        return float(loss)

    return step


def case(batch: int, target: float) -> Case:
    return Case(
        f"training step 784-256-10, batch {batch}",
        1,
        target,
        lambda torch: torchlike(torch, batch),
        lambda: autograd(batch),
        lambda: mygrad(batch),
    )


CASES = {"C64": case(64, 1.1), "C1": case(1, 1.7)}
