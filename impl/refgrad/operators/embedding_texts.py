"""What PyTorch says when a table cannot be looked up."""

from __future__ import annotations

TABLE_RANK = "'weight' must be 2-D"
NUMBER_RANGE = "index out of range in self"
PADDING_RANGE = "Padding_idx must be within num_embeddings"
BAG_PADDING_RANGE = "padding_idx must be within the number of embeddings"
FREQUENCY_OF_SPARSE = "embedding_backward: scale_grad_by_freq not supported with sparse gradients"
FREQUENCY_OF_MAX = "max mode does not support scaling the gradient by the frequency"
SPARSE_OF_MAX = "max mode does not support sparse weights"
BAG_MODE = "mode has to be one of sum, mean or max"
OFFSETS_NEEDED = "offsets has to be a 1D Tensor but got None"
OFFSETS_RANK = "offsets has to be a 1D Tensor"


def numbers_type(name: str, kind: str) -> str:
    return (
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
        f"torch.{kind} instead (while checking arguments for {name})"
    )


def first_offset(offset: int) -> str:
    return (
        "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got "
        f"{offset}"
    )


def last_offset(length: int, offset: int) -> str:
    return f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {offset}"


def weights_shape(weights: tuple[int, ...], numbers: tuple[int, ...]) -> str:
    return (
        f"embedding_bag: If per_sample_weights ({weights}) is not None, then it must have the same shape as the input "
        f"({numbers})"
    )


def bag_rank(ndim: int) -> str:
    return f"input has to be 1D or 2D Tensor, but got Tensor of dimension {ndim}"


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
