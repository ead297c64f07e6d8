"""How much of PyTorch's autograd the catalogue exercises, measured on its programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeAlias

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.out_of_reach import out_of_reach
from gradconform.judge import Settings, programs_of
from gradoracle import program as p
from gradoracle.derivatives import Entry
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
_PARTS = (
    *("torch.Tensor.", "torch.autograd.Function.", "ctx.", "Node.", "AccumulateGrad.", "SavedTensor."),
    "torch.utils.hooks.RemovableHandle.",
)
"""Prefixes of symbols that programs reach as an attribute."""
_METHODS = frozenset({"forward", "backward", "setup_context", "vjp", "jvp", "vmap"})
"""What programs define in a custom Function, and PyTorch calls."""
_BY_WAY_OF = {
    "torch.Tensor.__deepcopy__": "deepcopy",
    "torch.Tensor.__dlpack__": "torch.from_dlpack",
    "torch.utils.hooks.RemovableHandle.__enter__": "with handle",
    "torch.utils.hooks.RemovableHandle.__exit__": "with handle",
    "torch.autograd.gradcheck.GradcheckError": "raised GradcheckError",
}
"""Symbols that run when something else is named."""


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


Run: TypeAlias = tuple[p.Program, Trace | None]
"""A program with what PyTorch made of it; None where it was not run: then all of its text counts."""


def named(runs: Iterable[Run]) -> set[str]:
    """What programs name: global paths, `.attribute`, `Function.method` of a custom Function, and errors raised.

    Of a program that was run only what was reached counts: statements that left a step, and functions that were called.
    """
    names: set[str] = set()
    for program, trace in runs:
        called = _called(trace)
        for statement in _reached(program, trace, called):
            names.update(_named_in(statement, called))
        names.update(_raised(trace))
    return names


def _named_in(statement: p.Statement, called: frozenset[str] | None) -> Iterator[str]:
    if isinstance(statement, p.Class):
        yield from (f"Function.{each.name}" for each in statement.methods if called is None or each.name in called)
    if isinstance(statement, p.Observe):
        yield from _OBSERVED
    if isinstance(statement, p.Assign):
        yield from (f".{target.name}" for target in statement.targets if isinstance(target, p.Attr))
    if isinstance(statement, p.With) and any(_registers(manager) for manager, _ in statement.managers):
        yield "with handle"
    every = list(p.expressions(statement))
    idle: set[int] = set()
    if called is not None and "<lambda>" not in called:
        bodies = (p.Evaluate(one.body) for one in every if isinstance(one, p.Lambda))
        idle = {id(inner) for body in bodies for inner in p.expressions(body)}
    for expression in every:
        if id(expression) in idle:
            continue
        if isinstance(expression, p.Global):
            yield expression.path
            yield from _parts_of(expression.path)
        elif isinstance(expression, p.Attr):
            yield f".{expression.name}"


def _registers(manager: p.Expr) -> bool:
    return isinstance(manager, p.Call) and isinstance(manager.function, p.Attr) and "register_" in manager.function.name


def _called(trace: Trace | None) -> frozenset[str] | None:
    """The functions of the program that were called; None where it was not run."""
    if trace is None:
        return None
    return frozenset(event[1] for step in trace.steps for event in step.events if event[0] == "call")


def _raised(trace: Trace | None) -> Iterator[str]:
    for step in trace.steps if trace is not None else ():
        if step.outcome[0] == "error":
            yield f"raised {step.outcome[1]}"


def _reached(program: p.Program, trace: Trace | None, called: frozenset[str] | None) -> Iterator[p.Statement]:
    if trace is None or called is None:
        yield from program.walk()
        return
    left = [step.path for step in trace.steps if step.outcome[:2] != ("error", "NameError")]
    places = {path[:length] for path in left for length in range(1, len(path) + 1)}
    yield from _under(program.statements, (), places, called)


def _under(
    body: Sequence[p.Statement], path: p.Path, places: set[p.Path] | None, called: frozenset[str]
) -> Iterator[p.Statement]:
    """The statements of a block that were reached; inside a function that was called (no `places`) all count."""
    for index, statement in enumerate(body):
        here = (*path, index)
        if places is not None and here not in places:
            continue
        yield statement
        if isinstance(statement, p.Define):
            if statement.name in called:
                yield from _under(statement.body, (), None, called)
        elif isinstance(statement, p.Class):
            yield from _under(statement.methods, (), None, called)
        else:
            yield from _under(p.children(statement), here, places, called)


_OBSERVED: tuple[str, ...] = tuple(
    ".grad .requires_grad .is_leaf .retains_grad .grad_fn .output_nr ._version ._is_view .next_functions .name".split()
)
"""What an `observe` reads."""


def _parts_of(path: str) -> Iterator[str]:
    """`torch.Tensor.detach` names `.detach` too, and a method names its class."""
    if path.startswith("torch.Tensor."):
        yield "." + path.rpartition(".")[2]
    yield path.rpartition(".")[0]


def exercised(symbol: str, names: set[str]) -> bool:
    """Whether one of the names is this symbol."""
    if symbol in names or _BY_WAY_OF.get(symbol) in names:
        return True
    last = symbol.rpartition(".")[2]
    if symbol.startswith("torch.autograd.Function.") and last in _METHODS:
        return f"Function.{last}" in names
    if symbol.startswith(_PARTS):
        return f".{last}" in names
    if symbol in _FUNC:
        return any(one in names for one in _FUNC)
    home = symbol.removesuffix(last)
    return home in _MODULES and any(module + last in names for module in _MODULES)


def symbol_share(runs: Iterable[Run]) -> Share:
    """The public symbols that programs exercise."""
    names = named(runs)
    known = tuple(symbols())
    return Share(known, frozenset(symbol for symbol in known if exercised(symbol, names)))


def every_program(rows: Sequence[Behaviour], max_examples: int) -> list[p.Program]:
    """The examples of behaviours and some generated programs of each."""
    return [program for row in rows for program in programs_of(row, Settings(max_examples=max_examples))]


def texts(runs: Iterable[Run]) -> frozenset[str]:
    """The distinct texts of errors and warnings, with the numbers, names and shapes in them taken out.

    What a program says itself, by `raise` or by a name that is not bound, does not count.
    """
    found: set[str] = set()
    for program, trace in runs:
        own = {one.value for statement in program.walk() for one in p.expressions(statement) if isinstance(one, p.Lit)}
        for step in trace.steps if trace is not None else ():
            heard = [*step.warnings, *(event[2:4] for event in step.events if event[0] == "raise")]
            if step.outcome[0] == "error":
                heard.append(step.outcome[1:3])
            found.update(_form(kind, text) for kind, text in heard if text and text not in own and kind != "NameError")
    return frozenset(found)


def _form(kind: str, text: str) -> str:
    return f"{kind}: " + re.sub(r"\[[^\]]*\]|\d+|'[^']*'|\b\w+Backward\d?\b|(?<=output )\d+ of [\w:]+", "_", text)


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


NO_FORMULA = "not differentiable: the entry has no formula, so PyTorch records no node"


@dataclass(frozen=True, slots=True)
class Derivatives:
    """The entries of PyTorch's table of derivatives, by whether a program on a CPU can record their nodes."""

    table: Share
    """Every entry of the table."""
    within: Share
    """Those whose nodes calls on dense tensors record on a CPU."""
    beyond: Mapping[str, tuple[str, ...]]
    """The others, by reason."""
    misjudged: tuple[str, ...]
    """Nodes that a program reaches although they are said to be out of reach."""


def derivative_share(table: Sequence[Entry], seen: frozenset[str]) -> Derivatives:
    """Which entries the nodes account for."""
    beyond = {reason: tuple(nodes) for reason, nodes in out_of_reach().items()}
    far = {node for nodes in beyond.values() for node in nodes}
    within = tuple(entry.node for entry in table if entry.node is not None and entry.node not in far)
    return Derivatives(
        Share(tuple(entry.label for entry in table), seen),
        Share(within, seen),
        {NO_FORMULA: tuple(entry.operator for entry in table if entry.node is None), **beyond},
        tuple(sorted(far & seen)),
    )
