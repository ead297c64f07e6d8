"""What `index_add`, `index_reduce` and `index_copy` look at before they write slices, in PyTorch's order."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dimension_texts, dtypes, shapes
from refgrad.operators import index_texts as texts


def kind_of(array: Any) -> str:
    return dtypes.of_array(array).scalar_name


def without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return shape[:dim] + shape[dim + 1 :]


def check_added(name: str, a: Any, index: Any, source: Any, dim: int) -> int:
    """The dimension, counted from the front; `name` is that of the in-place form, which the texts bear.

    Raises IndexError or RuntimeError for dimensions, types and sizes that do not fit.
    """
    at = shapes.checked_dim(dim, a.ndim)
    if index.ndim > 1:
        raise IndexError(texts.slices_vector(name, index.ndim, kind_of(index), index.shape))
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(texts.slices_dtype(name, kind_of(index)))
    if source.dtype != a.dtype:
        raise RuntimeError(texts.slices_types(name, kind_of(a), kind_of(source)))
    if at and at >= source.ndim:
        raise RuntimeError(texts.slices_dim(name, at, source.ndim))
    if index.size != (source.shape[at] if source.ndim else 1):
        if not source.ndim:
            raise IndexError(dimension_texts.no_dimensions(at))
        raise RuntimeError(texts.slices_count(name, index.size, source.shape[at], at))
    own, given = a.shape, source.shape
    if own and given:
        own, given = without(own, at), without(given, at)
    if own != given:
        raise RuntimeError(texts.slices_shape(a.shape, source.shape))
    return at


def check_range(index: Any, size: int, at: int | None = None) -> None:
    """Raise IndexError for a slice that is not there; RuntimeError, which names the dimension, if one is given."""
    for each in index.reshape(-1):
        if not 0 <= each < size:
            if at is None:
                raise IndexError(texts.SELECT_RANGE)
            raise RuntimeError(texts.index_bounds(int(each), at, size))


def check_copied(a: Any, index: Any, source: Any, dim: int) -> int:
    """The dimension, counted from the front.

    Raises IndexError or RuntimeError for dimensions, types and sizes that do not fit, and for a place beyond.
    """
    at = shapes.checked_dim(dim, a.ndim)
    if index.ndim >= 2:
        raise IndexError(texts.copy_vector(index.ndim))
    if not source.ndim and index.size != 1:
        raise IndexError(texts.copy_scalar(index.size))
    if source.ndim and a.ndim and source.ndim != a.ndim:
        raise IndexError(texts.copy_dims(source.ndim, a.ndim))
    if index.dtype != np.int64:
        raise RuntimeError(texts.copy_index(kind_of(index)))
    if source.dtype != a.dtype:
        raise RuntimeError(texts.copy_types(kind_of(a), kind_of(source)))
    own, given = without(a.shape, at), without(source.shape, at)
    if own != given:
        raise RuntimeError(texts.copy_slices(own, at, given))
    count = source.shape[at] if source.ndim else 1
    if index.size != count:
        raise IndexError(texts.copy_count(index.size, count))
    size = a.shape[at] if a.ndim else 1
    for each in index.reshape(-1):
        if not -size <= each < size:
            raise IndexError(texts.copy_range(int(each), at, size))
    return at
