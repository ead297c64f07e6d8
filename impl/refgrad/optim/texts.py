"""What PyTorch's optimizers say."""

from __future__ import annotations

EMPTY = "optimizer got an empty parameter list"
NON_LEAF = "can't optimize a non-leaf Tensor"
TWICE = "some parameters appear in more than one parameter group"
NESTEROV = "Nesterov momentum requires a momentum and zero dampening"
DUPLICATES = (
    "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
    "github.com/pytorch/pytorch/issues/40967 for more information"
)
SETS = (
    "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change "
    "between runs. Please use a list instead."
)
NAMES_MISSING = "all optimizer params should be with/without names. Some param names are missing"
RATE_OF_SEVERAL = "Tensor lr must be 1-element"
MIXED_BETAS = "betas must be either both floats or both Tensors"
RATE_WITH_FOREACH = "lr as a Tensor is not supported for capturable=False and foreach=True"
OTHER_GROUPS = "loaded state dict has a different number of parameter groups"
OTHER_SIZES = "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
FUSED_DIFFERENTIABLE = "`fused` does not support `differentiable`"
FUSED_FOREACH = "`fused` and `foreach` cannot be `True` together."
FOREACH_DIFFERENTIABLE = "_foreach ops don't support autograd"

SPARSE_ALONE = "SparseAdam does not support dense gradients, please consider Adam instead"

STATE_STEPS = "params and state_steps"


def one_tensor(kind: str) -> str:
    return "params argument given to the optimizer should be an iterable of Tensors or dicts, but got " + kind


def bad_pre_hook(step: object, given: object) -> str:
    return f"{step} must return None or a tuple of (new_args, new_kwargs), but got {given}."


def unexpected(optimizer: str, name: str) -> str:
    return f"{optimizer}.__init__() got an unexpected keyword argument '{name}'"


def no_sparse(optimizer: str) -> str:
    if optimizer in ("Adam", "AdamW"):
        return "Adam does not support sparse gradients, please consider SparseAdam instead"
    return f"{optimizer} does not support sparse gradients"


def not_capturable(what: str, *, xla: bool) -> str:
    devices = ["cuda", "xpu", "hpu", "privateuseone", *(["xla"] if xla else [])]
    return f"If capturable=True, {what} must be on supported devices: {devices}."


def beta_with_foreach(place: int) -> str:
    return f"betas[{place}] as a Tensor is not supported for capturable=False and foreach=True"


def beta_of_several(place: int) -> str:
    return f"Tensor betas[{place}] must be 1-element"
