"""Where two traces of one program differ, and on which level.

The levels (`trace.LEVELS`): `values` (elements, shapes, dtypes, results), `state` (flags, versions, which tensors hold
a gradient, which share memory, the order of hooks), `errors` (whether a step raised, and what class), `messages` (the
verbatim text of errors, warnings and output) and `graph` (names of nodes and edges).

How elements are compared is a `Measure`, read off the program by `gradoracle.exactness.measure`: bit for bit where its
arithmetic is exact and no element of the oracle's fills its type, otherwise within `TOLERANCE` of the least precise
dtype that the oracle's trace holds. NaN equals NaN and infinities count as such; so does the sign of zero, but where no
one promises it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradoracle.printed import same_printed
from gradoracle.trace import Fact, Step, Trace

TOLERANCE: dict[str, tuple[float, float]] = {
    "torch.float16": (1e-3, 1e-5),
    "torch.bfloat16": (1.6e-2, 1e-5),
    "torch.float32": (1.3e-6, 1e-5),
    "torch.float64": (1e-7, 1e-7),
    "torch.complex64": (1.3e-6, 1e-5),
    "torch.complex128": (1e-7, 1e-7),
}
"""Relative and absolute tolerance by dtype, for programs whose arithmetic rounds (PyTorch's own `torch.testing`)."""

SPARE = 3
"""Binary places that exact programs leave unused."""

_NUMPY: dict[str, str] = {
    "torch.float16": "<f2", "torch.float32": "<f4", "torch.float64": "<f8", "torch.complex64": "<c8",
    "torch.complex128": "<c16", "torch.uint8": "u1", "torch.int8": "i1", "torch.int16": "<i2", "torch.int32": "<i4",
    "torch.int64": "<i8", "torch.bool": "?", "torch.uint16": "<u2", "torch.uint32": "<u4", "torch.uint64": "<u8",
}  # fmt: skip

_LEVEL_OF_FACET: dict[str, str] = {
    "value": "values",
    "grad": "values",
    "grad_fn": "graph",
    "graph": "graph",
    "output_nr": "graph",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """How elements are compared: bit for bit or within a tolerance, with the sign of zero or without."""

    exact: bool = False
    signed_zero: bool = True
    relative: float = 0.0
    absolute: float = 0.0
    slack: float = 1.0
    """So many tolerances are let through; of no use where elements must agree bit for bit."""


EXACT = Measure(exact=True)

_NEGATIVE_ZERO = re.compile(r"-0\.(?![0-9]*[1-9])", re.ASCII)

ENDS = ("ending", "number of steps")
"""The `where` of a difference that says only that one run stopped before the other."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the oracle shows and the engine does not.

    `step` is the position in the oracle's trace, `where` what was looked at ("x.grad", "outcome", "warnings"), and
    `expected` and `got` are for people.
    """

    level: str
    step: int
    path: tuple[int, ...]
    where: str
    expected: str
    got: str

    @property
    def signature(self) -> tuple[str, str]:
        """What stays the same while a program shrinks: the level and the kind of thing that differs."""
        return (self.level, self.where.rpartition(".")[2])


def compare(oracle: Trace, engine: Trace, measure: Measure = EXACT) -> tuple[Difference, ...]:
    """The differences in order of time; empty when a user could not tell the two runs apart.

    A run that did not finish is compared as far as it came, and its end is a difference on the level `errors` unless
    both ended alike.
    """
    if oracle == engine:
        return ()
    if measure.exact and any(map(_rounded, _tensors(oracle))):
        measure = dataclasses.replace(measure, exact=False)
    if not measure.exact:
        relative, absolute = _tolerance(oracle)
        slack = measure.slack
        measure = dataclasses.replace(measure, relative=relative * slack, absolute=absolute * slack)
    return tuple(_differences(oracle, engine, measure))


def _tolerance(trace: Trace) -> tuple[float, float]:
    """The tolerance of the least precise floating dtype in a trace: what passed through it is no better."""
    found = {TOLERANCE["torch.float64"]}
    found |= {TOLERANCE.get(fact[1], (0.0, 0.0)) for fact in _tensors(trace)}
    return max(relative for relative, _ in found), max(absolute for _, absolute in found)


def _tensors(trace: Trace) -> Iterator[Fact]:
    """Every tensor fact of a trace."""
    stack: list[Any] = [(step.outcome, step.events) for step in trace.steps]
    while stack:
        fact = stack.pop()
        if fact and fact[0] == "tensor":
            yield fact
        else:
            stack.extend(item for item in fact if isinstance(item, tuple))


def _rounded(fact: Fact) -> bool:
    """Whether an element has a digit in the last places of its type: small dyadic numbers do not get there.

    A program whose numbers grow too large for exact arithmetic looks like one that is exact.
    """
    digits = {"torch.float32": 24, "torch.float64": 53}.get(fact[1])
    if digits is None or len(fact) != 4:
        return False
    found = elements(fact)
    mantissa, _ = np.frexp(found[np.isfinite(found)].astype(np.float64))
    return bool(np.any(np.ldexp(mantissa, digits - SPARE) % 1))


def _differences(oracle: Trace, engine: Trace, measure: Measure) -> Iterator[Difference]:
    for position, (left, right) in enumerate(zip(oracle.steps, engine.steps, strict=False)):
        if left.path != right.path:
            yield Difference("errors", position, left.path, "order of steps", f"step {left.path}", f"step {right.path}")
            return
        if left != right:
            yield from _Step(position, left, right, measure).differences()
    if oracle.ending[0] != engine.ending[0]:
        last = min(len(oracle.steps), len(engine.steps))
        longer = oracle.steps if len(oracle.steps) > last else engine.steps
        path = longer[last].path if last < len(longer) else ()
        yield Difference("errors", last, path, ENDS[0], show_ending(oracle.ending), show_ending(engine.ending))
    elif len(oracle.steps) != len(engine.steps):
        last = min(len(oracle.steps), len(engine.steps))
        longer = oracle.steps if len(oracle.steps) > last else engine.steps
        texts = [f"{len(trace.steps)} steps" for trace in (oracle, engine)]
        yield Difference("errors", last, longer[last].path, ENDS[1], texts[0], texts[1])


@dataclass(frozen=True, slots=True)
class _Step:
    position: int
    left: Step
    right: Step
    measure: Measure

    def differences(self) -> Iterator[Difference]:
        yield from self.events()
        yield from self.warnings()
        left, right = self.left.outcome, self.right.outcome
        if left[0] != right[0]:
            yield self.difference("errors", "outcome", show_outcome(left), show_outcome(right))
        elif left[0] == "value":
            yield from self.facts(left[1], right[1], "value", "values")
        elif left[1] != right[1]:
            yield self.difference("errors", "error", show_outcome(left), show_outcome(right))
        elif not self.same_text(left[2], right[2]):
            yield self.difference("messages", "error text", left[2], right[2])

    def events(self) -> Iterator[Difference]:
        left, right = self.left.events, self.right.events
        if [event[:2] if event[0] != "print" else event[:1] for event in left] != [
            event[:2] if event[0] != "print" else event[:1] for event in right
        ]:
            yield self.difference("state", "events", show_events(left), show_events(right))
            return
        for one, other in zip(left, right, strict=True):
            if one == other:
                continue
            match one[0]:
                case "print":
                    if not self.same_text(one[1], other[1]):
                        yield self.difference("messages", "output", one[1], other[1])
                case "raise":
                    level = "errors" if one[2] != other[2] else "messages"
                    yield self.difference(level, f"{one[1]} raises", f"{one[2]}: {one[3]}", f"{other[2]}: {other[3]}")
                case "call":
                    yield from self.facts(
                        ("tuple", *one[2]), ("tuple", *other[2]), f"{one[1]} is called with", "values"
                    )
                case _:
                    yield from self.facts(one[2], other[2], f"{one[1]} returns", "values")

    def same_text(self, one: str, other: str) -> bool:
        if not self.measure.signed_zero:
            one, other = _unsigned(one), _unsigned(other)
        return one == other or (
            not self.measure.exact and same_printed(one, other, self.measure.relative, self.measure.absolute)
        )

    def warnings(self) -> Iterator[Difference]:
        if self.left.warnings != self.right.warnings:
            left, right = (
                "; ".join(f"{kind}: {text}" for kind, text in step.warnings) or "no warning"
                for step in (self.left, self.right)
            )
            yield self.difference("messages", "warnings", left, right)

    def facts(self, left: Fact, right: Fact, where: str, level: str) -> Iterator[Difference]:
        if left == right or right[0] == "lacking":
            return
        if left[0] != right[0]:
            kinds = {left[0], right[0]}
            at = level
            if kinds & {"node", "graph"}:
                at = "graph"
            elif kinds & {"raised", "unbound"}:
                at = "errors"
            elif kinds == {"none", "grad"}:
                at = "state"
            yield self.difference(at, where, show(left), show(right))
            return
        match left[0]:
            case "object":
                return
            case "tensor":
                if not same_tensor(left, right, self.measure):
                    yield self.difference("values", where, show(left), show(right))
            case "node" | "graph":
                yield self.difference("graph", where, show(left), show(right))
            case "raised":
                at = "errors" if left[1] != right[1] else "messages"
                yield self.difference(at, where, show(left), show(right))
            case "dict" if [key for key, _ in left[1:]] == [key for key, _ in right[1:]]:
                for (key, one), (_, other) in zip(left[1:], right[1:], strict=True):
                    yield from self.facts(one, other, f"{where}[{show(key)}]", level)
            case "tuple" | "list" | "Size" if len(left) == len(right):
                for position, (one, other) in enumerate(zip(left[1:], right[1:], strict=True)):
                    yield from self.facts(one, other, f"{where}[{position}]", level)
            case "grad":
                yield from self.facts(left[1], right[1], where, "values")
                yield from self.facts(left[2], right[2], f"{where}.requires_grad", "state")
                yield from self.facts(left[3], right[3], f"{where}.grad_fn", "graph")
            case "seen":
                yield from self.seen(left, right)
            case "float" if same_number(float.fromhex(left[1]), float.fromhex(right[1]), self.measure):
                return
            case _:
                yield self.difference(level, where, show(left), show(right))

    def seen(self, left: Fact, right: Fact) -> Iterator[Difference]:
        for (name, facets), (_, others) in zip(left[1], right[1], strict=True):
            if [facet for facet, _ in facets] != [facet for facet, _ in others]:
                shown = ["; ".join(f"{facet} {show(fact)}" for facet, fact in side) for side in (facets, others)]
                yield self.difference("errors", name, shown[0], shown[1])
                continue
            for (facet, fact), (_, other) in zip(facets, others, strict=True):
                label = name if facet == "value" else f"{name}.{facet}"
                yield from self.facts(fact, other, label, _LEVEL_OF_FACET.get(facet, "state"))
        if left[2] != right[2] and right[2][:1] != ("lacking",):
            shared = [", ".join("=".join(group) for group in side[2]) or "nothing" for side in (left, right)]
            yield self.difference("state", "shared memory", shared[0], shared[1])

    def difference(self, level: str, where: str, expected: str, got: str) -> Difference:
        return Difference(level, self.position, self.left.path, where, expected, got)


def lacking(trace: Trace) -> Iterator[tuple[str, str]]:
    """The levels on which an engine let nothing be read, and what it lacks: those were not compared."""
    for step in trace.steps:
        if step.outcome[0] != "value" or step.outcome[1][0] != "seen":
            continue
        _, rows, groups = step.outcome[1]
        for _, facets in rows:
            for facet, fact in facets:
                if fact[0] == "lacking":
                    yield _LEVEL_OF_FACET.get(facet, "state"), fact[1]
                elif fact[0] == "grad":
                    for level, flag in (("state", fact[2]), ("graph", fact[3])):
                        if flag[0] == "lacking":
                            yield level, flag[1]
        if groups[:1] == ("lacking",):
            yield "state", groups[1]


def elements(fact: Fact) -> npt.NDArray[Any]:
    """The elements of a ("tensor", dtype, shape, bytes) fact; of bfloat16 widened to float32."""
    _, dtype, shape, data = fact[:4]
    if dtype == "torch.bfloat16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    return np.frombuffer(data, _NUMPY[dtype]).reshape(shape)


def same_tensor(left: Fact, right: Fact, measure: Measure) -> bool:
    """Whether two tensor facts are equal by a measure; shapes and dtypes always count."""
    if left == right:
        return True
    if left[:3] != right[:3] or left[1] not in TOLERANCE or len(left) != 4 or len(right) != 4:
        return False
    return _same(elements(left), elements(right), measure)


def same_number(one: float, other: float, measure: Measure) -> bool:
    """Whether two Python numbers that came out of tensors are equal by a measure."""
    return _same(np.float64(one), np.float64(other), measure)


def _same(one: Any, other: Any, measure: Measure) -> bool:
    with np.errstate(all="ignore"):
        if measure.exact:
            near = (one == other) | (np.isnan(one) & np.isnan(other))
        else:
            near = np.isclose(other, one, rtol=measure.relative, atol=measure.absolute, equal_nan=True)
    if measure.signed_zero and one.dtype.kind == "f":
        near = near & ((one != 0) | (other != 0) | (np.signbit(one) == np.signbit(other)))
    return bool(np.all(near))


def _unsigned(text: str) -> str:
    """A printed text in which no zero is negative, with the padding that the sign took away taken away."""
    return " ".join(_NEGATIVE_ZERO.sub("0.", text).split())


# For people


def show(fact: Fact) -> str:
    """A fact in one line, as PyTorch would print it where it has a print."""
    match fact[0]:
        case "none":
            return "None"
        case "unbound":
            return "no value"
        case "bool" | "int":
            return str(fact[1])
        case "float":
            return repr(float.fromhex(fact[1]))
        case "complex":
            return repr(complex(float.fromhex(fact[1]), float.fromhex(fact[2])))
        case "str":
            return repr(fact[1])
        case "tensor":
            return show_tensor(fact)
        case "transformed":
            return f"tensor of shape {fact[2]} inside a transform, dtype={fact[1]}"
        case "grad":
            grown = "" if fact[3][0] != "node" else f" with grad_fn {fact[3][1]}"
            return show(fact[1]) + grown
        case "node":
            return f"<{fact[1]}>"
        case "dtype" | "device" | "layout" | "memory_format":
            return str(fact[1])
        case "tuple" | "Size":
            inside = ", ".join(show(item) for item in fact[1:])
            return f"({inside},)" if len(fact) == 2 else f"({inside})"
        case "list":
            return "[" + ", ".join(show(item) for item in fact[1:]) + "]"
        case "dict":
            return "{" + ", ".join(f"{show(key)}: {show(value)}" for key, value in fact[1:]) + "}"
        case "lacking":
            return f"not to be read: the engine lacks {fact[1]}"
        case "raised":
            return f"raises {fact[1]}: {fact[2]}"
        case "graph":
            return show_graph(fact)
        case "seen":
            return "; ".join(f"{name}: {', '.join(f'{f}={show(v)}' for f, v in facets)}" for name, facets in fact[1])
        case _:
            return f"<{fact[1]}>" if len(fact) > 1 else f"<{fact[0]}>"


def show_tensor(fact: Fact) -> str:
    """`tensor([1., 2.], dtype=torch.float64)`; the dtype is left out where PyTorch leaves it out."""
    dtype, shape = fact[1], fact[2]
    if len(fact) != 4:
        return f"tensor of {shape} elements {fact[4].hex()[:12]}, dtype={dtype}"
    named = "" if dtype in ("torch.float32", "torch.int64", "torch.bool", "torch.complex64") else f", dtype={dtype}"
    if 0 in shape:
        sized = "" if len(shape) == 1 else f", size={tuple(shape)}"
        return f"tensor([]{sized}{named})"
    return f"tensor({_nested(elements(fact))}{named})"


def _nested(array: npt.NDArray[Any]) -> str:
    if array.ndim == 0:
        value = array.item()
        if isinstance(value, float):
            text = f"{value:.9g}" if array.dtype.itemsize > 2 else f"{value:.5g}"
            return text if any(mark in text for mark in ".en") else text + "."
        return str(value)
    return "[" + ", ".join(_nested(item) for item in array) + "]"


def show_graph(fact: Fact) -> str:
    """`MulBackward0(AccumulateGrad, PowBackward0(...))`, a shared node written out once and then by `#number`."""
    rows = fact[1]
    if not rows:
        return "no graph"
    done: set[int] = set()

    def tell(number: int) -> str:
        if number < 0:
            return "None" if number == -1 else "..."
        name, edges = rows[number]
        if number in done:
            return f"#{number}"
        done.add(number)
        if not edges or len(done) > 60:
            return str(name)
        return f"{name}({', '.join(tell(child) + (f':{nr}' if nr else '') for child, nr in edges)})"

    if len(rows) > 200:
        return f"graph of {len(rows)} nodes from {rows[0][0]}"
    return tell(0)


def show_outcome(outcome: Fact) -> str:
    """`tensor(2.)` or `RuntimeError: text`."""
    return show(outcome[1]) if outcome[0] == "value" else f"{outcome[1]}: {outcome[2]}"


def show_events(events: tuple[Fact, ...]) -> str:
    """The names of what was called, returned, raised and printed, in order."""
    return ", ".join(" ".join(str(part) for part in event[:2]) for event in events) or "nothing happened"


def show_ending(ending: tuple[Any, ...]) -> str:
    """`finished`, `crash: SIGSEGV`, `timeout: 20.0`, `unsupported: torch.func.grad`."""
    return ": ".join(str(part) for part in ending)
