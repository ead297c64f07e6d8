"""Turns an engine's values into facts, and reads the state of tensors for `observe`.

Reading is not neutral: on PyTorch, reading `requires_grad` or `grad_fn` of a stale view writes its history anew. So an
`observe` is a statement of the program, every engine reads the same facets in the same order, and a read that raises is
a fact of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradoracle.engine import Engine, Unsupported
from gradoracle.normalise import normalise
from gradoracle.trace import FACETS, Fact

LARGEST_GRAPH = 500
_NONE: Fact = ("none",)
_NO_GRAPH: Fact = ("graph", ())
_NO_EDGE = (-1, 0)


class Observer:
    """Reads values of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._is_tensor = engine.is_tensor
        self._tensor_fact = engine.tensor_fact
        self._read = engine.facet

    def fact(self, value: Any, depth: int = 0) -> Fact:
        """What a value looks like from outside; containers to a depth of six."""
        kind = type(value)
        plain = _PLAIN.get(kind)
        if plain is not None:
            return plain(value)
        if self._is_tensor(value):
            try:
                return self._tensor_fact(value)
            except Unsupported:
                raise
            except Exception as error:
                return _raised(error)
        if isinstance(value, tuple | list) and depth < 6:
            name = kind.__name__ if kind.__name__ in ("list", "Size") else "tuple"
            return (name, *[self.fact(item, depth + 1) for item in value])
        if isinstance(value, dict) and depth < 6:
            return ("dict", *[(self.fact(key, depth + 1), self.fact(item, depth + 1)) for key, item in value.items()])
        if kind is Seen:
            seen: Fact = value.fact
            return seen
        engine = self.engine
        special = engine.object_fact(value)
        if special is not None:
            return special
        if engine.is_node(value):
            try:
                return ("node", engine.node_name(value))
            except Unsupported:
                raise
            except Exception as error:
                return _raised(error)
        return ("object", kind.__name__)

    def observe(self, names: Sequence[str], bound: Mapping[str, Any], facets: Sequence[str]) -> Seen:
        """Read the facets of the tensors bound to `names`; a name that nothing is bound to is a fact too."""
        wanted = tuple(facets) or FACETS
        aliases = "aliases" in wanted
        rows: list[Fact] = []
        storages: dict[Any, list[str]] = {}
        tensors: list[tuple[str, Any]] = []
        for name in names:
            try:
                value = bound[name]
            except NameError:
                rows.append((name, (("value", ("unbound",)),)))
                continue
            if not self._is_tensor(value):
                rows.append((name, (("value", self.fact(value)),)))
                continue
            rows.append((name, tuple([(facet, self._facet(value, facet)) for facet in wanted if facet != "aliases"])))
            if aliases:
                tensors.append((name, value))
        try:
            for name, tensor in tensors:
                self._note_storage(name, tensor, storages)
        except Unsupported as error:
            return Seen(("seen", tuple(rows), ("lacking", str(error))))
        groups = tuple([tuple(group) for group in storages.values() if len(group) > 1])
        return Seen(("seen", tuple(rows), groups))

    def _facet(self, tensor: Any, facet: str) -> Fact:
        try:
            if facet == "value":
                return self.fact(tensor)
            if facet == "graph":
                return self.graph(self._read(tensor, "grad_fn"))
            found = self._read(tensor, facet)
            if found is None:
                return _NONE
            if found is False or found is True:
                return _TRUE if found else _FALSE
            if facet == "grad_fn" and self.engine.is_node(found):
                return ("node", self.engine.node_name(found))
            if facet == "grad" and self._is_tensor(found):
                requires, grown = self._facet(found, "requires_grad"), self._facet(found, "grad_fn")
                return ("grad", self.fact(found), requires, grown)
            return self.fact(found)
        except Unsupported as error:
            return ("lacking", str(error))
        except Exception as error:
            return _raised(error)

    def _note_storage(self, name: str, tensor: Any, storages: dict[Any, list[str]]) -> None:
        engine = self.engine
        try:
            found = [(name, tensor), (f"{name}.grad", engine.facet(tensor, "grad"))]
            for label, one in found:
                key = None if one is None else engine.storage(one)
                if key is not None:
                    storages.setdefault(key, []).append(label)
        except Unsupported:
            raise
        except Exception:
            # The facet itself has recorded the error of this read.
            return

    def graph(self, root: Any) -> Fact:
        """The graph reachable from a node, in depth-first order: ("graph", ((name, edges), ...))."""
        if root is None:
            return _NO_GRAPH
        next_functions, node_name = self.engine.next_functions, self.engine.node_name
        numbers: dict[Any, int] = {}
        rows: list[tuple[str, list[tuple[int, int]]]] = []
        # Edges whose node has no number yet, the next one last: the node, the input, the row of edges, the place there.
        pending: list[tuple[Any, int, list[tuple[int, int]], int]] = [(root, 0, [_NO_EDGE], 0)]
        while pending:
            node, input_nr, row, position = pending.pop()
            number = -1 if node is None else numbers.get(node)
            if number is None:
                number = -2
                if len(rows) < LARGEST_GRAPH:
                    number = numbers[node] = len(rows)
                    edges = next_functions(node)
                    found = [_NO_EDGE] * len(edges)
                    rows.append((node_name(node), found))
                    for place in range(len(edges) - 1, -1, -1):
                        child, nr = edges[place]
                        pending.append((child, nr, found, place))
            row[position] = (number, input_nr)
        return ("graph", tuple([(name, tuple(found)) for name, found in rows]))


class Seen:
    """The result of an `observe`, already a fact."""

    __slots__ = ("fact",)

    def __init__(self, fact: Fact) -> None:
        self.fact = fact


def _raised(error: Exception) -> Fact:
    return ("raised", type(error).__name__, normalise(str(error)))


_TRUE: Fact = ("bool", True)
_FALSE: Fact = ("bool", False)

_PLAIN: dict[type, Callable[[Any], Fact]] = {
    type(None): lambda value: _NONE,
    bool: lambda value: _TRUE if value else _FALSE,
    int: lambda value: ("int", value) if -(2**63) <= value < 2**63 else ("str", str(value)),
    float: lambda value: ("float", value.hex()),
    complex: lambda value: ("complex", value.real.hex(), value.imag.hex()),
    str: lambda value: ("str", normalise(value)),
}
