"""What PyTorch says when the arguments of Fourier transforms are wrong."""

from __future__ import annotations

from typing import Any

UNIQUE = "FFT dims must be unique"
LENGTHS = "When given, dim and shape arguments must have the same length"


def normalization(norm: Any) -> str:
    return f'Invalid normalization mode: "{norm}"'


def points(count: int) -> str:
    return f"Invalid number of data points ({count}) specified"


def unsupported(kind: str) -> str:
    return f"Unsupported dtype {kind}"


def real_expected(name: str, kind: str) -> str:
    return f"{name} expects a real input tensor, but got {kind}"


def real_valued_expected(name: str, kind: str) -> str:
    return f"{name} expects a real-valued input tensor, but got {kind}"


def floating_only(kind: str) -> str:
    return f"Only supports floating-point dtypes, but found: {kind}"


def too_many(count: int, ndim: int) -> str:
    return f"Got shape with {count} values but input tensor only has {ndim} dimensions."


def axis_needed(name: str) -> str:
    return f"{name} must transform at least one axis"


def no_dimensions(dim: int) -> str:
    return f"Dimension specified as {dim} but tensor has no dimensions"


def complex_output(name: str, kind: str) -> str:
    return f"{name} expects a complex output tensor, but got {kind}"


def floating_output(name: str, kind: str) -> str:
    return f"{name} expects a floating point output tensor, but got {kind}"


def frequencies(name: str) -> str:
    return f"{name} requires a floating point or complex dtype"
