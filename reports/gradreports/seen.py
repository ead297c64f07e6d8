"""What an `observe` saw of each name, facet by facet, and what changed since that name was last seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from gradreports.facts import text

Facets: TypeAlias = dict[str, Any]


def names(outcome: Any) -> dict[str, Facets]:
    """The facets of each observed name in an outcome, empty for any other outcome."""
    match outcome:
        case ("value", ("seen", tuple(entries), *_)):
            whole = [entry for entry in entries if isinstance(entry, tuple) and len(entry) > 1]
            return {str(entry[0]): _facets(entry[1]) for entry in whole}
        case _:
            return {}


def groups(outcome: Any) -> str:
    """The names that share memory, in words, "" where none do or nothing was said."""
    match outcome:
        case ("value", ("seen", _, tuple(found))):
            shared = [item for item in found if isinstance(item, tuple) and len(item) > 1]
            return "; ".join(f"{', '.join(str(name) for name in group)} share memory" for group in shared)
        case _:
            return ""


def graphs(outcome: Any) -> Iterator[tuple[str, Any]]:
    """Each graph in an outcome with the name it was seen from."""
    for name, facets in names(outcome).items():
        for fact in facets.values():
            if is_graph(fact):
                yield name, fact
    match outcome:
        case ("value", fact) if is_graph(fact):
            yield "", fact


def is_graph(fact: Any) -> bool:
    """Whether a fact is a graph."""
    return isinstance(fact, tuple) and len(fact) == 2 and fact[0] == "graph"


def view(outcome: Any, before: dict[str, Facets], other: dict[str, Facets]) -> list[dict[str, Any]]:
    """The names of one observation for the page: n name, f facets as [facet, text, flags].

    `before` holds what this side saw of each name last and is brought up to date; `other` is what the other side saw
    here. Flags: "new" on the first look or a change, "diff" where the other side saw something else.
    """
    shown = []
    for name, facets in names(outcome).items():
        old = before.get(name, {})
        theirs = other.get(name)
        rows = []
        for facet, fact in facets.items():
            flags = "new" if facet not in old or old[facet] != fact else ""
            if theirs is not None and theirs.get(facet) != fact:
                flags = f"{flags} diff".strip()
            rows.append([facet, text(fact), flags])
        before[name] = {**old, **facets}
        shown.append({"n": name, "f": rows})
    return shown


def _facets(data: Any) -> Facets:
    if not isinstance(data, tuple) or (data and isinstance(data[0], str)):
        return {"value": data}
    return {str(item[0]): item[1] for item in data if isinstance(item, tuple) and len(item) == 2}
