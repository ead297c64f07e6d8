"""Nested containers of arguments and results, taken apart and put together.

Containers are tuples, lists, dicts, named tuples, deques, the results of operators, and classes that were registered
(`torch.utils._pytree.register_pytree_node`).
"""

from __future__ import annotations

import collections
import warnings
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from refgrad.func import texts
from refgrad.size import Size


class Way(NamedTuple):
    """How a container is taken apart (into children and what else it consists of) and put together."""

    apart: Callable[[Any], tuple[Any, Any]]
    together: Callable[[Any, Any], Any]
    fields: Callable[[Any], list[str]] | None = None
    """Of what else is known the names of the children, where they are attributes."""


class TreeSpec:
    """The structure of a nested container, without its leaves."""

    __module__ = "torch.utils._pytree"

    __slots__ = ("_children", "context", "kind")

    def __init__(self, kind: Any, context: Any, children: tuple[TreeSpec, ...]) -> None:
        self.kind = kind
        """The container's type; `None` for a leaf."""
        self.context = context
        """The keys of a dict, the class of a named tuple."""
        self._children = children

    @property
    def type(self) -> Any:
        return node_type(self.kind)

    @property
    def num_leaves(self) -> int:
        return 1 if self.kind is None else sum(each.num_leaves for each in self._children)

    @property
    def num_nodes(self) -> int:
        return 1 + sum(each.num_nodes for each in self._children)

    @property
    def num_children(self) -> int:
        return len(self._children)

    def is_leaf(self) -> bool:
        return self.kind is None

    def children(self) -> list[TreeSpec]:
        return list(self._children)

    @property
    def children_specs(self) -> list[TreeSpec]:
        warnings.warn(texts.CHILDREN_SPECS, FutureWarning, stacklevel=2)
        return self.children()

    def child(self, index: int) -> TreeSpec:
        return self._children[index]

    def unflatten(self, leaves: Any) -> Any:
        return unflatten(list(leaves), self)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """What stands in `tree` where this structure has leaves.

        Raises ValueError where another container stands.
        """
        if self.kind is None:
            return [tree]
        given = node_type(type(tree))
        if given is not self.type and not (self.kind in DICTS and type(tree) in DICTS):
            raise ValueError(texts.node_type(self.type, given))
        children, context = way_of(type(tree)).apart(tree)
        children = list(children)
        if len(children) != len(self._children):
            raise ValueError(texts.node_arity(len(self._children), len(children)))
        if self.kind in DICTS:
            keys = keys_in(self.context)
            if set(keys) != set(tree):
                missing, extra = set(keys) - set(tree), set(tree) - set(keys)
                raise ValueError(texts.node_keys(missing, extra))
            children = [tree[key] for key in keys]
        elif context != self.context:
            raise ValueError(texts.node_context(self.context, context))
        return [
            each for child, spec in zip(children, self._children, strict=True) for each in spec.flatten_up_to(child)
        ]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TreeSpec)
            and self.kind is other.kind
            and self.context == other.context
            and self._children == other._children
        )

    def __hash__(self) -> int:
        return hash((self.kind, len(self._children)))

    def __repr__(self) -> str:
        return self.text(0)

    def text(self, indent: int) -> str:
        """As PyTorch prints it."""
        if self.kind is None:
            return "*"
        name = "namedtuple" if is_named(self.kind) else self.kind.__name__
        inner = f",\n{' ' * (indent + 2)}".join(each.text(indent + 2) for each in self._children)
        return f"TreeSpec({name}, {self.context}, [{inner}])"


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    __module__ = "torch.utils._pytree"

    __slots__ = ()

    def __init__(self) -> None:
        warnings.warn(texts.LEAF_SPEC, FutureWarning, stacklevel=2)
        super().__init__(None, None, ())


LEAF = LeafSpec.__new__(LeafSpec)
TreeSpec.__init__(LEAF, None, None, ())


class Star:
    """Stands for a leaf where only the structure is shown."""

    def __repr__(self) -> str:
        return "*"


def rebuilt_default(children: Any, context: Any) -> Any:
    return defaultdict(context[0], zip(context[1], children, strict=True))


WAYS: dict[type, Way] = {
    dict: Way(lambda t: (list(t.values()), list(t)), lambda c, keys: dict(zip(keys, c, strict=True))),
    OrderedDict: Way(lambda t: (list(t.values()), list(t)), lambda c, keys: OrderedDict(zip(keys, c, strict=True))),
    defaultdict: Way(lambda t: (list(t.values()), [t.default_factory, list(t)]), rebuilt_default),
    tuple: Way(lambda t: (list(t), None), lambda c, _: tuple(c)),
    list: Way(lambda t: (list(t), None), lambda c, _: list(c)),
    deque: Way(lambda t: (list(t), t.maxlen), lambda c, length: deque(c, length)),
    Size: Way(lambda t: (list(t), None), lambda c, _: tuple(c)),  # as in PyTorch
}
"""How containers are taken apart, by their types."""

NAMED = Way(lambda t: (list(t), type(t)), lambda c, kind: kind(*c))
DICTS = (dict, OrderedDict, defaultdict)


def keys_in(context: Any) -> Any:
    """The keys of a dict, from what is known of it beside its values."""
    return context[1] if context and isinstance(context[0], type) and isinstance(context[-1], list) else context


def is_result(kind: Any) -> bool:
    """Whether a type is one of `torch.return_types`."""
    return getattr(kind, "__module__", "") == "torch.return_types"


def is_named(kind: Any) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields") and not is_result(kind)


def node_type(kind: Any) -> Any:
    """What PyTorch calls the type of a container: all named tuples have the same."""
    return collections.namedtuple if kind is not None and is_named(kind) else kind


def way_of(kind: Any) -> Any:
    """How a container of this type is taken apart; `None` for leaves."""
    way = WAYS.get(kind)
    if way is not None:
        return way
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        if is_named(kind):
            return NAMED
        return Way(lambda t: (list(t), None), lambda c, _: kind(*c))
    return None


def parts_of(tree: Any) -> tuple[Any, list[Any]] | None:
    """Context and children of a container; `None` for a leaf."""
    way = way_of(type(tree))
    if way is None:
        return None
    children, context = way.apart(tree)
    return context, list(children)


def flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves from left to right, and the structure around them."""
    parts = None if is_leaf is not None and is_leaf(tree) else parts_of(tree)
    if parts is None:
        return [tree], LEAF
    leaves: list[Any] = []
    specs = []
    for child in parts[1]:
        found, spec = flatten(child, is_leaf)
        leaves += found
        specs.append(spec)
    return leaves, TreeSpec(type(tree), parts[0], tuple(specs))


def unflatten(leaves: Sequence[Any], spec: TreeSpec) -> Any:
    """The container of structure `spec` with these leaves.

    Raises ValueError for another number of them.
    """
    if len(leaves) != spec.num_leaves:
        raise ValueError(texts.number_of_leaves(len(leaves), spec.num_leaves, spec))
    return rebuilt(iter(leaves), spec)


def rebuilt(leaves: Iterator[Any], spec: TreeSpec) -> Any:
    if spec.kind is None:
        return next(leaves)
    children = [rebuilt(leaves, child) for child in spec._children]
    return way_of(spec.kind).together(children, spec.context)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same container with `function` of every leaf."""
    leaves, spec = flatten(tree)
    return unflatten([function(each) for each in leaves], spec)


def shown(spec: TreeSpec) -> str:
    """The structure as a container of stars."""
    return repr(unflatten([Star()] * spec.num_leaves, spec))


def broadcast(tree: Any, spec: TreeSpec) -> list[Any] | None:
    """The leaves of `tree`, each repeated for all leaves of `spec` below it; `None` where the structures differ."""
    parts = parts_of(tree)
    if parts is None:
        return [tree] * spec.num_leaves
    if type(tree) in DICTS and spec.kind in DICTS:  # PyTorch takes the values in the order in which `tree` has them
        if set(tree) != set(spec.context[1] if spec.kind is defaultdict else spec.context):
            return None
    elif type(tree) is not spec.kind or len(parts[1]) != len(spec._children) or parts[0] != spec.context:
        return None
    found: list[Any] = []
    for child, child_spec in zip(parts[1], spec._children, strict=True):
        leaves = broadcast(child, child_spec)
        if leaves is None:
            return None
        found += leaves
    return found
