"""Arithmetic that everything that slides over an input has in common."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from refgrad.operators.activations import functional

Slices = tuple[slice, ...]


def several(value: Any, count: int) -> Any:
    """One number for all dimensions, or one for each."""
    if isinstance(value, int):
        return (value,) * count
    value = tuple(value)
    return value * count if len(value) == 1 else value


def offsets(kernel: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(size) for size in kernel))


def reached(place: Sequence[int], stride: Sequence[int], dilation: Sequence[int], count: Sequence[int]) -> Slices:
    """Where one element of the kernel meets a padded input, for all places of the output."""
    return tuple(
        slice(at * gap, at * gap + (n - 1) * step + 1, step)
        for at, step, gap, n in zip(place, stride, dilation, count, strict=True)
    )


def padded(a: Any, padding: Sequence[int], fill: Any = 0) -> Any:
    lead = a.ndim - len(padding)
    widths = [(0, 0)] * lead + [(each, each) for each in padding]
    return np.pad(a, widths, constant_values=fill) if any(padding) else a


def unpadded(a: Any, padding: Sequence[int]) -> Any:
    return a[(..., *(slice(each, a.shape[i - len(padding)] - each) for i, each in enumerate(padding)))]


def output_sizes(shape: Sequence[int], kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(shape, kernel, stride, padding, dilation, strict=True)
    )


def zeros_like_input(grad: Any, self_sym_sizes: Any) -> Any:
    return grad.new_zeros(self_sym_sizes)


def put_functional(name: str, made: Any) -> None:
    made.__name__ = name
    functional(made)
