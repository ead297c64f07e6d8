"""What PyTorch says of strides, storages and elements that share memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.cpp_spelling import cpp_type, listed, stored_type

INTERNAL_OVERLAP = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)
PARTIAL_OVERLAP = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)

STRIDED_LENGTHS = "mismatch in length of strides and shape"


def negative_strides(strides: Sequence[int]) -> str:
    return f"as_strided: Negative strides are not supported at the moment, got strides: {listed(strides)}"


def out_of_storage(shape: Sequence[int], strides: Sequence[int], offset: int, itemsize: int, available: int) -> str:
    reach = (1 + offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))) * itemsize
    return (
        f"setStorage: sizes {listed(shape)}, strides {listed(strides)}, storage offset {offset}, and itemsize "
        f"{itemsize} requiring a storage size of {reach} are out of bounds for storage of size {available}"
    )


RESIZE_REQUIRES_GRAD = "cannot resize variables that require grad"
NUMEL_OVERFLOW = "numel: integer multiplication overflow"


LENGTHS_OF_STRIDES = "mismatch in length of strides and shape"


def unequal_lengths(sizes: int, strides: int) -> str:
    return f"unequal size length ({sizes}) and stride length ({strides})"


def storage_type(wanted: Any, given: Any) -> str:
    return (
        f"Expected a Storage of type {cpp_type(wanted)} or an UntypedStorage, but got type {given.scalar_name} for "
        "argument 1 'storage'"
    )


def set_types(source: Any, target: Any) -> str:
    return f"Could not set tensor of type {stored_type(source)} to a tensor of type {stored_type(target)}"


def channels_last_rank(rank: int, name: str) -> str:
    return f"required rank {rank} tensor to use {str.__str__(name)} format"


def reinterpreted(problem: str, source: Any, target: Any) -> str:
    condition, got = problem.split("|")
    return f"{condition} to view {source.scalar_name} as {target.scalar_name} (different element sizes){got}"


def negative_storage(shape: Sequence[int], strides: Sequence[int]) -> str:
    return f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}"


def negative_offset(offset: int) -> str:
    return f"Tensor: invalid storage offset {offset}"
