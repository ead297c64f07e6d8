"""What PyTorch says of hooks and what they return."""

from __future__ import annotations

from typing import Any

from refgrad.cpp_spelling import legacy_type
from refgrad.type_names import type_name

HOOK_WITHOUT_GRAD = "cannot register a hook on a tensor that doesn't require gradient"
POST_HOOK_ON_NON_LEAF = "post accumulate grad hooks cannot be registered on non-leaf tensors"
POST_HOOK_RETURNED = "Tensor post accumulate grad hooks should return None."
HOOK_REPLACED_NONE = "can't replace a None gradient with a non-None value"


def hook_returned_no_tensor(value: object) -> str:
    return f"expected Variable, but hook returned '{type_name(value)}'"


def hook_returned_no_tuple(value: object) -> str:
    return f"expected tuple, but hook returned '{type_name(value)}'"


def hook_returned_wrong_number(name: str, got: int, expected: int) -> str:
    return f"hook '{name}' has returned an incorrect number of values (got {got}, but expected {expected})"


def hook_changed_type(name: str, old: Any, new: Any) -> str:
    return f"hook '{name}' has changed the type of value (was {legacy_type(old)} got {legacy_type(new)})"


def hook_changed_size(name: str) -> str:
    return f"hook '{name}' has changed the size of value"


def hook_not_serialized(hook: object) -> str:
    return (
        f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the function "
        "with @torch.utils.hooks.unserializable_hook to suppress this warning"
    )


RETAINED_BEFORE_DETACHING = (
    'old_fn INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/variable.cpp":205, '
    "please report a bug to PyTorch. "
)
RETAINED_ELSEWHERE = (
    'out != nullptr INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/variable.cpp":207, '
    "please report a bug to PyTorch. "
)
