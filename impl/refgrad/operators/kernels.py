"""What forwards of one array and a number are wrapped in: types of numbers, layouts, types that are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.dtypes import FROM_NUMPY
from refgrad.memory import laid_out, laid_out_number
from refgrad.once import warn_once
from refgrad.operators import complex_texts, texts
from refgrad.silence import silent
from refgrad.tensor import Tensor

Forward = Callable[..., Any]


def with_number(a: Any, *numbers: Any) -> tuple[Any, ...]:
    """An array and Python numbers, brought to the type that PyTorch computes them in."""
    kind = FROM_NUMPY[a.dtype]
    for each in numbers:
        if each is not None:
            own = dtypes.of_number(each)
            if own.category > kind.category:
                kind = dtypes.result_dtype(kind, None, own)
    target = kind.numpy
    try:
        return a.astype(target, copy=False), *(None if each is None else target.type(each) for each in numbers)
    except OverflowError:  # of an integer that is too large the lowest bits are left, as C++ has it
        return a.astype(target, copy=False), *(None if each is None else lowest_bits(target, each) for each in numbers)


def lowest_bits(target: Any, number: Any) -> Any:
    return np.asarray(number).astype(target)[()]


with_number_in_silence = silent(with_number)
"""The same, where numbers too large become infinite without a word."""


def without_imaginary(a: Any, kind: Any) -> Any:
    """What is computed in `kind`: complex numbers become real with a warning, as anywhere in PyTorch, but not bools."""
    if a.dtype.kind != "c" or kind.kind in "cb":
        return a
    warn_once(complex_texts.IMAGINARY_DISCARDED, "imaginary")
    return a.real


def by_number(compute: Forward) -> Forward:
    """The forward of an operator on a tensor and a number, which PyTorch broadcasts."""

    def forward(a: Any, number: Any) -> Any:
        a, number = with_number(a, number)
        made = compute(a, number)
        return laid_out_number(made, a) if made.ndim > 1 else made

    return forward


def laid_as_operand(compute: Forward) -> Forward:
    """The forward of an operator on one tensor, and attributes."""

    def forward(a: Any, *attributes: Any) -> Any:
        made = compute(a, *attributes)
        return laid_out(made, [a]) if made.ndim > 1 else made

    return forward


def real_number(kernel: str, forward: Forward) -> Forward:
    """A forward of an array and a number that has no branch for complex ones; `kernel` is how its error calls it."""

    def checked(a: Any, number: Any) -> Any:
        if isinstance(number, complex):
            kind = dtypes.result_dtype(FROM_NUMPY[a.dtype], None, dtypes.of_number(number))
            raise NotImplementedError(texts.not_implemented_for(kernel, kind.scalar_name))
        return forward(a, number)

    return checked


def floats_only(kernel: str, forward: Forward) -> Forward:
    """A forward that PyTorch has for floating types only; `kernel` is how its error calls it."""

    def checked(a: Any, *rest: Any) -> Any:
        if a.dtype.kind in "biu":
            raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))
        return forward(a, *rest)

    return checked


def no_bools(kernel: str, forward: Forward) -> Forward:
    """A forward that PyTorch has for numbers but not for bools."""

    def checked(a: Any, *rest: Any) -> Any:
        if a.dtype.kind == "b":
            raise NotImplementedError(texts.not_implemented_for(kernel, "Bool"))
        return forward(a, *rest)

    return checked


def operands(self: Any, other: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Tensors and attributes of a call whose second operand may be a number."""
    return ((self, other), ()) if isinstance(other, Tensor) else ((self,), (other,))


def by_element(compute: Callable[[float], float]) -> Forward:
    """A function that NumPy does not have, computed in float64, number by number."""

    def forward(a: Any) -> Any:
        numbers = [compute(float(each)) for each in a.reshape(-1)]
        return np.array(numbers, dtype=np.float64).reshape(a.shape).astype(a.dtype)

    return forward
