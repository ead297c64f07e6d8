"""Run the same calls on PyTorch and on refgrad and compare everything that can be seen.

A case is a function of an engine (the module `torch` or `refgrad`) and of tensors. What is compared: the value, its
type, the graph behind it, what its node saved, gradients with the graphs behind them, second gradients, whether a
second backward passes, and the errors' types and texts. Nothing is expected but what PyTorch does while the test runs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import refgrad

Case = Callable[..., Any]
Record = dict[str, Any]

comparisons = 0
"""How many single facts were compared."""


class Input:
    """A tensor to be made on both engines."""

    def __init__(self, values: Any, dtype: str = "float32", requires_grad: bool | None = None) -> None:
        self.array = np.array(values, dtype=dtype)
        self.dtype = dtype
        self.requires_grad = dtype.startswith("float") if requires_grad is None else requires_grad

    def on(self, engine: Any) -> Any:
        made = engine.tensor(self.array.tolist(), dtype=getattr(engine, self.dtype))
        if self.array.size == 0:
            made = made.reshape(self.array.shape)
        return made.requires_grad_() if self.requires_grad else made


def graph_of(node: Any, depth: int = 0) -> Any:
    """The graph from a node on: names and edges."""
    if node is None or depth > 14:
        return None
    name = node.name()
    return (name, [(graph_of(next_node, depth + 1), number) for next_node, number in node.next_functions])


def plain(value: Any) -> Any:
    """A value of either engine as numbers, tuples and arrays."""
    if hasattr(value, "detach"):
        array = value.detach().numpy(force=True)
        return ("tensor", str(value.dtype), array.shape, np.array(array))
    if isinstance(value, (tuple, list)):
        return tuple(plain(each) for each in value)
    return value if isinstance(value, (int, float, complex, str, bool, type(None))) else str(value)


def saved_of(node: Any) -> Record:
    return {name: plain(getattr(node, name)) for name in dir(node) if name.startswith("_saved_")}


def error_of(error: BaseException) -> Any:
    return ("error", type(error).__name__, str(error).split("\nException raised from")[0])


def attempt(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:
        return error_of(error)


def tensors_in(made: Any) -> list[Any]:
    if hasattr(made, "detach"):
        return [made]
    return [each for each in made if hasattr(each, "detach")] if isinstance(made, (tuple, list)) else []


def weights(engine: Any, like: Any) -> Any:
    """Small dyadic numbers, a different one for each element."""
    count = like.numel()
    values = [(-1) ** i * (1 + i % 4) / 2 for i in range(count)]
    made = engine.tensor(values, dtype=like.dtype)
    return made.reshape(tuple(like.shape))


def run(engine: Any, case: Case, inputs: Sequence[Input], second: bool = True) -> Record:
    """Everything that one engine shows of a case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return observe(engine, case, inputs, second)


def observe(engine: Any, case: Case, inputs: Sequence[Input], second: bool) -> Record:
    tensors = [each.on(engine) for each in inputs]
    record: Record = {}
    made = attempt(lambda: case(engine, *tensors))
    if isinstance(made, tuple) and made and made[0] == "error":
        return {"error": made}
    record["value"] = plain(made)
    outputs = [each for each in tensors_in(made) if each.requires_grad]
    record["requires_grad"] = [each.requires_grad for each in tensors_in(made)]
    record["graph"] = [graph_of(each.grad_fn) for each in outputs]
    nodes = [each.grad_fn for each in outputs if each.grad_fn is not None]
    record["saved"] = [attempt(lambda node=node: saved_of(node)) for node in nodes]
    wanted = [each for each in tensors if each.requires_grad]
    if not wanted or not outputs or not all(each.is_floating_point() for each in outputs):
        return record
    heads = [weights(engine, each).requires_grad_() for each in outputs]
    gradients = attempt(lambda: engine.autograd.grad(outputs, wanted, heads, create_graph=True, allow_unused=True))
    record["gradients"] = plain(gradients)
    if gradients and isinstance(gradients[0], str):
        return record
    record["gradient graphs"] = [None if each is None else graph_of(each.grad_fn) for each in gradients]
    moving = [each for each in gradients if each is not None and each.requires_grad]
    if second and moving:
        directions = [weights(engine, each) for each in moving]
        record["second gradients"] = plain(
            attempt(lambda: engine.autograd.grad(moving, [*wanted, *heads], directions, allow_unused=True))
        )
    fresh = attempt(lambda: case(engine, *tensors))
    ends = [each for each in tensors_in(fresh) if each.requires_grad]
    record["first backward"] = plain(attempt(lambda: engine.autograd.backward(ends, [each.detach() for each in heads])))
    record["second backward"] = plain(
        attempt(lambda: engine.autograd.backward(ends, [each.detach() for each in heads]))
    )
    return record


def differences(expected: Any, got: Any, tolerance: float, where: str = "") -> list[str]:
    """What differs between two records; numbers may be apart by `tolerance`, relatively."""
    global comparisons
    if isinstance(expected, dict) and isinstance(got, dict):
        found = [f"{where}: keys {sorted(expected)} != {sorted(got)}"] if sorted(expected) != sorted(got) else []
        for key in expected.keys() & got.keys():
            found += differences(expected[key], got[key], tolerance, f"{where}/{key}")
        return found
    comparisons += 1
    if isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
        return [] if same_numbers(expected, got, tolerance) else [f"{where}: {expected!r} != {got!r}"]
    if isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)) and len(expected) == len(got):
        found = []
        for i, (left, right) in enumerate(zip(expected, got, strict=True)):
            found += differences(left, right, tolerance, f"{where}[{i}]")
        return found
    if isinstance(expected, float) and isinstance(got, float):
        return [] if same_numbers(np.asarray(expected), np.asarray(got), 1e-12) else [f"{where}: {expected} != {got}"]
    return [] if type(expected) is type(got) and expected == got else [f"{where}: {expected!r} != {got!r}"]


def same_numbers(expected: Any, got: Any, tolerance: float) -> bool:
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return False
    if tolerance == 0 or expected.dtype.kind in "biu":
        return bool(np.array_equal(expected, got, equal_nan=expected.dtype.kind in "fc"))
    with np.errstate(all="ignore"):
        step = tolerance * (1 if expected.dtype.itemsize <= 4 else 1e-6)
        return bool(np.allclose(got, expected, rtol=step, atol=step, equal_nan=True))


def check(case: Case, *inputs: Input, tolerance: float = 0, second: bool = True) -> None:
    """Fail if PyTorch and refgrad differ in anything a case shows."""
    found = differences(run(torch, case, inputs, second), run(refgrad, case, inputs, second), tolerance)
    assert not found, "\n".join(found)
