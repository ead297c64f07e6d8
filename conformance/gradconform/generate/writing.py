"""Tensors to write into, views of them, and writes: what several families share.

What is made here is not made known to the scene, so that no later move builds on a tensor that was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gradconform.generate import build, passes
from gradconform.generate.build import Value
from gradconform.generate.graph import tracked
from gradconform.generate.scene import Live, Scene, Shape
from gradconform.generate.showing import weight
from gradoracle.program import Global, Ref, Statement

LARGEST = 12
"""No tensor that is written has more elements."""

Look: TypeAlias = tuple[Value, Shape]


@dataclass(frozen=True, slots=True)
class Bound:
    """A name that the scene does not know, the shape and the dtype of its tensor."""

    ref: Ref
    shape: Shape
    dtype: str = "float32"

    @property
    def name(self) -> str:
        return self.ref.name


def bind(scene: Scene, value: Value, shape: Shape, dtype: str = "float32", prefix: str = "t") -> Bound:
    """Bind a new name that the scene does not know."""
    name = scene.fresh(prefix)
    scene.emit(build.assign(name, value))
    return Bound(Ref(name), shape, dtype)


def source(scene: Scene, number: int) -> Live:
    """A small exact tensor that requires grad and has a dimension; of whose graph nothing was freed."""

    def fits(one: Live) -> bool:
        small = 0 < one.numel <= LARGEST and one.ndim > 0 and one.exact and scene.fits(one.bound * 4, one.grain + 2)
        return tracked(one) and small and scene.intact(one)

    shape = ((2,), (3,), (2, 2), (2, 3), (1, 2))[number % 5]
    return scene.pick(number, fits, lambda: scene.leaf(shape, number))


def result(scene: Scene, number: int) -> Bound:
    """A contiguous tensor with history and memory of its own, that no node saved."""
    one = source(scene, number)
    copy = build.method(one.ref, "clone", memory_format=Global("torch.contiguous_format"))
    value = build.op("*", copy, 2) if number % 3 == 1 else copy
    return bind(scene, value, one.shape, one.dtype, "b")


def constant(scene: Scene, number: int) -> Bound:
    """A tensor without history that the scene does not know."""
    one = scene.leaf(((3,), (2, 2), (2, 3), (4,))[number % 4], number, requires_grad=False, prefix="c")
    scene.forget(one.name)
    return Bound(one.ref, one.shape, one.dtype)


def leaf(scene: Scene, number: int, shape: Shape | None = None, dtype: str = "float32") -> Bound:
    """A leaf that requires grad, that no later move writes into, though later looks see it."""
    shapes: tuple[Shape, ...] = ((2,), (3,), (2, 2), (2, 3), (4,))
    one = scene.leaf(shapes[number % len(shapes)] if shape is None else shape, number, dtype)
    scene.saved.add(one.storage)
    return Bound(one.ref, one.shape, one.dtype)


# Views


def looks(one: Bound) -> list[Look]:
    """Views of a contiguous tensor with at least one dimension, the plain ones first."""
    ref, shape = one.ref, one.shape
    size, rest = shape[0], shape[1:]
    found: list[Look] = [
        (build.item(ref, 0), rest),
        (build.item(ref, build.span(1)), (size - 1, *rest)),
        (build.method(ref, "view", -1), (_count(shape),)),
        (build.method(ref, "unsqueeze", 0), (1, *shape)),
        (build.item(ref, build.span(None, None, 2)), ((size + 1) // 2, *rest)),
        (build.method(ref, "narrow", 0, 0, 1), (1, *rest)),
        (build.item(ref, ...), shape),
        (build.method(ref, "select", 0, size - 1), rest),
        (build.method(ref, "as_strided", [size], [1]), (size,)),
        (build.method(ref, "squeeze"), tuple(length for length in shape if length != 1)),
    ]
    if len(shape) == 2:
        found += [
            (build.method(ref, "t"), shape[::-1]),
            (build.item(ref, (build.span(), 0)), (size,)),
            (build.method(ref, "diagonal"), (min(shape),)),
            (build.method(ref, "transpose", 0, 1), shape[::-1]),
            (build.item(ref, (0, build.span(1))), (shape[1] - 1,)),
        ]
    return found


def look(scene: Scene, one: Bound, number: int, prefix: str = "v") -> Bound:
    """A view of a contiguous tensor that has elements; of a tensor without dimensions all of it."""
    if not one.shape:
        return bind(scene, build.method(one.ref, "view", 1), (1,), one.dtype, prefix)
    choices = [(value, shape) for value, shape in looks(one) if _count(shape)]
    value, shape = choices[number % len(choices)]
    return bind(scene, value, shape, one.dtype, prefix)


def deeper(scene: Scene, one: Bound, number: int) -> Bound:
    """A view of any view, contiguous or not."""
    choices: list[Look] = [
        (build.item(one.ref, ...), one.shape),
        (build.method(one.ref, "unsqueeze", 0), (1, *one.shape)),
    ]
    if one.shape:
        choices += [
            (build.item(one.ref, build.span(one.shape[0] - 1)), (1, *one.shape[1:])),
            (build.item(one.ref, 0), one.shape[1:]),
        ]
    value, shape = choices[number % len(choices)]
    return bind(scene, value, shape, one.dtype, "w")


# Writes

Write: TypeAlias = Callable[[Scene, Bound, int], Statement]


def _method(name: str, *args: Value) -> Write:
    return lambda scene, one, number: build.run(build.method(one.ref, name, *args))


def _masked(scene: Scene, one: Bound, number: int) -> Statement:
    mask = build.op(">", build.method(one.ref, "detach"), number % 3 - 1)
    return build.run(build.method(one.ref, "masked_fill_", mask, 0.5))


def _everything(scene: Scene, one: Bound, number: int) -> Statement:
    return build.assign(build.item(one.ref, ...), float(number % 5))


def _first(scene: Scene, one: Bound, number: int) -> Statement:
    return build.assign(build.item(one.ref, 0) if one.shape else build.item(one.ref, ...), 3.0)


def _by_constant(scene: Scene, one: Bound, number: int) -> Statement:
    other = scene.leaf(one.shape, number, one.dtype, requires_grad=False, prefix="c")
    return build.run(build.method(one.ref, ("copy_", "add_", "mul_")[number % 3], other.ref))


def _by_leaf(scene: Scene, one: Bound, number: int) -> Statement:
    other = leaf(scene, number, one.shape, one.dtype)
    return build.run(build.method(one.ref, ("add_", "copy_", "mul_", "sub_")[number % 4], other.ref))


PLAIN: tuple[Write, ...] = (
    _method("add_", 1),
    _method("mul_", 2),
    _method("zero_"),
    _everything,
    _method("neg_"),
    _method("fill_", 0.5),
    _first,
    _by_constant,
    _method("sub_", 0.5),
    _masked,
    _method("clamp_", -1, 1),
    _method("div_", 2),
)
"""Writes that bring no tensor into the graph, the plain ones first; none of them rounds."""

WRITES: tuple[Write, ...] = (*PLAIN[:3], _by_leaf, *PLAIN[3:], _by_leaf, _method("relu_"), _method("pow_", 2))
"""Writes of all kinds."""


def write(scene: Scene, one: Bound, number: int, table: tuple[Write, ...] = WRITES) -> None:
    """One write."""
    scene.emit(table[number % len(table)](scene, one, number // len(table)))


# Backward


def back(scene: Scene, one: Bound, number: int = 0) -> None:
    """A backward that keeps the graph, weighted one time in two, and a look at the leaves."""
    if number % 2:
        known = Live(one.name, one.shape, one.dtype)
        scene.run(build.method(one.ref, "backward", weight(scene, known, number // 2).ref, retain_graph=True))
    else:
        scene.run(build.method(build.method(one.ref, "sum"), "backward", retain_graph=True))
    passes.observe_leaves(scene)


def watch(scene: Scene, *ones: Bound) -> None:
    """A look at each."""
    scene.observe(*(one.name for one in ones))


def _count(shape: Shape) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
