"""Steps of the core vocabulary, made ready to run one at a time: what the interpreter runs, and what each gives.

A step is lowered once for all engines and all programs that it is in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from gradconform.enumerate.vocabulary import NAMES
from gradoracle import program as p
from gradoracle import statements
from gradoracle.expressions import lowered
from gradoracle.parse import parse_program
from gradoracle.running import Scope

Action: TypeAlias = Callable[[Scope], Any]


@cache
def compiled(text: str) -> Action:
    """The action of one step: it binds what the statement binds, and gives its value.

    Raises `ValueError` for a statement outside the vocabulary.
    """
    bound = "".join(f"{name} = 0\n" for name in NAMES)
    return _action(parse_program(bound + text).statements[-1])


def _action(statement: p.Statement) -> Action:
    match statement:
        case p.Assign() | p.Evaluate():
            return statements.simple(statement)
        case p.With(((manager, ""),), (inner,)):
            enter, act = lowered(manager), _action(inner)

            def within(scope: Scope) -> Any:
                with enter(scope):
                    return act(scope)

            return within
        case _:
            raise ValueError(f"no statement of the vocabulary: {statement}")
