"""In-place operators: who may be written, and how history is rebased.

After `x.mul_(2)` the tensor x hangs on the new `MulBackward0`. If x is a view, it is the *base* that gets a new node, a
`CopySlices`: in backward it takes the view's part out of the incoming gradient, runs the in-place operator's node on it
and puts the result back. The view's own `grad_fn` is then stale and made anew (see views.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from refgrad import inplace_texts, saved_texts
from refgrad.memory import CONTIGUOUS, is_unallocated, unusual
from refgrad.modes import modes
from refgrad.node import CppNode, Gradients, Node, OperatorNode
from refgrad.versions import inference
from refgrad.views import check_creation, move_hooks, taken

if TYPE_CHECKING:
    from refgrad.tensor import Tensor


before_write: list[Callable[[Tensor], None]] = []
"""Called with a tensor that is about to be modified; see `allow_mutation_on_saved_tensors`."""


def check_inplace(tensor: Tensor, recording: bool) -> None:
    """Raise RuntimeError if autograd forbids to modify `tensor` now; nothing is forbidden unless recording."""
    if recording and modes.grad:
        if tensor._view is not None:
            check_inplace_view(tensor)
        if tensor.requires_grad and tensor._node is None:
            raise RuntimeError(inplace_texts.INPLACE_ON_LEAF)
    if not tensor._array.flags.writeable and is_unallocated(tensor._array):
        raise RuntimeError(inplace_texts.ZERO_TENSOR_WRITTEN)
    for watcher in before_write:
        watcher(tensor)


def check_inplace_view(view: Tensor) -> None:
    """Raise RuntimeError if history cannot follow a modification of `view`."""
    assert view._view is not None
    check_creation(view, indirect=False)
    if view.requires_grad and view._view.base._node is None:
        raise RuntimeError(inplace_texts.INPLACE_ON_VIEW_OF_LEAF)


def rebase_history(tensor: Tensor, node: Node) -> None:
    """`tensor` was modified in place by the operator of `node`: make that its history."""
    if tensor._array.dtype.kind not in "fcV":
        unusual.seen = True
    if tensor._versions is not None and tensor._versions.inference:
        inference.leaves = True
    info = tensor._view
    if info is None:
        move_hooks(tensor, tensor._node, node)
        tensor._node = node
        tensor._output_nr = 0
        return
    base = info.base
    tensor._output_nr = 0
    copy = CopySlices(base, tensor, node)
    if tensor.requires_grad:
        move_hooks(base, base.grad_fn, copy, set_before=False)
    base._node = copy
    base._output_nr = 0
    tensor.grad_fn  # noqa: B018  # reading it makes the view's own history anew


class CopySlices(CppNode):
    """Backward of an in-place operator on a view, seen from the base."""

    __slots__ = ("base_shape", "base_strides", "inner", "shape", "start", "steps", "strides")

    __module__ = "builtins"
    cpp_name = "torch::autograd::CopySlices"

    def __init__(self, base: Tensor, view: Tensor, inner: Node) -> None:
        base_node = base.edge()
        nodes = (base_node, *inner.next_nodes[1:])
        numbers = (base._output_nr if base_node is not None else 0, *inner.next_numbers[1:])
        super().__init__(nodes, numbers)
        self.input_metadata = ((base._array.shape, base._array.dtype),)
        self.inner: Node | None = inner
        assert view._view is not None
        self.steps = view._view.steps
        self.shape = view._array.shape
        self.strides = view.stride()
        self.start = view.storage_offset() - base.storage_offset()
        self.base_shape = base._array.shape
        self.base_strides = base.stride()

    def apply(self, gradients: Gradients, next_nodes: tuple[Node | None, ...] | None = None) -> Gradients:
        """The gradients of the base and of what was written; `next_nodes` as for operators."""
        grad = gradients[0]
        results: Gradients = [None] * len(self.next_nodes)
        if grad is None:
            return results
        inner = self.inner
        if inner is None:
            raise RuntimeError(saved_texts.BACKWARD_TWICE)
        gradients.clear()
        whole = grad.new_empty_strided(self.base_shape, self.base_strides)
        whole.copy_(grad)
        part = taken(whole, self.steps) if self.steps else whole.as_strided(self.shape, self.strides, self.start)
        if next_nodes is None or not isinstance(inner, OperatorNode):
            inner_results = inner.apply([part.clone(memory_format=CONTIGUOUS)])
        else:
            wanted = tuple([None if each is None else inner.next_nodes[i] for i, each in enumerate(next_nodes)])
            inner_results = OperatorNode.apply(inner, [part.clone(memory_format=CONTIGUOUS)], wanted)
        for i, result in enumerate(inner_results):
            if (next_nodes or self.next_nodes)[i] is None:
                continue
            if i == 0:
                if result is not None:
                    part.copy_(result)
                else:
                    part.zero_()
                results[0] = whole
            else:
                results[i] = result
        return results

    def release(self) -> None:
        self.inner = None
