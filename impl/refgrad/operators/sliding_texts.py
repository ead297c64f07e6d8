"""What PyTorch says of windows that do not fit: convolutions, pooling, columns, padding."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

PADDING_ODD = "Padding length must be divisible by 2"

WRAPPED_TWICE = "Padding value causes wrapping around more than once."

RESPONSE_RANK = "Expected 3D or higher dimensionality                          input (got {} dimensions)"


def padding_long(count: int, ndim: int) -> str:
    return (
        "Padding length should be less than or equal to two times the input dimension but got padding length "
        f"{count} and input of dimension {ndim}"
    )


def padding_with_value(mode: str) -> str:
    return f'Padding mode "{mode}" doesn\'t take in value argument'


def shuffle_rank(name: str, ndim: int) -> str:
    return f"{name} expects input to have at least 3 dimensions, but got input with {ndim} dimension(s)"


def shuffle_factor(name: str, parameter: str, factor: int) -> str:
    return f"{name} expects a positive {parameter}, but got {factor}"


def groups_positive(groups: int) -> str:
    return f"Number of groups to divide channels in must be positive. Value of groups:{groups}"


def shuffle_channels(channels: int, square: int) -> str:
    return (
        "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
        f"input.size(-3)={channels} is not divisible by {square}"
    )


def unshuffle_side(which: str, dim: int, size: int, factor: int) -> str:
    return (
        f"pixel_unshuffle expects {which} to be divisible by downscale_factor, but input.size({dim})={size} is not "
        f"divisible by {factor}"
    )


def channel_groups(channels: int, groups: int) -> str:
    return f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."


def two_wanted(name: str, count: int) -> str:
    return f"It is expected {name} equals to 2, but got size {count}"


POSITIVE = {
    "kernel_size": "kernel size should be greater than zero, but got kernel_height: {} kernel_width: {}",
    "dilation": "dilation should be greater than zero, but got dilation_height: {} dilation_width: {}",
    "padding": "padding should be non-negative, but got pad_height: {} pad_width: {}",
    "stride": "stride should be greater than zero, but got stride_height: {} stride_width: {}",
}


def folded_channels(channels: int, kernel: Sequence[int]) -> str:
    return (
        "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)="
        f"{channels} and kernel_size={tuple(kernel)}."
    )


def folded_rank(shape: Sequence[int]) -> str:
    return (
        "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, "
        f"but got: {listed(shape)}"
    )


def folded_blocks(
    output: Sequence[int], kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int],
    stride: Sequence[int], blocks: Sequence[int], given: int,
) -> str:  # fmt: skip
    return (
        f"Given output_size={tuple(output)}, kernel_size={tuple(kernel)}, dilation={tuple(dilation)}, "
        f"padding={tuple(padding)}, stride={tuple(stride)}, expected size of input's dimension 2 to match the "
        f"calculated number of sliding blocks {blocks[0]} * {blocks[1]} = {blocks[0] * blocks[1]}, but got "
        f"input.size(2)={given}."
    )


def no_blocks(
    size: Sequence[int], kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int], blocks: Sequence[int]
) -> str:
    return (
        f"Given input with spatial size {tuple(size)}, kernel_size={tuple(kernel)}, dilation={tuple(dilation)}, "
        f"padding={tuple(padding)}, calculated shape of the array of sliding blocks as {tuple(blocks)}, but its "
        "components must be at least one."
    )


def channels_rank(shape: Sequence[int]) -> str:
    return f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}"
