"""`torch.nn.utils`: what is done with modules and parameters."""

from __future__ import annotations

import inspect
from typing import Any

from refgrad.nn.layers import Convolution
from refgrad.nn.module import Module
from refgrad.nn.utils import rnn as rnn
from refgrad.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from refgrad.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A module whose parameters are left as memory holds them, or so it is said.

    Raises RuntimeError for a class that takes no device.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")  # noqa: TRY004
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    return module_cls(*args, **kwargs)


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """The weights of all convolutions in another memory format."""
    return with_weights_in(module, memory_format, 4)


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    return with_weights_in(module, memory_format, 5)


def with_weights_in(module: Any, memory_format: Any, rank: int) -> Any:
    for each in module.modules():
        if isinstance(each, Convolution) and each.weight.dim() == rank:
            each.weight.data = each.weight.detach().clone(memory_format=memory_format)
    return module


from refgrad.nn.utils import parametrizations as parametrizations  # noqa: E402
from refgrad.nn.utils import parametrize as parametrize  # noqa: E402
from refgrad.nn.utils import stateless as stateless  # noqa: E402  # they need modules
from refgrad.nn.utils.fusion import (  # noqa: E402
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)
from refgrad.nn.utils.norms import (  # noqa: E402
    remove_spectral_norm,
    remove_weight_norm,
    spectral_norm,
    weight_norm,
)

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format", "fuse_conv_bn_eval",
    "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights", "get_total_norm", "parameters_to_vector",
    "parametrizations", "parametrize", "remove_spectral_norm", "remove_weight_norm", "rnn", "skip_init",
    "spectral_norm", "stateless", "vector_to_parameters", "weight_norm",
]  # fmt: skip
