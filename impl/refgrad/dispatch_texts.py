"""What is said of classes with a `__torch_dispatch__`, of what it returns, and of tensors that wrap others."""

from __future__ import annotations

from collections.abc import Sequence


def no_tensor_returned(made: object) -> str:
    return f"Unable to cast {made} to Tensor"


def no_sequence_returned(kind: str) -> str:
    return f"Object of type '{kind}' is not an instance of 'sequence'"


def no_list_returned(kind: type) -> str:
    return (
        f"Unable to cast Python instance of type {kind} to C++ type '?' (#define PYBIND11_DETAILED_ERROR_MESSAGES or "
        "compile in debug mode for details)"
    )


def all_declined(name: str, modes: Sequence[object], kinds: Sequence[type]) -> str:
    listed = "".join(
        [f"\n  - mode object {each!r}" for each in modes] + [f"\n  - tensor subclass {each!r}" for each in kinds]
    )
    return (
        f"Multiple dispatch failed for '{name}'; all __torch_dispatch__ handlers returned NotImplemented:\n{listed}\n\n"
        "For more information, try re-running with TORCH_LOGS=not_implemented"
    )


NUMPY_OF_SUBCLASS = ".numpy() is not supported for tensor subclasses."


def no_list_of_subclass(name: str) -> str:
    return f".tolist() is not supported for tensor subclasses, got {name}"


def must_define_dispatch(name: str) -> str:
    return f"{name} must define __torch_dispatch__"


DEEPCOPY_OF_WRAPPER = (
    "The default implementation of __deepcopy__() for wrapper subclasses only works for subclass types that implement "
    "clone() and for which cloning returns another instance of the same subclass. You should either properly implement "
    "clone() for your subclass or override __deepcopy__() if it is intended behavior for clone() to return an instance "
    "of a different type."
)
MISSING_SIZE = '_make_wrapper_subclass() missing 1 required positional arguments: "size"'


def cls_is_no_type(kind: str) -> str:
    return f"cls must be a type (got {kind})"


def wrapper_differs(kind: type, what: str, expected: object, found: object) -> str:
    return (
        f"Expected return value from {kind}__tensor_unflatten__() to have {what} equal to {expected}, but got: {found}"
    )
