"""Generators for the fourteenth family: graphs whose tensors have lost their names."""

from __future__ import annotations

from gradconform.generate import build, passes
from gradconform.generate.graph import tracked
from gradconform.generate.scene import Live, Scene
from gradconform.generate.showing import root, showing
from gradconform.generate.writing import back, bind, leaf, look, result, watch
from gradoracle.program import Call, Define, Delete, Lambda, Parameter, Ref, Return


def _delete(scene: Scene, *names: str) -> None:
    for name in names:
        scene.emit(Delete((Ref(name),)))
        scene.forget(name)


def kept_leaves(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf that only a graph refers to, found through its node after a backward."""
    one = scene.leaf((2,), a)
    if c % 2:
        name = scene.fresh("make")
        inner = build.op("*", Ref("t"), 2 + b % 2)
        made_inside = build.assign("t", build.method(build.method(one.ref, "detach"), "requires_grad_"))
        scene.emit(Define(name, (), (made_inside, Return(inner))))
        made = bind(scene, Call(Ref(name), ()), (2,))
    else:
        made = bind(scene, build.op(("*", "-", "+")[b % 3], one.ref, 2), (2,))
        _delete(scene, one.name)
    node = build.item(build.item(build.attr(build.attr(made.ref, "grad_fn"), "next_functions"), 0), 0)
    scene.run(build.method(build.method(made.ref, "sum"), "backward"))
    scene.run(build.attr(node, "variable"))
    scene.run(build.attr(build.attr(node, "variable"), "grad"))
    watch(scene, made)


def deleted(scene: Scene, a: int, b: int, c: int) -> None:
    """Every tensor that is no leaf deleted but for one root, and a backward from it."""
    one = root(scene, a)

    def inner(live: Live) -> bool:
        return tracked(live) and not live.is_leaf and live.name != one.name

    gone = [live.name for k, live in enumerate(scene.live(inner)) if (c >> k % 8) % 2 == 0]
    _delete(scene, *gone)
    passes.backward(scene, one, b, retain=True)
    scene.observe()


def kept_hooks(scene: Scene, a: int, b: int, c: int) -> None:
    """A hook of a result that is deleted before backward."""
    one = leaf(scene, a)
    made = bind(scene, build.op("*", one.ref, 2), one.shape)
    grad = Ref("g")
    told = build.call("print", "hook", build.method(grad, "tolist"))
    hook = Lambda((Parameter("g"),), told if b % 2 == 0 else build.op("*", grad, 3))
    scene.run(build.method(made.ref, "register_hook", hook))
    after = bind(scene, build.op(("*", "+")[c % 2], made.ref, made.ref), one.shape)
    scene.emit(Delete((made.ref,)))
    back(scene, after, c)


def kept_bases(scene: Scene, a: int, b: int, c: int) -> None:
    """A view whose base is deleted, written or not, and a backward from it."""
    base = result(scene, a)
    view = look(scene, base, b)
    if c % 2:
        scene.run(build.method(base.ref, "mul_", 2))
    scene.emit(Delete((base.ref,)))
    if c % 3 == 1:
        scene.run(build.method(view.ref, "add_", 1))
    watch(scene, view)
    scene.run(build.attr(view.ref, "_base"))
    back(scene, view, c)


KEPT_LEAVES = showing(kept_leaves)
DELETED = showing(deleted)
KEPT_HOOKS = showing(kept_hooks)
KEPT_BASES = showing(kept_bases)
