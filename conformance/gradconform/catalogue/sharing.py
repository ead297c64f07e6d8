"""Which names of a program share memory, and what is written, as a walk over its statements comes to know it.

What is told over-approximates: names that may share memory are said to.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradoracle.program import (
    Assign,
    Attr,
    Augment,
    Call,
    Class,
    Expr,
    For,
    Global,
    Item,
    Lit,
    Ref,
    Seq,
    Statement,
    children,
    expressions,
)

VIEWS: frozenset[str] = frozenset(
    """
    view view_as reshape unsqueeze squeeze transpose t permute movedim swapaxes swapdims flatten unflatten ravel
    expand expand_as broadcast_to narrow select diagonal unbind split split_with_sizes chunk tensor_split unfold
    as_strided T mT H mH real imag adjoint contiguous make_dual unpack_dual primal
    """.split()
)
"""Methods, functions and attributes whose result may be a view of their first operand."""

DETACHED: frozenset[str] = frozenset({"detach", "data"})
"""Methods and attributes whose result shares memory with their operand and not its history."""

NO_WRITES = frozenset({"requires_grad_", "detach_"})
"""Methods called `..._` that do not write."""

_NONE: frozenset[str] = frozenset()


def called(expr: Expr) -> str:
    """The last part of the name that a call names: `backward` for `y.backward()` and `torch.autograd.backward(y)`."""
    if isinstance(expr, Call):
        function = expr.function
        if isinstance(function, Attr):
            return function.name
        if isinstance(function, Global):
            return function.path.rpartition(".")[2]
    return ""


def keyword(call: Call, name: str) -> Expr | None:
    """The expression given for a keyword argument."""
    return dict(call.kwargs).get(name)


def is_grad(expr: Expr) -> bool:
    """Whether an expression calls `torch.autograd.grad`."""
    return isinstance(expr, Call) and isinstance(expr.function, Global) and called(expr) == "grad"


def operand(expr: Expr) -> Expr | None:
    """What an expression takes its memory from, if it takes it from one operand: `x` for `x.view(2)` and `x[0]`."""
    match expr:
        case Item(of):
            return of
        case Attr(of, name) if name in VIEWS | DETACHED:
            return of
        case Call(Attr(of, name)) if name in VIEWS | DETACHED or name.endswith("_"):
            return of
        case Call(Global(), (first, *_)) if called(expr) in VIEWS | DETACHED or called(expr).endswith("_"):
            return first
        case _:
            return None


def takes_view(expr: Expr) -> bool:
    """Whether an expression takes a view of something in its outermost step."""
    match expr:
        case Item():
            return True
        case Attr(_, name):
            return name in VIEWS
        case Call():
            return called(expr) in VIEWS
        case _:
            return False


def written(statement: Statement) -> Iterator[Expr]:
    """The expressions whose memory a statement writes into by an operator."""
    if isinstance(statement, Augment):
        yield statement.target
    if isinstance(statement, Assign):
        for target in statement.targets:
            if isinstance(target, Item) or (isinstance(target, Attr) and target.name in ("data", "real", "imag")):
                yield target.of
    for one in expressions(statement):
        name = called(one)
        if isinstance(one, Call) and name.endswith("_") and name not in NO_WRITES:
            if isinstance(one.function, Attr):
                yield one.function.of
            elif one.args:
                yield one.args[0]


class Memory:
    """Which names share memory as far as a walk over the statements has come. Mutable: `bind` moves it on.

    What a gradient shares memory with is known too: a weight that was given to a backward pass, or what was assigned
    to a `.grad`.
    """

    def __init__(self) -> None:
        self._roots: dict[str, frozenset[str]] = {}
        self._views: set[str] = set()
        self._data: set[str] = set()
        self._gradients = _NONE
        self._dirty: set[str] = set()

    def roots(self, expr: Expr) -> frozenset[str]:
        """Names for the memory of an expression; expressions that may share it have one in common. None is new."""
        match expr:
            case Ref(name):
                return self._roots.get(name, frozenset({name}))
            case Seq(_, items):
                return _NONE.union(*map(self.roots, items))
            case Attr(_, "grad"):
                return self._gradients
            case Call() if is_grad(expr):
                return _NONE.union(*map(self.roots, _weights(expr)))
            case _:
                source = operand(expr)
                return _NONE if source is None else self.roots(source)

    def is_view(self, expr: Expr) -> bool:
        """Whether the expression may be a view with a history that follows its base, as a gradient with one may."""
        match expr:
            case Ref(name):
                return name in self._views
            case Seq(_, items):
                return any(map(self.is_view, items))
            case Call() if is_grad(expr):
                return keyword(expr, "create_graph") is not None
            case _:
                source = operand(expr)
                return takes_view(expr) or (source is not None and self.is_view(source))

    def through_data(self, expr: Expr) -> bool:
        """Whether the expression shares memory by way of `.data`, which hides writes."""
        if isinstance(expr, Ref):
            return expr.name in self._data
        source = operand(expr)
        return (isinstance(expr, Attr) and expr.name == "data") or (source is not None and self.through_data(source))

    def written(self, statement: Statement) -> frozenset[str]:
        """Names for the memory that a statement writes: by operators, by Functions and by backward passes."""
        found = _NONE.union(*map(self.roots, written(statement)))
        for one in expressions(statement):
            if called(one) == "backward":
                found |= self._gradients
            elif isinstance(one, Call) and self._is_dirty(one.function):
                found = found.union(*map(self.roots, one.args))
        return found

    def _is_dirty(self, function: Expr) -> bool:
        """Whether this is the `apply` of a Function that says that it writes into its inputs."""
        match function:
            case Attr(Ref(name), "apply"):
                return name in self._dirty
            case _:
                return False

    def bind(self, statement: Statement) -> None:
        """Take note of what a statement binds: names, gradients, Functions that write into their inputs."""
        for one in expressions(statement):
            if isinstance(one, Call) and called(one) == "backward":
                self._gradients = self._gradients.union(*map(self.roots, _weights(one)))
        if isinstance(statement, Assign):
            for target in statement.targets:
                self._bind(target, statement.value)
        elif isinstance(statement, For):
            self._bind(statement.target, statement.iterable)
        elif isinstance(statement, Class) and any(called(one) == "mark_dirty" for one in _within(statement)):
            self._dirty.add(statement.name)

    def _bind(self, target: Expr, value: Expr) -> None:
        if isinstance(target, Seq):
            parts = value.items if isinstance(value, Seq) and len(value.items) == len(target.items) else ()
            for number, one in enumerate(target.items):
                self._bind(one, parts[number] if parts else Item(value, Lit(number)))
        elif isinstance(target, Ref):
            name = target.name
            roots, view, data = self.roots(value), self.is_view(value), self.through_data(value)
            self._roots[name] = roots or frozenset({f"{name} {len(self._roots)}"})
            (self._views.add if view else self._views.discard)(name)
            (self._data.add if data else self._data.discard)(name)
        elif isinstance(target, Attr) and target.name == "grad":
            self._gradients |= self.roots(value)


def _weights(call: Call) -> Iterator[Expr]:
    """What a backward pass is given to begin with; what it starts from is none."""
    if is_grad(call):
        yield from call.args[2:3]
    else:
        yield from call.args[isinstance(call.function, Global) :][:1]
    yield from (value for name, value in call.kwargs if name in ("gradient", "grad_tensors", "grad_outputs"))


def _within(statement: Statement) -> Iterator[Expr]:
    yield from expressions(statement)
    for inner in children(statement):
        yield from _within(inner)
