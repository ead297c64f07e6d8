"""What `gradcheck` does with sparse inputs: their values are what it varies, and gradients are compared whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from refgrad.creation import zeros
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


def is_sparse(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_sparse


def content(tensor: Any) -> Any:
    """What varies: the values of a sparse tensor, a dense one itself."""
    return tensor._values() if tensor.is_sparse else tensor


def whole(tensor: Any) -> Any:
    return tensor.to_dense() if is_sparse(tensor) else tensor


def with_every_place(value: Any) -> Any:
    """Of a sparse tensor a copy in which no element is left unspecified; anything else as it is."""
    if not is_sparse(value):
        return value
    shape = tuple(value.shape)
    found = value.detach().coalesce()
    places = np.indices(shape[: value.sparse_dim()]).reshape(value.sparse_dim(), -1)
    entries: Any = zeros((places.shape[1], *shape[value.sparse_dim() :]), dtype=value.dtype)
    if found._nnz():
        at = np.ravel_multi_index(tuple(found._indices()._array), shape[: value.sparse_dim()])
        entries._array[at] = found._values()._array
    made = FUNCTIONS["sparse_coo_tensor"](Tensor._of(places), entries, shape)
    return made._coalesced_(True).requires_grad_(value.requires_grad)


def entries_of(tensor: Any) -> Iterator[tuple[Any, tuple[int, ...], int]]:
    """The elements that are varied one by one: each as a view, its place, and its number among all elements."""
    shape = tuple(tensor.shape)
    if not tensor.is_sparse:
        for number, where in enumerate(product(*(range(size) for size in shape))):
            yield tensor.data[where], where, number
        return
    values, places = tensor._values().data, tensor._indices()._array.T
    for value, place in zip(values, places, strict=True):
        for inner in product(*(range(size) for size in values.shape[1:])):
            yield value[inner], inner, int(np.ravel_multi_index((*map(int, place), *inner), shape))


def along_values(tensor: Any, direction: Any) -> Any:
    """A direction, given for all elements in a row, as it is for the values that are varied."""
    if not tensor.is_sparse:
        return direction.reshape(tensor.shape)
    return Tensor._of(direction._array.reshape(tensor.shape)[tuple(tensor._indices()._array)])


def spread(tensor: Any, values: Any) -> Any:
    """A direction, given for the values of a sparse tensor in a row, as it is for all elements."""
    made = np.zeros(tensor.shape, values._array.dtype)
    made[tuple(tensor._indices()._array)] = values._array.reshape(tensor._values().shape)
    return Tensor._of(made.reshape(-1))
