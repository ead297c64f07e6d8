"""Python's operators on tensors: which method stands behind `+`, `+=`, `==`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad import binding_texts as texts
from refgrad.asking import answer_of, asks, others
from refgrad.operators.arithmetic import DIV, SUB
from refgrad.operators.call import NUMBERS
from refgrad.operators.examples import ADD, MUL
from refgrad.operators.names import METHODS
from refgrad.operators.short import short_special_method
from refgrad.overrides import NOT_AS_METHOD, SHOWN_AS
from refgrad.tensor import Tensor

OPERANDS = (Tensor, *NUMBERS)

SAME = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul", "__truediv__": "div",
    "__floordiv__": "floor_divide", "__mod__": "remainder", "__pow__": "pow", "__matmul__": "matmul", "__and__":
    "bitwise_and",
    "__or__": "bitwise_or", "__xor__": "bitwise_xor", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge",
    "__eq__": "eq", "__ne__": "ne", "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_",
    "__ipow__": "pow_", "__rsub__": "rsub", "__rand__": "bitwise_and", "__ror__": "bitwise_or",
    "__rxor__": "bitwise_xor", "__lshift__": "bitwise_left_shift", "__rshift__": "bitwise_right_shift",
    "__iand__": "bitwise_and_", "__ior__": "bitwise_or_", "__ixor__": "bitwise_xor_",
    "__ilshift__": "bitwise_left_shift_", "__irshift__": "bitwise_right_shift_", "__ifloordiv__": "floor_divide_",
    "__imod__": "remainder_", "__div__": "div", "__idiv__": "div_",
}  # fmt: skip
"""Both operands as they stand."""

SWAPPED = {
    "__rpow__": "pow", "__rtruediv__": "_reciprocal_mul", "__rfloordiv__": "floor_divide", "__rmod__": "remainder",
    "__rmatmul__": "matmul", "__rlshift__": "bitwise_left_shift", "__rrshift__": "bitwise_right_shift",
    "__rdiv__": "_reciprocal_mul",
}  # fmt: skip
"""The method takes the left operand first, which is not the tensor that Python asks."""

UNARY = {"__neg__": "neg", "__abs__": "abs", "__pos__": "positive"}

SHORT = {"__add__": ADD, "__sub__": SUB, "__mul__": MUL, "__truediv__": DIV}
"""Those that get a function of their own for two tensors, see short.py."""


ABSENT = object()
"""The default of an operand that need not be there."""
BY_PLACE = frozenset(("__pow__", "__ipow__", "__rmatmul__"))
"""Methods whose operand has another name."""
RECIPROCAL = frozenset(("__rtruediv__", "__rdiv__"))
IN_PYTHON = frozenset(
    ("__rsub__", "__pow__", "__rpow__", "__rmod__", "__rmatmul__", "__rlshift__", "__rrshift__", "__ipow__")
)
"""Methods that PyTorch writes in Python: called on a number, they ask the other side; the others are descriptors."""


def binary(name: str, method: Callable[..., Any], swapped: bool) -> Callable[..., Any]:
    """The operator; for operands that are neither tensor nor number Python may ask the other side."""

    accepted: Any = Tensor if name in ("__matmul__", "__rmatmul__") else OPERANDS

    def compute(self: Any, other: Any = ABSENT, /, *more: Any, **options: Any) -> Any:
        if more or options or other is ABSENT:
            return of_others(name, compute, self, () if other is ABSENT else (other, *more), options)
        if type(self) is not Tensor and not isinstance(self, Tensor):
            return of_number(name, method, self, other, swapped)
        if type(other) is Tensor or isinstance(other, accepted):
            try:
                return method(other, self) if swapped else method(self, other)
            except TypeError:  # whoever raised it, a hook too
                return NotImplemented
        return answer_of_other(name, self, other)

    asks(compute)
    compute.__name__ = SHOWN_AS.get(name, name)
    return compute


def of_others(name: str, compute: Callable[..., Any], self: Any, given: tuple[Any, ...], options: Any) -> Any:
    """The operator called by its name with anything but one operand: what the method behind it refuses, Python may."""
    if name in SAME and name not in IN_PYTHON and name != "__floordiv__" and isinstance(self, Tensor):
        try:
            return getattr(Tensor, SAME[name])(self, *given, **options)
        except TypeError:
            return NotImplemented
    named = not given and options.keys() == {"other"} and name not in BY_PLACE
    return compute(self, options["other"]) if named else NotImplemented


def answer_of_other(name: str, self: Any, other: Any) -> Any:
    """What the class of an operand that is neither tensor nor number says, if it wants to be asked."""
    found = others((self, other), {})
    if not found:
        return NotImplemented
    shown = name if name in NOT_AS_METHOD and name != "__eq__" else SAME.get(name, name)
    try:
        return answer_of(found, "torch.Tensor", "__rdiv__" if name == "__rtruediv__" else shown, (self, other), {})
    except TypeError:
        if name in SAME:
            return NotImplemented
        raise


def of_number(name: str, method: Callable[..., Any], given: Any, other: Any, swapped: bool) -> Any:
    """The operator, called by its name on something that is no tensor."""
    if name in RECIPROCAL:
        raise AttributeError(texts.NO_RECIPROCAL.format(type(given).__name__))
    if name in ("__floordiv__", "__rfloordiv__") or (swapped and isinstance(other, Tensor) and name != "__rmatmul__"):
        fits = isinstance(given, OPERANDS) and isinstance(other, OPERANDS)
        return (method(other, given) if swapped else method(given, other)) if fits else NotImplemented
    if name in IN_PYTHON:
        return NotImplemented
    shown = "__idiv__" if name == "__itruediv__" else name
    raise TypeError(texts.descriptor(shown, type(given).__name__))


def methods() -> dict[str, Callable[..., Any]]:
    """Python's special methods, for the operators that are declared."""
    found = {name: binary(name, METHODS[method], False) for name, method in SAME.items() if method in METHODS}
    found.update({name: binary(name, METHODS[method], True) for name, method in SWAPPED.items() if method in METHODS})
    found.update({name: METHODS[method] for name, method in UNARY.items() if method in METHODS})
    found.update({name: short_special_method(row, name, found[name]) for name, row in SHORT.items()})
    return found
