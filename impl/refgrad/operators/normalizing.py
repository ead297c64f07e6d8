"""Normalization over batches, layers, groups; the second derivatives stand in `normalizing_second.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad import dtypes, forward_texts
from refgrad.cpp_spelling import stored_type
from refgrad.levels import is_batched, levels
from refgrad.modes import modes
from refgrad.once import warn_once
from refgrad.operators import normalizing_checks as checks
from refgrad.operators import normalizing_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.declare import FUNCTION, KEEP, function, not_implemented, operator
from refgrad.operators.examples import MUL
from refgrad.operators.formula_arithmetic import over, plus
from refgrad.operators.normalizing_second import batch_second, layer_second
from refgrad.shapes import own_dim
from refgrad.signatures.refusing import guarded

# ---- batches ------------------------------------------------------------------------------------------------------


def channel_axes(a: Any) -> tuple[int, ...]:
    return (0, *range(2, a.ndim))


def by_channel(values: Any, ndim: int) -> Any:
    return values.reshape(1, -1, *(1,) * (ndim - 2))


def for_channels(values: Any, a: Any) -> Any:
    """The first elements, one for each channel.

    Where there are too few, PyTorch reads what lies behind them; here they begin anew.
    """
    count = a.shape[1]
    return values if values is None or values.shape == (count,) else np.resize(values, count)


def batch_statistics(a: Any, running_mean: Any, running_var: Any, training: bool, eps: float) -> tuple[Any, Any]:
    """Mean and inverse deviation of each channel, of the batch or as they were collected."""
    if not training:
        running_mean, running_var = for_channels(running_mean, a), for_channels(running_var, a)
        return running_mean, 1 / np.sqrt(running_var + a.dtype.type(eps))
    axes = channel_axes(a)
    count = a.size // max(a.shape[1], 1)
    mean = a.astype(np.float64).sum(axes) / count
    variance = np.square(a - by_channel(mean, a.ndim)).sum(axes) / count
    return mean.astype(a.dtype), (1 / np.sqrt(variance + eps)).astype(a.dtype)


def batch_norm_forward(
    a: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float
) -> Any:
    weight, bias = for_channels(weight, a), for_channels(bias, a)
    mean, inverse = batch_statistics(a, running_mean, running_var, training, eps)
    made = (a - by_channel(mean, a.ndim)) * by_channel(inverse, a.ndim)
    if weight is not None:
        made = made * by_channel(weight, a.ndim)
    if bias is not None:
        made = made + by_channel(bias, a.ndim)
    nothing = np.zeros(0, a.dtype)
    return made, mean.copy() if training else nothing, inverse if training else nothing


def constant(kept: Any) -> Any:
    """A saved result without its history, which it has none of where nothing is recorded."""
    return kept.detach() if modes.grad else kept


def batch_norm_gradients(
    grad: Any, input: Any, weight: Any, running_mean: Any, running_var: Any, result1: Any, result2: Any,
    training: bool, eps: float, needed: Any,
) -> Any:  # fmt: skip
    made = BATCH_NORM_BACKWARD(
        grad,
        input,
        weight,
        running_mean,
        running_var,
        constant(result1),
        constant(result2),
        training,
        eps,
        tuple(needed),
    )
    return tuple(each if wanted else None for each, wanted in zip(made, needed, strict=True))


def batch_norm_backward_forward(
    grad: Any, a: Any, weight: Any, running_mean: Any, running_var: Any, save_mean: Any, save_invstd: Any,
    train: bool, eps: float, output_mask: Any,
) -> Any:  # fmt: skip
    if train:
        mean, inverse = save_mean, save_invstd
    else:
        mean, inverse = batch_statistics(a, running_mean, running_var, False, eps)
    axes = channel_axes(a)
    centred = a - by_channel(mean, a.ndim)
    total, product = grad.sum(axes), (grad * centred).sum(axes)
    scale = by_channel(inverse if weight is None else inverse * weight, a.ndim)
    if train:
        count = a.dtype.type(a.size // max(a.shape[1], 1))
        slope = centred * by_channel(product * inverse * inverse / count, a.ndim)
        to_input = (grad - by_channel(total / count, a.ndim) - slope) * scale
    else:
        to_input = grad * scale
    return to_input, product * inverse, total


def batch_norm_double(
    grads: Any, grad_out: Any, input: Any, weight: Any, running_mean: Any, running_var: Any, train: bool, eps: float,
    save_mean: Any, save_invstd: Any, needed: Any,
) -> Any:  # fmt: skip
    inverse = save_invstd if train else plus(running_var, eps).pow(-0.5)
    mean = save_mean if train else running_mean
    found = batch_second(grads, grad_out, input, weight, mean, inverse, train)
    return tuple(each if wanted else None for each, wanted in zip(found, needed, strict=False))


BATCH_NORM_BACKWARD: Any = operator(
    "native_batch_norm_backward(Tensor grad_out, Tensor input, Tensor? weight, Tensor? running_mean, "
    "Tensor? running_var, Tensor? save_mean, Tensor? save_invstd, bool train, float eps, bool[] output_mask)",
    batch_norm_backward_forward,
    node="NativeBatchNormBackwardBackward0",
    gradients={
        "grad_out, input, weight": batch_norm_double,
        "save_mean": not_implemented("native_batch_norm_backward save_mean"),
        "save_invstd": not_implemented("native_batch_norm_backward save_invstd"),
    },
    dtype=KEEP,
    public=False,
)

BATCH_NORM: Any = operator(
    "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool training, float momentum, float eps)",
    batch_norm_forward,
    node="NativeBatchNormBackward0",
    refuses=("running_mean", "running_var"),
    history=1,
    gradients={"input, weight, bias": batch_norm_gradients},
    dtype=KEEP,
    public=False,
)


def collect(input: Any, running_mean: Any, running_var: Any, momentum: float) -> None:
    """Move the collected statistics towards those of the batch."""
    a = input._array
    if a.size == 0:
        return
    axes = channel_axes(a)
    count = a.size // a.shape[1]
    for running, fresh in (
        (running_mean, a.mean(axes)),
        (running_var, a.var(axes) * (count / (count - 1) if count > 1 else math.nan)),
    ):
        if running is not None:
            known = running._array[: a.shape[1]]
            known[...] = (1 - momentum) * known + momentum * fresh[: len(known)]  # and no version is bumped


@functional
def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Every channel with mean 0 and deviation 1 over the batch."""
    if training:
        checks.check_one_value(input.size())
        if eps <= 0:
            raise ValueError(texts.positive_eps(eps))
    return built_in_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)


def of_nothing(input: Any, weight: Any, bias: Any) -> Any:
    """Without elements there is a product and a sum alone, of what the first channel has."""
    made = input.clone()
    if weight is not None:
        made = MUL(made, weight[0])
    return made if bias is None else made + bias[0]


@function("batch_norm", public=FUNCTION)
def batch_norm_of(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float,
    eps: float, cudnn_enabled: bool = True,
) -> Any:  # fmt: skip
    if not input.numel():
        return of_nothing(input, weight, bias)
    checks.check_batch(input, running_mean, running_var, weight, bias, training)
    if training and levels.stack and is_batched(input):
        for running in (running_mean, running_var):
            if running is not None and not is_batched(running):
                raise RuntimeError(forward_texts.UNBATCHED_STATISTICS)
    made = BATCH_NORM(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]
    if training:
        collect(input, running_mean, running_var, momentum)
    return made


built_in_batch_norm = guarded(batch_norm_of, "batch_norm", "torch")


@functional
def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Every channel of every sample with mean 0 and deviation 1."""
    checks.check_instances(input, running_mean, running_var, use_input_stats)
    shape = tuple(input.shape)
    repeated = [None if each is None else each.repeat(shape[0]) for each in (running_mean, running_var, weight, bias)]
    flat = input.contiguous().view((1, shape[0] * shape[1], *shape[2:]))
    mean, var, scale, shift = repeated
    made = batch_norm_of(flat, scale, shift, mean, var, use_input_stats, momentum, eps).view(shape)
    for own, each in zip((running_mean, running_var), repeated, strict=False):
        if use_input_stats and own is not None and each is not None:
            own.copy_(each.view(shape[0], shape[1]).mean(0))
    return made


# ---- layers -------------------------------------------------------------------------------------------------------


def layer_axes(a: Any, normalized_shape: Any) -> tuple[int, ...]:
    return tuple(range(a.ndim - len(normalized_shape), a.ndim))


def layer_norm_forward(a: Any, weight: Any, bias: Any, normalized_shape: Any, eps: float) -> Any:
    axes, a = layer_axes(a, normalized_shape), np.ascontiguousarray(a)
    wide = a.astype(np.float64)
    count = math.prod(normalized_shape)
    mean = wide.sum(axes, keepdims=True) / count
    inverse = 1 / np.sqrt(np.square(wide - mean).sum(axes, keepdims=True) / count + eps)
    mean, inverse = mean.astype(a.dtype), inverse.astype(a.dtype)
    made = (a - mean) * inverse
    if weight is not None:
        made = made * weight
    return made if bias is None else made + bias, mean, inverse


def layer_norm_gradients(
    grad: Any, input: Any, weight: Any, bias: Any, result1: Any, result2: Any, normalized_shape: Any, needed: Any
) -> Any:
    made = LAYER_NORM_BACKWARD(
        grad, input, constant(result1), constant(result2), weight, bias, normalized_shape, tuple(needed)
    )
    return tuple(each if wanted else None for each, wanted in zip(made, needed, strict=True))


def layer_norm_backward_forward(
    grad: Any, a: Any, mean: Any, rstd: Any, weight: Any, bias: Any, normalized_shape: Any, output_mask: Any
) -> Any:
    axes, a, grad = layer_axes(a, normalized_shape), np.ascontiguousarray(a), np.ascontiguousarray(grad)
    lead = tuple(range(a.ndim - len(normalized_shape)))
    standard = (a - mean) * rstd
    inner = grad if weight is None else grad * weight
    centred = inner - inner.mean(axes, keepdims=True) - standard * (inner * standard).mean(axes, keepdims=True)
    return centred * rstd, (grad * standard).sum(lead), grad.sum(lead)


def layer_norm_double(
    grads: Any, grad_out: Any, input: Any, mean: Any, rstd: Any, weight: Any, normalized_shape: Any, needed: Any
) -> Any:
    found = layer_second(grads, grad_out, input, weight, mean, rstd, normalized_shape)
    return tuple(
        each if wanted else None for each, wanted in zip(found, (needed[0], needed[1], needed[4]), strict=True)
    )


def nothing(grads: Any) -> None:
    """A bias has no second derivative."""


LAYER_NORM_BACKWARD: Any = operator(
    "native_layer_norm_backward(Tensor grad_out, Tensor input, Tensor mean, Tensor rstd, Tensor? weight, "
    "Tensor? bias, int[] normalized_shape, bool[] output_mask)",
    layer_norm_backward_forward,
    node="NativeLayerNormBackwardBackward0",
    gradients={
        "grad_out, input, weight": layer_norm_double,
        "mean": not_implemented("native_layer_norm_backward mean"),
        "rstd": not_implemented("native_layer_norm_backward rstd"),
        "bias": nothing,
    },
    dtype=KEEP,
    public=False,
)

LAYER_NORM: Any = operator(
    "native_layer_norm(Tensor input, Tensor? weight, Tensor? bias, int[] normalized_shape, float eps)",
    layer_norm_forward,
    node="NativeLayerNormBackward0",
    history=1,
    gradients={"input, weight, bias": layer_norm_gradients},
    dtype=KEEP,
    public=False,
)


@functional
@function("layer_norm", public=FUNCTION)
def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Any:  # fmt: skip
    """The last dimensions with mean 0 and deviation 1."""
    shape = checks.check_layer(input, normalized_shape, weight, bias)
    return LAYER_NORM(input, weight, bias, shape, eps)[0]


@functional
@function("rms_norm", public=FUNCTION)
def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """The last dimensions divided by the root of their mean square."""
    shape = checks.check_shape(input, normalized_shape, weight, None, of_root=True)
    if not input.dtype.is_complex:
        if weight is not None and weight.dtype is not input.dtype:
            warn_once(texts.no_fused_kernel(stored_type(input.dtype), stored_type(weight.dtype)), "rms_norm")
        checks.check_kernel("rms_norm", input.dtype)
    axes = tuple(range(input.dim() - len(shape), input.dim()))
    wide = input.to(dtypes.float32) if input.dtype.itemsize == 2 else input
    small = float(np.finfo(wide._array.dtype).eps) if eps is None else eps
    made = wide * plus(wide.pow(2).mean(axes, True), small).rsqrt()
    return (made if weight is None else made * weight).to(input.dtype)


# ---- groups -------------------------------------------------------------------------------------------------------


def group_norm_forward(a: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float) -> Any:
    size = C // group * HxW
    if not size:
        return a.copy(), np.zeros((N, group), a.dtype), np.full((N, group), np.nan, a.dtype)
    parts = a.reshape(N, group, size)
    mean = parts.mean(-1)
    inverse = 1 / np.sqrt(parts.var(-1) + a.dtype.type(eps))
    made = ((parts - mean[..., None]) * inverse[..., None]).reshape(a.shape)
    if weight is not None:
        made = made * by_channel(weight, a.ndim)
    return made if bias is None else made + by_channel(bias, a.ndim), mean, inverse


def group_norm_gradients(
    grads: Any, input: Any, weight: Any, result1: Any, result2: Any, N: int, C: int, HxW: int, group: int, eps: float,
    needed: Any,
) -> Any:  # fmt: skip
    """Of elementary operators, so that it can be differentiated as often as one likes."""
    grad = grads[0]
    size = (N, group, C // group, HxW)
    mean, inverse = result1.view((N, group, 1, 1)), result2.view((N, group, 1, 1))
    standard = (input.reshape(size) - mean) * inverse
    of_statistics = None
    if grads[1] is not None:
        of_statistics = over(grads[1].view((N, group, 1, 1)), C // group * HxW).expand(size)
    if grads[2] is not None:
        slope = over(grads[2].view((N, group, 1, 1)) * inverse * inverse, C // group * HxW) * -standard
        of_statistics = slope if of_statistics is None else of_statistics + slope
    if grad is None:
        return (None if of_statistics is None else of_statistics.reshape(input.shape)), None, None
    inner = grad.reshape(size)
    if weight is not None:
        inner = inner * weight.view((1, group, C // group, 1))
    to_input = to_weight = to_bias = None
    if needed[0]:
        axes = (2, 3)
        centred = inner - inner.mean(axes, True) - standard * (inner * standard).mean(axes, True)
        to_input = centred * inverse
        to_input = (to_input if of_statistics is None else to_input + of_statistics).reshape(input.shape)
    if needed[1]:
        to_weight = (grad.reshape(size) * standard).sum((0, 3)).reshape((C,))
    if needed[2]:
        to_bias = grad.reshape(size).sum((0, 3)).reshape((C,))
    return to_input, to_weight, to_bias


GROUP_NORM = operator(
    "native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps)",
    group_norm_forward,
    node="NativeGroupNormBackward0",
    gradients={"input, weight, bias": group_norm_gradients},
    dtype=KEEP,
    public=False,
)


@functional
def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Groups of channels of every sample with mean 0 and deviation 1."""
    if input.dim() < 2:
        raise RuntimeError(texts.group_rank(input.dim()))
    if num_groups == 0:
        raise ZeroDivisionError(texts.NO_GROUPS)
    size = input.size()
    checks.check_one_value([size[0] * size[1] // num_groups, num_groups, *size[2:]])
    return built_in_group_norm(input, num_groups, weight, bias, eps)


@function("group_norm", public=FUNCTION)
def group_norm_of(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, cudnn_enabled: bool = True
) -> Any:
    for dim in (0, 1):
        own_dim(dim, input.dim())
    batch, channels, *rest = input.shape
    checks.check_groups(input, channels, num_groups, weight, bias)
    return GROUP_NORM(input.contiguous(), weight, bias, batch, channels, math.prod(rest), num_groups, eps)[0]


built_in_group_norm = guarded(group_norm_of, "group_norm", "torch")
