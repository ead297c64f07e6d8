"""`torch.testing`: `assert_close` and `make_tensor`.

Behaviour: https://docs.pytorch.org/docs/2.13/testing.html, messages observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from refgrad import creation, dtypes
from refgrad.device import check_available
from refgrad.limits import finfo, iinfo
from refgrad.tensor import Tensor

TOLERANCES: dict[Any, tuple[float, float]] = {
    dtypes.float16: (1e-3, 1e-5), dtypes.float32: (1.3e-6, 1e-5), dtypes.float64: (1e-7, 1e-7),
    dtypes.bfloat16: (1.6e-2, 1e-5), dtypes.complex64: (1.3e-6, 1e-5), dtypes.complex128: (1e-7, 1e-7),
}  # fmt: skip
EQUAL_BOUNDS = (
    "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and will "
    "be removed in 2.3. Use `torch.full(...)` instead."
)
NUMBERS = (bool, int, float, complex)


def default_tolerances(*given: Any) -> tuple[float, float]:
    """The larger of the tolerances of the types."""
    found = [TOLERANCES.get(each.dtype, (0.0, 0.0)) for each in given]
    return max(each[0] for each in found), max(each[1] for each in found)


def tensor_of(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, float):
        return creation.tensor(value, dtype=dtypes.float64)
    if isinstance(value, complex):
        return creation.tensor(value, dtype=dtypes.complex128)
    return creation.as_tensor(value)


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None, atol: float | None = None,
    equal_nan: bool = False, check_device: bool = True, check_dtype: bool = True, check_layout: bool = True,
    check_stride: bool = False, msg: str | Callable[[str], str] | None = None,
) -> None:  # fmt: skip
    """Raise AssertionError unless both are close, element by element.

    Tensors, numbers, and sequences and mappings of them. Raises ValueError for one tolerance without the
    other, TypeError for values that cannot be compared.
    """
    if (rtol is None) != (atol is None):
        absent = "atol" if atol is None else "rtol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {absent}.")
    compare = Comparison(rtol, atol, equal_nan, check_dtype, check_stride)
    problem = compare.problem(actual, expected, "")
    if problem is not None:
        raise AssertionError(problem if msg is None else msg if isinstance(msg, str) else msg(problem))


def is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


class Comparison:
    """What counts as close."""

    def __init__(
        self, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool, check_stride: bool
    ) -> None:
        self.rtol, self.atol = rtol, atol
        self.equal_nan, self.check_dtype, self.check_stride = equal_nan, check_dtype, check_stride

    def problem(self, actual: Any, expected: Any, where: str) -> str | None:
        """What to say of the first difference; None if there is none."""
        if is_sequence(actual) and is_sequence(expected):
            return self.in_sequences(actual, expected, where)
        if isinstance(actual, Mapping) and isinstance(expected, Mapping):
            return self.in_mappings(actual, expected, where)
        if actual is None or expected is None or isinstance(actual, bool) or isinstance(expected, bool):
            same = actual is expected if actual is None or expected is None else actual == expected
            kind = "None mismatch" if actual is None or expected is None else "Booleans mismatch"
            text = f"{kind}: {actual} is not {expected}"
            return None if same else text + (f"\n\nThe failure occurred for item {where}" if where else "")
        numbers = isinstance(actual, NUMBERS) and isinstance(expected, NUMBERS)
        if not numbers and not all(isinstance(each, (Tensor, np.ndarray)) for each in (actual, expected)):
            kinds = f"{type(actual)} and {type(expected)}"
            raise TypeError(f"No comparison pair was able to handle inputs of type {kinds}.")
        if numbers and self.check_dtype and type(actual) is not type(expected):
            return f"The (d)types do not match: {type(actual)} != {type(expected)}."
        found = self.in_tensors(tensor_of(actual), tensor_of(expected), numbers=numbers)
        return None if found is None else found + (f"\n\nThe failure occurred for item {where}" if where else "")

    def in_sequences(self, actual: Any, expected: Any, where: str) -> str | None:
        if len(actual) != len(expected):
            text = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            return text + (f"\n\nThe failure occurred for item {where}" if where else "")
        for place, (one, other) in enumerate(zip(actual, expected, strict=True)):
            found = self.problem(one, other, f"{where}[{place}]")
            if found is not None:
                return found
        return None

    def in_mappings(self, actual: Any, expected: Any, where: str) -> str | None:
        if set(actual) != set(expected):
            missing, extra = sorted(set(expected) - set(actual)), sorted(set(actual) - set(expected))
            return (
                "The keys of the mappings do not match:\nMissing keys in the actual mapping: "
                f"{missing}\nAdditional keys in the actual mapping: {extra}"
            )
        for key in actual:
            found = self.problem(actual[key], expected[key], f"{where}[{key!r}]")
            if found is not None:
                return found
        return None

    def in_tensors(self, actual: Tensor, expected: Tensor, *, numbers: bool) -> str | None:
        if actual.shape != expected.shape:
            return f"The values for attribute 'shape' do not match: {actual.shape} != {expected.shape}."
        if self.check_dtype and not numbers and actual.dtype is not expected.dtype:
            return f"The values for attribute 'dtype' do not match: {actual.dtype} != {expected.dtype}."
        if self.check_stride and actual.stride() != expected.stride():
            return f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}."
        if self.rtol is None or self.atol is None:
            rtol, atol = default_tolerances(actual, expected)
        else:
            rtol, atol = self.rtol, self.atol
        kind = dtypes.promote_types(actual.dtype, expected.dtype).numpy
        one, other = (np.asarray(each.detach()._array).astype(kind) for each in (actual, expected))
        if np.isclose(one, other, rtol, atol, self.equal_nan).all():
            return None
        return numbers_text(one, other, rtol, atol) if numbers else tensors_text(one, other, rtol, atol, self.equal_nan)


def numbers_text(one: Any, other: Any, rtol: float, atol: float) -> str:
    equal = rtol == 0 and atol == 0
    first = f"Scalars are not {'equal' if equal else 'close'}!\n\nExpected {other.item()} but got {one.item()}."
    difference = abs(one.item() - other.item())
    relative = difference / abs(other.item()) if other.item() else float("inf")
    if equal:
        return f"{first}\nAbsolute difference: {difference}\nRelative difference: {relative}"
    return (
        f"{first}\nAbsolute difference: {difference} (up to {atol} allowed)\n"
        f"Relative difference: {relative} (up to {rtol} allowed)"
    )


def tensors_text(one: Any, other: Any, rtol: float, atol: float, equal_nan: bool) -> str:
    """How many elements differ, and where most."""
    if one.ndim == 0:
        return numbers_text(one, other, rtol, atol)
    equal = rtol == 0 and atol == 0
    whole = False
    if one.dtype.kind in "biu":
        one, other = one.astype(np.float32), other.astype(np.float32)
        whole = True
    wrong = ~np.isclose(one, other, rtol, atol, equal_nan)
    difference = np.abs(one - other)
    difference = np.where(wrong, difference, 0)
    with np.errstate(all="ignore"):
        relative = np.where(wrong, difference / np.abs(other), 0)
    count, total = int(wrong.sum()), max(one.size, 1)
    lines = [
        "Tensor-likes are not equal!" if equal else "Tensor-likes are not close!", "",
        f"Mismatched elements: {count} / {total} ({count / total:.1%})",
    ]  # fmt: skip
    for name, values, allowed in (("absolute", difference, atol), ("relative", relative, rtol)):
        place = int(np.argmax(values))
        index = tuple(int(each) for each in np.unravel_index(place, one.shape))
        shown = f" at index {index}" if one.ndim else ""
        limit = "" if equal else f" (up to {allowed} allowed)"
        value = shown_number(values.reshape(-1)[place].item(), whole=whole and name == "absolute")
        lines.append(f"Greatest {name} difference: {value}{shown}{limit}")
    return "\n".join(lines)


def shown_number(value: float, *, whole: bool) -> float:
    return int(value) if whole else value


def smallest(kind: Any) -> Any:
    limits: Any = finfo(kind)
    return limits.tiny


def bounds_of(low: Any, high: Any, kind: Any) -> tuple[Any, Any]:
    """The bounds that are meant, within what the type can hold.

    Raises ValueError for nan, and where no number lies between them.
    """
    limits: Any
    if kind is dtypes.bool_:
        lowest, highest, low_, high_ = 0, 2, 0, 2
    elif kind.category < dtypes.FLOATING:
        limits = iinfo(kind)
        lowest, highest, low_, high_ = limits.min, limits.max + (kind is not dtypes.int64), -9, 10
    else:
        limits = finfo(kind)
        lowest, highest, low_, high_ = limits.min, limits.max, -9, 9
    low, high = low_ if low is None else low, high_ if high is None else high
    if any(isinstance(each, float) and math.isnan(each) for each in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and kind.category >= dtypes.FLOATING:
        warnings.warn(EQUAL_BOUNDS, FutureWarning, stacklevel=4)
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {kind} only supports "
            f"[{lowest}, {highest})"
        )
    low, high = min(max(low, lowest), highest), min(max(high, lowest), highest)
    return (math.ceil(low), math.ceil(high)) if kind.category < dtypes.FLOATING else (low, high)


def make_tensor(
    *shape: Any, dtype: Any, device: Any, low: float | None = None, high: float | None = None,
    requires_grad: bool = False, noncontiguous: bool = False, exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor of random numbers between `low` and `high`, by default of [-9, 9).

    Raises ValueError for what cannot be.
    """
    check_available(device)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"{noncontiguous=} and {memory_format=}"
        )
    if requires_grad and dtype.category < dtypes.FLOATING:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    size = creation.size_of(shape)
    low, high = bounds_of(low, high, dtype)
    if dtype.category < dtypes.FLOATING:
        drawn = creation.randint(int(low), int(high), size=size)._array.astype(dtype.numpy)
    elif dtype.is_complex:
        parts = [creation.rand(size, dtype=dtype.to_real())._array * (high - low) + low for _ in range(2)]
        drawn = (parts[0] + 1j * parts[1]).astype(dtype.numpy)
    else:
        drawn = (creation.rand(size, dtype=dtype)._array * (high - low) + low).astype(dtype.numpy)
    if exclude_zero:
        drawn[drawn == 0] = 1 if dtype.category < dtypes.FLOATING else smallest(dtype)
    if noncontiguous and drawn.size > 1:
        drawn = np.repeat(drawn, 2, axis=-1)[..., 1::2]
    made: Tensor = Tensor._of(np.asarray(drawn))
    if memory_format is not None:
        made = made.clone(memory_format=memory_format)
    return made.requires_grad_() if requires_grad else made


__all__ = ["assert_close", "make_tensor"]
