"""The memory under a tensor: address, strides, the storage that views share, and tensors laid over it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import memory_texts as texts
from refgrad.dtypes import Array, NumpyType
from refgrad.pool import Buffer, fresh, owns


def root(array: Array) -> Array:
    """The array that owns the memory of `array`."""
    base = array.base
    while base is not None and type(base) is not Buffer:
        if isinstance(base, np.ndarray):
            array = base
        base = getattr(base, "base", None)  # what `as_strided` puts between two arrays is no array, but has a base
    return array


def address(array: Array) -> int:
    """The address of the first element; 0 if there is none."""
    return 0 if array.size == 0 or is_unallocated(array) else int(array.__array_interface__["data"][0])


def offset(array: Array) -> int:
    """Elements from the start of the storage to the first element."""
    if array.size == 0 or owns(array):
        return 0
    if is_unallocated(array):
        return 0
    start: int = array.__array_interface__["data"][0] - root(array).__array_interface__["data"][0]
    return start // array.itemsize


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides in elements of a contiguous tensor; a dimension of size 0 counts as 1, as in PyTorch."""
    steps: list[int] = []
    step = 1
    for size in reversed(shape):
        steps.append(step)
        step *= max(size, 1)
    return tuple(reversed(steps))


def strides(array: Array) -> tuple[int, ...]:
    """Strides in elements; NumPy gives new arrays without elements none, which stands for the usual ones."""
    if array.size == 0 and not laid_by_hand(array):
        return contiguous_strides(array.shape)
    size = array.itemsize
    return tuple([step // size for step in array.strides])


def laid_by_hand(array: Array) -> bool:
    """Whether an array without elements has strides that mean something."""
    return any(array.strides) or root(array).size != 0


def explicit(array: Array) -> Array:
    """The array, and if it has no elements one whose strides can be worked with."""
    if array.size or laid_by_hand(array):
        return array
    steps = [step * array.itemsize for step in contiguous_strides(array.shape)]
    return np.lib.stride_tricks.as_strided(array, array.shape, steps)


def is_dense(array: Array) -> bool:
    """Whether the elements fill a block of memory without gaps or overlap, in whatever order of dimensions."""
    if array.flags.c_contiguous:
        return True
    expected = array.itemsize
    for step, size in sorted((s, n) for s, n in zip(array.strides, array.shape, strict=True) if n != 1):
        if step != expected:
            return False
        expected *= size
    return True


def flat(array: Array) -> Array:
    """The whole storage of `array` as a one-dimensional array of bytes."""
    owner = root(array)
    order = sorted(range(owner.ndim), key=lambda i: -owner.strides[i])
    return owner.transpose(order).reshape(-1).view(np.uint8)


def strided(array: Array, shape: tuple[int, ...], steps: tuple[int, ...], start: int) -> Array:
    """An array over the storage of `array`, with shape, strides and offset in elements.

    Raises RuntimeError if it would reach beyond the storage.
    """
    if len(shape) != len(steps):
        raise RuntimeError(texts.LENGTHS_OF_STRIDES)
    size = array.itemsize
    storage = flat(array)
    if 0 in shape:
        return np.ndarray(shape, array.dtype, buffer=storage, strides=[step * size for step in steps])
    last = start + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if any(n < 0 for n in shape):
        raise RuntimeError(texts.negative_storage(shape, steps))
    if start < 0:
        raise RuntimeError(texts.negative_offset(start))
    if (last + 1) * size > storage.nbytes:
        raise RuntimeError(texts.out_of_storage(shape, steps, start, size, storage.nbytes))
    return np.ndarray(shape, array.dtype, buffer=storage, offset=start * size, strides=[s * size for s in steps])


def empty_strided(shape: tuple[int, ...], steps: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """New memory with the given strides in elements."""
    if steps == contiguous_strides(shape):
        return fresh(shape, dtype)
    if 0 in shape:
        return laid_empty(shape, steps, dtype)
    reach = 1 + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    return np.ndarray(shape, dtype, buffer=np.empty(reach, dtype), strides=[s * dtype.itemsize for s in steps])


def laid_empty(shape: tuple[int, ...], steps: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """No memory, with the given strides in elements; if all are 0 one is a byte, to tell them from none."""
    in_bytes = [step * dtype.itemsize for step in steps]
    if not any(in_bytes) and dtype.itemsize > 1:
        in_bytes[0] = 1
    return np.ndarray(shape, dtype, np.empty(0, dtype), strides=in_bytes)


def empty_like(array: Array, kind: NumpyType) -> Array:
    """New memory in the layout that PyTorch calls preserved: the same strides if dense, else in the same order."""
    shape = array.shape
    if array.flags.c_contiguous:
        if 1 in shape or 0 in shape:
            return empty_strided(shape, strides(array), kind)
        return fresh(shape, kind)
    if is_dense(array):
        return np.ndarray(shape, kind, strides=[step // array.itemsize * kind.itemsize for step in array.strides])
    steps = [0] * array.ndim
    step = kind.itemsize
    for dim in from_inner_to_outer(shape, array.strides):
        steps[dim] = step
        step *= shape[dim]
    return np.ndarray(shape, kind, strides=steps)


def from_inner_to_outer(shape: tuple[int, ...], steps: tuple[int, ...]) -> list[int]:
    """The dimensions by growing stride; stride 0 says nothing, and among equals the smaller dimension is inner."""
    order = list(range(len(shape) - 1, -1, -1))
    for i in range(1, len(order)):
        at = i
        for before in range(i - 1, -1, -1):
            first, second = order[before], order[at]
            if steps[first] == 0 or steps[second] == 0:
                continue
            if (steps[first], shape[first]) > (steps[second], shape[second]):
                order[before], order[at] = second, first
                at = before
            elif steps[first] < steps[second]:
                break
    return order


def copy_of(array: Array) -> Array:
    """A copy in the layout that `clone()` chooses, see `empty_like`."""
    made = empty_like(array, array.dtype)
    made[...] = array
    return made


def preserved(made: Array, like: Array) -> Array:
    """`made` in the layout that `clone()` chooses for `like`, which has its shape."""
    laid = empty_like(like, made.dtype)
    if strides(laid) == strides(made):
        return made
    laid[...] = made
    return laid


def indexed(made: Array) -> Array:
    """`made` in the order of its indices, with the usual strides also where a dimension has one element."""
    return made if strides(made) == contiguous_strides(made.shape) else made.copy(order="C")


def reshaped_view(array: Array, shape: tuple[int, ...]) -> Array | None:
    """`array` under another shape without copying; `None` if its strides do not allow that."""
    if array.size == 0 and 0 in shape and array.shape != shape:
        return laid_over(array, shape, [step * array.itemsize for step in contiguous_strides(shape)])
    if array.size == 0 or array.ndim == 0 or (array.flags.c_contiguous and 1 not in array.shape):
        return array.reshape(shape)  # the steps of a single element may be any, and PyTorch keeps them
    steps = view_strides(array.shape, array.strides, shape)
    return None if steps is None else laid_over(array, shape, steps)


def view_strides(shape: tuple[int, ...], steps: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...] | None:
    """The strides under which `wanted` covers the same memory in the same order; `None` if there are none.

    Dimensions that lie evenly in memory form a block, and each block has to be cut into whole dimensions of `wanted`.
    """
    found = [0] * len(wanted)
    next_wanted = len(wanted) - 1
    block, covered, step = 1, 1, steps[-1]
    for dim in range(len(shape) - 1, -1, -1):
        block *= shape[dim]
        if dim > 0 and (shape[dim - 1] == 1 or steps[dim - 1] == block * step):
            continue
        while next_wanted >= 0 and (covered < block or wanted[next_wanted] == 1):
            found[next_wanted] = covered * step
            covered *= wanted[next_wanted]
            next_wanted -= 1
        if covered != block:
            return None
        block, covered, step = 1, 1, steps[dim - 1]
    return tuple(found) if next_wanted < 0 else None


def broadcast(array: Array, shape: tuple[int, ...]) -> Array:
    """`array` repeated without copying: stride 0 in the new and the stretched dimensions; writable as it was."""
    lead = len(shape) - array.ndim
    if not array.size:
        array = explicit(array)
    steps = [0] * lead + [
        0 if old == 1 and new != 1 else step
        for old, new, step in zip(array.shape, shape[lead:], array.strides, strict=True)
    ]
    if lead and shape[lead - 1] == 1 and array.ndim:
        lead_by_ones(shape, steps, lead)
    return laid_over(array, shape, steps)


def lead_by_ones(shape: tuple[int, ...], steps: list[int], lead: int) -> None:
    """New dimensions of size 1 have the stride that they would have if they were stretched no further."""
    for dim in range(lead - 1, -1, -1):
        if shape[dim] != 1:
            break
        steps[dim] = shape[dim + 1] * steps[dim + 1]


def laid_over(array: Array, shape: Sequence[int], steps: Sequence[int]) -> Array:
    """Another shape, with strides in bytes, on the memory of `array` from its first element on."""
    if array.flags.c_contiguous and array.size:
        return np.ndarray(shape, array.dtype, array, 0, steps)  # ten times as fast as `as_strided`
    return np.lib.stride_tricks.as_strided(array, shape, steps)


def unsqueezed(array: Array, dim: int) -> Array:
    """`array` with a dimension of size 1 put in at `dim`, with PyTorch's stride for it."""
    shape = array.shape
    if array.flags.c_contiguous and array.size > 1 and 1 not in shape:
        return array.reshape((*shape[:dim], 1, *shape[dim:]))  # NumPy's steps are PyTorch's, unless there are ones
    if not array.size:
        array = explicit(array)
    steps = array.strides
    step = steps[dim] * shape[dim] if dim < len(shape) else array.itemsize
    shape, steps = (*shape[:dim], 1, *shape[dim:]), (*steps[:dim], step, *steps[dim:])
    if array.flags.c_contiguous:
        made = array.reshape(shape)  # three times as fast, and nearly always right
        if made.strides == steps:
            return made
    return laid_over(array, shape, steps)


def squeezed(array: Array, dims: Sequence[int]) -> Array:
    """`array` without those of the dimensions `dims` that have size 1."""
    if not array.size:
        array = explicit(array)
    shape = array.shape
    made: Array = array.squeeze(tuple([dim for dim in dims if shape and shape[dim] == 1]))
    return made.view() if made is array else made


class MemoryFormat(str):
    """The name of an order of elements in memory."""

    __slots__ = ()

    def __repr__(self) -> str:
        name = str.__str__(self)
        return f"torch.{name}" if self in CHANNELS_LAST else f"torch.{name}_format"

    __str__ = __repr__


MemoryFormat.__name__ = MemoryFormat.__qualname__ = "memory_format"
MemoryFormat.__module__ = "torch"

CONTIGUOUS = MemoryFormat("contiguous")

CHANNELS_LAST = {"channels_last": 4, "channels_last_3d": 5}
"""Memory formats in which the second dimension is the innermost, and the rank they are for."""


def in_format(array: Array, memory_format: Any) -> bool:
    """Whether `array` lies in memory as `memory_format` says; without one, in the order of its indices."""
    if memory_format not in CHANNELS_LAST:
        return array.flags.c_contiguous
    return array.ndim == CHANNELS_LAST[memory_format] and np.moveaxis(array, 1, -1).flags.c_contiguous


def formatted(array: Array, memory_format: Any) -> Array:
    """A copy in a memory format.

    Raises RuntimeError if the number of dimensions does not fit it.
    """
    if memory_format not in CHANNELS_LAST:
        return array.copy(order="C") if memory_format == "contiguous" else copy_of(array)
    if array.ndim != CHANNELS_LAST[memory_format]:
        raise RuntimeError(texts.channels_last_rank(CHANNELS_LAST[memory_format], memory_format))
    inner = contiguous_strides((*array.shape[:1], *array.shape[2:], *array.shape[1:2]))
    made = empty_strided(array.shape, (inner[0], inner[-1], *inner[1:-1]), array.dtype)
    made[...] = array
    return made


def is_unshared(array: Array) -> bool:
    """Whether `array` is dense and nothing else stands on its memory.

    Called as `is_unshared(tensor._array)`: the tensor, the parameter and the count itself hold the array, and nobody
    else.
    """
    if sys.getrefcount(array) > 3 or not is_dense(array) or not array.flags.writeable:
        return False
    base = array.base
    return owns(array) or (isinstance(base, np.ndarray) and owns(base) and sys.getrefcount(base) <= 3)


class Unallocated(np.ndarray[Any, np.dtype[Any]]):
    """The memory of PyTorch's ZeroTensors, which there have none: zeros that nobody may write."""


class Unusual:
    """What hardly any program has: integers with a history, zeros without memory. Until it is seen nobody looks."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen = False


unusual = Unusual()


def unallocated(shape: tuple[int, ...], kind: NumpyType) -> Array:
    """Zeros that cannot be written; what shares their memory is a ZeroTensor too."""
    unusual.seen = True
    owner = np.ndarray.__new__(Unallocated, shape, kind)
    owner[...] = 0
    owner.setflags(write=False)
    return owner.view(np.ndarray)


def is_unallocated(array: Array) -> bool:
    """Whether `array` stands for zeros without memory."""
    return not array.flags.writeable and type(root(array)) is Unallocated


def allocated(array: Array) -> Array:
    """What an operator sees that knows nothing of zeros without memory: ordinary ones."""
    return np.zeros(array.shape, array.dtype) if is_unallocated(array) else array


DISJOINT, PARTIAL, FULL, UNKNOWN = range(4)


def overlap(one: Array, other: Array) -> int:
    """How two arrays share memory; unknown unless both fill a block of it."""
    if one is other:
        return FULL if is_dense(one) else UNKNOWN
    if one.size == 0 or other.size == 0 or root(one) is not root(other):
        return DISJOINT
    if not is_dense(one) or not is_dense(other):
        return UNKNOWN
    start, start_other = address(one), address(other)
    if start == start_other and one.nbytes == other.nbytes:
        return FULL if strides(one) == strides(other) else PARTIAL
    return PARTIAL if start < start_other + other.nbytes and start_other < start + one.nbytes else DISJOINT


def check_overlap(target: Array, source: Array) -> None:
    """Raise RuntimeError if `source` shares part of the memory that is about to be written."""
    if target is not source and overlap(target, source) == PARTIAL:
        raise RuntimeError(texts.PARTIAL_OVERLAP)


def check_no_overlap(target: Array, source: Array) -> None:
    """Raise RuntimeError if `source` shares any of the memory that is about to be written."""
    if overlap(target, source) in (PARTIAL, FULL):
        raise RuntimeError(texts.PARTIAL_OVERLAP)


def in_order(made: Any, source: Array) -> Any:
    """The result of a reduction in the order of its indices, which NumPy takes from its source instead."""
    return made if made.ndim < 2 or (source.flags.c_contiguous and source.size) else made.copy(order="C")


def laid_out(made: Array, arrays: list[Any]) -> Array:
    """The result of an elementwise operator in PyTorch's layout: the first operand decides on the order of dimensions.

    A later operand decides only where the earlier ones are broadcast or tie.
    """
    first, last = arrays[0], arrays[-1]
    if type(first) is np.ndarray and type(last) is np.ndarray and len(arrays) <= 2 and made.flags.c_contiguous:
        steps = made.strides
        if first.strides == steps and last.strides == steps:
            return made  # as it nearly always is
    if not made.size:
        return laid_out_empty(made, [each for each in arrays if type(each) is np.ndarray])
    operands = [each for each in arrays if type(each) is np.ndarray and each.ndim]
    if (
        made.flags.c_contiguous
        and all(each.flags.c_contiguous for each in operands)
        and (1 not in made.shape or all(each.shape == made.shape for each in arrays if type(each) is np.ndarray))
    ):
        return made
    order = sorted_dims(made.shape, operands)
    if order == tuple(range(made.ndim)):
        return made if made.flags.c_contiguous else made.copy(order="C")
    laid = fresh(tuple([made.shape[i] for i in order]), made.dtype).transpose(np.argsort(order))
    laid[...] = made
    return laid


def laid_out_number(made: Array, array: Array) -> Array:
    """The same for an operator on a tensor and a number, which counts as an operand that is broadcast."""
    if made.flags.c_contiguous and made.strides == array.strides and made.size:
        return made
    return laid_out(made, [array, NUMBER])


NUMBER = np.zeros(())


def laid_out_empty(made: Array, operands: list[Array]) -> Array:
    """The same where there are no elements; operands that are broadcast leave strides of 0."""
    if all(each.shape == made.shape for each in operands):
        return made
    order = sorted_dims(made.shape, [explicit(each) for each in operands if each.ndim])
    if order == tuple(range(made.ndim)):
        return made
    steps, step = [0] * made.ndim, made.itemsize
    for dim in reversed(order):
        steps[dim] = step
        step *= made.shape[dim]
    return laid_empty(made.shape, [step // made.itemsize for step in steps], made.dtype)


def sorted_dims(shape: tuple[int, ...], operands: list[Array]) -> tuple[int, ...]:
    """Dimensions from the slowest to the fastest, as PyTorch's TensorIterator sorts them (by insertion)."""

    def step(each: Array, dim: int) -> int:
        own = dim - len(shape) + each.ndim
        return 0 if own < 0 or (each.shape[own] == 1 and shape[dim] != 1) else each.strides[own]

    def swap(one: int, other: int) -> int:
        for each in operands:
            a, b = step(each, one), step(each, other)
            if a == 0 or b == 0:
                continue
            if a != b:
                return -1 if a < b else 1
            if shape[one] > shape[other]:
                return 1
        return 0

    order = list(range(len(shape) - 1, -1, -1))
    for i in range(1, len(order)):
        at = i
        for j in range(i - 1, -1, -1):
            decision = swap(order[j], order[at])
            if decision > 0:
                order[j], order[at] = order[at], order[j]
                at = j
            elif decision < 0:
                break
    return tuple(reversed(order))


def repeats(array: Array) -> bool:
    """Whether several elements of an array are one place in memory."""
    return bool(
        array.size
        and 0 in array.strides
        and any(step == 0 and size > 1 for step, size in zip(array.strides, array.shape, strict=True))
    )


def check_single_places(array: Array) -> None:
    """Raise RuntimeError if several elements of an array that is about to be written are one place in memory."""
    if repeats(array):
        raise RuntimeError(texts.INTERNAL_OVERLAP)


def write_changed(target: Array, made: Array) -> None:
    """Write what differs from what is there: where elements are one place in memory, one that changes wins."""
    np.copyto(target, made, where=made != target.copy(), casting="unsafe")
