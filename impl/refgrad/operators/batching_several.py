"""Operators of several tensors on all examples of a `vmap` at once, and those that take examples for more of a batch.

`None` stands for operands whose examples are better taken one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from refgrad.operators import call as ordinary
from refgrad.operators.batching_decomposed import padded
from refgrad.shapes import checked_dim
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

Dims = Sequence[int | None]
Rule = Callable[["Operator", Sequence[Any], Sequence[Any], Dims, tuple[Any, ...], int], Any]

IMAGES = frozenset(
    "_adaptive_avg_pool2d adaptive_max_pool2d avg_pool2d max_pool2d_with_indices channel_shuffle native_channel_shuffle"
    " col2im im2col pixel_shuffle pixel_unshuffle upsample_bicubic2d upsample_bilinear2d upsample_linear1d"
    " upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d reflection_pad1d reflection_pad2d"
    " reflection_pad3d replication_pad1d replication_pad2d replication_pad3d".split()
)
"""Operators of one tensor whose first dimension counts what is apart."""


LEAST_RANKS = {"reflection_pad1d": 2, "replication_pad1d": 2}
"""How many dimensions an example has at least, where that is not three."""


def front(tensor: Any, dim: int | None) -> Any:
    return tensor if not dim else tensor.movedim(dim, 0)


def for_all(tensor: Any, dim: int | None, count: int) -> Any:
    """The operand with the hidden dimension in front, which it is given if it has none."""
    return tensor.expand((count, *tensor._array.shape)) if dim is None else front(tensor, dim)


def into_batch(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """Examples one after the other in the first dimension; only the first operand may have any."""
    rank = tensors[0]._array.ndim
    if (
        dims[0] is None
        or any(dim is not None for dim in dims[1:])
        or rank < LEAST_RANKS.get(row.name, 3)
        or not math.prod(inner[0]._array.shape)
    ):
        return None
    order = [dims[0], *(i for i in range(rank + 1) if i != dims[0])]
    moved = inner[0].permute(order)
    shape = moved._array.shape
    if row.name == "native_group_norm":
        if inner[1] is not None or inner[2] is not None:
            return None
        attributes = (attributes[0] * count, *attributes[1:])
    made = ordinary.call(row, (moved.reshape((-1, *shape[2:])), *inner[1:]), attributes)

    def apart(each: Any) -> Any:
        return each.view((count, each._array.shape[0] // count, *each._array.shape[1:]))

    return [apart(each) for each in made] if isinstance(made, (tuple, list)) else apart(made)


def along(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """Scattering: all operands are of one rank, and the first attribute is a dimension."""
    rank = tensors[0]._array.ndim
    if not rank or any(each._array.ndim != rank for each in tensors):
        return None
    given = [for_all(each, dim, count) for each, dim in zip(inner, dims, strict=True)]
    return ordinary.call(row, tuple(given), (checked_dim(attributes[0], rank) + 1, *attributes[1:]))


def at_places(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """Adding and filling at the same places of every example, in a copy."""
    rank = tensors[0]._array.ndim
    if dims[0] is None or dims[1] is not None or not rank or tensors[1]._array.ndim != 1:
        return None
    rest = [for_all(each, dim, count) for each, dim in zip(inner[2:], dims[2:], strict=True)]
    if row.name == "index_add" and tensors[2]._array.ndim != rank:
        return None
    if row.name == "index_fill" and len(tensors) > 2:
        return None
    first = front(inner[0], dims[0]).clone()
    return ordinary.call(row, (first, inner[1], *rest), (checked_dim(attributes[0], rank) + 1, *attributes[1:]))


def together(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """Operators on the last dimensions of all operands: the hidden one in front of each."""
    given = [for_all(each, dim, count) for each, dim in zip(inner, dims, strict=True)]
    return ordinary.call(row, tuple(given), attributes)


def crossed(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    rank = tensors[0]._array.ndim
    if not rank or tensors[1]._array.ndim != rank:
        return None
    return together(row, tensors, inner, dims, (checked_dim(attributes[0], rank) + 1,), count)


def looked_up(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """The same rows of every table: the tables side by side as one."""
    if dims[0] is None or dims[1] is not None or tensors[0]._array.ndim != 2 or attributes[0] != -1:
        return None
    others = [i for i in range(3) if i != dims[0]]
    table = inner[0].permute((others[0], dims[0], others[1]))
    rows, width = table._array.shape[0], table._array.shape[2]
    made = ordinary.call(row, (table.reshape((rows, -1)), inner[1]), attributes)
    shape = inner[1]._array.shape
    made = made.view((*shape, count, width))
    return made.permute((len(shape), *range(len(shape)), len(shape) + 1))


def side_by_side(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """Operands that are brought to one rank, and fitted to each other by the operator itself."""
    rank = max(each._array.ndim for each in tensors)
    given = [
        each if dim is None else padded(front(each, dim), shown._array.ndim, rank, hidden=True)
        for shown, each, dim in zip(tensors, inner, dims, strict=True)
    ]
    return ordinary.call(row, tuple(given), attributes)


SEVERAL: dict[str, Rule] = {
    **dict.fromkeys(IMAGES, into_batch),
    "convolution": into_batch, "native_group_norm": into_batch,
    "scatter": along, "scatter_add": along,
    "index_add": at_places, "index_fill": at_places,
    **dict.fromkeys(
        ("_linalg_solve_ex", "linalg_solve_triangular", "triangular_solve", "cholesky_solve", "linalg_lstsq"), together
    ),
    "_cdist_forward": side_by_side, "linalg_cross": crossed, "embedding": looked_up,
}  # fmt: skip
"""The rules by names of operators."""


def of_several(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Dims, attributes: tuple[Any, ...], count: int
) -> Any:
    """The result by the operator's rule, or `None`."""
    rule = SEVERAL.get(row.name)
    if rule is None or row.overload.startswith(("reduce", "value_reduce")):
        return None
    if rule is not into_batch and any(not isinstance(each, Tensor) for each in tensors):
        return None
    return rule(row, tensors, inner, dims, attributes, count)
