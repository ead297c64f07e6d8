"""What PyTorch says of images that cannot be had in another size."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

UPSAMPLE = "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead."
NO_SIZE = "either size or scale_factor should be defined"
SIZE_TWICE = "only one of size or scale_factor should be defined"
CORNERS = "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
RECOMPUTED = "recompute_scale_factor is not meaningful with an explicit size."
ANTIALIAS = "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
LANCZOS_CORNERS = "Lanczos mode does not support align_corners=True"
LANCZOS_ROUGH = "Lanczos mode requires antialias=True"


def size_count(spatial: Sequence[int], size: object, name: str, letter: str) -> str:
    what, given = ("output", "output size of") if name == "output size" else (name, f"{name} of shape")
    return (
        f"Input and {what} must have the same number of spatial dimensions, but got input with spatial dimensions of "
        f"{listed(spatial)} and {given} {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
        f"{name} in ({letter}1, {letter}2, ...,{letter}K) format."
    )


def size_types(size: Sequence[object]) -> str:
    return (
        "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size with "
        f"types {[type(each) for each in size]}"
    )


def mode_rank(ndim: int, mode: str, wanted: int) -> str:
    return f"Got {ndim}D input, but {mode} mode needs {wanted}D input"


def interpolate_mode(mode: str, ndim: int) -> str:
    return (
        "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
        f"{ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact "
        f"(got {mode})"
    )


def interpolated_to_nothing(size: Sequence[int], output: Sequence[int]) -> str:
    letters = ("D", "H", "W")[3 - len(size) :]
    given, made = (
        ", ".join(f"{letter}: {n}" for letter, n in zip(letters, each, strict=True)) for each in (size, output)
    )
    joined = f"({given}) {'and ' if len(size) == 1 else ''}output ({made})"
    return f"Input and output sizes should be greater than 0, but got input {joined}"


def empty(shape: Sequence[int]) -> str:
    return f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes {listed(shape)}"
