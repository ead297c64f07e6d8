"""The engines that are compared, by name. One that is not installed is left out of the table, and said to be."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from typing import Any

from benchmarks.cases import Case, Step, chain, elementwise, jacobian, perceptron, wide

ENGINES = ("torch", "refgrad", "autograd", "mygrad")

CASES: dict[str, Case] = {
    name: case for module in (chain, wide, perceptron, elementwise, jacobian) for name, case in module.CASES.items()
}


def installed(engine: str) -> bool:
    return importlib.util.find_spec(engine) is not None


def module_of(engine: str) -> Any:
    """The module with PyTorch's interface, on one thread."""
    module = import_module(engine)
    if engine == "torch":
        module.set_num_threads(1)
    return module


def step_of(engine: str, name: str) -> Step | None:
    """The step of a case on an engine; `None` if the case is not written for it."""
    case = CASES[name]
    if engine in ("torch", "refgrad"):
        return case.torchlike(module_of(engine))
    make = case.autograd if engine == "autograd" else case.mygrad
    return None if make is None else make()
