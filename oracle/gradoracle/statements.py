"""Statements as Python closures over the scope that they run in.

Simple statements give their outcome; compound ones are blocks, generators that end with the `return` met inside. Where
a statement stands is known when it is lowered: its path, whether its error ends it only, and whether it leaves a step.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from gradoracle import functions
from gradoracle import program as p
from gradoracle.engine import Unsupported
from gradoracle.expressions import CLASSES_OF_PROGRAMS, binder, defaults_of, instance, lowered
from gradoracle.functions import Block, Body, Value
from gradoracle.missing_operators import refuse_missing
from gradoracle.normalise import normalise
from gradoracle.running import OutOfSteps, Returned, Scope, Stopped
from gradoracle.trace import Fact

_KEPT: dict[int, tuple[p.Statement, Value]] = {}
"""Statements by their identity, which they keep as long as they are held here."""

_AUGMENTED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "//": operator.ifloordiv,
    "%": operator.imod, "**": operator.ipow, "@": operator.imatmul, "&": operator.iand, "|": operator.ior,
    "^": operator.ixor, "<<": operator.ilshift, ">>": operator.irshift,
}  # fmt: skip
_NONE: Fact = ("value", ("none",))


class Place(NamedTuple):
    """Where statements stand. `guarded`: an error ends its statement only; `recorded`: each leaves a step."""

    path: p.Path
    guarded: bool
    recorded: bool


TOP = Place((), True, True)
_INSIDE = Place((), False, False)
"""In functions."""

_SIMPLE, _COMPOUND, _RETURN, _YIELD = range(4)
_Row: TypeAlias = tuple[int, Callable[[Scope], Any], p.Path]


def block(body: Sequence[p.Statement], place: Place, first: int = 0) -> Body:
    """What runs statements, the first of which is number `first` of those in the statement around them."""
    rows = [_row(statement, place, position) for position, statement in enumerate(body, first)]
    _, guarded, recorded = place

    def run_block(s: Scope) -> Block:
        run = s.run
        fact, record = run.fact, run.record
        for kind, act, here in rows:
            run.left -= 1
            if run.left < 0:
                raise OutOfSteps
            try:
                if kind is _SIMPLE:
                    outcome = act(s)
                elif kind is _COMPOUND:
                    returned = yield from act(s)
                    if returned is not None:
                        return returned  # type: ignore[no-any-return]
                    if recorded and (run.events or run.seen):
                        record(here, _NONE)
                    continue
                elif kind is _RETURN:
                    return Returned(act(s))
                else:
                    yield act(s)
                    continue
            except (Unsupported, OutOfSteps, GeneratorExit):
                raise
            except StopIteration as stop:
                if not guarded:
                    raise Stopped(stop) from None
                record(here, ("error", "StopIteration", str(stop)))
            except Stopped as stopped:
                if not guarded:
                    raise
                record(here, ("error", "StopIteration", str(stopped.original)))
            except Exception as error:
                if type(error) is TypeError:
                    refuse_missing(error, run.engine, _bound(s))
                if recorded:
                    record(here, ("error", type(error).__name__, normalise(str(error))))
                if not guarded:
                    raise
            else:
                if recorded:
                    record(here, ("value", fact(outcome)))
                outcome = None
        return None

    return run_block


def _bound(scope: Scope | None) -> list[Any]:
    """The values of all names that can be seen from a scope."""
    found: list[Any] = []
    while scope is not None:
        found += scope.values()
        scope = scope.outer
    return found


def keep(statement: p.Define | p.Class) -> None:
    """Lower a statement now and for good, as `gradoracle.expressions.keep` does."""
    _KEPT[id(statement)] = (statement, _SIMPLE_STATEMENTS[type(statement)](statement))


def simple(statement: p.Statement) -> Value:
    """What runs a statement that holds no others, and gives its outcome."""
    kept = _KEPT.get(id(statement))
    return _SIMPLE_STATEMENTS[type(statement)](statement) if kept is None else kept[1]


def _row(statement: p.Statement, place: Place, position: int) -> _Row:
    here = (*place.path, position)
    kind = type(statement)
    if kind in _SIMPLE_STATEMENTS:
        return _SIMPLE, simple(statement), here
    if isinstance(statement, p.Return | p.Yield):
        value = _nothing if statement.value is None else lowered(statement.value)
        return (_RETURN if kind is p.Return else _YIELD), value, here
    return _COMPOUND, _COMPOUND_STATEMENTS[kind](statement, place._replace(path=here)), here


def _nothing(s: Scope) -> None:
    return None


# Simple statements


def _assign(statement: p.Assign) -> Value:
    value = statement.value
    make = lowered(value)
    if len(statement.targets) == 1:
        (target,) = statement.targets
        if type(target) is p.Ref:
            name = target.name

            def assign(s: Scope) -> Any:
                s[name] = made = make(s) if s.run.compiled is None else _compiled(value, make, s)
                return made

            return assign
    binders = [binder(target) for target in statement.targets]

    def assign_all(s: Scope) -> Any:
        made = make(s) if s.run.compiled is None else _compiled(value, make, s)
        for bind in binders:
            bind(made, s)
        return made

    return assign_all


def _compiled(value: p.Expr, make: Value, s: Scope) -> Any:
    """The value of an expression on an engine that compiles what it can of those at top level."""
    compiled = s.run.compiled
    if compiled is not None and s.outer is None:
        made = compiled(value, s)
        if made is not NotImplemented:
            return made
    return make(s)


def _augment(statement: p.Augment) -> Value:
    apply, value = _AUGMENTED[statement.symbol], lowered(statement.value)
    match statement.target:
        case p.Ref(name):

            def augment_name(s: Scope) -> Any:
                s[name] = result = apply(s[name], value(s))
                return result

            return augment_name
        case p.Attr(of, name):
            owner_of = lowered(of)

            def augment_attribute(s: Scope) -> Any:
                owner = instance(owner_of(s))
                result = apply(s.run.attribute(owner, name), value(s))
                setattr(owner, name, result)
                return result

            return augment_attribute
        case p.Item(of, index):
            owner_of, key_of = lowered(of), lowered(index)

            def augment_item(s: Scope) -> Any:
                owner, key = owner_of(s), key_of(s)
                owner[key] = result = apply(owner[key], value(s))
                return result

            return augment_item
        case target:
            return _refusing(f"cannot assign to {type(target).__name__}")


def _refusing(text: str) -> Value:
    def refuse(s: Scope) -> Any:
        raise TypeError(text)

    return refuse


def _evaluate(statement: p.Evaluate) -> Value:
    return lowered(statement.value)


def _observe(statement: p.Observe) -> Value:
    names, facets = statement.names, statement.facets

    def observe(s: Scope) -> Any:
        seen = s.run.seen
        before = len(seen)
        fact = s.run.observer.observe(names, s, facets)
        del seen[before:]
        return fact

    return observe


def _function(definition: p.Define) -> Value:
    body = block(definition.body, _INSIDE)
    parameters = definition.parameters
    plain = functions.function(
        definition.name, parameters, defaults_of(parameters), body, _yields(definition.body)
    )  # fmt: skip
    if not definition.decorators:
        return plain
    decorators = [lowered(one) for one in reversed(definition.decorators)]

    def decorated(s: Scope) -> Any:
        made = plain(s)
        for decorator in decorators:
            made = decorator(s)(made)
        return made

    return decorated


def _yields(body: Sequence[p.Statement]) -> bool:
    return any(
        isinstance(statement, p.Yield)
        or (not isinstance(statement, p.Define | p.Class) and _yields(p.children(statement)))
        for statement in body
    )


def _define(statement: p.Define) -> Value:
    name, make = statement.name, _function(statement)

    def define(s: Scope) -> None:
        s[name] = make(s)

    return define


def _class(statement: p.Class) -> Value:
    name, base_of = statement.name, lowered(statement.base)
    makers = [(method.name, _function(method)) for method in statement.methods]

    def make_class(s: Scope) -> None:
        base = base_of(s)
        methods = {key: staticmethod(make(s)) for key, make in makers}
        s[name] = type(name, (base,), {"__module__": CLASSES_OF_PROGRAMS, **methods})

    return make_class


def _raise(statement: p.Raise) -> Value:
    value = lowered(statement.value)

    def raise_(s: Scope) -> Any:
        raise value(s)

    return raise_


def _delete(statement: p.Delete) -> Value:
    parts = [_deleting(target) for target in statement.targets]

    def delete(s: Scope) -> None:
        for part in parts:
            part(s)

    return delete


def _deleting(target: p.Expr) -> Value:
    match target:
        case p.Ref(name):

            def delete_name(s: Scope) -> None:
                if name not in s:
                    raise NameError(f"name {name!r} is not defined")
                del s[name]

            return delete_name
        case p.Attr(of, name):
            owner = lowered(of)

            def delete_attribute(s: Scope) -> None:
                delattr(instance(owner(s)), name)

            return delete_attribute
        case p.Item(of, index):
            owner, key = lowered(of), lowered(index)

            def delete_item(s: Scope) -> None:
                del owner(s)[key(s)]

            return delete_item
        case _:
            return _refusing(f"cannot delete {type(target).__name__}")


def _assert(statement: p.Assert) -> Value:
    test = lowered(statement.test)

    def check(s: Scope) -> None:
        if not test(s):
            raise AssertionError

    return check


def _pass(statement: p.Pass) -> Value:
    return _nothing


# Compound statements


def _with(statement: p.With, place: Place) -> Body:
    inside = block(statement.body, place)
    for manager, name in reversed(statement.managers):
        inside = _managed(lowered(manager), name, inside)
    return inside


def _managed(manager: Value, name: str, inside: Body) -> Body:
    def managed(s: Scope) -> Block:
        with manager(s) as given:
            if name:
                s[name] = given
            given = None
            return (yield from inside(s))

    return managed


def _for(statement: p.For, place: Place) -> Body:
    iterable, bind, body = lowered(statement.iterable), binder(statement.target), block(statement.body, place)

    def loop(s: Scope) -> Block:
        for item in iterable(s):
            bind(item, s)
            returned = yield from body(s)
            if returned is not None:
                return returned
        return None

    return loop


def _if(statement: p.If, place: Place) -> Body:
    test, body = lowered(statement.test), block(statement.body, place)
    orelse = block(statement.orelse, place, len(statement.body))

    def choose(s: Scope) -> Block:
        return (yield from (body(s) if test(s) else orelse(s)))

    return choose


def _try(statement: p.Try, place: Place) -> Body:
    place = place._replace(guarded=False)
    body = block(statement.body, place)
    first = len(statement.body)
    handlers: list[tuple[Value | None, str, Body]] = []
    for handler in statement.handlers:
        wanted = None if handler.error is None else lowered(handler.error)
        handlers.append((wanted, handler.name, block(handler.body, place, first)))
        first += len(handler.body)
    final = block(statement.final, place, first)

    def handle(error: Exception, s: Scope) -> Block:
        for wanted, name, handled in handlers:
            if wanted is None or isinstance(error, wanted(s)):
                if name:
                    s[name] = error
                try:
                    return (yield from handled(s))
                finally:
                    s.pop(name, None)
        raise error

    def attempt(s: Scope) -> Block:
        try:
            try:
                return (yield from body(s))
            except Unsupported:
                raise
            except Stopped as stopped:
                return (yield from handle(stopped.original, s))
            except Exception as error:
                return (yield from handle(error, s))
        finally:
            yield from final(s)

    return attempt


_SIMPLE_STATEMENTS: dict[type, Callable[[Any], Value]] = {
    p.Assign: _assign,
    p.Augment: _augment,
    p.Evaluate: _evaluate,
    p.Observe: _observe,
    p.Define: _define,
    p.Class: _class,
    p.Raise: _raise,
    p.Delete: _delete,
    p.Assert: _assert,
    p.Pass: _pass,
}
_COMPOUND_STATEMENTS: dict[type, Callable[[Any, Place], Body]] = {
    p.With: _with,
    p.For: _for,
    p.If: _if,
    p.Try: _try,
}
