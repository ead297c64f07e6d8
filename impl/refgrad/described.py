"""What a tensor says of its shape, its type and its place."""

from __future__ import annotations

from typing import Any

from refgrad import dtypes, memory, shapes
from refgrad.device import CPU, STRIDED
from refgrad.dtypes import Array
from refgrad.signatures.parsing import parsed
from refgrad.signatures.texts import MOST
from refgrad.size import Size, new_size


class Described:
    """Shape, type and place of a tensor."""

    __slots__ = ()

    _array: Array

    @property
    def shape(self) -> Size:
        made: Size = new_size(Size, self._array.shape)
        return made

    def size(self, dim: Any = None, *more: Any, axis: Any = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None and axis is None and not more:
            return new_size(Size, self._array.shape)
        if type(dim) is not int or more or axis is not None or abs(dim) > MOST:
            dim = dimension("size", self, dim, more, axis)
        return self._array.shape[shapes.own_dim(dim, self._array.ndim)]

    def stride(self, dim: Any = None, *more: Any, axis: Any = None) -> Any:
        """Steps in elements from one index to the next, for every dimension or one."""
        strides = memory.strides(self._array)
        if dim is None and axis is None and not more:
            return strides
        if type(dim) is not int or more or axis is not None or abs(dim) > MOST:
            dim = dimension("stride", self, dim, more, axis)
        return strides[shapes.own_dim(dim, self._array.ndim)]

    @property
    def ndim(self) -> int:
        return self._array.ndim

    def dim(self) -> int:
        return self._array.ndim

    def numel(self) -> int:
        return self._array.size

    nelement = numel

    def element_size(self) -> int:
        return self._array.itemsize

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.FROM_NUMPY[self._array.dtype]

    device = property(lambda self: CPU)
    layout = property(lambda self: STRIDED)
    is_sparse = is_quantized = is_nested = is_meta = is_cuda = property(lambda self: False)
    itemsize = property(element_size)
    nbytes = property(lambda self: self._array.nbytes)
    name = property(lambda self: None)

    def is_floating_point(self) -> bool:
        return self._array.dtype.kind in "fV"

    def is_complex(self) -> bool:
        return self._array.dtype.kind == "c"

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def type(self: Any, dtype: Any = None) -> Any:
        """The old name of the tensor's type (`torch.FloatTensor`), or a copy of another type."""
        return "torch." + self.dtype.legacy_name if dtype is None else self.to(dtype)


def dimension(name: str, tensor: Any, dim: Any, more: tuple[Any, ...], axis: Any) -> Any:
    """The dimension, however it is given. Raises TypeError or ValueError for what PyTorch's parser does not take."""
    if axis is None:
        (_, dim), _ = parsed(name, tensor, dim, *more)
        return dim
    given = () if dim is None else (dim, *more)
    _, named = parsed(name, tensor, *given, axis=axis)
    return named["axis"]
