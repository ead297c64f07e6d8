"""What PyTorch says of windows that there are none of."""

from __future__ import annotations

from typing import Any

CENTER = "Center must be None for symmetric windows"
NO_LIST = "Coefficients must be a list/tuple"
NONE_GIVEN = "Coefficients cannot be empty"


def length(name: str, count: int) -> str:
    return f"{name} requires non-negative window length, got M={count}"


def kind(name: str, dtype: Any) -> str:
    return f"{name} expects float32 or float64 dtypes, got: {dtype}"


def layout(name: str, given: Any) -> str:
    return f"{name} is implemented for strided tensors only, got: {given}"


def time_constant(tau: float) -> str:
    return f"Tau must be positive, got: {tau} instead."


def deviation(std: float) -> str:
    return f"Standard deviation must be positive, got: {std} instead."


def shape(beta: float) -> str:
    return f"beta must be non-negative, got: {beta} instead."
