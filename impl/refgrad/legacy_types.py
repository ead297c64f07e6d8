"""`torch.FloatTensor` and the other tensor types of long ago: they make tensors and recognise them."""

from __future__ import annotations

from typing import Any

from refgrad import binding_texts, creation, dtypes
from refgrad.once import warn_once
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


def set_default_tensor_type(t: Any) -> None:
    """The floating type of new tensors, by one of these classes or its name. Raises TypeError for anything else."""
    warn_once(binding_texts.TENSOR_TYPE_DEPRECATED, "default tensor type")
    kind = TYPES.get(t.removeprefix("torch.")) if isinstance(t, str) else t
    if not isinstance(kind, OfType):
        raise TypeError(binding_texts.TENSOR_TYPE_INVALID)
    dtypes.set_default_dtype(kind.dtype)
