"""Runs a program on an engine and writes down what a user could have seen.

Nothing of a program is executed as Python: its records are lowered to closures (`statements`, `expressions`), names are
looked up among the program's own and in `vocabulary`, and attribute access goes through the engine's adapter.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from gradoracle import program as p
from gradoracle.engine import Engine, Unsupported
from gradoracle.functions import Body, drive
from gradoracle.running import STEPS, OutOfSteps, Run, scope_of
from gradoracle.statements import TOP, block
from gradoracle.trace import Step, Trace


@dataclass(frozen=True, slots=True)
class Lowered:
    """A program made ready to run, once for all engines."""

    body: Body


def lower(program: p.Program) -> Lowered:
    """Make a program ready to run."""
    return Lowered(block(program.statements, TOP))


def run(program: p.Program | Lowered, engine: Engine, emit: Callable[[Step], None] | None = None) -> Trace:
    """Run a program on an engine from a clean state.

    `emit`, where given, gets each step as soon as it is finished, so that a death of the process loses none of them.
    Errors of the program are steps of the trace; an error of the interpreter itself propagates.
    """
    body = program.body if isinstance(program, Lowered) else lower(program).body
    engine.reset()
    ending: tuple[str, ...] = ("finished",)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        made = Run(engine, seen, emit)
        scope = scope_of(made)
        try:
            drive(body(scope))
        except Unsupported as error:
            ending = ("unsupported", str(error))
        except OutOfSteps:
            ending = ("timeout", f"{STEPS} steps")
        finally:
            # The program's functions hold the scope: without this, all that it bound waits for the cyclic collector.
            scope.clear()
            engine.reset()
    steps, made.steps = made.steps, []
    return Trace(tuple(steps), ending)
