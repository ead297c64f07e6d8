"""Fractional max pooling: windows of a size at places that random numbers shift."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from refgrad import creation
from refgrad.operators import fractional_texts as texts
from refgrad.operators.by_flag import put_either
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.factories import on_levels
from refgrad.operators.formula_values import zeros_like
from refgrad.operators.pooling import largest, picked, returned
from refgrad.operators.pooling_checks import numbers
from refgrad.operators.pooling_texts import negative_dimension
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.built_in import built_in

drawn = on_levels(creation.rand)


def beginnings(sample: Any, size: int, count: int, window: int) -> list[int]:
    """Where each window begins; the last one ends with the input."""
    made = []
    if count > 1:
        step = sample.dtype.type(size - window) / sample.dtype.type(count - 1)
        made = [int((sample.dtype.type(i) + sample) * step) - int(sample * step) for i in range(count - 1)]
    return [*made, size - window]


def check_samples(a: Any, samples: Any, rank: int) -> None:
    if samples.dtype != a.dtype:
        raise RuntimeError(texts.SAMPLES_TYPE)
    if samples.ndim != 3:
        raise RuntimeError(texts.samples_rank(samples.ndim))
    batch, channels = (a.shape[0] if a.ndim == rank + 2 else 1), a.shape[-rank - 1]
    if samples.shape[0] < batch:
        raise RuntimeError(texts.SAMPLES_BATCH)
    if samples.shape[1] != channels:
        raise RuntimeError(texts.SAMPLES_CHANNELS)
    if samples.shape[2] != rank:
        raise RuntimeError(texts.samples_size(rank, samples.shape[2]))


def pooled(rank: int) -> Any:
    def forward(a: Any, samples: Any, kernel_size: Any, output_size: Any) -> Any:
        numbers = np.arange(int(np.prod(a.shape[-rank:]))).reshape(a.shape[-rank:])
        planes = a.reshape(-1, a.shape[-rank - 1], *a.shape[-rank:])
        values: Any = np.empty((*planes.shape[:2], *output_size), a.dtype)
        places: Any = np.empty(values.shape, np.int64)
        for at in np.ndindex(planes.shape[:2]):
            # The numbers of a plane stand in the order width, height for two dimensions, time, height, width for three.
            own = samples[at][::-1] if rank == 2 else samples[at]
            starts = [
                beginnings(sample, n, count, k)
                for sample, n, count, k in zip(own, a.shape[-rank:], output_size, kernel_size, strict=True)
            ]
            if min(kernel_size) > 0:
                windows = [[list(range(i, i + k)) for i in each] for each, k in zip(starts, kernel_size, strict=True)]
                values[at], places[at] = largest(planes[at], numbers, windows)
            else:  # windows without elements
                steps = [math.prod(a.shape[a.ndim - rank + i + 1 :]) for i in range(rank)]
                values[at], places[at] = (
                    -np.inf,
                    sum(np.ix_(*(np.multiply(*each) for each in zip(starts, steps, strict=True)))),
                )
        shape = (*a.shape[:-rank], *output_size)
        return values.reshape(shape), places.reshape(shape)

    return forward


def fractional_row(rank: int) -> Any:
    backward: Any = operator(
        f"fractional_max_pool{rank}d_backward(Tensor grad_output, Tensor self, Tensor indices, int[] kernel_size, "
        "int[] output_size)",
        lambda grad, a, indices, *_: returned(grad, a, indices, rank),
        node=f"FractionalMaxPool{rank}DBackwardBackward0",
        gradients={"grad_output": lambda grad, indices: picked(grad, indices, rank), "self": zeros_like},
        dtype=KEEP,
        public=False,
    )
    return operator(
        f"fractional_max_pool{rank}d(Tensor self, Tensor random_samples, int[] kernel_size, int[] output_size)"
        " -> (result0, result1)",
        pooled(rank),
        node=f"FractionalMaxPool{rank}DBackward0",
        gradients={
            "self": lambda grad, self, result1, kernel_size, output_size: backward(
                grad, self, result1, kernel_size, output_size
            )
        },
        history=1,
        dtype=KEEP,
        public=False,
    )


def check_windows(shape: Sequence[int], kernel_size: Sequence[int], output_size: Sequence[int]) -> None:
    rank = len(kernel_size)
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(texts.ranks(rank, shape))
    for dim in range(len(shape) - rank - 1, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(texts.empty(rank, shape, dim))
    for name, n, k, count in zip(texts.NAMES[-rank:], shape[-rank:], kernel_size, output_size, strict=True):
        if count + k - 1 > n - (rank == 3):
            raise RuntimeError(texts.window_size(rank, name, k, n))
    if min(output_size) < 0:
        made = (*shape[:-rank], *output_size)
        raise RuntimeError(negative_dimension(next(n for n in output_size if n < 0), made))


def publish_fractional(rank: int) -> None:
    name, row = f"fractional_max_pool{rank}d", fractional_row(rank)

    def built(input: Any, kernel_size: Any, output_size: Any, random_samples: Any) -> Any:
        sizes = {"kernel_size": numbers(kernel_size, rank), "output_size": numbers(output_size, rank)}
        for argument, values in sizes.items():
            if len(values) != rank:
                raise RuntimeError(texts.several_ints(name, argument, rank))
        check_windows(input.shape, *sizes.values())
        check_samples(input, random_samples, rank)
        if not input.dtype.is_floating_point:
            raise NotImplementedError(not_implemented_for(f"{name}_out_frame", input.dtype.scalar_name))
        return tuple(row(input, random_samples, *sizes.values()))

    guarded = built_in(built, name)

    def with_indices(
        input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> Any:  # fmt: skip
        """The largest element of each window, and its place."""
        if output_size is None and output_ratio is None:
            raise ValueError(texts.without_size(name))
        if output_size is None:
            several_ratios = rank == 2 or isinstance(output_ratio, Iterable)
            ratios = output_ratio if several_ratios else (output_ratio,) * rank
            if len(ratios) > rank:
                raise ValueError(texts.ratio_length(name))
            output_size = [int(input.size(i - rank) * ratios[i]) for i in range(rank)]
        if _random_samples is None:
            batch = 1 if input.dim() == rank + 1 else input.size(0)
            _random_samples = drawn(batch, input.size(-rank - 1), rank, dtype=input.dtype)
        return guarded(input, kernel_size, output_size, _random_samples)

    def pool(
        input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> Any:  # fmt: skip
        """The largest element of each window; with `return_indices` its place too."""
        return with_indices(input, kernel_size, output_size, output_ratio, return_indices, _random_samples)[0]

    put_either(name, pool, with_indices, 4)


for _rank in (2, 3):
    publish_fractional(_rank)
