"""What PyTorch says about forward-mode AD and about operators inside transforms of `torch.func`."""

from __future__ import annotations

from collections.abc import Sequence

# ---- dual levels --------------------------------------------------------------------------------------------------

NESTED_LEVEL = "Nested forward mode AD is not supported at the moment"
INVALID_CURRENT_LEVEL = (
    "Entering a new forward AD level but the current level is not valid. Make sure you did not modify it directly."
)
EXIT_ORDER = "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
NEGATIVE_LEVEL = "Dual level must be a positive number."
NO_LEVEL = "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
INVALID_LEVEL = "Invalid level given to _make_dual"
INVALID_LEVEL_OF_PRIMAL = "Invalid level given to _fw_primal"
DUAL_OF_DUAL = (
    "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not supported."
)
TANGENT_OF_TANGENT = "Setting a forward grad that itself has a forward gradient at the same level0 is not supported."


def not_floating(what: str, kind: object) -> str:
    return f"Expected {what} to be floating point or complex, but got: {kind}"


def unpack_no_tensor(kind: str) -> str:
    return f"_unpack_dual(): argument 'dual' (position 1) must be Tensor, not {kind}"


def tangent_size(size: Sequence[int], tangent: Sequence[int]) -> str:
    return (
        "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not"
        f" supported. Tensor is of size {list(size)} while the given forward gradient is of size {list(tangent)}."
    )


def out_form(name: str) -> str:
    return f"Trying to use forward AD with {name} that does not support it because it is an out= function"


def no_tangent(name: str) -> str:
    return f"Trying to use forward AD with {name} that does not support it."


def forward_mode_unsupported(name: str) -> str:
    return (
        f"{_not_implemented(name)} so that we can prioritize its implementation or submit a PR adding the"
        " implementation to derivatives.yaml"
    )


def inplace_forward_mode_unsupported(name: str) -> str:
    return f"{_not_implemented(name.removesuffix('_') + '_')} so that we can prioritize its implementation."


def _not_implemented(name: str) -> str:
    return (
        f"Trying to use forward AD with {name} that does not support it because it has not been implemented yet.\n"
        "Please file an issue to PyTorch at https://github.com/pytorch/pytorch/issues/new?template=feature-request.yml"
    )


# ---- operators inside transforms ----------------------------------------------------------------------------------


def captured_tensor_written(name: str) -> str:
    return (
        "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation"
        f" (aten::{name}) that would mutate a captured Tensor. This is not supported; please rewrite the function being"
        " transformed to explicitly accept the mutated Tensor(s) as inputs."
    )


def unbatched_written(name: str, level: int | None = None) -> str:
    where = "in a vmap" if level is None else f"at level {level}"
    return (
        f"vmap: {name}(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that has"
        " more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over"
        f" {where}. Please try to use out-of-place operators instead of {name}. If said operator is being called inside"
        " the PyTorch framework, please file a bug report instead."
    )


def batched_out_form(name: str) -> str:
    return f"Batching rule not implemented for aten::{name}.out; the fallback path doesn't work on out= or view ops."


def no_fallback(name: str) -> str:
    return f"Batching rule not implemented for aten::{name}. We could not generate a fallback."


def no_batching_rule(name: str) -> str:
    return (
        f"There is a performance drop because we have not yet implemented the batching rule for aten::{name}. Please"
        " file us an issue on GitHub so that we can prioritize its implementation."
    )


def unsupported_in_vmap(name: str) -> str:
    return f"vmap: we do not yet support aten::{name}. Please file an issue"


def dynamic_shape(name: str) -> str:
    return (
        "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over"
        f" aten::{name}. Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature."
    )


BOOLEAN_MASK = (
    "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with"
    " a boolean mask."
)
MASKED_SELECT = (
    "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support this because for each"
    " batch this would return a differently shaped Tensor. Please file an issue at"
    " https://github.com/pytorch/pytorch/issues if you need this feature."
)
ALLCLOSE = (
    "vmap over torch.allclose isn't supported yet. Please file an issue at https://github.com/pytorch/pytorch/issues"
    " if you need this feature."
)
ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor,"
    " please try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch"
    " internals, please file a bug report."
)
CONTROL_FLOW = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that"
    " yet, please file an issue at https://github.com/pytorch/pytorch/issues ."
)
READ_BELOW = (
    "vmap: It looks like you're either (1) calling .item() on a Tensor or (2) attempting to use a Tensor in some"
    " data-dependent control flow or (3) encountering this error in PyTorch internals. For (1): we don't support vmap"
    " over calling .item() on a Tensor, please try to rewrite what you're doing with other operations. For (2): we"
    " don't support data-dependent control flow in vmap yet, please file an issue at"
    " https://github.com/pytorch/pytorch/issues . For (3): please file an issue."
)
FUNCTIONALIZED_AT = {
    "add.Tensor": (0, 2290), "sub.Tensor": (1, 10391), "mul.Tensor": (0, 7546), "div.Tensor": (2, 4087),
    "copy": (0, 3892), "fill.Tensor": (2, 5242), "addcmul": (2, 14125), "addcdiv": (1, 14939),
    "lerp.Scalar": (1, 13715), "lerp.Tensor": (1, 13856), "masked_fill.Scalar": (2, 12769),
    "masked_fill.Tensor": (2, 12910), "index_put": (1, 5600), "index_add": (3, 13106), "index_copy": (3, 5911),
    "scatter.src": (3, 13511), "scatter_add": (3, 14039), "atan2": (1, 16028), "fmod.Tensor": (1, 16397),
    "remainder.Tensor": (0, 13869), "eq_.Tensor": (1, 12194), "clamp.Tensor": (0, 3694), "logical_and": (2, 3100),
    "pow.Tensor_Tensor": (0, 14715),
}  # fmt: skip
"""Where in PyTorch's generated code a write is refused under `functionalize`, by operator."""


def written_unfunctional(name: str, overload: str) -> str:
    part, line = FUNCTIONALIZED_AT.get(f"{name}.{overload}" if overload else name, (0, 0))
    return (
        'false INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/build/aten/src/ATen/'
        f'RegisterFunctionalization_{part}.cpp":{line}, please report a bug to PyTorch. '
        "mutating a non-functional tensor with a functional tensor is not"
        " allowed. Please ensure that all of your inputs are wrapped inside of a functionalize() call."
    )


RESIZE_WITH_TANGENT = "cannot resize variables that has a forward grad"
NO_WRAPPERS = "No wrappers present!"
SET_DATA_OF_WRAPPER = "mutating directly with `.data` inside functorch transform is not allowed."
NO_STORAGE = "Cannot access data pointer of Tensor that doesn't have storage"
BATCHED_STORAGE = "Cannot access storage of BatchedTensorImpl"
DATA_IN_VMAP = "mutating directly with `.data` under vmap transform is not allowed."
BATCHED_DATA = "accessing `data` under vmap transform is not allowed"
RANDOM_IN_ERROR_MODE = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different'"
    " randomness flags on vmap or perform the randomness operation out of vmap"
)


def no_tensor_argument(name: str, value: object, result: str) -> str:
    return (
        f"{name}(): incompatible function arguments. The following argument types are supported:\n"
        f"    1. (arg0: torch.Tensor) -> {result}\n\nInvoked with: {value!r}"
    )


ONE_HOT_OF_BATCHED = (
    "When vmap-ing torch.nn.functional.one_hot, please provide an explicit positive num_classes argument."
)


def no_view_fallback(name: str, namespace: str = "aten") -> str:
    return f"Batching rule not implemented for {namespace}::{name}; the fallback path doesn't work on out= or view ops."


RANDOM_IN_LEGACY = (
    "vmap: We do not yet support calling random operations inside of vmap. Please perform random operations outside of"
    " vmap as a workaround"
)
SAME_OF_BATCHED = (
    "Vmap does not currently support same randomness with a batched tensor input. Please file an issue with functorch"
)
UNBATCHED_STATISTICS = (
    "Batch norm got a batched tensor as input while the running_mean or running_var, which will be updated in place,"
    " were not batched.\nIf you are using a module and do not need eval mode, please set `track_running_stats` to be"
    " False.If you are using a prebuilt module and do not need eval mode, please see the functorch website for"
    " resources on how to patch your module to work with vmap"
)
DIFFERENT_IN_PLACE = (
    "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same randomness."
    " If this is necessary for your usage, please file an issue with functorch."
)
BACKWARD_IN_TRANSFORM = (
    "backward() called inside a functorch transform. This is not supported, please use functorch.grad or functorch.vjp"
    " instead or call backward() outside of functorch transforms."
)


def changes_grad_in_transform(name: str, *, functional: bool = False) -> str:
    hint = " (or perhaps using torch.autograd.functional.* APIs)" if functional else ""
    return (
        f"You are attempting to call Tensor.{name}(){hint} inside of a function being transformed by a functorch"
        " transform. This is unsupported, please attempt to use the functorch transforms (e.g. grad, vjp, jacrev,"
        f" jacfwd, hessian) or call {name}() outside of a function being transformed instead."
    )


PLUMBED_BY_REDUCTION = frozenset(
    "amax amin aminmax argmax argmin count_nonzero cummax cummin cumprod cumsum kthvalue linalg_vector_norm log_softmax"
    " logcumsumexp logsumexp mean mode nansum norm rot90 safe_softmax softmax sort std std_mean sum topk var"
    " var_mean".split()
)
PLUMBED_IN_PLACE = frozenset(
    "copy div index_add index_fill logical_and logical_or logical_xor masked_fill mul scatter_add sub".split()
)


def escaped(name: str, *, in_place: bool = False) -> str:
    """An operator was given a tensor that left its `vmap`; the text names the C++ function that found out."""
    bare = name.strip("_")
    if in_place:
        finder = "gen_vmap_inplace_plumbing" if bare in PLUMBED_IN_PLACE else "boxed_tensor_inputs_batch_rule"
    elif bare in PLUMBED_BY_REDUCTION:
        finder = "boxed_reduction_batch_rule"
    else:
        finder = "boxed_tensor_inputs_batch_rule" if bare in ("frexp", "lerp", "polygamma") else "gen_vmap_plumbing"
    return (
        "Either your tensor may have escaped from inside a function being vmapped and this is a user error (see"
        " https://pytorch.org/functorch/stable/ux_limitations.html), or there is an internal functorch error in"
        f" `{finder}` Please file an issue if it looks like the latter"
    )
