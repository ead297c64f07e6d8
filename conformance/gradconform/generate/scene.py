"""The scene: the statements written so far, and what is known about each live name.

A move asks the scene for operands and tells it what the new line gives, so that later moves find operands that fit and
most lines of a generated program succeed. What is known is a prediction for the run of PyTorch; nothing is executed.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from gradconform.generate import build
from gradconform.generate.build import Value
from gradoracle.program import Program, Ref, Statement, With

Shape: TypeAlias = tuple[int, ...]

LARGEST = 64
"""No tensor of a generated program has more elements."""

EXACT_BITS = 14
"""Values are at most 2**EXACT_BITS multiples of 2**-grain, so that float32 gradients have room to be exact."""

VALUES: tuple[float, ...] = (1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, -0.5, 0.0, 0.25, -1.5, 2.5)
"""What leaves are made of: dyadic, small, both signs, a zero."""

FLOATS = frozenset({"float32", "float64"})


@dataclass(frozen=True, slots=True)
class Live:
    """What is known about the tensor that a name is bound to.

    `storage` names the memory (a view and a detached alias share it), `family` the tensors that share one history of
    views (a detached alias does not). `leaves` are the names of the leaves that require grad and are reached, `nodes`
    numbers of the graph's nodes that a backward from here runs, `saved` tells that some node keeps this memory.
    `bound` bounds the absolute value; values are multiples of 2**-grain unless `exact` is False.
    """

    name: str
    shape: Shape
    dtype: str = "float32"
    requires_grad: bool = False
    is_leaf: bool = True
    storage: str = ""
    family: str = ""
    view: bool = False
    expanded: bool = False
    leaves: frozenset[str] = frozenset()
    nodes: frozenset[int] = frozenset()
    bound: float = 4.0
    grain: int = 2
    exact: bool = True

    @property
    def ref(self) -> Ref:
        return Ref(self.name)

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATS

    @property
    def is_scalar(self) -> bool:
        """One element: `backward()` needs no gradient."""
        return self.numel == 1


Where: TypeAlias = Callable[[Live], bool]


def broadcast(left: Shape, right: Shape) -> Shape | None:
    """The shape that the two broadcast to, or None."""
    size = max(len(left), len(right))
    pairs = zip((1,) * (size - len(left)) + left, (1,) * (size - len(right)) + right, strict=True)
    shape = []
    for one, other in pairs:
        if one != other and 1 not in (one, other):
            return None
        shape.append(other if one == 1 else one)
    return tuple(shape)


class Scene:
    """Accumulates a program. Mutable, and the only thing here that is."""

    def __init__(self) -> None:
        self._blocks: list[list[Statement]] = [[]]
        self._live: dict[str, Live] = {}
        self._counts: dict[str, int] = {}
        self._nodes = 0
        self.saved: set[str] = set()
        self.freed: set[int] = set()
        self.grad_enabled = True
        self.exact_bits = EXACT_BITS

    # What there is

    def live(self, where: Where | None = None) -> tuple[Live, ...]:
        """The live tensors for which `where` holds, newest first."""
        return tuple(one for one in reversed(self._live.values()) if where is None or where(one))

    def get(self, name: str) -> Live:
        """What is known about a name now. Raises `KeyError` when nothing is bound to it."""
        return self._live[name]

    def find(self, number: int, where: Where | None = None) -> Live | None:
        """One of the live tensors for which `where` holds, by `number` modulo their count, 0 for the newest."""
        found = self.live(where)
        return found[number % len(found)] if found else None

    def pick(self, number: int, where: Where | None = None, otherwise: Callable[[], Live] | None = None) -> Live:
        """As `find`; where none fits, what `otherwise` makes: by default a new leaf of shape (2,)."""
        found = self.find(number, where)
        if found is not None:
            return found
        return self.leaf() if otherwise is None else otherwise()

    # Writing

    def fresh(self, prefix: str = "y") -> str:
        """A name that is not used yet: x1, x2, ..."""
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        return f"{prefix}{self._counts[prefix]}"

    def emit(self, *statements: Statement) -> None:
        """Append statements to the open block."""
        self._blocks[-1].extend(statements)

    def run(self, value: Value) -> None:
        """Append an expression alone on its line."""
        self.emit(build.run(value))

    def observe(self, *names: str | Live, facets: tuple[str, ...] = ()) -> None:
        """Append `observe(names)`; with no names, of every live tensor."""
        chosen = [one.name if isinstance(one, Live) else one for one in names] or list(self._live)
        if chosen:
            self.emit(build.observe(*chosen, facets=facets))

    @contextlib.contextmanager
    def block(self, manager: Value, name: str = "", grad_enabled: bool | None = None) -> Iterator[None]:
        """`with manager as name:` around what is appended meanwhile; an empty block is left out.

        `grad_enabled` is the grad mode inside, if the manager sets it.
        """
        before = self.grad_enabled
        self.grad_enabled = before if grad_enabled is None else grad_enabled
        self._blocks.append([])
        try:
            yield
        finally:
            body = tuple(self._blocks.pop())
            self.grad_enabled = before
            if body:
                self.emit(With(((build.expr(manager), name),), body))

    def program(self) -> Program:
        """What was written."""
        return Program(tuple(self._blocks[0]))

    # Tensors

    def leaf(
        self,
        shape: Shape = (2,),
        seed: int = 0,
        dtype: str = "float32",
        requires_grad: bool = True,
        prefix: str = "x",
        values: tuple[float, ...] = VALUES,
    ) -> Live:
        """Bind a new tensor made by the user; `seed` picks its values out of `values`."""
        count = math.prod(shape)
        start, stride = seed % len(values), (1, 5, 7, 11)[seed // len(values) % 4]
        chosen = [values[(start + stride * i) % len(values)] for i in range(count)]
        name = self.fresh(prefix)
        kwargs: dict[str, Value] = {}
        if dtype == "float64" or (0 in shape and dtype != "float32"):
            kwargs["dtype"] = build.dtype(dtype)
        if requires_grad:
            kwargs["requires_grad"] = True
        if 0 in shape:
            made = build.call("torch.zeros", *shape, **kwargs)
        else:
            made = build.call("torch.tensor", _nested([_cast(value, dtype) for value in chosen], shape), **kwargs)
        self.emit(build.assign(name, made))
        return self.know(
            Live(
                name,
                shape,
                dtype,
                requires_grad,
                leaves=frozenset({name} if requires_grad else ()),
                bound=max([1.0, *(abs(value) for value in chosen)]),
                grain=_grain(chosen) if dtype in FLOATS else 0,
            )
        )

    def know(self, live: Live) -> Live:
        """Take note of a tensor that a statement binds (and that the caller has emitted)."""
        live = replace(live, storage=live.storage or live.name, family=live.family or live.name)
        self._live.pop(live.name, None)
        self._live[live.name] = live
        return live

    def forget(self, name: str) -> None:
        """A name is gone."""
        self._live.pop(name, None)

    def apply(
        self,
        value: Value,
        parents: tuple[Live, ...],
        shape: Shape,
        *,
        dtype: str | None = None,
        bound: float | None = None,
        grain: int | None = None,
        exact: bool = True,
        view_of: Live | None = None,
        expanded: bool = False,
        saves: tuple[Live, ...] = (),
        saves_result: bool = False,
        detached: bool = False,
        prefix: str = "y",
    ) -> Live:
        """Bind a new name to the result of an operation on `parents` and return what is known about it.

        `bound`, `grain` and `dtype` default to the largest of the parents'; `saves` are the parents that the
        operation keeps for its backward.
        """
        name = self.fresh(prefix)
        self.emit(build.assign(name, value))
        kind = dtype or _promote(parents)
        tracked = self.grad_enabled and not detached and kind in FLOATS and any(p.requires_grad for p in parents)
        result = Live(
            name,
            shape,
            kind,
            requires_grad=tracked,
            is_leaf=not tracked,
            storage=view_of.storage if view_of else name,
            family=view_of.family if view_of and not detached else name,
            view=view_of is not None,
            expanded=expanded or (view_of is not None and view_of.expanded),
            leaves=self._reached(parents) if tracked else frozenset(),
            nodes=self._above(parents) if tracked else frozenset(),
            bound=max((p.bound for p in parents), default=1.0) if bound is None else max(bound, 1.0),
            grain=max((p.grain for p in parents), default=0) if grain is None else grain,
            exact=exact and all(p.exact for p in parents),
        )
        if tracked:
            self.saved.update(parent.storage for parent in saves)
            if saves_result:
                self.saved.add(result.storage)
        return self.know(result)

    def overwrite(self, target: Live, statement: Statement, parents: tuple[Live, ...] = (), **changes: float) -> Live:
        """Append a statement that writes into `target`, on values of `parents`; `changes` are bound and grain."""
        self.emit(statement)
        tracked = self.grad_enabled and any(one.requires_grad for one in (target, *parents))
        for one in [one for one in self._live.values() if one.storage == target.storage]:
            new = replace(
                one,
                bound=max(one.bound, changes.get("bound", 1.0), *(parent.bound for parent in parents)),
                grain=int(max(one.grain, changes.get("grain", 0), *(parent.grain for parent in parents))),
                exact=one.exact and all(parent.exact for parent in parents),
            )
            if tracked and one.family == target.family:
                everything = (one, target, *parents)
                new = replace(
                    new,
                    requires_grad=True,
                    is_leaf=False,
                    leaves=self._reached(everything),
                    nodes=self._above(everything),
                )
            self._live[one.name] = new
        return self._live[target.name]

    def change(self, name: str, **facts: object) -> Live:
        """Correct what is known about a name."""
        self._live[name] = replace(self._live[name], **facts)  # type: ignore[arg-type]
        return self._live[name]

    def fits(self, bound: float, grain: int, numel: int = 1) -> bool:
        """Whether a result with these would still be exact and small."""
        return bound * 2.0**grain <= 2.0**self.exact_bits and numel <= LARGEST

    def free(self, root: Live) -> None:
        """A backward from `root` has run without keeping the graph."""
        self.freed |= root.nodes

    def intact(self, live: Live) -> bool:
        """Whether no part of the graph of a tensor was freed."""
        return not (live.nodes & self.freed)

    def _reached(self, parents: tuple[Live, ...]) -> frozenset[str]:
        return frozenset().union(*(parent.leaves for parent in parents if parent.requires_grad))

    def _above(self, parents: tuple[Live, ...]) -> frozenset[int]:
        self._nodes += 1
        return frozenset({self._nodes}).union(*(parent.nodes for parent in parents if parent.requires_grad))


def _promote(parents: tuple[Live, ...]) -> str:
    """The dtype of an operation on these: dimensions win over 0-d tensors of the same category, as in PyTorch."""
    order = ("bool", "int64", "float32", "float64")
    floating = [p for p in parents if p.is_float]
    relevant = floating or list(parents)
    dimensioned = [p for p in relevant if p.ndim > 0] or relevant
    return max((p.dtype for p in dimensioned), key=order.index, default="float32")


def _grain(values: list[float]) -> int:
    """The number of binary places that the values need."""
    return next(places for places in range(60) if all((value * 2**places).is_integer() for value in values))


def _cast(value: float, dtype: str) -> Value:
    if dtype in FLOATS:
        return value
    return bool(value > 0) if dtype == "bool" else int(value)


def _nested(values: list[Value], shape: Shape) -> Value:
    if not shape:
        return values[0]
    step = len(values) // shape[0]
    return [_nested(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
