"""Traces: what running a program on an engine let a user observe, as plain immutable data.

A `Fact` is a tagged tuple of strings, numbers, bytes and other facts, so that equal facts are equal tuples and a trace
crosses a process boundary without code:

    ("none",)  ("bool", True)  ("int", 3)  ("float", "0x1.8p+1")  ("complex", "0x1p+0", "0x0p+0")  ("str", "text")
    ("tensor", "torch.float32", (2, 3), b"...")     values in C order, little endian
    ("transformed", "torch.float32", (3,))          a tensor inside a transform of `torch.func`, which cannot be read
    ("node", "MulBackward0")    ("dtype", "torch.float32")    ("device", "cpu")
    ("tuple", fact, ...)  ("list", fact, ...)  ("dict", (key, fact), ...)  ("object", "RemovableHandle")
    ("seen", ((name, ((facet, fact), ...)), ...), groups)     of an `observe`; see FACETS
    ("raised", class, message)      an observation that raised
    ("lacking", what)               an observation that the engine declares it cannot give
    ("unbound",)                    a name that nothing is bound to
    ("graph", ((node, ((child, input_nr), ...)), ...))        children by position in the list, -1 for no edge
"""

from __future__ import annotations

import hashlib
import marshal
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

Fact: TypeAlias = tuple[Any, ...]

FACETS: tuple[str, ...] = (
    "value",
    "requires_grad",
    "is_leaf",
    "retains_grad",
    "grad",
    "grad_fn",
    "output_nr",
    "version",
    "is_view",
    "graph",
    "aliases",
)
"""What `observe` reads of each tensor, in this order; "aliases" is over all the tensors of one `observe`."""

LEVELS: tuple[str, ...] = ("values", "state", "errors", "messages", "graph")
"""The levels on which two traces are compared."""


DIGEST = 12
"""Bytes of the digest of a trace."""


class Step(NamedTuple):
    """One executed statement.

    `outcome` is ("value", fact) or ("error", class name, message); `warnings` pairs of class name and text; `events`
    what happened meanwhile, in order: ("call", function, facts of the arguments), ("return", function, fact),
    ("raise", function, class, message), ("print", text).
    """

    path: tuple[int, ...]
    outcome: Fact
    warnings: tuple[tuple[str, str], ...] = ()
    events: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of one run and how it ended.

    `ending` is ("finished",), ("crash", what) when the process died, ("timeout", seconds), or ("unsupported", what)
    when the engine declares that it lacks something the program needs. Steps before the end are kept.
    """

    steps: tuple[Step, ...]
    ending: tuple[Any, ...] = ("finished",)

    @property
    def finished(self) -> bool:
        return bool(self.ending[0] == "finished")

    @property
    def digest(self) -> bytes:
        """`DIGEST` bytes that name the content: equal traces have equal ones, on every machine and in every version."""
        return hashlib.blake2b(marshal.dumps(self.to_data(), 2), digest_size=DIGEST).digest()

    def to_data(self) -> Fact:
        """The trace as nested tuples of plain values, for a pipe."""
        return (tuple(map(tuple, self.steps)), self.ending)

    @staticmethod
    def from_data(data: Any) -> Trace:
        """Read what `to_data` gave."""
        steps, ending = data
        return Trace(tuple(Step(*step) for step in steps), ending)


def to_json(fact: Any) -> Any:
    """A fact as JSON: tuples as lists, bytes as {"hex": "..."}."""
    if isinstance(fact, tuple):
        return [to_json(item) for item in fact]
    if isinstance(fact, bytes):
        return {"hex": fact.hex()}
    return fact


def from_json(data: Any) -> Any:
    """Read what `to_json` gave. Raises `ValueError` for data that is no fact."""
    if isinstance(data, list):
        return tuple(from_json(item) for item in data)
    if isinstance(data, dict):
        if set(data) != {"hex"}:
            raise ValueError(f"not a fact: {data!r}")
        return bytes.fromhex(data["hex"])
    return data
