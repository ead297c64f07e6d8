"""`torch.nn.utils.stateless`: the older place of `torch.func.functional_call`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from refgrad.nn.module import Module

DEPRECATED = (
    "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
    "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement."
)


def functional_call(
    module: Module, parameters_and_buffers: dict[str, Any], args: Any = None, kwargs: Any = None, *,
    tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """`torch.func.functional_call`, with a warning (FutureWarning)."""
    from refgrad.func import modules

    warnings.warn(DEPRECATED, FutureWarning, stacklevel=2)
    return modules.called_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


@contextmanager
def _reparametrize_module(
    module: Module, parameters_and_buffers: dict[str, Any], tie_weights: bool = False, strict: bool = False,
    stack_weights: bool = False,
) -> Iterator[None]:  # fmt: skip
    """A block in which the module has these tensors in the place of its own."""
    from refgrad.func.modules import reparametrized

    with reparametrized(module, parameters_and_buffers, tie_weights, strict):
        yield


__all__ = ["functional_call"]
