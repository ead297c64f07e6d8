"""Activation functions, softmax and thresholds.

Most have an operator of their own for their backward, which is differentiated once more: `ELU_BACKWARD` below `ELU`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.bfloat import widened
from refgrad.half import element
from refgrad.levels import levels
from refgrad.limits import finfo
from refgrad.modes import modes
from refgrad.operators import texts
from refgrad.operators.bounds import bounded
from refgrad.operators.call import call_inplace
from refgrad.operators.complex_texts import complex_not_differentiable
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, Operator, function, operator
from refgrad.operators.examples import SUM_DIM
from refgrad.operators.formula_arithmetic import minus, number_minus, number_over, over, plus, times
from refgrad.operators.formula_values import constant, zeros_like
from refgrad.operators.kernels import floats_only
from refgrad.operators.mixtures import where
from refgrad.operators.sigmoids import SIGMOID_BACKWARD, erf_of
from refgrad.operators.underivable import underivable

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946

FUNCTIONAL: dict[str, Callable[..., Any]] = {}
"""What `torch.nn.functional` gets from here."""


def functional(made: Callable[..., Any]) -> Callable[..., Any]:
    FUNCTIONAL[made.__name__] = made
    return made


def with_inplace(row: Any, inplace_row: Any, *attributes: Any, inplace: bool) -> Callable[[Any], Any]:
    return lambda x: call_inplace(inplace_row, (x,), attributes) if inplace else row(x, *attributes)


# ---- thresholds ---------------------------------------------------------------------------------------------------

THRESHOLD_BACKWARD: Operator = operator(
    "threshold_backward(Tensor grad_output, Tensor self, Number threshold)",
    lambda grad, a, threshold: np.where(a <= threshold, grad.dtype.type(0), grad),
    node="ThresholdBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, threshold: THRESHOLD_BACKWARD(grad, self, threshold),
        # Named by both formulas, `self` is saved whichever of the two is wanted: hooks of saved tensors see it.
        "self": lambda grad, self: zeros_like(grad),
    },
    public=False,
)


def relu_forward(a: Any) -> Any:
    if a.dtype.kind == "b":
        raise RuntimeError(texts.RELU_BOOL)
    return np.where(a < 0, a.dtype.type(0), a)  # a negative zero stays one


RELU = operator(
    "relu(Tensor self)",
    relu_forward,
    node="ReluBackward0",
    gradients={"self": lambda grad, result: THRESHOLD_BACKWARD(grad, result, 0)},
    inplace=True,
    kernels={"self": lambda grad, result: THRESHOLD_BACKWARD.plain_forward(grad, result, 0)},
)


def threshold_forward(a: Any, threshold: Any, value: Any) -> Any:
    if a.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for("threshold_cpu", "Bool"))
    return np.where(a <= threshold, a.dtype.type(value), a)


THRESHOLD = operator(
    "threshold(Tensor self, Number threshold, Number value)",
    threshold_forward,
    node="ThresholdBackward0",
    gradients={"self": lambda grad, self, threshold: THRESHOLD_BACKWARD(grad, self, threshold)},
    public=False,
)

THRESHOLD_INPLACE = operator(
    "threshold_(Tensor self, Number threshold, Number value)",
    threshold_forward,
    node="ThresholdBackward1",
    gradients={"self": lambda grad, self, threshold: THRESHOLD_BACKWARD(grad, self, threshold)},
    public=False,
)

HARDTANH_BACKWARD: Operator = operator(
    "hardtanh_backward(Tensor grad_output, Tensor self, Number min_val, Number max_val)",
    lambda grad, a, low, high: np.where((a <= low) | (a >= high), grad.dtype.type(0), grad),
    node="HardtanhBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, min_val, max_val: HARDTANH_BACKWARD(grad, self, min_val, max_val),
        "self": zeros_like,
    },
    public=False,
)


def hardtanh_forward(a: Any, low: Any, high: Any) -> Any:
    if a.dtype.kind == "b":
        raise RuntimeError(texts.HARDTANH_BOOL)
    kind = dtypes.of_array(a)
    if kind.category == dtypes.INTEGER:
        low, high = (dtypes.element(each, dtypes.int64) for each in (low, high))
    if a.dtype.kind == "u" and (low < 0 or high < 0):
        raise RuntimeError(texts.HARDTANH_UNSIGNED)
    low, high = (a.dtype.type(dtypes.element(each, kind)) for each in (low, high))
    return bounded(a, low, high)


HARDTANH = operator(
    "hardtanh(Tensor self, Number min_val=-1, Number max_val=1)",
    hardtanh_forward,
    node="HardtanhBackward0",
    gradients={"self": lambda grad, self, min_val, max_val: HARDTANH_BACKWARD(grad, self, min_val, max_val)},
    public=False,
)


def sixth(a: Any) -> Any:
    """`min(max(x + 3, 0), 6)`, which becomes a sixth or x sixths."""
    return np.minimum(np.maximum(a + a.dtype.type(3), a.dtype.type(0)), a.dtype.type(6))


HARDSIGMOID_BACKWARD = operator(
    "hardsigmoid_backward(Tensor grad_output, Tensor self)",
    lambda grad, a: np.where((a > -3) & (a < 3), grad * grad.dtype.type(np.float32(1) / 6), grad.dtype.type(0)),
    public=False,
)

HARDSIGMOID = operator(
    "hardsigmoid(Tensor self)",
    floats_only("hardsigmoid_cpu", lambda a: sixth(a) / a.dtype.type(6)),
    node="HardsigmoidBackward0",
    gradients={
        "self": lambda grad, self: underivable(
            "aten::hardsigmoid_backward", HARDSIGMOID_BACKWARD(grad, self), (grad, self)
        )
    },
    public=False,
)


def hardswish_backward_forward(grad: Any, a: Any) -> Any:
    kind = grad.dtype.type
    rising = grad * (a / kind(3) + kind(0.5))
    return np.where(a <= -3, kind(0), np.where(a < 3, rising, grad))


HARDSWISH_BACKWARD: Operator = operator(
    "hardswish_backward(Tensor grad_output, Tensor self)",
    hardswish_backward_forward,
    node="HardswishBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self: HARDSWISH_BACKWARD(grad, self),
        "self": lambda grad, grad_output, self: where(
            (self > -3.0).logical_and(self < 3.0), over(grad * grad_output, 3.0), constant(self, 0)
        ),
    },
    public=False,
)

HARDSWISH = operator(
    "hardswish(Tensor self)",
    floats_only("hardswish_cpu", lambda a: a * sixth(a) / a.dtype.type(6)),
    node="HardswishBackward0",
    gradients={"self": lambda grad, self: HARDSWISH_BACKWARD(grad, self)},
    public=False,
)

HARDSHRINK_BACKWARD: Operator = operator(
    "hardshrink_backward(Tensor grad_out, Tensor self, Number lambd)",
    lambda grad, a, lambd: np.where((a >= -lambd) & (a <= lambd), grad.dtype.type(0), grad),
    node="HardshrinkBackwardBackward0",
    gradients={
        "grad_out": lambda grad, self, lambd: HARDSHRINK_BACKWARD(grad, self, lambd),
        "self": zeros_like,
    },
    public=False,
)

HARDSHRINK = operator(
    "hardshrink(Tensor self, Number lambd=0.5)",
    floats_only("hardshrink_cpu", lambda a, lambd: np.where((a >= -lambd) & (a <= lambd), a.dtype.type(0), a)),
    node="HardshrinkBackward0",
    gradients={"self": lambda grad, self, lambd: HARDSHRINK_BACKWARD(grad, self, lambd)},
    public=METHOD,
)


@function("hardshrink", public=FUNCTION)
def hardshrink(input: Any, lambd: Any = 0.5) -> Any:
    """What is near zero made zero; the form with `out=` is added elsewhere."""
    return HARDSHRINK(input, lambd)


SOFTSHRINK_BACKWARD: Operator = operator(
    "softshrink_backward(Tensor grad_output, Tensor self, Number lambd)",
    lambda grad, a, lambd: np.where((a >= -lambd) & (a <= lambd), grad.dtype.type(0), grad),
    node="SoftshrinkBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, lambd: SOFTSHRINK_BACKWARD(grad, self, lambd),
        "self": zeros_like,
    },
    public=False,
)


def check_softshrink(kind: dtypes.dtype, lambd: Any) -> None:
    """Raise NotImplementedError or RuntimeError for a type, or for an edge, that there is no kernel for."""
    lambd = dtypes.element(lambd, dtypes.float64)
    if not kind.is_floating_point:
        raise NotImplementedError(texts.not_implemented_for("softshrink_check", kind.scalar_name))
    limits: Any = finfo(kind)
    largest = float(limits.max)
    if not 0 <= lambd <= largest:
        raise RuntimeError(texts.softshrink_range(largest, kind.scalar_name, lambd))


def softshrink_forward(a: Any, lambd: Any) -> Any:
    check_softshrink(dtypes.of_array(a), lambd)
    edge = element(a.dtype, lambd)
    return np.where(a > edge, a - edge, np.where(a < -edge, a + edge, a * a.dtype.type(0)))


SOFTSHRINK = operator(
    "softshrink(Tensor self, Number lambd=0.5)",
    softshrink_forward,
    node="SoftshrinkBackward0",
    gradients={"self": lambda grad, self, lambd: SOFTSHRINK_BACKWARD(grad, self, lambd)},
    public=False,
)

# ---- leaky and exponential units ----------------------------------------------------------------------------------


def leaky_forward(a: Any, negative_slope: Any) -> Any:
    return np.where(a > 0, a, a * a.dtype.type(negative_slope))


LEAKY_RELU_BACKWARD: Operator = operator(
    "leaky_relu_backward(Tensor grad_output, Tensor self, Number negative_slope, bool self_is_result)",
    lambda grad, a, slope, self_is_result: np.where(a > 0, grad, grad * grad.dtype.type(slope)),
    node="LeakyReluBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, negative_slope: LEAKY_RELU_BACKWARD(grad, self, negative_slope, False),
        "self": zeros_like,
    },
    public=False,
)

LEAKY_RELU = operator(
    "leaky_relu(Tensor self, Number negative_slope=0.01)",
    floats_only("leaky_relu_cpu", leaky_forward),
    node="LeakyReluBackward0",
    gradients={"self": lambda grad, self, negative_slope: LEAKY_RELU_BACKWARD(grad, self, negative_slope, False)},
    public=False,
)

LEAKY_RELU_INPLACE = operator(
    "leaky_relu_(Tensor self, Number negative_slope=0.01)",
    floats_only("leaky_relu_cpu", leaky_forward),
    node="LeakyReluBackward1",
    gradients={"self": lambda grad, result, negative_slope: LEAKY_RELU_BACKWARD(grad, result, negative_slope, True)},
    public=False,
)


def elu_forward(a: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    kind = a.dtype.type
    return np.where(a >= 0, a * kind(scale), np.expm1(a * kind(input_scale)) * kind(alpha * scale))


def elu_backward_forward(grad: Any, a: Any, alpha: Any, scale: Any, input_scale: Any, is_result: bool) -> Any:
    kind = grad.dtype.type
    factor = kind(alpha * scale)
    if is_result:
        below = grad * kind(input_scale) * (a + factor)
    else:
        below = grad * kind(input_scale) * factor * np.exp(a * kind(input_scale))
    return np.where(a <= 0, below, grad * kind(scale))


def elu_second(
    grad: Any, grad_output: Any, self_or_result: Any, alpha: Any, scale: Any, input_scale: Any, is_result: bool
) -> Any:
    product = times(grad * grad_output, input_scale)
    if is_result:
        return product * (self_or_result < 0).to(grad.dtype)
    slope = ELU_BACKWARD(product, self_or_result, alpha, scale, input_scale, is_result)
    return slope * (self_or_result < 0).to(grad.dtype)


ELU_BACKWARD: Operator = operator(
    "elu_backward(Tensor grad_output, Tensor self_or_result, Number alpha, Number scale, Number input_scale, "
    "bool is_result)",
    elu_backward_forward,
    node="EluBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self_or_result, alpha, scale, input_scale, is_result: ELU_BACKWARD(
            grad, self_or_result, alpha, scale, input_scale, is_result
        ),
        "self_or_result": elu_second,
    },
    public=False,
)

ELU = operator(
    "elu(Tensor self, Number alpha=1, Number scale=1, Number input_scale=1)",
    floats_only("elu_cpu", elu_forward),
    node="EluBackward0",
    gradients={
        "self": lambda grad, self, alpha, scale, input_scale: ELU_BACKWARD(grad, self, alpha, scale, input_scale, False)
    },
    public=False,
)

ELU_INPLACE = operator(
    "elu_(Tensor self, Number alpha=1, Number scale=1, Number input_scale=1)",
    floats_only("elu_cpu", elu_forward),
    node="EluBackward1",
    gradients={
        "self": lambda grad, result, alpha, scale, input_scale: ELU_BACKWARD(
            grad, result, alpha, scale, input_scale, True
        )
    },
    public=False,
)


def inverse(alpha: Any) -> float:
    """1 / alpha, where PyTorch takes alpha in single precision."""
    return 1.0 / float(np.float32(alpha))


def celu_forward(a: Any, alpha: Any) -> Any:
    if alpha == 0:
        raise RuntimeError(texts.CELU_ALPHA)
    return elu_forward(a, alpha, 1.0, 1.0 / alpha)


CELU = operator(
    "celu(Tensor self, Number alpha=1.0)",
    floats_only("elu_cpu", celu_forward),
    node="CeluBackward0",
    gradients={"self": lambda grad, self, alpha: ELU_BACKWARD(grad, self, alpha, 1, inverse(alpha), False)},
    public=False,
)

CELU_INPLACE = operator(
    "celu_(Tensor self, Number alpha=1.0)",
    floats_only("elu_cpu", celu_forward),
    node="CeluBackward1",
    gradients={"self": lambda grad, result, alpha: ELU_BACKWARD(grad, result, alpha, 1, inverse(alpha), True)},
    public=False,
)

# ---- smooth units -------------------------------------------------------------------------------------------------

TANH_SCALE = math.sqrt(2 / math.pi)
TANH_CUBE = 0.044715


def gelu_forward(a: Any, approximate: str) -> Any:
    kind = a.dtype.type
    if approximate == "tanh":
        inner = kind(TANH_SCALE) * (a + kind(TANH_CUBE) * a * a * a)
        return kind(0.5) * a * (kind(1) + np.tanh(inner))
    if approximate != "none":
        raise RuntimeError(texts.GELU_APPROXIMATE)
    return a * kind(0.5) * (kind(1) + erf_of(a * kind(math.sqrt(0.5))))


def gelu_slope(a: Any, approximate: str) -> Any:
    kind = a.dtype.type
    if approximate == "tanh":
        inner = np.tanh(kind(TANH_SCALE) * (a + kind(TANH_CUBE) * a * a * a))
        steep = kind(TANH_SCALE) * (kind(1) + kind(3 * TANH_CUBE) * a * a)
        return kind(0.5) * (kind(1) + inner) + kind(0.5) * a * (kind(1) - inner * inner) * steep
    share = kind(0.5) * (kind(1) + erf_of(a * kind(math.sqrt(0.5))))
    return share + a * np.exp(a * a * kind(-0.5)) * kind(1 / math.sqrt(2 * math.pi))


def gelu_second(grad: Any, grad_output: Any, self: Any, approximate: str) -> Any:
    """The second derivative of x times the normal distribution is density * (2 - x^2); else that of the tanh form."""
    if approximate == "none":
        square = self * self
        density = times(times(square, -0.5).exp(), 1 / math.sqrt(2 * math.pi))
        part = square * density
        outer = grad * grad_output
        return outer * (times(density, 2) - part)
    inside = times(self + times(self.pow(3), TANH_CUBE), TANH_SCALE)
    bent, narrow = inside.tanh(), number_over(1, inside.cosh())  # 1 - tanh^2 would vanish where 1 / cosh^2 does not
    half, slope = times(self, 0.5), number_minus(1, bent * bent)
    steep = times(plus(times(self, 3 * TANH_CUBE) * self, 1), TANH_SCALE)
    curve = times(narrow, 2) * (-narrow * bent) * steep
    inside = times(times(slope, 0.5) * steep, 2) + half * steep * curve
    inside = inside + half * slope * times(times(self, 6 * TANH_CUBE), TANH_SCALE)
    return grad * grad_output * inside


GELU_BACKWARD: Operator = operator(
    "gelu_backward(Tensor grad_output, Tensor self, *, str approximate='none')",
    lambda grad, a, approximate: grad * gelu_slope(a, approximate),
    node="GeluBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, approximate: GELU_BACKWARD(grad, self, approximate),
        "self": gelu_second,
    },
    public=False,
)

GELU = operator(
    "gelu(Tensor self, *, str approximate='none')",
    floats_only("GeluKernelImpl", gelu_forward),
    node="GeluBackward0",
    gradients={"self": lambda grad, self, approximate: GELU_BACKWARD(grad, self, approximate)},
    public=False,
)


def silu_backward_forward(grad: Any, a: Any) -> Any:
    share = a.dtype.type(1) / (a.dtype.type(1) + np.exp(-a))
    return grad * share * (a.dtype.type(1) + a * (a.dtype.type(1) - share))


SILU_BACKWARD = operator("silu_backward(Tensor grad_output, Tensor self)", silu_backward_forward, public=False)


def silu_gradient(grad: Any, self: Any) -> Any:
    """By one kernel, unless the gradient is to be differentiated again."""
    if not modes.grad and (not levels.active or levels.asks(grad)):
        return SILU_BACKWARD(grad, self)
    share = self.sigmoid()
    slope = plus(self * number_minus(1, share), 1)
    return grad * share * slope


SILU = operator(
    "silu(Tensor self)",
    floats_only("silu_cpu", lambda a: a / (a.dtype.type(1) + np.exp(-a))),
    node="SiluBackward0",
    gradients={"self": silu_gradient},
    public=False,
)


def mish_backward_forward(grad: Any, a: Any) -> Any:
    share, bent = a.dtype.type(1) / (a.dtype.type(1) + np.exp(-a)), np.tanh(np.log1p(np.exp(a)))
    return grad * (bent + a * share * (a.dtype.type(1) - bent * bent))


MISH_BACKWARD = operator("mish_backward(Tensor grad_output, Tensor self)", mish_backward_forward, public=False)


def mish_gradient(grad: Any, self: Any) -> Any:
    if not modes.grad and (not levels.active or levels.asks(grad)):
        return MISH_BACKWARD(grad, self)
    share, bent = self.sigmoid(), self.exp().log1p().tanh()
    rest = number_minus(1, bent * bent)
    return grad * (bent + self * share * rest)


MISH = operator(
    "mish(Tensor self)",
    floats_only("mish_cpu", lambda a: a * np.tanh(np.log1p(np.exp(a)))),
    node="MishBackward0",
    gradients={"self": mish_gradient},
    public=False,
)


def softplus_forward(a: Any, beta: Any, threshold: Any) -> Any:
    scaled = a * a.dtype.type(beta)
    return np.where(scaled > threshold, a, np.log1p(np.exp(scaled)) / a.dtype.type(beta))


def softplus_backward_forward(grad: Any, a: Any, beta: Any, threshold: Any) -> Any:
    scaled = a * a.dtype.type(beta)
    grown = np.exp(scaled)
    return np.where(scaled > threshold, grad, grad * grown / (grown + a.dtype.type(1)))


def softplus_second(grad: Any, grad_output: Any, self: Any, beta: Any, threshold: Any) -> Any:
    scaled = times(self, beta)
    slope = SIGMOID_BACKWARD(grad * grad_output, scaled.sigmoid())
    return times(slope * (scaled < threshold).to(grad.dtype), beta)


SOFTPLUS_BACKWARD: Operator = operator(
    "softplus_backward(Tensor grad_output, Tensor self, Number beta, Number threshold)",
    softplus_backward_forward,
    node="SoftplusBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, beta, threshold: SOFTPLUS_BACKWARD(grad, self, beta, threshold),
        "self": softplus_second,
    },
    public=False,
)

SOFTPLUS = operator(
    "softplus(Tensor self, Number beta=1, Number threshold=20)",
    floats_only("softplus_cpu", softplus_forward),
    node="SoftplusBackward0",
    gradients={"self": lambda grad, self, beta, threshold: SOFTPLUS_BACKWARD(grad, self, beta, threshold)},
    public=False,
)


def logsigmoid_forward(a: Any) -> tuple[Any, Any]:
    decay = np.exp(-np.abs(a))
    return memory.indexed(np.minimum(a, a.dtype.type(0)) - np.log1p(decay)), memory.indexed(decay)


def logsigmoid_backward_forward(grad: Any, a: Any, buffer: Any) -> Any:
    kind = grad.dtype.type
    share = buffer / (kind(1) + buffer)
    return grad * np.where(a < 0, kind(1) - share, share)


def logsigmoid_second(grad: Any, grad_output: Any, self: Any) -> Any:
    both, share = grad * grad_output, self.sigmoid()
    return both * minus(share, 1) * share


LOGSIGMOID_BACKWARD: Operator = operator(
    "log_sigmoid_backward(Tensor grad_output, Tensor self, Tensor buffer)",
    logsigmoid_backward_forward,
    node="LogSigmoidBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, buffer: LOGSIGMOID_BACKWARD(grad, self, buffer),
        "self": logsigmoid_second,
    },
    public=False,
)

LOGSIGMOID = operator(
    "log_sigmoid_forward(Tensor self) -> (output, buffer)",
    floats_only("log_sigmoid_cpu", logsigmoid_forward),
    node="LogSigmoidBackward0",
    history=1,
    gradients={"self": lambda grad, self, buffer: LOGSIGMOID_BACKWARD(grad, self, buffer)},
    public=False,
)

# ---- softmax ------------------------------------------------------------------------------------------------------


def softmax_axis(a: Any, dim: int) -> Any:
    axis = shapes.checked_dim(dim, a.ndim)
    return axis if a.ndim else None


def kernel_name(a: Any, dim: int, log: bool) -> str:
    last = a.ndim == 0 or shapes.checked_dim(dim, a.ndim) == a.ndim - 1
    name = "log_softmax" if log else "softmax"
    return f"{name}_lastdim_kernel_impl" if last else f"{name}_kernel_impl" if log else "softmax_kernel_impl"


def refuse_others(a: Any, kernel: str) -> None:
    if a.dtype.kind in "biuc":
        raise NotImplementedError(texts.not_implemented_for(kernel, dtypes.of_array(a).scalar_name))


def softmax_forward(a: Any, dim: int) -> Any:
    axis = softmax_axis(a, dim)
    if a.size == 0:
        return a.copy()
    refuse_others(a, kernel_name(a, dim, log=False))
    grown = np.exp(a - np.max(a, axis=axis, keepdims=True))
    return np.asarray(grown / np.sum(grown, axis=axis, keepdims=True), order="C")


def log_softmax_forward(a: Any, dim: int) -> Any:
    axis = softmax_axis(a, dim)
    if a.size == 0:
        return a.copy()
    refuse_others(a, kernel_name(a, dim, log=True))
    wide = widened(a)
    lowered = wide - np.max(wide, axis=axis, keepdims=True)
    total = np.sum(np.exp(lowered), axis=axis, keepdims=True)
    if wide is not a and (axis is None or axis == a.ndim - 1):  # along the last dimension sums are of the short type
        total = widened(np.log(total.astype(a.dtype)))
    else:
        total = np.log(total)
    return np.asarray((lowered - total).astype(a.dtype), order="C")


def softmax_second(grad: Any, grad_output: Any, output: Any, dim: int) -> Any:
    """PyTorch's products run from right to left, which the nodes that they make show."""
    last = grad_output * SUM_DIM(output * grad, (dim,), True, None)
    middle = SUM_DIM(output * grad_output, (dim,), True, None) * grad
    return grad_output * grad - middle - last


def total_along(a: Any, dim: int) -> Any:
    """The sum along a dimension; in the last one PyTorch has no zero to start from, so that negative zeros stay."""
    axis = softmax_axis(a, dim)
    return np.sum(a, axis=axis, keepdims=True, initial=-0.0 if axis is None or axis == a.ndim - 1 else 0.0)


SOFTMAX_BACKWARD: Operator = operator(
    "_softmax_backward_data(Tensor grad_output, Tensor output, int dim)",
    lambda grad, y, dim: np.asarray((grad - total_along(grad * y, dim)) * y, order="C"),
    node="SoftmaxBackwardDataBackward0",
    gradients={
        "grad_output": lambda grad, output, dim: SOFTMAX_BACKWARD(grad, output, dim),
        "output": softmax_second,
    },
    dtype=KEEP,
    public=False,
)

SOFTMAX = operator(
    "_softmax(Tensor self, int dim)",
    softmax_forward,
    node="SoftmaxBackward0",
    gradients={"self": lambda grad, result, dim: SOFTMAX_BACKWARD(grad, result, dim)},
    dtype=KEEP,
    public=False,
)

LOG_SOFTMAX_BACKWARD = operator(
    "_log_softmax_backward_data(Tensor grad_output, Tensor output, int dim)",
    lambda grad, y, dim: np.asarray(grad - np.exp(y) * total_along(grad, dim), order="C"),
    node="LogSoftmaxBackwardDataBackward0",
    gradients={
        "grad_output": lambda grad, output, dim: grad - SUM_DIM(grad * output.exp(), (dim,), True, None),
        "output": lambda grad, grad_output, output, dim: (
            -SUM_DIM(grad_output, (dim,), True, None) * output.exp() * grad
        ),
    },
    dtype=KEEP,
    public=False,
)

LOG_SOFTMAX = operator(
    "_log_softmax(Tensor self, int dim)",
    log_softmax_forward,
    node="LogSoftmaxBackward0",
    gradients={"self": lambda grad, result, dim: LOG_SOFTMAX_BACKWARD(grad, result, dim)},
    dtype=KEEP,
    public=False,
)


def of_type(tensor: Any, dtype: Any) -> Any:
    return tensor if dtype is None or tensor.dtype is dtype else tensor.to(dtype)


@function("softmax")
def softmax(self: Any, dim: int, dtype: Any = None) -> Any:
    """Exponentials, divided by their sum along a dimension."""
    return SOFTMAX(of_type(self, dtype), dim)


@function("log_softmax")
def log_softmax(self: Any, dim: int, dtype: Any = None) -> Any:
    """The logarithm of `softmax`."""
    return LOG_SOFTMAX(of_type(self, dtype), dim)


# ---- torch.nn.functional ------------------------------------------------------------------------------------------


@functional
def relu(input: Any, inplace: bool = False) -> Any:
    return with_inplace(RELU, RELU, inplace=inplace)(input)


@functional
def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    return with_inplace(THRESHOLD, THRESHOLD_INPLACE, threshold, value, inplace=inplace)(input)


threshold.__qualname__ = "_threshold"  # as PyTorch's is called in errors


@function("threshold", public=FUNCTION)
def threshold_of_torch(input: Any, threshold: Any, value: Any) -> Any:
    return THRESHOLD(input, threshold, value)


@functional
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    if min_val > max_val:
        raise ValueError(texts.HARDTANH_BOUNDS)
    return with_inplace(HARDTANH, HARDTANH, min_val, max_val, inplace=inplace)(input)


@functional
def relu6(input: Any, inplace: bool = False) -> Any:
    return with_inplace(HARDTANH, HARDTANH, 0, 6, inplace=inplace)(input)


@functional
def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    return with_inplace(HARDSIGMOID, HARDSIGMOID, inplace=inplace)(input)


@functional
def hardswish(input: Any, inplace: bool = False) -> Any:
    return with_inplace(HARDSWISH, HARDSWISH, inplace=inplace)(input)


@functional
def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    return with_inplace(LEAKY_RELU, LEAKY_RELU_INPLACE, negative_slope, inplace=inplace)(input)


@functional
def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    return with_inplace(ELU, ELU_INPLACE, alpha, 1, 1, inplace=inplace)(input)


@functional
@function("selu", public=FUNCTION)
def selu(input: Any, inplace: bool = False) -> Any:
    """`elu` with the constants that keep mean and variance."""
    return with_inplace(ELU, ELU_INPLACE, SELU_ALPHA, SELU_SCALE, 1, inplace=inplace)(input)


@functional
@function("celu", public=FUNCTION)
def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    alpha = dtypes.element(alpha, dtypes.float64)
    return with_inplace(CELU, CELU_INPLACE, alpha, inplace=inplace)(input)


@functional
def gelu(input: Any, *, approximate: str = "none") -> Any:
    if approximate not in ("none", "tanh"):
        raise RuntimeError(texts.GELU_APPROXIMATE)
    return GELU(input, approximate)


@functional
def silu(input: Any, inplace: bool = False) -> Any:
    if input.is_complex() and modes.grad and input.requires_grad and not inplace:
        raise RuntimeError(complex_not_differentiable("silu"))
    return with_inplace(SILU, SILU, inplace=inplace)(input)


@functional
def mish(input: Any, inplace: bool = False) -> Any:
    return with_inplace(MISH, MISH, inplace=inplace)(input)


@functional
def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    return SOFTPLUS(input, beta, threshold)


@functional
def logsigmoid(input: Any) -> Any:
    return LOGSIGMOID(input)[0]


@functional
def softshrink(input: Any, lambd: float = 0.5) -> Any:
    return SOFTSHRINK(input, dtypes.element(lambd, dtypes.float64))


@functional
def softsign(input: Any) -> Any:
    return input / (input.abs() + 1)


@functional
def tanhshrink(input: Any) -> Any:
    return input - input.tanh()


@functional
def softmin(input: Any, dim: int, dtype: Any = None) -> Any:
    return softmax(-input, dim, dtype)


def inplace_function(name: str, compute: Callable[..., Any]) -> None:
    """`torch.selu_` and `torch.nn.functional.selu_`."""

    def modify(input: Any, *attributes: Any) -> Any:
        return compute(input, *attributes, inplace=True)

    FUNCTIONAL[name] = modify


@functional
def hardtanh_(input: Any, min_val: Any = -1, max_val: Any = 1) -> Any:
    limits = (dtypes.element(min_val, dtypes.float64), dtypes.element(max_val, dtypes.float64))
    return call_inplace(HARDTANH, (input,), limits)


@functional
def elu_(input: Any, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Any:
    return call_inplace(ELU_INPLACE, (input,), (alpha, scale, input_scale))


for _made in (relu, threshold, leaky_relu, selu, celu):
    inplace_function(_made.__name__ + "_", _made)
function("selu_", public=FUNCTION)(FUNCTIONAL["selu_"])
function("celu_", public=FUNCTION)(FUNCTIONAL["celu_"])
function("threshold_", public=FUNCTION)(FUNCTIONAL["threshold_"])


@functional
def sigmoid(input: Any) -> Any:
    return input.sigmoid()


@functional
def tanh(input: Any) -> Any:
    return input.tanh()


functional(softmax)
functional(log_softmax)
