"""What looks at an input through a window, or at its edges: unfolding, padding, resizing, shuffling.

All work on any number of spatial dimensions; PyTorch's operators have a name for each number, and so have the rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from refgrad.operators import unit_texts as texts
from refgrad.operators.activations import FUNCTIONAL as FUNCTIONS_OF
from refgrad.operators.activations import functional
from refgrad.operators.declare import FUNCTION, KEEP, not_implemented, operator
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.sliding import offsets, output_sizes, padded, reached, several, unpadded, zeros_like_input

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


NATIVE_CHANNEL_SHUFFLE: Any = operator(
    "native_channel_shuffle(Tensor self, int groups)",
    channels_turned,
    node="NotImplemented",
    gradients={"self": not_implemented("aten::native_channel_shuffle")},
    dtype=KEEP,
    public=FUNCTION,
)
CHANNEL_SHUFFLE: Any = operator(
    "channel_shuffle(Tensor self, int groups)",
    channels_turned,
    node="ChannelShuffleBackward0",
    gradients={"self": lambda grad, groups: CHANNEL_SHUFFLE(grad, grad.shape[1] // groups)},
    dtype=KEEP,
    public=FUNCTION,
)

for _name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle"):
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
