"""Checking and completing shapes and dimensions, with PyTorch's errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from refgrad import dimension_texts, inplace_texts
from refgrad.signatures.texts import LEAST, MOST, OVERFLOW


def own_dim(dim: int, rank: int) -> int:
    """`dim` as a number of one of a tensor's dimensions. Raises IndexError, always if there are none."""
    if rank == 0:
        raise IndexError(dimension_texts.no_dimensions(dim))
    return checked_dim(dim, rank)


def fitting(number: int) -> int:
    """The number. Raises ValueError if it does not fit into 64 bits."""
    if not LEAST <= number <= MOST:
        raise ValueError(OVERFLOW)
    return number


def checked_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front; a 0-dim tensor has dimensions 0 and -1.

    Raises IndexError if it is out of range.
    """
    count = max(ndim, 1)
    if not -count <= dim < count:
        raise IndexError(dimension_texts.dim_out_of_range(-count, count - 1, dim))
    return dim + count if dim < 0 else dim


def checked_dims(dims: Sequence[int], ndim: int) -> tuple[int, ...]:
    """Several dimensions, counted from the front.

    Raises IndexError if one is out of range, RuntimeError if one is named twice.
    """
    found: list[int] = []
    for each in dims:
        dim = checked_dim(each, ndim)
        if dim in found:
            raise RuntimeError(dimension_texts.REPEATED_DIM.format(dim))
        found.append(dim)
    return tuple(found)


def inferred_shape(size: Sequence[int], numel: int) -> tuple[int, ...]:
    """The shape with its one -1 filled in.

    Raises RuntimeError if it does not hold exactly `numel` elements.
    """
    shape = tuple(size)
    unknown = [i for i, n in enumerate(shape) if n == -1]
    if len(unknown) > 1:
        raise RuntimeError(dimension_texts.ONE_DIMENSION_INFERRED)
    for i, n in enumerate(shape):
        if n < -1:
            raise RuntimeError(dimension_texts.invalid_dimension(n, i, shape))
    known = math.prod(n for n in shape if n != -1)
    if unknown:
        if known == 0:
            if numel == 0:
                raise RuntimeError(dimension_texts.ambiguous_reshape(shape))
            raise RuntimeError(dimension_texts.invalid_shape(shape, numel))
        if numel % known == 0:
            return tuple(numel // known if n == -1 else n for n in shape)
    if known != numel or unknown:
        raise RuntimeError(dimension_texts.invalid_shape(shape, numel))
    return shape


def expanded_shape(
    shape: tuple[int, ...], size: Sequence[int], *, of_copy: bool = False, kind: str = "torch.FloatTensor"
) -> tuple[int, ...]:
    """What `shape` becomes when expanded to `size`, where -1 keeps a dimension.

    Raises RuntimeError where a dimension other than 1 would change.
    """
    wanted = tuple(size)
    if len(wanted) < len(shape):
        if of_copy:
            raise_broadcast_error_of(wanted, shape)
        raise RuntimeError(dimension_texts.expand_too_few(kind, shape, wanted))
    lead = len(wanted) - len(shape)
    result = []
    for i, n in reversed(tuple(enumerate(wanted))):
        old = shape[i - lead] if i >= lead else 1
        if n == -1:
            if i < lead:
                raise RuntimeError(dimension_texts.expand_new_dimension(n, i))
            n = old
        elif old != n and old != 1:
            if of_copy:
                raise_broadcast_error_of(wanted, shape)
            raise RuntimeError(dimension_texts.expand_mismatch(n, old, i, wanted, shape))
        result.append(n)
    return tuple(reversed(result))


def expandable(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    """Whether `shape` can be broadcast to `larger`."""
    if len(shape) > len(larger):
        return False
    return all(old == new or old == 1 for old, new in zip(reversed(shape), reversed(larger), strict=False))


def checked_broadcast(values: tuple[int, ...], picked: tuple[int, ...]) -> None:
    """Raise RuntimeError if values of one shape cannot be written to an indexing result of another."""
    fits = len(values) <= len(picked) and all(
        n in (1, m) for n, m in zip(reversed(values), reversed(picked), strict=False)
    )
    if not fits:
        raise RuntimeError(dimension_texts.index_put_shapes(values, picked))


def raise_broadcast_error(arrays: Sequence[Any]) -> None:
    """Raise PyTorch's error if the shapes of the operands do not broadcast; return if they do."""
    shape: tuple[int, ...] = ()
    for each in arrays:
        if isinstance(each, tuple):
            return
        other = each.shape
        for back in range(1, min(len(shape), len(other)) + 1):
            if shape[-back] != other[-back] and shape[-back] != 1 and other[-back] != 1:
                raise_broadcast_error_of(shape, other)
        longer, shorter = (shape, other) if len(shape) >= len(other) else (other, shape)
        lead = len(longer) - len(shorter)
        shape = longer[:lead] + tuple(b if a == 1 else a for a, b in zip(longer[lead:], shorter, strict=True))


def raise_broadcast_error_of(first: tuple[int, ...], second: tuple[int, ...]) -> NoReturn:
    """Name the last dimension at which two shapes do not broadcast, or else what is not the first's own shape."""
    longest = max(len(first), len(second))
    for back in range(1, min(len(first), len(second)) + 1):
        a, b = first[-back], second[-back]
        if a != b and a != 1 and b != 1:
            raise RuntimeError(dimension_texts.broadcast_mismatch(a, b, longest - back))
    raise RuntimeError(inplace_texts.output_shape_mismatch(first, np.broadcast_shapes(first, second)))
