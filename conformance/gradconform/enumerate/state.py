"""Reads everything that a user can see of some tensors, as `observe` does, in one tuple that is quick to compare.

The graph is read once for all tensors: the nodes that they share are seen to be shared.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from gradoracle.engine import Engine, Unsupported
from gradoracle.normalise import normalise
from gradoracle.torchlike import TorchLike
from gradoracle.trace import Fact

FLAGS = ("output_nr", "version", "is_view")
_BEFORE = attrgetter("requires_grad", "is_leaf", "retains_grad", "grad")
_AFTER = attrgetter("grad_fn", "output_nr", "_version")
_IGNORE = ("ignore", None, Warning, None, 0)


def told(error: Exception) -> Fact:
    """The fact of an error. Raises `Unsupported` again: that is no behaviour."""
    if isinstance(error, Unsupported):
        raise error
    return ("raised", type(error).__name__, normalise(str(error)))


def state(engine: Engine, tensors: Sequence[Any]) -> Fact:
    """The facts of each tensor, the graph above them, and who shares memory. Facets are read in `observe`'s order.

    What reading warns of is left out.
    """
    plain = isinstance(engine, TorchLike) and type(engine).facet is TorchLike.facet
    rows: list[Fact] = []
    roots: list[Any] = []
    groups: dict[Any, list[int]] = {}
    # `catch_warnings` around each program would cost as much as half of its steps.
    warnings.filters.insert(0, _IGNORE)  # type: ignore[attr-defined]
    try:
        for number, tensor in enumerate(tensors):
            row, root, grad = _plain_row(engine, tensor) if plain else _row(engine, tensor)
            try:
                if grad is not None:
                    groups.setdefault(engine.storage(grad), []).append(-1 - number)
                groups.setdefault(engine.storage(tensor), []).append(number)
            except Exception as error:
                row = (*row, told(error))
            roots.append(root)
            rows.append(row)
        graph = _graph(engine, roots)
    finally:
        del warnings.filters[0]  # type: ignore[attr-defined]
    return (tuple(rows), graph, tuple(tuple(group) for group in groups.values()))


def _plain_row(engine: Engine, tensor: Any) -> tuple[Fact, Any, Any]:
    """What `_row` gives, read straight from an engine that has PyTorch's names."""
    try:
        fact = engine.tensor_fact
        value = fact(tensor)
        requires_grad, is_leaf, retains_grad, grad = _BEFORE(tensor)
        told_grad = None
        if grad is not None:
            above = grad.grad_fn
            named = None if above is None else engine.node_name(above)
            told_grad = (fact(grad), grad.requires_grad, named)
        root, output_nr, version = _AFTER(tensor)
        named = None if root is None else engine.node_name(root)
        is_view = tensor._is_view()
    except Exception:
        return _row(engine, tensor)
    return (value, requires_grad, is_leaf, retains_grad, told_grad, named, output_nr, version, is_view), root, grad


def _row(engine: Engine, tensor: Any) -> tuple[Fact, Any, Any]:
    """The facts of one tensor, its node and its gradient; a read that raises is a fact too."""
    facet = engine.facet
    row: list[Any] = []
    root = grad = None
    for name in ("value", "requires_grad", "is_leaf", "retains_grad", "grad", "grad_fn", *FLAGS):
        try:
            if name == "value":
                row.append(engine.tensor_fact(tensor))
                continue
            found = facet(tensor, name)
            if name == "grad" and found is not None:
                above = facet(found, "grad_fn")
                named = None if above is None else engine.node_name(above)
                row.append((engine.tensor_fact(found), facet(found, "requires_grad"), named))
                grad = found
            elif name == "grad_fn":
                root = found
                row.append(None if found is None else engine.node_name(found))
            else:
                row.append(found)
        except Exception as error:
            row.append(told(error))
    return tuple(row), root, grad


def _graph(engine: Engine, roots: list[Any]) -> Fact:
    """For each root its number, and for each node, in order of number, its name and the numbers of its edges."""
    numbers: dict[Any, int] = {}
    nodes: list[Any] = []
    for root in roots:
        if root is not None and root not in numbers:
            numbers[root] = len(nodes)
            nodes.append(root)
    rows: list[Fact] = []
    for node in nodes:  # grows meanwhile
        edges: list[tuple[int, int]] = []
        for child, position in engine.next_functions(node):
            if child is None:
                edges.append((-1, position))
                continue
            if child not in numbers:
                numbers[child] = len(nodes)
                nodes.append(child)
            edges.append((numbers[child], position))
        rows.append((engine.node_name(node), tuple(edges)))
    return (tuple(-1 if root is None else numbers[root] for root in roots), tuple(rows))
