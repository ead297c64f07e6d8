"""Python's numbers as elements of a type: what `torch.tensor` refuses. Observed on PyTorch 2.13.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import creation_texts, dtypes, tensor_texts
from refgrad.dtypes import Array
from refgrad.dtypes import dtype as DType
from refgrad.half import HALF, on_the_way
from refgrad.silence import silent


def rounded(data: Any, kind: Any) -> Array:
    return np.array(on_the_way(np.asarray(data), kind) if kind == HALF else data, kind, order="C")


array_in_silence: Callable[..., Array] = silent(rounded)
"""`np.array`, where numbers too large become infinite without a word."""
full_in_silence: Callable[..., Array] = silent(np.full)


def holds_any_integer(kind: DType | None) -> bool:
    """Whether whole numbers of more than 64 bits become elements, if not exactly."""
    return kind is not None and kind.category != dtypes.INTEGER


def as_elements(array: Array, kind: DType) -> Array:
    """An array of Python's numbers in the type asked for.

    Raises TypeError for complex numbers where they do not go, RuntimeError for what is too large for integers.
    """
    source = array.dtype
    if source.kind == "c" and kind.category not in (dtypes.COMPLEX, dtypes.BOOL):
        raise TypeError(creation_texts.complex_number_for(integers=kind.category == dtypes.INTEGER))
    if kind.category == dtypes.INTEGER and source.kind in "fiu":
        info: Any = np.iinfo(kind.numpy)
        lowest = -info.max if info.min == 0 and source.kind == "i" else info.min
        if not ((array >= lowest) & (array <= info.max)).all():
            raise RuntimeError(tensor_texts.value_overflows(kind.name))
    return array_in_silence(array, kind.numpy)
