"""What PyTorch says when the arguments of shape, index and matrix operators are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.cpp_printing import printed
from refgrad.cpp_spelling import listed

# ---- shapes -------------------------------------------------------------------------------------------------------

FLATTEN_ORDER = "flatten() has invalid args: start_dim cannot come after end_dim"
UNFLATTEN_UNEXPECTED = "unflatten got an unexpected error:\n"
UNFLATTEN_EMPTY = "unflatten: sizes must be non-empty"
DUPLICATE_DIMS = "permute(): duplicate dims are not allowed."


def dim_repeated(dim: int) -> str:
    return f"dim {dim} appears multiple times in the list of dims"


def view_as_not_a_tensor(kind: str) -> str:
    return f"view_as(): argument 'other' (position 1) must be Tensor, not {kind}"


def unflatten_sizes(sizes: Sequence[int], dim: int, size: int) -> str:
    return (
        f"unflatten: Provided sizes {listed(sizes)} don't multiply up to the size of dim {dim} ({size}) in the "
        f"input tensor"
    )


def permute_length(ndim: int, count: int) -> str:
    return (
        "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
        "ordering "
        f"of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {count}"
    )


def movedim_lengths(source: Sequence[int], destination: Sequence[int]) -> str:
    return (
        f"movedim: Invalid source or destination dims: source ({listed(source)} dims) should contain the same "
        f"number of "
        f"dims as destination ({listed(destination)} dims)"
    )


def movedim_repeated(name: str, dims: Sequence[int]) -> str:
    return f"movedim: repeated dim in `{name}` ({listed(dims)})"


def transpose_rank(name: str, ndim: int) -> str:
    return f"{name}() expects a tensor with <= 2 dimensions, but self is {ndim}D"


def matrix_attribute(name: str, ndim: int) -> str:
    if name == "H":
        hint = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        return f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{hint}"
    if name == "adjoint":
        return f"tensor.adjoint() is only supported on matrices or batches of matrices. Got {ndim}-D tensor."
    return f"tensor.{name} is only supported on matrices or batches of matrices. Got {ndim}-D tensor."


def matrix_attribute_of_scalar(name: str) -> str:
    if name == "H":
        return "Tensor.H is deprecated on 0-D tensors. Consider using x.conj()."
    if name == "adjoint":
        return "adjoint() is deprecated on 0-D tensors. Consider using x.conj()."
    if name == "mH":
        return "Tensor.mH is deprecated on 0-D tensors. Consider using x.conj()."
    return f"Tensor.{name} is deprecated on 0-D tensors. This function is the identity in these cases."


def wrong_reversal() -> str:
    return (
        "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
        "throw an "
        "error in a future release. Consider `x.mT` to transpose batches of matrices or "
        "`x.permute(*torch.arange(x.ndim - "
        "1, -1, -1))` to reverse the dimensions of a tensor."
    )


# ---- parts --------------------------------------------------------------------------------------------------------

UNBIND_OF_SCALAR = "Dimension specified as 0 but tensor has no dimensions"


def split_of_scalar(name: str) -> str:
    return f"{name} expects at least a 1-dimensional tensor"


def split_negative(size: int) -> str:
    return f"split expects split_size be non-negative, but got split_size={size}"


def split_zero(size: int) -> str:
    return f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}"


def split_sum(sizes: Sequence[int], size: int, dim: int) -> str:
    return (
        f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {dim}), "
        f"but got split_sizes={listed(sizes)}"
    )


def split_entries(sizes: Sequence[int]) -> str:
    return f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={listed(sizes)}"


def chunks_positive(chunks: int) -> str:
    return f"chunk expects `chunks` to be greater than 0, got: {chunks}"


def sections_positive(sections: int) -> str:
    return f"number of sections must be larger than 0, got {sections}"


TENSOR_SPLIT_SCALAR = "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"


def tensor_split_type(given: str) -> str:
    return f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {given}"


def tensor_split_rank(ndim: int) -> str:
    return (
        "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got "
        f"a tensor with {ndim} dims"
    )


def split_rank(name: str, wanted: int, ndim: int) -> str:
    return f"torch.{name} requires a tensor with at least {wanted} dimension, but got a tensor with {ndim} dimensions!"


def split_divides(name: str, dim: int, size: int, sections: int) -> str:
    return (
        f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
        f"divisible by "
        f"the split_size {sections}!"
    )


def diagonal_identical(first: int, second: int) -> str:
    return f"diagonal dimensions cannot be identical {first}, {second}"


def diag_rank(ndim: int) -> str:
    return f"diag(): Supports 1D or 2D tensors. Got {ndim}D"


def unfold_size(dim: int, available: int, size: int) -> str:
    return f"maximum size for tensor at dimension {dim} is {available} but size is {size}"


def unfold_step(step: int) -> str:
    return f"step is {step} but must be > 0"


def unfold_negative(size: int) -> str:
    return f"size is {size} but must be >= 0"


# ---- joining and moving -------------------------------------------------------------------------------------------

CAT_EMPTY_LIST = "torch.cat(): expected a non-empty list of Tensors"
STACK_EMPTY_LIST = "stack expects a non-empty TensorList"
FLIPLR_RANK = "Input must be >= 2-d."
FLIPUD_RANK = "Input must be >= 1-d."
ROLL_NEEDS_SHIFTS = "`shifts` required"
MESHGRID_DTYPES = "meshgrid expects all tensors to have the same dtype"
MESHGRID_INDEXING = "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
REPEAT_RANK = "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
REPEATS_BELOW_ZERO = "repeats can not be negative"
REPEATS_RANK = "repeat_interleave only accept 1D vector as repeat"
REPEATS_SIZE = "allocated size does not match required size"
REPEATS_OF_MANY = "repeats must be 0-dim or 1-dim tensor"
REPEATS_NEGATIVE = "Repeats must be non-negative"


def cat_zero_dim(position: int) -> str:
    return f"zero-dimensional tensor (at position {position}) cannot be concatenated"


def cat_rank(first: int, other: int) -> str:
    return f"Tensors must have same number of dimensions: got {first} and {other}"


def cat_sizes(dim: int, expected: int, got: int, position: int) -> str:
    return (
        f"Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got size {got} for "
        f"tensor "
        f"number {position} in the list."
    )


def stack_sizes(first: Sequence[int], other: Sequence[int], position: int) -> str:
    return (
        f"stack expects each tensor to be equal size, but got {listed(first)} at entry 0 and {listed(other)} at entry "
        f"{position}"
    )


def meshgrid_indexing(indexing: str) -> str:
    return f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'


def meshgrid_rank(tensor: Any) -> str:
    return f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {printed(tensor)}"


def cartesian_rank(shape: Sequence[int]) -> str:
    return f"Expect a 1D vector, but got shape {listed(shape)}"


def block_diag_rank(position: int, ndim: int) -> str:
    return f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {position} has {ndim} dimensions"


def negative_size(dim: int, shape: Sequence[int]) -> str:
    return f"Trying to create tensor with negative dimension {dim}: {listed(shape)}"


def repeated_size(given: int, size: int) -> str:
    return f"repeat_interleave: Invalid output_size, expected {size} but got {given}"


def repeats_length(repeats: int, size: int, dim: int) -> str:
    return (
        "repeats must have the same size as input along dim, but got "
        f"repeats.size(0) = {repeats} and input.size({dim}) = {size}"
    )


def roll_lengths(shifts: int, dims: int) -> str:
    return f"shifts and dimensions must align. shifts: {shifts}, dims:{dims}"


def rot90_dims(count: int) -> str:
    return f"expected total rotation dims == 2, but got dims = {count}"


def rot90_rank(ndim: int) -> str:
    return f"expected total dims >= 2, but got total dims = {ndim}"


def rot90_same_dim(dims: Sequence[int]) -> str:
    return f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"


def diagonal_rank(name: str) -> str:
    return f"{name}: input tensor must have at least 2 dimensions"


# ---- parts replaced -----------------------------------------------------------------------------------------------


def isin_type(kind: str) -> str:
    return f"Unsupported input type encountered for isin(): {kind}"


FILL_DIAGONAL_RANK = "dimensions must larger than 1"
FILL_DIAGONAL_SIZES = "all dimensions of input must be of equal length"


def part_shape(source: Sequence[int], part: Sequence[int]) -> str:
    sizes = f"src size = {listed(source)}, slice size = {listed(part)}"
    return f"expected src to have a size equal to the slice of self. {sizes}"


def stack_empty_list(name: str) -> str:
    return f"{name} expects a non-empty TensorList"


def no_dimensions(dim: int) -> str:
    return f"Dimension specified as {dim} but tensor has no dimensions"


NEGATIVE_LENGTH = "Attempting to broadcast a dimension with negative length!"


def no_shape(given: object) -> str:
    return f"Input shapes should be of type ints, a tuple of ints, or a list of ints, got {given}"


def shapes_mismatch(size: object, dim: int, place: int, shape: object, common: Sequence[object]) -> str:
    return (
        f"Attempting to broadcast a dimension of length {size} at {dim}! Mismatching argument at index {place} had "
        f"{shape}; but expected shape should be broadcastable to {list(common)}"
    )
