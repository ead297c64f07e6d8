"""What PyTorch says when maxima cannot be put back."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

TENSOR_CONDITION = (
    "cond must be a bool, but got a Tensor. For tensor conditions, use torch._check_tensor_all() to assert that all "
    "elements are true."
)


def indices_type(rank: int, kind: str) -> str:
    return "elements in indices should be type int64" + (f" but got: {kind}" if rank == 2 else "")


def two_sizes(count: int) -> str:
    return f"There should be exactly two elements (height, width) in output_size, but got {count} elements."


def ranks(rank: int, ndim: int) -> str:
    return (
        f"Input to max_unpooling{rank}d should be a {rank + 1}d or {rank + 2}d Tensor, but got a tensor with {ndim} "
        "dimensions."
    )


def empty(rank: int, shape: Sequence[int], dim: int) -> str:
    return (
        f"max_unpooling{rank}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, but "
        f"got {listed(shape)} with dimension {dim} being empty."
    )


def strides(stride: Sequence[int]) -> str:
    return f"strides should be greater than zero, but got stride: {listed(stride)}"


def size_negative(dim: int, size: int) -> str:
    return f"max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[{dim}]={size}"


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
