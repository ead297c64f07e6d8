"""Operators that PyTorch has no derivative for: their results have a node that says so."""

from __future__ import annotations

from typing import Any

from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.node import Node, NotImplementedNode
from refgrad.operators.call import call_inplace
from refgrad.operators.transformed import refuse_tangents
from refgrad.tensor import Tensor
from refgrad.versions import inference, only_inference


def underivable(name: str, result: Any, operands: tuple[Any, ...]) -> Any:
    """`result` as it comes out of an operator that PyTorch has no derivative for."""
    if levels.active:
        refuse_tangents(name, operands)
    node = underivable_node(name, operands)
    if node is not None and result._array.dtype.kind in "fcV":
        node.input_metadata = ((result._array.shape, result._array.dtype),)
        result._grad_fn = node
    return result


def underivable_node(name: str, operands: tuple[Any, ...]) -> Node | None:
    wanted = [each for each in operands if isinstance(each, Tensor) and each.requires_grad] if modes.grad else []
    if not wanted or (inference.leaves and only_inference(operands)):
        return None
    return NotImplementedNode(name, tuple(each.edge() for each in wanted), tuple(each._output_nr for each in wanted))


def inplace_underivable(name: str, row: Any, tensors: tuple[Any, ...]) -> Any:
    """The in-place form of an operator that PyTorch has no derivative for."""
    from refgrad.inplace import check_inplace, rebase_history

    target = tensors[0]
    if levels.active:
        refuse_tangents(name, tensors)
    node = underivable_node(name, tensors)
    check_inplace(target, node is not None)
    call_inplace(row, tensors, ())
    if node is not None:
        node.input_metadata = ((target._array.shape, target._array.dtype),)
        rebase_history(target, node)
    return target
