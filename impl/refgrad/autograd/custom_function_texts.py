"""What PyTorch says of custom functions: `torch.autograd.Function`."""

from __future__ import annotations

FORWARD_MISSING = "You must implement the forward function for custom autograd.Function."
SETUP_CONTEXT_MISSING = "setup_context is not implemented."
BACKWARD_MISSING = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
    "mode AD."
)
JVP_MISSING = "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
VMAP_MISSING = (
    "To use autograd.Function with vmap, you must either override the vmap staticmethod or set generate_vmap_rule=True."
)
BACKWARD_AND_VJP = (
    "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of "
    "them."
)
LEGACY_FUNCTION = (
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
    "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
)
FUNCTORCH_NEEDS_SETUP_CONTEXT = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override "
    "the setup_context staticmethod. For more details, please see "
    "https://pytorch.org/docs/main/notes/extending.func.html"
)
SAVE_FOR_FORWARD = (
    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes on ctx."
)
MARK_SHARED_STORAGE = (
    "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. Note that calls to "
    "`set_()` are not tracked"
)
SAVED_VARIABLES = "'saved_variables' is deprecated; use 'saved_tensors'"
SAVED_TENSORS_ONCE = (
    "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the autograd.Function. "
    "Either access saved_tensors only once, or set clear_saved_tensors_on_access=False."
)
HOOK_DICT_OF_NO_TENSOR = "_register_hook_dict expected a Tensor"
DIRTY_LEAF = "a leaf Variable that requires grad has been used in an in-place operation."
DIRTY_NO_TENSOR = "mark_dirty can only accept variables, but argument "
DIRTY_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been mutated should be "
    "passed to ctx.mark_dirty()."
)
DIRTY_NOT_RETURNED = (
    "Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified "
    "inplace must all be outputs of the Function."
)
DIRTY_VIEW_AMONG_SEVERAL = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more "
    "than one Tensor. This is not supported by the current autograd engine. You should either make sure the input is "
    "not a view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it "
    "into two Functions: one doing the inplace that returns a single Tensor and a second one that does the other "
    "operations). You can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)
NON_DIFFERENTIABLE_NO_TENSOR = "mark_non_differentiable only accepts variable arguments, but got "
INPUT_RETURNED_AND_SAVED = (
    "An input that has been returned as-is as output is being saved for backward. This is not supported if you "
    "override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) or setup "
    "ctx inside the forward function itself."
)
ONCE_DIFFERENTIABLE = "trying to differentiate twice a function that was marked with @once_differentiable"


def function_instantiated(kind: type) -> str:
    return (
        f"{kind} should not be instantiated. Methods on autograd functions are all static, so you should invoke them "
        "on the class itself. Instantiating an autograd function will raise an error in a future version of PyTorch."
    )


def function_attribute(name: str, lacks: str) -> str:
    return f"attribute '{name}' of 'torch._C._FunctionBase' objects is not {lacks}"


def function_attribute_no_tuple(name: str) -> str:
    return f"autograd internal error: {name} attribute is expected to be a tuple but is "


def not_one_bool(function: str) -> str:
    return f"{function} received an invalid combination of arguments - got (), but expected (bool)"


def saved_no_tensor(index: int, kind: str) -> str:
    return f"save_for_backward can only save variables, but argument {index} is of type {kind}"


def incorrect_number_of_gradients(name: str, expected: int, got: int) -> str:
    return f"function {name} returned an incorrect number of gradients (expected {expected}, got {got})"


def gradient_of_no_tensor(name: str, position: int) -> str:
    return (
        f"function {name} returned a gradient different than None at position {position}, but the corresponding "
        "forward input was not a Variable"
    )


def expected_variable_or_none(kind: str) -> str:
    return f"expected Variable or None (got {kind})"


def unexpected_keyword(name: str) -> str:
    return f"forward() got an unexpected keyword argument '{name}'"


def multiple_values(name: str) -> str:
    return f"forward() got multiple values for argument '{name}'"


def missing_argument(name: str, position: int) -> str:
    return f"forward() missing required argument: '{name}' (position {position})"


def cannot_nest(kind: type) -> str:
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return (
        f"Auto nesting doesn't know how to process an input object of type {name}. Accepted types: Tensors, or "
        "lists/tuples of them"
    )


TANGENT_NOT_FLOATING = (
    "(new_grad_base.is_floating_point() || new_grad_base.is_complex()) && (self_base.is_floating_point() || "
    'self_base.is_complex()) INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/autograd_meta.cpp":159'
    ", please report a bug to PyTorch. Expected both tensor and its forward grad to be floating point or complex"
)
TANGENT_NOT_MODIFIED = (
    "An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is modifying an "
    "input inplace, then the jvp function must modify the corresponding gradient inplace."
)
TANGENT_NOT_RETURNED = (
    "An inplace custom Function is not returning the forward mode gradients as-is. If the forward is modifying an "
    "input inplace, then the jvp function must modify the gradient inplace and return it as-is."
)
TANGENT_NO_VIEW = (
    "A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view."
)
TANGENT_OTHER_VIEW = (
    "A custom Function is returning a view but the jvp is not returning a view of the given grad input."
)


def tangent_is_no_tensor(kind: str, index: int) -> str:
    return f"expected Variable or None (got {kind}) for grad output {index}."


def wrong_number_of_tangents(expected: int, got: int) -> str:
    return f"Function's jvp returned an invalid number of forward gradients (expected {expected} but got {got})"


def tangent_of_no_differentiable(index: int) -> str:
    return (
        f"Function's jvp returned a gradient at position {index}, but  the corresponding forward output is not a "
        "differentiable Tensor.You should return None at that position instead."
    )


SEE_EXTENDING_FUNC = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"
VMAP_TWO_RETURNS = (
    "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible with "
    "the output. "
)


def two_vmap_rules(name: str) -> str:
    return (
        f"You tried to vmap over {name}, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. "
        "Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. "
        + SEE_EXTENDING_FUNC
    )


def no_vmap_rule(name: str) -> str:
    return (
        f"You tried to vmap over {name}, but it does not have vmap support. Please override and implement the vmap "
        "staticmethod or set generate_vmap_rule=True. " + SEE_EXTENDING_FUNC
    )


def vmap_returned_no_tuple(kind: type) -> str:
    return f"{VMAP_TWO_RETURNS}Got a {kind} instead"


def vmap_out_dims(out_dims: object, dims_spec: object, output_spec: object) -> str:
    return (
        "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected "
        f"out_dims={out_dims} to be compatible with the structure of `output`. out_dims has structure {dims_spec} but "
        f"output has structure {output_spec}. " + SEE_EXTENDING_FUNC
    )


def vmap_returned(count: int) -> str:
    return f"{VMAP_TWO_RETURNS}Got {count} returns instead"
