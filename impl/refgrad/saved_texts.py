"""What PyTorch says of tensors that a node has saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from refgrad.cpp_spelling import listed, short_name
from refgrad.type_names import type_name

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)

SAVED_DETACHED = (
    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_()."
    "This is not supported, please use out-of-place `.detach()` instead"
)

PACK_MODIFIED = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to "
    "perform in-place operations on the input to a pack hook."
)
SAVED_FROM_PYTHON = "Trying to create a SavedTensor object from Python is forbidden."
SAVED_HOOKS_TWICE = (
    "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is "
    "allowed at a time."
)
SAVED_HOOKS_ON_NONE = "Calling register_hooks on a saved tensor with value None is forbidden"
SAVED_HOOKS_FREED = (
    "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are "
    "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved variables after calling backward."
)
SAVED_OUTSIDE_MUTATION = (
    "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally "
    "recorded."
)
NO_DEFAULT_HOOKS = (
    "is_initialized && !tls.stack.empty() INTERNAL ASSERT FAILED at "
    '"/__w/pytorch/pytorch/aten/src/ATen/SavedTensorHooks.cpp":69, please report a bug to PyTorch. '
)
MUTATION_NESTED = "allow_mutation_on_saved_tensors contexts cannot be nested"


def unpacked_no_tensor(value: object) -> str:
    return f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type_name(value)}"


ANOMALY_HINT = (
    " Hint: enable anomaly detection to find the operation that failed to compute its gradient, "
    "with torch.autograd.set_detect_anomaly(True, check_nan=False)."
)
BACKTRACE_HINT = (
    " Hint: the backtrace further above shows the operation that failed to compute its gradient. The variable in "
    "question was changed in there or anywhere later. Good luck!"
)


def modified_in_place(
    kind: str, shape: Sequence[int], output_nr: int, node: Any, version: int, expected: int, *, anomaly: bool = False
) -> str:
    made = "" if node is None else f", which is output {output_nr} of {short_name(node.name())},"
    kind = re.sub("^torch.(Bool|BFloat16|Complex.*)Tensor$", r"CPU\1Type", kind)
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{kind} {listed(shape)}]{made} is at version {version}; expected version {expected} instead."
        + (BACKTRACE_HINT if anomaly else ANOMALY_HINT)
    )
