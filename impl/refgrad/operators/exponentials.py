"""Exponentials and logarithms."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from refgrad.half import element
from refgrad.inplace_texts import out_resized
from refgrad.operators import texts
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import FLOAT, METHOD, Operator, function, inplace_of, operator
from refgrad.operators.formula_arithmetic import plus, times
from refgrad.operators.kernels import floats_only, operands, real_number
from refgrad.operators.powers import POW_BASE
from refgrad.operators.precise import precise
from refgrad.operators.tensors_only import tensors_only
from refgrad.shapes import raise_broadcast_error_of
from refgrad.tensor import Tensor

LN2 = math.log(2)
LN10 = 2.3025850929940455

EXP2 = operator(
    "exp2(Tensor self)",
    np.exp2,
    node="Exp2Backward0",
    gradients={"self": lambda grad, result: times(grad * result.conj(), LN2)},
    dtype=FLOAT,
    inplace=True,
)

EXPM1 = operator(
    "expm1(Tensor self)",
    precise(np.expm1),
    node="Expm1Backward0",
    gradients={"self": lambda grad, result: grad * plus(result.conj(), 1)},
    dtype=FLOAT,
    inplace=True,
)

LOG = operator(
    "log(Tensor self)",
    precise(np.log),
    node="LogBackward0",
    gradients={"self": lambda grad, self: grad / self.conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

LOG2 = operator(
    "log2(Tensor self)",
    precise(np.log2),
    node="Log2Backward0",
    gradients={"self": lambda grad, self: grad / times(self.conj(), LN2)},
    dtype=FLOAT,
    inplace=True,
)

LOG10 = operator(
    "log10(Tensor self)",
    precise(np.log10),
    node="Log10Backward0",
    gradients={"self": lambda grad, self: grad / times(self.conj(), LN10)},
    dtype=FLOAT,
    inplace=True,
)

LOG1P = operator(
    "log1p(Tensor self)",
    precise(np.log1p),
    node="Log1PBackward0",
    gradients={"self": lambda grad, self: grad / plus(self, 1).conj()},
    dtype=FLOAT,
    inplace=True,
)


def complex_logaddexp(x: Any, y: Any) -> Any:
    """By the real parts: the logarithm of the sum of both exponentials, which the larger one leads."""
    low, high = np.where(x.real < y.real, x, y), np.where(x.real < y.real, y, x)
    nan = np.isnan(x) | np.isnan(y)
    equal = ~np.isfinite(low.real) & (low.real == high.real)
    usual = np.log(np.exp(np.where(equal, 0, low - high)) + 1) + high
    both = np.where(low.real < 0, low, np.log(np.exp(low) + np.exp(high)))
    return np.where(nan, complex(math.nan, math.nan), np.where(equal, both, usual))


def logaddexp_forward(a: Any, b: Any) -> Any:
    return complex_logaddexp(a, b).astype(a.dtype) if a.dtype.kind == "c" else np.logaddexp(a, b)


LOGADDEXP = operator(
    "logaddexp(Tensor self, Tensor other)",
    floats_only("logaddexp_cpu", logaddexp_forward),
    node="LogaddexpBackward0",
    gradients={
        "self": lambda grad, self, other: grad / plus((other - self).exp(), 1).conj(),
        "other": lambda grad, self, other: grad / plus((self - other).exp(), 1).conj(),
    },
    public=False,
)

LOGADDEXP2 = operator(
    "logaddexp2(Tensor self, Tensor other)",
    floats_only("logaddexp2_cpu", np.logaddexp2),
    node="Logaddexp2Backward0",
    gradients={
        "self": lambda grad, self, other: grad / plus(POW_BASE(other - self, 2), 1),
        "other": lambda grad, self, other: grad / plus(POW_BASE(self - other, 2), 1),
    },
    public=False,
)

tensors_only(LOGADDEXP, "logaddexp")
tensors_only(LOGADDEXP2, "logaddexp2")


def xlogy_forward(a: Any, b: Any) -> Any:
    """`a * log(b)`, 0 where a is 0, nan where b is."""
    return np.where(np.isnan(b), b, np.where(a == 0, a.dtype.type(0), a * np.log(b)))


def xlogy_self(grad: Any, self: Any, other: Any) -> Any:
    made, least = XLOGY(grad, other), other <= 0.0
    return made.masked_fill((self == 0.0).bitwise_and(least), 0.0)


XLOGY: Operator = operator(
    "xlogy.Tensor(Tensor self, Tensor other)",
    xlogy_forward,
    node="XlogyBackward0",
    gradients={
        "self": lambda grad, self, other: xlogy_self(grad, self, other),
        "other": lambda grad, self, other: grad * self / other,
    },
    dtype=FLOAT,
    public=False,
)

XLOGY_OF_NUMBER = operator(
    "xlogy.Scalar_Self(Tensor other, Number self)",
    real_number("xlogy_cpu", lambda b, a: xlogy_forward(element(b.dtype, a), b)),
    node="XlogyBackward1",
    gradients={"other": lambda grad, self, other: times(grad, self) / other},
    dtype=FLOAT,
    public=False,
)

XLOGY_BY_NUMBER: Operator = operator(
    "xlogy.Scalar_Other(Tensor self, Number other)",
    real_number("xlogy_cpu", lambda a, b: xlogy_forward(a, element(a.dtype, b))),
    node="XlogyBackward2",
    gradients={
        "self": lambda grad, self, other: (
            XLOGY_BY_NUMBER(grad, other) if other > 0 else XLOGY_BY_NUMBER(grad, other).masked_fill(self == 0.0, 0.0)
        )
    },
    dtype=FLOAT,
    public=False,
)


@function("xlogy")
def xlogy(self: Any, other: Any) -> Any:
    """`self * log(other)`, and 0 where `self` is 0."""
    if not isinstance(other, Tensor):
        return XLOGY_BY_NUMBER(self, other)
    return XLOGY(self, other) if isinstance(self, Tensor) else XLOGY_OF_NUMBER(other, self)


@function("xlogy_", public=METHOD)
def xlogy_(self: Any, other: Any) -> Any:
    return call_inplace(XLOGY if isinstance(other, Tensor) else XLOGY_BY_NUMBER, *operands(self, other))


LDEXP = operator(
    "ldexp.Tensor(Tensor self, Tensor other)",
    lambda a, b: a * np.exp2(b),
    node="LdexpBackward0",
    gradients={
        "self": lambda grad, other: grad * POW_BASE(other, 2).conj(),
        "other": lambda grad, result: times(grad * result.conj(), LN2),
    },
    dtype=FLOAT,
    public=False,
)


def whole_powers(self: Any, other: Any) -> tuple[int, ...]:
    """The shape of a result that the kernel of whole exponents computes. Raises NotImplementedError for bools."""
    try:
        shape = np.broadcast_shapes(self._array.shape, other._array.shape)
    except ValueError:
        raise_broadcast_error_of(self._array.shape, other._array.shape)
    if other._array.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for("ldexp_cpu_exp", "Bool"))
    return shape


def ldexp(self: Any, other: Any) -> Any:
    """Powers of two with whole exponents PyTorch writes into memory that has the shape of the first operand."""
    if self.is_floating_point() and other._array.dtype.kind in "biu":
        shape = whole_powers(self, other)
        if shape != self._array.shape:
            warnings.warn(out_resized(self._array.shape, shape), UserWarning, stacklevel=3)
    return LDEXP(self, other)


tensors_only(LDEXP, "ldexp", run=ldexp)


@function("ldexp_")
def ldexp_(self: Any, other: Any) -> Any:
    """The in-place form. Raises RuntimeError for integers."""
    if not (self.is_floating_point() or self.is_complex()):
        raise RuntimeError(texts.ldexp_type(self.dtype.scalar_name))
    if self.is_floating_point() and other._array.dtype.kind == "b":
        whole_powers(self, other)
    return inplace_of(LDEXP)(self, other)
