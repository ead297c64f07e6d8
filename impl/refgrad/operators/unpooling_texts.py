"""What PyTorch says when maxima cannot be put back."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed


def indices_type(kind: str) -> str:
    return f"elements in indices should be type int64 but got: {kind}"


def indices_shape(shape: Sequence[int], other: Sequence[int]) -> str:
    return (
        f"Expected shape of indices to be same as that of the input tensor ({listed(shape)}) but got indices tensor "
        f"with shape: {listed(other)}"
    )


def index_outside(place: int, size: Sequence[int]) -> str:
    return f"Found an invalid max index: {place} (output volumes are of size {'x'.join(map(str, size))})"


def size_length(rank: int, count: int) -> str:
    return (
        f"output_size should be a sequence containing {rank} or {rank + 2} elements, but it has a length of '{count}'"
    )


def size_outside(size: Sequence[int], dim: int, low: int, high: int) -> str:
    return f'invalid output_size "{tuple(size)}" (dim {dim} must be between {low} and {high})'
