"""`torch.utils._pytree`: nested containers, under the names that PyTorch gives to what is done with them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from refgrad.func import texts
from refgrad.func.trees import DICTS, LEAF, WAYS, LeafSpec, TreeSpec, Way, broadcast, is_named, keys_in, unflatten
from refgrad.func.trees import flatten as tree_flatten
from refgrad.func.trees import parts_of as _parts_of
from refgrad.utils import pytree_texts, pytree_written
from refgrad.utils.pytree_classes import (
    SupportedNodes,
    is_constant_class,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    is_structseq,
    is_structseq_class,
    is_structseq_instance,
    register_constant,
    register_dataclass,
)
from refgrad.utils.pytree_written import treespec_dumps, treespec_loads, treespec_pprint

IsLeaf = Callable[[Any], bool] | None
PyTreeSpec = TreeSpec


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    """The container of a structure with these leaves. Raises TypeError if `treespec` is no structure."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(texts.no_treespec(type(treespec)))
    return unflatten(list(leaves), treespec)


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    return tree_flatten(tree, is_leaf)[0]


def tree_iter(tree: Any, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """The leaves one after the other."""
    yield from tree_leaves(tree, is_leaf)


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> TreeSpec:
    return tree_flatten(tree, is_leaf)[1]


def tree_is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    return (is_leaf is not None and is_leaf(tree)) or _parts_of(tree) is None


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The container with `func` of every leaf, and of what stands at the same place of further containers."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [spec.flatten_up_to(each) for each in rests]
    return unflatten([func(*each) for each in zip(leaves, *others, strict=True)], spec)


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """`func` of every leaf, for what it does; the container itself is returned."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def map_only(kind: Any, /) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """A function of one leaf that leaves alone what is not of a type, or what a condition does not hold for."""

    def decorate(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda each: func(each) if _is_of(each, kind) else each

    return decorate


def _is_of(each: Any, kind: Any) -> bool:
    return bool(isinstance(each, kind) if isinstance(kind, (type, tuple)) else kind(each))


def tree_map_only(kind: Any, /, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    """The container with `func` of every leaf of a type."""
    return tree_map(map_only(kind)(func), tree, is_leaf=is_leaf)


def tree_map_only_(kind: Any, /, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    return tree_map_(map_only(kind)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_all_only(kind: Any, /, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    return all(pred(each) for each in tree_leaves(tree, is_leaf) if _is_of(each, kind))


def tree_any_only(kind: Any, /, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    return any(pred(each) for each in tree_leaves(tree, is_leaf) if _is_of(each, kind))


def register_pytree_node(
    cls: Any, flatten_fn: Callable[[Any], tuple[Any, Any]], unflatten_fn: Callable[[Any, Any], Any], *,
    serialized_type_name: str | None = None, to_dumpable_context: Any = None, from_dumpable_context: Any = None,
    flatten_with_keys_fn: Any = None,
) -> None:  # fmt: skip
    """Let a class be a container. Raises ValueError if it is one."""
    if cls in WAYS:
        raise ValueError(texts.registered_twice(cls))
    WAYS[cls] = Way(flatten_fn, unflatten_fn)
    if serialized_type_name is not None:
        pytree_written.names[cls] = serialized_type_name
        pytree_written.contexts[cls] = (to_dumpable_context, from_dumpable_context)


def _register_pytree_node(cls: Any, flatten_fn: Any, unflatten_fn: Any, **options: Any) -> None:
    """The old name, which takes a class twice."""
    warnings.warn(pytree_texts.OLD_REGISTER, FutureWarning, stacklevel=2)
    if cls in WAYS:
        warnings.warn(pytree_texts.overwritten(cls), UserWarning, stacklevel=2)
        del WAYS[cls]
    register_pytree_node(cls, flatten_fn, unflatten_fn, **options)


def _is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    warnings.warn(pytree_texts.OLD_LEAF, FutureWarning, stacklevel=2)
    return tree_is_leaf(tree, is_leaf)


def _is_namedtuple_instance(tree: Any) -> bool:
    warnings.warn(pytree_texts.OLD_NAMEDTUPLE, FutureWarning, stacklevel=2)
    return is_namedtuple_instance(tree)


def arg_tree_leaves(*args: Any, **kwargs: Any) -> list[Any]:
    """The leaves of all arguments."""
    return [leaf for each in (*args, *kwargs.values()) for leaf in tree_leaves(each)]


SUPPORTED_NODES = SupportedNodes()
_dict_flatten, _dict_unflatten = WAYS[dict].apart, WAYS[dict].together
_list_flatten, _list_unflatten = WAYS[list].apart, WAYS[list].together
_tuple_flatten, _tuple_unflatten = WAYS[tuple].apart, WAYS[tuple].together


def _broadcast_to_and_flatten(tree: Any, treespec: TreeSpec) -> list[Any] | None:
    return broadcast(tree, treespec)


# ---- paths --------------------------------------------------------------------------------------------------------


class SequenceKey(NamedTuple):
    """A place in a list or tuple."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence: Any) -> Any:
        return sequence[self.idx]


class MappingKey(NamedTuple):
    """A place in a dict."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping: Any) -> Any:
        return mapping[self.key]


class GetAttrKey(NamedTuple):
    """A field of a named tuple."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj: Any) -> Any:
        return getattr(obj, self.name)


def _paths(spec: TreeSpec, before: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if spec.is_leaf():
        yield before
        return
    way = WAYS.get(spec.kind)
    if way is not None and way.fields is not None:
        keys: list[Any] = [GetAttrKey(name) for name in way.fields(spec.context)]
    elif spec.kind in DICTS:
        keys = [MappingKey(key) for key in keys_in(spec.context)]
    elif is_named(spec.kind):
        keys = [GetAttrKey(name) for name in spec.kind._fields]
    else:
        keys = [SequenceKey(i) for i in range(spec.num_children)]
    for key, child in zip(keys, spec.children(), strict=True):
        yield from _paths(child, (*before, key))


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[Any, Any]]:
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_flatten_with_path(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[tuple[Any, Any]], TreeSpec]:
    """Each leaf with the keys that lead to it, and the structure."""
    leaves, spec = tree_flatten(tree, is_leaf)
    return list(zip(_paths(spec, ()), leaves, strict=True)), spec


def tree_map_with_path(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [spec.flatten_up_to(each) for each in rests]
    return unflatten([func(*each) for each in zip(_paths(spec, ()), leaves, *others, strict=True)], spec)


def keystr(kp: Any) -> str:
    """The keys as Python would write them behind the container."""
    return "".join(str(each) for each in kp)


def key_get(obj: Any, kp: Any) -> Any:
    """What the keys lead to."""
    for each in kp:
        obj = each.get(obj)
    return obj


__all__ = [
    "LEAF",
    "SUPPORTED_NODES",
    "GetAttrKey",
    "LeafSpec",
    "MappingKey",
    "PyTreeSpec",
    "SequenceKey",
    "TreeSpec",
    "arg_tree_leaves",
    "is_constant_class",
    "is_namedtuple",
    "is_namedtuple_class",
    "is_namedtuple_instance",
    "is_structseq",
    "is_structseq_class",
    "is_structseq_instance",
    "key_get",
    "keystr",
    "map_only",
    "register_constant",
    "register_dataclass",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
    "treespec_dumps",
    "treespec_loads",
    "treespec_pprint",
]  # fmt: skip
