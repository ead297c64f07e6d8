"""Numbers rounded to a few levels, as a quantized model would have them: training sees the rounding, gradients do not.

A gradient passes where the number was within the range of levels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor

LEVELS = "`quant_min` should be less than or         equal to `quant_max`."
ZERO_POINT = "`zero_point` must be between `quant_min` and `quant_max`."
PARAMETERS = "scale and zero-point need to have the same dimensions"
KERNEL = "fake_quantize_tensor_cachemask_kernel_type_handling"


def zero_point_type(kind: str) -> str:
    return f"Zero-point must be Int32, Float or Half, found {kind}"


def rounded(a: Any, scale: Any, zero_point: Any, low: int, high: int) -> tuple[Any, Any]:
    """The numbers as levels give them, and which were within the levels."""
    if a.dtype.kind not in "fV":
        raise NotImplementedError(not_implemented_for(KERNEL, dtypes.of_array(a).scalar_name))
    if low > high:
        raise RuntimeError(LEVELS)
    if np.any(zero_point < low) or np.any(zero_point > high):
        raise RuntimeError(ZERO_POINT)
    step = np.asarray(scale, np.float32)
    level = np.rint(zero_point + a.astype(np.float32) * (np.float32(1) / step)) + np.float32(0)  # no negative zero
    made = (np.clip(level, low, high) - zero_point) * step
    return made.astype(a.dtype), np.asarray((level >= low) & (level <= high))


def channel_parameters(a: Any, scale: Any, zero_point: Any, axis: int) -> tuple[Any, Any]:
    at = shapes.checked_dim(axis, a.ndim)
    if zero_point.dtype not in (np.int32, np.float32, np.float16):
        raise RuntimeError(zero_point_type(dtypes.of_array(zero_point).scalar_name))
    if scale.shape != zero_point.shape:
        raise RuntimeError(PARAMETERS)
    shape = [-1 if dim == at else 1 for dim in range(a.ndim)]
    return scale.reshape(shape), zero_point.reshape(shape)


def channels_rounded(a: Any, scale: Any, zero_point: Any, axis: int, low: int, high: int) -> tuple[Any, Any]:
    return rounded(a, *channel_parameters(a, scale, zero_point, axis), low, high)


def within(grads: Any, mask: Any) -> Any:
    return grads[0] * mask


BY_NUMBERS = operator(
    "fake_quantize_per_tensor_affine_cachemask(Tensor self, Number scale, int zero_point, int quant_min, int quant_max)"
    " -> (output, mask)",
    rounded,
    node="FakeQuantizePerTensorAffineCachemaskBackward0",
    gradients={"self": within},
    dtype=KEEP,
    public=FUNCTION,
)
BY_TENSORS = operator(
    "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, "
    "int quant_min, int quant_max) -> (output, mask)",
    rounded,
    node="FakeQuantizePerTensorAffineCachemaskTensorQparamsBackward0",
    gradients={"self": within},
    dtype=KEEP,
    public=False,
)
BY_CHANNEL = operator(
    "fake_quantize_per_channel_affine_cachemask(Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, "
    "int quant_max) -> (output, mask)",
    channels_rounded,
    node="FakeQuantizePerChannelAffineCachemaskBackward0",
    gradients={"self": within},
    dtype=KEEP,
    public=FUNCTION,
)


@function("fake_quantize_per_tensor_affine", public=FUNCTION)
def fake_quantize_per_tensor_affine(input: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int) -> Any:
    """One scale for all numbers. Raises RuntimeError for an empty range of levels."""
    row: Any = BY_TENSORS if isinstance(scale, Tensor) else BY_NUMBERS
    return row(input, scale, zero_point, quant_min, quant_max)[0]


@function("fake_quantize_per_channel_affine", public=FUNCTION)
def fake_quantize_per_channel_affine(
    input: Any, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int
) -> Any:
    """A scale for each slice along a dimension."""
    return BY_CHANNEL(input, scale, zero_point, axis, quant_min, quant_max)[0]
