"""Windows that do not fit are refused before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from refgrad.operators import sliding_texts as texts
from refgrad.operators import unit_texts
from refgrad.operators.pooling_texts import negative_dimension

Sizes = Sequence[int]
MODES = ("constant", "reflect", "replicate", "circular")


def check_padding(input: Any, pad: Sizes, mode: str, value: Any) -> None:
    """Raise NotImplementedError for an unknown mode and for ranks that the mode is not made for.

    Raises RuntimeError for numbers that do not come in pairs, for too many, and for a value nobody asks for.
    """
    if mode not in MODES:
        raise NotImplementedError(unit_texts.pad_mode(mode))
    if len(pad) % 2:
        raise RuntimeError(texts.PADDING_ODD)
    if len(pad) > 2 * input.dim():
        raise RuntimeError(texts.padding_long(len(pad), input.dim()))
    if mode == "constant":
        return
    if value is not None:
        raise RuntimeError(texts.padding_with_value(mode))
    rank = len(pad) // 2
    if input.dim() not in (rank + 1, rank + 2) or rank not in (1, 2, 3):
        raise NotImplementedError(unit_texts.pad_rank(len(pad), input.dim()))


def check_repeated(shape: Sizes, pad: Sizes, mode: str) -> None:
    """Raise RuntimeError for what cannot be reflected or repeated at its edges."""
    rank = len(pad) // 2
    inner = shape[1:] if len(shape) == rank + 2 else shape
    if 0 in inner:
        raise RuntimeError(unit_texts.pad_ranks(rank, shape))
    if mode == "reflection":
        for i in range(rank):
            axis = len(shape) - 1 - i
            if pad[2 * i] >= shape[axis] or pad[2 * i + 1] >= shape[axis]:
                raise RuntimeError(unit_texts.pad_reflection(pad[2 * i], pad[2 * i + 1], axis, shape))
    output = [n + pad[-2 * i - 2] + pad[-2 * i - 1] for i, n in enumerate(shape[-rank:])]
    if max(output) < 1:
        raise RuntimeError(unit_texts.pad_small(mode, shape[-rank:], output))
    if min(output) < 0:
        made = (*shape[:-rank], *output)
        raise RuntimeError(negative_dimension(next(n for n in output if n < 0), made))


def check_wrapped(shape: Sizes, pad: Sizes) -> None:
    """The same of what cannot be wrapped around."""
    for i in range(len(pad) // 2):
        if max(pad[2 * i], pad[2 * i + 1]) > shape[-1 - i]:
            raise RuntimeError(texts.WRAPPED_TWICE)
        if shape[-1 - i] + pad[2 * i] + pad[2 * i + 1] < 0:
            raise RuntimeError(unit_texts.PAD_EMPTY)


def check_shuffle(shape: Sizes, factor: int) -> None:
    if len(shape) < 3:
        raise RuntimeError(texts.shuffle_rank("pixel_shuffle", len(shape)))
    if factor <= 0:
        raise RuntimeError(texts.shuffle_factor("pixel_shuffle", "upscale_factor", factor))
    if shape[-3] % (factor * factor):
        raise RuntimeError(texts.shuffle_channels(shape[-3], factor * factor))


def check_unshuffle(shape: Sizes, factor: int) -> None:
    if len(shape) < 3:
        raise RuntimeError(texts.shuffle_rank("pixel_unshuffle", len(shape)))
    if factor <= 0:
        raise RuntimeError(texts.shuffle_factor("pixel_unshuffle", "downscale_factor", factor))
    for which, dim in (("height", -2), ("width", -1)):
        if shape[dim] % factor:
            raise RuntimeError(texts.unshuffle_side(which, dim, shape[dim], factor))


def check_columns(given: dict[str, Sizes]) -> None:
    """Raise RuntimeError for numbers that are not two, or out of range."""
    for name, values in given.items():
        if len(values) != 2:
            raise RuntimeError(texts.two_wanted(name, len(values)))
    for name, told in texts.POSITIVE.items():
        if name in given and min(given[name]) < (name != "padding"):
            raise RuntimeError(told.format(*given[name]))


def check_folded(
    shape: Sizes, output: Sizes, kernel: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes, blocks: Sizes
) -> None:
    """Raise RuntimeError for columns that do not make up an image of this size."""
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(texts.folded_rank(shape))
    if shape[-2] % math.prod(kernel):
        raise RuntimeError(texts.folded_channels(shape[-2], kernel))
    if shape[-1] != math.prod(blocks):
        raise RuntimeError(texts.folded_blocks(output, kernel, dilation, padding, stride, blocks, shape[-1]))


def check_blocks(shape: Sizes, kernel: Sizes, dilation: Sizes, padding: Sizes, blocks: Sizes) -> None:
    """Raise RuntimeError where no window fits into the image."""
    if any(n < 1 for n in blocks):
        raise RuntimeError(texts.no_blocks(shape, kernel, dilation, padding, blocks))
