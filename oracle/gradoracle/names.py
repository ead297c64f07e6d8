"""Which names a statement binds and which it reads, and which names of a program nothing can have bound."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gradoracle.program import (
    Assign,
    Augment,
    Class,
    Define,
    Each,
    Expr,
    For,
    Handler,
    If,
    Lambda,
    Observe,
    Parameter,
    Path,
    Program,
    Ref,
    Seq,
    Statement,
    Try,
    With,
)

_NOTHING: frozenset[str] = frozenset()


class Names(NamedTuple):
    """Names that are read as the statement runs, and names that the functions made by it read when called."""

    now: frozenset[str] = _NOTHING
    later: frozenset[str] = _NOTHING

    def __or__(self, other: object) -> Names:
        if not isinstance(other, Names):
            return NotImplemented
        return Names(self.now | other.now, self.later | other.later)


def names_bound(statement: Statement) -> frozenset[str]:
    """The names that a statement, or one nested in it, may bind in the scope where it stands."""
    match statement:
        case Assign():
            return _join(target_names(target) for target in statement.targets)
        case Augment():
            return target_names(statement.target)
        case With():
            return frozenset(name for _, name in statement.managers if name) | bound_in(statement.body)
        case Define() | Class():
            return frozenset({statement.name})
        case Try():
            handled = (_handler_binds(handler) for handler in statement.handlers)
            return bound_in(statement.body) | _join(handled) | bound_in(statement.final)
        case For():
            return target_names(statement.target) | bound_in(statement.body)
        case If():
            return bound_in(statement.body) | bound_in(statement.orelse)
        case _:
            return _NOTHING


def bound_in(body: Iterable[Statement]) -> frozenset[str]:
    """The names that any of some statements may bind."""
    return _join(names_bound(statement) for statement in body)


def target_names(target: Expr) -> frozenset[str]:
    """The names that assigning to a target binds."""
    match target:
        case Ref():
            return frozenset({target.name})
        case Seq():
            return _join(target_names(item) for item in target.items)
        case _:
            return _NOTHING


def names_used(statement: Statement) -> frozenset[str]:
    """The names of the surrounding scope that a statement reads, at once or in the functions that it makes."""
    names = statement_names(statement)
    return names.now | names.later


def expression_names(node: Any) -> Names:
    """The names that an expression, or a tuple of them, reads."""
    match node:
        case Ref():
            return Names(frozenset({node.name}))
        case Lambda():
            inside = expression_names(node.body)
            return _function(node.parameters, inside, _NOTHING)
        case Each():
            element = expression_names(node.element)
            bound = target_names(node.target)
            return expression_names(node.iterable) | Names(element.now - bound, element.later - bound)
        case tuple():
            return _all(expression_names(item) for item in node)
        case _ if dataclasses.is_dataclass(node):
            return _all(expression_names(getattr(node, field)) for field in node.__dataclass_fields__)
        case _:
            return Names()


def statement_names(statement: Statement) -> Names:
    """The names that a statement reads from the scope where it stands, those of nested statements included."""
    match statement:
        case Assign():
            return expression_names(statement.value) | _all(_target_reads(target) for target in statement.targets)
        case Augment():
            return expression_names(statement.value) | expression_names(statement.target)
        case Observe():
            return Names(frozenset(statement.names))
        case With():
            return _all(expression_names(manager) for manager, _ in statement.managers) | _body(statement.body)
        case Define():
            inside = _body(statement.body)
            names = _function(statement.parameters, inside, bound_in(statement.body))
            return names | expression_names(statement.decorators)
        case Class():
            return expression_names(statement.base) | _body(statement.methods)
        case Try():
            return _body(statement.body) | _all(map(_handler_reads, statement.handlers)) | _body(statement.final)
        case For():
            target = _target_reads(statement.target)
            return expression_names(statement.iterable) | target | _body(statement.body)
        case If():
            return expression_names(statement.test) | _body(statement.body) | _body(statement.orelse)
        case _:
            return _all(expression_names(getattr(statement, field)) for field in statement.__dataclass_fields__)


def undefined(program: Program) -> Iterator[tuple[Path, str]]:
    """Each place at top level, in a block or in a function's body where a name is read that nothing can have bound.

    What a function's body reads may be bound anywhere; everything else must be bound by an earlier statement.
    """
    yield from _undefined(program.statements, (), _NOTHING, bound_in(program.statements))


def _undefined(
    body: tuple[Statement, ...], path: Path, bound: frozenset[str], ever: frozenset[str], start: int = 0
) -> Iterator[tuple[Path, str]]:
    for index, statement in enumerate(body, start):
        here = (*path, index)
        shell = _without_blocks(statement)
        for name in sorted((shell.now - bound) | (shell.later - ever)):
            yield here, name
        yield from _undefined_inside(statement, here, bound, ever)
        bound |= names_bound(statement)


def _undefined_inside(
    statement: Statement, path: Path, bound: frozenset[str], ever: frozenset[str]
) -> Iterator[tuple[Path, str]]:
    match statement:
        case With():
            named = frozenset(name for _, name in statement.managers if name)
            yield from _undefined(statement.body, path, bound | named, ever)
        case For():
            # A later round of the loop sees what an earlier one bound.
            yield from _undefined(statement.body, path, bound | names_bound(statement), ever)
        case If():
            yield from _undefined(statement.body, path, bound, ever)
            yield from _undefined(statement.orelse, path, bound, ever, len(statement.body))
        case Try():
            start = len(statement.body)
            yield from _undefined(statement.body, path, bound, ever)
            bound |= bound_in(statement.body)
            for handler in statement.handlers:
                named = frozenset({handler.name}) if handler.name else _NOTHING
                yield from _undefined(handler.body, path, bound | named, ever, start)
                start += len(handler.body)
            bound |= names_bound(statement)
            yield from _undefined(statement.final, path, bound, ever, start)
        case Define():
            known = ever | bound_in(statement.body) | frozenset(item.name for item in statement.parameters)
            yield from _undefined(statement.body, path, known, known)
        case Class():
            yield from _undefined(statement.methods, path, bound, ever)
        case _:
            return


def _without_blocks(statement: Statement) -> Names:
    """What the first line of a statement reads; for a simple statement that is all it reads."""
    match statement:
        case With():
            return expression_names(tuple(manager for manager, _ in statement.managers))
        case Define():
            defaults = tuple(item.default for item in statement.parameters if item.default is not None)
            return expression_names(defaults) | expression_names(statement.decorators)
        case Class():
            return expression_names(statement.base)
        case Try():
            errors = tuple(handler.error for handler in statement.handlers if handler.error is not None)
            # An error class is looked up when a handler is tried, after the body.
            return Names(expression_names(errors).now - bound_in(statement.body))
        case For():
            return expression_names(statement.iterable) | _target_reads(statement.target)
        case If():
            return expression_names(statement.test)
        case _:
            return statement_names(statement)


def _function(parameters: tuple[Parameter, ...], inside: Names, local: frozenset[str]) -> Names:
    own = local | frozenset(parameter.name for parameter in parameters)
    defaults = expression_names(tuple(item.default for item in parameters if item.default is not None))
    return defaults | Names(later=(inside.now | inside.later) - own)


def _body(body: Iterable[Statement]) -> Names:
    return _all(statement_names(statement) for statement in body)


def _target_reads(target: Expr) -> Names:
    match target:
        case Ref():
            return Names()
        case Seq():
            return _all(_target_reads(item) for item in target.items)
        case _:
            return expression_names(target)


def _handler_binds(handler: Handler) -> frozenset[str]:
    return (frozenset({handler.name}) if handler.name else _NOTHING) | bound_in(handler.body)


def _handler_reads(handler: Handler) -> Names:
    error = Names() if handler.error is None else expression_names(handler.error)
    return error | _body(handler.body)


def _all(many: Iterable[Names]) -> Names:
    total = Names()
    for names in many:
        total |= names
    return total


def _join(many: Iterable[frozenset[str]]) -> frozenset[str]:
    return _NOTHING.union(*many)
