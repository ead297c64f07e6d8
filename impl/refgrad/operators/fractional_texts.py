"""What PyTorch says when the arguments of fractional max pooling are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

NAMES = ("time", "height", "width")
SAMPLES_BATCH = "Expect _random_samples.size(0) no less then input batch size."
SAMPLES_CHANNELS = "Expect _random_samples.size(1) equals to input channel size."
SAMPLES_TYPE = "Expect _random_samples to have the same dtype as input"


def samples_rank(ndim: int) -> str:
    return f"Expect _random_samples to have 3 dimensions, got {ndim}"


def samples_size(rank: int, size: int) -> str:
    return f"Expect _random_samples.size(2) equals to {rank}; got {size}."


def where(rank: int) -> str:
    return "fractional_max_pool2d()" if rank == 2 else "fractional_max_pool3d_out()"


def ranks(rank: int, shape: Sequence[int]) -> str:
    return f"{where(rank)}: Expected {rank + 1}D or {rank + 2}D tensor, but got: {listed(shape)}"


def empty(rank: int, shape: Sequence[int], dim: int) -> str:
    return (
        f"{where(rank)}: Expected input to have non-zero size for non-batch dimensions, but got{listed(shape)} with "
        f"dimension {dim} being empty."
    )


def several_ints(name: str, argument: str, rank: int) -> str:
    return f"{name}: {argument} must either be a single Int or tuple of {'three ' if rank == 3 else ''}Ints"


def window_size(rank: int, name: str, window: int, size: int) -> str:
    return f"{where(rank)}: pool {name} {window} too large relative to input {name} {size}"


def without_size(name: str) -> str:
    return f"{name} requires specifying either an output_size or an output_ratio"


def ratio_length(name: str) -> str:
    return f"{name} requires output_ratio to either be a single Int or tuple of Ints."
