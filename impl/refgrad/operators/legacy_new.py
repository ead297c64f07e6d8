"""`Tensor.new`: a tensor of the same type, of sizes or data, as it was made before there were factories."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import creation_texts as texts
from refgrad.cpp_spelling import stored_type
from refgrad.creation import array_of, empty, sizes_given
from refgrad.device import Device
from refgrad.given_numbers import array_in_silence
from refgrad.operators.declare import METHOD, function
from refgrad.operators.getitem import ALIAS
from refgrad.operators.storage import set_
from refgrad.size import Size
from refgrad.storages import TypedStorage, UntypedStorage
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

ONE_OF_THEM = ("storage", "other", "size", "data")
"""The names under which what the tensor is made of may be given."""


@function("new", public=METHOD)
def new(self: Tensor, *given: Any, device: Any = None, **named: Any) -> Any:
    """The memory of a storage or of a tensor of the same type, data, or new memory of a size.

    Raises TypeError for anything else, RuntimeError for another device.
    """
    name: str | None
    what: Any
    (name, what), *_ = named.items() if named else ((None, given[0] if len(given) == 1 else given or (0,)),)
    if isinstance(what, (TypedStorage, UntypedStorage)):
        return set_(empty(0, dtype=self.dtype), what)
    if isinstance(what, Tensor):
        return aliased(self, what, device)
    if device is not None and Device(device).type != "cpu":
        raise RuntimeError(texts.legacy_device(Device(device).type))
    if isinstance(what, (int, Size)) and not isinstance(what, bool):
        return empty(*sizes_given((what,)), dtype=self.dtype)
    if (len(given) > 1 or not given) and name != "data":
        return empty(*sizes_given((tuple(what),)), dtype=self.dtype)
    if not hasattr(type(what), "__getitem__") or isinstance(what, dict):
        raise TypeError(texts.no_sequence(type_name(what)))
    made = array_of(what, None if isinstance(what, np.ndarray) else self.dtype)
    return Tensor._of(array_in_silence(made, self._array.dtype))


def aliased(self: Tensor, other: Tensor, device: Any) -> Any:
    """A view of all of `other`. Raises TypeError if it is of another type, RuntimeError if a device is told."""
    if device is not None:
        raise RuntimeError(texts.LEGACY_NEW_OF_TENSOR)
    if other.dtype is not self.dtype:
        raise TypeError(texts.other_options(stored_type(self.dtype), stored_type(other.dtype)))
    return ALIAS(other)
