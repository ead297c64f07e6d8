"""What PyTorch says about images that are looked up at other places."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

AFFINE_ALIGN = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)
SAMPLE_ALIGN = AFFINE_ALIGN
AFFINE_OF_ONE = (
    "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is not an "
    "intended use case of affine_grid. See the documentation of affine_grid for details."
)
BICUBIC_VOLUMES = "grid_sampler(): bicubic interpolation only supports 4D input"
KERNELS = {2: "grid_sampler_2d_cpu_kernel_impl", 3: "grid_sampler3d_cpu"}
AFFINE_RANK = "AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs."


def nothing_to_sample(image: Sequence[int], dim: int) -> str:
    return (
        f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {listed(image)} "
        f"with dimension {dim} being empty"
    )


def ranks(ndim: int, image: Sequence[int], grid: Sequence[int]) -> str:
    return (
        f"grid_sampler(): expected {ndim}D input and grid with same number of dimensions, but got input with sizes "
        f"{listed(image)} and grid with sizes {listed(grid)}"
    )


def batches(image: Sequence[int], grid: Sequence[int]) -> str:
    return (
        "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
        f"{listed(image)} and grid with sizes {listed(grid)}"
    )


def coordinates(rank: int, grid: Sequence[int]) -> str:
    return (
        f"grid_sampler(): expected grid to have size {rank} in last dimension, but got grid with sizes {listed(grid)}"
    )


def mode(name: str) -> str:
    return f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{name}'"


def padding(name: str) -> str:
    return (
        "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
        f"'{name}'"
    )


def theta_type(kind: object) -> str:
    return f"Expected theta to have floating point type, but got {kind}"


def affine_size(size: object) -> str:
    return f"affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size {size}."


def affine_matrices(rank: int, size: object, shape: object) -> str:
    return f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {size}. Got {shape}."


def affine_positive(size: object) -> str:
    return f"Expected non-zero, positive output size. Got {size}"
