"""Accumulation: the end of the graph, where gradients arrive in `.grad` of leaves and of retaining tensors.

A first gradient is *stolen* (no copy) if nothing else holds it and its layout suits the leaf. PyTorch decides the
first by the reference count of the C++ tensor; here it is the reference count of the Python object, which the engine
keeps equally exact by emptying its buffers before it calls the node. As in PyTorch the test is on the tensor and not
on its memory, so a view of a gradient that something else holds is stolen too (pytorch #34082).
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad import anomaly, backward_texts, hook_texts
from refgrad.hooks import check_replacement, run_tensor_hooks
from refgrad.layout_contract import clone_in_layout, obeys_layout, warn_of_layout
from refgrad.levels import levels
from refgrad.memory import CONTIGUOUS
from refgrad.modes import modes
from refgrad.node import FIRST, OF_SCALARS, CppNode, Gradients
from refgrad.node_attributes import shown
from refgrad.versions import UNTRACKED

if TYPE_CHECKING:
    from refgrad.dtypes import NumpyType
    from refgrad.tensor import Tensor

UNSHARED = 2
"""What `sys.getrefcount` says of a gradient that only `AccumulateGrad.apply` holds: its variable and the call."""


class AccumulateGrad(CppNode):
    """The node of a leaf: adds what arrives to the leaf's `.grad`. It keeps the leaf alive, the leaf not it."""

    __slots__ = ("_leaf",)

    __module__ = "builtins"
    cpp_name = "torch::autograd::AccumulateGrad"

    def __init__(self, variable: Tensor) -> None:
        self.next_nodes = ()
        self.next_numbers = ()
        self.sequence_number = FIRST
        self.hooks = None
        self._leaf = variable
        extra = variable._extra
        if extra is not None and (extra.any_grad_dtype or extra.grad_dtype is not None):
            self.expect()
        else:
            array = variable._array
            self.input_metadata = ((array.shape, array.dtype),) if array.ndim else OF_SCALARS[array.dtype]
        if anomaly.state.enabled:
            anomaly.remember(self)

    @shown
    def variable(self) -> Tensor:
        """The leaf."""
        return self._leaf

    def expect(self) -> None:
        """Set which gradient fits: the leaf's shape, and its type unless `grad_dtype` says otherwise."""
        variable = self._leaf
        extra = variable._extra
        kind: NumpyType | None = variable._array.dtype
        if extra is not None and (extra.any_grad_dtype or extra.grad_dtype is not None):
            kind = extra.grad_dtype.numpy if extra.grad_dtype is not None else None
        self.input_metadata = ((variable._array.shape, kind),)

    def apply(self, gradients: Gradients) -> Gradients:
        new = gradients[0]
        gradients.clear()
        variable = self._leaf
        if (variable._node if variable._view is None else variable.grad_fn) is not None:
            raise RuntimeError(backward_texts.LEAF_INSIDE_GRAPH)
        old = variable._held_grad
        if new is None or not variable.requires_grad:
            pass  # nothing to add; the hooks run all the same
        elif old is None:
            held = self.hooks is not None and bool(self.hooks.post)
            if (
                not modes.grad
                and sys.getrefcount(new) <= UNSHARED + held
                and (not modes.grad_layout or obeys_layout(new, variable))
            ):
                plain = not held and new._extra is None and new._view is None and new._node is None
                plain = plain and new._versions is not UNTRACKED and not levels.active
                variable._held_grad = new if plain else new.detach()
            else:
                variable._held_grad = clone_in_layout(new, variable)
        else:
            total: Any = old
            if modes.grad_in_inference if modes.inference else modes.grad:
                total = total + new
            else:
                total += new  # another object if one of both is sparse
            variable._held_grad = total
            warn_of_layout(total, variable)
        extra = variable._extra
        if extra is not None and extra.post_hooks:
            run_post_hooks(extra.post_hooks, variable)
        return []

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), "variable"]


def run_post_hooks(hooks: OrderedDict[int, Callable[..., Any]], variable: Tensor) -> None:
    """All hooks run, each on what the one before returned; only then are they told to return None or the leaf."""
    passed, replaced = variable, False
    for hook in list(hooks.values()):
        result = hook(passed)
        if result is not None:
            check_replacement(passed, result, hook)
            replaced = replaced or result is not passed
            passed = result
    if replaced:
        raise RuntimeError(hook_texts.POST_HOOK_RETURNED)


def run_leaf_hooks(node: AccumulateGrad, gradients: Gradients) -> None:
    """The hooks of a leaf are kept with the leaf, not with its accumulation node."""
    extra = node._leaf._extra
    if extra is not None and extra.hooks:
        run_tensor_hooks(extra.hooks, gradients, 0)


def retain(tensor: Tensor, grad: Tensor) -> None:
    """Add to the `.grad` of a tensor that called `retain_grad()`."""
    if tensor._held_grad is None:
        tensor._held_grad = grad.clone(memory_format=CONTIGUOUS)
    else:
        total: Any = tensor._held_grad + grad  # type: ignore[operator]
        tensor._held_grad = total
