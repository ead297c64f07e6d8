"""The gradient layout contract: how the `.grad` of a leaf lies in memory, and what is said where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refgrad import backward_texts as texts
from refgrad import memory
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.once import warn_once

if TYPE_CHECKING:
    from refgrad.dtypes import Array
    from refgrad.tensor import Tensor


def obeys_layout(grad: Tensor, variable: Tensor) -> bool:
    """The gradient layout contract: the strides of a dense variable, contiguous otherwise."""
    if variable._array.ndim == 0:
        return True
    if memory.is_dense(variable._array):
        return same_layout(grad._array, variable._array)
    return grad._array.flags.c_contiguous


def same_layout(one: Array, other: Array) -> bool:
    """Whether strides agree; where a dimension has one element, that it is not an expanded one."""
    return all(
        (size == 1 and a != 0) or a == b
        for size, a, b in zip(other.shape, memory.strides(one), memory.strides(other), strict=True)
    )


def clone_in_layout(grad: Tensor, variable: Tensor) -> Tensor:
    """A copy of `grad` in the layout that the contract gives to the variable's gradient; recorded in grad mode."""
    if memory.is_dense(variable._array) and not grad.is_sparse:
        told = {"dtype": variable.dtype, "layout": variable.layout, "device": variable.device} if levels.active else {}
        made: Tensor = grad.new_empty_strided(variable._array.shape, variable.stride(), **told)
        made.copy_(grad)
        return made
    copy: Tensor = grad.clone(memory_format=memory.CONTIGUOUS)
    return copy


def warn_of_layout(grad: Tensor | None, variable: Tensor) -> None:
    """Warn of a broken layout contract; if a backward is running it does that when it is over."""
    if modes.grad_layout and grad is not None and not obeys_layout(grad, variable):
        from refgrad.backward import engine

        text = texts.layout_contract(grad.shape, grad.stride(), variable.shape, variable.stride())
        if engine.task is None:
            warn_once(text, "layout")
        else:
            engine.task.warnings.append((text, "layout"))
