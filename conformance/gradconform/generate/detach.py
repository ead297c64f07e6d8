"""Generators for the seventh family: detached aliases, `.data`, and leaves frozen and thawed."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.scene import Live, Scene
from gradconform.generate.showing import (
    backward,
    clear,
    fresh_leaf,
    product,
    reached,
    root,
    scaled,
    showing,
    summed,
)
from gradoracle.program import Ref, Statement

NO_GRAD = build.call("torch.no_grad")


def _detached(scene: Scene, one: Live, number: int = 0) -> Live:
    """A detached alias, as a method or as a function."""
    value = build.call("torch.detach", one.ref) if number % 2 else build.method(one.ref, "detach")
    return scene.apply(value, (one,), one.shape, view_of=one, detached=True, prefix="d")


def _written(one: Value, number: int) -> Statement:
    """A write through any name."""
    return (
        build.run(build.method(one, "add_", 1)),
        build.run(build.method(one, "zero_")),
        build.run(build.method(one, "mul_", 2)),
        build.assign(build.item(one, ...), 3.0),
        build.run(build.method(one, "fill_", 0.5)),
    )[number % 5]


def _write(scene: Scene, one: Live, number: int) -> None:
    scene.overwrite(one, _written(one.ref, number), bound=one.bound * 2 + 3, grain=max(one.grain, 1))


def _write_data(scene: Scene, one: Live, through: Value, number: int) -> None:
    """A write through something that `.data` gave, which is never recorded."""
    before, scene.grad_enabled = scene.grad_enabled, False
    scene.overwrite(one, _written(through, number), bound=one.bound * 2 + 3, grain=max(one.grain, 1))
    scene.grad_enabled = before


def _write_original(scene: Scene, one: Live, number: int) -> None:
    """A write into the tensor itself, recorded or not."""
    if one.is_leaf or number % 2:
        with scene.block(NO_GRAD, grad_enabled=False):
            _write(scene, one, number)
    else:
        scene.run(build.method(one.ref, "neg_"))


def no_history(scene: Scene, a: int, b: int, c: int) -> None:
    """Aliases of a leaf, of a result, and of an alias."""
    one = scene.pick(a, graph.floating) if c % 2 else root(scene, a)
    alias = _detached(scene, one, b)
    scene.observe(one, alias, _detached(scene, alias, b // 2))


def _victim(scene: Scene, number: int) -> Live:
    """A leaf or a result that may be written: no node saved it."""
    leaf = fresh_leaf(scene, number)
    return leaf if number % 2 == 0 else scaled(scene, leaf, 3)


def shared(scene: Scene, a: int, b: int, c: int) -> None:
    """A write through the alias, then one into the original."""
    one = _victim(scene, a)
    alias = _detached(scene, one, b)
    _write(scene, alias, b)
    scene.observe(one, alias)
    _write_original(scene, scene.get(one.name), c)
    scene.observe(one, alias)


def versions(scene: Scene, a: int, b: int, c: int) -> None:
    """An alias of an alias, and writes through all three names."""
    one = _victim(scene, a)
    alias = _detached(scene, one, b)
    second = _detached(scene, alias, c)
    for k, live in enumerate((alias, second, alias)[: 1 + c % 3]):
        _write(scene, scene.get(live.name), b + k)
    scene.observe(one, alias, second)
    _write_original(scene, scene.get(one.name), c)
    scene.observe(one, alias, second)


def data_versions(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes through `.data`, and into the original, with two such aliases."""
    one = _victim(scene, a)
    names = [scene.fresh("d"), scene.fresh("d")]
    scene.emit(build.assign(names[0], build.attr(one.ref, "data")))
    _write_data(scene, one, Ref(names[0]), b)
    scene.emit(build.assign(names[1], build.attr(one.ref, "data")))
    scene.observe(one.name, *names)
    _write_original(scene, scene.get(one.name), c)
    scene.observe(one.name, *names)


def caught(scene: Scene, a: int, b: int, c: int) -> None:
    """A saved operand or a saved result written through an alias, and a backward."""
    leaf = scene.leaf((2,), a)
    middle = scaled(scene, leaf) if b % 2 else leaf
    if c % 2:
        saved = one = scene.apply(build.method(middle.ref, "relu"), (middle,), (2,), saves_result=True)
    else:
        saved, one = middle, product(scene, middle)
    alias = _detached(scene, saved, b // 2)
    _write(scene, alias, c)
    backward(scene, one, a)
    scene.free(one)
    scene.observe(one, alias)


def unsaved(scene: Scene, a: int, b: int, c: int) -> None:
    """An operand and a result that nothing saved, written through aliases, and a backward."""
    leaf = scene.leaf((2,), a)
    one = scaled(scene, leaf, 3)
    for k, live in enumerate((leaf, one) if b % 2 == 0 else (one,)):
        _write(scene, _detached(scene, live, b), c + k)
    backward(scene, scene.get(one.name))
    scene.observe(leaf, one)


def silent(scene: Scene, a: int, b: int, c: int) -> None:
    """A saved tensor written through `.data`, and a backward."""
    leaf = scene.leaf((2,), a)
    middle = scaled(scene, leaf) if b % 2 else leaf
    one = product(scene, middle)
    _write_data(scene, middle, build.attr(middle.ref, "data"), c)
    backward(scene, one, a)


def cut(scene: Scene, a: int, b: int, c: int) -> None:
    """A product with a detached tensor, so that one path is cut, or every path."""
    one = root(scene, a)
    alias = _detached(scene, one, b)
    other = one if c % 3 < 2 else alias
    bound, grain = one.bound**2, one.grain * 2
    if scene.fits(bound, grain):
        value = build.op("*", other.ref, alias.ref)
    else:
        value, bound, grain = build.op("+", other.ref, alias.ref), one.bound * 2, one.grain
    made = scene.apply(value, (other, alias), one.shape, bound=bound, grain=grain, saves=(other, alias))
    clear(scene)
    backward(scene, made)
    scene.observe(made)


def new_leaf(scene: Scene, a: int, b: int, c: int) -> None:
    """An alias that becomes a leaf of its own, and a backward into it."""
    one = graph.operand(scene, a)
    name = scene.fresh("x")
    alias = build.method(one.ref, "detach")
    if c % 2 == 0:
        scene.emit(build.assign(name, build.method(alias, "requires_grad_")))
    else:
        scene.emit(build.assign(name, alias))
        scene.emit(build.assign(build.attr(Ref(name), "requires_grad"), True))
    leaf = scene.know(
        Live(
            name,
            one.shape,
            one.dtype,
            True,
            storage=one.storage,
            leaves=frozenset({name}),
            bound=one.bound,
            grain=one.grain,
            exact=one.exact,
            expanded=one.expanded,
        )
    )
    made = scaled(scene, leaf, 3)
    if b % 2:
        made = scene.apply(build.op("+", made.ref, one.ref), (made, one), one.shape, bound=made.bound + one.bound)
    backward(scene, made)
    scene.observe(one, leaf)


def copies(scene: Scene, a: int, b: int, c: int) -> None:
    """Copies without history, made in either order, and writes into them."""
    one = graph.operand(scene, a)
    first = build.method(build.method(one.ref, "detach"), "clone")
    second = build.method(build.method(one.ref, "clone"), "detach")
    made = [scene.apply(value, (one,), one.shape, detached=True, prefix="d") for value in (first, second)]
    scene.observe(one, *made)
    for k, live in enumerate(made[: 1 + c % 2]):
        _write(scene, live, b + k)
    scene.observe(one, *made)


def in_place(scene: Scene, a: int, b: int, c: int) -> None:
    """`detach_` on a result that was used, or on a leaf; then what was recorded before, and after."""
    leaf = scene.leaf((2,), a)
    one = scaled(scene, leaf) if c % 4 else leaf
    before = scaled(scene, one, 3)
    scene.run(build.op("is", build.method(one.ref, "detach_"), one.ref))
    scene.change(one.name, requires_grad=False, is_leaf=True, leaves=frozenset(), nodes=frozenset())
    scene.observe(leaf, one, before)
    backward(scene, before)
    if b % 2 == 0:
        after = scene.leaf((2,), b)
        backward(scene, scene.apply(build.op("*", one.ref, after.ref), (after,), (2,), bound=one.bound * after.bound))
    scene.observe(leaf, one)


def views(scene: Scene, a: int, b: int, c: int) -> None:
    """`detach_` on a view, which raises, and a detached alias of the view that is written."""
    base = scaled(scene, scene.leaf((3,), a), 2)
    value, shape = (
        (build.item(base.ref, build.span(1)), (2,)),
        (build.method(base.ref, "view", 3, 1), (3, 1)),
        (build.method(base.ref, "unsqueeze", 0), (1, 3)),
    )[b % 3]
    view = scene.apply(value, (base,), shape, view_of=base)
    scene.run(build.method(view.ref, "detach_"))
    scene.observe(base, view)
    alias = _detached(scene, view, b)
    _write(scene, alias, c)
    scene.observe(base, alias)
    backward(scene, scene.get(base.name))


def frozen(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf that does not require grad beside one that does, and a result of such leaves alone."""
    leaf = scene.leaf((2,), a)
    still = scene.leaf((2,), b, requires_grad=c % 2 == 0, prefix="x")
    if c % 2 == 0:
        scene.run(build.method(still.ref, "requires_grad_", False))
        still = scene.change(still.name, requires_grad=False, leaves=frozenset())
    constant = scaled(scene, still, 2)
    made = scene.apply(build.op("*", leaf.ref, constant.ref), (leaf, constant), (2,), bound=leaf.bound * constant.bound)
    scene.saved.add(constant.storage)
    backward(scene, made)
    scene.observe(leaf, still, constant)


def thawed(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf frozen after the graph was recorded, a backward, the leaf thawed, and another backward."""
    one = summed(scene, root(scene, a))
    leaves = reached(scene, one)
    leaf = leaves[b % len(leaves)]
    off, on = (
        (build.run(build.method(leaf.ref, "requires_grad_", flag)), build.assign(_flag(leaf), flag))[c % 2]
        for flag in (False, True)
    )
    scene.emit(off)
    scene.run(build.method(one.ref, "backward", retain_graph=True))
    scene.observe(*leaves)
    scene.emit(on)
    backward(scene, one)
    scene.observe(*leaves)


def _flag(one: Live) -> Value:
    return build.attr(one.ref, "requires_grad")


def toggled(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf with a gradient switched off and on, with a result in between and one behind."""
    leaf = scene.pick(a, lambda one: one.is_leaf and graph.tracked(one))
    backward(scene, scaled(scene, leaf, 3))
    scene.run(build.op("is", build.method(leaf.ref, "requires_grad_", False), leaf.ref))
    scene.observe(leaf)
    scene.change(leaf.name, requires_grad=False, leaves=frozenset())
    scaled(scene, scene.get(leaf.name), 2)
    if b % 2 == 0:
        scene.emit(build.assign(_flag(leaf), True))
    else:
        scene.run(build.method(leaf.ref, "requires_grad_"))
    leaf = scene.change(leaf.name, requires_grad=True, leaves=frozenset({leaf.name}))
    backward(scene, scaled(scene, leaf, 2), c)


def results_stay(scene: Scene, a: int, b: int, c: int) -> None:
    """`requires_grad` of a result switched off, which raises, and on, which does nothing."""
    one = root(scene, a)
    if b % 2:
        scene.emit(build.assign(_flag(one), False))
    else:
        scene.run(build.method(one.ref, "requires_grad_", False))
    if c % 2 == 0:
        scene.run(build.method(one.ref, "requires_grad_", True))
    scene.observe(one)
    backward(scene, one)


def no_floats(scene: Scene, a: int, b: int, c: int) -> None:
    """Integer and bool tensors that are asked to require grad."""
    kind = ("int64", "bool")[b % 2]
    one = scene.leaf(graph.SHAPES[a % len(graph.SHAPES)], b, kind, requires_grad=False, prefix="n")
    if c % 3 == 0:
        scene.run(build.method(one.ref, "requires_grad_"))
    elif c % 3 == 1:
        scene.emit(build.assign(_flag(one), True))
    else:
        scene.run(build.call("torch.ones", 2, dtype=build.dtype(kind), requires_grad=True))
    scene.run(build.method(one.ref, "requires_grad_", False))
    scene.observe(one)


def late(scene: Scene, a: int, b: int, c: int) -> None:
    """A tensor that is told to require grad after something was computed from it."""
    one = scene.leaf(((2,), (3,), (2, 2), ())[a % 4], a, requires_grad=False)
    early = scaled(scene, one, 2 + b % 2)
    if c % 2:
        scene.emit(build.assign(_flag(one), True))
    else:
        scene.run(build.method(one.ref, "requires_grad_"))
    one = scene.change(one.name, requires_grad=True, leaves=frozenset({one.name}))
    value = build.op("*", one.ref, early.ref)
    made = scene.apply(
        value, (one, early), one.shape, bound=one.bound * early.bound, grain=one.grain * 2, saves=(one, early)
    )
    scene.observe(one, early, made)
    backward(scene, made)
    scene.observe(one, early)


def late_view(scene: Scene, a: int, b: int, c: int) -> None:
    """A view taken before its base is told to require grad, and a backward from what is computed from it."""
    one = scene.leaf((4,), a, requires_grad=False)
    name, result = scene.fresh("v"), scene.fresh("r")
    taken = (build.method(one.ref, "view", 2, 2), build.item(one.ref, build.span(1)), build.item(one.ref, 0))[b % 3]
    scene.emit(build.assign(name, taken))
    scene.run(build.method(one.ref, "requires_grad_"))
    one = scene.change(one.name, requires_grad=True, leaves=frozenset({one.name}))
    scene.observe(one.name, name)
    scene.emit(build.assign(result, build.op("*", Ref(name), 2 + c % 2)))
    scene.run(build.method(build.method(Ref(result), "sum"), "backward"))
    scene.observe(one.name, name, result)
    backward(scene, scaled(scene, one))


def assigned(scene: Scene, a: int, b: int, c: int) -> None:
    """New data for a leaf that a graph saved, the graph run, and a write through the new memory."""
    leaf = scene.leaf((2,), a)
    one = product(scene, leaf)
    new = scene.leaf((2,), b, requires_grad=False, prefix="n")
    scene.emit(build.assign(build.attr(leaf.ref, "data"), new.ref))
    scene.change(leaf.name, storage=new.storage, bound=max(leaf.bound, new.bound), grain=max(leaf.grain, new.grain))
    scene.observe(leaf, new)
    backward(scene, one)
    if c % 2 == 0:
        _write(scene, new, b)
        scene.observe(leaf, new)
    if c % 3 == 0:
        scene.emit(build.assign(build.attr(leaf.ref, "data"), 3))
    scene.free(one)
    passes.observe_leaves(scene)


NO_HISTORY = showing(no_history)
SHARED = showing(shared)
VERSIONS = showing(versions)
DATA_VERSIONS = showing(data_versions)
CAUGHT = showing(caught)
UNSAVED = showing(unsaved)
SILENT = showing(silent)
CUT = showing(cut)
NEW_LEAF = showing(new_leaf)
COPIES = showing(copies)
IN_PLACE = showing(in_place)
VIEWS = showing(views)
FROZEN = showing(frozen)
THAWED = showing(thawed)
TOGGLED = showing(toggled)
RESULTS_STAY = showing(results_stay)
NO_FLOATS = showing(no_floats)
LATE = showing(late)
LATE_VIEW = showing(late_view)
ASSIGNED = showing(assigned)
