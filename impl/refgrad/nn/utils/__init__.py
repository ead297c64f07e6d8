"""`torch.nn.utils`: gradients kept small, parameters as one vector."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable
from typing import Any

from refgrad.creation import tensor
from refgrad.modes import no_grad
from refgrad.nn.layers import Convolution
from refgrad.nn.module import Module
from refgrad.nn.utils import rnn as rnn
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


@no_grad()
def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None) -> Any:
    """The norm of the norms.

    Raises RuntimeError for one that is not finite, if asked to.
    """
    each = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not each:
        return tensor(0.0)
    of = FUNCTIONS["linalg_vector_norm"]
    total = of(FUNCTIONS["stack"]([of(one, float(norm_type)) for one in each]), float(norm_type))
    if error_if_nonfinite and bool(total.isnan().logical_or(total.isinf())):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite, so it cannot "
            "be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: Any = None) -> None:
    """Scale gradients down so that a norm that was `total_norm` becomes at most `max_norm`."""
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for each in gradients_of(parameters):
        each.mul_(factor)


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Any:
    """Scale all gradients so that their norm is at most `max_norm`; the norm they had."""
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(gradients_of(given), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(given, max_norm, total)
    return total


def clip_grad_norm(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Any:
    """The old name of `clip_grad_norm_`, which warns (FutureWarning)."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Clamp every element of the gradients."""
    for each in gradients_of(parameters):
        each.clamp_(-float(clip_value), float(clip_value))


def gradients_of(parameters: Any) -> list[Any]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [each.grad for each in given if each.grad is not None]


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All elements, one after the other."""
    return FUNCTIONS["cat"]([each.view(-1) for each in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give the parameters the elements of a vector.

    Raises TypeError if it is no tensor.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    whole: Any = vec
    for each in parameters:
        each.data = whole[start : start + each.numel()].view_as(each).data
        start += each.numel()


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
