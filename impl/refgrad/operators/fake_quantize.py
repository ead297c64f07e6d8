"""Numbers rounded to what a quantized type could hold: `fake_quantize_per_tensor_affine` and `..._per_channel_...`."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, shapes, tensor_texts
from refgrad.operators import fake_quantize_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, Public, function, operator
from refgrad.operators.texts import dimension_wanted, not_implemented_for
from refgrad.tensor import Tensor


def check_range(low: int, high: int) -> None:
    if np.int64(low) > np.int64(high):  # an integer of more than 64 bits is refused
        raise RuntimeError(texts.RANGE)


def number_of(array: Any, kind: Any) -> Any:
    """The one element, which has to fit a type. Raises RuntimeError if there is not one, or it does not."""
    if array.size != 1:
        raise RuntimeError(tensor_texts.not_one_element(array.size))
    return dtypes.element(array.item(), kind)


def quantized(a: Any, scale: Any, zero: Any, low: int, high: int, kernel: str) -> tuple[Any, Any]:
    """The nearest of the numbers that steps of `scale` lead to, and which elements lie between the outermost two."""
    if a.dtype.kind not in "fV":
        raise NotImplementedError(not_implemented_for(kernel, dtypes.of_array(a).scalar_name))
    kind = np.float32
    inverse = (kind(1) / np.asarray(scale, kind)).astype(kind)
    shift, scaled = np.asarray(zero, kind), a.astype(kind) * inverse
    steps = np.rint(scaled + shift) if np.asarray(zero).dtype.kind == "f" else np.rint(scaled) + shift
    made = (np.clip(steps, low, high) - np.asarray(zero, kind)) * np.asarray(scale, kind)
    return made.astype(a.dtype), (steps >= low) & (steps <= high)


def quantizing_row(
    signature: str, node: str, forward: Any, *, public: bool | Public = False, refuses: tuple[str, ...] = ()
) -> Any:
    return operator(
        f"{signature} -> (output, mask)",
        forward,
        node=node,
        history=1,
        gradients={"self": lambda grad, mask: grad * mask},
        refuses=refuses,
        dtype=KEEP,
        public=public,
    )


def of_numbers(a: Any, scale: float, zero_point: int, quant_min: int, quant_max: int) -> Any:
    check_range(quant_min, quant_max)
    if not quant_min <= zero_point <= quant_max:
        raise RuntimeError(texts.ZERO_POINT)
    return quantized(a, scale, zero_point, quant_min, quant_max, texts.KERNEL)


def of_tensors(a: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int) -> Any:
    check_range(quant_min, quant_max)
    zero = number_of(zero_point, dtypes.int32)
    return quantized(a, number_of(scale, dtypes.float32), zero, quant_min, quant_max, texts.KERNEL)


def of_channels(a: Any, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int) -> Any:
    if scale.dtype.kind != "V" and scale.dtype != np.float32:
        raise RuntimeError(texts.scale_type(dtypes.of_array(scale).scalar_name))
    if zero_point.dtype not in (np.int32, np.float32, np.float16):
        raise RuntimeError(texts.zero_point_type(dtypes.of_array(zero_point).scalar_name))
    if scale.ndim != 1:
        raise RuntimeError(texts.SCALE_RANK)
    if zero_point.ndim != 1:
        raise RuntimeError(texts.ZERO_POINT_RANK)
    if scale.shape != zero_point.shape:
        raise RuntimeError(texts.PARAMETERS_SHAPE)
    at = shapes.own_dim(axis, a.ndim)
    if scale.shape[0] != a.shape[at]:
        raise RuntimeError(texts.CHANNELS)
    check_range(quant_min, quant_max)
    whole = zero_point.dtype == np.int32
    if whole and not zero_point.size:
        raise RuntimeError(dimension_wanted("min"))
    if whole and ((zero_point < quant_min) | (zero_point > quant_max)).any():
        raise RuntimeError(texts.ZERO_POINT)
    if axis < 0:
        raise RuntimeError(texts.AXIS)
    shape = [-1 if i == at else 1 for i in range(a.ndim)]
    return quantized(a, scale.reshape(shape), zero_point.reshape(shape), quant_min, quant_max, texts.KERNEL_OF_CHANNELS)


PER_TENSOR = quantizing_row(
    "fake_quantize_per_tensor_affine_cachemask(Tensor self, float scale, int zero_point, int quant_min, int quant_max)",
    "FakeQuantizePerTensorAffineCachemaskBackward0",
    of_numbers,
    public=FUNCTION,
)
PER_TENSOR_OF_TENSORS = quantizing_row(
    "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, "
    "int quant_min, int quant_max)",
    "FakeQuantizePerTensorAffineCachemaskTensorQparamsBackward0",
    of_tensors,
    refuses=("scale", "zero_point"),
)
PER_CHANNEL = quantizing_row(
    "fake_quantize_per_channel_affine_cachemask(Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, "
    "int quant_max)",
    "FakeQuantizePerChannelAffineCachemaskBackward0",
    of_channels,
    public=FUNCTION,
    refuses=("scale", "zero_point"),
)


@function("fake_quantize_per_tensor_affine", public=FUNCTION)
def fake_quantize_per_tensor_affine(input: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int) -> Any:
    """Rounded to steps of one size, and cut off at both ends."""
    row = PER_TENSOR_OF_TENSORS if isinstance(scale, Tensor) else PER_TENSOR
    return row(input, scale, zero_point, quant_min, quant_max)[0]


@function("fake_quantize_per_channel_affine", public=FUNCTION)
def fake_quantize_per_channel_affine(
    input: Any, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int
) -> Any:
    """The same with steps of its own size for each element of a dimension."""
    return PER_CHANNEL(input, scale, zero_point, axis, quant_min, quant_max)[0]
