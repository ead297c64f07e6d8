"""`torch.FloatTensor` and the other tensor types of long ago: they make tensors and recognise them."""

from __future__ import annotations

from typing import Any

from refgrad import creation, dtypes
from refgrad.tensor import Tensor


class OfType(type):
    """A class whose instances are the tensors of one element type."""

    dtype: dtypes.dtype

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __call__(cls, *data: Any) -> Any:
        if len(data) == 1 and not isinstance(data[0], int):
            return creation.tensor(data[0], dtype=cls.dtype)
        return creation.zeros(*(data or (0,)), dtype=cls.dtype)


TYPES = {each.legacy_name: OfType(each.legacy_name, (), {"dtype": each, "__module__": "torch"}) for each in dtypes.ALL}
