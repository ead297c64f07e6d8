"""`torch.utils.dlpack`: memory shared with other libraries."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any

import numpy as np

from refgrad.tensor import Tensor


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule for another library."""
    return tensor.__dlpack__()


class DLDeviceType(IntEnum):
    """Kinds of devices, by their numbers in DLPack."""

    __module__ = "torch.utils.dlpack"

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


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
