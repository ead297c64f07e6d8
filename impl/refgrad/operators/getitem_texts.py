"""What PyTorch says of indices, slices and masks."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

SELECT_OF_SCALAR = "select() cannot be applied to a 0-dim tensor."
SLICE_OF_SCALAR = "slice() cannot be applied to a 0-dim tensor."
SLICE_STEP = "slice step must be positive"
SLICE_STEP_ZERO = "slice step cannot be zero"
SLICE_STEP_VALUE = "step must be greater than zero"
INDEX_OF_SCALAR = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
    "tensor to a number"
)
INDEX_TENSOR_TYPE = "tensors used as indices must be long, int, byte or bool tensors"
SEQUENCE_AS_TUPLE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
    "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
    "which will result either in an error or a different result"
)


def select_out_of_range(index: int, shape: Sequence[int], dim: int) -> str:
    return f"select(): index {index} out of range for tensor of size {listed(shape)} at dimension {dim}"


INDEX_INTO_NOTHING = "index is out of bounds for dimension with size 0"


def index_out_of_range(index: int, dim: int, size: int) -> str:
    return f"index {index} is out of bounds for dimension {dim} with size {size}"


def too_many_indices(ndim: int) -> str:
    return f"too many indices for tensor of dimension {ndim}"


def invalid_index(kind: str) -> str:
    return (
        f"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {kind})"
    )


def index_broadcast(shapes: Sequence[Sequence[int]]) -> str:
    return "shape mismatch: indexing tensors could not be broadcast together with shapes " + ", ".join(
        listed(each) for each in shapes
    )


def mask_shape(mask: Sequence[int], mask_dim: int, shape: Sequence[int], dim: int) -> str:
    return (
        f"The shape of the mask {listed(mask)} at index {mask_dim} does not match the shape of the indexed tensor "
        f"{listed(shape)} at index {dim}"
    )


BYTE_INDEX = "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead."


def too_many_indices_given(ndim: int, count: int) -> str:
    return f"too many indices for tensor of dimension {ndim} (got {count})"


def index_put_types(target: str, source: str) -> str:
    return (
        f"Index put requires the source and destination dtypes match, got {target} for the destination and {source} "
        "for the source."
    )


NARROW_NEGATIVE = "narrow(): length must be non-negative."


def start_out_of_range(low: int, high: int, start: int) -> str:
    return f"start out of range (expected to be in range of [{low}, {high}], but got {start})"


NARROW_START = "start must be an 0-dim integral Tensor."
NARROW_OF_SCALAR = "narrow() cannot be applied to a 0-dim tensor."


def set_value(kind: str, target: str) -> str:
    return f"can't assign a {kind} to a {target}"


def narrow_out_of_range(start: int, length: int, size: int) -> str:
    return f"start ({start}) + length ({length}) exceeds dimension size ({size})."
