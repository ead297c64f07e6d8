"""Images in other sizes: interpolation, pixels shuffled into channels, neighbours that damp each other.

As in `windows.py`, rows have a name for each number of spatial dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from refgrad.operators import sliding_texts
from refgrad.operators.activations import FUNCTIONAL as FUNCTIONS_OF
from refgrad.operators.activations import functional
from refgrad.operators.declare import FUNCTION, KEEP, not_implemented, operator
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.window_checks import check_shuffle, check_unshuffle
from refgrad.operators.windows import pad
from refgrad.signatures.refusing import guarded

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


def triangle(x: Any) -> Any:
    return np.maximum(1 - np.abs(x), 0)


def sharp_cubic(x: Any) -> Any:
    """The cubic convolution with the coefficient -1/2."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def lanczos(x: Any) -> Any:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


def smooth_matrix(weight: Callable[[Any], Any], reach: int) -> Callable[..., Any]:
    """For resizing with antialiasing: a filter that is widened where the image shrinks."""

    def matrix(size: int, count: int, scale: Any, align_corners: bool) -> Any:
        if align_corners:
            step = (size - 1) / (count - 1) if count > 1 else 0.0
        else:
            step = 1.0 / scale if scale else size / count
        middles = step * (np.arange(count) + 0.5) - 0.5
        width = max(step, 1.0)
        places = np.arange(size)
        made = weight((places - middles[:, None]) / width)
        low = np.trunc(middles - reach * width + 1)[:, None]
        high = np.trunc(middles + reach * width + 1)[:, None]
        made = np.where((places >= low) & (places < high), made, 0)
        return made / made.sum(1, keepdims=True)

    return matrix


def applied(a: Any, matrices: Sequence[Any]) -> Any:
    """A matrix along each of the last dimensions; bytes are rounded every time, the last dimension first."""
    if a.dtype == np.uint8:
        for i, matrix in enumerate(reversed(matrices), 1):
            bits, weights = whole_weights(matrix)
            made = np.moveaxis(np.tensordot(a.astype(np.int64), weights, (a.ndim - i, 1)), -1, a.ndim - i)
            a = np.clip((made + (1 << bits >> 1)) >> bits, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(a)
    for i, matrix in enumerate(matrices):
        axis = a.ndim - len(matrices) + i
        a = np.moveaxis(np.tensordot(a, matrix.astype(a.dtype), (axis, 1)), -1, axis)
    return np.ascontiguousarray(a)


def whole_weights(matrix: Any) -> tuple[int, Any]:
    """The weights as integers of 16 bits, and how many bits of them stand behind the point."""
    bits = 0
    while bits < 22 and int(matrix.max() * (2 << bits) + 0.5) < 1 << 15:
        bits += 1
    scaled = matrix * (1 << bits)
    return bits, np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int64)


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
SMOOTH = {
    mode: resize_rows(f"_upsample_{mode}2d_aa", f"Upsample{mode.title()}2DAa", smooth_matrix(weight, reach))
    for mode, weight, reach in (("bilinear", triangle, 1), ("bicubic", sharp_cubic, 2), ("lanczos", lanczos, 3))
}
LINEAR = {
    1: resize_rows("upsample_linear1d", "UpsampleLinear1D", linear_matrix),
    2: resize_rows("upsample_bilinear2d", "UpsampleBilinear2D", linear_matrix),
    3: resize_rows("upsample_trilinear3d", "UpsampleTrilinear3D", linear_matrix),
}


def shuffled(a: Any, r: int) -> Any:
    check_shuffle(a.shape, r)
    *lead, channels, height, width = a.shape
    parts = a.reshape(*lead, channels // (r * r), r, r, height, width)
    n = len(lead)
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return np.ascontiguousarray(parts.transpose(order)).reshape(*lead, channels // (r * r), height * r, width * r)


def unshuffled(a: Any, r: int) -> Any:
    check_unshuffle(a.shape, r)
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
    if len(shape) <= 2:
        raise RuntimeError(sliding_texts.channels_rank(shape))
    if groups <= 0:
        raise RuntimeError(sliding_texts.groups_positive(groups))
    if shape[1] % groups:
        raise RuntimeError(sliding_texts.channel_groups(shape[1], groups))
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


AVERAGES = {rank: guarded(FUNCTIONS_OF[f"avg_pool{rank}d"], f"avg_pool{rank}d", "torch") for rank in (1, 2, 3)}


@functional
def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divided by a power of what neighbouring channels amount to."""
    if input.dim() < 3:
        raise ValueError(sliding_texts.RESPONSE_RANK.format(input.dim()))
    if input.numel() == 0:
        return input
    square = input.mul(input)
    if input.dim() == 3:
        square = square.unsqueeze(1)
        square = pad(square, (0, 0, size // 2, (size - 1) // 2))
        square = AVERAGES[2](square, (size, 1), stride=1).squeeze(1)
    else:
        shape = tuple(input.shape)
        square = square.view(shape[0], 1, shape[1], shape[2], -1)
        square = pad(square, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        square = AVERAGES[3](square, (size, 1, 1), stride=1).squeeze(1)
        square = square.view(shape)
    return input / square.mul(alpha).add(k).pow(beta)


@functional
def lp_pool1d(input: Any, norm_type: float, kernel_size: int, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The norm of each window."""
    mean = AVERAGES[1](input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(kernel_size).pow(1.0 / norm_type)


@functional
def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    width, height = kernel_size if isinstance(kernel_size, Iterable) else (kernel_size,) * 2
    mean = AVERAGES[2](input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(height * width).pow(1.0 / norm_type)
