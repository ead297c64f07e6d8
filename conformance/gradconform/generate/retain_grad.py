"""Generators for the third family: gradients of tensors that are no leaves."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.moves import Row, Table, staged
from gradconform.generate.scene import Live, Scene
from gradconform.generate.tables import GRAPH, MIXED
from gradoracle.program import Lambda, Parameter, Ref


def _leaf(scene: Scene) -> None:
    scene.leaf((2,))


def retain(scene: Scene, one: Live) -> None:
    """Write `one.retain_grad()`."""
    scene.run(build.method(one.ref, "retain_grad"))


def _inner(one: Live) -> bool:
    return graph.tracked(one) and not one.is_leaf


def _middle(scene: Scene, number: int = 0) -> Live:
    """A new tensor in the middle of the graph, whose memory nothing else writes to: twice or half of a live one."""
    one = passes.root(scene, number)
    factor = 2 if one.bound < 1000 else 0.5
    return scene.apply(build.op("*", one.ref, factor), (one,), one.shape, bound=one.bound * 2, grain=one.grain + 1)


def _above(scene: Scene, one: Live, factor: int = 3) -> Live:
    """A root above a tensor, which uses it twice."""
    scaled = scene.apply(build.op("*", one.ref, factor), (one,), one.shape, bound=one.bound * factor)
    return scene.apply(build.op("+", scaled.ref, one.ref), (scaled, one), one.shape, bound=one.bound * (factor + 1))


def retain_some(scene: Scene, a: int, _b: int, c: int) -> None:
    """`retain_grad` on a tensor inside the graph, and its flag one time in two."""
    one = scene.pick(a, _inner, lambda: _middle(scene))
    retain(scene, one)
    if c % 2:
        scene.run(build.attr(one.ref, "retains_grad"))


def read_flag(scene: Scene, a: int, _b: int, _c: int) -> None:
    """`retains_grad` of any tensor."""
    scene.run(build.attr(scene.pick(a).ref, "retains_grad"))


def read_gradient(scene: Scene, a: int, _b: int, c: int) -> None:
    """`.grad` of a tensor inside the graph, or of any, read as a user does, with the warning that may bring."""
    one = scene.pick(a, _inner, lambda: _middle(scene)) if c % 4 else scene.pick(a)
    scene.run(build.attr(one.ref, "grad"))


def look_inside(scene: Scene, a: int, b: int, _c: int) -> None:
    """A backward that keeps the graph, then a look at everything."""
    passes.backward(scene, passes.root(scene, a), b, retain=True)
    scene.observe()


RETAINING: Table = (*GRAPH, Row(30, retain_some), Row(10, look_inside), Row(6, read_flag))


def _filled(scene: Scene) -> None:
    middle = _middle(scene)
    retain(scene, middle)
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()


FILLED = staged(_leaf, RETAINING, _filled)


def retain_leaf(scene: Scene, a: int, _b: int, _c: int) -> None:
    """`retain_grad` on a leaf that requires grad."""
    one = scene.pick(a, lambda live: live.is_leaf and live.requires_grad)
    retain(scene, one)
    scene.run(build.attr(one.ref, "retains_grad"))


def _leaf_retained(scene: Scene) -> None:
    retain_leaf(scene, 0, 0, 0)
    passes.backward_two(scene)


LEAF = staged(_leaf, (*MIXED, Row(40, retain_leaf)), _leaf_retained)


def retain_untracked(scene: Scene, a: int, b: int, c: int) -> None:
    """`retain_grad` on a tensor that does not require grad: a constant, a detached one, one made under `no_grad`."""
    if b % 3 == 0:
        one = scene.leaf(graph.SHAPES[a % len(graph.SHAPES)], c, requires_grad=False, prefix="c")
    elif b % 3 == 1:
        source = graph.operand(scene, a)
        value = build.method(source.ref, "detach")
        one = scene.apply(value, (source,), source.shape, view_of=source, detached=True, prefix="d")
    else:
        source = graph.operand(scene, a)
        with scene.block(build.call("torch.no_grad"), grad_enabled=False):
            one = scene.apply(build.op("*", source.ref, 1), (source,), source.shape)
    retain(scene, one)
    scene.observe(one)


def _untracked(scene: Scene) -> None:
    retain_untracked(scene, 0, 0, 0)
    retain_untracked(scene, 0, 1, 0)
    passes.backward_newest(scene)


UNTRACKED = staged(_leaf, (*RETAINING, Row(40, retain_untracked)), _untracked)


def _twice(scene: Scene) -> None:
    middle = _middle(scene)
    retain(scene, middle)
    retain(scene, middle)
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()


TWICE = staged(_leaf, RETAINING, _twice)


def _late(scene: Scene) -> None:
    middle = _middle(scene)
    root = _above(scene, middle)
    passes.backward(scene, root, retain=True)
    retain(scene, middle)
    scene.observe(middle)
    passes.backward(scene, root, retain=True)
    scene.observe()


LATE = staged(_leaf, RETAINING, _late)


def _warned(scene: Scene) -> None:
    middle = _middle(scene)
    scene.run(build.attr(middle.ref, "grad"))
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.run(build.attr(middle.ref, "grad"))
    scene.observe()


WARNED = staged(_leaf, (*GRAPH, Row(40, read_gradient), Row(10, look_inside), Row(4, retain_some)), _warned)


def _flagged(scene: Scene) -> None:
    middle = _middle(scene)
    scene.run(build.attr(middle.ref, "retains_grad"))
    retain(scene, middle)
    scene.run(build.attr(middle.ref, "retains_grad"))
    scene.observe()


FLAGS = staged(_leaf, (*RETAINING, Row(25, read_flag), Row(10, retain_leaf)), _flagged)


def _several(scene: Scene) -> None:
    middle = _middle(scene)
    retain(scene, middle)
    root = _above(scene, middle)
    for _ in range(3):
        passes.backward(scene, root, retain=True)
        scene.observe(middle, *passes.leaves(scene))
    scene.observe()


SEVERAL = staged(_leaf, RETAINING, _several)


def _all_uses(scene: Scene) -> None:
    retain(scene, _middle(scene))


def _every_use(scene: Scene) -> None:
    middle = scene.get(next(one.name for one in scene.live(_inner)))
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()


ALL_USES = staged(
    _leaf, GRAPH, _all_uses, (Row(40, graph.fan_out), Row(30, graph.binary), *GRAPH, Row(10, retain_some)), _every_use
)


def _scaling(number: int) -> Lambda:
    return Lambda((Parameter("grad"),), build.op("*", Ref("grad"), (2, -1, 3, 0.5)[number % 4]))


def hooked(scene: Scene, a: int, b: int, c: int) -> None:
    """A fresh tensor with a hook that changes its gradient, registered before or after `retain_grad`."""
    middle = _middle(scene, a)
    scene.saved.add(middle.storage)
    register: Value = build.method(middle.ref, "register_hook", _scaling(b))
    for step in (register, build.method(middle.ref, "retain_grad"))[:: 1 if c % 2 else -1]:
        scene.run(step)
    if c % 3 == 2:
        scene.run(build.method(middle.ref, "register_hook", _scaling(b + 1)))


def _hooks(scene: Scene) -> None:
    for order in (0, 1):
        hooked(scene, 0, order, order)
    passes.backward(scene, _above(scene, scene.live()[0]), retain=True)
    scene.observe()


CALM: Table = tuple(row for row in GRAPH if row.play not in (graph.in_place, graph.cut))
HOOKS = staged(_leaf, (*CALM, Row(25, hooked), Row(10, look_inside)), _hooks)


def retain_and_write(scene: Scene, a: int, b: int, _c: int) -> None:
    """`retain_grad`, then an in-place operation on the same tensor, then a use of it."""
    middle = _middle(scene, a)
    retain(scene, middle)
    number = graph.NUMBERS[b % len(graph.NUMBERS)]
    written: tuple[Value, ...] = (
        build.method(middle.ref, "mul_", number),
        build.method(middle.ref, "add_", number),
        build.method(middle.ref, "neg_"),
        build.method(middle.ref, "zero_"),
    )
    bound = middle.bound * 4 + 4
    scene.overwrite(middle, build.run(written[b % len(written)]), bound=bound, grain=middle.grain + 1)


def _written(scene: Scene) -> None:
    retain_and_write(scene, 0, 0, 0)
    middle = scene.live()[0]
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()


WRITING: Table = (*GRAPH, Row(25, retain_and_write), Row(15, graph.in_place), Row(10, retain_some))
WRITTEN = staged(_leaf, WRITING, _written)


def _written_view(scene: Scene) -> None:
    base = _middle(scene)
    view = scene.apply(build.method(base.ref, "view_as", base.ref), (base,), base.shape, view_of=base)
    retain(scene, base)
    scene.overwrite(view, build.run(build.method(view.ref, "mul_", 2)), bound=base.bound * 2)
    base = scene.get(base.name)
    passes.backward(scene, _above(scene, base), retain=True)
    scene.observe()


WRITTEN_THROUGH_VIEW = staged(_leaf, RETAINING, _written_view)


def grad_for_leaf(scene: Scene, a: int, b: int, c: int) -> None:
    """`torch.autograd.grad` of a root for a leaf or for a tensor on the way, keeping the graph."""
    start = passes.root(scene, a)
    reached = [one for one in passes.leaves(scene) if one.name in start.leaves] or [scene.leaf()]
    passes.grad(scene, start, (reached[c % len(reached)],), b, retain=True, allow_unused=True)
    scene.observe()


def _grad_fills(scene: Scene) -> None:
    middle = _middle(scene)
    retain(scene, middle)
    root = _above(scene, middle)
    reached = tuple(one for one in passes.leaves(scene) if one.name in root.leaves)
    name = passes.grad(scene, root, reached, 0, retain=True)
    scene.run(Ref(name))
    scene.observe()


GRAD_FILLS = staged(_leaf, (*RETAINING, Row(15, grad_for_leaf)), _grad_fills)


def retain_under_no_grad(scene: Scene, a: int, _b: int, c: int) -> None:
    """`retain_grad` while grad mode is off, where the result of an operation cannot retain."""
    one = scene.pick(a, _inner, lambda: _middle(scene))
    with scene.block(build.call("torch.no_grad"), grad_enabled=False):
        retain(scene, one)
        if c % 2:
            made = scene.apply(build.op("+", one.ref, 1), (one,), one.shape, bound=one.bound + 1)
            retain(scene, made)


def _no_grad(scene: Scene) -> None:
    middle = _middle(scene)
    with scene.block(build.call("torch.no_grad"), grad_enabled=False):
        retain(scene, middle)
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()


NO_GRAD = staged(_leaf, (*RETAINING, Row(25, retain_under_no_grad)), _no_grad)


def _create(scene: Scene) -> None:
    scene.exact_bits += 6
    middle = _middle(scene)
    retain(scene, middle)
    if scene.fits(middle.bound**2, middle.grain * 2):
        bound, grain = middle.bound**2, middle.grain * 2
        value = build.op("*", middle.ref, middle.ref)
        root = scene.apply(value, (middle,), middle.shape, bound=bound, grain=grain, saves=(middle,))
    else:
        root = scene.apply(build.method(middle.ref, "tanh"), (middle,), middle.shape, bound=1, exact=False)
    passes.backward(scene, root, create=True)
    scene.observe()
    slope = build.attr(middle.ref, "grad")
    scene.run(build.method(build.method(build.op("*", slope, slope), "sum"), "backward"))
    scene.observe()


def _modest(scene: Scene) -> None:
    """A start that leaves room for the square of a gradient."""
    scene.exact_bits = 6
    scene.leaf((2,))


CREATES = staged(_modest, CALM, _create)


def _own_tensor(scene: Scene) -> None:
    middle = _middle(scene)
    retain(scene, middle)
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()
    scene.run(build.method(build.attr(middle.ref, "grad"), "mul_", 8))
    scene.observe()


OWN_TENSOR = staged(_leaf, RETAINING, _own_tensor)


def _as_input(scene: Scene) -> None:
    middle = _middle(scene)
    passes.backward(scene, _above(scene, middle), retain=True, inputs=(middle,))
    scene.observe()
    passes.backward(scene, _above(scene, middle), retain=True)
    scene.observe()


def into_inner(scene: Scene, a: int, b: int, _c: int) -> None:
    """A backward restricted by `inputs=` to a tensor on the way."""
    middle = _middle(scene, a)
    passes.backward(scene, _above(scene, middle, 2), b, retain=True, inputs=(middle,))
    scene.observe()


INPUTS = staged(_leaf, (*RETAINING, Row(25, into_inner)), _as_input)


def _not_reached(scene: Scene) -> None:
    middle = _middle(scene)
    retain(scene, middle)
    other = scene.leaf(middle.shape, 5)
    passes.backward(scene, _above(scene, other), retain=True)
    scene.run(build.attr(middle.ref, "grad"))
    scene.observe()


NOT_REACHED = staged(_leaf, RETAINING, _not_reached)
