"""Makes a failing program small: a structural reducer that knows nothing of who generated it.

It works on the records themselves, so it reduces what a person wrote as well as what a generator made, and it is
deterministic: the same program and the same answers give the same result. Candidates obey the rules of every program
and read no name that the program at hand does not read unbound already, so no execution is spent on a `NameError`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, get_args

from gradoracle.limits import problems
from gradoracle.names import bound_in, expression_names, names_bound, undefined
from gradoracle.program import (
    Assign,
    Attr,
    Augment,
    Call,
    Class,
    Define,
    Each,
    Expr,
    For,
    Global,
    Handler,
    If,
    Item,
    Lambda,
    Lit,
    Observe,
    Op,
    Pass,
    Program,
    Ref,
    Seq,
    Statement,
    Try,
    With,
    children,
    expressions,
)
from gradoracle.trace import FACETS
from gradoracle.vocabulary import BUILTINS, RESERVED

Where: TypeAlias = tuple[str | int, ...]
"""The place of a node in a program: names of fields and positions in tuples, from the statements down."""

_OPERANDS_TRIED = 3
_SHAPED = frozenset({
    "zeros", "ones", "empty", "full", "rand", "randn", "eye", "arange", "new_zeros", "new_ones", "new_full", "randint",
})  # fmt: skip
_DATA = frozenset({"tensor", "as_tensor", "Tensor", "FloatTensor", "DoubleTensor", "LongTensor"})


@dataclass(frozen=True, slots=True)
class Reduced:
    """The smallest failing program found, and how many programs were executed to find it."""

    program: Program
    executions: int


def reduce(program: Program, still_fails: Callable[[Program], bool], limit: int = 400) -> Reduced:
    """Make a program smaller as long as it still fails.

    `still_fails` runs a program and says whether it shows the same failure; it is asked about no program twice, never
    about the one given, and at most `limit` times. Unless the limit ends it, no single statement of the result can be
    left out. Raises what `still_fails` raises.
    """
    search = _Search(program, still_fails, limit)
    search.run()
    return Reduced(search.program, search.executions)


class _Exhausted(Exception):
    """The limit of executions is reached."""


class _Search:
    def __init__(self, program: Program, still_fails: Callable[[Program], bool], limit: int) -> None:
        self.program = program
        self.still_fails = still_fails
        self.limit = limit
        self.executions = 0
        self.known = {program.id: True}
        self.unbound = {name for _, name in undefined(program)}

    def run(self) -> None:
        try:
            before = ""
            while before != self.program.id:
                before = self.program.id
                self.chunks()
                self.each(_dropped)
                self.each(_unwrapped)
                self.first(_shrunk_data)
                self.each(_simplified)
                self.each(_narrowed)
                self.each(_without_arguments)
                self.first(_plain_numbers)
                self.each(_plain_literals)
            self.first(lambda program: iter([renamed(program)]))
        except _Exhausted:
            pass

    def accept(self, candidate: Program) -> bool:
        """Whether a candidate is legal and still fails; it becomes the program at hand then."""
        if not self.fails(candidate):
            return False
        self.program = candidate
        return True

    def fails(self, candidate: Program) -> bool:
        known = self.known.get(candidate.id)
        if known is None:
            known = self.legal(candidate)
            if known:
                if self.executions >= self.limit:
                    raise _Exhausted
                self.executions += 1
                known = self.still_fails(candidate)
            self.known[candidate.id] = known
        return known and candidate.id != self.program.id

    def legal(self, candidate: Program) -> bool:
        if not candidate.statements or any(True for _ in problems(candidate)):
            return False
        return {name for _, name in undefined(candidate)} <= self.unbound

    def first(self, candidates: Callable[[Program], Iterator[Program]]) -> None:
        """Take the first candidate that still fails."""
        for candidate in candidates(self.program):
            if self.accept(candidate):
                return

    def each(self, sites: Callable[[Program], Iterator[Iterator[Program]]]) -> None:
        """At every place of the program, from the end, take candidates as long as one still fails."""
        passed = 0
        while True:
            site = next((one for index, one in enumerate(sites(self.program)) if index == passed), None)
            if site is None:
                return
            if not any(self.accept(candidate) for candidate in site):
                passed += 1

    def chunks(self) -> None:
        """Leave out runs of statements at top level: halves, quarters and so on, last first."""
        size = len(self.program.statements) // 2
        while size > 1:
            end = len(self.program.statements)
            while end > 0:
                start = max(end - size, 0)
                self.accept(_without_run(self.program, start, end))
                end = min(start, len(self.program.statements))
            size //= 2


# Places


def _get(node: Any, where: Where) -> Any:
    for step in where:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    return node


def _put(node: Any, where: Where, new: tuple[Any, ...]) -> Any:
    """A copy of a node in which the item at a place of a tuple is replaced by none, one or several others.

    Where the place is a field and not an item, `new` holds the field's one new value.
    """
    step, rest = where[0], where[1:]
    if isinstance(step, int):
        inner = new if not rest else (_put(node[step], rest, new),)
        return (*node[:step], *inner, *node[step + 1 :])
    value = new[0] if not rest else _put(getattr(node, step), rest, new)
    return replace(node, **{step: value})


def _edit(program: Program, where: Where, *new: Any) -> Program:
    return Program(_put(program.statements, where, new))


def _places(node: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Every record below a node with its place, in order of text, the outer before the inner."""
    if isinstance(node, tuple):
        for index, item in enumerate(node):
            yield from _places(item, (*where, index))
    elif dataclasses.is_dataclass(node):
        yield where, node
        for name in node.__dataclass_fields__:
            yield from _places(getattr(node, name), (*where, name))


def _statements(program: Program) -> Iterator[tuple[Where, Statement]]:
    """Every statement with its place, last first; what stands in a block before the block."""
    found: list[tuple[Where, Any]] = list(_places(program.statements))
    found = [(where, node) for where, node in found if isinstance(node, _STATEMENT)]
    return iter(sorted(found, key=lambda pair: _from_the_end(pair[0])))


def _from_the_end(where: Where) -> tuple[Any, ...]:
    """Order places by position, later first; whole statements come after what they hold."""
    return (*[-step if isinstance(step, int) else 0 for step in where], 1)


_STATEMENT: tuple[type, ...] = get_args(Statement)


# Statements


def _dropped(program: Program) -> Iterator[Iterator[Program]]:
    """For each statement, the program without it."""
    for where, statement in _statements(program):
        yield _without(program, where, statement)


def _without(program: Program, where: Where, statement: Statement) -> Iterator[Program]:
    if isinstance(statement, Pass) and len(_get(program.statements, where[:-1])) == 1:
        return
    bare = _removed(program, where)
    yield bare
    name, operands = _operands(program, statement)
    for operand in operands[:_OPERANDS_TRIED]:
        yield _renamed_after(bare, where, {name: operand})


def _removed(program: Program, where: Where) -> Program:
    alone = len(where) > 1 and len(_get(program.statements, where[:-1])) == 1
    # The last statement of a block leaves `pass` behind; a `finally` or an `else` may be empty, and so may a class.
    if alone and where[-2] == "body":
        return _edit(program, where, Pass())
    return _edit(program, where)


def _operands(program: Program, statement: Statement) -> tuple[str, list[str]]:
    """The name that a plain definition binds, and the variables that could take its place.

    These are the variables in its value; where it has none, the first one that the program makes.
    """
    match statement:
        case Assign((Ref(name),), value):
            made = {item.name for item in program.walk() if isinstance(item, Define | Class)}
            reads = [expr.name for expr in expressions(value) if isinstance(expr, Ref)]
            free = expression_names(value).now
            found = [item for item in dict.fromkeys(reads) if item in free and item not in made and item != name]
            return name, found or _first_made(program, name)
        case _:
            return "", []


def _first_made(program: Program, but: str) -> list[str]:
    for statement in program.statements:
        match statement:
            case Assign((Ref(name),), Call()):
                return [] if name == but else [name]
            case _:
                continue
    return []


def _renamed_after(program: Program, where: Where, names: dict[str, str]) -> Program:
    """Read other names from a place of a block on: in what follows there, and in what follows the block."""
    statements: Any = program.statements
    for depth in range(len(where), 0, -1):
        step = where[depth - 1]
        if not isinstance(step, int):
            continue
        block = where[: depth - 1]
        body = _get(statements, block)
        if not (isinstance(body, tuple) and body and isinstance(body[0], _STATEMENT)):
            continue
        start = step if depth == len(where) else step + 1
        tail = tuple(_substituted(item, names) if index >= start else item for index, item in enumerate(body))
        statements = tail if not block else _put(statements, block, (tail,))
    return Program(statements)


def _substituted(node: Any, names: dict[str, str]) -> Any:
    """A node in which names are other names, wherever they stand."""
    match node:
        case Ref():
            return Ref(names.get(node.name, node.name))
        case Observe():
            seen = tuple(dict.fromkeys(names.get(name, name) for name in node.names))
            return replace(node, names=seen)
        case tuple():
            return tuple(_substituted(item, names) for item in node)
        case _ if dataclasses.is_dataclass(node) and not isinstance(node, type):
            fields = {name: _substituted(getattr(node, name), names) for name in node.__dataclass_fields__}
            return replace(node, **fields)
        case _:
            return node


def _without_run(program: Program, start: int, end: int) -> Program:
    """The program without a run of top-level statements, and without what cannot do without them.

    A dropped definition is replaced by one of its operands; what still reads a name that is gone goes too.
    """
    for index in range(end - 1, start - 1, -1):
        statement = program.statements[index]
        name, operands = _operands(program, statement)
        program = _edit(program, (index,))
        rebound = name in bound_in(program.statements[:index])
        if operands and not rebound:
            program = _renamed_after(program, (index,), {name: operands[0]})
    return _closed(program)


def _closed(program: Program) -> Program:
    """Drop, from the first on, top-level statements that read what nothing binds any more."""
    bound: frozenset[str] = frozenset()
    kept: list[Statement] = []
    for statement in program.statements:
        one: Statement = statement
        if isinstance(one, Observe):
            one = replace(one, names=tuple(name for name in one.names if name in bound))
            if not one.names:
                continue
        missing = {name for _, name in undefined(Program((one,)))} - bound
        # What a function's body reads may be bound after it.
        if missing - (bound_in(program.statements) if isinstance(one, Define | Class) else frozenset()):
            continue
        kept.append(one)
        bound |= names_bound(one)
    return Program(tuple(kept))


# Blocks


def _unwrapped(program: Program) -> Iterator[Iterator[Program]]:
    """For each block, what it holds in its place, and smaller forms of the block."""
    for where, statement in _statements(program):
        yield (_edit(program, where, *body) for body in _bodies(statement))
        if isinstance(statement, With) and len(statement.managers) > 1:
            yield (_edit(program, (*where, "managers", index)) for index in range(len(statement.managers)))
        if isinstance(statement, Try) and len(statement.handlers) + bool(statement.final) > 1:
            yield (_edit(program, (*where, "handlers", index)) for index in range(len(statement.handlers)))


def _bodies(statement: Statement) -> Iterator[tuple[Statement, ...]]:
    match statement:
        case With():
            yield statement.body
        case If():
            yield statement.body
            yield statement.orelse
        case Try():
            yield statement.body + statement.final
            yield statement.body
        case For():
            first = _first_item(statement.iterable)
            if first is None:
                yield statement.body
            else:
                yield (Assign((statement.target,), first), *statement.body)
        case _:
            return


def _first_item(iterable: Expr) -> Expr | None:
    match iterable:
        case Seq(_, items) if items:
            return items[0]
        case Call(Global("range"), (_,)):
            return Lit(0)
        case _:
            return None


# Expressions


def _simplified(program: Program) -> Iterator[Iterator[Program]]:
    """For each operator and call, the program with one of its operands instead."""
    for where, node in _places(program.statements):
        match node:
            case Op():
                yield _instead(program, where, node.operands)
            case Call():
                yield _instead(program, where, _arguments(node))
            case Attr() if where[-1] != "function":
                yield _instead(program, where, (node.of,))
            case Item():
                yield _instead(program, where, (node.of,))
            case _:
                continue


def _instead(program: Program, where: Where, operands: tuple[Expr, ...]) -> Iterator[Program]:
    for operand in operands:
        yield _edit(program, where, operand)


def _arguments(call: Call) -> tuple[Expr, ...]:
    """What a call could be replaced by: its receiver and those arguments that are values of the program."""
    given = [*call.args, *(value for _, value in call.kwargs)]
    if isinstance(call.function, Attr) and not isinstance(call.function.of, Global):
        given.insert(0, call.function.of)
    flat: list[Expr] = []
    for item in given:
        flat.extend(item.items if isinstance(item, Seq) else [item])
    values = (item for item in flat if isinstance(item, Ref | Call | Op | Attr | Item))
    return tuple(item for item in values if expression_names(item).now)


def _without_arguments(program: Program) -> Iterator[Iterator[Program]]:
    """For each call, the program without its keyword arguments, and without its last argument."""
    for where, node in _places(program.statements):
        if not isinstance(node, Call):
            continue
        for index in reversed(range(len(node.kwargs))):
            yield iter([_edit(program, (*where, "kwargs", index))])
        if len(node.args) > 1 or (node.args and isinstance(node.function, Attr)):
            yield iter([_edit(program, (*where, "args", len(node.args) - 1))])


# Literals


def _shrunk_data(program: Program) -> Iterator[Program]:
    """The program with every tensor made smaller in the same way: to scalars, to one element, to two."""
    if any(_is_creation(expr) for item in program.walk() for expr in expressions(item)):
        for most in (0, 1, 2):
            yield Program(tuple(_sized(item, most) for item in program.statements))


def _is_creation(node: Any) -> bool:
    return isinstance(node, Call) and _name(node.function) in _SHAPED | _DATA


def _name(function: Expr) -> str:
    match function:
        case Global(path):
            return path.rpartition(".")[2]
        case Attr(_, name):
            return name
        case _:
            return ""


def _sized(node: Any, most: int) -> Any:
    """A node in which the tensors that literals make have at most `most` elements in each direction."""
    if isinstance(node, Call):
        name = _name(node.function)
        if name in _DATA and node.args:
            return replace(node, args=(_cut(node.args[0], most), *node.args[1:]))
        if name in _SHAPED:
            return replace(node, args=_cut_shape(name, node.args, most))
    if isinstance(node, tuple):
        return tuple(_sized(item, most) for item in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{field: _sized(getattr(node, field), most) for field in node.__dataclass_fields__})
    return node


def _cut(data: Expr, most: int) -> Expr:
    if not isinstance(data, Seq) or not data.items:
        return data
    if most == 0:
        return _cut(data.items[0], 0)
    return Seq(data.kind, tuple(_cut(item, most) for item in data.items[:most]))


def _cut_shape(name: str, args: tuple[Expr, ...], most: int) -> tuple[Expr, ...]:
    if name in ("eye", "arange", "randint"):
        return tuple(_capped(item, max(most, 1)) for item in args)
    head, tail = (args[:1], args[1:]) if name in ("full", "new_full") else (args, ())
    if len(head) == 1 and isinstance(head[0], Seq):
        return (_cut_sizes(head[0], most), *tail)
    if most == 0 and all(isinstance(item, Lit) for item in head):
        return (Seq("tuple", ()), *tail)
    return (*(_capped(item, most) for item in head), *tail)


def _cut_sizes(sizes: Seq, most: int) -> Seq:
    return Seq(sizes.kind, () if most == 0 else tuple(_capped(item, most) for item in sizes.items))


def _capped(item: Expr, most: int) -> Expr:
    match item:
        case Lit(bool()):
            return item
        case Lit(int(value)) if value > most:
            return Lit(most)
        case _:
            return item


def _plain_numbers(program: Program) -> Iterator[Program]:
    """The program with all its odd floats made plain at once."""
    floats = [(where, node) for where, node in _places(program.statements) if _is_odd(node) and _is_float(node)]
    for plain in (1.0, 2.0):
        made = program
        for where, _ in floats:
            made = _edit(made, where, Lit(plain))
        yield made


def _is_odd(node: Any) -> bool:
    """Whether a node is a number other than the plain ones, 0, 1 and 2."""
    return isinstance(node, Lit) and isinstance(node.value, int | float) and node.value not in (0, 1, 2)


def _is_float(node: Any) -> bool:
    return isinstance(node.value, float)


def _plain_literals(program: Program) -> Iterator[Iterator[Program]]:
    """For each odd number a plain one, and for each longer list of literals a shorter one."""
    for where, node in _places(program.statements):
        if isinstance(node, Seq) and len(node.items) > 1 and all(isinstance(item, Lit) for item in node.items):
            yield (_edit(program, where, Seq(node.kind, node.items[:count])) for count in (1, len(node.items) // 2))
        elif _is_odd(node):
            plain = (1.0, 2.0) if _is_float(node) else (0, 1, 2)
            yield (_edit(program, where, Lit(value)) for value in plain)


# Observations


def _narrowed(program: Program) -> Iterator[Iterator[Program]]:
    """For each `observe`, the program that observes fewer names or fewer facets."""
    for where, statement in _statements(program):
        if not isinstance(statement, Observe):
            continue
        yield from (iter([_edit(program, where, one)]) for one in _fewer_names(statement))
        facets = statement.facets or FACETS
        if len(facets) > 1:
            yield (_edit(program, where, replace(statement, facets=part)) for part in _parts(facets))


def _fewer_names(statement: Observe) -> Iterator[Observe]:
    names = statement.names
    for index in reversed(range(len(names))):
        if len(names) > 1:
            yield replace(statement, names=names[:index] + names[index + 1 :])


def _parts(facets: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Halves, and when neither does, all but one."""
    middle = len(facets) // 2
    yield facets[:middle]
    yield facets[middle:]
    if len(facets) > 2:
        for index in reversed(range(len(facets))):
            yield facets[:index] + facets[index + 1 :]


# Names


def renamed(program: Program) -> Program:
    """A program in which the variables are called a, b, c, ... in the order in which they are bound.

    Names inside functions keep their own, and so does everything in a program that reads a name nothing binds.
    """
    if any(True for _ in undefined(program)):
        return program
    order = [name for statement in program.statements for name in _in_order(statement)]
    inner = _inner_names(program)
    names: dict[str, str] = {}
    fresh = _letters(inner)
    for name in dict.fromkeys(order):
        names[name] = name if name in inner else next(fresh)
    return Program(_relabelled(program.statements, names))


def _in_order(statement: Statement) -> Iterator[str]:
    """The names that a statement binds at top level, in order of text."""
    own = names_bound(statement)
    match statement:
        case Assign() | Augment() | For():
            targets = statement.targets if isinstance(statement, Assign) else (statement.target,)
            yield from (expr.name for target in targets for expr in expressions(target) if isinstance(expr, Ref))
        case With():
            yield from (name for _, name in statement.managers if name)
        case _:
            pass
    if isinstance(statement, Define | Class):
        yield statement.name
        return
    for inner in children(statement):
        yield from _in_order(inner)
    yield from sorted(own)


def _inner_names(program: Program) -> frozenset[str]:
    """Names that mean something inside functions: parameters, locals, loop variables of comprehensions."""
    inner: set[str] = set()
    for _, node in _places(program.statements):
        match node:
            case Define():
                inner |= {parameter.name for parameter in node.parameters} | bound_in(node.body)
            case Lambda():
                inner |= {parameter.name for parameter in node.parameters}
            case Each():
                inner |= {expr.name for expr in expressions(node.target) if isinstance(expr, Ref)}
            case Class():
                inner |= {method.name for method in node.methods}
            case _:
                pass
    return frozenset(inner)


def _letters(taken: frozenset[str]) -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number in range(10_000):
        name = letters[number % 26] + (str(number // 26) if number >= 26 else "")
        if name not in taken | BUILTINS | RESERVED:
            yield name


def _relabelled(node: Any, names: dict[str, str]) -> Any:
    """A node with new names wherever a name is read or bound."""
    match node:
        case Ref():
            return Ref(names.get(node.name, node.name))
        case Observe():
            return replace(node, names=tuple(names.get(name, name) for name in node.names))
        case tuple():
            return tuple(_relabelled(item, names) for item in node)
        case With():
            managers = tuple((_relabelled(item, names), names.get(name, name)) for item, name in node.managers)
            return With(managers, _relabelled(node.body, names))
        case _ if dataclasses.is_dataclass(node) and not isinstance(node, type):
            fields = {name: _relabelled(getattr(node, name), names) for name in node.__dataclass_fields__}
            if isinstance(node, Define | Class | Handler):
                fields["name"] = names.get(node.name, node.name)
            return replace(node, **fields)
        case _:
            return node
