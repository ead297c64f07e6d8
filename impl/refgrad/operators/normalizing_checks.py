"""What normalizations refuse, in the order in which PyTorch looks."""

from __future__ import annotations

import math
from typing import Any

from refgrad import dtypes
from refgrad.modes import modes
from refgrad.operators import normalizing_texts as texts
from refgrad.operators.texts import not_implemented_for


def check_layer(input: Any, normalized_shape: Any, weight: Any, bias: Any, *, of_root: bool = False) -> tuple[int, ...]:
    """The shape that is normalized.

    Raises RuntimeError if there is none, or input, weight or bias have another.
    """
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(texts.NO_NORMALIZED_SHAPE)
    if of_root and input.dim() < len(shape):
        raise ValueError(texts.few_dimensions(len(shape), input.dim()))
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and tuple(each.shape) != shape:
            raise RuntimeError(texts.shape_of(name, each.shape, shape))
    if len(shape) > input.dim() or tuple(input.shape)[input.dim() - len(shape) :] != shape:
        raise RuntimeError(texts.normalized_shape(shape, input.shape, of_root=of_root))
    return shape


def check_types(kernel: str, input: Any, *parameters: Any) -> None:
    """Parameters have the type of the input, or are float32 for a short one."""
    kinds = [each.dtype for each in parameters if each is not None]
    kind = input.dtype
    if kinds and kinds[0] is not kind:
        if any(each is not dtypes.float32 for each in kinds):
            raise RuntimeError(texts.PARAMETER_TYPE)
        if not (kind.is_floating_point and kind.itemsize == 2):
            raise RuntimeError(texts.ONE_TYPE)
    check_kernel(kernel, kind)
    for each in kinds[1:]:
        if each is not kinds[0]:
            raise RuntimeError(texts.scalar_type(kinds[0].scalar_name, each.scalar_name))


def check_kernel(kernel: str, kind: Any) -> None:
    if not kind.is_floating_point:
        raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))


def check_groups(input: Any, groups: int, weight: Any, bias: Any) -> None:
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise RuntimeError(texts.group_rank(len(shape)))
    if groups == 0:
        raise ZeroDivisionError(texts.NO_GROUPS)
    if groups < 0:
        raise RuntimeError(texts.group_count(groups))
    if shape[1] % groups:
        raise RuntimeError(texts.group_channels(shape, groups))
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and tuple(each.shape) != (shape[1],):
            shown = each if name == "weight" or weight is None else weight
            raise RuntimeError(texts.vector_of_channels(name, shown.shape, shape))
    check_types("GroupNormKernelImpl", input, weight, bias)


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
    for name, each in (("running_mean", running_mean), ("running_var", running_var)):
        if modes.grad and each is not None and each.requires_grad:
            raise RuntimeError(texts.no_gradient_of(name))
    check_kernel("batch_norm", input.dtype)
    check_types("batch_norm", input, weight, bias, running_mean, running_var)


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
