"""What PyTorch says when the arguments of ranges and other new tensors are wrong."""

from __future__ import annotations

from typing import Any

NO_PINNED_MEMORY = (
    "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this "
    "system."
)
HIGH_NO_SCALAR = "high must be a scalar tensor and on CPU"
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


UNSUPPORTED_PRESERVE = "unsupported memory format Preserve"
LAYOUT_TWICE = "Duplicate dim not allowed"
SEQUENCE_ALIASED = "can't alias arbitrary sequence into a tensor."


def strides_length(sizes: int, strides: int) -> str:
    return f"dimensionality of sizes ({sizes}) must match dimensionality of strides ({strides})"


def layout_length(sizes: int, dims: int) -> str:
    return (
        "Number of dimensions in size does not match the length of the physical_layout; i.e. "
        f"len(size) = {sizes} is not equal to len(physical_layout) = {dims}"
    )


def layout_range(count: int, dim: int, place: int) -> str:
    return (
        f"Dimension out of range (expected to be between 0 and {count - 1}, but got {dim} at index {place}).  NB: "
        "negative dims not currently supported; file an issue if you want it."
    )


def aliased_type(given: str, wanted: str) -> str:
    return f"can't alias tensor with dtype '{given}' into dtype '{wanted}'."


TOO_LONG = "Overflow when unpacking long long"


LEGACY_NEW_OF_TENSOR = (
    "Legacy tensor new of the form tensor.new(tensor, device=device) is not supported.  Use torch.as_tensor(...) "
    "instead."
)


def legacy_device(kind: str) -> str:
    return f"legacy constructor expects device type: cpu but device type: {kind} was passed"


def no_sequence(kind: str) -> str:
    return f"new(): data must be a sequence (got {kind})"


def other_options(wanted: str, given: str) -> str:
    first, second = (
        f"TensorOptions(dtype={kind}, device=cpu, layout=Strided, requires_grad=false (default), pinned_memory=false "
        "(default), memory_format=(nullopt))"
        for kind in (wanted, given)
    )
    return f"expected {first} (got {second})"


NOT_A_SEQUENCE = "not a sequence"


def too_many_dimensions(kind: str) -> str:
    return f"too many dimensions '{kind}'"


def no_integer(kind: str) -> str:
    return f"'{kind}' object cannot be interpreted as an integer"


def no_real_number(kind: str) -> str:
    return f"must be real number, not {kind}"


def complex_number_for(*, integers: bool) -> str:
    return (no_integer if integers else no_real_number)("complex")


ZEROS_NEGATIVE = "zeros: Dimension size must be non-negative."


def negative_dimension(sizes: tuple[int, ...]) -> str:
    first = next(each for each in sizes if each < 0)
    return f"Trying to create tensor with negative dimension {first}: {list(sizes)}"


COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)
COPY_CONSTRUCT_METHOD = COPY_CONSTRUCT.replace("torch.tensor(", "tensor.new_tensor(")
NOT_WRITABLE_ARRAY = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or make it "
    "writable before converting it to a tensor. This type of warning will be suppressed for the rest of this program."
)
NEGATIVE_STRIDES = (
    "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
    "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
)
ASARRAY_REQUIRES_GRAD = (
    "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
    "requires_grad=False explicitly to get the old behavior and silence this warning."
)


def ragged(length: int, dim: int, got: int) -> str:
    return f"expected sequence of length {length} at dim {dim} (got {got})"


def no_dtype_of(kind: str) -> str:
    return f"Could not infer dtype of {kind}"


def expected_ndarray(kind: str) -> str:
    return f"expected np.ndarray (got {kind})"


def index_is_text(kind: str) -> str:
    return f"new(): invalid data type '{kind}'"


def random_range(low: Any, high: Any) -> str:
    return f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
