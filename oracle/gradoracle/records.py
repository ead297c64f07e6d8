"""The records that programs are made of."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(kind: type[T]) -> type[T]:
    """A dataclass that nobody changes: mypy refuses to, and equal records have equal hashes.

    Python is not asked to refuse as well: that makes a record three times as expensive, and drawing a program makes
    hundreds.
    """
    own = vars(kind)
    made: Any = dataclass(slots=True, eq="__eq__" not in own, unsafe_hash="__hash__" not in own)(kind)
    names = tuple(made.__dataclass_fields__)
    values: Callable[[Any], Any] = operator.attrgetter(*names) if names else lambda one: ()
    if len(names) == 1:
        made.__reduce__ = lambda self: (made, (values(self),))
    else:
        made.__reduce__ = lambda self: (made, values(self))
    return made  # type: ignore[no-any-return]
