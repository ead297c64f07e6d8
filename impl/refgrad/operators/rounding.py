"""Absolute values, signs and rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import memory
from refgrad.dtypes import FROM_NUMPY
from refgrad.memory import unallocated
from refgrad.operators import texts
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import FLOAT, METHOD, function, inplace_of, operator
from refgrad.operators.formula_values import written, zeros_like
from refgrad.operators.kernels import Forward, floats_only, no_bools, operands, real_number
from refgrad.operators.tensors_only import check_tensor
from refgrad.operators.underivable import inplace_underivable, underivable
from refgrad.tensor import Tensor


def lengths(a: Any) -> Any:
    """Those of complex numbers lie in memory as the numbers do."""
    if a.dtype.kind != "c":
        return np.absolute(a)
    made = memory.empty_like(a, a.real.dtype)
    return np.absolute(a, out=made)


ABS = operator(
    "abs(Tensor self)",
    no_bools("abs_cpu", lengths),
    node="AbsBackward0",
    gradients={"self": lambda grad, self: grad * self.sgn()},
    inplace=True,
    aliases=("absolute",),
    kernels={},
)


@function("abs_", aliases=("absolute_",))
def abs_(self: Any) -> Any:
    """The in-place form, which complex numbers do not have."""
    if self.is_complex():
        raise RuntimeError(texts.ABS_COMPLEX)
    return inplace_of(ABS)(self)


def sign_forward(a: Any) -> Any:
    """The sign; 0 of nan, unlike NumPy's."""
    return a.copy() if a.dtype.kind == "b" else ((a > 0).astype(np.int8) - (a < 0)).astype(a.dtype)


SIGN = operator(
    "sign(Tensor self)",
    sign_forward,
    node="SignBackward0",
    gradients={"self": zeros_like},
    inplace=True,
    kernels={},
)


def complex_sign(a: Any) -> Any:
    """`a / |a|`, divided as complex numbers are: zeros lose their sign, and infinite lengths give nan."""
    with np.errstate(all="ignore"):
        return np.where(a == 0, a.dtype.type(0), a / np.abs(a).astype(a.dtype))


SGN = operator(
    "sgn(Tensor self)",
    lambda a: complex_sign(a) if a.dtype.kind == "c" else sign_forward(a),
    node="SgnBackward0",
    gradients={"self": lambda grad, self, result: sgn_gradient(grad, self, result)},
    inplace=True,
)


def sgn_gradient(grad: Any, self: Any, result: Any) -> Any:
    """A complex sign moves along the unit circle, a real one not at all."""
    if not self.is_complex():
        return type(self)._of(unallocated(grad._array.shape, grad._array.dtype))
    turned = (grad - result * (result * grad.conj()).real) / self.abs()
    return turned.masked_fill_(self == 0, 0)


def whole(kernel: str, forward: Forward) -> Forward:
    """A rounding: integers are whole already."""
    return no_bools(kernel, lambda a: a.copy() if a.dtype.kind in "iu" else forward(a))


TRUNC = operator(
    "trunc(Tensor self)",
    whole("trunc_vml_cpu", np.trunc),
    node="TruncBackward0",
    gradients={"self": zeros_like},
    inplace=True,
    aliases=("fix",),
)

FLOOR = operator(
    "floor(Tensor self)",
    whole("floor_vml_cpu", np.floor),
    node="FloorBackward0",
    gradients={"self": zeros_like},
    inplace=True,
)

CEIL = operator(
    "ceil(Tensor self)",
    whole("ceil_vml_cpu", np.ceil),
    node="CeilBackward0",
    gradients={"self": zeros_like},
    inplace=True,
)

ROUND = operator(
    "round(Tensor self)",
    whole("round_vml_cpu", np.rint),
    node="RoundBackward0",
    gradients={"self": zeros_like},
    public=False,
)


def round_decimals(a: Any, decimals: int) -> Any:
    if a.dtype.kind in "biuc":
        kernel = "round_cpu" if decimals else "round_vml_cpu"
        raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))
    scale = a.dtype.type(10.0 ** abs(decimals))
    return np.rint(a * scale) / scale if decimals >= 0 else np.rint(a / scale) * scale


ROUND_DECIMALS = operator(
    "round.decimals(Tensor self, *, int decimals)",
    round_decimals,
    node="RoundBackward1",
    gradients={"self": zeros_like},
    public=False,
)


@function("round")
def round(self: Any, *, decimals: Any = None) -> Any:
    """The nearest whole number, the even one of two; or the nearest number with so many decimals."""
    return ROUND(self) if decimals is None else ROUND_DECIMALS(self, decimals)


@function("round_", public=METHOD)
def round_(self: Any, *, decimals: Any = None) -> Any:
    return call_inplace(ROUND, (self,), ()) if decimals is None else call_inplace(ROUND_DECIMALS, (self,), (decimals,))


FRAC = operator(
    "frac(Tensor self)",
    floats_only("frac_cpu", lambda a: a - np.trunc(a)),
    node="FracBackward0",
    gradients={"self": lambda grad: grad},
    inplace=True,
)

COPYSIGN = operator(
    "copysign.Tensor(Tensor self, Tensor other)",
    np.copysign,
    node="CopysignBackward0",
    gradients={
        "self": lambda grad, self, result: copysign_gradient(grad, self, result),
        "other": lambda grad: written(zeros_like(grad)),
    },
    dtype=FLOAT,
    public=False,
)

COPYSIGN_NUMBER = operator(
    "copysign.Scalar(Tensor self, Number other)",
    real_number("copysign_cpu", lambda a, other: np.copysign(a, a.dtype.type(other))),
    node="CopysignBackward1",
    gradients={"self": lambda grad, self, result: copysign_gradient(grad, self, result)},
    dtype=FLOAT,
    public=False,
)


def copysign_gradient(grad: Any, self: Any, result: Any) -> Any:
    return grad * (result / self).masked_fill_(self == 0, 0)


@function("copysign")
def copysign(self: Any, other: Any) -> Any:
    return COPYSIGN(self, other) if isinstance(other, Tensor) else COPYSIGN_NUMBER(self, other)


@function("copysign_", public=METHOD)
def copysign_(self: Any, other: Any) -> Any:
    return call_inplace(COPYSIGN if isinstance(other, Tensor) else COPYSIGN_NUMBER, *operands(self, other))


HEAVISIDE = operator(
    "heaviside(Tensor self, Tensor values)",
    lambda a, values: np.where(a == 0, values, (a > 0).astype(a.dtype)),
    public=False,
)


def check_heaviside(name: str, self: Any, values: Any, position: int) -> None:
    """Raise TypeError for a number, RuntimeError if the operands differ in type."""
    check_tensor(name, "input", 1, self)
    check_tensor(name, "values", position, values)
    if self.is_complex() or values.is_complex():
        raise RuntimeError(texts.HEAVISIDE_COMPLEX)
    if self.dtype is not values.dtype:
        raise RuntimeError(texts.HEAVISIDE_TYPES)


@function("heaviside")
def heaviside(self: Any, values: Any) -> Any:
    """0 for negative numbers, 1 for positive ones, `values` at 0."""
    check_heaviside("heaviside", self, values, 2)
    return underivable("aten::heaviside", HEAVISIDE(self, values), (self, values))


@function("heaviside_", public=METHOD)
def heaviside_(self: Any, values: Any) -> Any:
    check_heaviside("heaviside_", self, values, 1)
    return inplace_underivable("aten::heaviside_", HEAVISIDE, (self, values))
