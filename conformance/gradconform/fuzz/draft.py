"""The program so far, and what is known of the tensors that it has bound.

What is known is a prediction: it makes most steps succeed and steers the draw to what matters. Nothing is executed, and
where the prediction is wrong the program shows an error, which is as good an outcome as any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gradconform.fuzz import nodes
from gradconform.fuzz.choices import Choices
from gradoracle.expressions import keep
from gradoracle.program import Assign, Expr, Observe, Program, Statement, With

Shape: TypeAlias = tuple[int, ...]
Wrap: TypeAlias = Callable[[tuple[Statement, ...]], Statement]

BITS = 13
"""Exact values have at most so many significant bits, which leaves a float32 gradient room to be exact."""
LARGEST = 24
"""No tensor has more elements."""

SHAPES: tuple[Shape, ...] = ((2,), (2,), (2, 3), (3,), (), (2, 2), (1, 3), (2, 1), (1,), (2, 1, 3), (2,), (3, 2), (0,))
"""Shapes of leaves; most pairs broadcast."""

_VALUES = (1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, -0.5, 0.0, 0.25, -1.5, 2.5)


class Memory:
    """What several tensors share."""

    __slots__ = ("leaf", "saved", "written")

    def __init__(self, leaf: bool = False) -> None:
        self.leaf = leaf
        """A leaf that requires grad lives here, so that writes are refused where grad is enabled."""
        self.saved = False
        self.written = False


class Known:
    """What is known of one tensor.

    `bits` bounds the significant bits of its values; `nodes` is a set of numbers of graph nodes, as bits of an integer;
    `reached` are the names of tensors that a backward from here comes to, its own among them.
    """

    __slots__ = (
        "bits", "dtype", "expanded", "inference", "leaf", "memory", "name", "nodes", "numel", "reached", "requires",
        "shape", "view",
    )  # fmt: skip

    def __init__(self, name: str, shape: Shape, dtype: str, requires: bool, bits: int) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.requires = requires
        self.bits = bits
        self.leaf = True
        self.view = False
        self.expanded = False
        self.inference = False
        self.nodes = 0
        self.reached = frozenset({name}) if requires else frozenset()
        self.memory = Memory()
        self.numel = math.prod(shape)

    @property
    def ref(self) -> Expr:
        return nodes.ref(self.name)

    @property
    def floating(self) -> bool:
        return self.dtype in ("float32", "float64")


class _Block:
    """What is appended to a draft within becomes a body, under modes of its own where some are given."""

    __slots__ = ("_body", "_draft", "_modes", "_wrap")

    def __init__(self, draft: Draft, wrap: Wrap, modes: tuple[bool, bool] | None) -> None:
        self._draft = draft
        self._wrap = wrap
        self._modes = modes
        self._body: list[Statement] = []

    def __enter__(self) -> None:
        d = self._draft
        d.body, self._body = self._body, d.body
        if self._modes is not None:
            before = d.grad, d.inference
            d.grad, d.inference = self._modes
            self._modes = before
        d.depth += 1

    def __exit__(self, *error: object) -> None:
        d = self._draft
        body, d.body = d.body, self._body
        if self._modes is not None:
            d.grad, d.inference = self._modes
        d.depth -= 1
        if body:
            d.body.append(self._wrap(tuple(body)))


class Draft:
    """Accumulates a program from choices. Mutable."""

    def __init__(self, choices: Choices) -> None:
        self.below = choices.below
        self.one_of = choices.one_of
        self.tensors: list[Known] = []
        self.handles: list[str] = []
        self.grad = True
        self.inference = False
        self.depth = 0
        self.freed = 0
        self.retained: set[str] = set()
        self.weights: list[Known] = []
        """Tensors that were given to a backward pass as the gradient to begin with."""
        self.graded: set[str] = set()
        """Names of what a backward pass has come to."""
        self._said: list[str] = []
        self.body: list[Statement] = []
        """The statements of the open block."""
        self._count = 0
        self._nodes = 0

    # Writing

    def emit(self, *statements: Statement) -> None:
        """Append statements to the open block."""
        self.body.extend(statements)

    def run(self, value: Expr) -> None:
        """Append an expression alone on its line."""
        self.body.append(nodes.run(value))

    def once(self, text: str) -> None:
        """Begin the program with the statements of a text, unless it does already."""
        if text not in self._said:
            self._said.append(text)

    def fresh(self, prefix: str) -> str:
        """A name that is not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def inside(self, wrap: Wrap) -> _Block:
        """A block: what is appended meanwhile becomes the body of what `wrap` makes; left out when there is nothing."""
        return _Block(self, wrap, None)

    def under(self, manager: Expr, grad: bool | None = None, inference: bool | None = None) -> _Block:
        """`with manager:` around what is appended meanwhile, and the modes that hold inside."""
        modes = self.grad if grad is None else grad, self.inference if inference is None else inference
        return _Block(self, lambda body: With(((manager, ""),), body), modes)

    def program(self) -> Program:
        """What was written."""
        said = [statement for text in self._said for statement in nodes.said(text)]
        return Program((*said, *self.body))

    # Tensors

    def any_of(self, found: Sequence[Known]) -> Known | None:
        """One of some tensors, the newer the likelier; None where there is none."""
        count = len(found)
        if count < 2:
            return found[0] if found else None
        return found[count - 1 - min(self.below(count), self.below(count))]

    def tracked(self) -> Known:
        """A tensor of floating point that requires grad."""
        return self.any_of([one for one in self.tensors if one.requires]) or self.leaf()

    def floating(self) -> Known:
        """A tensor of floating point; most often one that requires grad."""
        if self.below(6):
            return self.tracked()
        return self.any_of([one for one in self.tensors if one.dtype in ("float32", "float64")]) or self.leaf()

    def result(self) -> Known:
        """A tensor with a history."""
        return self.any_of([one for one in self.tensors if one.requires and not one.leaf]) or self.made(
            nodes.binary("*", self.tracked().ref, nodes.lit(2)), (self.tracked(),)
        )

    def a_leaf(self) -> Known:
        """A leaf that requires grad."""
        return self.any_of([one for one in self.tensors if one.requires and one.leaf]) or self.leaf()

    def leaf(self, shape: Shape | None = None, dtype: str = "float32", requires: bool = True) -> Known:
        """Bind a new tensor made by the user."""
        if shape is None:
            shape = self.one_of(SHAPES)
        one = Known(self.fresh("x" if requires else "c"), shape, dtype, requires, 4)
        one.memory.leaf = requires
        self.body.append(Assign((nodes.ref(one.name),), _data(shape, self.below(len(_VALUES)), dtype, requires)))
        self.tensors.append(one)
        return one

    def made(
        self,
        value: Expr,
        parents: tuple[Known, ...],
        shape: Shape | None = None,
        *,
        dtype: str | None = None,
        bits: int | None = None,
        view_of: Known | None = None,
        detached: bool = False,
        saves: bool = False,
        prefix: str = "y",
    ) -> Known:
        """Bind a new name to the result of an operation; what is not said is as in the first of `parents`."""
        first = parents[0]
        requires = False
        reached = 0
        for one in parents:
            if one.requires:
                requires = True
                reached |= one.nodes
            if saves:
                one.memory.saved = True
        kind = dtype or first.dtype
        made = Known(
            self.fresh(prefix),
            first.shape if shape is None else shape,
            kind,
            requires and self.grad and not detached and kind in ("float32", "float64"),
            first.bits if bits is None else bits,
        )
        self.body.append(Assign((nodes.ref(made.name),), value))
        if made.requires:
            self._nodes += 1
            made.leaf = False
            made.nodes = reached | 1 << self._nodes
            made.reached = made.reached.union(*[one.reached for one in parents])
        if view_of is not None:
            made.memory = view_of.memory
            made.view = not detached
            made.expanded = view_of.expanded
        made.inference = self.inference
        self.tensors.append(made)
        return made

    def wrote(self, target: Known, parents: tuple[Known, ...] = (), bits: int = 0) -> None:
        """Take note of a write into a tensor, on values of `parents`."""
        target.memory.written = True
        requires = self.grad and (target.requires or any(one.requires for one in parents))
        self._nodes += 1
        reached = 1 << self._nodes
        for one in parents:
            reached |= one.nodes
        for one in self.tensors:
            if one.memory is target.memory:
                one.bits = max(one.bits, bits, *(other.bits for other in parents))
                if requires and (one is target or one.view or target.view):
                    one.requires, one.leaf = True, False
                    one.nodes |= reached
                    one.reached = one.reached.union({one.name}, *[other.reached for other in (target, *parents)])

    def intact(self, one: Known) -> bool:
        """Whether no backward has freed a part of the graph of a tensor."""
        return not one.nodes & self.freed

    def observe(self, chosen: Sequence[Known], facets: tuple[str, ...] = ()) -> None:
        """`observe(...)`."""
        if chosen:
            self.body.append(Observe(tuple(dict.fromkeys(one.name for one in chosen)), facets))


_DATA: dict[tuple[Shape, int, str, bool], Expr] = {}


def _data(shape: Shape, seed: int, dtype: str, requires: bool) -> Expr:
    """`torch.tensor([...], ...)`: always the same node for the same arguments."""
    key = (shape, seed, dtype, requires)
    found = _DATA.get(key)
    if found is None:
        count = math.prod(shape)
        values = [_VALUES[(seed + 5 * position) % len(_VALUES)] for position in range(count)]
        kwargs: dict[str, Expr] = {}
        if dtype == "float64" or count == 0:
            kwargs["dtype"] = nodes.glob(f"torch.{dtype}")
        if requires:
            kwargs["requires_grad"] = nodes.TRUE
        if count == 0:
            found = nodes.call("torch.zeros", *map(nodes.lit, shape), **kwargs)
        else:
            cast = {"int64": lambda value: nodes.lit(int(value)), "bool": lambda value: _BOOLS[value > 0]}
            found = nodes.call(
                "torch.tensor", _nested([cast.get(dtype, nodes.lit)(value) for value in values], shape), **kwargs
            )
        _DATA[key] = keep(found)
    return found


_BOOLS = {True: nodes.TRUE, False: nodes.FALSE}


def _nested(values: list[Expr], shape: Shape) -> Expr:
    if not shape:
        return values[0]
    step = len(values) // shape[0]
    return nodes.listed(*(_nested(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])))
