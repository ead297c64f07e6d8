"""Rows of a table (`embedding`), and bags of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.modes import modes, no_grad
from refgrad.operators import embedding_checks as checks
from refgrad.operators import embedding_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.call import call_inplace
from refgrad.operators.complex_texts import complex_not_differentiable
from refgrad.operators.coordinates import rows_of_table
from refgrad.operators.declare import FUNCTION, KEEP, function, not_implemented, operator
from refgrad.operators.embedding_checks import MAX, MEAN, SUM
from refgrad.operators.getitem_texts import select_out_of_range
from refgrad.signatures.refusing import guarded
from refgrad.tensor import Tensor


def shares(places: Any, kind: Any, by_frequency: bool) -> Any:
    """What each row of the gradient counts: less where its number comes often, if wanted."""
    if not by_frequency or not places.size:
        return np.ones(places.shape, kind)
    _, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
    return (1 / counts[inverse]).astype(kind)


def rows_added(grad: Any, indices: Any, count: int, padding: int, by_frequency: bool) -> Any:
    """A table of zeros with each row of the gradient added where it was read; the padding row gets nothing."""
    table = np.zeros((count, grad.shape[-1]), grad.dtype)
    places = indices.reshape(-1)
    kept = places != padding
    rows = grad.reshape(-1, grad.shape[-1]) * shares(places, grad.dtype, by_frequency)[:, None]
    np.add.at(table, places[kept], rows[kept])
    return table


def embedding_again(grad: Any, indices: Any, padding_idx: int) -> Any:
    """The second derivative reads the rows once more, zeros for the padding."""
    made = grad.index_select(0, indices.reshape(-1))
    if padding_idx >= 0:
        at_padding = (indices == padding_idx).reshape(-1, 1)
        made = made.where(~at_padding, made.new_zeros(()))
    return made.view((*indices.shape, grad.shape[1]))


EMBEDDING_BACKWARD = operator(
    "embedding_dense_backward(Tensor grad_output, Tensor indices, int num_weights, int padding_idx, "
    "bool scale_grad_by_freq)",
    rows_added,
    node="EmbeddingDenseBackwardBackward0",
    gradients={"grad_output": embedding_again},
    dtype=KEEP,
    public=False,
)


def embedding_forward(table: Any, indices: Any, *_: Any) -> Any:
    if table.ndim != 2:
        raise RuntimeError(texts.TABLE_RANK)
    checks.check_numbers("embedding", indices)
    if indices.size and (indices.min() < 0 or indices.max() >= table.shape[0]):
        raise IndexError(texts.NUMBER_RANGE)
    return np.ascontiguousarray(table[indices])


def embedding_gradient(
    grad: Any, indices: Any, padding_idx: int, scale_grad_by_freq: bool, sparse: bool, weight_sym_argsize_0: int
) -> Any:
    if not sparse:
        return EMBEDDING_BACKWARD(grad, indices, weight_sym_argsize_0, padding_idx, scale_grad_by_freq)
    if scale_grad_by_freq:
        raise RuntimeError(texts.FREQUENCY_OF_SPARSE)
    return rows_of_table(grad, indices, weight_sym_argsize_0, padding_idx)


EMBEDDING = operator(
    "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False)",
    embedding_forward,
    node="EmbeddingBackward0",
    gradients={"weight": embedding_gradient},
    dtype=KEEP,
    public=False,
)


@function("embedding", public=FUNCTION)
def embedding_of_torch(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """The rows that the indices number. Raises RuntimeError for complex ones that require grad."""
    if modes.grad and weight.requires_grad and weight.is_complex():
        raise RuntimeError(complex_not_differentiable("embedding"))
    return EMBEDDING(weight, indices, padding_idx, scale_grad_by_freq, sparse)


def padding_row(padding_idx: Any, weight: Any) -> Any:
    """The number of the row that is not learned; -1 for none. Raises AssertionError if it is outside."""
    if padding_idx is None:
        return -1
    if padding_idx > 0:
        if not padding_idx < weight.size(0):
            raise AssertionError(texts.PADDING_RANGE)
    elif padding_idx < 0:
        if not padding_idx >= -weight.size(0):
            raise AssertionError(texts.PADDING_RANGE)
        return weight.size(0) + padding_idx
    return padding_idx


def renormed(table: Any, indices: Any, max_norm: float, norm_type: float) -> Any:
    checks.check_renormed(table, indices)
    made, count = table.copy(), table.shape[0]
    for row in np.unique(indices):
        if not -count <= row < count:
            raise IndexError(select_out_of_range(int(row), table.shape, 0))
        length = float(np.linalg.norm(made[row], norm_type))
        if length > max_norm:
            made[row] *= made.dtype.type(max_norm / (length + 1e-7))
    return made


RENORM = operator(
    "embedding_renorm(Tensor self, Tensor indices, Number max_norm, Number norm_type)",
    renormed,
    node="EmbeddingRenormBackward0",
    gradients={"self": not_implemented("embedding_renorm")},
    dtype=KEEP,
    public=False,
)


@function("embedding_renorm_", public=FUNCTION)
def embedding_renorm_(weight: Any, indices: Any, max_norm: float, norm_type: float) -> Any:
    """Rows that are looked up made no longer than `max_norm`, in place."""
    return call_inplace(RENORM, (weight, indices), (max_norm, norm_type))


built_in_renorm = guarded(embedding_renorm_, "embedding_renorm_", "torch")
built_in_embedding = guarded(embedding_of_torch, "embedding", "torch")


@functional
def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """The rows of `weight` that `input` numbers; rows longer than `max_norm` are shortened first, in place."""
    padding = padding_row(padding_idx, weight)
    if max_norm is not None:
        input = input.contiguous()
        with no_grad():
            built_in_renorm(weight.detach(), input, max_norm, norm_type)
    return built_in_embedding(weight, input, padding, scale_grad_by_freq, sparse)


# ---- bags ---------------------------------------------------------------------------------------------------------

MODES = {"sum": SUM, "mean": MEAN, "max": MAX}


def bags_of(indices: Any, offsets: Any, include_last: bool) -> tuple[Any, int]:
    """To which bag each row belongs, and how many bags there are."""
    starts = offsets[:-1] if include_last else offsets
    return np.searchsorted(starts, np.arange(indices.size), "right") - 1, len(starts)


def bag_forward(
    table: Any, indices: Any, offsets: Any, weights: Any, by_frequency: bool, mode: int, sparse: bool,
    include_last: bool, padding: int,
) -> Any:  # fmt: skip
    """The result, the bag of every row, the sizes of bags, and of a maximum which row it came from."""
    indices, offsets = indices.reshape(-1), offsets.reshape(-1)
    checks.check_bags(table, indices, offsets, weights, mode, include_last)
    bags, count = bags_of(indices, offsets, include_last)
    kept = (indices != padding) & (bags >= 0)
    sizes = np.bincount(bags[kept], minlength=count)
    if include_last and padding < 0 and mode != MAX:  # the last offset is an end to some sums alone
        kept &= np.arange(indices.size) < offsets[-1]
    checks.check_range(indices, kept, table.shape[0], mode)
    made = np.zeros((count, table.shape[1]), table.dtype)
    bags, sizes = bags.astype(offsets.dtype), sizes.astype(offsets.dtype)
    if mode == MAX:
        places = np.zeros((count, table.shape[1]), offsets.dtype)
        for bag in range(count):
            inside = np.flatnonzero((bags == bag) & kept)
            if inside.size:
                rows = table[indices[inside]]
                first = rows.argmax(0)
                made[bag] = np.take_along_axis(rows, first[None], 0)[0]
                places[bag] = indices[inside[first]]
        return made, bags, sizes, places
    rows = table[indices[kept]]
    np.add.at(made, bags[kept], rows if weights is None else rows * weights[kept][:, None])
    if mode == MEAN:
        return made / np.maximum(sizes, 1)[:, None].astype(table.dtype), bags, sizes, sizes.copy()
    return made, bags if padding >= 0 else bags[:0], np.zeros_like(sizes), np.zeros_like(sizes)


def bag_backward_forward(
    grad: Any, indices: Any, bags: Any, sizes: Any, places: Any, weights: Any, count: int, by_frequency: bool,
    mode: int, padding: int,
) -> Any:  # fmt: skip
    table: Any = np.zeros((count, grad.shape[1]), grad.dtype)
    if mode == MAX:
        for bag in np.flatnonzero(sizes):
            np.add.at(table, (places[bag], np.arange(grad.shape[1])), grad[bag])
        return table
    rows = grad[bags] * shares(indices, grad.dtype, by_frequency)[:, None]
    if weights is not None:
        rows = rows * weights[:, None]
    if mode == MEAN:
        rows = rows / np.maximum(sizes, 1)[bags][:, None].astype(grad.dtype)
    kept = (indices != padding) & (bags >= 0)
    np.add.at(table, indices[kept], rows[kept])
    return table


BAG_BACKWARD = operator(
    "_embedding_bag_backward(Tensor grad, Tensor indices, Tensor offset2bag, Tensor bag_size, Tensor maximum_indices, "
    "Tensor? per_sample_weights, int num_weights, bool scale_grad_by_freq, int mode, int padding_idx)",
    bag_backward_forward,
    node="EmbeddingBagBackwardBackward0",
    gradients={
        "grad": not_implemented("_embedding_bag_backward"),
        "per_sample_weights": not_implemented("_embedding_bag_backward"),
    },
    dtype=KEEP,
    public=False,
)


def bags_again(indices: Any, offsets: Any, bag_size: Any) -> Any:
    """The bag of every row: a sum does not keep them."""
    found = np.searchsorted(offsets._array[: bag_size.shape[0]], np.arange(indices.numel()), "right") - 1
    return Tensor._of(found)


def to_sample_weights(
    grads: Any, weight: Any, indices: Any, offsets: Any, result2: Any, mode: int, padding_idx: int
) -> Any:
    """The products of the rows of both."""
    bags = bags_again(indices, offsets, result2)._array
    products = (grads[0]._array[bags] * weight._array[indices._array]).sum(-1)
    return Tensor._of(np.where(indices._array == padding_idx, 0, products).astype(grads[0]._array.dtype))


def bag_gradient(
    grads: Any, indices: Any, offsets: Any, per_sample_weights: Any, result1: Any, result2: Any, result3: Any,
    scale_grad_by_freq: bool, mode: int, sparse: bool, padding_idx: int, weight_sym_argsize_0: int,
) -> Any:  # fmt: skip
    grad = grads[0]
    bags = bags_again(indices, offsets, result2)
    if not sparse:
        if mode == SUM and padding_idx < 0 and result2.shape[0] < offsets.shape[0]:
            bags._array[offsets._array[-1] :] = -1  # the last offset is an end: what lies behind is in no bag
        return BAG_BACKWARD(
            grad, indices, bags, result2, result3, per_sample_weights, weight_sym_argsize_0, scale_grad_by_freq, mode,
            padding_idx,
        )  # fmt: skip
    rows = grad.index_select(0, bags)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(-1)
    if mode == MEAN:
        rows = rows / result2.clamp(min=1).index_select(0, bags).unsqueeze(-1)
    return rows_of_table(rows, indices, weight_sym_argsize_0, padding_idx)


BAG = operator(
    "_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, Tensor? per_sample_weights, "
    "bool scale_grad_by_freq, int mode, bool sparse, bool include_last_offset, int padding_idx)"
    " -> (output, offset2bag, bag_size, max_indices)",
    bag_forward,
    node="EmbeddingBagBackward0",
    gradients={"weight": bag_gradient, "per_sample_weights": to_sample_weights},
    dtype=KEEP,
    public=False,
)


@functional
def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """Sums, means or maxima of rows of a table.

    Raises ValueError, RuntimeError or NotImplementedError where the arguments do not fit each other.
    """
    if weight.dtype is dtypes.int64 and input.is_floating_point():
        input, weight = weight, input
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(texts.weights_shape(per_sample_weights.shape, input.shape))
    if weight.dim() != 2:
        raise ValueError(texts.operand_rank("weight", "2D", weight.dim()))
    if input.dim() not in (1, 2):
        raise ValueError(texts.bag_rank(input.dim()))
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(texts.offsets_given(type(offsets)))
        offsets = Tensor._of(np.arange(0, input.numel(), input.shape[1]))
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif offsets is None:
        raise ValueError(texts.OFFSETS_NEEDED)
    elif offsets.dim() != 1:
        raise ValueError(texts.OFFSETS_RANK)
    if mode not in MODES:
        raise ValueError(texts.BAG_MODE)
    if mode == "max" and scale_grad_by_freq:
        raise ValueError(texts.FREQUENCY_OF_MAX)
    if mode == "max" and sparse:
        raise ValueError(texts.SPARSE_OF_MAX)
    if max_norm is not None:
        with no_grad():
            embedding_renorm_(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(texts.weights_of_mode(mode))
    return bagged(
        weight, input, offsets, per_sample_weights, scale_grad_by_freq, MODES[mode], sparse, include_last_offset,
        checks.bag_padding(padding_idx, weight),
    )[0]  # fmt: skip


def bagged(weight: Any, indices: Any, offsets: Any, *options: Any) -> Any:
    """The results of the operator; numbers and offsets of two types become one."""
    checks.check_ranks(weight, indices, offsets)
    if indices.dtype is not offsets.dtype:
        kind = dtypes.promote_types(indices.dtype, offsets.dtype)
        indices, offsets = indices.to(kind), offsets.to(kind)
    return BAG(weight, indices, offsets, *options)


@function("embedding_bag", public=FUNCTION)
def embedding_bag_of_torch(
    weight: Any, indices: Any, offsets: Any, scale_grad_by_freq: bool = False, mode: int = 0, sparse: bool = False,
    per_sample_weights: Any = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """The same with a number for the mode; what the gradient needs is returned too."""
    made = tuple(bagged(
        weight, indices, offsets, per_sample_weights, scale_grad_by_freq, mode, sparse, include_last_offset,
        checks.bag_padding(padding_idx, weight),
    ))  # fmt: skip
    if include_last_offset and mode == SUM and made[0].grad_fn is None:
        return *made[:2], *(each.new_zeros(offsets.shape) for each in made[2:])  # PyTorch counts the last one too
    return made
