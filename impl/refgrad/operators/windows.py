"""What slides over an input: convolutions, pooling, unfolding, padding, resizing.

All work on any number of spatial dimensions; PyTorch's operators have a name for each number, and so have the rows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from refgrad.operators import unit_texts as texts
from refgrad.operators.activations import FUNCTIONAL as FUNCTIONS_OF
from refgrad.operators.activations import functional
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.names import FUNCTIONS

Slices = tuple[slice, ...]


def several(value: Any, count: int) -> Any:
    """One number for all dimensions, or one for each."""
    if isinstance(value, int):
        return (value,) * count
    value = tuple(value)
    return value * count if len(value) == 1 else value


# ---- convolution --------------------------------------------------------------------------------------------------


def offsets(kernel: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(size) for size in kernel))


def reached(place: Sequence[int], stride: Sequence[int], dilation: Sequence[int], count: Sequence[int]) -> Slices:
    """Where one element of the kernel meets a padded input, for all places of the output."""
    return tuple(
        slice(at * gap, at * gap + (n - 1) * step + 1, step)
        for at, step, gap, n in zip(place, stride, dilation, count, strict=True)
    )


def padded(a: Any, padding: Sequence[int], fill: Any = 0) -> Any:
    lead = a.ndim - len(padding)
    widths = [(0, 0)] * lead + [(each, each) for each in padding]
    return np.pad(a, widths, constant_values=fill) if any(padding) else a


def unpadded(a: Any, padding: Sequence[int]) -> Any:
    return a[(..., *(slice(each, a.shape[i - len(padding)] - each) for i, each in enumerate(padding)))]


def output_sizes(shape: Sequence[int], kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(shape, kernel, stride, padding, dilation, strict=True)
    )


def by_group(compute: Callable[..., Any], groups: int, axis: int, *arrays: tuple[Any, int]) -> Any:
    """The same for every group of channels; each array comes with the axis of its channels."""
    if groups == 1:
        return compute(*(each for each, _ in arrays))
    parts = zip(*(np.split(each, groups, axis=at) for each, at in arrays), strict=True)
    return np.concatenate([compute(*each) for each in parts], axis)


def correlated(x: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int, sizes: Any = None) -> Any:
    """The convolution: for each element of the kernel a product of channels."""
    sizes = sizes or output_sizes(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    x = padded(x, padding)

    def compute(x: Any, weight: Any) -> Any:
        made: Any = np.zeros((x.shape[0], weight.shape[0], *sizes), x.dtype)
        for place in offsets(weight.shape[2:]):
            part = x[(..., *reached(place, stride, dilation, sizes))]
            made += np.moveaxis(np.tensordot(part, weight[(..., *place)], (1, 1)), -1, 1)
        return made

    return by_group(compute, groups, 1, (x, 1), (weight, 0))


def spread_out(grad: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The adjoint of the convolution in its input, which is also the transposed convolution."""
    whole = tuple(n + 2 * p for n, p in zip(shape, padding, strict=True))

    def compute(grad: Any, weight: Any) -> Any:
        made: Any = np.zeros((grad.shape[0], weight.shape[1], *whole), grad.dtype)
        for place in offsets(weight.shape[2:]):
            part = np.moveaxis(np.tensordot(grad, weight[(..., *place)], (1, 0)), -1, 1)
            made[(..., *reached(place, stride, dilation, grad.shape[2:]))] += part
        return made

    return np.ascontiguousarray(unpadded(by_group(compute, groups, 1, (grad, 1), (weight, 0)), padding))


def of_weight(grad: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The adjoint of the convolution in its weight."""
    x = padded(x, padding)
    summed = (0, *range(2, x.ndim))

    def compute(grad: Any, x: Any) -> Any:
        made: Any = np.zeros((grad.shape[1], x.shape[1], *kernel), grad.dtype)
        for place in offsets(kernel):
            part = x[(..., *reached(place, stride, dilation, grad.shape[2:]))]
            made[(..., *place)] = np.tensordot(grad, part, (summed, summed))
        return made

    return by_group(compute, groups, 0, (grad, 1), (x, 1))


def convolution_forward(
    x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, output_padding: Any,
    groups: int, bias_sizes: Any,
) -> Any:  # fmt: skip
    if transposed:
        sizes = tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
            for n, s, p, d, k, extra in zip(
                x.shape[2:], stride, padding, dilation, weight.shape[2:], output_padding, strict=True
            )
        )
        made = spread_out(x, weight, sizes, stride, padding, dilation, groups)
    else:
        made = correlated(x, weight, stride, padding, dilation, groups)
    return made if bias is None else made + bias.reshape(1, -1, *(1 for _ in stride))


def convolution_gradients(
    grad: Any, input: Any, weight: Any, bias_sym_sizes_opt: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, needed: Any,
) -> Any:  # fmt: skip
    made = CONVOLUTION_BACKWARD(
        grad, input, weight, stride, padding, dilation, transposed, output_padding, groups, tuple(needed)
    )
    return tuple(each if wanted else None for each, wanted in zip(made, needed, strict=True))


def convolution_backward_forward(
    grad: Any, x: Any, weight: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, output_padding: Any,
    groups: int, output_mask: Any,
) -> Any:  # fmt: skip
    nothing = np.zeros(0, grad.dtype)
    to_input = to_weight = to_bias = nothing
    kernel = weight.shape[2:]
    if grad.dtype.kind == "c":
        x, weight = x.conj(), weight.conj()
    if output_mask[0]:
        if transposed:
            to_input = correlated(grad, weight, stride, padding, dilation, groups, x.shape[2:])
        else:
            to_input = spread_out(grad, weight, x.shape[2:], stride, padding, dilation, groups)
    if output_mask[1]:
        first, second = (x, grad) if transposed else (grad, x)
        to_weight = of_weight(first, second, kernel, stride, padding, dilation, groups)
    if output_mask[2]:
        to_bias = grad.sum((0, *range(2, grad.ndim)))
    return to_input, to_weight, to_bias


def convolution_double(
    grads: Any, grad_output: Any, input: Any, weight: Any, stride: Any, padding: Any, dilation: Any, transposed: bool,
    output_padding: Any, groups: int, needed: Any,
) -> Any:  # fmt: skip
    """The convolution is linear in each argument, so its second derivatives are convolutions again."""
    to_input, to_weight, to_bias = grads
    common = (stride, padding, dilation, transposed, output_padding, groups)
    of_output = of_input = of_kernel = None
    if needed[0]:
        parts = []
        if to_input is not None:
            parts.append(CONVOLUTION(to_input, weight, None, *common, None))
        if to_weight is not None:
            parts.append(CONVOLUTION(input, to_weight, None, *common, None))
        if to_bias is not None:
            shape = (1, -1, *(1 for _ in stride))
            parts.append(to_bias.reshape(shape).expand(grad_output.shape))
        for part in parts:
            of_output = part if of_output is None else of_output + part
    if needed[1] and to_weight is not None:
        of_input = CONVOLUTION_BACKWARD(grad_output, input, to_weight, *common, (True, False, False))[0]
    if needed[2] and to_input is not None:
        of_kernel = CONVOLUTION_BACKWARD(grad_output, to_input, weight, *common, (False, True, False))[1]
    return of_output, of_input, of_kernel


CONVOLUTION: Any = operator(
    "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    "bool transposed, int[] output_padding, int groups, int[]? bias_sym_sizes_opt)",
    convolution_forward,
    node="ConvolutionBackward0",
    gradients={"input, weight, bias": convolution_gradients},
    dtype=KEEP,
    public=False,
)

CONVOLUTION_BACKWARD: Any = operator(
    "convolution_backward(Tensor grad_output, Tensor input, Tensor weight, int[] stride, int[] padding, "
    "int[] dilation, bool transposed, int[] output_padding, int groups, bool[] output_mask)",
    convolution_backward_forward,
    node="ConvolutionBackwardBackward0",
    gradients={"grad_output, input, weight": convolution_double},
    dtype=KEEP,
    public=False,
)


def convolved(
    rank: int, name: str, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    transposed: bool = False, output_padding: Any = 0,
) -> Any:  # fmt: skip
    """A convolution of a batch, or of a single sample."""
    stride, dilation, extra = (several(each, rank) for each in (stride, dilation, output_padding))
    if input.dim() not in (rank + 1, rank + 2):
        raise RuntimeError(texts.convolution_rank(rank, name, tuple(input.shape)))
    single = input.dim() == rank + 1
    if single:
        input = input.unsqueeze(0)
    check_channels(input, weight, groups, transposed)
    if isinstance(padding, str):
        padding, input = same_padding(input, padding, weight.shape[2:], dilation)
    padding = several(padding, rank)
    sizes = (0,) if bias is None else tuple(bias.shape)
    made = CONVOLUTION(input, weight, bias, stride, padding, dilation, transposed, extra, groups, sizes)
    return made.squeeze(0) if single else made


def same_padding(input: Any, padding: str, kernel: Any, dilation: Any) -> tuple[Any, Any]:
    """The padding that keeps the size; where it is odd the input is padded on the right first."""
    if padding == "valid":
        return (0,) * len(kernel), input
    total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(each % 2 for each in total):
        pad = [n for each in reversed(total) for n in (0, each % 2)]
        input = CONSTANT_PAD(input, tuple(pad), 0)
    return tuple(each // 2 for each in total), input


def check_channels(input: Any, weight: Any, groups: int, transposed: bool) -> None:
    """Raise RuntimeError where input and weight do not fit."""
    channels = weight.shape[0] if transposed else weight.shape[1] * groups
    if input.shape[1] != channels:
        text = texts.transposed_channels if transposed else texts.convolution_channels
        raise RuntimeError(text(groups, tuple(weight.shape), tuple(input.shape), channels))


def publish_convolutions(rank: int) -> None:
    @function(f"conv{rank}d", public=FUNCTION)
    def convolution(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> Any:
        return convolved(rank, f"conv{rank}d", input, weight, bias, stride, padding, dilation, groups)

    @function(f"conv_transpose{rank}d", public=FUNCTION)
    def transposed(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, dilation: Any = 1,
    ) -> Any:  # fmt: skip
        name = f"conv_transpose{rank}d"
        return convolved(rank, name, input, weight, bias, stride, padding, dilation, groups, True, output_padding)

    put_functional(f"conv{rank}d", convolution)
    put_functional(f"conv_transpose{rank}d", transposed)


def put_functional(name: str, made: Any) -> None:
    made.__name__ = name
    functional(made)


# ---- pooling ------------------------------------------------------------------------------------------------------


def pooled_size(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """In ceil mode a last window may hang over, but has to begin inside."""
    reach = n + 2 * p - d * (k - 1) - 1
    count = (reach + (s - 1 if ceil_mode else 0)) // s + 1
    return count - 1 if ceil_mode and (count - 1) * s >= n + p else count


def max_pool_forward(
    a: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Any, Any]:
    """The largest element of each window and its place in the input, the first of equal ones; nan wins."""
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
        part = a[(..., *grid)].reshape(*lead, -1)
        best = np.argmax(part, -1)
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


def zeros_like_input(grad: Any, self_sym_sizes: Any) -> Any:
    return grad.new_zeros(self_sym_sizes)


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
    kernel_size, padding, dilation = (several(each, rank) for each in (kernel_size, padding, dilation))
    stride = () if stride is None or stride == () else several(stride, rank)
    if rank > 1:
        return tuple(MAX_POOLS[rank](input, kernel_size, stride, padding, dilation, ceil_mode))[:2]
    made = MAX_POOLS[2](
        input.unsqueeze(-2), (1, *kernel_size), (1, *(stride or kernel_size)), (0, *padding), (1, *dilation), ceil_mode
    )
    return made[0].squeeze(-2), made[1].squeeze(-2)


def publish_pools(rank: int) -> None:
    def max_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        """The largest element of each window."""
        values, indices = max_pooled(rank, input, kernel_size, stride, padding, dilation, ceil_mode)
        return (values, indices) if return_indices else values

    def max_pool_with_indices(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        return max_pooled(rank, input, kernel_size, stride, padding, dilation, ceil_mode)

    def avg_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: Any = None,
    ) -> Any:  # fmt: skip
        """The mean of each window."""
        kernel_size, padding = several(kernel_size, rank), several(padding, rank)
        stride = () if stride is None or stride == () else several(stride, rank)
        rest = (ceil_mode, count_include_pad, divisor_override)
        if rank > 1:
            return AVG_POOLS[rank](input, kernel_size, stride, padding, *rest)
        stride = (1, *(stride or kernel_size))
        return AVG_POOLS[2](input.unsqueeze(-2), (1, *kernel_size), stride, (0, *padding), *rest).squeeze(-2)

    def adaptive_avg_pool(input: Any, output_size: Any) -> Any:
        """Means of windows chosen so that there are as many as asked for."""
        sizes = full_size(input, output_size, rank)
        if rank == 1:
            return ADAPTIVE_AVERAGES[2](input.unsqueeze(-2), (1, *sizes)).squeeze(-2)
        if all(n == 1 for n in sizes):
            return input.mean(tuple(range(-1, -rank - 1, -1)), True)
        return ADAPTIVE_AVERAGES[rank](input, sizes)

    def adaptive_max_pool(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        sizes = full_size(input, output_size, rank)
        if rank == 1:
            made = ADAPTIVE_MAXIMA[2](input.unsqueeze(-2), (1, *sizes))
            values, indices = made[0].squeeze(-2), made[1].squeeze(-2)
        else:
            values, indices = ADAPTIVE_MAXIMA[rank](input, sizes)
        return (values, indices) if return_indices else values

    for name, made in (
        (f"max_pool{rank}d", max_pool), (f"max_pool{rank}d_with_indices", max_pool_with_indices),
        (f"avg_pool{rank}d", avg_pool), (f"adaptive_avg_pool{rank}d", adaptive_avg_pool),
        (f"adaptive_max_pool{rank}d", adaptive_max_pool),
    ):  # fmt: skip
        put_functional(name, made)
    FUNCTIONS[f"max_pool{rank}d"] = max_pool
    if rank == 1:
        FUNCTIONS.update({"avg_pool1d": avg_pool, "adaptive_avg_pool1d": adaptive_avg_pool})


def full_size(input: Any, output_size: Any, rank: int) -> tuple[int, ...]:
    """None keeps the size of a dimension."""
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * rank
    return tuple(input.shape[i - rank] if n is None else n for i, n in enumerate(sizes))


for _rank in (1, 2, 3):
    publish_convolutions(_rank)
    publish_pools(_rank)

# ---- columns ------------------------------------------------------------------------------------------------------


def columns_forward(a: Any, kernel: Any, dilation: Any, padding: Any, stride: Any, rows: int, width: int) -> Any:
    """Every window as a column."""
    batch = a if a.ndim == 4 else a[None]
    sizes = output_sizes(batch.shape[2:], kernel, stride, padding, dilation)
    whole = padded(batch, padding)
    parts = [whole[(..., *reached(place, stride, dilation, sizes))] for place in offsets(kernel)]
    rows = batch.shape[1] * math.prod(kernel)
    made = np.stack(parts, 2).reshape(batch.shape[0], rows, math.prod(sizes))
    return made if a.ndim == 4 else made[0]


def image_forward(a: Any, output_size: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """Columns added up where their windows were."""
    batch = a if a.ndim == 3 else a[None]
    sizes = output_sizes(output_size, kernel, stride, padding, dilation)
    channels = batch.shape[1] // math.prod(kernel)
    parts = batch.reshape(batch.shape[0], channels, math.prod(kernel), *sizes)
    whole: Any = np.zeros(
        (batch.shape[0], channels, *(n + 2 * p for n, p in zip(output_size, padding, strict=True))), a.dtype
    )
    for number, place in enumerate(offsets(kernel)):
        whole[(..., *reached(place, stride, dilation, sizes))] += parts[:, :, number]
    made = np.ascontiguousarray(unpadded(whole, padding))
    return made if a.ndim == 3 else made[0]


def columns_gradient(
    grad: Any, self_sym_argsize_minus_2: int, self_sym_argsize_minus_1: int, kernel_size: Any, dilation: Any,
    padding: Any, stride: Any,
) -> Any:  # fmt: skip
    size = (self_sym_argsize_minus_2, self_sym_argsize_minus_1)
    return COL2IM(grad, size, kernel_size, dilation, padding, stride)


def to_columns(a: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    return IM2COL(a, kernel, dilation, padding, stride, a.shape[-2], a.shape[-1])


IM2COL: Any = operator(
    "im2col(Tensor self, int[] kernel_size, int[] dilation, int[] padding, int[] stride, "
    "int self_sym_argsize_minus_2, int self_sym_argsize_minus_1)",
    columns_forward,
    node="Im2ColBackward0",
    gradients={"self": columns_gradient},
    dtype=KEEP,
    public=False,
)

COL2IM: Any = operator(
    "col2im(Tensor self, int[] output_size, int[] kernel_size, int[] dilation, int[] padding, int[] stride)",
    image_forward,
    node="Col2ImBackward0",
    gradients={
        "self": lambda grad, kernel_size, dilation, padding, stride: to_columns(
            grad, kernel_size, dilation, padding, stride
        )
    },
    dtype=KEEP,
    public=False,
)


@functional
def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Every window of an image as a column."""
    return to_columns(input, *(several(each, 2) for each in (kernel_size, dilation, padding, stride)))


@functional
def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Columns added up to an image."""
    rest = (several(each, 2) for each in (kernel_size, dilation, padding, stride))
    return COL2IM(input, several(output_size, 2), *rest)


# ---- padding ------------------------------------------------------------------------------------------------------


def constant_pad_forward(a: Any, pad: Any, value: Any) -> Any:
    if len(pad) % 2:
        raise RuntimeError(texts.PAD_ODD)
    if len(pad) > 2 * a.ndim:
        raise RuntimeError(texts.pad_long(len(pad), a.ndim))
    widths, cut = [(0, 0)] * a.ndim, [slice(None)] * a.ndim
    for i in range(len(pad) // 2):
        dim = a.ndim - 1 - i
        before, after = pad[2 * i], pad[2 * i + 1]
        size = a.shape[dim] + before + after
        if size < 0:
            raise RuntimeError(texts.pad_negative(a.shape[dim], before, after, dim))
        widths[dim] = (max(before, 0), max(after, 0))
        cut[dim] = slice(max(-before, 0), a.shape[dim] + min(after, 0))
    return np.pad(a[tuple(cut)], widths, constant_values=a.dtype.type(value))


CONSTANT_PAD: Any = operator(
    "constant_pad_nd(Tensor self, int[] pad, Number value=0)",
    constant_pad_forward,
    node="ConstantPadNdBackward0",
    gradients={"self": lambda grad, pad: CONSTANT_PAD(grad, tuple(-each for each in pad), 0)},
    dtype=KEEP,
)


def sources(size: int, before: int, after: int, mode: str) -> Any:
    """For each element of a padded dimension the element that it repeats."""
    at = np.arange(-before, size + after)
    if mode == "replication":
        return np.clip(at, 0, size - 1)
    at = np.abs(at)
    return np.where(at >= size, 2 * (size - 1) - at, at)


def repeated_forward(mode: str, rank: int) -> Callable[..., Any]:
    def forward(a: Any, padding: Any) -> Any:
        for i in range(rank):
            axis = a.ndim - 1 - i
            before, after = padding[2 * i], padding[2 * i + 1]
            if mode == "reflection" and (before >= a.shape[axis] or after >= a.shape[axis]):
                raise RuntimeError(texts.pad_reflection(before, after, axis, a.shape))
            a = np.take(a, sources(a.shape[axis], before, after, mode), axis)
        return np.ascontiguousarray(a)

    return forward


def repeated_backward(mode: str, rank: int) -> Callable[..., Any]:
    def backward(grad: Any, a: Any, padding: Any) -> Any:
        for i in range(rank):
            axis = grad.ndim - 1 - i
            places = sources(a.shape[axis], padding[2 * i], padding[2 * i + 1], mode)
            made: Any = np.zeros((*grad.shape[:axis], a.shape[axis], *grad.shape[axis + 1 :]), grad.dtype)
            np.add.at(made, (slice(None),) * axis + (places,), grad)
            grad = made
        return grad

    return backward


def pad_rows(mode: str, rank: int) -> Any:
    title = {"reflection": "ReflectionPad", "replication": "ReplicationPad"}[mode] + f"{rank}D"
    backward: Any = operator(
        f"{mode}_pad{rank}d_backward(Tensor grad_output, Tensor self, int[] padding)",
        repeated_backward(mode, rank),
        node=f"{title}BackwardBackward0",
        gradients={"grad_output": lambda grad, padding: forward(grad, padding), "self": zeros_like_input},
        dtype=KEEP,
        public=False,
    )
    forward: Any = operator(
        f"{mode}_pad{rank}d(Tensor self, int[] padding)",
        repeated_forward(mode, rank),
        node=f"{title}Backward0",
        gradients={"self": lambda grad, self, padding: backward(grad, self, padding)},
        dtype=KEEP,
        public=False,
    )
    return forward


PADS = {(mode, rank): pad_rows(mode, rank) for mode in ("reflection", "replication") for rank in (1, 2, 3)}


def circular(input: Any, pad: Any) -> Any:
    """The input repeated on all sides, written part by part."""
    rank = len(pad) // 2
    shape = list(input.shape)
    for i in range(rank):
        shape[input.dim() - 1 - i] += pad[2 * i] + pad[2 * i + 1]
    made = input.new_empty(shape)
    target, source = made, input
    for i in range(rank):
        dim = input.dim() - 1 - i
        before, after = pad[2 * i], pad[2 * i + 1]
        kept = input.shape[dim] + min(before, 0) + min(after, 0)
        target = target.narrow(dim, max(before, 0), kept)
        source = source.narrow(dim, max(-before, 0), kept)
    target.copy_(source)
    for i in range(rank):
        dim = input.dim() - 1 - i
        before, after, size = pad[2 * i], pad[2 * i + 1], shape[dim]
        if before > 0:
            made.narrow(dim, 0, before).copy_(made.narrow(dim, size - max(after, 0) - before, before))
        if after > 0:
            made.narrow(dim, size - after, after).copy_(made.narrow(dim, max(before, 0), after))
    return made


@functional
def pad(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Elements put around the input, or cut off where a number is negative."""
    pad = tuple(pad)
    if mode == "constant":
        return CONSTANT_PAD(input, pad, 0 if value is None else value)
    rank = len(pad) // 2
    if mode == "circular":
        return circular(input, pad)
    kind = {"reflect": "reflection", "replicate": "replication"}.get(mode)
    if kind is None:
        raise NotImplementedError(texts.pad_mode(mode))
    if input.dim() not in (rank + 1, rank + 2) or rank > 3:
        raise NotImplementedError(texts.PAD_RANK)
    return PADS[kind, rank](input, pad)


# ---- sizes --------------------------------------------------------------------------------------------------------


def nearest_matrix(size: int, count: int, scale: Any) -> Any:
    """A row per output element, with a 1 at the input element it shows."""
    step = 1.0 / scale if scale else size / count
    at = np.minimum(np.floor(np.arange(count) * np.float32(step)).astype(int), size - 1)
    return np.eye(size)[at]


def nearest_exact_matrix(size: int, count: int, scale: Any) -> Any:
    """The same, from the middle of each element."""
    step = 1.0 / scale if scale else size / count
    at = np.minimum(np.floor((np.arange(count) + 0.5) * np.float32(step)).astype(int), size - 1)
    return np.eye(size)[at]


def cubic_matrix(size: int, count: int, scale: Any, align_corners: bool) -> Any:
    """A row per output element, with the weights of its four neighbours, the edges repeated."""
    if align_corners:
        at = np.arange(count) * ((size - 1) / (count - 1) if count > 1 else 0.0)
    else:
        at = (np.arange(count) + 0.5) * (1.0 / scale if scale else size / count) - 0.5
    below = np.floor(at).astype(int)
    made = np.zeros((count, size))
    for step in (-1, 0, 1, 2):
        apart = np.abs(at - below - step)
        near = ((CUBIC + 2) * apart - (CUBIC + 3)) * apart * apart + 1
        far = ((CUBIC * apart - 5 * CUBIC) * apart + 8 * CUBIC) * apart - 4 * CUBIC
        made += np.eye(size)[np.clip(below + step, 0, size - 1)] * np.where(apart <= 1, near, far)[:, None]
    return made


CUBIC = -0.75
"""The coefficient of the cubic convolution."""


def linear_matrix(size: int, count: int, scale: Any, align_corners: bool) -> Any:
    """A row per output element, with the weights of its two neighbours."""
    if align_corners:
        at = np.arange(count) * ((size - 1) / (count - 1) if count > 1 else 0.0)
    else:
        at = np.maximum((np.arange(count) + 0.5) * (1.0 / scale if scale else size / count) - 0.5, 0)
    below = np.minimum(np.floor(at).astype(int), size - 1)
    above = np.minimum(below + 1, size - 1)
    share = (at - below)[:, None]
    return np.eye(size)[below] * (1 - share) + np.eye(size)[above] * share


def applied(a: Any, matrices: Sequence[Any]) -> Any:
    """A matrix along each of the last dimensions."""
    for i, matrix in enumerate(matrices):
        axis = a.ndim - len(matrices) + i
        a = np.moveaxis(np.tensordot(a, matrix.astype(a.dtype), (axis, 1)), -1, axis)
    return np.ascontiguousarray(a)


def resize_rows(name: str, title: str, matrix: Callable[..., Any]) -> Any:
    def matrices(input_size: Any, output_size: Any, scales: Any, align: Any) -> list[Any]:
        rest = () if align is None else (align,)
        return [matrix(n, m, s, *rest) for n, m, s in zip(input_size, output_size, scales, strict=True)]

    backward: Any = operator(
        f"{name}_backward(Tensor grad_output, int[] output_size, int[] input_size, float[] scales, "
        "bool? align_corners)",
        lambda grad, output, size, scales, align: applied(
            grad, [each.T for each in matrices(size[2:], output, scales, align)]
        ),
        node=f"{title}BackwardBackward0",
        gradients={
            "grad_output": lambda grad, output_size, scales, align_corners: forward(
                grad, output_size, scales, align_corners
            )
        },
        dtype=KEEP,
        public=False,
    )
    forward: Any = operator(
        f"{name}(Tensor self, int[] output_size, float[] scales, bool? align_corners)",
        lambda a, output, scales, align: applied(a, matrices(a.shape[2:], output, scales, align)),
        node=f"{title}Backward0",
        gradients={
            "self": lambda grad, self_sym_sizes, output_size, scales, align_corners: backward(
                grad, output_size, self_sym_sizes, scales, align_corners
            )
        },
        dtype=KEEP,
        public=False,
    )
    return forward


NEAREST = {r: resize_rows(f"upsample_nearest{r}d", f"UpsampleNearest{r}D", nearest_matrix) for r in (1, 2, 3)}
NEAREST_EXACT = {
    r: resize_rows(f"_upsample_nearest_exact{r}d", f"UpsampleNearestExact{r}D", nearest_exact_matrix) for r in (1, 2, 3)
}
BICUBIC = resize_rows("upsample_bicubic2d", "UpsampleBicubic2D", cubic_matrix)
LINEAR = {
    1: resize_rows("upsample_linear1d", "UpsampleLinear1D", linear_matrix),
    2: resize_rows("upsample_bilinear2d", "UpsampleBilinear2D", linear_matrix),
    3: resize_rows("upsample_trilinear3d", "UpsampleTrilinear3D", linear_matrix),
}


@functional
def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """An image in another size."""
    rank = input.dim() - 2
    scales: tuple[Any, ...] = (None,) * rank
    if size is not None:
        output = several(size, rank)
    else:
        factors = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * rank
        output = tuple(math.floor(n * f) for n, f in zip(input.shape[2:], factors, strict=True))
        if not recompute_scale_factor:
            scales = factors
    if mode == "nearest":
        return NEAREST[rank](input, output, scales, None)
    if mode == {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]:
        return LINEAR[rank](input, output, scales, bool(align_corners))
    if mode == "nearest-exact":
        return NEAREST_EXACT[rank](input, output, scales, None)
    if mode == "bicubic" and rank == 2:
        return BICUBIC(input, output, scales, bool(align_corners))
    if mode == "area":
        return FUNCTIONS_OF[f"adaptive_avg_pool{rank}d"](input, output)
    raise NotImplementedError(texts.interpolate_mode(mode, input.dim()))


@functional
def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:
    return interpolate(input, size, scale_factor, mode, align_corners)


def shuffled(a: Any, r: int) -> Any:
    *lead, channels, height, width = a.shape
    parts = a.reshape(*lead, channels // (r * r), r, r, height, width)
    n = len(lead)
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return np.ascontiguousarray(parts.transpose(order)).reshape(*lead, channels // (r * r), height * r, width * r)


def unshuffled(a: Any, r: int) -> Any:
    *lead, channels, height, width = a.shape
    parts = a.reshape(*lead, channels, height // r, r, width // r, r)
    n = len(lead)
    order = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return np.ascontiguousarray(parts.transpose(order)).reshape(*lead, channels * r * r, height // r, width // r)


PIXEL_SHUFFLE: Any = operator(
    "pixel_shuffle(Tensor self, int upscale_factor)",
    shuffled,
    node="PixelShuffleBackward0",
    gradients={"self": lambda grad, upscale_factor: PIXEL_UNSHUFFLE(grad, upscale_factor)},
    dtype=KEEP,
    public=FUNCTION,
)
PIXEL_UNSHUFFLE: Any = operator(
    "pixel_unshuffle(Tensor self, int downscale_factor)",
    unshuffled,
    node="PixelUnshuffleBackward0",
    gradients={"self": lambda grad, downscale_factor: PIXEL_SHUFFLE(grad, downscale_factor)},
    dtype=KEEP,
    public=FUNCTION,
)


def channels_turned(a: Any, groups: int) -> Any:
    shape = a.shape
    parts = a.reshape(shape[0], groups, shape[1] // groups, *shape[2:])
    return np.ascontiguousarray(parts.swapaxes(1, 2)).reshape(shape)


CHANNEL_SHUFFLE: Any = operator(
    "channel_shuffle(Tensor self, int groups)",
    channels_turned,
    node="ChannelShuffleBackward0",
    gradients={"self": lambda grad, groups: CHANNEL_SHUFFLE(grad, grad.shape[1] // groups)},
    dtype=KEEP,
    public=FUNCTION,
)

for _name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle"):
    FUNCTIONS_OF[_name] = FUNCTIONS[_name]


@functional
def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divided by a power of what neighbouring channels amount to."""
    square = input.mul(input)
    if input.dim() == 3:
        square = square.unsqueeze(1)
        square = pad(square, (0, 0, size // 2, (size - 1) // 2))
        square = FUNCTIONS_OF["avg_pool2d"](square, (size, 1), stride=1).squeeze(1)
    else:
        shape = tuple(input.shape)
        square = square.view(shape[0], 1, shape[1], shape[2], -1)
        square = pad(square, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        square = FUNCTIONS_OF["avg_pool3d"](square, (size, 1, 1), stride=1).squeeze(1)
        square = square.view(shape)
    return input / square.mul(alpha).add(k).pow(beta)


@functional
def lp_pool1d(input: Any, norm_type: float, kernel_size: int, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The norm of each window."""
    mean = FUNCTIONS_OF["avg_pool1d"](input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(kernel_size).pow(1.0 / norm_type)


@functional
def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    height, width = several(kernel_size, 2)
    mean = FUNCTIONS_OF["avg_pool2d"](input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(height * width).pow(1.0 / norm_type)
