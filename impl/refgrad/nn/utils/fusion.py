"""A batch normalization that is done with learning, as part of the layer before it."""

from __future__ import annotations

import copy
from typing import Any

from refgrad.creation import ones_like, zeros_like
from refgrad.nn.parameter import Parameter
from refgrad.nn.utils import norms_texts as texts


def check_done(layer: Any, bn: Any) -> None:
    """Raises AssertionError for modules in training."""
    if layer.training or bn.training:
        raise AssertionError(texts.EVAL_ONLY)


def check_statistics(bn: Any) -> None:
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError(texts.NO_STATISTICS)


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that does what both do. Raises AssertionError for modules in training."""
    check_done(conv, bn)
    made = copy.deepcopy(conv)
    check_statistics(bn)
    found = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    made.weight, made.bias = fuse_conv_bn_weights(made.weight, made.bias, *found, transpose)
    return made


def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any, transpose: bool = False
) -> tuple[Any, Any]:
    """Weight and bias of the one that does what both do."""
    bias_dtype = conv_w.dtype if conv_b is None else conv_b.dtype
    shift = zeros_like(bn_rm) if conv_b is None else conv_b
    factor = ones_like(bn_rm) if bn_w is None else bn_w
    offset = zeros_like(bn_rm) if bn_b is None else bn_b
    inverse = (bn_rv + bn_eps).rsqrt()
    shape = ([1, -1] if transpose else [-1, 1]) + [1] * (conv_w.dim() - 2)
    weight = (conv_w * (factor * inverse).reshape(shape)).to(dtype=conv_w.dtype)
    bias = ((shift - bn_rm) * inverse * factor + offset).to(dtype=bias_dtype)
    return Parameter(weight, conv_w.requires_grad), Parameter(bias, shift.requires_grad)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that does what both do. Raises AssertionError for modules in training and sizes that differ."""
    check_done(linear, bn)
    made = copy.deepcopy(linear)
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(texts.features(linear.out_features, bn.num_features))
    check_statistics(bn)
    found = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    made.weight, made.bias = fuse_linear_bn_weights(made.weight, made.bias, *found)
    return made


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Any, Any]:
    """Weight and bias of the one that does what both do."""
    bias_dtype = linear_w.dtype if linear_b is None else linear_b.dtype
    shift = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    weight = linear_w * scale.unsqueeze(-1).to(dtype=linear_w.dtype)
    bias = ((shift - bn_rm) * scale + bn_b).to(dtype=bias_dtype)
    return Parameter(weight, linear_w.requires_grad), Parameter(bias, shift.requires_grad)
