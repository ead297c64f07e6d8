"""What PyTorch says when a table cannot be looked up."""

from __future__ import annotations

TABLE_RANK = "'weight' must be 2-D"
NUMBER_RANGE = "index out of range in self"
PADDING_RANGE = "Padding_idx must be within num_embeddings"
MODE_NUMBER = "`mode` must be sum, mean, or max."
WEIGHTS_OF_SUMS = "embedding_bag: per_sample_weights only supported with mode='sum'"
LAST_OFFSET_NEEDED = "include_last_offset: number of offset should be at least 1"
FREQUENCY_OF_SPARSE = "embedding_backward: scale_grad_by_freq not supported with sparse gradients"
FREQUENCY_OF_MAX = "max mode does not support scaling the gradient by the frequency"
SPARSE_OF_MAX = "max mode does not support sparse weights"
BAG_MODE = "mode has to be one of sum, mean or max"
OFFSETS_NEEDED = "offsets has to be a 1D Tensor but got None"
OFFSETS_RANK = "offsets has to be a 1D Tensor"


def numbers_type(name: str, kind: str, place: int = 1) -> str:
    return (
        f"Expected tensor for argument #{place} 'indices' to have one of the following scalar types: Long, Int; but "
        f"got {kind} instead (while checking arguments for {name})"
    )


def renormed_rank(ndim: int) -> str:
    return (
        f"Expected 2-dimensional tensor, but got {ndim}-dimensional tensor for argument #1 'self' (while checking "
        "arguments for embedding_renorm_)"
    )


def table_type(kind: str) -> str:
    return (
        "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, Float, "
        f"Double; but got {kind} instead (while checking arguments for embedding_bag)"
    )


def sample_weights_type(kind: str, weights: str) -> str:
    return (
        "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
        f"'per_sample_weights'; but type {kind} does not equal {weights} (while checking arguments for embedding_bag)"
    )


def first_offset(offset: int, kind: str) -> str:
    return (
        "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got "
        f"{offset}\n[ {kind}{{}} ]"
    )


def sample_weights_fit(what: str) -> str:
    return (
        f"Expected per_sample_weights.value().{what} to be true, but got false.  (Could this error message be "
        "improved?  If so, please report an enhancement request to PyTorch.)"
    )


def number_range(place: int, number: int, count: int) -> str:
    return f"Index {place} of input takes value {number} which is not in the valid range [0, {count})"


def number_of_maximum(number: int) -> str:
    return f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {number}"


def bag_padding(count: int, padding: int) -> str:
    return f"padding_idx must be within the number of embeddings, -{count} through {count - 1}, but got {padding}"


def last_offset(length: int, offset: int) -> str:
    return f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {offset}"


def weights_shape(weights: object, numbers: object) -> str:
    return (
        f"embedding_bag: If per_sample_weights ({weights}) is not None, then it must have the same shape as the input "
        f"({numbers})"
    )


def bag_rank(ndim: int) -> str:
    return f"input has to be 1D or 2D Tensor, but got Tensor of dimension {ndim}"


def operand_rank(name: str, wanted: str, ndim: int) -> str:
    return f"{name} has to be a {wanted} Tensor, but got Tensor of dimension {ndim}"


def offsets_given(kind: type) -> str:
    return (
        "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. "
        f"However, found offsets of type {kind}"
    )


def weights_of_mode(mode: str) -> str:
    return (
        "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
        f"mode='{mode}'). Please open a feature request on GitHub."
    )
