"""Handles of registered hooks, and running the hooks of tensors and nodes.

PyTorch's order at a node (https://docs.pytorch.org/docs/2.13/notes/autograd.html#backward-hooks-execution): the
tensors' own hooks, those that fill the `.grad` of `retain_grad()`, the node's pre-hooks, the node, its post-hooks.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad import hook_texts as texts

if TYPE_CHECKING:
    from refgrad.node import Gradients, Node
    from refgrad.tensor import Tensor


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away, as does leaving it as a context."""

    __module__ = "torch.utils.hooks"

    next_id: int = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = [extra_dict] if isinstance(extra_dict, dict) else extra_dict if isinstance(extra_dict, list) else []
        self.extra_dict_ref: tuple[Any, ...] = tuple(weakref.ref(each) for each in extra)

    def remove(self) -> None:
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self) -> Any:
        return self.hooks_dict_ref(), self.id, tuple(each() for each in self.extra_dict_ref)

    def __setstate__(self, state: Any) -> None:
        hooks, self.id, *extra = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(each) for each in (extra[0] or ())) if extra else ()
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def name_of(hook: Callable[..., Any]) -> str:
    return str(getattr(hook, "__name__", None) or "<unknown>")


def check_replacement(original: Tensor | None, result: object, hook: Callable[..., Any]) -> None:
    """Whether a hook may put `result` in the place of `original`; nothing, always.

    Raises TypeError for a non-tensor, RuntimeError for another dtype or shape.
    """
    from refgrad.tensor import Tensor

    if result is None:
        return
    if original is None:
        raise RuntimeError(texts.HOOK_REPLACED_NONE)
    if not isinstance(result, Tensor):
        raise TypeError(texts.hook_returned_no_tensor(result))
    if original._array.dtype != result._array.dtype:
        raise RuntimeError(texts.hook_changed_type(name_of(hook), original.dtype, result.dtype))
    if original._array.shape != result._array.shape:
        raise RuntimeError(texts.hook_changed_size(name_of(hook)))


def run_tensor_hooks(hooks: OrderedDict[int, Callable[..., Any]], gradients: Gradients, number: int) -> None:
    """Run one tensor's hooks over its gradient; what they return replaces it."""
    for hook in list(hooks.values()):
        result = hook(gradients[number])
        if result is not None:
            check_replacement(gradients[number], result, hook)
            gradients[number] = result


def run_hooks_before(node: Node, gradients: Gradients) -> None:
    """The hooks of the tensors that `node` made, then the filling of retained gradients."""
    hooks = node.hooks
    if hooks is None:
        return
    for tensor_hooks, number in hooks.tensor_pre:
        run_tensor_hooks(tensor_hooks, gradients, number)
    for number, reference in hooks.retain_grad.items():
        tensor = reference()
        grad = gradients[number]
        if tensor is not None and grad is not None:
            from refgrad.accumulate import retain

            retain(tensor, grad)


def run_node_prehooks(node: Node, gradients: Gradients) -> Gradients:
    hooks = node.hooks
    if hooks is not None:
        for hook in list(hooks.pre.values()):
            result = hook(tuple(gradients))
            if result is not None:
                gradients = checked_tuple(hook, gradients, result)
    return gradients


def run_node_posthooks(node: Node, results: Gradients, gradients: tuple[Tensor | None, ...]) -> Gradients:
    hooks = node.hooks
    assert hooks is not None
    for hook in list(hooks.post.values()):
        result = hook(tuple(results), gradients)
        if result is not None:
            results = checked_tuple(hook, results, result)
    return results


def checked_tuple(hook: Callable[..., Any], originals: Gradients, result: Any) -> Gradients:
    """What a node's hook returned, held against what it was given.

    Raises TypeError for something other than a tuple, RuntimeError for a wrong number of values.
    """

    if not isinstance(result, tuple):
        raise TypeError(texts.hook_returned_no_tuple(result))
    if len(result) != len(originals):
        raise RuntimeError(texts.hook_returned_wrong_number(name_of(hook), len(result), len(originals)))
    for original, each in zip(originals, result, strict=True):
        if original is not None or each is not None:
            check_replacement(original, each, hook)
    return list(result)
