"""Reads everything that a user can see of some tensors, as `observe` does, in one tuple that is quick to compare.

The graph is read once for all tensors: the nodes that they share are seen to be shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradoracle.engine import Engine, Unsupported
from gradoracle.normalise import normalise
from gradoracle.trace import Fact

FLAGS = ("output_nr", "version", "is_view")


def told(error: Exception) -> Fact:
    """The fact of an error. Raises `Unsupported` again: that is no behaviour."""
    if isinstance(error, Unsupported):
        raise error
    return ("raised", type(error).__name__, normalise(str(error)))


def state(engine: Engine, tensors: Sequence[Any]) -> Fact:
    """The facts of each tensor, the graph above them, and who shares memory. Facets are read in `observe`'s order."""
    facet = engine.facet
    rows: list[Fact] = []
    roots: list[Any] = []
    groups: dict[Any, list[int]] = {}
    for number, tensor in enumerate(tensors):
        row: list[Any] = []
        root = None
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
                    groups.setdefault(engine.storage(found), []).append(-1 - number)
                elif name == "grad_fn":
                    root = found
                    row.append(None if found is None else engine.node_name(found))
                else:
                    row.append(found)
            except Exception as error:
                row.append(told(error))
        try:
            groups.setdefault(engine.storage(tensor), []).append(number)
        except Exception as error:
            row.append(told(error))
        roots.append(root)
        rows.append(tuple(row))
    return (tuple(rows), _graph(engine, roots), tuple(tuple(group) for group in groups.values()))


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
