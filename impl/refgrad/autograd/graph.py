"""`torch.autograd.graph`: the graph as an object of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from refgrad import texts
from refgrad.node import Node
from refgrad.tensor import Tensor


class GradientEdge(NamedTuple):
    """A place in the graph to start from or to differentiate with respect to: a node and the number of its result."""

    node: Node
    output_nr: int
    ownership_token: object = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge that a gradient of `tensor` arrives at.

    Raises RuntimeError if the tensor does not require grad.
    """
    if not tensor.requires_grad:
        raise RuntimeError(texts.EDGE_WITHOUT_GRAD)
    node = tensor.edge()
    assert node is not None
    return GradientEdge(node, tensor.output_nr)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count one modification of each tensor, for code that changes memory behind autograd's back."""
    for each in (tensor,) if isinstance(tensor, Tensor) else tensor:
        each.bump_version()


__all__ = ["GradientEdge", "Node", "get_gradient_edge", "increment_version"]
