"""Normalizations by the names that PyTorch's C++ has for them: they give the statistics besides."""

from __future__ import annotations

from typing import Any

from refgrad.operators import normalizing_checks as checks
from refgrad.operators import normalizing_texts as texts
from refgrad.operators.declare import FUNCTION, function
from refgrad.operators.normalizing import BATCH_NORM, GROUP_NORM, LAYER_NORM, collect


@function("native_layer_norm", public=FUNCTION)
def native_layer_norm(input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float) -> Any:
    """The last dimensions with mean 0 and deviation 1; their means, and the inverses of their deviations."""
    shape = checks.check_layer(input, normalized_shape, weight, bias)
    return tuple(LAYER_NORM(input, weight, bias, shape, eps))


@function("native_group_norm", public=FUNCTION)
def native_group_norm(input: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float) -> Any:
    """The same of groups of channels."""
    checks.check_groups(input, C, group, weight, bias)
    if input.numel() != N * C * HxW:
        raise RuntimeError(texts.GROUP_ELEMENTS)
    return tuple(GROUP_NORM(input, weight, bias, N, C, HxW, group, eps))


@function("native_batch_norm", public=FUNCTION)
def native_batch_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float
) -> Any:
    """The same of channels over the batch; collected statistics move."""
    checks.check_batch_kernel(input, weight, bias, running_mean, running_var, training)
    made = tuple(BATCH_NORM(input, weight, bias, running_mean, running_var, training, momentum, eps))
    if training:
        collect(input, running_mean, running_var, momentum)
    return made
