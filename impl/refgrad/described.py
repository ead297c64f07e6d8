"""What a tensor says of its shape, its type and its place."""

from __future__ import annotations

from typing import Any

from refgrad import dtypes, shapes
from refgrad.binding_texts import wrong_argument
from refgrad.device import CPU, STRIDED
from refgrad.dtypes import Array
from refgrad.size import Size


class Described:
    """Shape, type and place of a tensor."""

    __slots__ = ()

    _array: Array

    @property
    def shape(self) -> Size:
        return Size(self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None:
            return Size(self._array.shape)
        if isinstance(dim, (bool, float)):
            raise TypeError(wrong_argument("size", "dim", 1, "int", type(dim).__name__))
        return self._array.shape[shapes.own_dim(dim, self._array.ndim)]

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
