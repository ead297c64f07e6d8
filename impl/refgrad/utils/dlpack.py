"""`torch.utils.dlpack`: memory shared with other libraries."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from refgrad.tensor import Tensor


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule for another library."""
    return tensor.__dlpack__()


class Capsule:
    """What NumPy asks for: an object that gives a capsule."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor on the memory of another library's array, or of a capsule."""
    if isinstance(ext_tensor, Tensor):
        return Tensor._of(ext_tensor._exported().view())
    given = ext_tensor if hasattr(ext_tensor, "__dlpack__") else Capsule(ext_tensor)
    return Tensor._of(writable(np.from_dlpack(given)))


def writable(array: Any) -> Any:
    """The same memory, which NumPy holds to be read only where an older kind of capsule does not say so."""
    if array.flags.writeable or not array.flags.c_contiguous:
        return array
    memory = (ctypes.c_char * array.nbytes).from_address(array.__array_interface__["data"][0])
    memory.owner = array
    return np.ndarray(array.shape, array.dtype, memory)
