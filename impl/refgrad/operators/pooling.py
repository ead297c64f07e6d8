"""Pooling: the largest element or the mean of each window, of windows of a size or of a number of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad.modes import modes
from refgrad.operators import pooling_checks as checks
from refgrad.operators import pooling_texts as texts
from refgrad.operators.by_flag import put_either
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.sliding import put_functional, zeros_like_input
from refgrad.signatures.built_in import built_in
from refgrad.signatures.refusing import guarded


def pooled_size(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """In ceil mode a last window may hang over, but has to begin inside."""
    reach = n + 2 * p - d * (k - 1) - 1
    count = (reach + (s - 1 if ceil_mode else 0)) // s + 1
    return count - 1 if ceil_mode and (count - 1) * s >= n + p else count


def max_pool_forward(
    a: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Any, Any]:
    """The largest element of each window and its place in the input, the first of equal ones; the last nan wins."""
    rank = len(kernel_size)
    stride = stride or kernel_size
    shape = a.shape[-rank:]
    sizes = [pooled_size(*each, ceil_mode) for each in zip(shape, kernel_size, stride, padding, dilation, strict=True)]
    numbers = np.arange(math.prod(shape)).reshape(shape)
    return largest(a, numbers, [
        [[at for j in range(k) if 0 <= (at := i * s - p + j * d) < n] for i in range(count)]
        for n, k, s, p, d, count in zip(shape, kernel_size, stride, padding, dilation, sizes, strict=True)
    ])  # fmt: skip


def largest(a: Any, numbers: Any, windows: Any) -> tuple[Any, Any]:
    """Along the last dimensions, for each combination of windows."""
    rank = len(windows)
    lead = a.shape[: a.ndim - rank]
    sizes = tuple(len(each) for each in windows)
    values: Any = np.empty((*lead, *sizes), a.dtype)
    places: Any = np.zeros((*lead, *sizes), np.int64)
    for at in itertools.product(*(range(n) for n in sizes)):
        grid = np.ix_(*(windows[dim][i] for dim, i in enumerate(at)))
        part = a[(..., *grid)].reshape(*lead, math.prod(each.size for each in grid))
        unknown = np.isnan(part)
        best = np.argmax(part, -1)
        if unknown.any():
            best = np.where(unknown.any(-1), part.shape[-1] - 1 - np.argmax(unknown[..., ::-1], -1), best)
        values[(..., *at)] = np.take_along_axis(part, best[..., None], -1)[..., 0]
        places[(..., *at)] = numbers[grid].reshape(-1)[best]
    return values, places


def returned(grad: Any, a: Any, indices: Any, rank: int) -> Any:
    """Each gradient added where its element came from."""
    lead = a.shape[: a.ndim - rank]
    made: Any = np.zeros((math.prod(lead), math.prod(a.shape[a.ndim - rank :])), grad.dtype)
    rows = np.arange(made.shape[0])[:, None]
    np.add.at(made, (rows, indices.reshape(made.shape[0], -1)), grad.reshape(made.shape[0], -1))
    return made.reshape(a.shape)


def picked(grad: Any, indices: Any, rank: int) -> Any:
    """The elements of a gradient at the places that a pooling chose."""
    shape = tuple(indices.shape)
    lead = shape[: len(shape) - rank]
    flat = grad.reshape((*lead, -1)) if grad.numel() else grad
    return flat.gather(-1, indices.reshape((*lead, -1))).view(shape)


def max_pool_rows(rank: int) -> tuple[Any, Any]:
    def gradient(
        grad: Any, self: Any, result1: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
    ) -> Any:
        return backward(grad, self, result1, kernel_size, stride, padding, dilation, ceil_mode)

    backward = operator(
        f"max_pool{rank}d_with_indices_backward(Tensor grad_output, Tensor self, Tensor indices, int[] kernel_size, "
        "int[] stride, int[] padding, int[] dilation, bool ceil_mode)",
        lambda grad, a, indices, *_: returned(grad, a, indices, rank),
        node=f"MaxPool{rank}DWithIndicesBackwardBackward0",
        gradients={"grad_output": lambda grad, indices: picked(grad, indices, rank), "self": zeros_like_input},
        dtype=KEEP,
        public=False,
    )
    forward = operator(
        f"max_pool{rank}d_with_indices(Tensor self, int[] kernel_size, int[] stride, int[] padding, int[] dilation, "
        "bool ceil_mode)",
        max_pool_forward,
        node=f"MaxPool{rank}DWithIndicesBackward0",
        gradients={"self": gradient},
        dtype=KEEP,
        public=False,
    )
    return forward, backward


def average_windows(
    shape: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool
) -> list[list[tuple[int, int, int]]]:
    """For each dimension the windows: first and last element, and how many there are with the padding."""
    made = []
    for n, k, s, p in zip(shape, kernel, stride, padding, strict=True):
        windows = []
        for i in range(pooled_size(n, k, s, p, 1, ceil_mode)):
            start, end = i * s - p, min(i * s - p + k, n + p)
            windows.append((max(start, 0), min(end, n), end - start))
        made.append(windows)
    return made


def averages(a: Any, windows: Any, divisor: Callable[[Any], float]) -> Any:
    lead = a.shape[: a.ndim - len(windows)]
    made: Any = np.empty((*lead, *(len(each) for each in windows)), a.dtype)
    axes = tuple(range(len(lead), a.ndim))
    for at in itertools.product(*(range(len(each)) for each in windows)):
        here = [windows[dim][i] for dim, i in enumerate(at)]
        part = a[(..., *(slice(first, last) for first, last, _ in here))]
        made[(..., *at)] = part.sum(axes) / a.dtype.type(divisor(here))
    return made


def shared_out(grad: Any, shape: Any, windows: Any, divisor: Callable[[Any], float]) -> Any:
    made: Any = np.zeros(shape, grad.dtype)
    rank = len(windows)
    for at in itertools.product(*(range(len(each)) for each in windows)):
        here = [windows[dim][i] for dim, i in enumerate(at)]
        part = grad[(..., *at)] / grad.dtype.type(divisor(here))
        made[(..., *(slice(first, last) for first, last, _ in here))] += part.reshape(*part.shape, *(1,) * rank)
    return made


def average_divisor(count_include_pad: bool, divisor_override: Any) -> Callable[[Any], float]:
    def divisor(here: Any) -> float:
        if divisor_override is not None:
            return float(divisor_override)
        return float(math.prod(size if count_include_pad else last - first for first, last, size in here))

    return divisor


AVERAGE = (
    "int[] kernel_size, int[] stride, int[] padding, bool ceil_mode, bool count_include_pad, int? divisor_override"
)


def avg_pool_rows(rank: int) -> tuple[Any, Any]:
    def compute(a: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, include: bool, override: Any) -> Any:
        windows = average_windows(a.shape[-rank:], kernel, stride or kernel, padding, ceil_mode)
        return averages(a, windows, average_divisor(include, override))

    def compute_backward(
        grad: Any, a: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, include: bool, override: Any
    ) -> Any:
        windows = average_windows(a.shape[-rank:], kernel, stride or kernel, padding, ceil_mode)
        return shared_out(grad, a.shape, windows, average_divisor(include, override))

    backward: Any = operator(
        f"avg_pool{rank}d_backward(Tensor grad_output, Tensor self, {AVERAGE})",
        compute_backward,
        node=f"AvgPool{rank}DBackwardBackward0",
        gradients={
            "grad_output": lambda grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
                forward(grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
            ),
            "self": zeros_like_input,
        },
        dtype=KEEP,
        public=False,
    )
    forward: Any = operator(
        f"avg_pool{rank}d(Tensor self, {AVERAGE})",
        compute,
        node=f"AvgPool{rank}DBackward0",
        gradients={
            "self": lambda grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
                backward(grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
            )
        },
        dtype=KEEP,
        public=False,
    )
    return forward, backward


def adaptive_windows(shape: Any, output: Any) -> list[list[tuple[int, int, int]]]:
    return [
        [(i * n // count, -((i + 1) * n // -count), -((i + 1) * n // -count) - i * n // count) for i in range(count)]
        for n, count in zip(shape, output, strict=True)
    ]


def adaptive_average_rows(rank: int) -> Any:
    divisor = average_divisor(True, None)
    backward: Any = operator(
        f"_adaptive_avg_pool{rank}d_backward(Tensor grad_output, Tensor self)",
        lambda grad, a: shared_out(grad, a.shape, adaptive_windows(a.shape[-rank:], grad.shape[-rank:]), divisor),
        node=f"AdaptiveAvgPool{rank}DBackwardBackward0",
        gradients={
            "grad_output": lambda grad, grad_output_sym_sizes: forward(grad, tuple(grad_output_sym_sizes[-rank:])),
            "self": zeros_like_input,
        },
        dtype=KEEP,
        public=False,
    )
    forward: Any = operator(
        f"_adaptive_avg_pool{rank}d(Tensor self, int[] output_size)",
        lambda a, output: averages(a, adaptive_windows(a.shape[-rank:], output), divisor),
        node=f"AdaptiveAvgPool{rank}DBackward0",
        gradients={"self": lambda grad, self: backward(grad, self)},
        dtype=KEEP,
        public=False,
    )
    return forward


def adaptive_max_rows(rank: int) -> Any:
    def compute(a: Any, output: Any) -> Any:
        shape = a.shape[-rank:]
        numbers = np.arange(math.prod(shape)).reshape(shape)
        windows = [[list(range(first, last)) for first, last, _ in each] for each in adaptive_windows(shape, output)]
        return largest(a, numbers, windows)

    backward = operator(
        f"adaptive_max_pool{rank}d_backward(Tensor grad_output, Tensor self, Tensor indices)",
        lambda grad, a, indices: returned(grad, a, indices, rank),
        node=f"AdaptiveMaxPool{rank}DBackwardBackward0",
        gradients={"grad_output": lambda grad, indices: picked(grad, indices, rank), "self": zeros_like_input},
        dtype=KEEP,
        public=False,
    )
    return operator(
        f"adaptive_max_pool{rank}d(Tensor self, int[] output_size)",
        compute,
        node=f"AdaptiveMaxPool{rank}DBackward0",
        gradients={"self": lambda grad, self, result1: backward(grad, self, result1)},
        dtype=KEEP,
        public=False,
    )


MAX_POOLS = {rank: max_pool_rows(rank)[0] for rank in (2, 3)}
AVG_POOLS = {rank: avg_pool_rows(rank)[0] for rank in (2, 3)}
ADAPTIVE_AVERAGES = {rank: adaptive_average_rows(rank) for rank in (2, 3)}
ADAPTIVE_MAXIMA = {rank: adaptive_max_rows(rank) for rank in (2, 3)}


def max_pooled(
    rank: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Any:
    """Values and places."""
    name = f"max_pool{rank}d"
    given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    if rank == 1:
        checks.check_rank_of_one(name, input.shape)
        kernel, step, pad, gap = checks.one_each(name, given)
        made = maxima(2, input.unsqueeze(-2), (1, *kernel), (1, *(step or kernel)), (0, *pad), (1, *gap), ceil_mode)
        return made[0].squeeze(-2), made[1].squeeze(-2)
    kernel, step, pad, gap = checks.each_dimension(name, rank, given)
    return maxima(rank, input, kernel, step, pad, gap, ceil_mode)


def maxima(rank: int, input: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    checks.check_rank(input.shape, rank)
    sizes = pooled_sizes(input.shape, kernel, stride or kernel, padding, dilation, ceil_mode)
    name = "max_pool3d_with_indices_out_cpu_template" if rank == 3 else "max_pool2d"
    checks.check_windows(name, input.shape, kernel, stride or kernel, padding, dilation, sizes)
    checks.check_type(f"max_pool{rank}d", input.dtype)
    return tuple(MAX_POOLS[rank](input, kernel, stride, padding, dilation, ceil_mode))[:2]


def pooled_sizes(shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> tuple[int, ...]:
    checks.check_padding(kernel, stride, padding, dilation)
    each = zip(shape[-len(kernel) :], kernel, stride, padding, dilation, strict=True)
    return tuple(pooled_size(*one, ceil_mode) for one in each)


def averaged(rank: int, input: Any, kernel: Any, stride: Any, padding: Any, rest: tuple[Any, ...]) -> Any:
    if rank == 3:
        checks.check_rank(input.shape, rank)
    if rest[-1] == 0:
        raise RuntimeError(texts.DIVISOR)
    if rank == 2:
        input.size(-3)  # Raise IndexError where there are too few dimensions for a plane of channels
    step, gap = stride or kernel, (1,) * rank
    sizes = pooled_sizes(input.shape, kernel, step, padding, gap, rest[0])
    checks.check_windows(f"avg_pool{rank}d", input.shape, kernel, step, padding, gap, sizes)
    checks.check_type(f"avg_pool{rank}d", input.dtype)
    return AVG_POOLS[rank](input, kernel, stride, padding, *rest)


def adaptive_average(rank: int, input: Any, sizes: tuple[int, ...]) -> Any:
    name = f"adaptive_avg_pool{rank}d"
    checks.check_adaptive_average(name, input.shape, sizes)
    if all(n == 1 for n in sizes):
        return input.mean(tuple(range(-1, -rank - 1, -1)), True)
    checks.check_type(name, input.dtype)
    return ADAPTIVE_AVERAGES[rank](input, sizes)


def adaptive_maximum(rank: int, input: Any, sizes: tuple[int, ...]) -> Any:
    name = f"adaptive_max_pool{rank}d"
    checks.check_adaptive_maximum(name, input.shape, sizes)
    checks.check_type(name, input.dtype)
    return ADAPTIVE_MAXIMA[rank](input, sizes)


def publish_pools(rank: int) -> None:
    def built_in_max(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> Any:
        if rank == 1:
            given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
            windows = checks.check_maximum_of_one(input.shape, given)
            size = pooled_size(input.shape[-1], *windows, ceil_mode)
            if size <= 0:
                raise RuntimeError(texts.output_of_one(size))
            recorded = modes.grad and input.requires_grad  # the places are wanted then, which is another kernel
            checks.check_type("max_pool2d" if recorded else "max_pool1d", input.dtype)
        return max_pooled(rank, input, kernel_size, stride, padding, dilation, ceil_mode)[0]

    def built_in_max_with_indices(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> Any:
        return max_pooled(rank, input, kernel_size, stride, padding, dilation, ceil_mode)

    guarded_max = guarded(built_in_max, f"max_pool{rank}d", "torch")
    if rank == 1:
        guarded_max_with_indices = guarded(built_in_max_with_indices, "max_pool1d_with_indices", "torch")
    else:
        guarded_max_with_indices = built_in(built_in_max_with_indices, f"max_pool{rank}d_with_indices")

    def max_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        """The largest element of each window."""
        return guarded_max(input, kernel_size, () if stride is None else stride, padding, dilation, ceil_mode)

    def max_pool_with_indices(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        step = () if stride is None else stride
        return guarded_max_with_indices(input, kernel_size, step, padding, dilation, ceil_mode)

    def avg_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: Any = None,
    ) -> Any:  # fmt: skip
        """The mean of each window."""
        name, rest = f"avg_pool{rank}d", (ceil_mode, count_include_pad, divisor_override)
        given = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        if rank > 1:
            kernel, step, pad = checks.each_dimension(name, rank, given)
            return averaged(rank, input, kernel, step, pad, rest)
        checks.check_rank_of_one(name, input.shape)
        kernel, step, pad = checks.one_each(name, given)
        return averaged(2, input.unsqueeze(-2), (1, *kernel), (1, *(step or kernel)), (0, *pad), rest).squeeze(-2)

    def built_in_average(input: Any, output_size: Any) -> Any:
        if rank > 1:
            return adaptive_average(rank, input, checks.numbers(output_size, rank))
        (sizes,) = one_size("adaptive_avg_pool1d", input, output_size)
        return adaptive_average(2, input.unsqueeze(-2), (1, *sizes)).squeeze(-2)

    def built_in_adaptive_max(input: Any, output_size: Any) -> Any:
        if rank > 1:
            return tuple(adaptive_maximum(rank, input, checks.numbers(output_size, rank)))[:2]
        (sizes,) = one_size("adaptive_max_pool1d", input, output_size)
        checks.check_adaptive_empty("adaptive_max_pool1d", input.shape, 1)
        made = adaptive_maximum(2, input.unsqueeze(-2), (1, *sizes))
        return made[0].squeeze(-2), made[1].squeeze(-2)

    if rank == 1:
        guarded_adaptive_max = guarded(built_in_adaptive_max, "adaptive_max_pool1d", "torch")
    else:
        guarded_average = built_in(built_in_average, f"adaptive_avg_pool{rank}d")
        guarded_adaptive_max = built_in(built_in_adaptive_max, f"adaptive_max_pool{rank}d")

    def adaptive_avg_pool(input: Any, output_size: Any) -> Any:
        """Means of windows chosen so that there are as many as asked for."""
        return guarded_average(input, checks.with_defaults(output_size, input.size()))

    def adaptive_max_pool_with_indices(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        if rank > 1:
            output_size = checks.with_defaults(output_size, input.size())
        return guarded_adaptive_max(input, output_size)

    def adaptive_max_pool(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        return adaptive_max_pool_with_indices(input, output_size)[0]

    put_functional(f"adaptive_avg_pool{rank}d", built_in_average if rank == 1 else adaptive_avg_pool)
    adaptive_avg_pool.__qualname__ = f"adaptive_avg_pool{rank}d"
    put_functional(f"avg_pool{rank}d", avg_pool)
    put_either(f"max_pool{rank}d", max_pool, max_pool_with_indices, 6)
    put_either(f"adaptive_max_pool{rank}d", adaptive_max_pool, adaptive_max_pool_with_indices, 2)
    FUNCTIONS[f"max_pool{rank}d"] = built_in_max
    if rank == 1:
        FUNCTIONS.update({
            "avg_pool1d": avg_pool, "adaptive_avg_pool1d": built_in_average,
            "max_pool1d_with_indices": built_in_max_with_indices, "adaptive_max_pool1d": built_in_adaptive_max,
        })  # fmt: skip


def one_size(name: str, input: Any, output_size: Any) -> list[tuple[int, ...]]:
    checks.check_rank_of_one(name, input.shape)
    return checks.one_each(name, {"output_size": output_size})


for _rank in (1, 2, 3):
    publish_pools(_rank)
