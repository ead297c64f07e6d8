"""Tensors that get other memory: `resize_`, `set_`."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from refgrad import binding_texts, dtypes, forward_texts, memory, memory_texts
from refgrad.inplace import check_inplace
from refgrad.levels import Lowered, levels, wrapped, wrapper_of
from refgrad.modes import modes
from refgrad.node import NotImplementedNode
from refgrad.operators.declare import METHOD, function
from refgrad.operators.dispatching import detached_by_asking, named, pass_on
from refgrad.operators.examples import unpacked
from refgrad.operators.transformed import tangent_of
from refgrad.storages import TypedStorage
from refgrad.tensor import Tensor


@function("resize_", public=METHOD)
def resize_(self: Tensor, *size: Any, memory_format: Any = None) -> Tensor:
    """Another shape from the same place of the storage on, contiguous; what is there stays, what is new is undefined.

    A storage that is too small grows, for all that share it.
    Raises RuntimeError if the tensor requires grad, in every mode.
    """
    if not size:
        raise TypeError(binding_texts.argument_owed("resize_", "size"))
    shape = unpacked(size)
    if isinstance(shape[0] if shape else 0, str):
        raise TypeError(binding_texts.wrong_argument("resize_", "size", 1, "tuple of ints", type(shape[0]).__name__))
    if self.requires_grad:
        raise RuntimeError(memory_texts.RESIZE_REQUIRES_GRAD)
    if levels.active and tangent_of(self) is not None:
        raise RuntimeError(forward_texts.RESIZE_WITH_TANGENT)
    if any(each < 0 for each in shape):
        raise RuntimeError(memory_texts.NUMEL_OVERFLOW)
    if shape == self._array.shape and self.is_inference():
        return self
    check_inplace(self, recording=False)
    if shape != self._array.shape:
        resize(self, tuple(shape))
        self.bump_version()
    return self


def resize(tensor: Tensor, shape: tuple[int, ...]) -> None:
    array = tensor._array
    count = int(np.prod(shape))
    start = memory.offset(array)
    stored = memory.flat(array)
    wanted = (start + count) * array.itemsize
    if stored.nbytes < wanted:
        stored = grown(memory.root(array), stored, wanted)
    begin = start * array.itemsize
    tensor._array = stored[begin : begin + count * array.itemsize].view(array.dtype).reshape(shape)


def grown(owner: Any, stored: Any, size: int) -> Any:
    """A larger storage with the same beginning. NumPy's memory cannot grow, so every tensor that stands on it moves."""
    made = np.zeros(size, np.uint8)
    made[: stored.nbytes] = stored
    for each in gc.get_objects():
        if issubclass(type(each), Tensor) and memory.root(each._array) is owner:  # `isinstance` would wake up proxies
            array = each._array
            begin = memory.offset(array) * array.itemsize
            each._array = np.ndarray(array.shape, array.dtype, made, begin, array.strides)
    return made


@function("resize_as_")
def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the shape of another tensor."""
    return resize_(self, the_template._array.shape)


def reinterpreted(self: Tensor, kind: dtypes.dtype) -> Tensor:
    """The bits of the memory as elements of another type. It shares the version but is no view, and has no history.

    Raises RuntimeError where elements of another size do not fit the last dimension.
    """
    if levels.asks(self):
        made = pass_on(named("view", "dtype"), (self, kind), {}, reinterpreted)
        if kind.category < dtypes.FLOATING and not modes.below:
            made = detached_by_asking(made)
        made._versions = self.shared_versions()
        return made  # type: ignore[no-any-return]
    wrapper = wrapper_of(self)
    if wrapper is not None:
        with Lowered(wrapper.level):
            inner = wrapper.inner.movedim(wrapper.dim, 0) if wrapper.dim else wrapper.inner
            return wrapped(wrapper.level, reinterpreted(inner, kind), None if wrapper.dim is None else 0)  # type: ignore[no-any-return]
    array, size, wanted = self._array, self._array.itemsize, kind.numpy.itemsize
    if size != wanted:
        message = reinterpreting_problem(self, wanted / size)
        if message is not None:
            raise RuntimeError(memory_texts.reinterpreted(message, self.dtype, kind))
    made = Tensor._of(array.view(kind.numpy))
    made._versions = self.shared_versions()
    return made


def reinterpreting_problem(tensor: Tensor, ratio: float) -> str | None:
    if tensor._array.ndim == 0:
        return "self.dim() cannot be 0|"
    step = tensor.stride()[-1]
    if step != 1:
        return f"self.stride(-1) must be 1|, but got {step}"
    if ratio > 1:
        divisor = int(ratio)
        checked = [("self.size(-1)", tensor._array.shape[-1]), ("self.storage_offset()", tensor.storage_offset())]
        checked += [(f"self.stride({i})", step) for i, step in enumerate(tensor.stride()[:-1])]
        for name, value in checked:
            if value % divisor:
                return f"{name} must be divisible by {divisor}|, but got {value}"
    return None


@function("set_", public=METHOD)
def set_(self: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
    """Put the tensor on the memory of another one, or on a storage; nothing is copied.

    PyTorch cannot differentiate it: if gradients are wanted, the result is there and backward raises.
    Raises RuntimeError for a leaf that requires grad, and for another type.
    """
    if levels.active and any(tangent_of(each) is not None for each in (self, source)):
        raise NotImplementedError(forward_texts.inplace_forward_mode_unsupported("set"))
    given = (self,) if size is not None else (self, source)  # where it lies is all that is wanted of the other then
    tensors = [each for each in given if isinstance(each, Tensor) and each.requires_grad]
    recording = modes.grad and bool(tensors)
    check_inplace(self, recording)
    node = None
    if recording:
        node = NotImplementedNode("set_", tuple(each.edge() for each in tensors), tuple(t._output_nr for t in tensors))
    self._array = placed(self, source, storage_offset, size, stride)
    self.bump_version()
    if node is not None:
        node.input_metadata = ((self._array.shape, self._array.dtype),)
        self._grad_fn = node
        self._output_nr = 0
    return self


def placed(tensor: Tensor, source: Any, start: int, size: Any, stride: Any) -> Any:
    kind = tensor._array.dtype
    if source is None:
        return np.empty(0, kind)
    if isinstance(source, TypedStorage) and source.dtype is not tensor.dtype:
        raise RuntimeError(memory_texts.storage_type(tensor.dtype, source.dtype))
    if size is not None:
        return on_storage(kind, source, start, tuple(size), stride)
    array = source._array if isinstance(source, Tensor) else source.bytes().view(kind)
    if array.dtype != kind:
        raise RuntimeError(memory_texts.set_types(source.dtype, tensor.dtype))
    return array


def on_storage(kind: Any, source: Any, start: int, size: tuple[int, ...], stride: Any) -> Any:
    """Elements of the memory of `source`, whatever lay there; it grows if it is too small."""
    if stride and len(stride) != len(size):
        raise RuntimeError(memory_texts.unequal_lengths(len(size), len(stride)))
    if start < 0:
        raise RuntimeError(memory_texts.negative_offset(start))
    if any(n < 0 for n in size):
        raise RuntimeError(memory_texts.NUMEL_OVERFLOW)
    steps = tuple(stride) if stride else memory.contiguous_strides(size)
    stored = memory.flat(source._array) if isinstance(source, Tensor) else source.bytes()
    wanted = 0 if 0 in size else (start + 1 + sum((n - 1) * step for n, step in zip(size, steps, strict=True)))
    if wanted * kind.itemsize > stored.nbytes:
        stored = grown(memory.root(stored), stored, wanted * kind.itemsize)
    usable = stored[: stored.nbytes // kind.itemsize * kind.itemsize].view(kind)
    return memory.strided(usable, size, steps, start)


@function("is_set_to", public=METHOD)
def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both tensors are the same elements of the same memory."""
    one, other = self._array, tensor._array
    return (
        memory.root(one) is memory.root(other)
        and one.shape == other.shape
        and memory.offset(one) == memory.offset(other)
        and memory.strides(one) == memory.strides(other)
    )
