"""Comparisons, logic and bits: operators whose results carry no gradient.

Their in-place forms do have nodes, because what is overwritten may have had a history: its gradient is zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, forward_texts, memory, shapes
from refgrad.dtypes import FROM_NUMPY
from refgrad.levels import levels, refuse_reading
from refgrad.operators import texts
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import KEEP, METHOD, function, operator
from refgrad.operators.dispatching import is_anybody_asked, truth_of
from refgrad.operators.examples import EQ, GT
from refgrad.operators.formula_arithmetic import plus, times
from refgrad.operators.formula_values import like_told, written, zeros_like
from refgrad.operators.names import METHODS
from refgrad.operators.tensors_only import check_tensor, tensors_only
from refgrad.tensor import Tensor

# ---- comparisons --------------------------------------------------------------------------------------------------

NE = operator(
    "ne(Tensor self, Tensor other)",
    np.not_equal,
    aliases=("not_equal",),
    kernels={},
)
LT = operator(
    "lt(Tensor self, Tensor other)",
    np.less,
    aliases=("less",),
    kernels={},
)
LE = operator(
    "le(Tensor self, Tensor other)",
    np.less_equal,
    aliases=("less_equal",),
    kernels={},
)
GE = operator(
    "ge(Tensor self, Tensor other)",
    np.greater_equal,
    aliases=("greater_equal",),
    kernels={},
)

function("greater")(METHODS["gt"])


def inplace_comparison(name: str, compute: Callable[..., Any], *aliases: str) -> None:
    """`x.eq_(y)`: ones and zeros take the place of the operand; PyTorch has a node for numbers and one for tensors."""
    of_number = operator(
        f"{name}_.Scalar(Tensor self, Tensor other)",
        compute,
        node=f"{name.capitalize()}Backward0",
        gradients={"self": zeros_like},
        public=False,
    )
    of_tensor = operator(
        f"{name}_.Tensor(Tensor self, Tensor other)",
        compute,
        node=f"{name.capitalize()}Backward1",
        gradients={"self": zeros_like, "other": zeros_like},
        public=False,
    )

    @function(name + "_", public=METHOD, aliases=aliases)
    def compare_in_place(self: Any, other: Any) -> Any:
        return call_inplace(of_tensor if isinstance(other, Tensor) else of_number, (self, other), ())


inplace_comparison("eq", EQ.forward)
inplace_comparison("ne", NE.forward, "not_equal_")
inplace_comparison("lt", LT.forward, "less_")
inplace_comparison("le", LE.forward, "less_equal_")
inplace_comparison("gt", GT.forward, "greater_")
inplace_comparison("ge", GE.forward, "greater_equal_")


def check_same_type(name: str, self: Any, other: Any, rtol: float, atol: float) -> None:
    """Raise TypeError for numbers, RuntimeError for operands of two types and for negative tolerances."""
    check_tensor(name, "input", 1, self)
    check_tensor(name, "other", 2, other)
    if self.dtype is not other.dtype:
        raise RuntimeError(texts.did_not_match(self.dtype.scalar_name, other.dtype.scalar_name))
    for which, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(texts.negative_tolerance(which, tolerance))


@function("isclose")
def isclose(self: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether elements are equal or within `atol + rtol * abs(other)`."""
    check_same_type("isclose", self, other, rtol, atol)
    if self.dtype.is_floating_point or (levels.active and is_anybody_asked((self, other))):
        return isclose_by_parts(self, other, rtol, atol, equal_nan)
    writes = bool(rtol or atol) + (equal_nan and self._array.dtype.kind in "fcV")
    return written(ISCLOSE(self, other, rtol, atol, equal_nan), writes)


def isclose_by_parts(self: Any, other: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    close = self == other
    if equal_nan and self._array.dtype.kind in "fcV":
        both = self.isnan().bitwise_and(other.isnan())
        close.bitwise_or_(both)
    if rtol == 0 and atol == 0:
        return close
    wide = other if other._array.dtype.kind in "fcV" else other.to(dtypes.get_default_dtype())
    allowed = plus(times(wide, rtol).abs(), atol)
    distance = (self - wide).abs()
    near = distance.isfinite()
    return close.bitwise_or_(near.bitwise_and_(distance <= allowed))


def isclose_forward(a: Any, b: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    close = a == b
    if equal_nan and a.dtype.kind in "fcV":
        close = close | (np.isnan(a) & np.isnan(b))
    if rtol == 0 and atol == 0:
        return close
    if a.dtype.kind in "biu":
        a, b = a.astype(np.float32), b.astype(np.float32)
    distance = np.abs(a - b)
    return close | (np.isfinite(distance) & (distance <= atol + np.abs(b * b.dtype.type(rtol))))


ISCLOSE = operator(
    "isclose(Tensor self, Tensor other, float rtol, float atol, bool equal_nan)", isclose_forward, public=False
)


@function("allclose")
def allclose(self: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    check_same_type("allclose", self, other, rtol, atol)
    if levels.active:
        for each in (self, other):
            refuse_reading(each, forward_texts.ALLCLOSE, "allclose")
        if is_anybody_asked((self, other)):
            given = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
            known = {"rtol": 1e-05, "atol": 1e-08, "equal_nan": False}
            rest = tuple(given.values()) if given != known else ()
            return truth_of("allclose", (self, other, *rest), {}, allclose)
    return bool(ISCLOSE(self, other, rtol, atol, equal_nan)._array.all())


@function("equal")
def equal(self: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and elements, as a Python bool."""
    check_tensor("equal", "input", 1, self)
    check_tensor("equal", "other", 2, other)
    if levels.active:
        for each in (self, other):
            refuse_reading(each, forward_texts.no_fallback("equal"))
        if is_anybody_asked((self, other)):
            return truth_of("equal", (self, other), {}, equal)
    return bool(np.array_equal(self._array, other._array))


# ---- kinds of numbers ---------------------------------------------------------------------------------------------


def of_floats(test: Callable[[Any], Any], otherwise: bool) -> Callable[[Any], Any]:
    """A test that only floating numbers can fail or pass."""
    return as_operand(lambda a: test(a) if a.dtype.kind in "fcV" else np.full(a.shape, otherwise))


def as_operand(forward: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """In the layout of the operand."""

    def laid(a: Any) -> Any:
        made = forward(a)
        return memory.laid_out(made, [a]) if made.ndim > 1 else made

    return laid


def finite(a: Any) -> Any:
    """PyTorch multiplies two tests, which brings what is contiguous into the order of its indices."""
    made = of_floats(np.isfinite, otherwise=True)(a)
    return memory.indexed(made) if a.dtype.kind in "fcV" and made.flags.c_contiguous else made


ISNAN = operator("isnan(Tensor self)", of_floats(np.isnan, otherwise=False), dtype=KEEP)
ISINF = operator("isinf(Tensor self)", of_floats(np.isinf, otherwise=False), dtype=KEEP)
ISFINITE = operator("isfinite(Tensor self)", finite, dtype=KEEP, public=False)
ISPOSINF = operator("isposinf(Tensor self)", of_floats(np.isposinf, otherwise=False), dtype=KEEP)
ISNEGINF = operator("isneginf(Tensor self)", of_floats(np.isneginf, otherwise=False), dtype=KEEP)
ISREAL = operator("isreal(Tensor self)", np.isreal, dtype=KEEP, public=False)


@function("isfinite")
def isfinite(self: Any) -> Any:
    """Neither infinite nor NaN: of real numbers by operators of their own, as in PyTorch."""
    if not levels.asks(self) and self._array.dtype.kind not in "fV":
        return written(ISFINITE(self), int(self.is_complex()))
    if self._array.dtype.kind not in "fcV":
        return like_told("ones_like", self, dtype=dtypes.bool_, memory_format=memory.MemoryFormat("preserve"))
    bounded = self.abs() != math.inf
    return (self == self) * bounded


@function("isreal")
def isreal(self: Any) -> Any:
    if levels.asks(self) and self._array.dtype.kind != "c":
        return like_told("ones_like", self, dtype=dtypes.bool_, memory_format=memory.MemoryFormat("preserve"))
    return ISREAL(self)


SIGNBIT = operator(
    "signbit(Tensor self)", as_operand(lambda a: np.signbit(a) if a.dtype.kind == "f" else a < 0), dtype=KEEP
)

# ---- logic --------------------------------------------------------------------------------------------------------

LOGICAL_AND = operator(
    "logical_and(Tensor self, Tensor other)",
    np.logical_and,
    public=False,
    kernels={},
)
LOGICAL_OR = operator("logical_or(Tensor self, Tensor other)", np.logical_or, public=False)
LOGICAL_XOR = operator("logical_xor(Tensor self, Tensor other)", np.logical_xor, public=False)
LOGICAL_NOT = operator(
    "logical_not(Tensor self)",
    np.logical_not,
    inplace=True,
    kernels={},
)

tensors_only(LOGICAL_AND, "logical_and", inplace=True)
tensors_only(LOGICAL_OR, "logical_or", inplace=True)
tensors_only(LOGICAL_XOR, "logical_xor", inplace=True)

# ---- bits ---------------------------------------------------------------------------------------------------------


def bitwise(kernel: str, compute: Callable[..., Any], kinds: str = "biu") -> Callable[..., Any]:
    """An operation on bits, for integers and, but for shifts, bools."""

    def forward(a: Any, b: Any) -> Any:
        if a.dtype.kind not in kinds:
            shapes.raise_broadcast_error((a, b))
            raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))
        return compute(a, b)

    return forward


def invert(a: Any) -> Any:
    if a.dtype.kind not in "biu":
        raise NotImplementedError(texts.not_implemented_for("bitwise_not_cpu", FROM_NUMPY[a.dtype].scalar_name))
    return np.invert(a)


BITWISE_AND = operator(
    "bitwise_and(Tensor self, Tensor other)", bitwise("bitwise_and_cpu", np.bitwise_and), inplace=True
)
BITWISE_OR = operator("bitwise_or(Tensor self, Tensor other)", bitwise("bitwise_or_cpu", np.bitwise_or), inplace=True)
BITWISE_XOR = operator(
    "bitwise_xor(Tensor self, Tensor other)", bitwise("bitwise_xor_cpu", np.bitwise_xor), inplace=True
)
BITWISE_NOT = operator("bitwise_not(Tensor self)", invert, inplace=True)
LEFT_SHIFT = operator(
    "bitwise_left_shift(Tensor self, Tensor other)", bitwise("lshift_cpu", np.left_shift, "iu"), inplace=True
)
RIGHT_SHIFT = operator(
    "bitwise_right_shift(Tensor self, Tensor other)", bitwise("rshift_cpu", np.right_shift, "iu"), inplace=True
)


@function("__invert__", public=METHOD)
def invert_operator(self: Any) -> Any:
    """`~x`. Raises TypeError for floating tensors."""
    if self._array.dtype.kind not in "biu":
        raise TypeError(texts.INVERT_FLOAT)
    return BITWISE_NOT(self)
