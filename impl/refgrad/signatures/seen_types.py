"""By which types of arguments a call is known again: what was looked at once need not be looked at a second time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refgrad.overrides import flat
from refgrad.tensor import Tensor

OWN = frozenset(("builtins", "numpy", "refgrad", "torch"))
"""Where the types come from that may be kept."""


def key_of(arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """The types of all values, of a list or tuple with those of its elements, and the keywords."""
    return (*map(inner_types, arguments), *options, *map(inner_types, options.values()))


def inner_types(value: Any) -> Any:
    kind = type(value)
    return (kind, *map(plain_type, value)) if kind is list or kind is tuple else plain_type(value)


def plain_type(value: Any) -> Any:
    return Tensor if isinstance(value, Tensor) else type(value)


def has_strangers(arguments: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """Whether one of the values is no tensor, and of a class that a user wrote: it may want to be asked.

    Such a class is not kept: with it would live all that its methods know of.
    """
    values = flat((*arguments, *options.values()))
    return any(not isinstance(each, Tensor) and type(each).__module__.partition(".")[0] not in OWN for each in values)
