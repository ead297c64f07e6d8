"""Python's operators on tensors: which method stands behind `+`, `+=`, `==`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.operators.call import NUMBERS
from refgrad.operators.elementwise import DIV, SUB
from refgrad.operators.examples import ADD, MUL
from refgrad.operators.names import METHODS
from refgrad.operators.short import short_special_method
from refgrad.tensor import Tensor

OPERANDS = (Tensor, *NUMBERS)

SAME = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul", "__truediv__": "div",
    "__floordiv__": "floor_divide", "__mod__": "remainder", "__pow__": "pow", "__matmul__": "matmul", "__and__":
    "bitwise_and",
    "__or__": "bitwise_or", "__xor__": "bitwise_xor", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge",
    "__eq__": "eq", "__ne__": "ne", "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_",
    "__ipow__": "pow_", "__rsub__": "rsub", "__rand__": "bitwise_and", "__ror__": "bitwise_or",
}  # fmt: skip
"""Both operands as they stand."""

SWAPPED = {
    "__rpow__": "pow", "__rtruediv__": "_reciprocal_mul", "__rfloordiv__": "floor_divide", "__rmod__": "remainder",
    "__rmatmul__": "matmul",
}  # fmt: skip
"""The method takes the left operand first, which is not the tensor that Python asks."""

UNARY = {"__neg__": "neg", "__abs__": "abs", "__pos__": "positive"}

SHORT = {"__add__": ADD, "__sub__": SUB, "__mul__": MUL, "__truediv__": DIV}
"""Those that get a function of their own for two tensors, see short.py."""


def binary(method: Callable[..., Any], swapped: bool) -> Callable[..., Any]:
    """The operator; for operands that are neither tensor nor number Python may ask the other side."""

    def compute(self: Tensor, other: Any) -> Any:
        if type(other) is Tensor or isinstance(other, OPERANDS):
            return method(other, self) if swapped else method(self, other)
        return NotImplemented

    return compute


def methods() -> dict[str, Callable[..., Any]]:
    """Python's special methods, for the operators that are declared."""
    found = {name: binary(METHODS[method], False) for name, method in SAME.items() if method in METHODS}
    found.update({name: binary(METHODS[method], True) for name, method in SWAPPED.items() if method in METHODS})
    found.update({name: METHODS[method] for name, method in UNARY.items() if method in METHODS})
    found.update({name: short_special_method(row, name, found[name]) for name, row in SHORT.items()})
    return found
