"""Storages: the memory of tensors as an object of its own, which copies and pickles of several tensors share."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from refgrad import memory
from refgrad.device import CPU, Device
from refgrad.dtypes import FROM_NUMPY, Array


class UntypedStorage:
    """The memory that a tensor shares with its views, as bytes. While one lives, the same memory gives the same one."""

    __slots__ = ("__weakref__", "_owner")

    __module__ = "torch.storage"

    _owner: Array

    def __new__(cls, owner: Array) -> UntypedStorage:
        found = living.get(id(owner))
        if found is not None:
            return found
        made = object.__new__(cls)
        made._owner = owner
        living[id(owner)] = made
        return made

    @property
    def device(self) -> Device:
        return CPU

    @property
    def _cdata(self) -> int:
        return id(self._owner)

    def bytes(self) -> Array:
        return memory.flat(self._owner)

    def data_ptr(self) -> int:
        return memory.address(self._owner)

    def nbytes(self) -> int:
        return self._owner.nbytes

    def size(self) -> int:
        return self._owner.nbytes

    def element_size(self) -> int:
        return 1

    def __len__(self) -> int:
        return self._owner.nbytes

    def __getitem__(self, place: int) -> Any:
        return self.bytes()[place].item()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def tolist(self) -> list[Any]:
        return list(self.bytes().tolist())

    def copy_(self, source: UntypedStorage, non_blocking: bool | None = None) -> UntypedStorage:
        self.bytes()[...] = source.bytes()
        return self

    def fill_(self, value: int) -> UntypedStorage:
        self.bytes()[...] = value
        return self

    def clone(self) -> UntypedStorage:
        return UntypedStorage(self.bytes().copy())

    __copy__ = clone

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        return UntypedStorage(copied_owner(self._owner, memo))

    def __reduce__(self) -> Any:
        return on_bytes, (self.bytes().copy(),)

    def __repr__(self) -> str:
        lines = [f" {each}" for each in self.tolist()]
        return "\n".join([*lines, f"[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"])


def on_bytes(owner: Array) -> UntypedStorage:
    """What a pickled storage becomes."""
    made: UntypedStorage = UntypedStorage(owner)
    return made


living: weakref.WeakValueDictionary[int, UntypedStorage] = weakref.WeakValueDictionary()


class TypedStorage:
    """The same, counted in elements."""

    __slots__ = ("_kind", "_untyped_storage")

    __module__ = "torch.storage"

    def __init__(self, storage: UntypedStorage, kind: np.dtype[Any]) -> None:
        self._untyped_storage = storage
        self._kind = kind

    @property
    def dtype(self) -> Any:
        return FROM_NUMPY[self._kind]

    @property
    def device(self) -> Device:
        return CPU

    def elements(self) -> Array:
        return self._untyped_storage.bytes().view(self._kind)

    def bytes(self) -> Array:
        return self._untyped_storage.bytes()

    def __reduce__(self) -> Any:
        return typed, (self._untyped_storage.clone(), self._kind)

    def untyped(self) -> UntypedStorage:
        return self._untyped_storage

    def data_ptr(self) -> int:
        return self._untyped_storage.data_ptr()

    def nbytes(self) -> int:
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        return self._kind.itemsize

    def size(self) -> int:
        return self.nbytes() // self._kind.itemsize

    def __len__(self) -> int:
        return self.size()

    def __getitem__(self, place: int) -> Any:
        return self.elements()[place].item()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def tolist(self) -> list[Any]:
        return list(self.elements().tolist())

    def __repr__(self) -> str:
        lines = [f" {each}" for each in self.tolist()]
        return "\n".join([*lines, f"[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {len(self)}]"])


def typed(storage: UntypedStorage, kind: np.dtype[Any]) -> TypedStorage:
    """What a pickled storage becomes: a copy, of its own for every tensor; `torch.save` shares it."""
    return TypedStorage(storage, kind)


def storage_of(array: Array) -> UntypedStorage:
    """The storage that `array` stands on."""
    made: UntypedStorage = UntypedStorage(memory.root(array))
    return made


Place = tuple[np.dtype[Any], int, tuple[int, ...], tuple[int, ...]]
"""Type, first byte, shape and strides of an array on its storage."""


def place_of(array: Array) -> Place:
    return array.dtype, memory.offset(array) * array.itemsize, array.shape, array.strides


def placed(storage: UntypedStorage | TypedStorage, place: Place) -> Array:
    """The array at a place of a storage."""
    kind, start, shape, steps = place
    return np.ndarray(shape, kind, buffer=storage.bytes(), offset=start, strides=steps)


def copied_owner(owner: Array, memo: dict[int, Any]) -> Array:
    """A copy of memory as bytes, once for all that `copy.deepcopy` comes across."""
    known: Any = memo.setdefault("torch", {})  # type: ignore[call-overload]  # PyTorch's key
    if id(owner) not in known:
        known[id(owner)] = memory.flat(owner).copy()
    made: Array = known[id(owner)]
    return made
