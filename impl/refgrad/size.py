"""`torch.Size`: the shape of a tensor, a tuple with a name and a product."""

from __future__ import annotations

import math
import operator
from typing import Any, SupportsIndex, overload

import numpy as np

from refgrad.signatures.texts import LEAST, MOST, OVERFLOW
from refgrad.tensor_texts import no_sizes
from refgrad.type_names import type_name

new_size: Any = tuple.__new__
"""For shapes that hold integers for sure."""


class Size(tuple[int, ...]):
    """A shape. Prints as `torch.Size([2, 3])`; slices and sums of shapes are shapes."""

    __slots__ = ()

    __module__ = "torch"

    def __new__(cls, *sizes: Any, **named: Any) -> Size:
        found: Size = new_size(cls, [whole(each, place) for place, each in enumerate(tuple(*sizes, **named))])
        return found

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __reduce__(self) -> Any:
        return rebuilt, (tuple(self),)

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        return math.prod(self)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> Size: ...
    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        found = super().__getitem__(key)
        return Size(found) if isinstance(found, tuple) else found

    def __add__(self, other: tuple[Any, ...]) -> Size:
        return Size(super().__add__(other))


def whole(size: Any, place: int) -> int:
    """A size. Raises TypeError for what is no integer, ValueError for what does not fit into 64 bits."""
    if isinstance(size, np.integer):
        return size  # type: ignore[return-value]  # PyTorch takes it as it is, too
    try:
        made = operator.index(size)
    except TypeError:
        raise TypeError(no_sizes(place, type_name(size))) from None
    if not LEAST <= made <= MOST:
        raise ValueError(OVERFLOW)
    return int(made)


def rebuilt(sizes: tuple[int, ...]) -> Size:
    """What a pickled shape becomes."""
    return Size(sizes)
