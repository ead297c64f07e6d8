"""Which programs show the same thing: those whose first difference is of the same observable at the same node.

The node of a difference is the one that the oracle shows for the tensor looked at, or else what the statement calls.
"""

from __future__ import annotations

from typing import Any

from gradoracle.compare import Difference
from gradoracle.program import Call, Expr, Op, Program, Statement, children, expressions
from gradoracle.trace import Trace


def group(program: Program, oracle: Trace, first: Difference) -> str:
    """The key of a first difference: level, observable, node."""
    level, observable = first.signature
    name, _, facet = first.where.partition(".")
    known = facet or first.where not in ("outcome", "error", "error text", "events", "warnings", "value", "output")
    node = _shown(oracle, first.step, name) if known else ""
    statement = _at(program, first.path)
    if not node and statement is not None:
        node = _called(statement)
    if "." not in first.where and node and known and _is_observed(statement):
        observable = "value"
    text = "" if level != "messages" else f": {' '.join(first.expected.split()[:6])}"
    return f"{level} {observable} {node}".rstrip() + text


def _is_observed(statement: Statement | None) -> bool:
    return type(statement).__name__ == "Observe"


def _shown(oracle: Trace, step: int, name: str) -> str:
    """The node that an `observe` showed for a tensor: "leaf" for none."""
    if step >= len(oracle.steps):
        return ""
    outcome = oracle.steps[step].outcome
    if outcome[0] != "value" or outcome[1][0] != "seen":
        return ""
    facets: dict[str, Any] = dict(dict(outcome[1][1]).get(name, ()))
    node = facets.get("grad_fn")
    if node is None:
        return ""
    return str(node[1]) if node[0] == "node" else "leaf"


def _at(program: Program, path: tuple[int, ...]) -> Statement | None:
    body = program.statements
    found: Statement | None = None
    for position in path:
        if position >= len(body):
            return found
        found = body[position]
        body = children(found)
    return found


def _called(statement: Statement) -> str:
    """The outermost call or operator of a statement."""
    for expr in expressions(statement):
        if isinstance(expr, Call):
            return _name(expr.function)
        if isinstance(expr, Op):
            return expr.symbol
    return type(statement).__name__.lower()


def _name(function: Expr) -> str:
    return str(getattr(function, "name", getattr(function, "path", "call")))
