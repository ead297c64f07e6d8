"""What PyTorch says about convolutions that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

WEIGHT_RANK = "weight should have at least three dimensions"
GROUPS = "non-positive groups is not supported"
PADDING = "negative padding is not supported"
OUTPUT_PADDING = "negative output_padding is not supported"
STRIDE = "non-positive stride is not supported"
DILATION = "dilation should be greater than zero"
DILATION_OF_GROUPS = "non-positive dilation is not supported"
STRIDE_OF_SAME = "padding='same' is not supported for strided convolutions"
EVEN_KERNEL = (
    "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the input be "
    "created"
)
DIMENSIONS = ("depth", "height", "width")


def rank(rank: int, name: str, shape: Sequence[int]) -> str:
    return (
        f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, but got input of size: "
        f"{listed(shape)}"
    )


def bias_type(kind: str, other: str) -> str:
    return f"Input type ({kind}) and bias type ({other}) should be the same"


def weight_type(kind: str, other: str, *, fast: bool) -> str:
    ending = " or input should be a MKLDNN tensor and weight is a dense tensor" if fast else ""
    return f"Input type ({kind}) and weight type ({other}) should be the same{ending}"


def scalar_type(wanted: str, found: str) -> str:
    return f"expected scalar type {wanted} but found {found}"


def padding_name(padding: str) -> str:
    return f"Invalid padding string: '{padding}'"


def broadcast(argument: str, count: int) -> str:
    return f"{argument} cannot broadcast to {count} dimensions"


def values(argument: str, count: int, given: Sequence[int]) -> str:
    return (
        f"expected {argument} to be a single integer value or a list of {count} values to match the convolution "
        f"dimensions, but got {argument}={listed(given)}"
    )


def weight_rank(weight: Sequence[int], shape: Sequence[int], *, same: bool = False) -> str:
    return (
        f"Expected {len(weight)}-dimensional input for {len(weight)}-dimensional weight{'' if same else ' '}"
        f"{listed(weight)}, but got {len(shape)}-dimensional input of size {listed(shape)} instead"
    )


def few_weights(groups: int, weight: Sequence[int]) -> str:
    return (
        f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
        f"{listed(weight)} instead"
    )


def uneven_weights(groups: int, weight: Sequence[int]) -> str:
    return (
        f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size "
        f"[{listed(weight)}] instead"
    )


def channels(groups: int, weight: Sequence[int], shape: Sequence[int], channels: int) -> str:
    return (
        f"Given groups={groups}, weight of size {listed(weight)}, expected input{listed(shape)} to have {channels} "
        f"channels, but got {shape[1]} channels instead"
    )


def transposed_channels(weight: Sequence[int], shape: Sequence[int]) -> str:
    return (
        f"Given transposed=1, weight of size {listed(weight)}, expected input{listed(shape)} to have {weight[0]} "
        f"channels, but got {shape[1]} channels instead"
    )


def bias_shape(weight: Sequence[int], wanted: int, bias: Sequence[int], *, transposed: bool) -> str:
    return (
        f"Given {'transposed=1, ' if transposed else ''}weight of size {listed(weight)}, expected bias to be "
        f"1-dimensional with {wanted} elements, but got bias of size {listed(bias)} instead"
    )


def crossed(values: Sequence[int]) -> str:
    return "(" + " x ".join(map(str, values)) + ")"


def kernel_too_large(shape: Sequence[int], kernel: Sequence[int]) -> str:
    return (
        f"Calculated padded input size per channel: {crossed(shape)}. Kernel size: {crossed(kernel)}. Kernel size "
        "can't be greater than actual input size"
    )


def output_too_small(shape: Sequence[int], output: Sequence[int]) -> str:
    return (
        f"Given input size per channel: {crossed(shape)}. Calculated output size per channel: {crossed(output)}. "
        "Output size is too small"
    )


def labelled(name: str, values: Sequence[int], joint: str) -> str:
    named = zip(DIMENSIONS[-len(values) :], values, strict=True)
    return joint.join(f"{name}_{dimension}: {value}" for dimension, value in named)


def dilation_listed(dilation: Sequence[int]) -> str:
    return f"{DILATION}, but got {listed(dilation)}"


def dilation_named(dilation: Sequence[int]) -> str:
    return f"{DILATION}, but got {labelled('dilation', dilation, ', ')}"


def kernel_size(kernel: Sequence[int]) -> str:
    start = "kernel size should be greater than zero, but got"
    if len(kernel) == 3:
        return f"{start}: {' x '.join(map(str, kernel))} (TxHxW)"
    return f"{start} {labelled('kernel', kernel, ' ')}"


def kernel_size_listed(kernel: Sequence[int]) -> str:
    return f"kernel size should be greater than zero, but got {listed(kernel)}"


def output_padding(extra: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> str:
    told = zip(("output_padding", "stride", "dilation"), (extra, stride, dilation), strict=True)
    return "output padding must be smaller than either stride or dilation, but got " + " ".join(
        labelled(name, values, " ") for name, values in told
    )


def only_empty(shape: Sequence[int]) -> str:
    return f"Only zero batch or zero channel inputs are supported, but got input shape: {listed(shape)}"


def empty_weight(weight: Sequence[int]) -> str:
    return f"non-empty 2D or 4D weight tensor expected, but got: {listed(weight)}"
