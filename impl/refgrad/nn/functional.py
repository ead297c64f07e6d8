"""`torch.nn.functional`: the activation functions and losses of the operator table, with the options of long ago."""

from __future__ import annotations

import math
import warnings
from types import FunctionType as _FunctionType
from typing import Any

import refgrad.operators.losses  # they join the table below
import refgrad.operators.multihead  # noqa: F401
from refgrad.asking import looking_first as _looking_first
from refgrad.operators import loss_texts
from refgrad.operators.activations import FUNCTIONAL
from refgrad.operators.activations import check_softshrink as _check_softshrink
from refgrad.operators.dropouts import check_probability as _check_probability
from refgrad.operators.losses import legacy_reduction as _reduction
from refgrad.operators.losses import reduction_number as _reduction_number
from refgrad.operators.names import FUNCTIONS as _FUNCTIONS
from refgrad.operators.out_forms import with_out as _with_out
from refgrad.operators.random import dropout as _dropout
from refgrad.operators.random import dropout_ as _dropout_
from refgrad.signatures.attaching import public as _public
from refgrad.signatures.passing_on import passing_on as _passing_on

globals().update(FUNCTIONAL)


_built_in_dropout, _built_in_dropout_ = _public(_dropout, "dropout"), _public(_dropout_, "dropout_")


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Elements replaced by zero with probability `p`, the others scaled up, while training."""
    _check_probability(p)
    return (_built_in_dropout_ if inplace else _built_in_dropout)(input, p, training)


def _different_sizes(input: Any, target: Any) -> None:
    if input.shape != target.shape:
        warnings.warn(loss_texts.different_sizes(target.shape, input.shape), stacklevel=4)


def mse_loss(input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> Any:
    _different_sizes(input, target)
    return FUNCTIONAL["mse_loss"](input, target, reduction=_reduction(reduction, size_average, reduce))


def l1_loss(input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> Any:
    _different_sizes(input, target)
    return FUNCTIONAL["l1_loss"](input, target, reduction=_reduction(reduction, size_average, reduce))


def smooth_l1_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
) -> Any:
    _different_sizes(input, target)
    chosen = _reduction(reduction, size_average, reduce)
    return FUNCTIONAL["smooth_l1_loss"](input, target, reduction=chosen, beta=beta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    _different_sizes(input, target)
    return FUNCTIONAL["huber_loss"](input, target, reduction=reduction, delta=delta)


def cross_entropy(
    input: Any, target: Any, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    options = {"ignore_index": ignore_index, "reduction": _reduction(reduction, size_average, reduce)}
    return FUNCTIONAL["cross_entropy"](input, target, weight, label_smoothing=label_smoothing, **options)


def linear_cross_entropy(
    input: Any, linear_weight: Any, target: Any, *, linear_bias: Any = None, weight: Any = None,
    reduction: str = "mean", ignore_index: int | None = None, label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """The cross entropy of what a linear map makes of the input. Raises RuntimeError for sizes that do not fit."""
    _check_linear_cross_entropy(input, linear_weight, linear_bias)
    features, size = linear_weight.shape[-1], (linear_weight.shape[0], *linear_weight.shape[1:-1])
    logits_size = (*input.shape[:-1], *size)
    if tuple(target.shape) == logits_size and ignore_index is not None:
        raise RuntimeError(loss_texts.IGNORED_PROBABILITIES)
    if len(size) > 1:
        linear_weight = linear_weight.reshape((math.prod(size), features))
        linear_bias = None if linear_bias is None else linear_bias.reshape(math.prod(size))
    logits = FUNCTIONAL["linear"](input, linear_weight, linear_bias).reshape(logits_size)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        logits, target, weight=weight, reduction=reduction, ignore_index=ignored, label_smoothing=label_smoothing
    )


def _check_linear_cross_entropy(input: Any, weight: Any, bias: Any) -> None:
    if not 1 <= input.dim() <= 2:
        raise RuntimeError(loss_texts.rank_of_input(input.dim()))
    if weight.dim() < 2:
        raise RuntimeError(loss_texts.rank_of_weight(weight.dim()))
    if input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(loss_texts.features(input.shape[-1], weight.shape[-1]))
    size = (weight.shape[0], *weight.shape[1:-1])
    if bias is not None and tuple(bias.shape) != size:
        raise RuntimeError(loss_texts.shape_of_bias(size, tuple(bias.shape)))
    if len(size) > 1 and input.dim() == 1:
        raise RuntimeError(loss_texts.unbatched(tuple(weight.shape), input.shape[-1], tuple(input.shape)))


def _deprecated_upsample(name: str) -> None:
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=4)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    _deprecated_upsample("upsample_nearest")
    return FUNCTIONAL["interpolate"](input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    _deprecated_upsample("upsample_bilinear")
    return FUNCTIONAL["interpolate"](input, size, scale_factor, mode="bilinear", align_corners=True)


def nll_loss(
    input: Any, target: Any, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    chosen = _reduction(reduction, size_average, reduce)
    return FUNCTIONAL["nll_loss"](input, target, weight, ignore_index=ignore_index, reduction=chosen)


_built_in_kl_div = _public(_FUNCTIONS["kl_div"], "kl_div")


def kl_div(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    log_target: bool = False,
) -> Any:  # fmt: skip
    chosen = _reduction(reduction, size_average, reduce)
    if chosen == "mean" and size_average is None and reduce is None:
        warnings.warn(loss_texts.MEAN_OF_DIVERGENCE, stacklevel=3)
    number = _reduction_number("sum" if chosen == "batchmean" else chosen)
    if log_target is False:
        made = _built_in_kl_div(input, target, number)
    else:
        made = _built_in_kl_div(input, target, number, log_target=log_target)
    return made / input.shape[0] if chosen == "batchmean" and input.size()[0] else made


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    chosen = _reduction(reduction, size_average, reduce)
    return FUNCTIONAL["binary_cross_entropy"](input, target, weight, reduction=chosen)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:  # fmt: skip
    chosen = _reduction(reduction, size_average, reduce)
    made = FUNCTIONAL["binary_cross_entropy_with_logits"]
    return made(input, target, weight, reduction=chosen, pos_weight=pos_weight)


def _implicit_dim(name: str, ndim: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=4,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    dim = _implicit_dim("softmax", input.dim()) if dim is None else dim
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    dim = _implicit_dim("log_softmax", input.dim()) if dim is None else dim
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    dim = _implicit_dim("softmin", input.dim()) if dim is None else dim
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


_built_in_layer_norm = _public(_FUNCTIONS["layer_norm"], "layer_norm")
_built_in_rms_norm = _public(_FUNCTIONS["rms_norm"], "rms_norm")


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _built_in_layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    return _built_in_rms_norm(input, normalized_shape, weight, eps)


_BUILT_IN = """
    adaptive_avg_pool1d avg_pool1d avg_pool2d avg_pool3d bilinear celu_ channel_shuffle conv1d conv2d conv3d
    conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity elu_ gelu hardshrink hardtanh_
    leaky_relu_ linear logsigmoid native_channel_shuffle one_hot pairwise_distance pdist pixel_shuffle
    pixel_unshuffle prelu relu_ rrelu_ scaled_dot_product_attention selu_ softplus softshrink threshold_
""".split()
"""What PyTorch does not write in Python, so that its parser sees the arguments."""

globals().update((_name, _FUNCTIONS[_name]) for _name in _BUILT_IN if _name in _FUNCTIONS)
_softshrink_of_all = _with_out(FUNCTIONAL["softshrink"], "softshrink")


def softshrink(input: Any, lambd: Any = 0.5, *, out: Any = None) -> Any:
    if out is not None:
        _check_softshrink(input.dtype, lambd)
    return _softshrink_of_all(input, lambd, out=out)


for _name in ("avg_pool2d", "avg_pool3d", "gelu", "linear", "softplus"):
    globals()[_name] = _with_out(globals()[_name], _name)
logsigmoid = _with_out(FUNCTIONAL["logsigmoid"], "log_sigmoid_forward")
for _name in _BUILT_IN:
    globals()[_name] = _public(globals()[_name], _name, "torch.nn.functional")
for _name, _made in list(globals().items()):
    if isinstance(_made, _FunctionType) and not _name.startswith("_") and _name not in _BUILT_IN:
        globals()[_name] = _passing_on(_made, "F." + _name, "torch.nn.functional")
        if globals()[_name] is _made:
            globals()[_name] = _looking_first(_made, _name, "torch.nn.functional")
for _name, _made in list(globals().items()):
    if isinstance(_made, _FunctionType) and not _name.startswith("_"):
        _made.__module__, _made.__qualname__ = __name__, _name  # so that a pickle finds them again


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
