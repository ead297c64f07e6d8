"""The autograd graphs of one piece of evidence, ready to be drawn: each look at a graph once, both sides together."""

from __future__ import annotations

from typing import Any

from gradreports.align import Row
from gradreports.seen import graphs


def looks(rows: list[Row], labels: dict[tuple[int, ...], str]) -> list[dict[str, Any]]:
    """The graphs seen: at label, o the oracle's, e the engine's ("same" or null where nothing was seen).

    A look that repeats an earlier one of the same name is left out, and so is one at no graph at all.
    """
    found: list[dict[str, Any]] = []
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        left = dict(graphs(row.oracle.outcome)) if row.oracle is not None else {}
        right = dict(graphs(row.engine.outcome)) if row.engine is not None else {}
        for name in [*left, *(name for name in right if name not in left)]:
            one, two = left.get(name), right.get(name)
            key = (name, repr(one), repr(two))
            if key in seen:
                continue
            seen.add(key)
            if not _drawable(one) and not _drawable(two):
                continue
            other: Any = "same" if one is not None and one == two else graph(two)
            at = labels.get(row.path, "")
            found.append({"at": f"{name} {at}".strip(), "o": graph(one), "e": other})
    return found


def _drawable(fact: Any) -> bool:
    return fact is not None and bool(fact[1])


def graph(fact: Any) -> dict[str, Any] | None:
    """A graph fact as n, the names of its nodes, and e, its edges as [from, to, input number]."""
    if fact is None:
        return None
    nodes: list[str] = []
    edges: list[list[int]] = []
    entries = fact[1] if isinstance(fact[1], tuple) else ()
    for position, entry in enumerate(entries):
        whole = isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], tuple)
        nodes.append(str(entry[0]) if whole else repr(entry))
        edges.extend([position, *edge] for edge in (entry[1] if whole else ()) if _is_edge(edge, len(entries)))
    return {"n": nodes, "e": edges}


def _is_edge(edge: Any, count: int) -> bool:
    return (
        isinstance(edge, tuple) and len(edge) == 2 and all(type(part) is int for part in edge) and 0 <= edge[0] < count
    )
