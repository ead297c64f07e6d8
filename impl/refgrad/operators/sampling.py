"""Images looked up at other places: `affine_grid` and `grid_sample`."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from refgrad.dimension_texts import invalid_shape
from refgrad.operators import sampling_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.formula_values import zeros_like
from refgrad.operators.loss_texts import scalar_type
from refgrad.operators.matrix_texts import batch_rank, batch_sizes
from refgrad.operators.sampling_second import expressed, second
from refgrad.operators.shape_texts import negative_size
from refgrad.operators.texts import not_implemented_for
from refgrad.shapes import checked_dim, own_dim
from refgrad.signatures.refusing import guarded

MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
BILINEAR, NEAREST, BICUBIC = range(3)
PADDINGS = {"zeros": 0, "border": 1, "reflection": 2}
ZEROS, BORDER, REFLECTION = range(3)
CUBIC = -0.75


def steps(count: int, kind: Any, align_corners: bool) -> Any:
    """Places from -1 to 1."""
    if count <= 1:
        return np.zeros(count, kind)
    made = np.linspace(-1, 1, count, dtype=kind)
    return made if align_corners else made * kind.type((count - 1) / count)


def base_grid(size: Any, kind: Any, align_corners: bool) -> Any:
    """Every place with a 1 behind it, from x to z."""
    axes = [steps(n, kind, align_corners) for n in size[2:]]
    meshes = np.meshgrid(*axes, indexing="ij")
    return np.stack([*reversed(meshes), np.ones_like(meshes[0])], -1)


def check_affine(theta: Any, size: Any) -> None:
    """Raise RuntimeError, IndexError or NotImplementedError for maps and sizes that do not fit each other."""
    if len(size) not in (4, 5):
        raise RuntimeError(texts.AFFINE_RANK)
    columns, batch, places = len(size) - 1, size[0], size[2:]
    negative = next((each for each in (batch, *places) if each < 0), None)
    if negative is not None:
        raise RuntimeError(negative_size(negative, (batch, *places, columns)))
    if theta.dtype.kind == "b":
        raise NotImplementedError(not_implemented_for("linspace_cpu" if places[-1] > 1 else "tensor_cpu", "Bool"))
    for dim in (1, 2):
        checked_dim(dim, theta.ndim)
    if theta.ndim != 3:
        raise RuntimeError(batch_rank("batch2"))
    if theta.shape[0] != batch or theta.shape[2] != columns:
        raise RuntimeError(batch_sizes((batch, columns), (theta.shape[0], theta.shape[2])))
    shape = (batch, *places, columns - 1)
    if theta.shape[1] * math.prod((batch, *places)) != math.prod(shape):
        raise RuntimeError(invalid_shape(shape, theta.shape[1] * math.prod((batch, *places))))


def affine_forward(theta: Any, size: Any, align_corners: bool) -> Any:
    check_affine(theta, size)
    base = base_grid(size, theta.dtype, align_corners)
    flat = base.reshape(-1, base.shape[-1])
    return np.ascontiguousarray(flat @ theta.swapaxes(-2, -1)).reshape(size[0], *size[2:], base.shape[-1] - 1)


def affine_gradient(grad: Any, size: Any, align_corners: bool) -> Any:
    from refgrad.tensor import Tensor

    base = base_grid(size, grad._array.dtype, align_corners)
    rows, columns = math.prod(size[2:]), base.shape[-1]
    flat = Tensor._of(np.broadcast_to(base.reshape(rows, columns), (size[0], rows, columns)).copy())
    return flat.transpose(1, 2).bmm(grad.reshape((size[0], rows, columns - 1))).transpose(1, 2)


AFFINE = operator(
    "affine_grid_generator(Tensor theta, int[] size, bool align_corners)",
    affine_forward,
    node="AffineGridGeneratorBackward0",
    gradients={"theta": affine_gradient},
    dtype=KEEP,
    public=FUNCTION,
)


GENERATED = guarded(
    lambda theta, size, align_corners: AFFINE(theta, tuple(size), align_corners), "affine_grid_generator", "torch"
)


@functional
def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Any:
    """The places that affine maps send those of an image to."""
    if align_corners is None:
        warnings.warn(texts.AFFINE_ALIGN, stacklevel=2)
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(texts.theta_type(theta.dtype))
    if len(size) not in (4, 5):
        raise NotImplementedError(texts.affine_size(size))
    rank = len(size) - 2
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (rank, rank + 1):
        raise ValueError(texts.affine_matrices(rank, size, theta.shape))
    if align_corners and min(size[2:]) == 1:
        warnings.warn(texts.AFFINE_OF_ONE, stacklevel=2)
    elif min(size) <= 0:
        raise ValueError(texts.affine_positive(size))
    return GENERATED(theta, size, align_corners)


def unnormalized(x: Any, size: int, align_corners: bool) -> tuple[Any, float]:
    """From -1..1 to numbers of elements, and the slope of that."""
    if align_corners:
        return (x + 1) / 2 * (size - 1), (size - 1) / 2
    return ((x + 1) * size - 1) / 2, size / 2


def mirrored(x: Any, low: float, high: float) -> tuple[Any, Any]:
    """Reflected at both ends, and the sign of the slope."""
    span = high - low
    if span == 0:
        return np.zeros_like(x), np.zeros_like(x)
    away = x - low
    sign = np.where(away < 0, -1.0, 1.0)
    away = np.abs(away)
    turns = np.floor(away / span)
    rest = away - turns * span
    even = turns % 2 == 0
    return np.where(even, rest + low, span - rest + low), np.where(even, sign, -sign)


def inside(x: Any, size: int, padding: int, align_corners: bool) -> tuple[Any, Any]:
    """Numbers of elements brought into the image, and the slope of that."""
    slope = np.ones_like(x)
    if padding == REFLECTION:
        ends = (0.0, size - 1.0) if align_corners else (-0.5, size - 0.5)
        x, slope = mirrored(x, *ends)
    if padding in (BORDER, REFLECTION):
        slope = np.where((x <= 0) | (x >= size - 1), 0.0, slope)
        x = np.clip(x, 0, size - 1)
    return x, slope


def taps(x: Any, mode: int) -> Iterator[tuple[Any, Any, Any]]:
    """The neighbours of places along one axis: their numbers, weights, and the slopes of these."""
    if mode == NEAREST:
        near = np.rint(x)
        yield near.astype(np.int64), np.ones_like(x), np.zeros_like(x)
        return
    below = np.floor(x)
    share = x - below
    if mode == BILINEAR:
        yield below.astype(np.int64), 1 - share, -np.ones_like(x)
        yield below.astype(np.int64) + 1, share, np.ones_like(x)
        return
    for step in (-1, 0, 1, 2):
        apart = share - step
        size, sign = np.abs(apart), np.sign(apart)
        near = ((CUBIC + 2) * size - (CUBIC + 3)) * size * size + 1
        far = ((CUBIC * size - 5 * CUBIC) * size + 8 * CUBIC) * size - 4 * CUBIC
        near_slope = (3 * (CUBIC + 2) * size - 2 * (CUBIC + 3)) * size
        far_slope = (3 * CUBIC * size - 10 * CUBIC) * size + 8 * CUBIC
        close = size <= 1
        weight, slope = np.where(close, near, far), np.where(close, near_slope, far_slope) * sign
        yield below.astype(np.int64) + step, weight, slope


def located(a: Any, grid: Any, mode: int, padding: int, align_corners: bool) -> tuple[list[Any], list[Any]]:
    """For each axis of the image the taps of every place, and the slope of its number in the grid."""
    found, slopes = [], []
    rank = grid.shape[-1]
    for axis in range(rank):
        size = a.shape[2 + axis]
        x, factor = unnormalized(grid[..., rank - 1 - axis].astype(np.float64), size, align_corners)
        slope = np.full_like(x, factor)
        if mode != BICUBIC:
            x, turn = inside(x, size, padding, align_corners)
            slope = slope * turn
        parts = []
        for numbers, weight, change in taps(x, mode):
            if mode == BICUBIC and padding != ZEROS:
                numbers = inside(numbers.astype(np.float64), size, padding, align_corners)[0].astype(np.int64)
            seen = (numbers >= 0) & (numbers < size)
            parts.append(
                (np.clip(numbers, 0, max(size - 1, 0)), np.where(seen, weight, 0), np.where(seen, change, 0), seen)
            )
        found.append(parts)
        slopes.append(slope)
    return found, slopes


def looked_up(a: Any, places: Any) -> Any:
    """Elements of every channel at places of every sample, the channel in front."""
    batch = np.arange(a.shape[0]).reshape(-1, *(1 for _ in places[0].shape[1:]))
    return np.moveaxis(a, 1, -1)[(batch, *places)]


def sample_forward(a: Any, grid: Any, mode: int, padding: int, align_corners: bool) -> Any:
    parts, _ = located(a, grid, mode, padding, align_corners)
    made: Any = np.zeros((*grid.shape[:-1], a.shape[1]), np.float64)
    for chosen in itertools.product(*parts):
        weight = math.prod((each[1] for each in chosen), start=np.ones(grid.shape[:-1]))
        seen = np.logical_and.reduce([each[3] for each in chosen])
        values = looked_up(a, [each[0] for each in chosen])
        made += np.where(seen[..., None], values, 0) * weight[..., None]
    return np.ascontiguousarray(np.moveaxis(made, -1, 1).astype(a.dtype))


def sample_backward_forward(
    grad: Any, a: Any, grid: Any, mode: int, padding: int, align_corners: bool, output_mask: Any
) -> Any:
    parts, slopes = located(a, grid, mode, padding, align_corners)
    rank = grid.shape[-1]
    to_image: Any = np.zeros(np.moveaxis(a, 1, -1).shape, np.float64)
    to_grid: Any = np.zeros(grid.shape, np.float64)
    back = np.moveaxis(grad, 1, -1).astype(np.float64)
    batch = np.arange(a.shape[0]).reshape(-1, *(1 for _ in grid.shape[1:-1]))
    for chosen in itertools.product(*parts):
        seen = np.logical_and.reduce([each[3] for each in chosen])
        weight = math.prod((each[1] for each in chosen), start=np.ones(grid.shape[:-1])) * seen
        places = [each[0] for each in chosen]
        np.add.at(to_image, (batch, *places), back * weight[..., None])
        values = (looked_up(a, places) * back).sum(-1) * seen
        for axis in range(rank):
            change = chosen[axis][2] * slopes[axis]
            for other in range(rank):
                if other != axis:
                    change = change * chosen[other][1]
            to_grid[..., rank - 1 - axis] += values * change
    return np.ascontiguousarray(np.moveaxis(to_image, -1, 1).astype(a.dtype)), to_grid.astype(grid.dtype)


def shares_of(a: Any, grid: Any, mode: int, padding: int, align_corners: bool) -> list[Any]:
    """How far every place is from the neighbour below it, along each axis of the image."""
    rank, made = grid.shape[-1], []
    for axis in range(rank):
        size = a.shape[2 + axis]
        x, _ = unnormalized(grid[..., rank - 1 - axis].astype(np.float64), size, align_corners)
        x = x if mode == BICUBIC else inside(x, size, padding, align_corners)[0]
        made.append(x - np.floor(x))
    return made


def sample_double(
    grads: Any, grad_output: Any, input: Any, grid: Any, interpolation_mode: int, padding_mode: int,
    align_corners: bool, needed: Any,
) -> Any:  # fmt: skip
    where = (input._array, grid._array, interpolation_mode, padding_mode, align_corners)
    places, shares = located(*where), shares_of(*where)

    def look_up(image: Any, grid: Any) -> Any:
        return expressed(image, grid, interpolation_mode, places, shares)

    found = second(look_up, grads, (grad_output, input, grid), needed)
    if interpolation_mode == NEAREST and needed[2]:
        return (*found[:2], zeros_like(grid))
    return found


BACKWARDS = {
    rank: operator(
        f"grid_sampler_{rank}d_backward(Tensor grad_output, Tensor input, Tensor grid, int interpolation_mode, "
        "int padding_mode, bool align_corners, bool[] output_mask) -> (result0, result1)",
        sample_backward_forward,
        node=f"GridSampler{rank}DBackwardBackward0",
        gradients={"grad_output, input, grid": sample_double},
        dtype=KEEP,
        public=False,
    )
    for rank in (2, 3)
}


def sample_gradient(rank: int) -> Any:
    def gradient(
        grad: Any, input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool, needed: Any
    ) -> Any:
        found = BACKWARDS[rank](
            grad, input, grid, interpolation_mode, padding_mode, align_corners, (needed[0], needed[1])
        )
        return tuple(each if wanted else None for each, wanted in zip(found, needed, strict=True))

    return gradient


SAMPLES = {
    rank: operator(
        f"grid_sampler_{rank}d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, "
        "bool align_corners)",
        sample_forward,
        node=f"GridSampler{rank}DBackward0",
        gradients={"input, grid": sample_gradient(rank)},
        dtype=KEEP,
        public=False,
    )
    for rank in (2, 3)
}


def check_places(input: Any, grid: Any) -> None:
    """Raise RuntimeError for images and grids that do not fit each other, or images without elements."""
    for each in (input, grid):
        own_dim(0, each.dim())
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(texts.batches(input.shape, grid.shape))
    if grid.shape[-1] != input.dim() - 2:
        raise RuntimeError(texts.coordinates(input.dim() - 2, grid.shape))
    for dim, size in enumerate(input.shape[2:], 2):
        if size == 0:
            raise RuntimeError(texts.nothing_to_sample(input.shape, dim))


def sample(rank: int, input: Any, grid: Any, mode: int, padding: int, align_corners: bool) -> Any:
    """Raise RuntimeError or NotImplementedError for operands that do not fit."""
    check_places(input, grid)
    if not input.dim() == grid.dim() == rank + 2:
        raise RuntimeError(texts.ranks(rank + 2, input.shape, grid.shape))
    if rank == 3 and mode == BICUBIC:
        raise RuntimeError(texts.BICUBIC_VOLUMES)
    if not input.is_floating_point():
        raise NotImplementedError(not_implemented_for(texts.KERNELS[rank], input.dtype.scalar_name))
    if grid.dtype is not input.dtype:
        raise RuntimeError(scalar_type(input.dtype.scalar_name, grid.dtype.scalar_name))
    return SAMPLES[rank](input, grid, mode, padding, align_corners)


@function("grid_sampler_2d", public=FUNCTION)
def grid_sampler_2d(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """The image at the places of a grid, with numbers for the modes."""
    return sample(2, input, grid, interpolation_mode, padding_mode, align_corners)


@function("grid_sampler_3d", public=FUNCTION)
def grid_sampler_3d(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """The same of volumes."""
    return sample(3, input, grid, interpolation_mode, padding_mode, align_corners)


@function("grid_sampler", public=FUNCTION)
def grid_sampler(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """Of images or of volumes."""
    return sample(2 if input.dim() == 4 else 3, input, grid, interpolation_mode, padding_mode, align_corners)


SAMPLED = guarded(grid_sampler, "grid_sampler", "torch")


@functional
def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    """The image at the places of a grid. Raises ValueError for an unknown mode."""
    if mode not in MODES:
        raise ValueError(texts.mode(mode))
    if padding_mode not in PADDINGS:
        raise ValueError(texts.padding(padding_mode))
    if align_corners is None:
        warnings.warn(texts.SAMPLE_ALIGN, stacklevel=2)
        align_corners = False
    return SAMPLED(input, grid, MODES[mode], PADDINGS[padding_mode], align_corners)
