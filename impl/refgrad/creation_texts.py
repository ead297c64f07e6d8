"""What PyTorch says when the arguments of ranges and other new tensors are wrong."""

from __future__ import annotations

from typing import Any

STEP_ZERO = "step must be nonzero"
STEP_SIGN = "upper bound and lower bound inconsistent with step sign"
STEPS_NEGATIVE = "number of steps must be non-negative"


def range_unbounded(start: Any, end: Any) -> str:
    return f"unsupported range: {shown(start)} -> {shown(end)}"


def shown(number: Any) -> str:
    return f"{number:g}"


def endpoints_dimensioned(name: str, start: int, end: int) -> str:
    parts = [f"{which} with {ndim} dimension(s)" for which, ndim in (("start", start), ("end", end)) if ndim]
    return f"{name} only supports 0-dimensional start and end tensors, but got {' and '.join(parts)}."


def eye_negative(name: str, size: int) -> str:
    return f"{name} must be greater or equal to 0, got {size}"


def triangle_negative(name: str, size: int) -> str:
    return f"{name} must be non-negative, got{size}"
