"""The texts of `torch.nn`, word for word as PyTorch 2.13.0 gives them."""

from __future__ import annotations

from typing import Any

DOCUMENTED = (
    "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)
FULL_HOOK_WITHOUT_INPUTS = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
    "gradients. See " + DOCUMENTED
)
HOOK_RETURNED_FOR_NOTHING = (
    "Backward hook for Modules where no input requires gradient should always return None or None for all gradients."
)
MIXED_BACKWARD_HOOKS = (
    "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them."
)
NON_FULL = "Using a non-full backward hook when "
DEPRECATED = (
    " is deprecated and will be removed in future versions. This hook will be missing some {}. Please use "
    "register_full_backward_hook to get the documented behavior."
)
NON_FULL_SEVERAL_NODES = NON_FULL + "the forward contains multiple autograd Nodes" + DEPRECATED.format("grad_input")
NON_FULL_SEVERAL_OUTPUTS = NON_FULL + "the forward contains multiple autograd Nodes" + DEPRECATED.format("grad_output")


def unexpected_keyword(kind: str, name: str) -> str:
    return f"{kind}.__init__() got an unexpected keyword argument '{name}'"


def too_many_positional(kind: str, given: int) -> str:
    return f"{kind}.__init__() takes 1 positional argument but {given} were given"


def no_forward(kind: str) -> str:
    return f'Module [{kind}] is missing the required "forward" function'


def before_init(what: str) -> str:
    return f"cannot assign {what} before Module.__init__() call"


def cannot_assign(given: str, kind: str, name: str, wanted: str) -> str:
    return f"cannot assign '{given}' as {kind} '{name}' ({wanted} or None expected)"


def cannot_assign_object(given: str, kind: str, name: str, wanted: str) -> str:
    return f"cannot assign '{given}' object to {kind} '{name}' ({wanted} or None required)"


def name_no_string(kind: str, given: str) -> str:
    return f"{kind} name should be a string. Got {given}"


def name_taken(name: str) -> str:
    return f"attribute '{name}' already exists"


def parameter_with_history(name: str) -> str:
    return (
        f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To express "
        f"'{name}' as a function of another Tensor, compute the value in the forward() method."
    )


def pre_hook_with_kwargs(made: Any) -> str:
    return f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {made}."


def full_hook_output(kind: type) -> str:
    return (
        f"For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received {kind}"
    )


def wrong_number_of_hook_gradients(which: str, given: int, wanted: int) -> str:
    kind = "Backward hook" if which == "input" else "Backward pre hook"
    return f"{kind} returned an invalid number of grad_{which}, got {given}, but expected {wanted}"


def keys_in_state_dict(kind: str, names: list[str]) -> str:
    return f"{kind} key(s) in state_dict: " + ", ".join(f'"{name}"' for name in names) + ". "


def state_dict_errors(kind: str, errors: list[str]) -> str:
    return f"Error(s) in loading state_dict for {kind}:\n\t" + "\n\t".join(errors)


def state_size_mismatch(name: str, given: Any, own: Any) -> str:
    return (
        f"size mismatch for {name}: copying a param with shape {given} from checkpoint, the shape in current model is "
        f"{own}."
    )


def state_no_tensor(name: str, kind: type) -> str:
    return (
        f'While copying the parameter named "{name}", expected torch.Tensor or Tensor-like object from checkpoint but '
        f"received {kind}"
    )
