"""Lazy conjugates and opposites: PyTorch's are the same memory read in another way.

Here they are computed when they are taken, and computed again when that memory is written. A lazy tensor has `_lazy`:
the array that it reads, and the function that it reads it with.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from refgrad import memory
from refgrad.memory import address, root

if TYPE_CHECKING:
    from refgrad.dtypes import Array
    from refgrad.tensor import Tensor

Reading: TypeAlias = Callable[[Any], Any]

living: dict[int, weakref.ref[Tensor]] = {}
"""Every lazy tensor there is, by its `id`."""


def beside_of(array: Array, reading: Reading) -> Array:
    """`reading(array)` in memory of its own that is laid out as that of `array`."""
    if array.size == 0:
        return reading(array)  # type: ignore[no-any-return]
    whole = root(array)
    start = address(array) - address(whole)
    made: Array = np.ndarray(array.shape, array.dtype, np.empty(whole.nbytes, np.uint8), start, array.strides)
    np.copyto(made, reading(array))
    return made


def lazy(tensor: Any, of: Array, reading: Reading) -> Any:
    """`tensor`, which is `reading(of)`, as long as that memory exists."""
    key = id(tensor)
    tensor._lazy = (of, reading)
    living[key] = weakref.ref(tensor, lambda _: living.pop(key, None))
    return tensor


def reads(tensor: Any, reading: Reading) -> bool:
    """Whether a tensor is lazy in this way."""
    return bool(living) and "_lazy" in tensor.__dict__ and tensor._lazy[1] is reading


def settled(tensor: Any) -> Any:
    """`tensor` as an ordinary one again."""
    tensor.__dict__.pop("_lazy", None)
    living.pop(id(tensor), None)
    return tensor


def memory_of(tensor: Any) -> Array:
    """The array that a tensor says its elements are in."""
    array: Array = tensor.__dict__["_lazy"][0] if living and "_lazy" in tensor.__dict__ else tensor._array
    return array


def follow(view: Tensor, source: Tensor) -> None:
    """What looks at elements of a lazy tensor is lazy itself."""
    if "_lazy" not in source.__dict__ or view._array.dtype is not source._array.dtype:
        return
    if root(view._array) is not root(source._array):
        return
    of, reading = source._lazy
    array = view._array
    lazy(view, memory.strided(of, array.shape, memory.strides(array), memory.offset(array)), reading)


def written(tensor: Tensor) -> None:
    """After a write into `tensor`: what it reads is written too, and what reads the same memory is read again."""
    array = memory_of(tensor)
    if array is not tensor._array:
        _, reading = tensor._lazy
        if (array.shape, array.strides) == (tensor._array.shape, tensor._array.strides):
            np.copyto(array, reading(tensor._array))
        else:
            settled(tensor)
    for reference in tuple(living.values()):
        each = reference()
        if each is None or each is tensor:
            continue
        of, reading = each._lazy
        if root(of) is root(array):
            np.copyto(each._array, reading(of))
