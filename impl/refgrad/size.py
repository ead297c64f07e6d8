"""`torch.Size`: the shape of a tensor, a tuple with a name and a product."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex, overload


class Size(tuple[int, ...]):
    """A shape. Prints as `torch.Size([2, 3])`; slices and sums of shapes are shapes."""

    __slots__ = ()

    __module__ = "torch"

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


def rebuilt(sizes: tuple[int, ...]) -> Size:
    """What a pickled shape becomes."""
    return Size(sizes)
