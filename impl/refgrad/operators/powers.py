"""Powers and roots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes, memory
from refgrad.levels import levels
from refgrad.operators import texts
from refgrad.operators.call import call_inplace, result_type
from refgrad.operators.declare import FLOAT, KEEP, METHOD, function, inplace_of, operator
from refgrad.operators.examples import to_real
from refgrad.operators.formula_arithmetic import minus, times
from refgrad.operators.formula_values import like_told, zeros_number
from refgrad.operators.kernels import Forward, laid_as_operand, with_number
from refgrad.operators.mixtures import where
from refgrad.operators.out_refusals import FIRST
from refgrad.operators.precise import precise, sqrt
from refgrad.signatures.texts import LEAST, MOST, NEGATIVE, TOO_BIG
from refgrad.tensor import Tensor


def power(a: Any, b: Any) -> Any:
    """Elementwise power; integers to negative integers are 1, -1 or 0."""
    if a.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for("pow", "Bool"))
    if a.dtype.kind in "iu":
        inverse = np.where(a == 1, 1, np.where(a == -1, np.where(b % 2 == 0, 1, -1), 0))
        return np.where(b < 0, inverse, np.power(a, np.abs(b))).astype(a.dtype)
    return precise(np.power)(a, b)


def power_number(a: Any, exponent: Any) -> Any:
    """A power with a number; PyTorch computes some exponents by multiplication, which is exact more often."""
    if a.dtype.kind in "biu" and isinstance(exponent, int) and exponent < 0:
        raise RuntimeError(texts.NEGATIVE_INTEGER_POWER)
    a, n = with_number(a, exponent)
    if a.dtype.kind == "b" and exponent in (0, 1):
        return EXACT_POWERS[exponent](a)
    if a.dtype.kind in "biu":
        dtypes.element(exponent, dtypes.of_array(a))
        return power(a, n)
    if exponent in EXACT_POWERS:
        return EXACT_POWERS[exponent](a)
    if type(exponent) is int and not LEAST <= exponent <= 2 * MOST + 1:
        raise OverflowError(NEGATIVE if exponent < 0 else TOO_BIG)
    return precise(np.power)(a, n)


EXACT_POWERS: dict[Any, Forward] = {
    0: np.ones_like,
    1: np.copy,
    2: lambda a: a * a,
    3: lambda a: a * a * a,
    -1: lambda a: 1 / a,
    -2: lambda a: 1 / (a * a),
    0.5: sqrt,
    -0.5: lambda a: 1 / sqrt(a),
}


def pow_number_gradient(grad: Any, self: Any, exponent: Any) -> Any:
    """Nothing but zeros for exponent 0, even where `self` is 0."""
    if exponent == 0:
        return like_told("zeros_like", self, "contiguous") if levels.asks(self) else self.new_zeros(self.shape)
    number = exponent if isinstance(exponent, complex) else float(exponent)
    return to_real(grad * times(self.pow(number - 1), number).conj(), self.dtype)


def pow_self_gradient(grad: Any, self: Any, exponent: Any) -> Any:
    rising = grad * (exponent * self.pow(minus(exponent, 1))).conj()
    zero = zeros_number(grad, 0.0)
    return to_real(where(exponent == 0.0, zero, rising), self.dtype)


def pow_exponent_gradient(grad: Any, self: Any, exponent: Any, result: Any) -> Any:
    """0 to a power that is not negative stays 0: no gradient there, where the logarithm is infinite."""
    if exponent.is_complex():
        flat = (self == 0).logical_and((exponent.imag == 0).logical_and(exponent.real >= 0))
    else:
        rises = exponent >= 0
        flat = (self == 0).logical_and(rises)
    kind = result_type("pow", (self, exponent))
    base = self if self.dtype is kind else self.to(kind)
    rising = (result * base.log()).conj()
    return to_real(grad * where(flat, zeros_number(grad, 0.0), rising), exponent.dtype)


def pow_base_gradient(grad: Any, self: Any, exponent: Any, result: Any) -> Any:
    if self != 0:
        return grad * times(result, np.log(self) if isinstance(self, complex) else signed_log(self)).conj()
    return grad * where(exponent >= 0, zeros_number(grad), times(result, -math.inf).conj())


def signed_log(number: Any) -> float:
    return math.log(number) if number > 0 else math.nan


POW_NUMBER = operator(
    "pow.Tensor_Scalar(Tensor self, Number exponent)",
    laid_as_operand(power_number),
    node="PowBackward0",
    gradients={"self": pow_number_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)

POW = operator(
    "pow.Tensor_Tensor(Tensor self, Tensor exponent)",
    power,
    node="PowBackward1",
    gradients={"self": pow_self_gradient, "exponent": pow_exponent_gradient},
    public=False,
)


def power_of_number(exponent: Any, base: Any) -> Any:
    """In the order of the indices, whatever the exponent's is."""
    if isinstance(base, int) and base > MOST and exponent.dtype.kind in "biu":
        base -= 2**64  # its bits as those of a number with a sign
    exponent, base = with_number(exponent, base)
    return memory.indexed(np.asarray(power(base, exponent)) if base != 1 else np.ones(exponent.shape, exponent.dtype))


POW_BASE = operator(
    "pow.Scalar(Tensor exponent, Number self)",
    power_of_number,
    node="PowBackward2",
    gradients={"exponent": lambda grad, self, exponent, result: pow_base_gradient(grad, self, exponent, result)},
    dtype=KEEP,
    public=False,
)


@function("pow")
def pow(self: Any, exponent: Any) -> Any:
    """`self ** exponent`; either may be a number."""
    if not isinstance(exponent, Tensor):
        return POW_NUMBER(self, exponent)
    return POW(self, exponent) if isinstance(self, Tensor) else POW_BASE(exponent, self)


raise_to = inplace_of(POW_NUMBER)


@function("pow_", public=METHOD)
def pow_(self: Any, exponent: Any) -> Any:
    return call_inplace(POW, (self, exponent), ()) if isinstance(exponent, Tensor) else raise_to(self, exponent)


@function("square")
def square(self: Any) -> Any:
    return POW_NUMBER(self, 2)


@function("square_", public=METHOD)
def square_(self: Any) -> Any:
    return raise_to(self, 2)


def wide_type(*operands: Any) -> Any:
    """float64, or complex128 if one of the operands is complex."""
    wide = any(each.is_complex() if isinstance(each, Tensor) else isinstance(each, complex) for each in operands)
    return dtypes.complex128 if wide else dtypes.float64


@function("float_power")
def float_power(self: Any, exponent: Any) -> Any:
    """A power computed in float64, or in complex128 if one of the two is complex."""
    kind = wide_type(self, exponent)
    number = complex if kind is dtypes.complex128 else float
    return pow(*(each.to(kind) if isinstance(each, Tensor) else number(each) for each in (self, exponent)))


def check_float_power(arguments: Sequence[Any], out: Any) -> None:
    wanted = wide_type(*arguments)
    if out.dtype is not wanted:
        given = "output given to float_power"
        raise RuntimeError(texts.float_power_type(out.dtype.scalar_name, wanted.scalar_name, given))


FIRST["float_power"] = check_float_power


@function("float_power_", public=METHOD)
def float_power_(self: Any, exponent: Any) -> Any:
    """The in-place form. Raises RuntimeError unless `self` has the type of the result: float64 or complex128."""
    wanted = wide_type(self, exponent)
    if self.dtype is not wanted:
        raise RuntimeError(texts.float_power_type(self.dtype.scalar_name, wanted.scalar_name))
    if isinstance(exponent, Tensor):
        return pow_(self, exponent.to(wanted))
    return pow_(self, complex(exponent) if wanted is dtypes.complex128 else float(exponent))


SQRT = operator(
    "sqrt(Tensor self)",
    sqrt,
    node="SqrtBackward0",
    gradients={"self": lambda grad, result: grad / times(result.conj(), 2)},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

RSQRT = operator(
    "rsqrt(Tensor self)",
    lambda a: np.true_divide(a.dtype.type(1), np.sqrt(a)),
    node="RsqrtBackward0",
    gradients={"self": lambda grad, result: rsqrt_gradient(grad, result)},
    dtype=FLOAT,
    inplace=True,
)


def rsqrt_gradient(grad: Any, result: Any) -> Any:
    cubed = result.pow(3).conj()
    return times(grad, -0.5) * cubed
