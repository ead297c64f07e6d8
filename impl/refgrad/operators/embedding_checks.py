"""What tables that are looked up refuse, and bags of their rows, in the order in which PyTorch looks."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.cpp_spelling import legacy_type
from refgrad.operators import embedding_texts as texts
from refgrad.operators.texts import dist_type
from refgrad.shapes import own_dim

SUM, MEAN, MAX = range(3)


def check_numbers(name: str, indices: Any, place: int = 1) -> None:
    """Raise RuntimeError for an array of other than integers of 32 or 64 bits."""
    if indices.dtype not in (np.int64, np.int32):
        raise RuntimeError(texts.numbers_type(name, legacy_type(dtypes.of_array(indices)), place))


def check_renormed(table: Any, indices: Any) -> None:
    if table.ndim != 2:
        raise RuntimeError(texts.renormed_rank(table.ndim))
    check_numbers("embedding_renorm_", indices, 2)
    if indices.size and table.dtype.kind in "biu":
        raise RuntimeError(dist_type(dtypes.of_array(table).scalar_name))


def check_ranks(weight: Any, indices: Any, offsets: Any) -> None:
    """Of the tensors of a bag."""
    if indices.dim() not in (1, 2):
        raise RuntimeError(texts.operand_rank("input", "1D or 2D", indices.dim()))
    if indices.dim() == 1 and offsets.dim() != 1:
        raise RuntimeError(texts.operand_rank("offsets", "1D", offsets.dim()))
    if weight.dim() != 2:
        raise RuntimeError(texts.operand_rank("weight", "2D", weight.dim()))


def check_bags(table: Any, indices: Any, offsets: Any, weights: Any, mode: int, include_last: bool) -> None:
    """Of the arrays. Raises RuntimeError for types, offsets, weights or a mode that do not fit."""
    check_numbers("embedding_bag", indices)
    kind = dtypes.of_array(table)
    if not kind.is_floating_point:
        raise RuntimeError(texts.table_type(legacy_type(kind)))
    if offsets.size and offsets[0] != 0:
        raise RuntimeError(texts.first_offset(int(offsets[0]), legacy_type(dtypes.of_array(offsets))))
    if offsets.size and offsets[-1] > indices.size:
        raise RuntimeError(texts.last_offset(indices.size, int(offsets[-1])))
    if weights is not None:
        check_sample_weights(kind, weights, indices.size, mode)
    if mode not in (SUM, MEAN, MAX):
        raise RuntimeError(texts.MODE_NUMBER)
    if include_last and not offsets.size:
        raise RuntimeError(texts.LAST_OFFSET_NEEDED)


def check_sample_weights(kind: Any, weights: Any, count: int, mode: int) -> None:
    if mode != SUM:
        raise RuntimeError(texts.WEIGHTS_OF_SUMS)
    if dtypes.of_array(weights) is not kind:
        raise RuntimeError(texts.sample_weights_type(legacy_type(kind), legacy_type(dtypes.of_array(weights))))
    if weights.ndim != 1:
        raise RuntimeError(texts.sample_weights_fit("dim() == 1"))
    if weights.size != count:
        raise RuntimeError(texts.sample_weights_fit("numel() == indices.numel()"))


def check_range(indices: Any, kept: Any, count: int, mode: int) -> None:
    """Raise RuntimeError for a row that is looked up and not there."""
    wrong = np.flatnonzero(kept & ((indices < 0) | (indices >= count)))
    if wrong.size:
        number = int(indices[wrong[0]])
        told = texts.number_of_maximum(number) if mode == MAX else texts.number_range(int(wrong[0]), number, count)
        raise RuntimeError(told)


def bag_padding(padding: int | None, weight: Any) -> int:
    """The number of the row that is left out; -1 for none."""
    if padding is None:
        return -1
    count = weight.shape[own_dim(0, weight.dim())]
    if not -count <= padding < count:
        raise RuntimeError(texts.bag_padding(count, padding))
    return padding + count if padding < 0 else padding
