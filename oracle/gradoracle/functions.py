"""Functions that a program makes: how arguments are bound, and what a call leaves in the trace."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, cast

from gradoracle import program as p
from gradoracle.normalise import normalise
from gradoracle.running import Returned, Scope, Stopped, scope_of

Value: TypeAlias = Callable[[Scope], Any]
"""An expression, lowered."""
Block: TypeAlias = Generator[Any, Any, Returned | None]
Body: TypeAlias = Callable[[Scope], Block]
"""Statements, lowered."""
Defaults: TypeAlias = tuple[tuple[str, Value], ...]
Made: TypeAlias = Callable[..., Any]


def drive(block: Block) -> Returned | None:
    """Run a block that is not a generator of the program's."""
    try:
        while True:
            next(block)
    except StopIteration as stop:
        return cast("Returned | None", stop.value)
    except Stopped as stopped:
        raise stopped.original from None


def lambda_(parameters: tuple[p.Parameter, ...], defaults: Defaults, body: Value) -> Callable[[Scope], Made]:
    """What makes the function of a `lambda`."""
    enter = _entering("<lambda>", parameters)

    def make(scope: Scope) -> Made:
        run = scope.run
        given = {name: value(scope) for name, value in defaults}

        def call(*args: Any, **kwargs: Any) -> Any:
            inner = enter(scope, given, args, kwargs)
            try:
                result = body(inner)
            except Exception as error:
                run.events.append(("raise", "<lambda>", type(error).__name__, normalise(str(error))))
                raise
            run.events.append(("return", "<lambda>", run.fact(result)))
            return result

        call.__name__ = call.__qualname__ = "<lambda>"
        return call

    return make


def function(
    name: str, parameters: tuple[p.Parameter, ...], defaults: Defaults, body: Body, yields: bool
) -> Callable[[Scope], Made]:
    """What makes the function of a `def`, without its decorators."""
    enter = _entering(name, parameters)
    shape = tuple([(q.name, q.star) for q in parameters])

    def make(scope: Scope) -> Made:
        run = scope.run
        given = {key: value(scope) for key, value in defaults}

        def call(*args: Any, **kwargs: Any) -> Any:
            inner = enter(scope, given, args, kwargs)
            try:
                result = _result(drive(body(inner)))
            except Exception as error:
                run.events.append(("raise", name, type(error).__name__, normalise(str(error))))
                raise
            run.events.append(("return", name, run.fact(result)))
            return result

        def generate(*args: Any, **kwargs: Any) -> Any:
            inner = enter(scope, given, args, kwargs)
            try:
                return _result((yield from body(inner)))
            except Stopped as stopped:
                raise RuntimeError("generator raised StopIteration") from stopped.original

        made: Made = generate if yields else call
        made.__name__ = made.__qualname__ = name
        # A custom Function with `setup_context` binds the defaults of its `forward` by its signature.
        signature = _with_defaults(shape, given) if given else _signature(shape)
        made.__signature__ = signature  # type: ignore[attr-defined]
        return made

    return make


def _entering(
    name: str, parameters: tuple[p.Parameter, ...]
) -> Callable[[Scope, dict[str, Any], tuple[Any, ...], dict[str, Any]], Scope]:
    """What notes a call and binds its arguments in a new scope."""
    names = tuple([q.name for q in parameters])
    count = -1 if any(q.star for q in parameters) else len(names)

    def enter(scope: Scope, defaults: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Scope:
        run = scope.run
        fact = run.fact
        run.events.append(("call", name, tuple([fact(value) for value in (*args, *kwargs.values())])))
        inner = scope_of(run, scope)
        if len(args) == count and not kwargs:
            inner.update(zip(names, args, strict=True))
        else:
            inner.update(bind_arguments(name, parameters, defaults, args, kwargs))
        return inner

    return enter


def bind_arguments(
    name: str,
    parameters: Sequence[p.Parameter],
    defaults: Mapping[str, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> dict[str, Any]:
    """Bind the arguments of a call to the parameters of a program's function. Raises `TypeError` as Python does."""
    bound: dict[str, Any] = {}
    positional = list(args)
    named = dict(kwargs)
    missing: list[str] = []
    plain = 0
    for q in parameters:
        if q.star == "*":
            bound[q.name], positional = tuple(positional), []
        elif q.star == "**":
            bound[q.name], named = named, {}
        else:
            plain += 1
            if positional:
                bound[q.name] = positional.pop(0)
            elif q.name in named:
                bound[q.name] = named.pop(q.name)
            elif q.name in defaults:
                bound[q.name] = defaults[q.name]
            else:
                missing.append(q.name)
    if missing:
        few = " and ".join(repr(one) for one in missing)
        plural = "s" if len(missing) > 1 else ""
        raise TypeError(f"{name}() missing {len(missing)} required positional argument{plural}: {few}")
    if positional:
        were = "was" if len(args) == 1 else "were"
        takes = f"{plain} positional argument{'' if plain == 1 else 's'}"
        raise TypeError(f"{name}() takes {takes} but {len(args)} {were} given")
    if named:
        raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(named))!r}")
    return bound


@lru_cache(maxsize=1024)
def _signature(shape: tuple[tuple[str, str], ...]) -> inspect.Signature:
    return _with_defaults(shape, {})


def _with_defaults(shape: tuple[tuple[str, str], ...], defaults: Mapping[str, Any]) -> inspect.Signature:
    kinds = {"*": inspect.Parameter.VAR_POSITIONAL, "**": inspect.Parameter.VAR_KEYWORD}
    plain: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    made: list[inspect.Parameter] = []
    for name, star in shape:
        kind = kinds.get(star, plain)
        made.append(inspect.Parameter(name, kind, default=defaults.get(name, inspect.Parameter.empty)))
        if star == "*":
            plain = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(made)


def _result(returned: Returned | None) -> Any:
    return None if returned is None else returned.value
