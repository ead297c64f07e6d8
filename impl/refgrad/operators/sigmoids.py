"""The error functions, sigmoid, tanh and logit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.operators.declare import FLOAT, Operator, operator
from refgrad.operators.formula_arithmetic import number_minus, plus, times
from refgrad.operators.formula_values import constant
from refgrad.operators.kernels import by_element
from refgrad.operators.mixtures import where
from refgrad.operators.precise import precise
from refgrad.pool import MANY, fresh

erf_of = by_element(math.erf)
erfc_of = by_element(math.erfc)

ERF = operator(
    "erf(Tensor self)",
    erf_of,
    node="ErfBackward0",
    gradients={"self": lambda grad, self: times((-self.pow(2)).exp(), 2 / math.sqrt(math.pi)) * grad},
    dtype=FLOAT,
    inplace=True,
)

ERFC = operator(
    "erfc(Tensor self)",
    erfc_of,
    node="ErfcBackward0",
    gradients={"self": lambda grad, self: times((-self.pow(2)).exp(), -2 / math.sqrt(math.pi)) * grad},
    dtype=FLOAT,
    inplace=True,
)


def sigmoid_of(a: Any) -> Any:
    one = a.dtype.type(1)
    return one / (one + np.exp(-a))


SIGMOID_BACKWARD: Operator = operator(
    "sigmoid_backward(Tensor grad_output, Tensor output)",
    lambda grad, y: (
        grad * np.conj((grad.dtype.type(1) - y) * y) if y.dtype.kind == "c" else grad * (grad.dtype.type(1) - y) * y
    ),
    node="SigmoidBackwardBackward0",
    gradients={
        "grad_output": lambda grad, output: SIGMOID_BACKWARD(grad, output.conj()),
        "output": lambda grad, grad_output, output: grad.conj() * grad_output * plus(times(output.conj(), -2), 1),
    },
    public=False,
)

SIGMOID = operator(
    "sigmoid(Tensor self)",
    sigmoid_of,
    node="SigmoidBackward0",
    gradients={"self": lambda grad, result: SIGMOID_BACKWARD(grad, result)},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)


def one_less_square(y: Any) -> Any:
    """1 - y * y, of a float32 rounded once, as the fused multiply-add of PyTorch's kernels does."""
    if y.dtype != np.float32:
        return y.dtype.type(1) - y * y
    wide = y.astype(np.float64)
    return (1 - wide * wide).astype(np.float32)


TANH_BACKWARD: Operator = operator(
    "tanh_backward(Tensor grad_output, Tensor output)",
    lambda grad, y: grad * np.conj(one_less_square(y)),
    node="TanhBackwardBackward0",
    gradients={
        "grad_output": lambda grad, output: TANH_BACKWARD(grad, output.conj()),
        "output": lambda grad, grad_output, output: grad.conj() * (times(output.conj(), -2) * grad_output),
    },
    public=False,
)

ONE_OF = {kind: np.ones((), kind) for kind in dtypes.FROM_NUMPY if kind.kind == "f"}
"""NumPy takes half as long for an array as for a number that it has to convert first."""


def tanh_kernel(grad: Any, result: Any, out: Any = None) -> Any:
    if result.size < MANY or grad.shape != result.shape:
        return TANH_BACKWARD.plain_forward(grad, result)
    slope = np.multiply(result, result, fresh(result.shape, result.dtype))
    np.subtract(ONE_OF[slope.dtype], slope, slope)
    return np.multiply(grad, slope, slope if out is None else out)


TANH = operator(
    "tanh(Tensor self)",
    precise(np.tanh),
    node="TanhBackward0",
    gradients={"self": lambda grad, result: TANH_BACKWARD(grad, result)},
    dtype=FLOAT,
    inplace=True,
    kernels={"self": tanh_kernel},
)


def logit_forward(a: Any, eps: Any) -> Any:
    if eps is not None:
        a = np.minimum(np.maximum(a, a.dtype.type(eps)), a.dtype.type(1 - eps))
    return np.log(a / (a.dtype.type(1) - a))


def logit_gradient(grad: Any, self: Any, eps: Any) -> Any:
    """Outside the bounds 0 where eps clamps, nan where it does not."""
    if levels.asks(grad) and not modes.grad:
        return LOGIT_BACKWARD(grad, self, eps)
    product = self * number_minus(1, self)
    slope = grad / (product if modes.grad else product.abs())  # its sign is seen at -0 alone, where PyTorch has none
    low, high = (0.0, 1.0) if eps is None else (eps, 1.0 - eps)
    if modes.grad:
        inside = (self >= low).logical_and(self <= high)
        return where(inside, slope, constant(grad, math.nan if eps is None else 0.0))
    outside = (self < low).logical_or(self > high)
    return where(outside, constant(grad, math.nan if eps is None else 0.0), slope)


def logit_backward_forward(grad: Any, a: Any, eps: Any) -> Any:
    low, high = (0.0, 1.0) if eps is None else (eps, 1.0 - eps)
    slope = grad / np.abs(a * (a.dtype.type(1) - a))
    return np.where((a < low) | (a > high), a.dtype.type(math.nan if eps is None else 0.0), slope)


LOGIT_BACKWARD = operator(
    "logit_backward(Tensor grad_output, Tensor self, float? eps=None)", logit_backward_forward, public=False
)

LOGIT = operator(
    "logit(Tensor self, float? eps=None)",
    logit_forward,
    node="LogitBackward0",
    gradients={"self": logit_gradient},
    dtype=FLOAT,
    inplace=True,
)
