"""Tensors as instances of other classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import binding_texts, dispatch_texts, memory, tensor_texts
from refgrad.dtypes import get_default_dtype
from refgrad.levels import levels
from refgrad.overrides import disabled_torch_function, install, torch_function_of_tensors
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

SLOTS = tuple(slot for slot in Tensor.__slots__ if not slot.startswith("__"))

NO_SUBCLASS = (
    "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class "
    "inherits from Tensor."
)


def retyped(tensor: Tensor, cls: Any) -> Any:
    """A new instance of `cls` in the place of a tensor that nobody else has.

    Raises TypeError if it is no subclass of `Tensor`.
    """
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(NO_SUBCLASS)
    made = object.__new__(cls)
    for slot in SLOTS:
        setattr(made, slot, getattr(tensor, slot))
    if wants_to_be_asked(cls):
        levels.look_out_for(made)
    return made


def wants_to_be_asked(cls: Any) -> bool:
    """Whether a class has a `__torch_dispatch__` of its own."""
    return getattr(cls, "__torch_dispatch__", disabled_torch_dispatch) is not disabled_torch_dispatch


def disabled_torch_dispatch(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """For classes that are not asked."""
    with DisableTorchDispatch():
        return func(*args, **(kwargs or {}))


class DisableTorchDispatch:
    """A block in which operators ask neither modes nor classes."""

    def __enter__(self) -> None:
        self.before = levels.dispatch, levels.seen_by_classes
        levels.dispatch, levels.seen_by_classes = (), False
        levels.update()

    def __exit__(self, *_: object) -> None:
        levels.dispatch, levels.seen_by_classes = self.before
        levels.update()


def as_subclass(self: Any, cls: Any) -> Any:
    """An alias of the tensor, with its history, that is an instance of `cls`."""
    from refgrad.operators.getitem import ALIAS

    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(NO_SUBCLASS)
    return retyped(ALIAS(self), cls)


def _make_subclass(cls: Any, data: Tensor, require_grad: bool = False, **options: Any) -> Any:
    """A leaf of class `cls` on the memory of a tensor."""
    if not isinstance(data, Tensor):
        raise TypeError(binding_texts.wrong_argument("_make_subclass", "data", 2, "Tensor", type_name(data)))
    if not isinstance(cls, type):
        raise TypeError(dispatch_texts.cls_is_no_type(type_name(cls)))
    if require_grad and data._array.dtype.kind not in "fcV":
        raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
    made = retyped(data.detach(), cls)
    made._requires_grad = require_grad
    return made


def _make_wrapper_subclass(
    cls: Any,
    size: Any = None,
    strides: Any = None,
    storage_offset: int = 0,
    memory_format: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    dispatch_sizes_strides_policy: str | None = None,
    dispatch_device: bool = False,
    dispatch_layout: bool = False,
    **options: Any,
) -> Any:
    """A leaf of class `cls` that has a shape and a type, but no elements of its own: its class says what it does."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(NO_SUBCLASS)
    if size is None:
        raise TypeError(dispatch_texts.MISSING_SIZE)
    if not isinstance(size, (tuple, list)):
        kind_name = type(size).__name__
        raise TypeError(binding_texts.wrong_argument("_make_wrapper_subclass", "size", 2, "tuple of ints", kind_name))
    if not wants_to_be_asked(cls):
        raise TypeError(dispatch_texts.must_define_dispatch(cls.__name__))
    kind = (dtype or get_default_dtype()).numpy
    if requires_grad and kind.kind not in "fcV":
        raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
    shape = tuple(size)
    steps = memory.contiguous_strides(shape) if strides is None else tuple(strides)
    reach = 1 + sum((n - 1) * step for n, step in zip(shape, steps, strict=True)) if 0 not in shape else 0
    array = memory.strided(np.zeros(storage_offset + reach, kind), shape, steps, storage_offset)
    made = retyped(Tensor._of(array), cls)
    made._requires_grad = requires_grad
    levels.without_memory.add(id(made))
    return made


def notice(cls: Any) -> None:
    """Let the public names look out for the instances of a subclass, if a user defined it."""
    plain = getattr(cls, "__torch_function__", None) is disabled_torch_function
    if not plain and not str(cls.__module__).startswith(("refgrad", "torch.")):
        install()


def attach() -> None:
    """Let `Tensor` be subclassed: from the first subclass on, the public names look out for their instances."""

    def __init_subclass__(cls: Any, /, **options: Any) -> None:
        own = getattr(cls.__torch_function__, "__func__", None)
        if wants_to_be_asked(cls) and own is torch_function_of_tensors:
            cls.__torch_function__ = staticmethod(disabled_torch_function)
        notice(cls)

    tensor: Any = Tensor
    tensor.as_subclass = as_subclass
    tensor._make_subclass = staticmethod(_make_subclass)
    tensor._make_wrapper_subclass = staticmethod(_make_wrapper_subclass)
    tensor.__torch_dispatch__ = staticmethod(disabled_torch_dispatch)
    tensor.__torch_function__ = classmethod(torch_function_of_tensors)
    tensor.__init_subclass__ = classmethod(__init_subclass__)


__all__ = ["as_subclass", "attach", "retyped"]
