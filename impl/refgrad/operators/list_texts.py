"""What PyTorch says of operators on lists of tensors."""

from __future__ import annotations

EMPTY = "Tensor list must have at least one tensor."
OTHER_NUMBER_OF_SCALARS = "Tensor list must have same number of elements as scalar list."
SEVERAL_SHARED = "inconsistent range for TensorList output"
MM_EMPTY = "_foreach_mm requires non-empty tensor lists"
MM_LENGTHS = "_foreach_mm: self and mat2 must have the same number of tensors"
NORM_ORDER = "foreach_tensor_norm_slow expects ord to be integer or float"


def other_length(first: int, other: int) -> str:
    return f"Tensor lists must have the same number of tensors, got {first} and {other}"


def no_single_number(dimensions: int, elements: int) -> str:
    return f"scalar tensor expected to be 0 dim but it has {dimensions} dimensions and {elements} elements."


def other_number_packed(wanted: int, given: int) -> str:
    return f"Expected length of scalars to match input of length {wanted} but got {given} instead."


def packed_dimensions(dimensions: int) -> str:
    return f"Expected packed scalar Tensor to be of dimension 1. Got {dimensions} instead."
