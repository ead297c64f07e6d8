"""Classes that become containers, or constants, for `torch.utils._pytree`, and what kinds of tuples there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from refgrad.func.trees import WAYS, Way, is_named, is_result
from refgrad.utils import pytree_texts as texts


class NodeDef(NamedTuple):
    """How a container is taken apart and put together."""

    type: type
    flatten_fn: Any
    unflatten_fn: Any
    flatten_with_keys_fn: Any


class SupportedNodes(Mapping[type, NodeDef]):
    """The classes that are containers."""

    def __getitem__(self, kind: type) -> NodeDef:
        way = WAYS[kind]
        return NodeDef(kind, way.apart, way.together, None)

    def __iter__(self) -> Iterator[type]:
        return iter(WAYS)

    def __len__(self) -> int:
        return len(WAYS)


class ConstantNode(NamedTuple):
    """What is known of a constant: all of it."""

    value: Any


constants: set[type] = set()


def register_dataclass(
    cls: Any, *, field_names: Any = None, drop_field_names: Any = None, serialized_type_name: str | None = None
) -> Callable[..., Any] | None:
    """Let a class be a container of its fields. Raises ValueError for names that are not those of its fields."""
    drop = list(drop_field_names or [])
    if not dataclasses.is_dataclass(cls):
        if field_names is None:
            raise ValueError(texts.no_dataclass(cls))
        names = list(field_names)
    else:
        known = [each.name for each in dataclasses.fields(cls) if each.init]
        names = [each for each in known if each not in drop] if field_names is None else list(field_names)
        wanted = set(known) - set(drop)
        if wanted - set(names):
            raise ValueError(texts.fields_missing(wanted - set(names)))
        if set(names) - wanted:
            raise ValueError(texts.fields_unexpected(set(names) - wanted))

    def apart(value: Any) -> tuple[list[Any], Any]:
        given = [(name, getattr(value, name)) for name in names]
        kept = [(name, each) for name, each in given if each is not None]
        return [each for _, each in kept], [[name for name, _ in kept], [name for name, each in given if each is None]]

    def together(children: Any, context: Any) -> Any:
        return cls(**dict(zip(context[0], children, strict=True)), **dict.fromkeys(context[1]))

    WAYS[cls] = Way(apart, together, fields=lambda context: context[0])
    return None


def register_constant(cls: Any) -> None:
    """Let values of a class be part of the structure. Raises TypeError unless they can be compared and hashed."""
    for method in ("__eq__", "__hash__"):
        if getattr(cls, method) in (getattr(object, method), None):
            raise TypeError(texts.no_method_of_its_own(method))
    constants.add(cls)
    WAYS[cls] = Way(lambda value: ([], ConstantNode(value)), lambda _, context: context.value)


def is_constant_class(cls: Any) -> bool:
    return cls in constants


def is_namedtuple_class(cls: Any) -> bool:
    return isinstance(cls, type) and is_named(cls)


def is_namedtuple_instance(obj: Any) -> bool:
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: Any) -> bool:
    """Whether this is a named tuple, or a class of these."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_class(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, tuple) and is_result(cls)


def is_structseq_instance(obj: Any) -> bool:
    return is_structseq_class(type(obj))


def is_structseq(obj: Any) -> bool:
    """Whether this is a result with several names, or a class of these."""
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))
