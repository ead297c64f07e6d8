"""Generators for the second family: what a backward frees, what can be run again, what an error leaves."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.moves import Row, Table, staged
from gradconform.generate.operators import OPERATORS
from gradconform.generate.scene import Live, Scene, broadcast
from gradconform.generate.tables import GRAPH, MIXED, PASSES
from gradoracle.program import Ref


def _leaves(scene: Scene) -> None:
    scene.leaf((2,))
    scene.leaf((2,), 1)


def _squared(scene: Scene, one: Live) -> Live:
    """A product that saves its operand, whatever the operand."""
    if scene.fits(one.bound**2, one.grain * 2):
        value, bound, grain = build.op("*", one.ref, one.ref), one.bound**2, one.grain * 2
        return scene.apply(value, (one,), one.shape, bound=bound, grain=grain, saves=(one,))
    return scene.apply(build.op("*", one.ref, 1), (one,), one.shape)


def _run(scene: Scene, root: Live, *, retain: bool | None = None, create: bool = False) -> None:
    """A backward with an explicit weight, and a look at the leaves."""
    kwargs: dict[str, Value] = {}
    if create:
        kwargs["create_graph"] = True
    if retain is not None:
        kwargs["retain_graph"] = retain
    weight = () if root.is_scalar else (build.call("torch.ones_like", root.ref),)
    scene.run(build.method(root.ref, "backward", *weight, **kwargs))
    if not (create if retain is None else retain):
        scene.free(root)
    passes.observe_leaves(scene)


def _second_raises(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    _run(scene, root)
    _run(scene, root)
    scene.observe()


SECOND_RAISES = staged(_leaves, GRAPH, _second_raises, GRAPH, passes.backward_newest)


def _partial(scene: Scene) -> None:
    late = _squared(scene, passes.root(scene, 0))
    early = scene.leaf(late.shape, 2, late.dtype)
    root = scene.apply(build.op("+", late.ref, early.ref), (late, early), late.shape, bound=late.bound + early.bound)
    _run(scene, root)
    _run(scene, root)
    scene.observe()


PARTIAL = staged(_leaves, GRAPH, _partial)


def _retained(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    for _ in range(3):
        _run(scene, root, retain=True)


RETAINED = staged(_leaves, GRAPH, _retained, MIXED, passes.backward_newest)


def _last_frees(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    _run(scene, root, retain=True)
    _run(scene, root)
    _run(scene, root)
    scene.observe()


LAST_FREES = staged(_leaves, GRAPH, _last_frees)


# What saves nothing


def sum_or_difference(scene: Scene, a: int, b: int, c: int) -> None:
    """Two tensors added or subtracted."""
    one = graph.operand(scene, a)
    other = graph.partner(scene, one, b)
    shape = broadcast(one.shape, other.shape) or one.shape
    value = build.op(("+", "-")[c % 2], one.ref, other.ref)
    scene.apply(value, (one, other), shape, bound=one.bound + other.bound)


def total(scene: Scene, a: int, _b: int, c: int) -> None:
    """A sum over everything or over the first dimension."""
    one = graph.operand(scene, a)
    if c % 2 and one.ndim:
        value, shape = build.method(one.ref, "sum", 0), one.shape[1:]
    else:
        value, shape = build.method(one.ref, "sum"), ()
    scene.apply(value, (one,), shape, bound=one.bound * max(one.numel, 1))


SAVELESS: Table = (
    Row(25, sum_or_difference),
    Row(12, graph.shift),
    Row(12, graph.reshape),
    Row(8, graph.expand),
    Row(8, total),
    Row(8, graph.rearrange),
    Row(8, graph.join),
    Row(6, graph.cast),
    Row(4, graph.new_leaf),
    Row(3, graph.cut),
)


def _saveless(scene: Scene) -> None:
    scene.leaf((2,))
    sum_or_difference(scene, 0, 0, 0)


def _twice(scene: Scene) -> None:
    root = passes.root(scene, 0)
    _run(scene, root)
    _run(scene, root)
    scene.observe()


def any_twice(scene: Scene, a: int, _b: int, c: int) -> None:
    """A backward that keeps nothing, from anywhere."""
    _run(scene, scene.pick(a, graph.tracked), retain=(None, False)[c % 2])


SAVES_NOTHING = staged(_saveless, SAVELESS, _twice, (*SAVELESS, Row(40, any_twice)), passes.observe_everything)


def operator_twice(scene: Scene, a: int, b: int, c: int) -> None:
    """One operator on fresh leaves, run backward twice."""
    x, w = scene.leaf((2, 2), values=_POSITIVE), scene.leaf((2, 2), 1, values=_POSITIVE)
    name = scene.fresh("y")
    operator = OPERATORS[a % len(OPERATORS)]
    scene.emit(build.assign(name, operator(x.ref, w.ref)))
    root: Value = Ref(name)
    if c % 4 == 3:
        root = build.method(root, "double")
    for again in range(2 + b % 2):
        weight = build.call("torch.ones_like", root)
        retain: dict[str, Value] = {"retain_graph": True} if b % 2 and not again else {}
        scene.run(build.method(root, "backward", weight, **retain))
    scene.observe(x.name, w.name, name)


_POSITIVE = (1.0, 2.0, 0.5, 3.0, 1.5)


def _one_operator(scene: Scene) -> None:
    operator_twice(scene, 6, 0, 0)


OPERATORS_TWICE = staged(_one_operator, (Row(1, operator_twice),), passes.observe_leaves)


# What is freed and what is not


def _only_executed(scene: Scene) -> None:
    trunk = _squared(scene, passes.root(scene, 0))
    root = _squared(scene, trunk)
    weight = build.call("torch.ones_like", root.ref)
    for _ in range(2):
        scene.run(build.call("torch.autograd.grad", root.ref, [trunk.ref], weight))
    scene.freed |= root.nodes - trunk.nodes
    _run(scene, trunk)
    scene.observe()


ONLY_EXECUTED = staged(_leaves, GRAPH, _only_executed)


def _inputs_free(scene: Scene) -> None:
    left, right = scene.leaf((2,)), scene.leaf((2,), 1)
    one, other = _squared(scene, left), _squared(scene, right)
    bound, grain = one.bound * other.bound, one.grain + other.grain
    value = build.op("*", one.ref, other.ref)
    root = scene.apply(value, (one, other), (2,), bound=bound, grain=grain, saves=(one, other))
    for target in (left, right, left):
        passes.backward(scene, root, inputs=(target,))
        scene.observe(left, right)
    _run(scene, other)


def into_any(scene: Scene, a: int, _b: int, c: int) -> None:
    """A backward into one leaf, of any graph."""
    start = scene.pick(a, graph.tracked)
    reached = [one for one in passes.leaves(scene) if one.name in start.leaves] or [scene.leaf()]
    passes.backward(scene, start, retain=(None, None, True)[c % 3], inputs=(reached[c // 3 % len(reached)],))
    passes.observe_leaves(scene)


INPUTS_FREE = staged(_leaves, GRAPH, _inputs_free, (*GRAPH, Row(40, into_any)), passes.observe_everything)


def _overlapping(scene: Scene) -> None:
    trunk = _squared(scene, passes.root(scene, 0))
    apart = scene.leaf(trunk.shape, 3, trunk.dtype)
    first = scene.apply(build.op("-", trunk.ref), (trunk,), trunk.shape)
    second = scene.apply(build.op("+", trunk.ref, apart.ref), (trunk, apart), trunk.shape, bound=trunk.bound + 4)
    _run(scene, first)
    _run(scene, second)
    scene.observe()


OVERLAPPING = staged(_leaves, GRAPH, _overlapping)


def grad_again(scene: Scene, a: int, b: int, c: int) -> None:
    """`torch.autograd.grad` from any tensor for leaves that it reaches, whether or not it was freed."""
    start = scene.pick(a, graph.tracked)
    reached = [one for one in passes.leaves(scene) if one.name in start.leaves] or [scene.leaf()]
    chosen = tuple(dict.fromkeys((reached[c % len(reached)], reached[0])))
    passes.grad(scene, start, chosen, b, retain=(None, True, False)[c // 2 % 3], allow_unused=True)
    passes.observe_leaves(scene)


SEQUENCES: Table = (*GRAPH, Row(45, passes.backward_again), Row(30, grad_again), Row(15, into_any))


def _sequence(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    _run(scene, root, retain=True)
    passes.grad(scene, root, passes.leaves(scene), 0, allow_unused=True)
    passes.observe_leaves(scene)
    _run(scene, root)
    scene.observe()


MIXED_SEQUENCES = staged(_leaves, GRAPH, _sequence, SEQUENCES, passes.backward_newest)

# Gradients of gradients

SMOOTH: Table = (
    Row(20, graph.binary),
    Row(20, graph.power),
    Row(15, graph.fan_out),
    Row(10, graph.scale),
    Row(8, graph.reduce),
    Row(6, graph.shift),
    Row(6, graph.reshape),
    Row(6, graph.multiply),
    Row(5, graph.new_leaf),
    Row(2, graph.rounding),
    Row(1, graph.divide),
)


def _create(scene: Scene, root: Live, *, retain: bool | None = None) -> tuple[Ref, tuple[Live, ...]]:
    """Gradients that have a graph, of every leaf that the root reaches; the name they are bound to."""
    reached = tuple(one for one in passes.leaves(scene) if one.name in root.leaves)
    return Ref(passes.grad(scene, root, reached, 0, retain=retain, create=True)), reached


def _cubic(scene: Scene) -> None:
    """A start that leaves room for second derivatives, and squares of first ones, to be exact."""
    scene.exact_bits = 7
    one = scene.leaf((2,))
    value = build.op("**", one.ref, 3)
    scene.apply(value, (one,), (2,), bound=one.bound**3, grain=one.grain * 3, saves=(one,))


def _create_keeps(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    gradients, _ = _create(scene, root)
    scene.run(gradients)
    _run(scene, root, retain=True)
    _run(scene, root)
    _run(scene, root)
    scene.observe()


CREATE_KEEPS = staged(_cubic, SMOOTH, _create_keeps)


def _create_frees(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    gradients, _ = _create(scene, root, retain=False)
    scene.run(gradients)
    _run(scene, root)
    first = build.item(gradients, 0)
    scene.run(build.method(build.method(build.op("*", first, first), "sum"), "backward"))
    scene.observe()


CREATE_FREES = staged(_cubic, SMOOTH, _create_frees)


def _second_derivative(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    gradients, reached = _create(scene, root)
    scene.run(gradients)
    first = build.item(gradients, 0)
    total = build.method(build.op("*", first, first), "sum")
    scene.emit(build.assign("s", total))
    scene.run(build.call("torch.autograd.grad", Ref("s"), [one.ref for one in reached], retain_graph=True))
    scene.run(build.method(Ref("s"), "backward"))
    passes.observe_leaves(scene)
    _run(scene, root)
    scene.observe()


SECOND_DERIVATIVE = staged(_cubic, SMOOTH, _second_derivative)


def _create_in_place(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    _run(scene, root, create=True)
    _run(scene, root, create=True)
    one = next(one for one in passes.leaves(scene) if one.name in root.leaves)
    slope = build.attr(one.ref, "grad")
    scene.run(build.method(build.method(build.op("*", slope, 2), "sum"), "backward"))
    scene.observe()


BACKWARD_CREATES = staged(_cubic, SMOOTH, _create_in_place)


# Errors before the graph runs


def _refused(scene: Scene) -> None:
    root = _squared(scene, passes.root(scene, 0))
    pair = scene.apply(build.call("torch.stack", [root.ref, root.ref]), (root, root), (2, *root.shape))
    scene.run(build.method(pair.ref, "backward"))
    scene.run(build.method(pair.ref, "backward", build.call("torch.ones", 7)))
    passes.observe_leaves(scene)
    _run(scene, pair)
    _run(scene, pair)
    scene.observe()


def _small(scene: Scene) -> None:
    scene.leaf((2,))
    graph.fan_out(scene, 0, 0, 0)


def refused(scene: Scene, a: int, _b: int, c: int) -> None:
    """A backward refused for its arguments: a weight of another shape, none where one is needed, no tensor."""
    one = passes.root(scene, a)
    wrong: tuple[Value, ...] = (build.call("torch.ones", 7), build.call("torch.ones", 5, 1), 1.0)
    scene.run(build.method(one.ref, "backward", wrong[c % 3]))
    passes.observe_leaves(scene)


REFUSED_KEEPS = staged(_small, (*GRAPH, Row(20, refused), *PASSES), _refused)
