"""What PyTorch says when the parts of complex numbers do not fit."""

from __future__ import annotations

NOT_COMPLEX = "view_as_real is only supported for complex tensors"
CONJUGATED = (
    "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can view it "
    "as real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the original."
)
NO_DIMENSIONS = "Input tensor must have one or more dimensions"
NOT_PAIRS = "Tensor must have a last dimension of size 2"
PAIRS_APART = "Tensor must have a last dimension with stride 1"
ODD_STRIDES = "Tensor must have a stride divisible by 2 for all but last dimension"
ODD_OFFSET = "Tensor must have a storage_offset divisible by 2"


def not_viewed_as_complex(kind: str) -> str:
    return (
        f"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {kind}"
    )


def parts_floating(first: str, second: str) -> str:
    return f"Expected both inputs to be Half, Float or Double tensors but got {first} and {second}"


COMPLEX_HALF = "ComplexHalf support is experimental and many operators don't support it yet."


def complex_out(wanted: str, got: str) -> str:
    return f"Expected object of scalar type {wanted} but got scalar type {got} for argument 'out'"


def parts_differ(first: str, second: str) -> str:
    return f"Expected object of scalar type {first} but got scalar type {second} for second argument"


def complex_not_differentiable(name: str) -> str:
    return f"{name} does not support automatic differentiation for outputs with complex dtype."


IMAGINARY_DISCARDED = "Casting complex values to real discards the imaginary part"
IMAG_OF_REAL = "imag is not implemented for tensors with non-complex dtypes."
