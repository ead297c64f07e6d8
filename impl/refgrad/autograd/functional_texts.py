"""What PyTorch says about the functions of `torch.autograd.functional`."""

from __future__ import annotations

from typing import Any


def not_a_tensor(what: str, name: str, kind: type, place: int | None) -> str:
    where = f"given {what}" if place is None else f"value at index {place}"
    return f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {where} has type {kind}."


def v_length(wanted: int, got: int) -> str:
    return f"v is a tuple of invalid length: should be {wanted} but got {got}."


V_SINGLE = "The given v should contain a single Tensor."


def v_size(wanted: Any, got: Any, place: int | None) -> str:
    entry = "" if place is None else f"Entry {place} in "
    return f"{entry}v has invalid size: should be {wanted} but got {got}."


V_MISSING_OUTPUT = (
    "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
)
V_MISSING_INPUT = (
    "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."
)


def single_tensor(name: str) -> str:
    return f"The function given to {name} should return a single Tensor"


def single_element(name: str) -> str:
    return f"The Tensor returned by the function given to {name} should contain a single element"


# ---- strict mode --------------------------------------------------------------------------------------------------


def output_independent_of(place: int) -> str:
    return (
        f"The output of the user-provided function is independent of input {place}. This is not allowed in strict mode."
    )


def output_of_input(output: int, place: int) -> str:
    return (
        f"Output {output} of the user-provided function is independent of input {place}. This is not allowed in strict"
        " mode."
    )


def outputs_need_grad(place: int) -> str:
    return (
        f"Output {place} of the user-provided function does not require gradients. The outputs must be computed in a"
        " differentiable manner from the input when running in strict mode."
    )


def gradient_independent(place: int) -> str:
    return (
        f"The gradient with respect to input {place} is independent of the inputs of the user-provided function. This"
        " is not allowed in strict mode."
    )


def jacobian_in_hessian(place: int) -> str:
    return (
        "While computing the hessian, found that the jacobian of the user-provided function with respect to input"
        f" {place} is independent of the input. This is not allowed in strict mode. You should ensure that your"
        " function is twice differentiable and that the jacobian depends on the inputs (this would be violated by a"
        " linear function for example)."
    )


def hessian_independent(place: int) -> str:
    return (
        f"The hessian of the user-provided function with respect to input {place} is independent of the input. This is"
        " not allowed in strict mode. You should ensure that your function is thrice differentiable and that the"
        " hessian depends on the inputs."
    )


NEEDS_GRAD = {
    "outputs": outputs_need_grad,
    "grad_inputs": gradient_independent,
    "jacobian": jacobian_in_hessian,
    "hessian": hessian_independent,
}


def trick_entry(place: int) -> str:
    return (
        f"The gradient with respect to the input is independent of entry {place} in the grad_outputs when using the"
        " double backward trick to compute forward mode gradients. This is not allowed in strict mode."
    )


def jacobian_independent(place: int) -> str:
    return (
        f"The jacobian of the user-provided function is independent of input {place}. This is not allowed in strict"
        " mode."
    )


def hessian_trick_entry(place: int) -> str:
    return (
        f"The hessian of the user-provided function is independent of entry {place} in the grad_jacobian. This is not"
        " allowed in strict mode as it prevents from using the double backward trick to replace forward mode AD."
    )


MISSING = {
    "back": output_independent_of,
    "back_trick": trick_entry,
    "double_back": jacobian_independent,
    "double_back_trick": hessian_trick_entry,
}


def no_graph_created(what: str, place: int) -> str:
    return (
        f"The {what} of the user-provided function is independent of input {place}. This is not allowed in strict mode"
        " when create_graph=True."
    )


# ---- strategies ---------------------------------------------------------------------------------------------------

STRATEGY = (
    'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than'
    ' inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
)
OUTER_STRATEGY = 'Expected strategy to be either "forward-mode" or "reverse-mode".'
FORWARD_CREATE_GRAPH = (
    'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not supported together'
    ' (yet). Please either set `create_graph=False` or `strategy="reverse-mode"`.'
)
FORWARD_STRICT = (
    'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not supported together (yet).'
    ' Please either set `strict=False` or `strategy="reverse-mode"`.'
)
FORWARD_UNVECTORIZED = (
    "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`."
)
VECTORIZED_STRICT = (
    "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. Please either"
    " set `strict=False` or `vectorize=False`."
)

# ---- no outputs: what Python and PyTorch's own assertions say -----------------------------------------------------

NOTHING = "tuple index out of range"
NO_TENSOR = "Expected at least one tensor"
NO_OUTPUT = "Expected at least one tensor"
