"""Gated and learned activation units, and what else belongs to `torch.nn.functional` and is no loss or window."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from refgrad import creation, dtypes, forward_texts, shapes
from refgrad.dtypes import FROM_NUMPY
from refgrad.levels import BatchLevel, levels
from refgrad.modes import quietly
from refgrad.operators import unit_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.call import call_inplace, result_type
from refgrad.operators.declare import FUNCTION, KEEP, Operator, function, operator
from refgrad.operators.formula_arithmetic import number_minus, plus, times
from refgrad.operators.formula_values import constant, zeros_like
from refgrad.operators.kernels import floats_only
from refgrad.operators.mixtures import where
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.random import empty_like
from refgrad.operators.reductions import VECTOR_NORM, norm_gradient, vector_norm_forward
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.refusing import guarded
from refgrad.tensor import Tensor

# ---- gated linear units -------------------------------------------------------------------------------------------


def halves(a: Any, dim: int) -> tuple[Any, Any]:
    first, second = np.split(a, 2, axis=dim)
    return first, second


def sigmoid_of(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def glu_forward(a: Any, dim: int) -> Any:
    if a.ndim == 0:
        raise RuntimeError(texts.GLU_SCALAR)
    axis = shapes.checked_dim(dim, a.ndim)
    if a.shape[axis] % 2:
        raise RuntimeError(texts.glu_odd(axis, a.shape[axis]))
    if a.dtype.kind in "biuc":
        raise NotImplementedError(not_implemented_for("glu_cpu", FROM_NUMPY[a.dtype].scalar_name))
    first, second = halves(a, axis)
    return first * sigmoid_of(second)


def glu_backward_forward(grad: Any, a: Any, dim: int) -> Any:
    first, second = halves(a, dim)
    share = sigmoid_of(second)
    return np.concatenate([share * grad, (1 - share) * share * grad * first], dim)


def glu_double(grad: Any, grad_output: Any, self: Any, dim: int) -> Any:
    size = self.shape[dim] // 2
    to_first, to_second = grad.narrow(dim, 0, size), grad.narrow(dim, size, size)
    first, second = self.narrow(dim, 0, size), self.narrow(dim, size, size)
    share = second.sigmoid()
    slope = share * number_minus(1, share)
    bend = slope * number_minus(1, times(share, 2)) * first
    of_first = to_second * slope * grad_output
    of_second = (to_first * slope + to_second * bend) * grad_output
    return FUNCTIONS["cat"]([of_first, of_second], dim)


def glu_double_output(grad: Any, self: Any, dim: int) -> Any:
    size = self.shape[dim] // 2
    through = GLU_BACKWARD(Tensor._of(np.ones_like(self.narrow(dim, 0, size)._array)), self, dim)
    return (grad * through).narrow(dim, 0, size) + (grad * through).narrow(dim, size, size)


GLU_BACKWARD: Operator = operator(
    "glu_backward(Tensor grad_output, Tensor self, int dim)",
    glu_backward_forward,
    node="GluBackwardBackward0",
    gradients={"grad_output": glu_double_output, "self": glu_double},
    dtype=KEEP,
    public=False,
)

GLU = operator(
    "glu(Tensor self, int dim=-1)",
    glu_forward,
    node="GluBackward0",
    gradients={"self": lambda grad, self, dim: GLU_BACKWARD(grad, self, dim)},
    dtype=KEEP,
    public=False,
)


@functional
def glu(input: Any, dim: int = -1) -> Any:
    """The first half of a dimension, gated by the sigmoid of the second."""
    return GLU(input, dim)


# ---- a learned slope ----------------------------------------------------------------------------------------------


def prelu_gradients(grad: Any, self: Any, weight: Any, needed: Any) -> Any:
    return tuple(PRELU_BACKWARD(grad, self, weight))


def prelu_backward_forward(grad: Any, a: Any, weight: Any) -> Any:
    return np.where(a > 0, grad, weight * grad), np.where(a > 0, grad.dtype.type(0), a * grad)


def prelu_double(grads: Any, grad_output: Any, self: Any, weight: Any, needed: Any) -> Any:
    to_self, to_weight = grads
    positive = self >= 0  # at 0 not where the first derivative draws the line
    zero = constant(grad_output, 0)
    of_grad = of_self = of_weight = None
    if to_self is not None:
        of_grad = where(positive, to_self, weight * to_self)
        of_weight = where(positive, zero, grad_output * to_self)
        of_self = zeros_like(self)
    if to_weight is not None:
        part = where(positive, zero, self * to_weight)
        of_grad = part if of_grad is None else of_grad + part
        of_self = where(positive, zero, grad_output * to_weight)
    return of_grad, of_self, of_weight


PRELU_BACKWARD = operator(
    "_prelu_kernel_backward(Tensor grad_output, Tensor self, Tensor weight) -> (result0, result1)",
    prelu_backward_forward,
    node="PreluKernelBackwardBackward0",
    gradients={"grad_output, self, weight": prelu_double},
    public=False,
)

PRELU = operator(
    "_prelu_kernel(Tensor self, Tensor weight)",
    floats_only("prelu_cpu", lambda a, weight: np.where(a > 0, a, weight * a)),
    node="PreluKernelBackward0",
    gradients={"self, weight": prelu_gradients},
    public=False,
)


@functional
@function("prelu")
def prelu(self: Any, weight: Any) -> Any:
    """Negative numbers times a weight: one for all, or one for each channel."""
    if self.dtype is not weight.dtype:
        raise RuntimeError(texts.prelu_types(self.dtype.scalar_name, weight.dtype.scalar_name))
    if weight.numel() != 1:
        if self.dim() == 0:
            raise RuntimeError(texts.PRELU_SCALAR)
        channels = self.shape[1] if self.dim() >= 2 else 1
        if channels != weight.numel():
            raise RuntimeError(texts.prelu_channels(weight.numel(), channels))
    if weight.dim() > 1:
        raise RuntimeError(texts.prelu_weight(weight.dim()))
    shape = [1] * self.dim()
    if self.dim() > 1:
        shape[1] = weight.numel()
        weight = weight.reshape(shape) if weight.dim() != self.dim() else weight
    elif self.dim() == 1 and weight.dim() == 0:
        weight = weight.reshape(shape)
    elif self.dim() == 0 and weight.dim():
        weight = weight.reshape(())
    return PRELU(self, weight)


RRELU_BACKWARD: Operator = operator(
    "rrelu_with_noise_backward(Tensor grad_output, Tensor self, Tensor noise, Number lower, Number upper, "
    "bool training, bool self_is_result)",
    lambda grad, a, noise, lower, upper, training, self_is_result: rrelu_slope(grad, a, noise, lower, upper, training),
    node="RreluWithNoiseBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, noise, lower, upper, training: RRELU_BACKWARD(
            grad, self, noise, lower, upper, training, False
        ),
        "self": zeros_like,
    },
    public=False,
)


def rrelu_forward(a: Any, noise: Any, lower: Any, upper: Any, training: bool) -> Any:
    """Without training the slope is the mean, which the noise may be too short a type for."""
    return a * noise if training else np.where(a > 0, a, a * a.dtype.type((lower + upper) / 2))


RRELU = operator(
    "rrelu_with_noise(Tensor self, Tensor noise, Number lower, Number upper, bool training)",
    rrelu_forward,
    node="RreluWithNoiseBackward0",
    gradients={
        "self": lambda grad, self, noise, lower, upper, training: RRELU_BACKWARD(
            grad, self, noise, lower, upper, training, False
        )
    },
    public=False,
)


RRELU_INPLACE = operator(
    "rrelu_with_noise_(Tensor self, Tensor noise, Number lower, Number upper, bool training)",
    rrelu_forward,
    node="RreluWithNoiseBackward1",
    gradients={
        "self": lambda grad, noise, lower, upper, training, result: RRELU_BACKWARD(
            grad, result, noise, lower, upper, training, True
        )
    },
    public=False,
)


def rrelu_slope(grad: Any, a: Any, noise: Any, lower: Any, upper: Any, training: bool) -> Any:
    """Without training this is a leaky unit with the mean slope."""
    if training and upper - lower > 1e-6:
        return grad * noise
    return np.where(a > 0, grad, grad * grad.dtype.type((lower + upper) / 2))


def rectified(input: Any, lower: Any, upper: Any, training: bool, generator: Any = None, *, inplace: bool) -> Any:
    """Negative numbers times a slope, drawn in training, the mean of the bounds otherwise.

    Raises RuntimeError under `vmap` and for bounds that are none, NotImplementedError for other than floating numbers.
    """
    if any(isinstance(level, BatchLevel) and not level.legacy for level in levels.stack):
        name = ("rrelu" if isinstance(levels.stack[-1], BatchLevel) else "rrelu_with_noise") + "_" * inplace
        raise RuntimeError(forward_texts.unsupported_in_vmap(name))
    low, high = (dtypes.element(each, dtypes.float64) for each in (lower, upper))
    for name, bound in (("lower", low), ("upper", high)):
        if not inplace and not math.isfinite(bound):
            raise RuntimeError(texts.rrelu_bound(name, bound))
    if not low <= high:
        raise RuntimeError(texts.RRELU_BOUNDS)
    a, kind = input._array, input.dtype
    if not kind.is_floating_point or (training and kind is dtypes.float16):
        kernel = "rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu"
        raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))
    mean = dtypes.element((low + high) / 2, kind if kind.itemsize > 2 else dtypes.float32)
    slope = np.where(a > 0, 1.0, mean)
    if training:
        ends = [low, high] if a.dtype.itemsize == 2 else [float(a.dtype.type(each)) for each in (low, high)]
        with np.errstate(invalid="ignore"):
            slope[a <= 0] = (generator or creation.random_state).drawn_uniform(
                (int((a <= 0).sum()),), np.float64, *ends
            )
    with np.errstate(over="ignore"):
        noise = Tensor._of(slope.astype(a.dtype))
    if inplace:
        return call_inplace(RRELU_INPLACE, (input, noise), (lower, upper, training))
    return RRELU(input, noise, lower, upper, training)


@functional
def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Any:
    """Negative numbers times a slope, drawn in training, the mean of the bounds otherwise."""
    return rectified(input, lower, upper, training, inplace=inplace)


@function("rrelu", public=FUNCTION)
def rrelu_of_torch(
    input: Any, lower: Any = 1.0 / 8, upper: Any = 1.0 / 3, training: bool = False, generator: Any = None
) -> Any:
    """The same, with numbers from a generator."""
    return rectified(input, lower, upper, training, generator, inplace=False)


@functional
@function("rrelu_", public=FUNCTION)
def rrelu_(
    input: Any, lower: Any = 1.0 / 8, upper: Any = 1.0 / 3, training: bool = False, generator: Any = None
) -> Any:
    return rectified(input, lower, upper, training, generator, inplace=True)


# ---- distances ----------------------------------------------------------------------------------------------------


QUOTIENT = guarded(lambda *operands, out: FUNCTIONS["div"](*operands, out=out), "div", "torch")


@functional
def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """Vectors divided by their norm, or by `eps` if that is larger."""
    norms = input.norm(p, dim, keepdim=True)
    if out is None:
        return input / norms.clamp_min(eps).expand_as(input)
    return QUOTIENT(input, norms.clamp_min_(eps).expand_as(input), out=out)


NORM = operator(
    "norm.ScalarOpt_dim(Tensor self, Number? p, int[] dim, bool keepdim=False)",
    lambda a, p, dim, keepdim: vector_norm_forward(a, p, dim, keepdim, None),
    node="NormBackward1",
    gradients={"self": lambda grad, self, p, result, dim, keepdim: norm_gradient(grad, self, p, result, dim, keepdim)},
    dtype=KEEP,
    public=False,
)


@functional
@function("pairwise_distance", public=FUNCTION)
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The norm of the difference, which `eps` keeps from 0."""
    return NORM(plus(x1 - x2, eps), float(p), (max(x1.dim(), x2.dim()) - 1,), keepdim)


@functional
@function("cosine_similarity", public=FUNCTION)
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors; lengths below `eps` count as `eps`."""
    common = result_type("cosine_similarity", (x1, x2))
    if not common.is_floating_point:
        raise RuntimeError(texts.common_floating(common.scalar_name))
    if not eps >= 0:
        raise RuntimeError(texts.eps_negative(eps))
    shapes.raise_broadcast_error([x1._array, x2._array])
    x1, x2 = (each.to(common) if each.dtype.category < dtypes.FLOATING else each for each in (x1, x2))
    shape = np.broadcast_shapes(x1._array.shape, x2._array.shape)
    x1, x2 = (each if each._array.shape == shape else each.expand(shape) for each in (x1, x2))
    lengths = [VECTOR_NORM(each, 2, (dim,), True, None).clone() for each in (x1, x2)]
    with quietly(False):
        for each in lengths:
            each.clamp_min_(eps)
    second = x2 / lengths[1]
    return ((x1 / lengths[0]) * second).sum(dim)


# ---- samples ------------------------------------------------------------------------------------------------------


EMPTY_LIKE = guarded(empty_like, "empty_like", "torch")


@functional
def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """A sample of classes through which gradients flow."""
    if eps != 1e-10:
        warnings.warn(texts.GUMBEL_EPS, stacklevel=2)
    noise = -EMPTY_LIKE(logits).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    picked = logits.new_zeros(logits.shape).scatter_(dim, index, 1.0)
    return picked - soft.detach() + soft
