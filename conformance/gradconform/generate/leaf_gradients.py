"""Generators for the first family: who is a leaf, who gets a gradient, and which."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.moves import Part, Row, Table, staged
from gradconform.generate.scene import FLOATS, Live, Scene, Shape
from gradconform.generate.tables import GRAPH, MIXED
from gradoracle.program import Ref


def _leaves(*shapes: Shape, dtype: str = "float32") -> Part:
    def prologue(scene: Scene) -> None:
        for number, shape in enumerate(shapes):
            scene.leaf(shape, number, dtype)

    return prologue


def _leaf_or_new(scene: Scene, number: int) -> Live:
    return scene.pick(number, lambda one: one.is_leaf and one.requires_grad)


# Who is a leaf


def made_leaf(scene: Scene, a: int, b: int, _c: int) -> None:
    """A leaf that requires grad, made in one of the ways there are; a conversion makes it a non-leaf."""
    shape: Shape = ((2,), (), (2, 3), (1,))[a % 4]
    ways: tuple[tuple[Value, bool], ...] = (
        (build.filled("torch.ones", shape, requires_grad=True), True),
        (build.method(build.filled("torch.ones", shape), "requires_grad_"), True),
        (build.call("torch.full", shape, 2.0, requires_grad=True), True),
        (build.method(build.filled("torch.zeros", shape, requires_grad=True), "double"), False),
        (build.method(build.filled("torch.ones", shape, requires_grad=True), "clone"), False),
        (build.method(build.filled("torch.ones", shape, requires_grad=True), "float"), True),
        (build.method(build.filled("torch.ones", shape, requires_grad=True), "to", build.dtype("float64")), False),
        (build.op("+", build.filled("torch.ones", shape, requires_grad=True), 2), False),
    )
    value, leaf = ways[b % len(ways)]
    name = scene.fresh("x" if leaf else "y")
    scene.emit(build.assign(name, value))
    kind = "float64" if b % len(ways) in (3, 6) else "float32"
    reached = frozenset({name} if leaf else ())
    scene.know(Live(name, shape, kind, requires_grad=True, is_leaf=leaf, leaves=reached))


def detached_leaf(scene: Scene, a: int, b: int, _c: int) -> None:
    """A leaf cut out of a graph: `y.detach().requires_grad_()`, alone or from a clone."""
    one = graph.operand(scene, a)
    alias = build.method(one.ref, "detach")
    value = build.method(build.method(alias, "clone") if b % 2 else alias, "requires_grad_")
    name = scene.fresh("x")
    scene.emit(build.assign(name, value))
    storage = name if b % 2 else one.storage
    scene.know(
        Live(name, one.shape, one.dtype, requires_grad=True, storage=storage, leaves=frozenset({name}), bound=one.bound)
    )


MAKING: Table = (Row(40, made_leaf), Row(25, detached_leaf), *GRAPH)

WHO_IS_A_LEAF = staged(_leaves((2,)), MAKING, passes.observe_everything)


def untracked(scene: Scene, a: int, b: int, c: int) -> None:
    """A result that does not require grad: of constants, of comparisons, of integers, detached, or like another."""
    one = scene.pick(a, lambda live: live.is_float)
    ways: tuple[tuple[Value, str], ...] = (
        (build.op("*", build.method(one.ref, "detach"), 2), one.dtype),
        (build.op((">", "<=", "==", "!=")[c % 4], one.ref, graph.NUMBERS[c // 4 % 5]), "bool"),
        (build.method(one.ref, "long"), "int64"),
        (build.call(("torch.zeros_like", "torch.ones_like")[c % 2], one.ref), one.dtype),
        (build.op("+", build.method(one.ref, "detach"), build.method(one.ref, "detach")), one.dtype),
        (build.method(one.ref, "bool"), "bool"),
        (build.method(build.method(one.ref, "detach"), "reshape", -1 if one.numel else one.numel), one.dtype),
        (build.call("torch.tensor", [1.0, 2.0]), "float32"),
    )
    value, kind = ways[b % len(ways)]
    shape = {6: (one.numel,), 7: (2,)}.get(b % len(ways), one.shape)
    scene.apply(value, (), shape, dtype=kind, bound=one.bound * 2, grain=one.grain, prefix="c")


def _constants(scene: Scene) -> None:
    scene.leaf((2,), requires_grad=False, prefix="c")
    one = scene.leaf((3,), 1)
    scene.apply(build.op(">", one.ref, 0), (one,), one.shape, dtype="bool", prefix="c")


UNTRACKED = staged(_constants, (Row(60, untracked), Row(20, graph.new_constant), *GRAPH), passes.observe_everything)

INTEGERS = ("int64", "int32", "uint8", "bool", "int16", "int8")


def integer_refused(scene: Scene, a: int, b: int, c: int) -> None:
    """A request that a tensor of integers or bools require grad."""
    kind = build.dtype(INTEGERS[a % len(INTEGERS)])
    name = scene.fresh("i")
    if b % 4 == 0:
        shape = ((2,), (), (2, 3))[c % 3]
        scene.emit(build.assign(name, build.filled("torch.ones", shape, dtype=kind, requires_grad=True)))
        return
    if b % 4 == 1:
        scene.emit(build.assign(name, build.call("torch.tensor", [c % 3, 1], dtype=kind, requires_grad=True)))
        return
    scene.emit(build.assign(name, build.call("torch.ones", 1 + c % 3, dtype=kind)))
    if b % 4 == 2:
        scene.run(build.method(Ref(name), "requires_grad_"))
    else:
        scene.emit(build.assign(build.attr(Ref(name), "requires_grad"), build.TRUE))
    scene.observe(name)


def _integers(scene: Scene) -> None:
    integer_refused(scene, 0, 0, 0)
    integer_refused(scene, 0, 2, 0)
    scene.leaf((2,))


INTEGERS_REFUSED = staged(_integers, (Row(200, integer_refused), *MIXED), passes.backward_newest)


def change_non_leaf(scene: Scene, a: int, b: int, _c: int) -> None:
    """A request to change the flag of a tensor that an operation made: only True is granted."""
    one = passes.root(scene, a)
    if b % 4 == 1:
        scene.emit(build.assign(build.attr(one.ref, "requires_grad"), build.FALSE))
    elif b % 4 == 2:
        scene.run(build.method(one.ref, "requires_grad_"))
    elif b % 4 == 3:
        scene.emit(build.assign(build.attr(one.ref, "requires_grad"), build.TRUE))
    else:
        scene.run(build.method(one.ref, "requires_grad_", build.FALSE))
    scene.observe(one)


def _refuse_once(scene: Scene) -> None:
    change_non_leaf(scene, 0, 0, 0)


FLAG_OF_NON_LEAF = staged(
    _leaves((2, 3)), (*GRAPH, Row(30, change_non_leaf)), _refuse_once, passes.backward_newest
)  # fmt: skip


def toggle(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf's flag switched off or on, by method or by assignment."""
    one = scene.pick(a, lambda live: live.is_leaf and live.is_float and not live.view and live.name[0] in "xc")
    wanted = not one.requires_grad if b % 4 else one.requires_grad
    if c % 2:
        scene.emit(build.assign(build.attr(one.ref, "requires_grad"), wanted))
    else:
        scene.run(build.method(one.ref, "requires_grad_", *(() if wanted else (False,))))
    scene.change(one.name, requires_grad=wanted, leaves=frozenset({one.name} if wanted else ()))


def _toggled(scene: Scene) -> None:
    one = scene.leaf((2,))
    passes.backward(scene, scene.apply(build.op("*", one.ref, 3), (one,), (2,), bound=12), retain=True)
    scene.observe(one)


def _off(scene: Scene) -> None:
    one = _leaf_or_new(scene, 0)
    scene.apply(build.op("*", one.ref, 2), (one,), one.shape, bound=one.bound * 2)
    scene.run(build.method(one.ref, "requires_grad_", build.FALSE))
    scene.change(one.name, requires_grad=False, leaves=frozenset())
    scene.observe(one)
    passes.backward_newest(scene)


FLAG_OF_LEAF = staged(_toggled, (*MIXED, Row(40, toggle)), _off)


# Who gets a gradient, and which

ONLY_LEAVES = staged(_leaves((2, 3), (3,)), GRAPH, passes.backward_newest)

ACCUMULATES = staged(_leaves((2,)), GRAPH, passes.backward_newest, MIXED, passes.backward_two)

VALUES = staged(_leaves((2, 3), (3,)), GRAPH, passes.backward_two)


def _lonely(scene: Scene) -> None:
    alone = scene.leaf((2,), 3)
    scene.forget(alone.name)
    scene.emit(build.assign("aside", build.op("*", alone.ref, 2)))
    scene.leaf((2,))


def _observe_lonely(scene: Scene) -> None:
    passes.backward_newest(scene)
    scene.observe("x1", "aside")


UNREACHED = staged(_lonely, MIXED, _observe_lonely)


def _constant_operand(scene: Scene) -> None:
    one = scene.leaf((2, 3))
    fixed = scene.leaf((3,), 2, requires_grad=False, prefix="c")
    graph_value = build.op("*", one.ref, fixed.ref)
    scene.apply(graph_value, (one, fixed), (2, 3), bound=12, grain=2, saves=(one, fixed))


CONSTANTS: Table = (*GRAPH, Row(25, graph.new_constant))
CONSTANT_OPERANDS = staged(_constant_operand, CONSTANTS, passes.backward_two)


def _diamond(scene: Scene) -> None:
    scene.leaf((2,))
    graph.fan_out(scene, 0, 0, 0)


SHARING: Table = (
    Row(40, graph.fan_out),
    Row(20, graph.binary),
    Row(15, graph.join),
    Row(10, graph.power),
    Row(10, graph.scale),
    Row(8, graph.reduce),
    Row(6, graph.reshape),
    Row(4, graph.new_leaf),
)
REPEATED_USE = staged(_diamond, SHARING, passes.backward_two)

UNUSED: Table = (Row(40, graph.unused), *GRAPH)


def _one_unused(scene: Scene) -> None:
    scene.leaf((2,))
    graph.unused(scene, 0, 0, 0)


UNUSED_BRANCHES = staged(_one_unused, UNUSED, passes.backward_two)


# Dtypes and shapes


def _two_dtypes(scene: Scene) -> None:
    one, other = scene.leaf((2,)), scene.leaf((2,), 1, "float64")
    scene.apply(build.op("*", one.ref, other.ref), (one, other), (2,), bound=16, grain=4, saves=(one, other))


def mixed_leaf(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf of either floating dtype, or an operand of integers or bools."""
    kind = ("float64", "float32", "int64", "bool")[c % 4]
    needs = kind in FLOATS
    scene.leaf(graph.SHAPES[a % len(graph.SHAPES)], b, kind, requires_grad=needs, prefix="x" if needs else "c")


def mixed_binary(scene: Scene, a: int, b: int, c: int) -> None:
    """A sum of or product by a tensor of any dtype."""
    one = graph.operand(scene, a)
    other = scene.pick(b, lambda live: live.shape in (one.shape, ()))
    if other.shape not in (one.shape, ()):
        other = scene.leaf(one.shape, b, "float64")
    bound, grain = one.bound * other.bound, one.grain + other.grain
    product = c % 2 == 0 and scene.fits(bound, grain)
    scene.apply(
        build.op("*" if product else "+", one.ref, other.ref),
        (one, other),
        one.shape,
        bound=bound if product else one.bound + other.bound,
        grain=grain if product else None,
        saves=(one, other) if product else (),
    )


MIXED_DTYPES: Table = (
    Row(30, mixed_binary),
    Row(20, graph.cast),
    Row(20, mixed_leaf),
    Row(15, graph.binary),
    Row(8, graph.reduce),
    Row(6, graph.fan_out),
    Row(4, graph.rounding),
)
DTYPES = staged(_two_dtypes, MIXED_DTYPES, passes.backward_two)

BROADCASTING: Table = (
    Row(45, graph.binary),
    Row(14, graph.new_leaf),
    Row(14, graph.expand),
    Row(8, graph.reshape),
    Row(6, graph.choose),
    Row(6, graph.reduce),
    Row(5, graph.fan_out),
    Row(4, graph.divide),
)


def _broadcast_pair(scene: Scene) -> None:
    column, row = scene.leaf((3, 1)), scene.leaf((1, 3), 1)
    scene.leaf((), 2)
    scene.apply(build.op("*", column.ref, row.ref), (column, row), (3, 3), bound=16, grain=4, saves=(column, row))


BROADCAST = staged(_broadcast_pair, BROADCASTING, passes.backward_two)


def small_leaf(scene: Scene, a: int, b: int, _c: int) -> None:
    """A leaf with no dimensions, with one element, or with none."""
    scene.leaf(((), (0,), (1,), (2, 0), (1, 1), (0, 3))[a % 6], b)


def _empty_and_scalar(scene: Scene) -> None:
    empty, scalar = scene.leaf((0,)), scene.leaf(())
    scene.apply(build.op("*", empty.ref, scalar.ref), (empty, scalar), (0,), bound=16, grain=4, saves=(empty, scalar))


SMALL: Table = (
    Row(30, graph.binary),
    Row(25, small_leaf),
    Row(15, graph.reduce),
    Row(12, graph.reshape),
    Row(8, graph.fan_out),
    Row(8, graph.unary),
    Row(5, graph.expand),
    Row(5, graph.join),
)
EMPTY_AND_SCALAR = staged(_empty_and_scalar, SMALL, passes.backward_two)


# The gradient as an object


def keep_gradient(scene: Scene, a: int, b: int, c: int) -> None:
    """The gradient of a leaf under a name of its own."""
    one = _leaf_or_new(scene, a)
    scene.emit(build.assign("held", build.attr(one.ref, "grad")))
    passes.backward(scene, passes.root(scene, b), c, retain=True)
    scene.observe("held", one)


def _held(scene: Scene) -> None:
    passes.backward(scene, passes.root(scene, 0), retain=True)
    held = _leaf_or_new(scene, 0)
    scene.emit(build.assign("held", build.attr(held.ref, "grad")))
    passes.backward(scene, passes.root(scene, 0), retain=True)
    scene.observe("held", *passes.leaves(scene))


def _simple_root(scene: Scene) -> None:
    one = scene.leaf((2,))
    scene.apply(build.op("*", one.ref, one.ref), (one,), (2,), bound=16, grain=4, saves=(one,))


IN_PLACE_ACCUMULATION = staged(_simple_root, (*MIXED, Row(30, keep_gradient)), _held)


def assign_gradient(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient set by the user: None, a new tensor, a tensor that also has a name, or zeroed in place."""
    one = _leaf_or_new(scene, a)
    place = build.attr(one.ref, "grad")
    if b % 4 == 0:
        scene.emit(build.assign(place, build.call("torch.full_like", one.ref, (2, -1, 0.5)[c % 3])))
    elif b % 4 == 1:
        scene.emit(build.assign("given", build.call("torch.ones_like", one.ref)), build.assign(place, Ref("given")))
        scene.observe("given", one)
    elif b % 4 == 2:
        scene.emit(build.assign(place, None))
    else:
        scene.run(build.method(place, "zero_"))


def _given(scene: Scene) -> None:
    one = _leaf_or_new(scene, 0)
    root = scene.apply(build.op("*", one.ref, 2), (one,), one.shape, bound=one.bound * 2)
    scene.emit(build.assign("given", build.call("torch.ones_like", one.ref)))
    scene.emit(build.assign(build.attr(one.ref, "grad"), Ref("given")))
    passes.backward(scene, root, retain=True)
    scene.observe("given", *passes.leaves(scene))


ASSIGNED = staged(_leaves((2,)), (*MIXED, Row(40, assign_gradient)), _given)


def assign_wrongly(scene: Scene, a: int, b: int, _c: int) -> None:
    """A gradient that PyTorch refuses: another shape, another dtype, no tensor, the tensor itself."""
    one = _leaf_or_new(scene, a)
    place = build.attr(one.ref, "grad")
    other = "float32" if one.dtype == "float64" else "float64"
    wrong: tuple[Value, ...] = (
        build.call("torch.ones", *one.shape, 4),
        build.call("torch.ones_like", one.ref, dtype=build.dtype(other)),
        1.0,
        one.ref,
        [1.0, 2.0],
        "text",
        build.call("torch.ones_like", one.ref, dtype=build.dtype("int64")),
    )
    scene.emit(build.assign(place, wrong[b % len(wrong)]))
    scene.observe(one)


def _wrong_once(scene: Scene) -> None:
    passes.backward(scene, passes.root(scene, 0), retain=True)
    assign_wrongly(scene, 0, 0, 0)
    passes.backward_newest(scene)


ASSIGNMENT_REFUSED = staged(_simple_root, (*MIXED, Row(50, assign_wrongly)), _wrong_once)

VIEWS: Table = (
    Row(30, graph.reshape),
    Row(12, graph.index),
    Row(10, graph.expand),
    Row(10, graph.shift),
    Row(8, graph.scale),
    Row(8, graph.new_leaf),
    Row(6, graph.unary),
    Row(6, graph.rearrange),
    Row(6, graph.binary),
)


def explicit_weight(scene: Scene, a: int, _b: int, c: int) -> None:
    """A backward with a weight that has a name, which is written to afterwards one time in three."""
    start = passes.root(scene, a)
    scene.emit(build.assign("weight", build.filled("torch.ones", start.shape, **_dtype(start))))
    scene.run(build.method(start.ref, "backward", Ref("weight"), retain_graph=True))
    if c % 3 == 2:
        scene.run(build.method(Ref("weight"), "mul_", 2))
    scene.observe("weight", *passes.leaves(scene))


def _dtype(one: Live) -> dict[str, Value]:
    return {} if one.dtype == "float32" else {"dtype": build.dtype(one.dtype)}


def _one_view(scene: Scene) -> None:
    one = scene.leaf((2, 3))
    scene.apply(build.method(one.ref, "view", 3, 2), (one,), (3, 2), view_of=one)


def _explicit(scene: Scene) -> None:
    explicit_weight(scene, 0, 0, 0)


SHARED_MEMORY = staged(_one_view, (*VIEWS, Row(20, explicit_weight)), _explicit)


def leaf_root(scene: Scene, a: int, b: int, c: int) -> None:
    """A backward from a leaf itself."""
    one = _leaf_or_new(scene, a)
    passes.backward(scene, one, b if b % 2 == 0 else b - 1, retain=(None, True)[c % 2])
    scene.observe(one)


def _leaf_root(scene: Scene) -> None:
    scene.leaf(())
    leaf_root(scene, 0, 0, 0)


LEAF_AS_ROOT = staged(_leaf_root, (Row(60, leaf_root), Row(30, graph.new_leaf), *MIXED), passes.backward_newest)
