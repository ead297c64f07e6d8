"""`torch.nn.utils.convert_parameters`: parameters as one vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All elements, one after the other."""
    return FUNCTIONS["cat"]([each.view(-1) for each in parameters if each.device])


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
