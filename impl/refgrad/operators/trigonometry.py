"""Trigonometric and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad.operators import texts
from refgrad.operators.declare import FLOAT, METHOD, function, inplace_of, operator
from refgrad.operators.formula_arithmetic import minus, number_minus, plus, times
from refgrad.operators.formula_values import zeros_number
from refgrad.operators.kernels import Forward, floats_only
from refgrad.operators.mixtures import where
from refgrad.operators.precise import precise
from refgrad.operators.tensors_only import tensors_only

SIN = operator(
    "sin(Tensor self)",
    precise(np.sin),
    node="SinBackward0",
    gradients={"self": lambda grad, self: grad * self.cos().conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

COS = operator(
    "cos(Tensor self)",
    precise(np.cos),
    node="CosBackward0",
    gradients={"self": lambda grad, self: grad * -self.sin().conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

TAN = operator(
    "tan(Tensor self)",
    precise(np.tan),
    node="TanBackward0",
    gradients={"self": lambda grad, result: grad * plus(result.pow(2), 1).conj()},
    dtype=FLOAT,
    inplace=True,
)

ASIN = operator(
    "asin(Tensor self)",
    precise(np.arcsin),
    node="AsinBackward0",
    gradients={"self": lambda grad, self: grad * plus(-self * self, 1).rsqrt().conj()},
    dtype=FLOAT,
    inplace=True,
    aliases=("arcsin",),
)

ACOS = operator(
    "acos(Tensor self)",
    precise(np.arccos),
    node="AcosBackward0",
    gradients={"self": lambda grad, self: grad * -plus(-self * self, 1).rsqrt().conj()},
    dtype=FLOAT,
    inplace=True,
    aliases=("arccos",),
)

ATAN = operator(
    "atan(Tensor self)",
    precise(np.arctan),
    node="AtanBackward0",
    gradients={"self": lambda grad, self: grad / plus(self * self, 1).conj()},
    dtype=FLOAT,
    inplace=True,
    aliases=("arctan",),
)

SINH = operator(
    "sinh(Tensor self)",
    precise(np.sinh),
    node="SinhBackward0",
    gradients={"self": lambda grad, self: grad * self.cosh().conj()},
    dtype=FLOAT,
    inplace=True,
)

COSH = operator(
    "cosh(Tensor self)",
    precise(np.cosh),
    node="CoshBackward0",
    gradients={"self": lambda grad, self: grad * self.sinh().conj()},
    dtype=FLOAT,
    inplace=True,
)

ASINH = operator(
    "asinh(Tensor self)",
    np.arcsinh,
    node="AsinhBackward0",
    gradients={"self": lambda grad, self: grad * plus(self.pow(2), 1).rsqrt().conj()},
    dtype=FLOAT,
    aliases=("arcsinh",),
)

ACOSH = operator(
    "acosh(Tensor self)",
    np.arccosh,
    node="AcoshBackward0",
    gradients={"self": lambda grad, self: acosh_gradient(grad, self)},
    dtype=FLOAT,
    aliases=("arccosh",),
)


def acosh_gradient(grad: Any, self: Any) -> Any:
    """The root of a product is the product of roots for real numbers only."""
    if self.is_complex():
        return grad * (plus(self, 1).rsqrt() * minus(self, 1).rsqrt()).conj()
    return grad * minus(self * self, 1).rsqrt()


def atanh_gradient(grad: Any, self: Any) -> Any:
    rest = number_minus(1, self.pow(2)).conj()
    return times(grad, 1) / rest


ATANH = operator(
    "atanh(Tensor self)",
    precise(np.arctanh),
    node="AtanhBackward0",
    gradients={"self": lambda grad, self: atanh_gradient(grad, self)},
    dtype=FLOAT,
    aliases=("arctanh",),
)


def inplace_only(name: str, forward: Forward, node: str) -> Any:
    """An in-place form that PyTorch computes and cannot differentiate."""
    row = operator(
        f"{name}_(Tensor self)",
        forward,
        node=node,
        gradients={"self": inplace_without_derivative(name)},
        dtype=FLOAT,
        public=False,
    )
    write = inplace_of(row)
    function(name + "_", public=METHOD, aliases=(f"arc{name[1:]}_",))(lambda self: write(self))
    return row


def inplace_without_derivative(name: str) -> Any:
    def raises(grad: Any) -> Any:
        raise NotImplementedError(texts.inplace_derivative_not_implemented(f"inplace version of {name}"))

    return raises


ASINH_INPLACE = inplace_only("asinh", np.arcsinh, "AsinhBackward1")
ACOSH_INPLACE = inplace_only("acosh", np.arccosh, "AcoshBackward1")
ATANH_INPLACE = inplace_only("atanh", np.arctanh, "AtanhBackward1")


def atan2_gradients(grad: Any, self: Any, other: Any) -> tuple[Any, Any]:
    """Both divide by the squared distance from the origin, and are 0 there."""
    other_squared = other * other  # the first product, as hooks of saved tensors see
    distance = self * self + other_squared
    inverse = distance.reciprocal().masked_fill(distance == 0, 0)
    return grad * other * inverse, grad * -self * inverse


ATAN2 = operator(
    "atan2(Tensor self, Tensor other)",
    np.arctan2,
    node="Atan2Backward0",
    gradients={"self, other": atan2_gradients},
    dtype=FLOAT,
    public=False,
)

tensors_only(ATAN2, "atan2", inplace=True, aliases=("arctan2",))

HYPOT = operator(
    "hypot(Tensor self, Tensor other)",
    floats_only("hypot_cpu", np.hypot),
    node="HypotBackward0",
    gradients={
        "self": lambda grad, self, result: grad * self / result,
        "other": lambda grad, other, result: grad * other / result,
    },
    public=False,
)

tensors_only(HYPOT, "hypot", inplace=True)

DEG2RAD = operator(
    "deg2rad(Tensor self)",
    lambda a: a * a.dtype.type(math.pi / 180),
    node="Deg2RadBackward0",
    gradients={"self": lambda grad: times(grad, math.pi / 180)},
    dtype=FLOAT,
    inplace=True,
)

RAD2DEG = operator(
    "rad2deg(Tensor self)",
    lambda a: a * a.dtype.type(180 / math.pi),
    node="Rad2DegBackward0",
    gradients={"self": lambda grad: times(grad, 180 / math.pi)},
    dtype=FLOAT,
    inplace=True,
)


def sinc_forward(a: Any) -> Any:
    product = a * a.dtype.type(math.pi)
    return np.where(a == 0, a.dtype.type(1), np.sin(product) / np.where(a == 0, a.dtype.type(1), product))


def sinc_gradient(grad: Any, self: Any) -> Any:
    turn = times(self, math.pi)
    square = times(self * self, math.pi)
    sine = turn.sin()
    slope = grad * ((turn * turn.cos() - sine) / square).conj()
    zero = zeros_number(grad, 0.0)
    return where(square == 0.0, zero, slope)


SINC = operator(
    "sinc(Tensor self)",
    sinc_forward,
    node="SincBackward0",
    gradients={"self": sinc_gradient},
    dtype=FLOAT,
    inplace=True,
)
