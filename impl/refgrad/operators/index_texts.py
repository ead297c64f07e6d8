"""What PyTorch says when the arguments of gathering, ordering and matrix operators are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

# ---- gather and scatter -------------------------------------------------------------------------------------------


def index_bounds(index: int, dim: int, size: int) -> str:
    return f"index {index} is out of bounds for dimension {dim} with size {size}"


def index_dims(of: str) -> str:
    return f"Index tensor must have the same number of dimensions as {of} tensor"


def index_dtype(name: str) -> str:
    return f"{name}(): Expected dtype int32/int64 for index"


def put_dtype(given: str) -> str:
    return f"put_(): Expected a long tensor for index, but got {given}"


def gather_size(wrong: int, index: Sequence[int], shape: Sequence[int], dim: int) -> str:
    return (
        f"Size does not match at dimension {wrong} expected index {listed(index)} to be no larger than self "
        f"{listed(shape)} "
        f"apart from dimension {dim}"
    )


def scatter_size(index: Sequence[int], shape: Sequence[int], dim: int, source: Sequence[int] | None) -> str:
    end = "" if source is None else f" and to be no larger size than src {listed(source)}"
    return f"Expected index {listed(index)} to be no larger than self {listed(shape)} apart from dimension {dim}{end}"


SCATTER_TYPES = "scatter(): Expected self.dtype to be equal to src.dtype"
SCATTER_REDUCE = "reduce argument must be either add or multiply."
SCATTER_DEPRECATED = (
    "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch "
    "release. "
    "Use torch.scatter_reduce instead for more reduction options."
)

# ---- whole slices -------------------------------------------------------------------------------------------------

SELECT_VECTOR = "index_select(): Index is supposed to be a vector"
SELECT_DTYPE = "index_select(): Expected dtype int32 or int64 for index"
SELECT_RANGE = "index out of range in self"
SELECT_NO_LENGTH = "index_select(): self indexing axis dim should be positive"
FILL_DTYPE = "index_fill_(): Expected dtype int64 for index."
FILL_COMPLEX = "index_fill_(): Converting complex Scalar to non-complex type is not supported"
FILL_VECTOR = "Index has to be a vector/scalar"


def slices_types(name: str, target: str, source: str) -> str:
    return f"{name}(): self ({target}) and source ({source}) must have the same scalar type"


def slices_count(name: str, count: int, size: int, dim: int) -> str:
    return f"{name}(): Number of indices ({count}) should be equal to source.size(dim): ({size}), for dim: {dim}"


def slices_dim(name: str, dim: int, ndim: int) -> str:
    return f"{name}(): Indexing dim {dim} is out of bounds of the source tensor with dim {ndim}"


def slices_shape(shape: Sequence[int], source: Sequence[int]) -> str:
    return (
        "source tensor shape must match self tensor shape, excluding the specified dimension. "
        f"Got self.shape = {listed(shape)} source.shape = {listed(source)}"
    )


def slices_vector(name: str, ndim: int, kind: str, shape: Sequence[int]) -> str:
    return (
        f"{name}(): Index is supposed to be a vector, but got dim: {ndim} with type: {kind} and size: {listed(shape)}"
    )


def slices_dtype(name: str, kind: str) -> str:
    return f"{name}(): Expected dtype int32/int64 for index but got: {kind}"


def fill_value(name: str, ndim: int) -> str:
    return f"{name} only supports a 0-dimensional value tensor, but got tensor with {ndim} dimension(s)."


def copy_range(index: int, dim: int, size: int) -> str:
    return f"index_copy_(): {index_bounds(index, dim, size)}"


def copy_slices(own: Sequence[int], dim: int, given: Sequence[int]) -> str:
    shapes = [" ".join(map(str, each)) for each in (own, given)]
    return (
        "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
        f"{shapes[0]} at dimension {dim} and source slice shape: {shapes[1]} at dimension 0."
    )


def copy_scalar(count: int) -> str:
    return f"index_copy_(): When source is scalar, index should have one element (got {count})"


def copy_dims(source: int, target: int) -> str:
    return (
        "index_copy_(): When source and destination are not scalars, their dimensionality must match. "
        f"Source dimensionality ({source}), destination dimensionality ({target})"
    )


def copy_index(kind: str) -> str:
    return f"index_copy_(): Expected a long tensor for index, but got {kind}"


def copy_types(target: str, source: str) -> str:
    return (
        f"index_copy_(): self and source expected to have the same dtype, but got (self) {target} and (source) {source}"
    )


def copy_count(count: int, size: int) -> str:
    return f"index_copy_(): Number of indices ({count}) should be equal to source.size(dim) ({size})"


def copy_vector(ndim: int) -> str:
    return f"index_copy_(): Index should have dimension 1 or 0 (got {ndim})"


# ---- masks --------------------------------------------------------------------------------------------------------

SELECT_MASK = "masked_select: expected BoolTensor for mask"
TOO_FEW_VALUES = "Number of elements of source < number of ones in mask"


SCATTER_BYTES = (
    "masked_scatter_ received a mask with dtype torch.uint8, this behavior is now deprecated,please use a mask with "
    "dtype torch.bool instead."
)


def fill_mask(kind: str) -> str:
    return f"masked_fill_ only supports boolean masks, but got mask with dtype {kind}"


def scatter_mask(kind: str) -> str:
    return f"masked_scatter_ only supports boolean masks, but got mask with dtype {kind}"


def masked_scatter_types(target: str, source: str) -> str:
    return f"masked_scatter: expected self and source to have same dtypes but got{target} and {source}"


# ---- single elements ----------------------------------------------------------------------------------------------

TAKE_FROM_EMPTY = "take(): tried to take from an empty tensor"


def take_range(index: int, count: int) -> str:
    return f"out of range: tried to access index {index} on a tensor of {count} elements."


def take_dtype(kind: str) -> str:
    return f"take(): Expected a long tensor for index, but got {kind}"


def put_count(source: int, index: int) -> str:
    return (
        "put_(): Expected source and index to have the same number of elements, but got "
        f"source.numel() = {source}, index.numel() = {index}"
    )


def put_types(target: str, source: str) -> str:
    return (
        "put_(): self and source expected to have the same dtype, but got "
        f"self.dtype = {target} and source.dtype = {source}"
    )


def along_rank(ndim: int, index: int) -> str:
    return (
        "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
        f"{ndim} dimensions for input, and {index} dimensions for indices"
    )


def along_dtype(kind: str) -> str:
    return f"torch.take_along_dim(): dtype of indices should be Long but got {kind}"


# ---- order --------------------------------------------------------------------------------------------------------

TOPK_BOOL = "topk does not support bool dtypes on CPU"
TOPK_RANGE = "selected index k out of range"
ONE_HOT_TOO_LARGE = "Class values must be smaller than num_classes."
ONE_HOT_NEGATIVE = "Class values must be non-negative."
ONE_HOT_DTYPE = "one_hot is only applicable to index tensor of type LongTensor."


def kth_range(dim: int) -> str:
    return f"kthvalue(): selected number k out of range for dimension {dim}"


SEARCH_OPPOSITES = (
    "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
)
SEARCH_SORTER_RANGE = "torch.searchsorted(): sorter index out of range"
SEARCH_IN_SCALAR = "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"


def search_side(side: str) -> str:
    return f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"


def search_sorter_size(boundaries: Sequence[int], sorter: Sequence[int]) -> str:
    return (
        "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
        f"{listed(boundaries)}and got sorter tensor {listed(sorter)}"
    )


def search_sorter_type(kind: str) -> str:
    return f"torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {kind}"


def search_scalar(ndim: int) -> str:
    return (
        "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
        f"boundaries tensor dim({ndim}) and input value's dim(0) numel(1)"
    )


def search_output(kind: str, short: bool) -> str:
    return (
        "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on "
        f"whether out_int32 flag is True, but we got output tensor's dtype {kind} and out_int32 flag is {short}"
    )


def searchsorted_shapes(boundaries: Sequence[int], values: Sequence[int]) -> str:
    return (
        "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
        "tensor and "
        f"input value tensor must match, but we got boundaries tensor {listed(boundaries)} and input value tensor "
        f"{listed(values)}"
    )


def select_of_scalar(count: int) -> str:
    return f"index_select(): Index to scalar can have only 1 value, got {count} value(s)"


def bucketize_rank(ndim: int) -> str:
    return f"boundaries tensor must be 1 dimension, but got dim({ndim})"


UNIQUE_EMPTY = "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"


def select_out_of_bounds(index: int, size: int) -> str:
    return f"INDICES element is out of DATA bounds, id={index} axis_dim={size}"


NONZERO_SIZE = "nonzero_static: 'size' must be an non-negative integer"
