"""Convolutions and transposed convolutions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from refgrad.operators import convolution_checks as checks
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.sliding import offsets, output_sizes, padded, put_functional, reached, unpadded
from refgrad.operators.windows import CONSTANT_PAD


def by_group(compute: Callable[..., Any], groups: int, axis: int, *arrays: tuple[Any, int]) -> Any:
    """The same for every group of channels; each array comes with the axis of its channels."""
    if groups == 1:
        return compute(*(each for each, _ in arrays))
    parts = zip(*(np.split(each, groups, axis=at) for each, at in arrays), strict=True)
    return np.concatenate([compute(*each) for each in parts], axis)


CACHED = 2**19
"""Elements."""


def at_once(count: int, size: int) -> Iterator[slice]:
    """Examples of `size` elements each, as many in a slice as a cache takes."""
    step = max(1, CACHED // max(size, 1))
    return (slice(start, start + step) for start in range(0, count, step))


def correlated(x: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int, sizes: Any = None) -> Any:
    """The convolution: for each element of the kernel a product of channels."""
    sizes = sizes or output_sizes(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    x = padded(x, padding)

    def compute(x: Any, weight: Any) -> Any:
        count = math.prod(sizes)
        made: Any = np.zeros((x.shape[0], weight.shape[0], count), x.dtype)
        for some in at_once(x.shape[0], count * max(weight.shape[:2])):
            for place in offsets(weight.shape[2:]):
                part = x[(some, slice(None), *reached(place, stride, dilation, sizes))]
                made[some] += np.matmul(weight[(..., *place)], part.reshape(part.shape[0], x.shape[1], count))
        return made.reshape(*made.shape[:2], *sizes)

    return by_group(compute, groups, 1, (x, 1), (weight, 0))


def spread_out(grad: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The adjoint of the convolution in its input, which is also the transposed convolution."""
    whole = tuple(n + 2 * p for n, p in zip(shape, padding, strict=True))

    def compute(grad: Any, weight: Any) -> Any:
        made: Any = np.zeros((grad.shape[0], weight.shape[1], *whole), grad.dtype)
        count = math.prod(grad.shape[2:])
        flat = grad.reshape(*grad.shape[:2], count)
        for some in at_once(grad.shape[0], count * max(weight.shape[:2])):
            for place in offsets(weight.shape[2:]):
                part = np.matmul(weight[(..., *place)].T, flat[some]).reshape(-1, weight.shape[1], *grad.shape[2:])
                made[(some, slice(None), *reached(place, stride, dilation, grad.shape[2:]))] += part
        return made

    made = by_group(compute, groups, 1, (grad, 1), (weight, 0))
    return unpadded(made, padding).copy(order="C") if any(padding) else made


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
    if x.shape[1] == 0:  # PyTorch's result has no channels either, whatever the weight says
        sizes = output_sizes(x.shape[2:], weight.shape[2:], stride, padding, dilation)
        return np.zeros((x.shape[0], 0, *sizes), x.dtype)
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
    if bias is not None:
        np.add(made, bias.reshape(1, -1, *(1 for _ in stride)), out=made)
    return made


def convolution_gradients(
    grad: Any, input: Any, weight: Any, bias_sym_sizes_opt: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, needed: Any,
) -> Any:  # fmt: skip
    made = CONVOLUTION_BACKWARD(
        grad,
        input,
        weight,
        bias_sym_sizes_opt,
        stride,
        padding,
        dilation,
        transposed,
        output_padding,
        groups,
        tuple(needed),
    )
    return tuple(each if wanted else None for each, wanted in zip(made, needed, strict=True))


def convolution_backward_forward(
    grad: Any, x: Any, weight: Any, bias_sizes: Any, stride: Any, padding: Any, dilation: Any, transposed: bool,
    output_padding: Any, groups: int, output_mask: Any,
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
        of_input = CONVOLUTION_BACKWARD(grad_output, input, to_weight, None, *common, (True, False, False))[0]
    if needed[2] and to_input is not None:
        of_kernel = CONVOLUTION_BACKWARD(grad_output, to_input, weight, None, *common, (False, True, False))[1]
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
    "convolution_backward(Tensor grad_output, Tensor input, Tensor weight, int[]? bias_sizes, int[] stride, "
    "int[] padding, int[] dilation, bool transposed, int[] output_padding, int groups, bool[] output_mask)",
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
    if not isinstance(padding, str) and not transposed:
        checks.check_bias_type(input, bias)
    single = checks.check_rank(rank, name, input.shape)
    if single:
        input = input.unsqueeze(0)
    if input.dtype.is_complex:
        checks.check_types(input, weight, (), groups)
    if isinstance(padding, str):
        padding, input = padding_by_name(padding, input, weight, stride, dilation, groups)
    given = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": output_padding}
    numbers = checks.each_dimension(rank, given, weight.shape, groups)
    checks.check_shapes(input.shape, weight.shape, None if bias is None else bias.shape, numbers, groups, transposed)
    if 0 not in input.shape[:2]:
        checks.check_kernels(input, weight, numbers, groups, transposed)
        if transposed and bias is not None and bias.dtype is not input.dtype:
            checks.check_bias_added(input, bias)
    stride, padding, dilation, extra = numbers
    sizes = (0,) if bias is None else tuple(bias.shape)
    made = CONVOLUTION(input, weight, bias, stride, padding, dilation, transposed, extra, groups, sizes)
    return made.squeeze(0) if single else made


def padding_by_name(padding: str, input: Any, weight: Any, stride: Any, dilation: Any, groups: int) -> tuple[Any, Any]:
    """The padding that keeps the size; where it is odd the input is padded on the right first."""
    checks.check_padding_name(padding)
    if padding == "valid":
        return 0, input
    gaps = checks.check_same(input.shape, weight.shape, stride, dilation, groups)
    total = [d * (k - 1) for d, k in zip(gaps, weight.shape[2:], strict=True)]
    if any(each % 2 for each in total):
        checks.warn_of_copy()
        pad = [n for each in reversed(total) for n in (0, each % 2)]
        input = CONSTANT_PAD(input, tuple(pad), 0)
    return tuple(each // 2 for each in total), input


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


for _rank in (1, 2, 3):
    publish_convolutions(_rank)
