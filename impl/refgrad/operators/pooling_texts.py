"""What PyTorch says about pooling that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.cpp_spelling import listed

WORDS = {2: "two", 3: "three"}
LETTERS = "THW"
"""Time, height and width: the names of dimensions, the last of them for those that there are."""
ZERO_STRIDE = "stride should not be zero"
DIVISOR = "divisor must be not zero"
FEW_DIMENSIONS = "Input dimension should be at least {}"


def names(rank: int) -> str:
    return LETTERS[-rank:]


def sized(prefixes: Sequence[str], values: Sequence[int]) -> str:
    return " ".join(f"{prefix}: {value}" for prefix, value in zip(prefixes, values, strict=True))


def several_ints(name: str, argument: str, rank: int) -> str:
    """Which numbers may be given for an argument; each kernel words it in its own way."""
    if name == "avg_pool3d":
        wording = {"stride": "must be omitted, a single int,"}.get(argument, "must be a single int,")
    else:
        wording = {
            "stride": "must either be omitted, a single int,",
            "dilation": "must be either a single int,",
        }.get(argument, "must either be a single int,")
    return f"{name}: {argument} {wording} or a tuple of {WORDS[rank]} ints"


def one_int(name: str, argument: str, count: int) -> str:
    return f"{name}() argument '{argument}' should contain one int (got {count})"


def one_number(argument: str, count: int) -> str:
    """The same, of the maximum in one dimension."""
    wording = {
        "kernel_size": "must be an int, list of ints or tuple of ints",
        "stride": "must be None, an int, list of ints, or tuple of ints",
        "padding": "must be an int, list of ints, or tuple of ints",
        "dilation": "must be an int, list of ints or tuple of ints",
    }[argument]
    return f"max_pool1d() {argument} {wording} of size 1 but got size {count}"


def not_positive(argument: str, value: int) -> str:
    return f"max_pool1d() {argument} must be greater than zero, but got {value}"


def padding_negative_of_one(value: int) -> str:
    return f"max_pool1d() padding must be non-negative, but got {value}"


def padding_wide_of_one(padding: int, kernel: int) -> str:
    return (
        f"max_pool1d() padding should be at most half of kernel size, but got padding={padding} and "
        f"kernel_size={kernel}"
    )


def output_of_one(size: int) -> str:
    return f"max_pool1d() Invalid computed output size: {size}"


def ranks_of_one(name: str, ndim: int) -> str:
    return (
        f"Expected 2 to 3 dimensions, but got {ndim}-dimensional tensor for argument #1 'self' (while checking "
        f"arguments for {name})"
    )


def shape_of_one(shape: Sequence[int]) -> str:
    return (
        "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:"
        f"{listed(shape)}"
    )


def ranks(rank: int) -> str:
    return f"non-empty {rank + 1}D or {rank + 2}D (batch mode) tensor expected for input"


def shape(shape: Sequence[int]) -> str:
    return f"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{listed(shape)}"


def empty_dimension(name: str, shape: Sequence[int]) -> str:
    return (
        f"{name}(): Expected input's non-batch dimensions to have positive length, but input has a shape of "
        f"{listed(shape)} and non-batch dimension 0 has length zero!"
    )


def padding_negative(pad: int) -> str:
    return f"pad must be non-negative, but got pad: {pad}"


def padding_wide(pad: int, kernel: int, dilation: int) -> str:
    return (
        f"pad should be at most half of effective kernel size, but got pad={pad}, kernel_size={kernel} and "
        f"dilation={dilation}"
    )


def kernel_size(values: Sequence[int]) -> str:
    told = sized([f"k{each}" for each in names(len(values))], values)
    return f"kernel size should be greater than zero, but got {told}"


def stride(values: Sequence[int]) -> str:
    told = sized([f"d{each}" for each in names(len(values))], values)
    return f"stride should be greater than zero, but got {told}"


def dilation(values: Sequence[int]) -> str:
    told = sized([f"dilation{each}" for each in names(len(values))], values)
    return f"dilation should be greater than zero, but got {told}"


def padding_over_half(kernel: Sequence[int], padding: Sequence[int]) -> str:
    start = "pad should be smaller than or equal to half of kernel size, but got "
    if len(kernel) == 2:
        return f"{start}padW = {padding[1]}, padH = {padding[0]}, kW = {kernel[1]}, kH = {kernel[0]}"
    depth, height, width = zip(kernel, padding, strict=True)
    turned = (depth, width, height)
    told = sized(["kT", "kW", "kH"], [each[0] for each in turned])
    return f"{start}{told} {sized(['padT', 'padW', 'padH'], [each[1] for each in turned])}"


def smaller_than_kernel(sizes: Sequence[int], kernel: Sequence[int]) -> str:
    return (
        f"input image ({sized(names(len(sizes)), sizes)}) smaller than kernel size "
        f"({sized([f'k{each}' for each in names(len(kernel))], kernel)})"
    )


def output_size(channels: int, sizes: Sequence[int], output: Sequence[int]) -> str:
    told = ["x".join(map(str, (channels, *each))) for each in (sizes, output)]
    return f"Given input size: ({told[0]}). Calculated output size: ({told[1]}). Output size is too small"


# ---- windows of a given number ------------------------------------------------------------------------------------


def adaptive_length(name: str, rank: int) -> str:
    if "max" in name:
        return f"{name}(): internal error: output_size.size() must be {rank}"
    return f"{name}: output_size must be {rank}"


def adaptive_negative(name: str, sizes: Sequence[int]) -> str:
    """PyTorch leaves a space out after the second number."""
    told = f"{sizes[0]}, " + ",".join(map(str, sizes[1:]))
    return f"{name}: elements of output_size must be greater than or equal to 0 but received {{{told}}}"


def negative_dimension(size: int, shape: Sequence[int]) -> str:
    return f"Trying to create tensor with negative dimension {size}: {listed(shape)}"


def adaptive_ranks(name: str, rank: int, shape: Sequence[int]) -> str:
    colon = ":" if "max" in name else ""
    return f"{name}(): Expected {rank + 1}D or {rank + 2}D tensor, but got{colon} {listed(shape)}"


def adaptive_empty(name: str, shape: Sequence[int], dim: int) -> str:
    return (
        f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
        f"{listed(shape)} with dimension {dim} being empty"
    )


def no_length(value: Any) -> str:
    return f"object of type '{type(value).__name__}' has no len()"
