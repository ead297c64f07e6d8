"""What `torch.tensor` says of nested lists that are no numbers in a grid. They are looked at once NumPy has failed."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import creation_texts as texts
from refgrad import dtypes
from refgrad.dtypes import dtype as DType
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

NUMBERS = (bool, int, float, complex, np.generic)


def refuse_data(data: Any, dtype: DType | None) -> None:
    """Raise TypeError, ValueError or RuntimeError for what is wrong: the shape first, then the types, then elements."""
    sizes = sizes_of(data)
    check_elements(data, sizes, dtype or inferred(data))


def sizes_of(data: Any) -> list[int]:
    """The shape, as the first elements have it."""
    sizes: list[int] = []
    while isinstance(data, (list, tuple, str, bytes)):
        if isinstance(data, str) and data:
            raise ValueError(texts.too_many_dimensions(type_name(data)))
        sizes.append(len(data))
        if not data:
            break
        data = data[0]
    return sizes


def inferred(data: Any) -> DType:
    """The common type of all elements."""
    if isinstance(data, (list, tuple)):
        found = [inferred(each) for each in data]
        return max(found, key=lambda each: each.category, default=dtypes.get_default_dtype())
    if isinstance(data, (str, bytes)):
        raise TypeError(texts.index_is_text(type_name(data)))
    if isinstance(data, Tensor):
        return data.dtype
    if not isinstance(data, NUMBERS):
        raise RuntimeError(texts.no_dtype_of(type_name(data)))  # noqa: TRY004
    return dtypes.of_number(data)


def check_elements(data: Any, sizes: list[int], dtype: DType, dim: int = 0) -> None:
    if dim == len(sizes):
        if not isinstance(data, (*NUMBERS, Tensor)):
            whole = dtype.category in (dtypes.BOOL, dtypes.INTEGER)
            raise TypeError((texts.no_integer if whole else texts.no_real_number)(type_name(data)))
        return
    if not isinstance(data, (list, tuple)):
        raise TypeError(texts.NOT_A_SEQUENCE)
    if len(data) != sizes[dim]:
        raise ValueError(texts.ragged(sizes[dim], dim, len(data)))
    for each in data:
        check_elements(each, sizes, dtype, dim + 1)
