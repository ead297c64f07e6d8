"""Generators around one move that shows the behaviour, and parts that such moves share."""

from __future__ import annotations

from gradconform.catalogue.behaviour import Generator
from gradconform.generate import build, passes
from gradconform.generate.build import Value
from gradconform.generate.graph import tracked
from gradconform.generate.moves import Play, Row, Table, staged
from gradconform.generate.scene import Live, Scene, Where
from gradconform.generate.tables import GRAPH

_SHARE = 40
"""Of some 110 numbers that pick a move, how many pick the one that is shown."""


def _leaves(scene: Scene) -> None:
    scene.leaf((2,))
    scene.leaf((2,), 1)


def showing(move: Play, table: Table = GRAPH) -> Generator:
    """Programs that grow a graph, make the move where the recipe says so, and make it once more at the end."""

    def last(scene: Scene) -> None:
        move(scene, 0, 0, 0)
        scene.observe()

    return staged(_leaves, (*table, Row(_SHARE, move)), last)


def product(scene: Scene, one: Live | None = None) -> Live:
    """A new tensor that saved its operand and whose memory is its own: a square where that stays small."""
    one = one or scene.leaf()
    if not scene.fits(one.bound**2, one.grain * 2):
        one = scene.leaf(one.shape)
    value = build.op("*", one.ref, one.ref)
    return scene.apply(value, (one,), one.shape, bound=one.bound**2, grain=one.grain * 2, saves=(one,))


def scaled(scene: Scene, one: Live, factor: int = 2) -> Live:
    """A new tensor that saved nothing of its operand and whose memory is its own."""
    if not scene.fits(one.bound * factor, one.grain):
        factor = 1
    return scene.apply(build.op("*", one.ref, factor), (one,), one.shape, bound=one.bound * factor)


def fresh_leaf(scene: Scene, number: int) -> Live:
    """A leaf that requires grad, that no node saved and that has no other name: writing into it disturbs nobody."""

    def lonely(one: Live) -> bool:
        alone = len(scene.live(lambda other: other.storage == one.storage)) == 1
        return one.is_leaf and tracked(one) and one.numel > 0 and one.storage not in scene.saved and alone

    return scene.pick(number, lonely, lambda: scene.leaf((2,), number))


def root(scene: Scene, number: int, where: Where = lambda one: one.numel > 0) -> Live:
    """A result to start a backward from, of whose graph nothing was freed, with elements."""

    def usable(one: Live) -> bool:
        return tracked(one) and not one.is_leaf and scene.intact(one) and where(one)

    return scene.pick(number, usable, lambda: product(scene))


def vector(scene: Scene, number: int) -> Live:
    """A root with more than one element."""
    return root(scene, number, lambda one: one.numel > 1)


def summed(scene: Scene, one: Live) -> Live:
    """The sum of all elements."""
    return scene.apply(build.method(one.ref, "sum"), (one,), (), bound=one.bound * max(one.numel, 1))


def reached(scene: Scene, one: Live) -> list[Live]:
    """The leaves that a root reaches, oldest first; a new leaf where there is none."""
    return [leaf for leaf in passes.leaves(scene) if leaf.name in one.leaves] or [scene.leaf()]


def weight(scene: Scene, one: Live, number: int, requires_grad: bool = False) -> Live:
    """A new tensor to weigh a root with, of its shape and dtype."""
    return scene.leaf(one.shape, number, one.dtype, requires_grad=requires_grad, prefix="w")


def weight_or_none(scene: Scene, one: Live, number: int) -> Value:
    """None for a root with one element, else a weight."""
    return None if one.is_scalar else weight(scene, one, number).ref


def backward(scene: Scene, one: Live, number: int = 0) -> None:
    """A backward that keeps the graph, weighted where it must be, and a look at the leaves."""
    given = () if one.is_scalar else (build.call("torch.ones_like", one.ref),)
    if number % 2 and not one.is_scalar:
        scene.run(build.method(build.method(one.ref, "sum"), "backward", retain_graph=True))
    else:
        scene.run(build.method(one.ref, "backward", *given, retain_graph=True))
    passes.observe_leaves(scene)


def clear(scene: Scene) -> None:
    """`x.grad = None` for every leaf that requires grad."""
    for leaf in passes.leaves(scene):
        scene.emit(build.assign(build.attr(leaf.ref, "grad"), None))


def mode_is(scene: Scene) -> None:
    """`torch.is_grad_enabled()` alone on its line."""
    scene.run(build.call("torch.is_grad_enabled"))
