"""`torch.nn.functional.interpolate`: which of the operators of `resizing.py` is meant, and what it refuses."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from refgrad import dtypes
from refgrad.operators import interpolating_texts as texts
from refgrad.operators.activations import FUNCTIONAL, functional
from refgrad.operators.resizing import BICUBIC, LINEAR, NEAREST, NEAREST_EXACT, SMOOTH
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.built_in import built_in
from refgrad.tensor import Tensor

FLOATING = ("float16", "bfloat16", "float32", "float64")
WITH_BYTES = (*FLOATING, "uint8")
PRECISE = ("float32", "float64", "uint8")


def output_of(size: Any, output_size: Any, scale_factors: Any) -> tuple[int, ...]:
    """The sizes that are given, or what becomes of the sizes of the input.

    Raises RuntimeError for one that no integer is.
    """
    if output_size is not None:
        return tuple(output_size)
    made = []
    for n, factor in zip(size, scale_factors, strict=True):
        product = n * factor
        if not math.isfinite(product) or abs(product) >= 2**63:
            raise dtypes.overflow(dtypes.int64)
        made.append(math.floor(product))
    return tuple(made)


def upsampling(name: str, rank: int, row: Any, kernel: str, types: tuple[str, ...], *, aligning: bool) -> Any:
    """The built-in function of a mode and a number of dimensions."""

    def compute(input: Any, output_size: Any, align_corners: bool | None, scale_factors: Any) -> Any:
        size = tuple(input.shape[2:])
        output = output_of(size, output_size, scale_factors)
        if min(*size, *output) < 1:
            raise RuntimeError(texts.interpolated_to_nothing(size, output))
        if input.shape[1] == 0:
            raise RuntimeError(texts.empty(input.shape))
        if input.dtype.name not in types:
            raise NotImplementedError(not_implemented_for(kernel, input.dtype.scalar_name))
        scales = (None,) * rank if scale_factors is None else tuple(scale_factors)
        return row(input, output, scales, align_corners)

    def plain(input: Any, output_size: Any, scale_factors: Any) -> Any:
        return compute(input, output_size, None, scale_factors)

    return built_in(compute if aligning else plain, name)


def modes() -> dict[tuple[str, int], Callable[..., Any]]:
    """By name and number of dimensions; those that smooth are named with a plus."""
    made = {}
    for rank in (1, 2, 3):
        near = "upsample_nearest2d_channels_last" if rank == 2 else "compute_indices_weights_nearest"
        for mode, name, row in (
            ("nearest", f"upsample_nearest{rank}d", NEAREST[rank]),
            ("nearest-exact", f"_upsample_nearest_exact{rank}d", NEAREST_EXACT[rank]),
        ):
            made[mode, rank] = upsampling(name, rank, row, near, WITH_BYTES, aligning=False)
    for rank, mode in enumerate(("linear", "bilinear", "trilinear"), 1):
        kernel = "upsample_bilinear2d_channels_last" if rank == 2 else "compute_indices_weights_linear"
        types = WITH_BYTES if rank == 2 else FLOATING
        made[mode, rank] = upsampling(f"upsample_{mode}{rank}d", rank, LINEAR[rank], kernel, types, aligning=True)
    made["bicubic", 2] = upsampling(
        "upsample_bicubic2d", 2, BICUBIC, "compute_indices_weights_cubic", WITH_BYTES, aligning=True
    )
    for mode, row in SMOOTH.items():
        made["+" + mode, 2] = upsampling(
            f"_upsample_{mode}2d_aa", 2, row, "compute_index_ranges_weights", PRECISE, aligning=True
        )
    return made


MODES = modes()
WITHOUT_CORNERS = ("nearest", "area", "nearest-exact")
RANKS = {"linear": 3, "bilinear": 4, "trilinear": 5}


def is_size(value: Any) -> bool:
    return not value.dtype.is_floating_point if isinstance(value, Tensor) else isinstance(value, int)


def sizes(input: Any, size: Any, scale_factor: Any) -> tuple[Any, Any]:
    """The sizes, or the factors, of every dimension.

    Raises ValueError for sizes given twice, never, or as too many, TypeError for what is no size.
    """
    if size is not None and scale_factor is not None:
        raise ValueError(texts.SIZE_TWICE)
    if size is None and scale_factor is None:
        raise ValueError(texts.NO_SIZE)
    spatial, count = tuple(input.shape[2:]), input.dim() - 2
    for given, name, letter in ((size, "output size", "o"), (scale_factor, "scale_factor", "s")):
        if isinstance(given, (tuple, list)) and len(given) != count:
            raise ValueError(texts.size_count(spatial, given, name, letter))
    if size is None:
        return None, scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor] * count
    if not isinstance(size, (tuple, list)):
        return [size] * count, None
    if not all(map(is_size, size)):
        raise TypeError(texts.size_types(size))
    return size, None


@functional
def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """An image in another size."""
    if mode in WITHOUT_CORNERS and align_corners is not None:
        raise ValueError(texts.CORNERS)
    rank = input.dim() - 2
    output, factors = sizes(input, size, scale_factor)
    if recompute_scale_factor and output is not None:
        raise ValueError(texts.RECOMPUTED)
    if output is None and (recompute_scale_factor or mode == "area"):
        output, factors = [int(input.size(i + 2) * each) for i, each in enumerate(factors)], None
    if antialias and not (mode in SMOOTH and rank == 2):
        raise ValueError(texts.ANTIALIAS)
    if mode == "area" and rank in NEAREST:
        return FUNCTIONAL[f"adaptive_avg_pool{rank}d"](input, output)
    if mode == "lanczos" and rank == 2:
        if align_corners:
            raise ValueError(texts.LANCZOS_CORNERS)
        if not antialias:
            raise ValueError(texts.LANCZOS_ROUGH)
    chosen = MODES.get(("+" + mode if antialias else mode, rank))
    if chosen is None:
        if mode in RANKS and rank in NEAREST:
            raise NotImplementedError(texts.mode_rank(input.dim(), mode, RANKS[mode]))
        raise NotImplementedError(texts.interpolate_mode(mode, input.dim()))
    if mode in WITHOUT_CORNERS:
        return chosen(input, output, factors)
    return chosen(input, output, False if align_corners is None else align_corners, factors)


@functional
def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:
    warnings.warn(texts.UPSAMPLE, stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)
