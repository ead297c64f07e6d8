"""Operators of several tensors that PyTorch's `vmap` makes of others: their graphs have the nodes of these."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refgrad.operators import call as ordinary
from refgrad.operators.formula_arithmetic import times
from refgrad.shapes import checked_dim
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

ADDED_PRODUCTS = {"addmm": "mm", "addmv": "mv", "baddbmm": "bmm"}
"""Sums with a product, and the product."""

LOSSES = frozenset(("mse_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy"))
MEAN, SUM = 1, 2


def added_product(row: Operator, tensors: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
    """On the level itself: the first operand scaled, plus the product."""
    from refgrad.operators.names import FUNCTIONS

    beta, alpha = attributes
    return FUNCTIONS["add"](times(tensors[0], beta), FUNCTIONS[ADDED_PRODUCTS[row.name]](*tensors[1:]), alpha=alpha)


def loss(
    row: Operator, tensors: Sequence[Any], inner: Sequence[Any], dims: Sequence[int | None], attributes: tuple[Any, ...]
) -> Any:
    """All elements of an example in a row, then reduced; `None` for shapes or types that differ."""
    given = [each for each in tensors if isinstance(each, Tensor)]
    shape = given[0]._array.shape
    if any(each._array.shape != shape or each._array.dtype != given[0]._array.dtype for each in given):
        return None
    rows = [row_of(each, dim, len(shape)) for each, dim in zip(inner, dims, strict=True)]
    made = ordinary.call(row, tuple(rows), (0, *attributes[1:]))
    if attributes[0] == MEAN:
        return made.mean(-1)
    return made.sum(-1) if attributes[0] == SUM else made.view((made._array.shape[0], *shape))


def picked_loss(row: Operator, tensors: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
    """`nll_loss_forward` on the level itself: the elements of the classes gathered, then reduced."""
    from refgrad.operators.names import FUNCTIONS

    scores, target, weight = tensors
    reduction, ignored = attributes
    dim = 0 if scores._array.ndim == 1 else 1
    counted = target != ignored
    index = FUNCTIONS["where"](counted, target, 0).unsqueeze(dim)
    weighted = scores if weight is None else scores * weight
    found = FUNCTIONS["where"](counted, -weighted.gather(dim, index).squeeze(dim), 0.0)
    total = counted.sum().to(scores.dtype)
    if weight is not None:
        each_weight = weight.expand(scores._array.shape).gather(dim, index).squeeze(dim)
        total = FUNCTIONS["where"](counted, each_weight, 0.0).sum()
    if reduction:
        found = found.sum() / total if reduction == MEAN else found.sum()
    return row.made_of([found, total])


def logits_loss(tensors: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
    """`binary_cross_entropy_with_logits` on the level itself."""
    logits, target, weight, positive = tensors
    largest = (-logits).clamp_min(0)
    spread = ((-largest).exp() + (-logits - largest).exp()).log()
    if positive is None:
        made = (1 - target) * logits + largest + spread
    else:
        made = (1 - target) * logits + ((positive - 1) * target + 1) * (spread + largest)
    if weight is not None:
        made = made * weight
    if attributes[0] == MEAN:
        return made.mean()
    return made.sum() if attributes[0] == SUM else made


IN_ONE_ROW = frozenset("amax amin linalg_vector_norm logsumexp std var".split())
KEPT_IN_ROW = frozenset("cumprod cumsum logcumsumexp sort _log_softmax _softmax".split())


def of_numbers(row: Operator, first: Any, attributes: tuple[Any, ...], by_dimension: Any) -> Any:
    """An operator over dimensions, of examples that are numbers: each is a row of one element. `None` for others."""
    if row.name in ("sum", "mean") and not row.overload:
        return getattr(first.unsqueeze(-1), row.name)((1,), dtype=attributes[0])
    if row.name in ("max", "min", "prod") and not row.overload:
        made = getattr(first.view(-1, 1), row.name)(1)
        return made[0] if isinstance(made, tuple) else made
    if row.name in IN_ONE_ROW:
        return by_dimension(row, first.unsqueeze(-1), 1, attributes)
    if row.name in KEPT_IN_ROW:
        made = by_dimension(row, first.unsqueeze(-1), 1, attributes)
        return tuple(each.squeeze(-1) for each in made) if isinstance(made, tuple) else made.squeeze(-1)
    return None


def row_of(each: Any, dim: int | None, ndim: int) -> Any:
    if not isinstance(each, Tensor):
        return each
    if dim is None:
        return each if ndim == 1 else each.reshape(-1)
    moved = each if not dim else each.movedim(dim, 0)
    return moved if ndim == 1 else moved.reshape((moved._array.shape[0], -1))


def indexed(row: Operator, first: Any, attributes: tuple[Any, ...]) -> Any:
    """Of all examples the same elements; `None` where the numbers leave the order of dimensions open."""
    places = [i for i, each in enumerate(attributes[0]) if each is not None]
    if places != list(range(places[0], places[-1] + 1)):
        return None
    return ordinary.call(row, (first,), ((None, *attributes[0]),))


def selected(first: Any, ndim: int, index: Any, dim: int) -> Any:
    """`index_select`, which PyTorch makes of `gather`; `None` for a number, or an index that is one."""
    if not ndim or index._array.ndim != 1:
        return None
    at = checked_dim(dim, ndim) + 1
    shape = [*first._array.shape]
    shape[at] = index._array.shape[0]
    if any(not 0 <= int(each) < first._array.shape[at] for each in index._array):
        return None
    wide = index.view([-1 if i == at else 1 for i in range(len(shape))]).expand(shape)
    return first.gather(at, wide)


def padded(tensor: Any, ndim: int, rank: int, *, hidden: bool) -> Any:
    """Dimensions of one element before those of an example, which has `ndim`, so that it has `rank`."""
    shape = tensor._array.shape
    if ndim >= rank:
        return tensor
    cut = 1 if hidden else 0
    return tensor.view((*shape[:cut], *(1,) * (rank - ndim), *shape[cut:]))


def turned_in_place(row: Operator, inner: Any, ndim: int, attributes: tuple[Any, ...]) -> bool:
    """Give `inner`, its hidden dimension first, another shape in place; whether this operator is known here."""
    if row.name == "t_" and ndim == 2:
        inner.transpose_(1, 2)
    elif row.name == "transpose_" and ndim:
        inner.transpose_(*(checked_dim(each, ndim) + 1 for each in attributes[:2]))
    elif row.name == "squeeze_" and attributes and ndim:
        given = attributes[0] if isinstance(attributes[0], (tuple, list)) else (attributes[0],)
        inner.squeeze_(tuple(checked_dim(each, ndim) + 1 for each in given))
    elif row.name == "unsqueeze_":
        inner.unsqueeze_(checked_dim(attributes[0], ndim + 1) + 1)
    else:
        return False
    return True


def view_problem(shape: Sequence[int], count: int, elements: int) -> str | None:
    """What PyTorch says of a view that does not fit: it speaks of all examples."""
    from refgrad.dimension_texts import invalid_shape

    unknown = [each for each in shape if each == -1]
    known = math.prod(each for each in shape if each != -1) * count
    if len(unknown) > 1 or (not unknown and known == elements) or (unknown and known and elements % known == 0):
        return None
    return invalid_shape((count, *shape), elements)
