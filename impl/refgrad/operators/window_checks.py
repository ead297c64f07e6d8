"""Windows that do not fit are refused before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from refgrad.operators import sliding_texts as texts

Sizes = Sequence[int]


def check_padding(input: Any, pad: Sizes, mode: str, value: Any) -> None:
    """Raise RuntimeError for numbers that do not come in pairs, for too many, and for a value nobody asks for."""
    if len(pad) % 2:
        raise RuntimeError(texts.PADDING_ODD)
    if len(pad) > 2 * input.dim():
        raise RuntimeError(texts.padding_long(len(pad), input.dim()))
    if mode in ("reflect", "replicate", "circular") and value is not None:
        raise RuntimeError(texts.padding_with_value(mode))
    if mode == "circular":
        for i in range(len(pad) // 2):
            if max(pad[2 * i], pad[2 * i + 1]) > input.shape[-1 - i]:
                raise RuntimeError(texts.WRAPPED_TWICE)


def check_shuffle(shape: Sizes, factor: int) -> None:
    if len(shape) < 3:
        raise RuntimeError(texts.shuffle_rank("pixel_shuffle", len(shape)))
    if shape[-3] % (factor * factor):
        raise RuntimeError(texts.shuffle_channels(shape[-3], factor * factor))


def check_unshuffle(shape: Sizes, factor: int) -> None:
    if len(shape) < 3:
        raise RuntimeError(texts.shuffle_rank("pixel_unshuffle", len(shape)))
    for which, dim in (("height", -2), ("width", -1)):
        if shape[dim] % factor:
            raise RuntimeError(texts.unshuffle_side(which, dim, shape[dim], factor))


def check_folded(
    shape: Sizes, output: Sizes, kernel: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes, blocks: Sizes
) -> None:
    """Raise RuntimeError for columns that do not make up an image of this size."""
    if len(shape) not in (2, 3):
        raise RuntimeError(texts.folded_rank(shape))
    if shape[-2] % math.prod(kernel):
        raise RuntimeError(texts.folded_channels(shape[-2], kernel))
    if shape[-1] != math.prod(blocks):
        raise RuntimeError(texts.folded_blocks(output, kernel, dilation, padding, stride, blocks, shape[-1]))


def check_blocks(shape: Sizes, kernel: Sizes, dilation: Sizes, padding: Sizes, blocks: Sizes) -> None:
    """Raise RuntimeError where no window fits into the image."""
    if any(n < 1 for n in blocks):
        raise RuntimeError(texts.no_blocks(shape, kernel, dilation, padding, blocks))
