"""What PyTorch says of an `out=` of another type than it writes: each function in its own words."""

from __future__ import annotations

from refgrad.cpp_spelling import legacy_type, stored_type
from refgrad.dtypes import dtype
from refgrad.operators.texts import out_type

QUANTILE = "quantile() out tensor must be same dtype as the input tensor"
NANMEAN = "nanmean(): integral types and 'Bool' are not supported for nanmean, even for empty tensors."
KTH_VALUES = "output values must be of same type as input"
KTH_INDICES = "output indices must be of scalar type Long"
NONZERO_TUPLE = "nonzero does not support the out kwarg when as_tuple is True"


def expected(wanted: dtype, got: dtype) -> str:
    return out_type(stored_type(wanted), stored_type(got))


def only_bools(name: str, got: dtype) -> str:
    return f"{name} only supports bool tensor for result, got: {got.scalar_name}"


def no_bools(name: str) -> str:
    return f"{name} does not support non-boolean outputs."


def unlike(name: dtype, got: dtype) -> str:
    return (
        f"Expected the dtype for input and out to match, but got {name.scalar_name} for input's dtype and "
        f"{got.scalar_name} for out's dtype."
    )


def floats_only(name: str, got: dtype) -> str:
    return f"{name}(): Expected floating point type for result tensor, but got: {got.scalar_name}"


def mean(got: dtype) -> str:
    return f"mean.dtype_out(): input types can't be cast to the desired output type {got.scalar_name}"


def nansum(got: dtype, wanted: dtype) -> str:
    return f"nansum: provided dtype must match dtype of result. Got {got.scalar_name} and {wanted.scalar_name}."


def found(got: dtype, wanted: dtype) -> str:
    return f"Found dtype {got.scalar_name} but expected {wanted.scalar_name}"


def scalar_type(wanted: dtype, got: dtype) -> str:
    return f"expected scalar_type {wanted.scalar_name} but found {got.scalar_name}"


def nan_to_num(got: dtype, wanted: dtype) -> str:
    return f"nan_to_num: dtype of out: {got.scalar_name} should be same as input: {wanted.scalar_name}"


def long_wanted(name: str, got: dtype) -> str:
    return f"{name}: Expected out tensor to have scalar type Long but got scalar type{got.scalar_name}"


def of_mode(wanted: dtype, got: dtype, which: str) -> str:
    return f"expected scalar type '{wanted.scalar_name}' but got '{got.scalar_name}' for {which} output"


def median_values(got: dtype, wanted: dtype) -> str:
    return (
        "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but type "
        f"{legacy_type(got)} does not equal {legacy_type(wanted)} (while checking arguments for median)"
    )


def median_indices(got: dtype) -> str:
    return (
        f"Expected tensor for argument #1 'indices' to have scalar type Long; but got {legacy_type(got)} instead "
        "(while checking arguments for median)"
    )
