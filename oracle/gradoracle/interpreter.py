"""Walks a program on an engine and writes down what a user could have seen.

Nothing of a program is executed as Python: each record is interpreted here, names are looked up among the program's own
and in `vocabulary`, and attribute access goes through the engine's adapter.
"""

from __future__ import annotations

import builtins
import copy
import inspect
import math
import operator
import warnings
from collections.abc import Callable, Generator, Sequence
from types import ModuleType
from typing import Any, cast

from gradoracle import program as p
from gradoracle.engine import Engine, Unsupported
from gradoracle.normalise import normalise
from gradoracle.observing import Observer
from gradoracle.trace import Fact, Step, Trace

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "is": operator.is_,
    "is not": operator.is_not, "in": lambda item, many: item in many, "not in": lambda item, many: item not in many,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}
_AUGMENTED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "//": operator.ifloordiv,
    "%": operator.imod, "**": operator.ipow, "@": operator.imatmul, "&": operator.iand, "|": operator.ior,
    "^": operator.ixor, "<<": operator.ilshift, ">>": operator.irshift,
}  # fmt: skip

LONGEST_RANGE = 100_000
STEPS = 200_000
"""A run that takes more steps than this ends with ("timeout", ...): loops are bounded, their product may not be."""


class _OutOfSteps(BaseException):
    """The run took more steps than it may."""


class _Stopped(Exception):
    """A StopIteration on its way through the interpreter's own generators."""

    def __init__(self, original: StopIteration) -> None:
        self.original = original


class _Returned:
    """What a block gives when it met `return`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Scope(dict[str, Any]):
    """Names bound in one function, or at top level, over those of the enclosing one."""

    __slots__ = ("outer",)

    def __init__(self, outer: Scope | None = None) -> None:
        super().__init__()
        self.outer = outer

    def __missing__(self, name: str) -> Any:
        if self.outer is None:
            raise NameError(f"name {name!r} is not defined")
        return self.outer[name]


_Block = Generator[Any, Any, _Returned | None]


def run(program: p.Program, engine: Engine, emit: Callable[[Step], None] | None = None) -> Trace:
    """Run a program on an engine from a clean state.

    `emit`, where given, gets each step as soon as it is finished, so that a death of the process loses none of them.
    Errors of the program are steps of the trace; an error of the interpreter itself propagates.
    """
    engine.reset()
    interpreter = _Interpreter(engine, emit)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        interpreter.seen = seen
        try:
            _drive(interpreter.block(program.statements, Scope(), (), 0, True, True))
        except Unsupported as error:
            return Trace(tuple(interpreter.steps), ("unsupported", str(error)))
        except _OutOfSteps:
            return Trace(tuple(interpreter.steps), ("timeout", f"{STEPS} steps"))
        finally:
            engine.reset()
    return Trace(tuple(interpreter.steps))


def _drive(block: _Block) -> _Returned | None:
    try:
        while True:
            next(block)
    except StopIteration as stop:
        return cast("_Returned | None", stop.value)
    except _Stopped as stopped:
        raise stopped.original from None


class _Interpreter:
    def __init__(self, engine: Engine, emit: Callable[[Step], None] | None) -> None:
        self.engine = engine
        self.emit = emit
        self.observer = Observer(engine)
        self.attribute = engine.attribute
        # Only an engine that compiles has it: the value of an expression at top level, or NotImplemented.
        self.compiled: Callable[[p.Expr, Scope], Any] | None = getattr(engine, "compiled", None)
        self.steps: list[Step] = []
        self.events: list[Fact] = []
        self.seen: list[warnings.WarningMessage] = []
        self.left = STEPS

    # Statements

    def block(
        self, body: Sequence[p.Statement], scope: Scope, path: p.Path, first: int, guarded: bool, recorded: bool
    ) -> _Block:
        """Run statements; `guarded`: an error ends its statement only; `recorded`: each leaves a step."""
        for position, statement in enumerate(body, first):
            self.left -= 1
            if self.left < 0:
                raise _OutOfSteps
            here = (*path, position)
            compound = _COMPOUND.get(type(statement))
            try:
                if compound is not None:
                    returned = yield from compound(self, statement, scope, here, guarded, recorded)
                    if returned is not None:
                        return returned
                    if recorded and (self.events or self.seen):
                        self._record(here, ("value", ("none",)))
                    continue
                kind = type(statement)
                if kind is p.Return:
                    value = cast("p.Return", statement).value
                    return _Returned(None if value is None else self.value(value, scope))
                if kind is p.Yield:
                    given = cast("p.Yield", statement).value
                    yield None if given is None else self.value(given, scope)
                    continue
                outcome = _SIMPLE[kind](self, statement, scope)
            except (Unsupported, _OutOfSteps, GeneratorExit):
                raise
            except StopIteration as stop:
                if not guarded:
                    raise _Stopped(stop) from None
                self._record(here, ("error", "StopIteration", str(stop)))
            except _Stopped as stopped:
                if not guarded:
                    raise
                self._record(here, ("error", "StopIteration", str(stopped.original)))
            except Exception as error:
                if recorded:
                    self._record(here, ("error", type(error).__name__, normalise(str(error))))
                if not guarded:
                    raise
            else:
                if recorded:
                    self._record(here, ("value", self.observer.fact(outcome)))
                outcome = None
        return None

    def _record(self, path: p.Path, outcome: Fact) -> None:
        noted: tuple[tuple[str, str], ...] = ()
        if self.seen:
            noted = tuple((warning.category.__name__, normalise(str(warning.message))) for warning in self.seen)
            self.seen.clear()
        events: tuple[Fact, ...] = ()
        if self.events:
            events = tuple(self.events)
            self.events.clear()
        step = Step(path, outcome, noted, events)
        self.steps.append(step)
        if self.emit is not None:
            self.emit(step)

    def _assign(self, statement: p.Assign, scope: Scope) -> Any:
        value: Any = NotImplemented
        if self.compiled is not None and scope.outer is None:
            value = self.compiled(statement.value, scope)
        if value is NotImplemented:
            value = _VALUE[type(statement.value)](self, statement.value, scope)
        for target in statement.targets:
            if isinstance(target, p.Ref):
                scope[target.name] = value
            else:
                self.bind(target, value, scope)
        return value

    def bind(self, target: p.Expr, value: Any, scope: Scope) -> None:
        match target:
            case p.Ref(name):
                scope[name] = value
            case p.Attr(of, name):
                setattr(_instance(self.value(of, scope)), name, value)
            case p.Item(of, index):
                self.value(of, scope)[self.value(index, scope)] = value
            case p.Seq(_, items):
                values = list(value)
                if len(values) != len(items):
                    few = f"not enough values to unpack (expected {len(items)}, got {len(values)})"
                    many = f"too many values to unpack (expected {len(items)})"
                    raise ValueError(few if len(values) < len(items) else many)
                for item, part in zip(items, values, strict=True):
                    self.bind(item, part, scope)
            case _:
                raise TypeError(f"cannot assign to {type(target).__name__}")

    def _augment(self, statement: p.Augment, scope: Scope) -> Any:
        apply = _AUGMENTED[statement.symbol]
        match statement.target:
            case p.Ref(name):
                scope[name] = result = apply(scope[name], self.value(statement.value, scope))
            case p.Attr(of, name):
                owner = _instance(self.value(of, scope))
                result = apply(self.engine.attribute(owner, name), self.value(statement.value, scope))
                setattr(owner, name, result)
            case p.Item(of, index):
                owner, key = self.value(of, scope), self.value(index, scope)
                owner[key] = result = apply(owner[key], self.value(statement.value, scope))
            case _:
                raise TypeError(f"cannot assign to {type(statement.target).__name__}")
        return result

    def _evaluate(self, statement: p.Evaluate, scope: Scope) -> Any:
        return _VALUE[type(statement.value)](self, statement.value, scope)

    def _observe(self, statement: p.Observe, scope: Scope) -> Any:
        before = len(self.seen)
        fact = self.observer.observe(statement.names, scope, statement.facets)
        del self.seen[before:]
        return fact

    def _define(self, statement: p.Define, scope: Scope) -> Any:
        scope[statement.name] = self.function(statement, scope)

    def _class(self, statement: p.Class, scope: Scope) -> Any:
        base = self.value(statement.base, scope)
        methods = {method.name: staticmethod(self.function(method, scope)) for method in statement.methods}
        scope[statement.name] = type(statement.name, (base,), {"__module__": __name__, **methods})

    def _raise(self, statement: p.Raise, scope: Scope) -> Any:
        raise self.value(statement.value, scope)

    def _delete(self, statement: p.Delete, scope: Scope) -> Any:
        for target in statement.targets:
            match target:
                case p.Ref(name):
                    if name not in scope:
                        raise NameError(f"name {name!r} is not defined")
                    del scope[name]
                case p.Attr(of, name):
                    delattr(_instance(self.value(of, scope)), name)
                case p.Item(of, index):
                    del self.value(of, scope)[self.value(index, scope)]
                case _:
                    raise TypeError(f"cannot delete {type(target).__name__}")

    def _assert(self, statement: p.Assert, scope: Scope) -> Any:
        if not self.value(statement.test, scope):
            raise AssertionError

    def _pass(self, statement: p.Pass, scope: Scope) -> Any:
        return None

    # Compound statements: each gives the `return` met inside, or None

    def _with(self, s: p.With, scope: Scope, path: p.Path, guarded: bool, recorded: bool) -> _Block:
        return (yield from self._managed(s, 0, scope, path, guarded, recorded))

    def _managed(self, s: p.With, entered: int, scope: Scope, path: p.Path, guarded: bool, recorded: bool) -> _Block:
        if entered == len(s.managers):
            return (yield from self.block(s.body, scope, path, 0, guarded, recorded))
        manager, name = s.managers[entered]
        with self.value(manager, scope) as given:
            if name:
                scope[name] = given
            given = None
            return (yield from self._managed(s, entered + 1, scope, path, guarded, recorded))

    def _for(self, s: p.For, scope: Scope, path: p.Path, guarded: bool, recorded: bool) -> _Block:
        for item in self.value(s.iterable, scope):
            self.bind(s.target, item, scope)
            returned = yield from self.block(s.body, scope, path, 0, guarded, recorded)
            if returned is not None:
                return returned
        return None

    def _if(self, s: p.If, scope: Scope, path: p.Path, guarded: bool, recorded: bool) -> _Block:
        if self.value(s.test, scope):
            return (yield from self.block(s.body, scope, path, 0, guarded, recorded))
        return (yield from self.block(s.orelse, scope, path, len(s.body), guarded, recorded))

    def _try(self, s: p.Try, scope: Scope, path: p.Path, guarded: bool, recorded: bool) -> _Block:
        try:
            try:
                return (yield from self.block(s.body, scope, path, 0, False, recorded))
            except (Unsupported, _Stopped) as error:
                if isinstance(error, Unsupported):
                    raise
                return (yield from self._handle(s, error.original, scope, path, recorded))
            except Exception as error:
                return (yield from self._handle(s, error, scope, path, recorded))
        finally:
            if s.final:
                first = len(s.body) + sum(len(handler.body) for handler in s.handlers)
                yield from self.block(s.final, scope, path, first, False, recorded)

    def _handle(self, s: p.Try, error: Exception, scope: Scope, path: p.Path, recorded: bool) -> _Block:
        first = len(s.body)
        for handler in s.handlers:
            if handler.error is None or isinstance(error, self.value(handler.error, scope)):
                if handler.name:
                    scope[handler.name] = error
                try:
                    return (yield from self.block(handler.body, scope, path, first, False, recorded))
                finally:
                    scope.pop(handler.name, None)
            first += len(handler.body)
        raise error

    # Functions of the program

    def function(self, definition: p.Define, scope: Scope) -> Callable[..., Any]:
        made: Callable[..., Any]
        defaults = self._defaults(definition.parameters, scope)
        name = definition.name

        def call(*args: Any, **kwargs: Any) -> Any:
            inner = self._enter(name, definition.parameters, defaults, scope, args, kwargs)
            return self._leave(name, lambda: _result(_drive(self.block(definition.body, inner, (), 0, False, False))))

        def generate(*args: Any, **kwargs: Any) -> Any:
            inner = self._enter(name, definition.parameters, defaults, scope, args, kwargs)
            try:
                return _result((yield from self.block(definition.body, inner, (), 0, False, False)))
            except _Stopped as stopped:
                raise RuntimeError("generator raised StopIteration") from stopped.original

        made = generate if _yields(definition.body) else call
        made.__name__ = made.__qualname__ = name
        # A custom Function with `setup_context` binds the defaults of its `forward` by its signature.
        made.__signature__ = _signature(definition.parameters, defaults)  # type: ignore[attr-defined]
        for decorator in reversed(definition.decorators):
            made = self.value(decorator, scope)(made)
        return made

    def _lambda(self, e: p.Lambda, scope: Scope) -> Any:
        defaults = self._defaults(e.parameters, scope)

        def call(*args: Any, **kwargs: Any) -> Any:
            inner = self._enter("<lambda>", e.parameters, defaults, scope, args, kwargs)
            return self._leave("<lambda>", lambda: self.value(e.body, inner))

        call.__name__ = call.__qualname__ = "<lambda>"
        return call

    def _defaults(self, parameters: Sequence[p.Parameter], scope: Scope) -> dict[str, Any]:
        return {q.name: self.value(q.default, scope) for q in parameters if q.default is not None}

    def _enter(
        self,
        name: str,
        parameters: Sequence[p.Parameter],
        defaults: dict[str, Any],
        scope: Scope,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Scope:
        fact = self.observer.fact
        self.events.append(("call", name, tuple(fact(value) for value in (*args, *kwargs.values()))))
        inner = Scope(scope)
        inner.update(bind_arguments(name, parameters, defaults, args, kwargs))
        return inner

    def _leave(self, name: str, body: Callable[[], Any]) -> Any:
        try:
            result = body()
        except Exception as error:
            self.events.append(("raise", name, type(error).__name__, normalise(str(error))))
            raise
        self.events.append(("return", name, self.observer.fact(result)))
        return result

    # Expressions

    def value(self, e: p.Expr, scope: Scope) -> Any:
        return _VALUE[type(e)](self, e, scope)

    def _lit(self, e: p.Lit, scope: Scope) -> Any:
        return e.value

    def _ref(self, e: p.Ref, scope: Scope) -> Any:
        return scope[e.name]

    def _global(self, e: p.Global, scope: Scope) -> Any:
        path = e.path
        if path.startswith("torch.") or path == "torch":
            return self.engine.resolve(path)
        return self._print if path == "print" else _LANGUAGE[path]

    def _attr(self, e: p.Attr, scope: Scope) -> Any:
        of = e.of
        return self.attribute(scope[of.name] if isinstance(of, p.Ref) else self.value(of, scope), e.name)

    def _call(self, e: p.Call, scope: Scope) -> Any:
        # The commonest shapes are written out here and in `_attr` and `_op`: most of a program is calls on names.
        named = e.function
        function: Any
        if isinstance(named, p.Attr):
            of = named.of
            owner = scope[of.name] if isinstance(of, p.Ref) else _VALUE[type(of)](self, of, scope)
            function = self.attribute(owner, named.name)
        else:
            function = _VALUE[type(named)](self, named, scope)
        args: list[Any] = []
        for argument in e.args:
            if isinstance(argument, p.Ref):
                args.append(scope[argument.name])
            elif isinstance(argument, p.Lit):
                args.append(argument.value)
            elif isinstance(argument, p.Op) and argument.symbol == "*" and len(argument.operands) == 1:
                args.extend(self.value(argument.operands[0], scope))
            else:
                args.append(_VALUE[type(argument)](self, argument, scope))
        if not e.kwargs:
            return function(*args)
        return function(*args, **{name: self.value(value, scope) for name, value in e.kwargs})

    def _item(self, e: p.Item, scope: Scope) -> Any:
        return self.value(e.of, scope)[self.value(e.index, scope)]

    def _slice(self, e: p.Slice, scope: Scope) -> Any:
        return slice(*(None if part is None else self.value(part, scope) for part in (e.start, e.stop, e.step)))

    def _seq(self, e: p.Seq, scope: Scope) -> Any:
        items = [self.value(item, scope) for item in e.items]
        return items if e.kind == "list" else tuple(items)

    def _table(self, e: p.Table, scope: Scope) -> Any:
        return {self.value(key, scope): self.value(value, scope) for key, value in e.items}

    def _op(self, e: p.Op, scope: Scope) -> Any:
        if len(e.operands) == 1:
            return _UNARY[e.symbol](self.value(e.operands[0], scope))
        one, other = e.operands
        left = scope[one.name] if isinstance(one, p.Ref) else self.value(one, scope)
        apply = _BINARY.get(e.symbol)
        if apply is not None:
            return apply(left, scope[other.name] if isinstance(other, p.Ref) else self.value(other, scope))
        if e.symbol == "and":
            return left and self.value(other, scope)
        return left or self.value(other, scope)

    def _each(self, e: p.Each, scope: Scope) -> Any:
        inner = Scope(scope)
        made = []
        for item in self.value(e.iterable, scope):
            self.bind(e.target, item, inner)
            made.append(self.value(e.element, inner))
        return made

    def _format(self, e: p.Format, scope: Scope) -> Any:
        made = []
        for part in e.parts:
            if isinstance(part, p.Lit):
                made.append(str(part.value))
                continue
            value = self.value(part.value, scope)
            if part.conversion:
                value = repr(value) if part.conversion == "r" else str(value)
            made.append(format(value, part.spec))
        return "".join(made)

    def _print(self, *values: Any, sep: str = " ", end: str = "\n") -> None:
        text = sep.join(str(value) for value in values) + ("" if end == "\n" else end)
        self.events.append(("print", normalise(text)))


def bind_arguments(
    name: str,
    parameters: Sequence[p.Parameter],
    defaults: dict[str, Any],
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


def _signature(parameters: Sequence[p.Parameter], defaults: dict[str, Any]) -> inspect.Signature:
    kinds = {"*": inspect.Parameter.VAR_POSITIONAL, "**": inspect.Parameter.VAR_KEYWORD}
    plain: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    made: list[inspect.Parameter] = []
    for q in parameters:
        kind = kinds.get(q.star, plain)
        made.append(inspect.Parameter(q.name, kind, default=defaults.get(q.name, inspect.Parameter.empty)))
        if q.star == "*":
            plain = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(made)


def _instance(owner: Any) -> Any:
    """The owner of an attribute that a program sets: classes and modules of the engine stay as they are."""
    if isinstance(owner, ModuleType) or (isinstance(owner, type) and owner.__module__ != __name__):
        raise TypeError(f"a program may not set attributes of {owner.__name__}")
    return owner


def _result(returned: _Returned | None) -> Any:
    return None if returned is None else returned.value


def _yields(body: Sequence[p.Statement]) -> bool:
    return any(
        isinstance(statement, p.Yield)
        or (not isinstance(statement, p.Define | p.Class) and _yields(p.children(statement)))
        for statement in body
    )


def _type(value: Any) -> type:
    """`type` of a value; the form that makes classes is for `class` statements."""
    return type(value)


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > LONGEST_RANGE:
        raise ValueError(f"a range of more than {LONGEST_RANGE} numbers is not run")
    return made


_NAMES = """
    len float int bool str repr list tuple dict set isinstance type hasattr zip enumerate sum min max abs sorted
    next iter any all complex round reversed map filter slice callable divmod pow Exception RuntimeError
    ValueError TypeError KeyError IndexError AttributeError NotImplementedError AssertionError StopIteration
    ZeroDivisionError ArithmeticError OverflowError NameError LookupError Warning UserWarning FutureWarning
    DeprecationWarning
    """.split()
_LANGUAGE: dict[str, Any] = {
    **{name: getattr(builtins, name) for name in _NAMES},
    **{f"math.{name}": value for name, value in vars(math).items() if not name.startswith("_")},
    "range": _range,
    "type": _type,
    "deepcopy": copy.deepcopy,
}

_SIMPLE: dict[type, Callable[[_Interpreter, Any, Scope], Any]] = {
    p.Assign: _Interpreter._assign,
    p.Augment: _Interpreter._augment,
    p.Evaluate: _Interpreter._evaluate,
    p.Observe: _Interpreter._observe,
    p.Define: _Interpreter._define,
    p.Class: _Interpreter._class,
    p.Raise: _Interpreter._raise,
    p.Delete: _Interpreter._delete,
    p.Assert: _Interpreter._assert,
    p.Pass: _Interpreter._pass,
}
_COMPOUND: dict[type, Callable[[_Interpreter, Any, Scope, p.Path, bool, bool], _Block]] = {
    p.With: _Interpreter._with,
    p.For: _Interpreter._for,
    p.If: _Interpreter._if,
    p.Try: _Interpreter._try,
}
_VALUE: dict[type, Callable[[_Interpreter, Any, Scope], Any]] = {
    p.Lit: _Interpreter._lit,
    p.Ref: _Interpreter._ref,
    p.Global: _Interpreter._global,
    p.Attr: _Interpreter._attr,
    p.Call: _Interpreter._call,
    p.Item: _Interpreter._item,
    p.Slice: _Interpreter._slice,
    p.Seq: _Interpreter._seq,
    p.Table: _Interpreter._table,
    p.Op: _Interpreter._op,
    p.Lambda: _Interpreter._lambda,
    p.Each: _Interpreter._each,
    p.Format: _Interpreter._format,
}
