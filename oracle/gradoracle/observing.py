"""Turns an engine's values into facts, and reads the state of tensors for `observe`.

Reading is not neutral: on PyTorch, reading `requires_grad` or `grad_fn` of a stale view writes its history anew. So an
`observe` is a statement of the program, every engine reads the same facets in the same order, and a read that raises is
a fact of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradoracle.engine import Engine, Unsupported
from gradoracle.normalise import normalise
from gradoracle.trace import FACETS, Fact

LARGEST_GRAPH = 500
_NONE: Fact = ("none",)


class Observer:
    """Reads values of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def fact(self, value: Any, depth: int = 0) -> Fact:
        """What a value looks like from outside; containers to a depth of six."""
        if value is None:
            return _NONE
        kind = type(value)
        plain = _PLAIN.get(kind)
        if plain is not None:
            fact: Fact = plain(value)
            return fact
        engine = self.engine
        if engine.is_tensor(value):
            try:
                return engine.tensor_fact(value)
            except Unsupported:
                raise
            except Exception as error:
                return ("raised", type(error).__name__, normalise(str(error)))
        if isinstance(value, tuple | list) and depth < 6:
            name = kind.__name__ if kind.__name__ in ("list", "Size") else "tuple"
            return (name, *[self.fact(item, depth + 1) for item in value])
        if isinstance(value, dict) and depth < 6:
            return ("dict", *[(self.fact(key, depth + 1), self.fact(item, depth + 1)) for key, item in value.items()])
        if isinstance(value, Seen):
            return value.fact
        special = engine.object_fact(value)
        if special is not None:
            return special
        if engine.is_node(value):
            try:
                return ("node", engine.node_name(value))
            except Unsupported:
                raise
            except Exception as error:
                return ("raised", type(error).__name__, normalise(str(error)))
        return ("object", kind.__name__)

    def observe(self, names: Sequence[str], bound: Mapping[str, Any], facets: Sequence[str]) -> Seen:
        """Read the facets of the tensors bound to `names`; a name that nothing is bound to is a fact too."""
        wanted = tuple(facets) or FACETS
        aliases = "aliases" in wanted
        if aliases:
            wanted = tuple([facet for facet in wanted if facet != "aliases"])
        rows: list[Fact] = []
        storages: dict[Any, list[str]] = {}
        tensors: list[tuple[str, Any]] = []
        for name in names:
            try:
                value = bound[name]
            except NameError:
                rows.append((name, (("value", ("unbound",)),)))
                continue
            if not self.engine.is_tensor(value):
                rows.append((name, (("value", self.fact(value)),)))
                continue
            rows.append((name, tuple([(facet, self._facet(value, facet)) for facet in wanted])))
            if aliases:
                tensors.append((name, value))
        try:
            for name, tensor in tensors:
                self._note_storage(name, tensor, storages)
        except Unsupported as error:
            return Seen(("seen", tuple(rows), ("lacking", str(error))))
        groups = tuple(tuple(group) for group in storages.values() if len(group) > 1)
        return Seen(("seen", tuple(rows), groups))

    def _facet(self, tensor: Any, facet: str) -> Fact:
        try:
            if facet == "value":
                return self.fact(tensor)
            if facet == "graph":
                return self.graph(self.engine.facet(tensor, "grad_fn"))
            return self._read(tensor, facet)
        except Unsupported as error:
            return ("lacking", str(error))
        except Exception as error:
            return ("raised", type(error).__name__, normalise(str(error)))

    def _read(self, tensor: Any, facet: str) -> Fact:
        found = self.engine.facet(tensor, facet)
        if facet == "grad_fn" and found is not None and self.engine.is_node(found):
            return ("node", self.engine.node_name(found))
        if facet == "grad" and found is not None and self.engine.is_tensor(found):
            flags = [self._facet(found, name) for name in ("requires_grad", "grad_fn")]
            return ("grad", self.fact(found), *flags)
        return self.fact(found)

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
            return ("graph", ())
        engine = self.engine
        numbers: dict[Any, int] = {}
        rows: list[list[Any]] = []
        pending: list[tuple[int, int]] = []

        def number(node: Any) -> int:
            if node in numbers:
                return numbers[node]
            if len(rows) >= LARGEST_GRAPH:
                return -2
            numbers[node] = len(rows)
            edges = engine.next_functions(node)
            rows.append([engine.node_name(node), [(-1, 0)] * len(edges), edges])
            pending.extend((position, numbers[node]) for position in range(len(edges) - 1, -1, -1))
            return numbers[node]

        number(root)
        while pending:
            position, row = pending.pop()
            child, input_nr = rows[row][2][position]
            rows[row][1][position] = (-1 if child is None else number(child), input_nr)
        return ("graph", tuple((name, tuple(edges)) for name, edges, _ in rows))


class Seen:
    """The result of an `observe`, already a fact."""

    __slots__ = ("fact",)

    def __init__(self, fact: Fact) -> None:
        self.fact = fact


_PLAIN: dict[type, Any] = {
    bool: lambda value: ("bool", value),
    int: lambda value: ("int", value) if -(2**63) <= value < 2**63 else ("str", str(value)),
    float: lambda value: ("float", value.hex()),
    complex: lambda value: ("complex", value.real.hex(), value.imag.hex()),
    str: lambda value: ("str", normalise(value)),
}
