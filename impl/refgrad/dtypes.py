"""Element types and the rules that decide the type of a result.

A `dtype` prints as PyTorch's does (`torch.float32`) and wraps one NumPy type. Promotion follows "Type Promotion" in
PyTorch's documentation (https://docs.pytorch.org/docs/2.13/tensor_attributes.html#torch.dtype): the operands fall into
three groups, tensors with dimensions, 0-dim tensors and Python numbers; a lower group counts only if its category
(bool < integer < floating < complex) is above every group before it.
"""

from __future__ import annotations

import builtins
import math
from functools import cache
from typing import Any

import numpy as np

from refgrad import cpp_spelling, tensor_texts
from refgrad.half import short_number
from refgrad.signatures.texts import LEAST, MOST, TOO_BIG

Array = np.ndarray[Any, np.dtype[Any]]
NumpyType = np.dtype[Any]

BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype:
    """The type of a tensor's elements; there is one object per type, compared by identity."""

    __slots__ = ("category", "itemsize", "legacy_name", "name", "numpy", "scalar_name")

    def __init__(
        self, name: str, numpy: type[np.generic], category: builtins.int, scalar_name: str, legacy_name: str
    ) -> None:
        self.name = name
        self.numpy: NumpyType = np.dtype(numpy)
        self.category = category
        self.itemsize = self.numpy.itemsize
        self.scalar_name = scalar_name
        """What PyTorch's own messages call the type: `Float`, `Long`."""
        self.legacy_name = legacy_name
        """The name of the old tensor class: `FloatTensor`."""

    @property
    def is_floating_point(self) -> builtins.bool:
        return self.category == FLOATING

    @property
    def is_complex(self) -> builtins.bool:
        return self.category == COMPLEX

    @property
    def is_signed(self) -> builtins.bool:
        return self.category >= FLOATING or (self.category == INTEGER and self.numpy.kind == "i")

    def __repr__(self) -> str:
        return "torch." + self.name

    def __reduce__(self) -> Any:
        return named, (self.name,)  # not by reference to the class: it bears PyTorch's name

    def to_complex(self) -> dtype:
        """The complex type whose parts have this type."""
        return self if self.category == COMPLEX else complex128 if self is float64 else complex64

    def to_real(self) -> dtype:
        """The type of the real and the imaginary part."""
        return {complex64: float32, complex128: float64}.get(self, self)


uint8 = dtype("uint8", np.uint8, INTEGER, "Byte", "ByteTensor")
int8 = dtype("int8", np.int8, INTEGER, "Char", "CharTensor")
int16 = short = dtype("int16", np.int16, INTEGER, "Short", "ShortTensor")
int32 = int = dtype("int32", np.int32, INTEGER, "Int", "IntTensor")
int64 = long = dtype("int64", np.int64, INTEGER, "Long", "LongTensor")
float16 = half = dtype("float16", np.float16, FLOATING, "Half", "HalfTensor")
float32 = float = dtype("float32", np.float32, FLOATING, "Float", "FloatTensor")
float64 = double = dtype("float64", np.float64, FLOATING, "Double", "DoubleTensor")
complex64 = cfloat = dtype("complex64", np.complex64, COMPLEX, "ComplexFloat", "ComplexFloatTensor")
complex128 = cdouble = dtype("complex128", np.complex128, COMPLEX, "ComplexDouble", "ComplexDoubleTensor")
bool_ = dtype("bool", np.bool_, BOOL, "Bool", "BoolTensor")


def _brain_float() -> dtype | None:
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        return None
    return dtype("bfloat16", bfloat16, FLOATING, "BFloat16", "BFloat16Tensor")


bfloat16 = _brain_float()
"""There if the package ml_dtypes is. NumPy counts it to the kind "V", so floating and complex kinds are "fcV"."""

dtype.__module__ = "torch"

ALL: tuple[dtype, ...] = (uint8, int8, int16, int32, int64, float16, float32, float64, complex64, complex128, bool_)
ALL += () if bfloat16 is None else (bfloat16,)
FROM_NUMPY: dict[NumpyType, dtype] = {each.numpy: each for each in ALL}


def named(name: str) -> dtype:
    """What a pickled type becomes."""
    return next(each for each in ALL if each.name == name)


_default: dtype = float32


def get_default_dtype() -> dtype:
    """The floating type that Python floats and integer inputs of floating operators get."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Change the default floating type.

    Raises TypeError if `d` is no floating type (observed on PyTorch 2.13.0).
    """
    global _default  # noqa: PLW0603  # one setting of the process, as in PyTorch
    if not isinstance(d, dtype):
        raise TypeError(tensor_texts.INVALID_DTYPE_OBJECT)
    if d.category != FLOATING:
        raise TypeError(tensor_texts.DEFAULT_DTYPE_NOT_FLOATING)
    _default = d


def of_array(array: Array) -> dtype:
    return FROM_NUMPY[array.dtype]


def of_number(value: object) -> dtype:
    """The type a Python number takes when it becomes a tensor of its own (`torch.tensor(2.)`)."""
    if isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (builtins.int, np.integer)):
        return int64
    if isinstance(value, (complex, np.complexfloating)):
        return _default.to_complex()
    return _default


@cache
def promote_types(first: dtype, second: dtype) -> dtype:
    """The smallest type that holds both: integers never widen a floating type, half and complex64 stay small."""
    if first is second:
        return first
    if first.category != second.category:
        low, high = sorted((first, second), key=lambda each: each.category)
        if high.category == COMPLEX and low is float64:
            return complex128
        return high
    if bfloat16 in (first, second):
        return float64 if float64 in (first, second) else float32
    return FROM_NUMPY[np.promote_types(first.numpy, second.numpy)]


def result_dtype(dimensioned: dtype | None, zero_dim: dtype | None, number: dtype | None) -> dtype:
    """Combine what the three groups of operands promote to; `None` for an empty group.

    A Python float brings the default floating type, whatever its own precision.
    """
    result = dimensioned
    for lower in (zero_dim, number):
        if lower is not None:
            if result is None:
                result = lower
            elif lower.category > result.category:
                both = lower.category == COMPLEX and result.category == FLOATING
                result = result.to_complex() if both else lower
    assert result is not None
    return result


FITS_ALL = 65504
"""Numbers that are no larger every floating type holds."""


def element(value: Any, target: dtype) -> Any:
    """A Python number as an element of a type; anything else as it is.

    Raises RuntimeError if it does not fit: too large, not finite among integers, or complex among real numbers.
    Unsigned types take negative integers that are no larger than their largest one.
    """
    if target.category == FLOATING and type(value) in (builtins.int, builtins.float) and abs(value) <= FITS_ALL:
        return short_number(value) if target is float16 else value
    if not isinstance(value, (builtins.int, builtins.float, complex)) or target.category == BOOL:
        return value
    if isinstance(value, builtins.int) and not LEAST <= value <= 2 * MOST + 1:
        raise OverflowError(TOO_BIG)
    if isinstance(value, complex) and target.category != COMPLEX:
        if value.imag != 0:
            raise overflow(target)
        value = value.real
    if target.category >= FLOATING:
        largest = builtins.float(np.finfo(np.float32 if target is bfloat16 else target.numpy).max)
        parts = (value.real, value.imag)
        if any(math.isfinite(part) and abs(part) > largest for part in parts):
            raise overflow(target)
        return value
    if not math.isfinite(value):
        raise overflow(target)
    info = np.iinfo(target.numpy)
    if isinstance(value, builtins.float):
        if not info.min <= value <= builtins.float(info.max):
            raise overflow(target)
        return builtins.int(value) if value <= info.max else info.min  # 2.0**63 is taken, and too large after all
    if info.min <= value <= info.max:
        return builtins.int(value)
    if info.min == 0 and -info.max <= value < 0:
        return value % (info.max + 1)
    raise overflow(target)


def filling(value: Any, target: dtype, count: builtins.int = 1) -> Any:
    """The same where PyTorch fills `count` elements: a single one of a short type takes every number."""
    if target not in (float16, bfloat16) or count != 1:
        return element(value, target)
    made = element(value, float64)
    return short_number(made) if type(made) is builtins.float else made


def overflow(target: dtype) -> RuntimeError:
    return RuntimeError(tensor_texts.value_overflows(cpp_spelling.scalar_type(target)))


def can_cast(source: dtype, target: dtype) -> builtins.bool:
    """Whether an in-place result of type `source` may be written into `target`: categories never go down."""
    return source.category <= target.category
