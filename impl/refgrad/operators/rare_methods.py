"""Methods and attributes of tensors that are there for old code, for other devices, or for PyTorch's own use."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from refgrad import binding_texts, memory
from refgrad.device import Device
from refgrad.operators.declare import METHOD, function
from refgrad.tensor import Tensor
from refgrad.utils.dlpack import DLDeviceType


@function("resize", public=METHOD)
def resize(self: Tensor, *sizes: Any) -> Tensor:
    """Another shape for the same number of elements; deprecated, with a warning (UserWarning).

    Raises RuntimeError for another number of elements.
    """
    warnings.warn(binding_texts.RESIZE_DEPRECATED, UserWarning, stacklevel=2)
    return resized(self, sizes)


@function("resize_as", public=METHOD)
def resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """`resize` to the shape of another tensor; deprecated as well."""
    warnings.warn(binding_texts.RESIZE_AS_DEPRECATED, UserWarning, stacklevel=2)
    return resized(self, (tensor.shape,))


def resized(tensor: Tensor, sizes: tuple[Any, ...]) -> Tensor:
    wanted = tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes
    count = 1
    for each in wanted:
        count *= each
    if count != tensor._array.size:
        raise RuntimeError(binding_texts.resize_keeps_elements(wanted, count, tensor.shape, tensor._array.size))
    from refgrad.autograd.function import Function

    class Resize(Function):
        @staticmethod
        def forward(ctx: Any, tensor: Any, sizes: tuple[int, ...]) -> Any:
            ctx.sizes = tensor.shape
            return tensor.contiguous().view(sizes)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad.contiguous().view(ctx.sizes), None

    made: Tensor = Resize.apply(tensor, wanted)
    return made


def moving(kind: str) -> None:
    """A method that goes to a device of one kind, which is not here."""

    @function(kind, public=METHOD)
    def move(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Any:
        wanted = Device(kind if device is None else device)
        if wanted.type != kind:
            raise RuntimeError(binding_texts.not_this_device(kind))
        wanted.check()


for _kind in ("cuda", "xpu", "ipu"):
    moving(_kind)


@function("is_pinned", public=METHOD)
def is_pinned(self: Tensor, device: Any = None) -> bool:
    if device is not None:
        Device(device)
        warnings.warn(binding_texts.device_deprecated("is_pinned"), DeprecationWarning, stacklevel=2)
    return False


@function("pin_memory", public=METHOD)
def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """There is nothing to pin memory for.

    Raises RuntimeError.
    """
    if device is None:
        raise RuntimeError(binding_texts.NO_ACCELERATOR)
    wanted = Device(device)
    warnings.warn(binding_texts.device_deprecated("pin_memory"), DeprecationWarning, stacklevel=2)
    is_pinned(self, wanted)
    raise RuntimeError(binding_texts.no_such_accelerator(wanted.type))


@function("is_distributed", public=METHOD)
def is_distributed(self: Tensor) -> bool:
    return False


@function("dense_dim", public=METHOD)
def dense_dim(self: Tensor) -> int:
    return self._array.ndim


@function("sparse_dim", public=METHOD)
def sparse_dim(self: Tensor) -> int:
    return 0


@function("__long__", public=METHOD)
def long_(self: Tensor) -> int:
    return int(self)


@function("__nonzero__", public=METHOD)
def nonzero_(self: Tensor) -> bool:
    return bool(self)


@function("__dlpack_device__", public=METHOD)
def dlpack_device(self: Tensor) -> tuple[int, int]:
    return DLDeviceType.kDLCPU, 0


@function("_view_func", public=METHOD)
def view_func(self: Tensor, new_base: Tensor) -> Tensor | None:
    """This view, taken from another base; `None` if this is no view, or the base lies differently in memory."""
    if self._view is None:
        return None
    base, other = self._view.base._array, new_base._array
    if base.shape != other.shape or memory.strides(base) != memory.strides(other):
        return None
    return view_func_unsafe(self, new_base)


@function("_view_func_unsafe", public=METHOD)
def view_func_unsafe(self: Tensor, new_base: Tensor) -> Tensor | None:
    """The same, whatever the other base is like."""
    if self._view is None:
        return None
    if self._view.steps:
        for step in self._view.steps:
            new_base = step(new_base)
        return new_base
    made: Tensor = new_base.as_strided(self._array.shape, self.stride(), self.storage_offset())
    return made


@function("_rev_view_func_unsafe", public=METHOD)
def rev_view_func_unsafe(self: Tensor, new_view: Tensor) -> Tensor:
    """No operator here says how to get from a view to its base.

    Raises RuntimeError.
    """
    raise RuntimeError("No _rev_view_func() found")


def volatile_of(self: Any) -> bool:
    """Always false, with a warning (UserWarning)."""
    warnings.warn(binding_texts.VOLATILE_READ, UserWarning, stacklevel=2)
    return False


def set_volatile(self: Any, value: object) -> None:
    warnings.warn(binding_texts.VOLATILE, UserWarning, stacklevel=2)


def constant(value: Any) -> Callable[[Any], Any]:
    return lambda self: value


def attach() -> None:
    """The attributes among them."""
    tensor: Any = Tensor
    tensor.volatile = property(volatile_of, set_volatile)
    tensor._has_symbolic_sizes_strides = property(constant(False))
    tensor._python_dispatch = property(constant(False))


attach()
