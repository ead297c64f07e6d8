"""What PyTorch says when the arguments of the operators that quantize are wrong."""

from __future__ import annotations

AXIS = "`axis` must be between 0 and number of dimensions of input"
CHANNELS = "dimensions of scale and zero-point are not consistent with input tensor"
KERNEL = "fake_quantize_tensor_cachemask_kernel_type_handling"
KERNEL_OF_CHANNELS = "fake_quantize_channel_cachemask_cpu_type_handling"
PARAMETERS_SHAPE = "scale and zero-point need to have the same dimensions"
RANGE = "`quant_min` should be less than or         equal to `quant_max`."
SCALE_RANK = "scale should be a 1-D tensor"
ZERO_POINT_RANK = "zero point should be a 1-D tensor"
ZERO_POINT = "`zero_point` must be between `quant_min` and `quant_max`."


def scale_type(kind: str) -> str:
    return f"Scale must be Float or BFloat16, found {kind}"


def zero_point_type(kind: str) -> str:
    return f"Zero-point must be Int32, Float or Half, found {kind}"
