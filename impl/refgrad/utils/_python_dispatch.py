"""`torch.utils._python_dispatch`: modes that see every operator below autograd, and tensors that wrap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from refgrad import dispatch_texts as texts
from refgrad import memory
from refgrad.levels import levels
from refgrad.subclassing import DisableTorchDispatch
from refgrad.tensor import Tensor

TURNING = frozenset("t_ transpose_ unsqueeze_ squeeze_ as_strided_".split())
"""Operators that change the shape of their operand in place: that of the wrapper too."""


class TorchDispatchMode:
    """A block in which `__torch_dispatch__` is called in the place of every operator."""

    __module__ = "torch.utils._python_dispatch"

    def __init__(self, _dispatch_key: Any = None) -> None:
        self._dispatch_key = _dispatch_key

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> TorchDispatchMode:
        _push_mode(self)
        return self

    def __exit__(self, *_: object) -> None:
        _pop_mode()


class BaseTorchDispatchMode(TorchDispatchMode):
    """A mode that changes nothing."""

    __module__ = "torch.utils._python_dispatch"

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def _push_mode(mode: TorchDispatchMode) -> None:
    levels.dispatch = (*levels.dispatch, mode)
    levels.update()


def _pop_mode() -> TorchDispatchMode:
    mode: TorchDispatchMode = levels.dispatch[-1]
    levels.dispatch = levels.dispatch[:-1]
    levels.update()
    return mode


@contextmanager
def _pop_mode_temporarily() -> Iterator[TorchDispatchMode]:
    """A block without the innermost mode."""
    mode = _pop_mode()
    try:
        yield mode
    finally:
        _push_mode(mode)


@contextmanager
def _disable_current_modes() -> Iterator[list[TorchDispatchMode]]:
    """A block without modes."""
    before, levels.dispatch = levels.dispatch, ()
    levels.update()
    try:
        yield list(before)
    finally:
        levels.dispatch = before
        levels.update()


def _get_current_dispatch_mode() -> TorchDispatchMode | None:
    """The innermost mode."""
    return levels.dispatch[-1] if levels.dispatch else None


def _get_current_dispatch_mode_stack() -> list[TorchDispatchMode]:
    """The modes, the innermost last."""
    return list(levels.dispatch)


def _len_torch_dispatch_stack() -> int:
    return len(levels.dispatch)


def is_in_torch_dispatch_mode(include_infra_modes: bool = True) -> bool:
    return bool(levels.dispatch)


class TensorWithFlatten(Protocol):
    """A tensor that wraps others, and says which."""

    def __tensor_flatten__(self) -> tuple[list[str], Any]: ...

    @staticmethod
    def __tensor_unflatten__(inner_tensors: Any, flatten_spec: Any, outer_size: Any, outer_stride: Any) -> Any: ...


def is_traceable_wrapper_subclass_type(t: Any) -> bool:
    """Whether instances of a class can be taken apart into the tensors that they wrap."""
    wraps = issubclass(t, Tensor) and t is not Tensor
    return bool(wraps and hasattr(t, "__tensor_flatten__") and hasattr(t, "__tensor_unflatten__"))


def is_traceable_wrapper_subclass(t: Any) -> bool:
    return is_traceable_wrapper_subclass_type(type(t))


def transform_subclass(
    t: Any, callback: Callable[[str, Any], Any], outer_size: Any = None, outer_stride: Any = None
) -> Any:
    """The same wrapper around what `callback` makes of each tensor in it, by its name.

    Raises AssertionError if the size or the strides are not those announced.
    """
    size = outer_size if outer_size is not None else t.size()
    stride = outer_stride if outer_stride is not None else t.stride()
    names, context = t.__tensor_flatten__()
    inner = {name: callback(name, getattr(t, name)) for name in names}
    made = type(t).__tensor_unflatten__(inner, context, size, stride)
    if made.shape != size:
        raise AssertionError(texts.wrapper_differs(type(t), "shape", size, made.shape))
    if made.stride() != stride:
        raise AssertionError(texts.wrapper_differs(type(t), "stride", stride, made.stride()))
    return made


def return_and_correct_aliasing(func: Any, args: Any, kwargs: Any, out: Any) -> Any:
    """What a class should return: the tensor itself that was written, and for views one on the memory of the first.

    Raises AssertionError if there is nothing that could have been written.
    """
    if func._schema.is_mutable:
        if func.overloadpacket._name in TURNING:
            with DisableTorchDispatch():
                func(*args, **(kwargs or {}))
        return (kwargs or {}).get("out", args[0] if args else None)
    if func.is_view and args and isinstance(args[0], Tensor):
        for each in out if isinstance(out, (list, tuple)) else (out,):
            lay_over(each, args[0])
    return out


def lay_over(view: Any, source: Tensor) -> None:
    """Have a wrapper without elements share the memory of another, as far as that is large enough."""
    if memory.root(view._array) is not memory.root(source._array):
        steps, start = view.stride(), view.storage_offset()
        with suppress(RuntimeError):
            view._array = memory.strided(source._array, view._array.shape, steps, start)


__all__ = ["BaseTorchDispatchMode", "TensorWithFlatten", "TorchDispatchMode", "return_and_correct_aliasing"]
