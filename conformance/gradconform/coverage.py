"""How much of PyTorch's autograd the catalogue exercises, measured on its programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from gradconform.catalogue.behaviour import Behaviour
from gradconform.judge import Settings, programs_of
from gradoracle import program as p
from gradoracle.trace import Trace

_MODULES = (
    "torch.",
    "torch.autograd.",
    "torch.autograd.grad_mode.",
    "torch.autograd.anomaly_mode.",
    "torch.autograd.function.",
    "torch.autograd.gradcheck.",
    "torch.autograd.variable.",
)
"""Modules that hold the same objects under the same last name."""
_FUNC = ("torch.func.vmap", "torch.vmap")
_PARTS = ("torch.Tensor.", "torch.autograd.Function.", "ctx.", "Node.", "AccumulateGrad.", "SavedTensor.")
"""Prefixes of symbols that programs reach as an attribute or define as a method."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which of a known set of names were exercised."""

    known: tuple[str, ...]
    seen: frozenset[str]

    @property
    def left(self) -> tuple[str, ...]:
        return tuple(name for name in self.known if name not in self.seen)

    @property
    def reached(self) -> int:
        return len(self.known) - len(self.left)


def symbols() -> Mapping[str, str]:
    """The public symbols around autograd in PyTorch 2.13.0, each with the reason why no behaviour names it, or ""."""
    text = files("gradconform.catalogue").joinpath("symbols.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def named(programs: Iterable[p.Program]) -> set[str]:
    """Every global path, attribute and method of a custom Function that programs name."""
    names: set[str] = set()
    for program in programs:
        for statement in program.walk():
            if isinstance(statement, p.Class):
                names.update(f".{method.name}" for method in statement.methods)
            if isinstance(statement, p.Observe):
                names.update(_OBSERVED)
            if isinstance(statement, p.Assign):
                names.update(f".{target.name}" for target in statement.targets if isinstance(target, p.Attr))
            for expression in p.expressions(statement):
                if isinstance(expression, p.Global):
                    names.add(expression.path)
                    names.update(_parts_of(expression.path))
                elif isinstance(expression, p.Attr):
                    names.add(f".{expression.name}")
    return names


_OBSERVED: tuple[str, ...] = tuple(
    ".grad .requires_grad .is_leaf .retains_grad .grad_fn .output_nr ._version ._is_view .next_functions .name".split()
)
"""What an `observe` reads."""


def _parts_of(path: str) -> Iterator[str]:
    """`torch.Tensor.detach` names `.detach` too."""
    if path.startswith("torch.Tensor."):
        yield "." + path.rpartition(".")[2]


def exercised(symbol: str, names: set[str]) -> bool:
    """Whether one of the names is this symbol."""
    if symbol in names:
        return True
    last = symbol.rpartition(".")[2]
    if symbol.startswith(_PARTS):
        return f".{last}" in names
    if symbol.startswith("torch.utils.hooks.RemovableHandle."):
        return f".{last}" in names
    if symbol in _FUNC:
        return any(one in names for one in _FUNC)
    home = symbol.removesuffix(last)
    return home in _MODULES and any(module + last in names for module in _MODULES)


def symbol_share(programs: Iterable[p.Program]) -> Share:
    """The public symbols that programs exercise."""
    names = named(programs)
    known = tuple(symbols())
    return Share(known, frozenset(symbol for symbol in known if exercised(symbol, names)))


def every_program(rows: Sequence[Behaviour], max_examples: int) -> list[p.Program]:
    """The examples of behaviours and some generated programs of each."""
    return [program for row in rows for program in programs_of(row, Settings(max_examples=max_examples))]


def texts(traces: Iterable[Trace]) -> frozenset[str]:
    """The distinct texts of errors and warnings, with the numbers, names and shapes in them taken out."""
    found: set[str] = set()
    for trace in traces:
        for step in trace.steps:
            if step.outcome[0] == "error":
                found.add(_form(step.outcome[1], step.outcome[2]))
            found.update(_form(kind, text) for kind, text in step.warnings)
            found.update(_form(event[2], event[3]) for event in step.events if event[0] == "raise")
    return frozenset(found)


def _form(kind: str, text: str) -> str:
    return f"{kind}: " + re.sub(r"\[[^\]]*\]|\d+|'[^']*'|\b\w+Backward\d?\b", "_", text)


def nodes(traces: Iterable[Trace]) -> frozenset[str]:
    """The names of all graph nodes that traces hold."""
    found: set[str] = set()
    for trace in traces:
        stack: list[Any] = [(step.outcome, step.events) for step in trace.steps]
        while stack:
            fact = stack.pop()
            if fact and fact[0] == "node" and isinstance(fact[1], str):
                found.add(fact[1])
            elif fact and fact[0] == "graph" and all(isinstance(row, tuple) for row in fact[1]):
                # Not the facet called "graph", which is a pair of its name and a fact.
                found.update(name for name, _ in fact[1])
            else:
                stack.extend(item for item in fact if isinstance(item, tuple))
    return frozenset(found)
