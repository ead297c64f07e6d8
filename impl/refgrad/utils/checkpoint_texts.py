"""What `torch.utils.checkpoint` says."""

from __future__ import annotations

from collections.abc import Sequence

REENTRANT_IMPLICIT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
REENTRANT_IMPLICIT_SEQUENTIAL = (
    "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In version "
    "2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is recommended, but if you "
    "need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on "
    "the differences between the two variants."
)
REENTRANT_OPTIONS = "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
NO_INPUT_REQUIRES_GRAD = "None of the inputs have requires_grad=True. Gradients will be None"
REENTRANT_NOT_VALID = (
    "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to "
    ".backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without passing "
    "the `inputs` argument."
)
CHECKPOINT_NOT_NECESSARY = "none of output has requires_grad=True, this checkpoint() is not necessary"
CHECKPOINT_SUPPRESSED = (
    "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during the "
    "checkpointed forward. This is not supported because checkpoint cannot return a value for a failed forward."
)
SELECTIVE_TWICE = (
    "Trying to backward an extra time. You are only allowed to backward once on any region computed under selective "
    "activation checkpoint."
)
SELECTIVE_MUTATED = "Tensor cached during selective activation checkpoint has been mutated"
SELECTIVE_POLICY = "policy_fn_or_list must be either a function or a list of ops."


def selective_not_found(op: object) -> str:
    return (
        f"{op} encountered during backward but not found in storage. This can happen if the operations in the "
        "checkpointed region are nondeterministic or depend on global state that changed between forward and backward."
    )


def selective_no_overload(op: object, is_packet: bool) -> str:
    hint = (
        f"Please update the OpOverloadPacket to a specific OpOverload.For example, if you have `torch.ops.{op}`, "
        f"change it to `torch.ops.{op}.default`."
    )
    return f"Expected op in `op_list` to be an OpOverload but got: {op} of type {type(op)}. {hint if is_packet else ''}"


CHECKPOINT_DEBUG_CONTEXT = "debug=True is incompatible with non-default context_fn"
CHECKPOINT_TIP = """
Tip: To see a more detailed error message, either pass `debug=True` to
`torch.utils.checkpoint.checkpoint(...)` or wrap the code block
with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to
enable checkpoint\u2011debug mode globally.

If this error occurs under torch.compile with automatic_dynamic_shapes enabled,
it may be because the recomputation selected a different compiled graph than the
forward pass (e.g., a dynamic graph instead of the original static graph).
To fix this, either:
  - Use torch._dynamo.mark_dynamic() to explicitly mark varying dimensions as
    dynamic upfront, avoiding the static-to-dynamic transition.
  - Call torch._C._dynamo.eval_frame._set_lru_cache(False) to disable LRU cache
    reordering, which can change which graph is checked first between forward
    and recompute.
See https://github.com/pytorch/pytorch/issues/166926 for more details and
workaround examples.
"""
CHECKPOINT_MORE_SAVED = (
    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.\n"
    + CHECKPOINT_TIP
)


def unexpected_keywords(names: Sequence[str]) -> str:
    return "Unexpected keyword arguments: " + ",".join(names)


def only_tuple_of_tensors(kind: str) -> str:
    return f"Only tuple of tensors is supported. Got Unsupported input type: {kind}"


def determinism_check(allowed: Sequence[str], got: object) -> str:
    return f"determinism_check should be one of {list(allowed)}, but got {got}"


def checkpoint_number(forward: int, recomputed: int) -> str:
    return (
        "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
        f"recomputation.\nNumber of tensors saved during forward: {forward}\n"
        f"Number of tensors saved during recomputation: {recomputed}.\n{CHECKPOINT_TIP}"
    )


def checkpoint_metadata(different: Sequence[tuple[int, object, object]]) -> str:
    listing = "".join(
        f"tensor at position {place}:\nsaved metadata: {saved}\nrecomputed metadata: {recomputed}\n"
        for place, saved, recomputed in different
    )
    return (
        "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
        f"forward pass.\n{listing}.\n{CHECKPOINT_TIP}"
    )


def checkpoint_unpacked_twice(*, grouped: bool) -> str:
    group = (
        "Performing two backward calls that overlap (i.e. require the same saved activation in order to compute "
        "gradients) is not allowed while under the torch.utils.checkpoint.GraphExecGroup context. "
    )
    return (
        "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. "
        f"{group if grouped else ''}If you are calling ctx.saved_tensors in backward, make sure to do so only once. "
        "Otherwise please open an issue with details on your use case."
    )


def groups_nested(group: object) -> str:
    return f"GraphExecGroup contexts cannot be nested. Already inside group {group}"
