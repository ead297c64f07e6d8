"""`checkpoint(..., debug=True)`: both runs of the function, operator by operator, for the report if they differ.

PyTorch also names the places in its own code that a call went through; here only those of the caller's are named.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import refgrad
from refgrad.func.trees import flatten, mapped
from refgrad.tensor import Tensor
from refgrad.utils import debug_texts as texts
from refgrad.utils._python_dispatch import TorchDispatchMode

OWN = str(Path(refgrad.__file__).parent)
SHORT = {
    "float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "int64": "i64", "int32": "i32",
    "int16": "i16", "int8": "i8", "uint8": "u8", "bool": "b8", "complex64": "c64", "complex128": "c128",
}  # fmt: skip
"""What types are called in the report."""


class Log(TorchDispatchMode):
    """The operators that run, and where they were called."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: list[str] = []
        self.stacks: list[list[str]] = []
        self.numbers: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self.count = 0

    def __enter__(self) -> TorchDispatchMode:
        self.__init__()  # type: ignore[misc]  # the log of the latest run
        return super().__enter__()

    def number(self, tensor: Tensor) -> str:
        known = self.numbers.get(id(tensor))
        if known is None or known[0]() is not tensor:
            known = self.numbers[id(tensor)] = weakref.ref(tensor), self.count
            self.count += 1
        return f"${known[1]}"

    def shown(self, value: Any) -> str:
        return self.number(value) if isinstance(value, Tensor) else repr(value)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [str(mapped(self.shown, each)) for each in args]
        given += [f"{name}={mapped(self.shown, each)}" for name, each in kwargs.items()]
        made = func(*args, **kwargs)
        results = [each for each in flatten(made)[0] if isinstance(each, Tensor)]
        names = ", ".join(f"{self.number(each)}: {kind_of(each)}" for each in results)
        self.operators.append(f"{names} = torch._ops.{func}({', '.join(given)})")
        self.stacks.append(list(callers()))
        return made

    def traced(self, run: str) -> list[str]:
        count = len(self.operators)
        pairs = enumerate(zip(self.operators, self.stacks, strict=True), 1)
        return [texts.traced(operator, place, count, run, stack) for place, (operator, stack) in pairs]


def kind_of(tensor: Tensor) -> str:
    name = str(tensor.dtype).rpartition(".")[2]
    return f"{SHORT.get(name, name)}{list(tensor.shape)}"


def callers() -> Iterator[str]:
    """The places of the caller's code that led here, the innermost first."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith((OWN, "<refgrad")):
            yield f"{code.co_filename}:{frame.f_lineno}:{code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]


def report(original: Log, recomputed: Log) -> str:
    operators = original.operators, recomputed.operators
    return texts.report(original.traced("original"), recomputed.traced("recompute"), operators)
