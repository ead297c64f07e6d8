"""Nested containers of arguments and results: tuples, lists, dicts and named tuples, taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any


class Spec:
    """The structure of a nested container, without its leaves."""

    __slots__ = ("children", "context", "kind")

    def __init__(self, kind: Any, context: Any, children: tuple[Spec, ...]) -> None:
        self.kind = kind
        """The container's type; `None` for a leaf."""
        self.context = context
        """The keys of a dict, the class of a named tuple."""
        self.children = children

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Spec)
            and self.kind is other.kind
            and self.context == other.context
            and self.children == other.children
        )

    def __hash__(self) -> int:
        return hash((self.kind, len(self.children)))

    def __repr__(self) -> str:
        return self.text(0)

    def text(self, indent: int) -> str:
        """As PyTorch prints it."""
        if self.kind is None:
            return "*"
        name = "namedtuple" if is_named(self.kind) else self.kind.__name__
        inner = f",\n{' ' * (indent + 2)}".join(each.text(indent + 2) for each in self.children)
        return f"TreeSpec({name}, {self.context}, [{inner}])"


LEAF = Spec(None, None, ())


class Star:
    """Stands for a leaf where only the structure is shown."""

    def __repr__(self) -> str:
        return "*"


def is_named(kind: Any) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def parts_of(tree: Any) -> tuple[Any, list[Any]] | None:
    """Context and children of a container; `None` for a leaf."""
    kind = type(tree)
    if kind in (dict, OrderedDict):
        return list(tree), list(tree.values())
    if kind in (tuple, list):
        return None, list(tree)
    if is_named(kind):
        return kind, list(tree)
    return None


def flatten(tree: Any) -> tuple[list[Any], Spec]:
    """The leaves from left to right, and the structure around them."""
    parts = parts_of(tree)
    if parts is None:
        return [tree], LEAF
    leaves: list[Any] = []
    specs = []
    for child in parts[1]:
        found, spec = flatten(child)
        leaves += found
        specs.append(spec)
    return leaves, Spec(type(tree), parts[0], tuple(specs))


def unflatten(leaves: Sequence[Any], spec: Spec) -> Any:
    """The container of structure `spec` with these leaves."""
    return rebuilt(iter(leaves), spec)


def rebuilt(leaves: Iterator[Any], spec: Spec) -> Any:
    if spec.kind is None:
        return next(leaves)
    children = [rebuilt(leaves, child) for child in spec.children]
    if spec.kind in (dict, OrderedDict):
        return spec.kind(zip(spec.context, children, strict=True))
    return spec.kind(*children) if is_named(spec.kind) else spec.kind(children)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same container with `function` of every leaf."""
    leaves, spec = flatten(tree)
    return unflatten([function(each) for each in leaves], spec)


def shown(spec: Spec) -> str:
    """The structure as a container of stars."""
    return repr(unflatten([Star()] * count(spec), spec))


def count(spec: Spec) -> int:
    return 1 if spec.kind is None else sum(count(child) for child in spec.children)


def broadcast(tree: Any, spec: Spec) -> list[Any] | None:
    """The leaves of `tree`, each repeated for all leaves of `spec` below it; `None` where the structures differ."""
    parts = parts_of(tree)
    if parts is None:
        return [tree] * count(spec)
    if spec.kind is None or type(tree) is not spec.kind or len(parts[1]) != len(spec.children):
        return None
    if parts[0] != spec.context:
        return None
    found: list[Any] = []
    for child, child_spec in zip(parts[1], spec.children, strict=True):
        leaves = broadcast(child, child_spec)
        if leaves is None:
            return None
        found += leaves
    return found
