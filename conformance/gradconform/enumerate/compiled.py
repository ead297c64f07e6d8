"""Statements of the core vocabulary as Python closures over a list of tensors: the interpreter's work done once.

What a closure does is what `gradoracle.interpreter` does for its statement; a test runs both and compares.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from gradconform.enumerate.vocabulary import NAMES
from gradoracle import program as p
from gradoracle.engine import Engine
from gradoracle.parse import parse_program

Tensors: TypeAlias = list[Any]
Action: TypeAlias = Callable[[Tensors], Any]


def compiled(text: str, engine: Engine) -> Action:
    """The action of one statement. It appends what the statement binds, and gives its value.

    Raises `ValueError` for a statement outside the vocabulary.
    """
    bound = "".join(f"{name} = 0\n" for name in NAMES)
    return _statement(parse_program(bound + text).statements[-1], engine)


def _statement(statement: p.Statement, engine: Engine) -> Action:
    match statement:
        case p.Assign((p.Ref(_),), value):
            make = _value(value, engine)

            def bind(tensors: Tensors) -> Any:
                made = make(tensors)
                tensors.append(made)
                return made

            return bind
        case p.Evaluate(value):
            return _value(value, engine)
        case p.With(((manager, ""),), (inner,)):
            enter, act = _value(manager, engine), _statement(inner, engine)

            def within(tensors: Tensors) -> Any:
                with enter(tensors):
                    return act(tensors)

            return within
        case _:
            raise ValueError(f"no statement of the vocabulary: {statement}")


def _value(e: p.Expr, engine: Engine) -> Action:
    match e:
        case p.Ref(name):
            return operator.itemgetter(NAMES.index(name))
        case p.Lit(value):
            return lambda tensors: value
        case p.Op("-", (operand,)):
            one = _value(operand, engine)
            return lambda tensors: -one(tensors)
        case p.Seq("list", items):
            parts = [_value(item, engine) for item in items]
            return lambda tensors: [part(tensors) for part in parts]
        case p.Op("*", (left, right)):
            one, other = _value(left, engine), _value(right, engine)
            return lambda tensors: one(tensors) * other(tensors)
        case p.Call(function, args, kwargs):
            return _call(function, [_value(one, engine) for one in args], kwargs, engine)
        case _:
            raise ValueError(f"no expression of the vocabulary: {e}")


def _call(function: p.Expr, args: list[Action], kwargs: tuple[tuple[str, p.Expr], ...], engine: Engine) -> Action:
    named = [(name, _value(value, engine)) for name, value in kwargs]
    match function:
        case p.Attr(of, name):
            owner, attribute = _value(of, engine), engine.attribute
            return lambda tensors: attribute(owner(tensors), name)(
                *[arg(tensors) for arg in args], **{key: value(tensors) for key, value in named}
            )
        case p.Global(path):
            call = engine.resolve(path)
            return lambda tensors: call(
                *[arg(tensors) for arg in args], **{key: value(tensors) for key, value in named}
            )
        case _:
            raise ValueError(f"no function of the vocabulary: {function}")
