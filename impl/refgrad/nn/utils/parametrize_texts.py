"""What PyTorch says of parametrizations that do not fit."""

from __future__ import annotations

NO_STEPS = "ParametrizationList requires one or more modules."
NOT_SERIALIZABLE = (
    "Serialization of parametrized modules is only supported through state_dict(). See:\n"
    "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
    "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
)
SEVERAL_ORIGINALS = (
    "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of "
    "tensors."
)


def no_such_tensor(module: object, name: str) -> str:
    return f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{name}'"


def not_parametrized(module: object, name: str) -> str:
    return f"Module {module} does not have a parametrization on {name}"


def no_inverse(kind: str) -> str:
    return f"parametrization {kind} does not implement right_inverse."


def other_shape(before: object, after: object) -> str:
    return (
        "Registering a parametrization may not change the shape of the tensor, unless `unsafe` flag is enabled.\n"
        f"unparametrized shape: {before}\nparametrized shape: {after}"
    )


def other_type(before: object, after: object) -> str:
    return (
        "Registering a parametrization may not change the dtype of the tensor, unless `unsafe` flag is enabled.\n"
        f"unparametrized dtype: {before}\nparametrized dtype: {after}"
    )


def step_changes(what: str, name: str, before: object, after: object) -> str:
    return (
        f"Registering a parametrization may not change the {what} of the tensor, unless the `unsafe` flag is enabled.\n"
        f"module.{name}.{what}: {before}\nparametrization(module.{name}).{what}: {after}"
    )


def inverse_changes(what: str, name: str, before: object, after: object) -> str:
    return (
        f"The tensor returned by parametrization.right_inverse must have the same {what} as module.{name}, unless the "
        f"`unsafe` flag is enabled.\nmodule.{name}.{what}: {before}\nreturned {what}: {after}"
    )


def inverse_type(before: object, after: object) -> str:
    return (
        "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
        f"original.dtype: {before}\nright_inverse(original).dtype: {after}"
    )


def no_tensor_made(kind: type) -> str:
    return f"A parametrization must return a tensor. Got {kind.__name__}."


def inverse_no_tensor(kind: type) -> str:
    return f"parametrization.right_inverse must return a tensor. Got: {kind.__name__}"


def no_inverse_made(kind: type) -> str:
    return f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {kind.__name__}"


def no_tensor(place: int, kind: type) -> str:
    return (
        f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element {place} of the "
        f"sequence with type {kind.__name__}."
    )


def assigned_type(given: object, own: object, name: str) -> str:
    return f"The tensor returned by `right_inverse` has dtype {given} while `{name}` has dtype {own}"
