"""Copies of what are views elsewhere: `torch.select_copy`, `torch.split_copy`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import shapes
from refgrad.levels import levels
from refgrad.node import OperatorNode
from refgrad.operators import getitem_texts
from refgrad.operators import math_texts as texts
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.getitem import ALIAS, SLICE
from refgrad.operators.names import FUNCTIONS, METHODS
from refgrad.operators.texts import no_complex_outputs
from refgrad.tensor import Tensor

NOT_FOR_COMPLEX = frozenset(("select", "slice", "view_as_complex"))
"""Those whose copies PyTorch does not differentiate where they are complex."""


def copying(name: str, view: Callable[..., Any]) -> None:
    """`torch.<name>_copy`: the view, copied; its node has a name of its own."""

    def copied(input: Any, *arguments: Any, **named: Any) -> Any:
        made = view(input, *arguments, **named)
        several = isinstance(made, (tuple, list))
        if name in NOT_FOR_COMPLEX and made.requires_grad and made.dtype.is_complex:
            raise RuntimeError(no_complex_outputs(name + "_copy"))
        if levels.active:
            return tuple(each.clone() for each in made) if several else made.clone()
        nodes: dict[Any, Any] = {}
        results = []
        for each in made if several else (made,):
            fresh = Tensor._of(np.array(each._array, order="C"))
            node = each.grad_fn
            if isinstance(node, OperatorNode) and each.requires_grad:
                kind = type(node)
                if kind not in twins:
                    twins[kind] = type(kind.__name__ + "_copy", (kind,), {"__slots__": (), "__module__": "builtins"})
                shared = nodes.setdefault(node, twins[kind](node.next_nodes, node.next_numbers, node.saved))
                shared.input_metadata = node.input_metadata
                fresh._grad_fn, fresh._output_nr = shared, each._output_nr
            results.append(fresh)
        return tuple(results) if several else results[0]

    twins: dict[Any, Any] = {}
    FUNCTIONS[name + "_copy"] = copied


def sliced(
    self: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1, *, axis: int | None = None
) -> Any:
    for each in (start, end):
        shapes.fitting(each or 0)
    return SLICE(self, dim if axis is None else axis, start, end, step)


for _name in (
    "select", "slice", "t", "transpose", "permute", "view", "expand", "unsqueeze", "squeeze", "diagonal", "unfold",
    "as_strided", "unbind", "split", "split_with_sizes", "alias", "view_as_real", "view_as_complex",
):  # fmt: skip
    if _name in FUNCTIONS or _name in METHODS:
        copying(_name, FUNCTIONS.get(_name) or METHODS[_name])
copying("alias", ALIAS)
copying("slice", sliced)


def copy_narrow(a: Any, dim: int, start: int, length: int) -> Any:
    if a.ndim == 0:
        raise RuntimeError(getitem_texts.NARROW_OF_SCALAR)
    if dim >= a.ndim:
        raise RuntimeError(texts.NARROW_DIM)
    dim = shapes.checked_dim(dim, a.ndim)
    size = a.shape[dim]
    if not -size <= start <= size:
        raise IndexError(getitem_texts.start_out_of_range(-size, size, start))
    if length < 0 or (start + size if start < 0 else start) + length > size:
        raise RuntimeError(getitem_texts.narrow_out_of_range(start, length, size))
    begin = start + size if start < 0 else start
    return np.array(a[(slice(None),) * dim + (slice(begin, begin + length),)], order="C")


def narrow_copy_gradient(grad: Any, self_sym_sizes: Any, dim: int, start: int, length: int) -> Any:
    from refgrad.operators.getitem import SLICE_BACKWARD

    return SLICE_BACKWARD(grad, tuple(self_sym_sizes), dim, start, start + length, 1)


NARROW_COPY = operator(
    "narrow_copy(Tensor self, int dim, int start, int length)",
    copy_narrow,
    node="NarrowCopyBackward0",
    gradients={"self": narrow_copy_gradient},
    dtype=KEEP,
)
