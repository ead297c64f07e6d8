"""`torch.utils._pytree`: nested containers, under the names that PyTorch gives to what is done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad.func.trees import LEAF, mapped, unflatten
from refgrad.func.trees import Spec as TreeSpec
from refgrad.func.trees import flatten as tree_flatten


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    return unflatten(list(leaves), treespec)


def tree_leaves(tree: Any) -> list[Any]:
    return tree_flatten(tree)[0]


def tree_structure(tree: Any) -> TreeSpec:
    return tree_flatten(tree)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """The container with `func` of every leaf, and of the leaves at the same place of further containers."""
    if not rests:
        return mapped(func, tree)
    leaves, spec = tree_flatten(tree)
    others = [tree_leaves(each) for each in rests]
    return unflatten([func(*each) for each in zip(leaves, *others, strict=True)], spec)


def tree_map_only(kind: Any, func: Callable[[Any], Any], tree: Any) -> Any:
    """The container with `func` of every leaf of a type."""
    return mapped(lambda each: func(each) if isinstance(each, kind) else each, tree)


def tree_all(pred: Callable[[Any], bool], tree: Any) -> bool:
    return all(map(pred, tree_leaves(tree)))


def tree_any(pred: Callable[[Any], bool], tree: Any) -> bool:
    return any(map(pred, tree_leaves(tree)))


__all__ = [
    "LEAF", "TreeSpec", "tree_all", "tree_any", "tree_flatten", "tree_leaves", "tree_map", "tree_map_only",
    "tree_structure", "tree_unflatten",
]  # fmt: skip
