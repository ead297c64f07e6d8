"""E: the Jacobian of `tanh(x @ W1 + b1) @ W2 + b2`, 50 to 50 numbers: a loop of 50 backward passes, or one batched."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.cases import Case, Step

N = 50


def arrays() -> tuple[Any, ...]:
    random = np.random.default_rng(0)
    shapes = ((N,), (N, N), (N,), (N, N), (N,))
    return tuple(random.standard_normal(shape) / N**0.5 for shape in shapes)


def network(torch: Any) -> tuple[Any, Any]:
    x, w1, b1, w2, b2 = (torch.tensor(each) for each in arrays())
    x.requires_grad_()
    return x, lambda: (x @ w1 + b1).tanh() @ w2 + b2


def loop(torch: Any) -> Step:
    x, run = network(torch)
    rows = torch.eye(N, dtype=torch.float64).unbind()

    def step() -> float:
        out = run()
        found = torch.stack([torch.autograd.grad(out, x, row, retain_graph=True)[0] for row in rows])
        return float(found[1, 2])

    return step


def batched(torch: Any) -> Step:
    """The target is a share of the *loop's* time on PyTorch; the ratio shown is to PyTorch's own batched call."""
    x, run = network(torch)
    rows = torch.eye(N, dtype=torch.float64)

    def step() -> float:
        (found,) = torch.autograd.grad(run(), x, rows, is_grads_batched=True)
        return float(found[1, 2])

    return step


def autograd() -> Step:
    anp = import_module("autograd.numpy")
    jacobian = import_module("autograd").jacobian

    x, w1, b1, w2, b2 = arrays()
    found = jacobian(lambda x: anp.dot(anp.tanh(anp.dot(x, w1) + b1), w2) + b2)
    return lambda: float(found(x)[1, 2])


CASES = {
    "E": Case("50x50 Jacobian, loop", 1, 0.4, loop, autograd),
    "Eb": Case("50x50 Jacobian, batched", 1, None, batched),
}
