"""What looks at an input through a window, or at its edges: unfolding, padding.

All work on any number of spatial dimensions; PyTorch's operators have a name for each number, and so have the rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from refgrad import dtypes, memory
from refgrad.modes import modes
from refgrad.operators import getitem_texts
from refgrad.operators import unit_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.sliding import offsets, output_sizes, padded, reached, unpadded, zeros_like_input
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.window_checks import (
    check_blocks,
    check_columns,
    check_folded,
    check_padding,
    check_repeated,
    check_wrapped,
)
from refgrad.signatures.built_in import built_in

# ---- columns ------------------------------------------------------------------------------------------------------


def refuse_integers(kernel: str, a: Any) -> None:
    if a.dtype.kind in "iu":
        raise NotImplementedError(not_implemented_for(kernel, dtypes.of_array(a).scalar_name))


def columns_forward(a: Any, kernel: Any, dilation: Any, padding: Any, stride: Any, rows: int, width: int) -> Any:
    """Every window as a column."""
    batch = a if a.ndim == 4 else a[None]
    sizes = output_sizes(batch.shape[2:], kernel, stride, padding, dilation)
    check_blocks(batch.shape[2:], kernel, dilation, padding, sizes)
    refuse_integers("im2col_out_cpu", a)
    whole = padded(batch, padding)
    parts = [whole[(..., *reached(place, stride, dilation, sizes))] for place in offsets(kernel)]
    rows = batch.shape[1] * math.prod(kernel)
    made = np.stack(parts, 2).reshape(batch.shape[0], rows, math.prod(sizes))
    return made if a.ndim == 4 else made[0]


def image_forward(a: Any, output_size: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """Columns added up where their windows were."""
    batch = a if a.ndim != 2 else a[None]
    sizes = output_sizes(output_size, kernel, stride, padding, dilation)
    check_folded(a.shape, output_size, kernel, dilation, padding, stride, sizes)
    refuse_integers("col2im_out_cpu", a)
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


def im2col(input: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """Raise RuntimeError for what is no image, or nothing but a batch."""
    if modes.grad and input.requires_grad:
        input.size(-2)  # the sizes are saved before anything else is looked at
    numbers = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    numbers = {name: (each,) * 2 if isinstance(each, int) else each for name, each in numbers.items()}
    check_columns(numbers)
    rank = input.dim()
    sized = input.size(1) != 0 and input.size(2) != 0
    if not sized or rank not in (3, 4) or input.size(0 if rank == 3 else 3) == 0:
        raise RuntimeError(texts.columns_rank(input.shape))
    return to_columns(input, *map(tuple, numbers.values()))


def col2im(input: Any, output_size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """Raise RuntimeError for what is no image."""
    numbers = {
        "output_size": output_size, "kernel_size": kernel_size, "dilation": dilation, "padding": padding,
        "stride": stride,
    }  # fmt: skip
    numbers = {name: (each,) * 2 if isinstance(each, int) else each for name, each in numbers.items()}
    check_columns(numbers)
    return COL2IM(input, *map(tuple, numbers.values()))


built_in_im2col, built_in_col2im = built_in(im2col, "im2col"), built_in(col2im, "col2im")


def pair(value: Any) -> Any:
    """What PyTorch hands on: two of everything but what has several; plain integers are doubled later."""
    if type(value) is int:
        return value
    return tuple(value) if isinstance(value, Iterable) else (value, value)


@functional
def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Every window of an image as a column."""
    return built_in_im2col(input, *map(pair, (kernel_size, dilation, padding, stride)))


@functional
def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Columns added up to an image."""
    return built_in_col2im(input, *map(pair, (output_size, kernel_size, dilation, padding, stride)))


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
        if a.shape[dim] + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError(getitem_texts.NARROW_NEGATIVE)
        widths[dim] = (max(before, 0), max(after, 0))
        cut[dim] = slice(max(-before, 0), a.shape[dim] + min(after, 0))
    kept = a[tuple(cut)]
    if not any(map(any, widths)):
        return memory.copy_of(kept)
    return memory.indexed(np.pad(kept, widths, constant_values=a.dtype.type(value)))


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
        check_repeated(a.shape, padding, mode)
        if a.dtype.kind == "b":
            raise NotImplementedError(not_implemented_for(f"{mode}_pad{rank}d", "Bool"))
        for i in range(rank):
            axis = a.ndim - 1 - i
            before, after = padding[2 * i], padding[2 * i + 1]
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


def pad_of(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    pad = tuple(pad)
    check_padding(input, pad, mode, value)
    if mode == "constant":
        return CONSTANT_PAD(input, pad, 0.0 if value is None else float(value))
    if mode == "circular":
        check_wrapped(input.shape, pad)
        return circular(input, pad)
    return PADS[{"reflect": "reflection", "replicate": "replication"}[mode], len(pad) // 2](input, pad)


built_in_pad = built_in(pad_of, "pad")


@functional
def pad(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Elements put around the input, or cut off where a number is negative."""
    return built_in_pad(input, pad, mode, value)
