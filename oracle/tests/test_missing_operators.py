"""An operator that the tensors of an engine do not have is unsupported; one that refuses its operands is an error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradoracle.interpreter import run
from gradoracle.parse import parse_program
from gradoracle.torchlike import TorchLike


class Small:
    """A tensor that can be added to, and refuses texts."""

    dtype = "torch.float32"

    def __init__(self, elements: Any, **_: Any) -> None:
        self.elements = np.asarray(elements, np.float32)

    def __add__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, str) else Small(self.elements + getattr(other, "elements", other))


class Toy(TorchLike):
    def array(self, tensor: Any) -> Any:
        return tensor.elements


ENGINE = Toy("toy", SimpleNamespace(Tensor=Small, tensor=Small))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("a @ a", "__matmul__"),
        ("a / 2", "__truediv__"),
        ("2 - a", "__rsub__"),
        ("2 + a", "__radd__"),
        ("a ** 2", "__pow__"),
        ("a *= 2", "__mul__"),
        ("-a", "__neg__"),
        ("~a", "__invert__"),
        ("a > 0", "__gt__"),
        ("0 <= a", "__ge__"),
        ("a[0]", "__getitem__"),
        ("a[0] = 1", "__setitem__"),
        ("def f(x):\n    return x * a\nf(2)", "__rmul__"),
    ],
)
def test_what_a_class_lacks_is_unsupported(code: str, what: str) -> None:
    trace = run(parse_program(f"a = torch.tensor([1.0, 2.0])\n{code}"), ENGINE)
    assert trace.ending == ("unsupported", f"torch.Tensor.{what}")


@pytest.mark.parametrize("code", ["a + 'x'", "'x' - 1", "[1] @ [2]", "None[0]", "-'x'", "[] < 1"])
def test_what_is_refused_is_an_error(code: str) -> None:
    trace = run(parse_program(f"a = torch.tensor([1.0, 2.0])\n{code}\na + 1"), ENGINE)
    assert trace.finished
    assert trace.steps[1].outcome[:2] == ("error", "TypeError")
