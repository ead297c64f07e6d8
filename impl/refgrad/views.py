"""Views: tensors that share the memory of a base, and how their history follows it.

A view knows its root base (views of views too) and the version at which its own `grad_fn` was made. When the base or
another view of it is modified in place, the version moves and that `grad_fn` is stale. It is replaced only when someone
reads it: by an `AsStridedBackward0` that takes the view out of the base's *new* history.

                 x = b[0]                     b.mul_(2)                  read x.grad_fn
       b ── f           b ── f                   b ── Mul ── f             b ── Mul ── f
                        x ── Select ── f         x ── Select ── f          x ── AsStrided ── Mul

Between complex and real tensors no `AsStrided` leads, and `_force_original_view_tracking` forbids it: such a view
remembers the steps that lead to it from its base, and they are taken again.

A view that was made where it could not be tracked (under `no_grad`, as one of several outputs, inside a custom
Function) remembers that as its creation: modifying it in grad mode, or reading it after its base was modified, fails.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from refgrad import hook_texts, inplace_texts, lazy
from refgrad.modes import modes
from refgrad.node import NodeHooks
from refgrad.versions import UNTRACKED, VersionCounter

if TYPE_CHECKING:
    from refgrad.node import Node
    from refgrad.tensor import Tensor

DEFAULT, IN_CUSTOM_FUNCTION, MULTI_OUTPUT, NO_GRAD, INFERENCE = range(5)


Step: TypeAlias = "Callable[[Tensor], Tensor]"


class ViewInfo:
    """What a view remembers: its root base, how it came about, and when its `grad_fn` was made.

    `steps` lead from the base to the view; there are none where one `as_strided` does. `forward` is the base that it
    has its tangent from: None for dual tensors and their primal parts, which are the base of what is taken of them.
    """

    __slots__ = ("base", "creation", "forward", "steps", "version")

    def __init__(self, base: Tensor, creation: int, version: int, steps: tuple[Step, ...] = ()) -> None:
        self.base = base
        self.forward: Tensor | None = base
        self.creation = creation
        self.version = version
        self.steps = steps


def mark_view(result: Tensor, source: Tensor, creation: int | None, step: Step | None = None) -> None:
    """Make `result` a view of `source`; `creation` is what it is if grad mode is on, `None` for an ordinary view.

    `step` is how to take it once more from a source, where `as_strided` is not to do that.
    Of an inference tensor there are no views, only more inference tensors on the same memory.
    """
    if lazy.living:
        lazy.follow(result, source)
    versions = source._versions
    if versions is None:
        versions = source._versions = VersionCounter()
    if versions.inference:
        result._versions = UNTRACKED
        return
    result._versions = versions
    kind = (creation or DEFAULT) if modes.grad else INFERENCE if modes.inference else NO_GRAD
    above = source._view
    if above is None:
        result._view = info = ViewInfo(source, kind, versions.value)
    else:
        if kind == DEFAULT or above.creation == INFERENCE:
            kind = above.creation
        result._view = info = ViewInfo(above.base, kind, versions.value)
        info.forward = source if above.forward is None else above.forward
        if above.steps:
            info.steps = (*above.steps, part(result))
    if result._array.dtype is not source._array.dtype:
        step = conversion(result, source)
    if step is not None:
        before = () if above is None else above.steps or (part(source),)
        info.steps = (*before, step)


def part(view: Tensor) -> Step:
    """What takes the place of `view` out of the memory that it shares."""
    size, stride, start = view._array.shape, view.stride(), view.storage_offset()
    return lambda base: base.as_strided(size, stride, start)


def conversion(result: Tensor, source: Tensor) -> Step | None:
    """What makes a real view of a complex tensor or the other way round; None for any other change of dtype."""
    kinds = source._array.dtype.kind + result._array.dtype.kind
    if kinds == "cf":
        return lambda base: base.view_as_real()
    if kinds == "fc":
        return lambda base: base.view_as_complex()
    return None


def view_grad_fn(view: Tensor) -> Node | None:
    """The `grad_fn` of a view, made anew if it is stale.

    Raises RuntimeError if it is stale and the view's creation forbids tracking it.
    """
    info = view._view
    assert info is not None
    old = view._node
    if old is None and not info.base.requires_grad:
        return None
    versions = view._versions
    current = 0 if versions is None else versions.value
    if current == info.version:
        return old
    check_creation(view, indirect=True)
    new = taken_anew(view, info)
    if view.requires_grad:
        move_hooks(view, old, new)
    view._node = new
    view._output_nr = 0
    info.version = current
    return new


def taken(base: Tensor, steps: tuple[Step, ...]) -> Tensor:
    """The view of a base that some steps lead to."""
    for step in steps:
        base = step(base)
    return base


def taken_anew(view: Tensor, info: ViewInfo) -> Node:
    """The node, or the newest of the nodes, that takes a view out of its base's newest history."""
    from refgrad.operators.strided import as_strided_node

    if not info.steps:
        return as_strided_node(info.base, view)
    before, modes.grad = modes.grad, True
    try:
        node = taken(info.base, info.steps).grad_fn
    finally:
        modes.grad = before
    assert node is not None
    return node


def check_creation(view: Tensor, *, indirect: bool) -> None:
    """Raise RuntimeError if the view came about in a way that forbids modifying it, or (`indirect`) its base."""
    info = view._view
    assert info is not None
    if info.creation != DEFAULT:
        node = view._node
        raise RuntimeError(
            inplace_texts.view_modified(
                None if node is None else node.name(),
                view._output_nr,
                indirect=indirect,
                inference=info.creation == INFERENCE,
                no_grad=info.creation == NO_GRAD,
                several=info.creation == MULTI_OUTPUT,
                custom_function=info.creation == IN_CUSTOM_FUNCTION,
            )
        )


def move_hooks(tensor: Tensor, old: Node | None, new: Node, *, set_before: bool = True) -> None:
    """A `grad_fn` that is new, or will be (not `set_before`): hooks stay with the old one, `retain_grad` goes along."""
    extra: Any = tensor._extra
    if extra is None:
        return
    extra.hooks = None
    if extra.retains_grad:
        number = tensor._output_nr
        if old is None or old.hooks is None:  # detached in place since: PyTorch's own assertions
            if set_before:
                tensor._node, tensor._output_nr = new, 0
            raise RuntimeError(hook_texts.RETAINED_BEFORE_DETACHING if old is None else hook_texts.RETAINED_ELSEWHERE)
        old.hooks.retain_grad.pop(number, None)
        if new.hooks is None:
            new.hooks = NodeHooks()
        new.hooks.retain_grad[0] = weakref.ref(tensor)
