"""What PyTorch says of losses whose operands do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refgrad.cpp_spelling import listed

HUBER_DELTA = "huber_loss does not support non-positive values for delta."
SMOOTH_BETA = "smooth_l1_loss does not support negative values for beta."
NO_DIMENSIONS = "Expected 1 or more dimensions (got 0)"
SEVERAL_TARGETS = "0D or 1D target tensor expected, multi-target not supported"
ALL_OR_NO_CLASSES = "weight tensor should be defined either for all or no classes"
IGNORED_PROBABILITY = "ignore_index is not supported for floating point target"
COMPLEX_DIVERGENCE = "kl_div: Complex inputs not supported."
INTEGRAL_DIVERGENCE = "kl_div: Integral inputs not supported."
TARGET_RANGE = "target out of range"
LABEL_RANGE = "argument #2 'target' is out of range"
MEAN_OF_DIVERGENCE = (
    "reduction: 'mean' divides the total loss by both the batch size and the support size."
    "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
    "'mean' will be changed to behave the same as 'batchmean' in the next major release."
)


def different_sizes(target: object, input: object) -> str:
    return (
        f"Using a target size ({target}) that is different to the input size ({input}). This will likely lead to "
        "incorrect results due to broadcasting. Please ensure they have the same size."
    )


def cosine_target_rank(wanted: str, inputs: str, first: Sequence[int], second: Sequence[int]) -> str:
    return (
        f"{wanted} target tensor expects {inputs} input tensors, but found inputs with sizes {listed(first)} and "
        f"{listed(second)}."
    )


def batch_sizes(count: int, targets: int) -> str:
    return f"Expected input batch_size ({count}) to match target batch_size ({targets})."


def one_target(count: int) -> str:
    return f"For 1D input, 1D target must have size 1, but got target size: {count}"


def target_size(wanted: Sequence[int], target: Sequence[int]) -> str:
    return f"Expected target size {listed(wanted)}, got {listed(target)}"


def spatial_targets(ndim: int) -> str:
    return f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {ndim}"


def sizes_of_images(shape: Sequence[int], target: Sequence[int]) -> str:
    return f"size mismatch (got input: {listed(shape)} , target: {listed(target)}"


def class_type(kind: str) -> str:
    return f"expected target dtype to be Long or Byte, but got {kind}"


def class_weights(name: str, classes: int, weight: Sequence[int]) -> str:
    return (
        f"{name}weight tensor should be defined either for all {classes} classes or no classes but got weight tensor "
        f"of shape: {listed(weight)}"
    )


def probability_type(kind: str) -> str:
    return f"Expected floating point type for target with class probabilities, got {kind}"


def smoothing(value: float) -> str:
    return f"label_smoothing must be between 0.0 and 1.0. Got: {value:g}"


def scalar_type(wanted: str, found: str) -> str:
    return f"expected scalar type {wanted} but found {found}"


def found_type(found: str, wanted: str) -> str:
    return f"Found dtype {found} but expected {wanted}"


def label_shape(target: Sequence[int], shape: Sequence[int]) -> str:
    return f"inconsistent target size: {listed(target)} for input of size: {listed(shape)}"


def margin_positive(margin: float) -> str:
    return f"margin must be greater than 0, got {margin}"


def triplet_ranks(anchor: int, positive: int, negative: int) -> str:
    return (
        "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
        f"anchor {anchor}D, positive {positive}D, and negative {negative}D inputs"
    )


IGNORED_PROBABILITIES = "ignore_index cannot be specified when target contains probabilities"


def rank_of_input(rank: int) -> str:
    return f"expected input with dimensionality 1 or 2, got {rank}"


def rank_of_weight(rank: int) -> str:
    return f"expected linear_weight with dimensionality at least 2, got {rank}"


def features(given: int, wanted: int) -> str:
    return (
        f"expected equal input and linear_weight last dimensions (in_features), got {given} and {wanted}, respectively"
    )


def shape_of_bias(wanted: tuple[int, ...], given: tuple[int, ...]) -> str:
    return f"expected linear_bias shape {wanted}, got {given}"


def unbatched(weight: tuple[int, ...], features: int, given: tuple[int, ...]) -> str:
    return (
        f"K-dimensional loss defined by linear_weight shape {weight} requires batched input, (N, {features}), got "
        f"unbatched input with shape {given}"
    )


BILINEAR_WEIGHT = "number of dimensions must match"


def bilinear_types(kinds: Mapping[str, str]) -> str:
    listed = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
    return f"All tensors must have the same dtype, got {listed}"
