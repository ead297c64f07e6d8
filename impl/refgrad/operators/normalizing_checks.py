"""What normalizations refuse, in the order in which PyTorch looks."""

from __future__ import annotations

import math
from typing import Any

from refgrad import dimension_texts, dtypes
from refgrad.modes import modes
from refgrad.operators import normalizing_texts as texts
from refgrad.operators.texts import not_implemented_for
from refgrad.shapes import checked_dim


def check_layer(input: Any, normalized_shape: Any, weight: Any, bias: Any) -> tuple[int, ...]:
    """The shape that is normalized. Raises RuntimeError or NotImplementedError for operands that do not fit."""
    check_mixed(input, weight, bias)
    shape = check_shape(input, normalized_shape, weight, bias)
    check_kernel("LayerNormKernelImpl", input.dtype)
    check_one_type(weight, bias)
    return shape


def check_shape(input: Any, normalized_shape: Any, weight: Any, bias: Any, *, of_root: bool = False) -> tuple[int, ...]:
    """The shape that is normalized.

    Raises RuntimeError if there is none, or input, weight or bias have another; of a root ValueError for few
    dimensions.
    """
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(texts.NO_NORMALIZED_SHAPE)
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and tuple(each.shape) != shape:
            raise RuntimeError(texts.shape_of(name, each.shape, shape))
    if of_root and input.dim() < len(shape):
        raise ValueError(texts.few_dimensions(len(shape), input.dim()))
    if len(shape) > input.dim() or tuple(input.shape)[input.dim() - len(shape) :] != shape:
        raise RuntimeError(texts.normalized_shape(shape, input.shape, of_root=of_root))
    return shape


def check_mixed(input: Any, *parameters: Any) -> bool:
    """Whether the parameters are float32 for a short input. Raises RuntimeError for any other type than the input's."""
    kind = input.dtype
    first = next((each.dtype for each in parameters if each is not None), kind)
    if first is kind:
        return False
    if any(each is not None and each.dtype is not dtypes.float32 for each in parameters):
        raise RuntimeError(texts.PARAMETER_TYPE)
    if not (kind.is_floating_point and kind.itemsize == 2):
        raise RuntimeError(texts.ONE_TYPE)
    return True


def check_one_type(*parameters: Any) -> None:
    """Raise RuntimeError for a parameter of another type than the first has."""
    kinds = [each.dtype for each in parameters if each is not None]
    for each in kinds[1:]:
        if each is not kinds[0]:
            raise RuntimeError(texts.scalar_type(kinds[0].scalar_name, each.scalar_name))


def check_kernel(kernel: str, kind: Any) -> None:
    if not kind.is_floating_point:
        raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))


def check_groups(input: Any, channels: int, groups: int, weight: Any, bias: Any) -> None:
    """Raise RuntimeError or NotImplementedError for operands that do not fit each other."""
    if groups <= 0:
        raise RuntimeError(texts.group_count(groups))
    if channels % groups:
        raise RuntimeError(texts.group_channels(input.shape, groups))
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and tuple(each.shape) != (channels,):
            told = each.shape if name == "weight" else (0,) if weight is None else weight.shape
            raise RuntimeError(texts.vector_of_channels(name, told, input.shape))
    check_mixed(input, weight, bias)
    check_kernel("GroupNormKernelImpl", input.dtype)
    check_one_type(weight, bias)


def check_batch(input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, training: bool) -> None:
    """Raise RuntimeError where something has not one element for each channel."""
    channels = input.shape[1] if input.dim() > 1 else 0
    for name, each in (("running_mean", running_mean), ("running_var", running_var)):
        if each is None and not training:
            raise RuntimeError(texts.undefined(name))
    named = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, each in named.items():
        if each is not None and each.numel() != channels:
            raise RuntimeError(texts.elements(name, channels, each.numel()))
    check_batch_kernel(input, weight, bias, running_mean, running_var, training)


def check_batch_kernel(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool) -> None:
    """What the kernel of batches itself looks at: not at how many elements there are, unless they lie apart."""
    for name, each in (("running_mean", running_mean), ("running_var", running_var)):
        if modes.grad and each is not None and each.requires_grad:
            raise RuntimeError(texts.no_gradient_of(name))
    if not input.dim():
        raise RuntimeError(texts.NO_DIMENSIONS)
    if training:
        checked_dim(1, input.dim())
    if (running_mean is None) != (running_var is None):
        raise ValueError(texts.ONE_STATISTIC)
    check_kernel("batch_norm", input.dtype)
    mixed = check_mixed(input, weight, bias, running_mean, running_var)
    checked_dim(1, input.dim())
    if training and not input.numel():
        raise RuntimeError(texts.no_element(input.shape))
    kind = dtypes.float32 if mixed else input.dtype
    statistics, parameters = (running_mean, running_var), (weight, bias)
    if training:
        check_statistics(kind, statistics)
    apart = not all(each is None or each.is_contiguous() for each in (input, *parameters, *statistics))
    if apart:
        check_channels(input.shape[1], parameters if training else (*statistics, *parameters))
    for each in parameters:
        check_accessed(kind, each)
    if not training:
        check_statistics(kind, statistics)


def check_statistics(kind: dtypes.dtype, statistics: tuple[Any, Any]) -> None:
    for each in statistics:
        if each is not None and each.dim() != 1:
            raise RuntimeError(texts.accessed_rank(1, each.dim()))
        check_accessed(kind, each)


def check_accessed(kind: dtypes.dtype, parameter: Any) -> None:
    if parameter is not None and parameter.dtype is not kind:
        raise RuntimeError(texts.scalar_type(kind.scalar_name, parameter.dtype.scalar_name))


def check_channels(channels: int, parameters: tuple[Any, ...]) -> None:
    for each in parameters:
        if each is not None and each.numel() not in (1, channels):
            raise RuntimeError(dimension_texts.broadcast_mismatch(channels, each.numel(), 1))


def check_one_value(shape: Any) -> None:
    """Raise ValueError for a batch that has only one value per channel."""
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(texts.one_value_per_channel(shape))


def check_instances(input: Any, running_mean: Any, running_var: Any, use_input_stats: bool) -> None:
    shape = input.shape
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(texts.one_spatial_element(shape))
    if (running_mean is None) != (running_var is None) and use_input_stats:
        raise ValueError(texts.ONE_STATISTIC)
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(texts.NO_STATISTICS)
