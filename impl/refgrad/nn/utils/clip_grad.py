"""`torch.nn.utils.clip_grad`: gradients kept small."""

from __future__ import annotations

import warnings
from typing import Any

from refgrad.creation import tensor
from refgrad.modes import no_grad
from refgrad.operators.names import FUNCTIONS
from refgrad.signatures.attaching import public
from refgrad.tensor import Tensor

NO_GRADIENTS = (
    "Expected !nested_tensorlist[0].empty() to be true, but got false.  (Could this error message be improved?  If so, "
    "please report an enhancement request to PyTorch.)"
)
INFINITY_OF_NOTHING = (
    "_foreach_norm cannot compute the infinity norm on an empty tensor because the operation does not have an identity"
)
CLAMP = public(FUNCTIONS["clamp"], "clamp")


@no_grad()
def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None) -> Any:
    """The norm of the norms.

    Raises RuntimeError for one that is not finite, if asked to.
    """
    norm_type = float(norm_type)
    each = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not each:
        return tensor(0.0)
    if foreach is not False:
        for one in each:
            if one.device and norm_type == float("inf") and not one.numel():
                raise RuntimeError(INFINITY_OF_NOTHING)
    of = FUNCTIONS["linalg_vector_norm"]
    total = of(FUNCTIONS["stack"]([of(one, norm_type) for one in each]), norm_type)
    if error_if_nonfinite and bool(total.isnan().logical_or(total.isinf())):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot "
            "be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: Any = None) -> None:
    """Scale gradients down so that a norm that was `total_norm` becomes at most `max_norm`."""
    max_norm = float(max_norm)
    gradients = gradients_of(parameters)
    if not gradients:
        return
    factor = CLAMP(max_norm / (total_norm + 1e-6), max=1.0)
    for each in gradients:
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
    """Clamp every element of the gradients. Raises RuntimeError if there are none."""
    clip_value = float(clip_value)
    gradients = gradients_of(parameters)
    if not gradients and foreach is not False:
        raise RuntimeError(NO_GRADIENTS)
    for each in gradients:
        each.clamp_(-clip_value, clip_value)


def gradients_of(parameters: Any) -> list[Any]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [each.grad for each in given if each.grad is not None]
