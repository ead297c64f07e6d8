"""Generators for the eleventh family: graphs recorded under hooks that pack and unpack what is saved."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.moves import Row, Table, play
from gradconform.generate.scene import Live, Scene
from gradconform.generate.showing import clear, showing
from gradconform.generate.writing import PLAIN, Bound, back, bind, leaf, result, watch, write
from gradoracle.program import Define, Lambda, Parameter, Ref, Return

HOOKS = "torch.autograd.graph.saved_tensors_hooks"
T = Ref("t")

SAVING: Table = (
    Row(20, graph.power),
    Row(20, graph.binary),
    Row(10, graph.fan_out),
    Row(10, graph.unary),
    Row(8, graph.scale),
    Row(8, graph.reduce),
    Row(6, graph.reshape),
    Row(6, graph.multiply),
    Row(4, graph.choose),
    Row(4, graph.index),
)
"""Operations, most of which save something."""


def _same() -> Value:
    return Lambda((Parameter("t"),), T)


def _detaching() -> Value:
    return Lambda((Parameter("t"),), build.method(T, "detach"))


def _telling(scene: Scene, word: str) -> Ref:
    """A hook that tells of its tensor and hands it on, cut off from the graph."""
    name = scene.fresh(word)
    told = build.run(build.call("print", word, build.attr(T, "shape")))
    scene.emit(Define(name, (Parameter("t"),), (told, Return(build.method(T, "detach")))))
    return Ref(name)


def _grow(scene: Scene, a: int, b: int, c: int, count: int) -> Live:
    """Some operations; the newest tensor that requires grad."""
    moves = tuple((a + 13 * k, b + 7 * k, c + 5 * k, a + c + k) for k in range(count))
    play(scene, moves, SAVING)
    return scene.pick(0, lambda one: graph.tracked(one) and not one.is_leaf and one.numel > 0)


def _backward(scene: Scene, one: Live) -> None:
    passes.backward(scene, one, retain=True)
    passes.observe_leaves(scene)


def packed(scene: Scene, a: int, b: int, c: int) -> None:
    """Operations under hooks that tell, and a backward outside."""
    pack, unpack = _telling(scene, "pack"), _telling(scene, "unpack")
    scene.leaf((2,), a)
    with scene.block(build.call(HOOKS, pack, unpack)):
        made = _grow(scene, a, b, c, 1 + c % 3)
    _backward(scene, made)
    scene.observe(made)


def changed(scene: Scene, a: int, b: int, c: int) -> None:
    """Hooks that keep another value than the one that was saved."""
    one = leaf(scene, a)
    double: Value = Lambda((Parameter("t"),), build.op("*", build.method(T, "detach"), 2 + b % 2))
    pair = (double, _same()) if b % 2 == 0 else (_detaching(), double)
    with scene.block(build.call(HOOKS, *pair)):
        made = bind(scene, build.op("*", one.ref, one.ref), one.shape)
        if c % 2:
            made = bind(scene, build.op("**", made.ref, 2), one.shape)
    back(scene, made, c)


def identity(scene: Scene, a: int, b: int, c: int) -> None:
    """Operations under hooks that change nothing, and a backward."""
    pair = ((_same(), _same()), (_detaching(), _same()), (_detaching(), _detaching()))[b % 3]
    scene.leaf((2,), a)
    with scene.block(build.call(HOOKS, *pair)):
        made = _grow(scene, a, b, c, 1 + c % 4)
    _backward(scene, made)
    clear(scene)
    _backward(scene, made)


def context(scene: Scene, a: int, b: int, c: int) -> None:
    """The same operation before, inside and after the context."""
    pack, unpack = _telling(scene, "pack"), _telling(scene, "unpack")
    one = leaf(scene, a)

    def step(of: Bound) -> Bound:
        value = (build.op("*", of.ref, of.ref), build.method(of.ref, "relu"), build.op("**", of.ref, 2))[b % 3]
        return bind(scene, value, one.shape)

    before = step(one)
    with scene.block(build.call(HOOKS, pack, unpack)):
        inside = step(before)
        if c % 2:
            back(scene, inside)
    after = bind(scene, build.op("*", inside.ref, before.ref), one.shape)
    back(scene, after, c)


def nested(scene: Scene, a: int, b: int, c: int) -> None:
    """Contexts in each other, with operations on every level."""
    pairs = [(_telling(scene, word), _same()) for word in ("outer", "inner")]
    one = leaf(scene, a)
    made: list[Bound] = []
    with scene.block(build.call(HOOKS, *pairs[0])):
        if c % 2:
            made.append(bind(scene, build.op("*", one.ref, one.ref), one.shape))
        with scene.block(build.call(HOOKS, *pairs[1])):
            made.append(bind(scene, build.op("**", one.ref, 2 + b % 2), one.shape))
        made.append(bind(scene, build.method(one.ref, "relu"), one.shape))
    for each in made:
        back(scene, each)


def _operands(one: Bound) -> tuple[Value, ...]:
    ref = one.ref
    return (
        build.op("*", ref, ref),
        build.op("+", ref, ref),
        build.method(ref, "exp"),
        build.op("**", ref, 2),
        build.op("**", ref, 3),
        build.method(ref, "relu"),
        build.method(ref, "tanh"),
        build.method(ref, "abs"),
        build.op("*", ref, 2),
        build.method(ref, "sum"),
        build.method(ref, "mean"),
        build.method(ref, "max"),
        build.method(ref, "amax", 0),
        build.method(ref, "prod"),
        build.method(ref, "softmax", 0),
        build.method(ref, "clamp", -1, 1),
        build.call("torch.where", build.op(">", ref, 0), ref, 0.0),
        build.call("torch.maximum", ref, ref),
        build.method(ref, "cumsum", 0),
        build.item(ref, 0),
        build.method(ref, "sin"),
        build.method(ref, "masked_fill", build.op(">", ref, 0), 1.0),
        build.method(ref, "sqrt"),
        build.method(ref, "flip", 0),
        build.call("torch.cat", [ref, ref]),
        build.op("/", ref, 2),
    )


def saves(scene: Scene, a: int, b: int, c: int) -> None:
    """One operation, and what it hands to pack."""
    pack = _telling(scene, "pack")
    one = leaf(scene, a)
    choices = _operands(one)
    for k in range(1 + c % 2):
        name = scene.fresh("y")
        with scene.block(build.call(HOOKS, pack, _same())):
            scene.emit(build.assign(name, choices[(b + k) % len(choices)]))
        scene.observe(name)


def no_tensor(scene: Scene, a: int, b: int, c: int) -> None:
    """An unpack that gives no tensor, and a backward."""
    one = leaf(scene, a)
    choices: tuple[Value, ...] = (5, None, "text", [1.0], 2.5)
    wrong = choices[b % 5]
    with scene.block(build.call(HOOKS, _detaching(), Lambda((Parameter("t"),), build.expr(wrong)))):
        made = bind(scene, (build.op("*", one.ref, one.ref), build.method(one.ref, "exp"))[c % 2], one.shape)
    back(scene, made)


def raising(scene: Scene, a: int, b: int, c: int) -> None:
    """Hooks that raise while the graph is recorded or while it runs."""
    one = leaf(scene, a)
    broken = Lambda((Parameter("t"),), build.call(("int", "float")[b % 2], "no number"))
    pair: tuple[Value, Value] = (broken, _same()) if c % 2 else (_detaching(), broken)
    name = scene.fresh("y")
    scene.emit(build.assign(name, build.op("*", one.ref, 1)))
    with scene.block(build.call(HOOKS, *pair)):
        scene.emit(build.assign(name, build.op("*", one.ref, one.ref)))
    after = bind(scene, build.op("*", one.ref, one.ref), one.shape)
    back(scene, Bound(Ref(name), one.shape))
    back(scene, after)


def disabled(scene: Scene, a: int, b: int, c: int) -> None:
    """Hooks inside a context that disables them, and behind it."""
    one = leaf(scene, a)
    name = scene.fresh("y")
    scene.emit(build.assign(name, build.op("*", one.ref, 1)))
    message = ("not here", "no hooks", "")[b % 3]
    with scene.block(build.call("torch.autograd.graph.disable_saved_tensors_hooks", message)):
        made = bind(scene, build.op("*", one.ref, one.ref), one.shape)
        manager = build.call(HOOKS, _same(), _same()) if c % 2 == 0 else build.call("torch.autograd.graph.save_on_cpu")
        with scene.block(manager):
            scene.emit(build.assign(name, build.op("*", one.ref, one.ref)))
    with scene.block(build.call(HOOKS, _telling(scene, "pack"), _same())):
        after = bind(scene, build.op("*", one.ref, one.ref), one.shape)
    back(scene, made)
    back(scene, after)
    scene.observe(name)


def on_cpu(scene: Scene, a: int, b: int, c: int) -> None:
    """Operations whose saved tensors are kept on the CPU."""
    scene.leaf((2,), a)
    with scene.block(build.call("torch.autograd.graph.save_on_cpu")):
        made = _grow(scene, a, b, c, 1 + c % 4)
    _backward(scene, made)


def mutated(scene: Scene, a: int, b: int, c: int) -> None:
    """Saved tensors that are written inside the context that allows it, and a backward there."""
    with scene.block(build.call("torch.autograd.graph.allow_mutation_on_saved_tensors")):
        one = result(scene, a)
        made = bind(scene, build.op("*", one.ref, one.ref), one.shape, one.dtype, "q")
        for k in range(1 + c % 2):
            write(scene, one, b >> k, PLAIN)
        back(scene, made)
        watch(scene, one, made)
    if c % 3 == 2:
        scene.run(build.method(build.method(made.ref, "sum"), "backward"))


PACKED = showing(packed)
CHANGED = showing(changed)
IDENTITY = showing(identity)
CONTEXT = showing(context)
NESTED = showing(nested)
SAVES = showing(saves)
NO_TENSOR = showing(no_tensor)
RAISING = showing(raising)
DISABLED = showing(disabled)
ON_CPU = showing(on_cpu)
MUTATED = showing(mutated)
