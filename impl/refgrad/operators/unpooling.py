"""Maxima put back where they came from (`max_unpool`), and the margins of several labels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.operators import loss_texts
from refgrad.operators import unpooling_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.loss_checks import check_labels
from refgrad.operators.losses import legacy_reduction, reduced, reduction_number
from refgrad.operators.resizing import AVERAGES
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.underivable import underivable
from refgrad.signatures.built_in import built_in
from refgrad.tensor import Tensor


def check_unpooled(input: Any, indices: Any, output_size: Any, rank: int) -> None:
    """Raise RuntimeError or NotImplementedError for operands that are no maxima and their places."""
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(texts.indices_type(rank, indices.dtype.scalar_name))
    if rank == 2 and len(output_size) != 2:
        raise RuntimeError(texts.two_sizes(len(output_size)))
    if input.dim() not in (rank + 1, rank + 2):
        raise RuntimeError(texts.ranks(rank, input.dim()))
    if input.shape != indices.shape:
        raise RuntimeError(texts.indices_shape(input.shape, indices.shape))
    for dim in range(input.dim() - rank - 1, input.dim()):
        if input.shape[dim] == 0:
            raise RuntimeError(texts.empty(rank, input.shape, dim))
    if not input.dtype.is_floating_point:
        raise NotImplementedError(not_implemented_for(f"max_unpool{rank}d", input.dtype.scalar_name))


def unpooled(rank: int) -> Any:
    def forward(a: Any, indices: Any, output_size: Any) -> Any:
        count = math.prod(output_size)
        lead = a.shape[: a.ndim - rank]
        made: Any = np.zeros((math.prod(lead), count), a.dtype)
        places = indices.reshape(math.prod(lead), -1)
        outside = ((places < 0) | (places >= count)) & (count > 0)
        if outside.any():
            raise RuntimeError(texts.index_outside(int(places[outside][0]), output_size))
        if count:
            np.put_along_axis(made, places, a.reshape(places.shape), 1)
        return made.reshape(*lead, *output_size)

    return forward


def unpooling_gradient(grad: Any, indices: Any, self_sym_sizes: Any, output_size: Any) -> Any:
    lead = tuple(self_sym_sizes)[: len(self_sym_sizes) - len(output_size)]
    flat = grad.reshape((*lead, math.prod(output_size)))
    return flat.gather(-1, indices.reshape((*lead, -1))).view(tuple(self_sym_sizes))


UNPOOL = {
    rank: operator(
        f"max_unpool{rank}d(Tensor self, Tensor indices, int[] output_size)",
        unpooled(rank),
        node=f"MaxUnpool{rank}DBackward0",
        gradients={"self": unpooling_gradient},
        dtype=KEEP,
        public=False,
    )
    for rank in (2, 3)
}


def condition(holds: Any) -> bool:
    if isinstance(holds, Tensor):
        raise TypeError(texts.TENSOR_CONDITION)
    return bool(holds)


def unpooled_size(shape: Any, kernel: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    """The size that was pooled, as far as it can be known. Raises ValueError for one that it cannot be."""
    rank = len(kernel)
    usual = [(shape[-rank + i] - 1) * stride[i] + kernel[i] - 2 * padding[i] for i in range(rank)]
    made: Any = usual
    if output_size is not None:
        made = output_size[2:] if len(output_size) == rank + 2 else output_size
        if len(output_size) not in (rank, rank + 2):
            raise ValueError(texts.size_length(rank, len(output_size)))
        for i in range(rank):
            low, high = usual[i] - stride[i], usual[i] + stride[i]
            if not low < made[i] < high:
                raise ValueError(texts.size_outside(made, i, low, high))
    for i, n in enumerate(made):
        if not condition(n >= 0):
            raise ValueError(texts.size_negative(i, n))
    return made


def plane(input: Any, indices: Any, output_size: Any) -> Any:
    check_unpooled(input, indices, output_size, 2)
    return UNPOOL[2](input, indices, tuple(output_size))


def volume(input: Any, indices: Any, output_size: Any, stride: Any, padding: Any) -> Any:
    check_unpooled(input, indices, output_size, 3)
    if min(stride) <= 0:
        raise RuntimeError(texts.strides(stride))
    return UNPOOL[3](input, indices, tuple(output_size))


built_in_plane, built_in_volume = built_in(plane, "max_unpool2d"), built_in(volume, "max_unpool3d")


def each(value: Any, rank: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, Iterable) else (value,) * rank


def publish_unpooling(rank: int) -> None:
    def unpool(
        input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> Any:
        """The maxima at their places, zeros around them."""
        kernel = each(kernel_size, rank)
        step = kernel if stride is None else each(stride, rank)
        around = each(padding, rank)
        size = unpooled_size(input.size(), kernel, step, around, output_size)
        if rank == 3:
            return built_in_volume(input, indices, size, step, around)
        if rank == 2:
            return built_in_plane(input, indices, size)
        return built_in_plane(input.unsqueeze(-1), indices.unsqueeze(-1), [*size, 1]).squeeze(-1)

    unpool.__name__ = unpool.__qualname__ = f"max_unpool{rank}d"
    functional(unpool)


for _rank in (1, 2, 3):
    publish_unpooling(_rank)


@functional
def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The norm of every window."""
    depth, width, height = kernel_size if isinstance(kernel_size, Iterable) else (kernel_size,) * 3
    made = AVERAGES[3](input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (made.sign() * made.abs().relu() * (depth * width * height)).pow(1.0 / norm_type)


# ---- several labels -----------------------------------------------------------------------------------------------


def labels_of(target: Any) -> Any:
    """For every row the classes before the first -1."""
    return [row[: int(np.argmax(row < 0))] if (row < 0).any() else row for row in target]


def marked(a: Any, target: Any) -> Any:
    """Ones at the classes that are among those of the row."""
    rows = np.zeros(target.shape, a.dtype).reshape(-1, max(target.shape[-1:], default=1))
    for row, labels in zip(rows, labels_of(target.reshape(rows.shape)), strict=True):
        row[labels] = 1
    return rows.reshape(target.shape)


def label_margins(a: Any, target: Any) -> tuple[Any, Any]:
    """The losses of every row, and their slopes."""
    if a.ndim == 0:
        a, target = a.reshape(1), target.reshape(1)
        losses, slopes = label_margins(a, target)
        return losses, slopes.reshape(())
    rows, classes = a.reshape(-1, a.shape[-1]), target.reshape(-1, a.shape[-1])
    losses, slopes = np.zeros(len(rows), a.dtype), np.zeros_like(rows)
    if np.any((classes < -1) | (classes >= a.shape[-1])):
        raise RuntimeError(loss_texts.LABEL_RANGE)
    for number, labels in enumerate(labels_of(classes)):
        others = np.setdiff1d(np.arange(a.shape[-1]), labels)
        gaps = 1 - rows[number, labels][:, None] + rows[number, others][None]
        open_ = gaps > 0
        losses[number] = gaps[open_].sum() / a.shape[-1]
        np.add.at(slopes[number], labels, -open_.sum(1) / a.shape[-1])
        slopes[number, others] += open_.sum(0) / a.shape[-1]
    return losses.reshape(a.shape[:-1]), slopes.reshape(a.shape)


def label_margin_backward(grad: Any, a: Any, target: Any, reduction: int) -> Any:
    slopes = label_margins(a, target)[1]
    if reduction == 1:
        slopes = slopes / max(math.prod(a.shape[:-1]), 1)
    return (slopes * np.asarray(grad)[..., None]).astype(a.dtype)


MULTILABEL_BACKWARD = operator(
    "multilabel_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, Tensor is_target, int reduction)",
    lambda grad, a, target, is_target, reduction: label_margin_backward(grad, a, target, reduction),
    dtype=KEEP,
    public=False,
)

MULTILABEL = operator(
    "multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction) -> (output, is_target)",
    lambda a, target, reduction: (reduced(label_margins(a, target)[0], reduction), marked(a, target)),
    node="MultilabelMarginLossBackward0",
    history=1,
    gradients={
        "self": lambda grad, self, target, reduction, is_target: underivable(
            "aten::multilabel_margin_loss_backward",
            MULTILABEL_BACKWARD(grad, self, target, is_target, reduction),
            (grad, self),
        )
    },
    dtype=KEEP,
    public=False,
)


@functional
def multilabel_margin_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """How near every other class comes to each of the right ones."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    check_labels(input, target)
    return MULTILABEL(input, target, number)[0]
