"""What PyTorch says of shapes, dimensions and broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

ONE_DIMENSION_INFERRED = "only one dimension can be inferred"
VIEW_INCOMPATIBLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead."
)


def invalid_dimension(size: int, index: int, shape: Sequence[int]) -> str:
    return f"invalid shape dimension {size} at index {index} of shape {listed(shape)}"


def invalid_shape(shape: Sequence[int], numel: int) -> str:
    return f"shape '{listed(shape)}' is invalid for input of size {numel}"


def ambiguous_reshape(shape: Sequence[int]) -> str:
    return (
        f"cannot reshape tensor of 0 elements into shape {listed(shape)} because the unspecified dimension size -1 "
        "can be any value and is ambiguous"
    )


def dim_out_of_range(low: int, high: int, dim: int) -> str:
    return f"Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})"


def broadcast_mismatch(first: int, second: int, dim: int) -> str:
    return f"The size of tensor a ({first}) must match the size of tensor b ({second}) at non-singleton dimension {dim}"


def expand_too_few(kind: str, shape: Sequence[int], size: Sequence[int]) -> str:
    return (
        f"expand({kind}{{{listed(shape)}}}, size={listed(size)}): the number of sizes provided "
        f"({len(size)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
    )


def expand_new_dimension(size: int, dim: int) -> str:
    return f"The expanded size of the tensor ({size}) isn't allowed in a leading, non-existing dimension {dim}"


def expand_mismatch(size: int, old: int, dim: int, target: Sequence[int], shape: Sequence[int]) -> str:
    return (
        f"The expanded size of the tensor ({size}) must match the existing size ({old}) at non-singleton dimension "
        f"{dim}.  Target sizes: {listed(target)}.  Tensor sizes: {listed(shape)}"
    )


REPEATED_DIM = "dim {} appears multiple times in the list of dims"


def index_put_shapes(values: Sequence[int], picked: Sequence[int]) -> str:
    return (
        f"shape mismatch: value tensor of shape {listed(values)} cannot be broadcast to indexing result of shape "
        f"{listed(picked)}"
    )


def no_dimensions(dim: int) -> str:
    return f"Dimension specified as {dim} but tensor has no dimensions"
