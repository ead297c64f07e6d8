"""Generators for hooks: of tensors, of nodes, of several tensors, and after accumulation, on generated graphs.

A hook tells its name when it runs, so that the order shows. Results that get hooks have memory of their own: nothing
writes to them through another name.
"""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.moves import Row, Table, staged
from gradconform.generate.retain_grad import CALM
from gradconform.generate.scene import Live, Scene
from gradoracle.program import Call, Global, Lambda, Parameter, Ref

_GRAD = Ref("grad")


def _leaves(scene: Scene) -> None:
    scene.leaf((2,))
    scene.leaf((2,), 1)


def _middle(scene: Scene, number: int = 0) -> Live:
    """A new result with memory of its own that nothing has written to."""
    one = passes.root(scene, number)
    factor = 2 if one.bound < 1000 else 0.5
    made = scene.apply(build.op("*", one.ref, factor), (one,), one.shape, bound=one.bound * 2, grain=one.grain + 1)
    scene.saved.add(made.storage)
    return made


def _above(scene: Scene, one: Live) -> Live:
    """A root that uses a tensor twice."""
    scaled = scene.apply(build.op("*", one.ref, 3), (one,), one.shape, bound=one.bound * 3)
    return scene.apply(build.op("+", scaled.ref, one.ref), (scaled, one), one.shape, bound=one.bound * 4)


def _place(scene: Scene, number: int) -> Live:
    """Where a hook of a tensor goes: a leaf one time in three, a fresh result else."""
    if number % 3 == 2:
        return scene.pick(number, lambda one: one.is_leaf and graph.tracked(one))
    return _middle(scene, number)


def _says(text: str, *values: Value) -> Call:
    return Call(Global("print"), (build.expr(text), *map(build.expr, values)))


def _hook(name: str, number: int) -> Lambda:
    """What a tensor hook does: tell that it runs, replace the gradient, or give back the one that it got."""
    body: tuple[Value, ...] = (
        _says(name),
        build.op("*", _GRAD, 2),
        build.op("-", _GRAD),
        build.op("+", _GRAD, 1),
        _GRAD,
        build.method(_GRAD, "clone"),
        build.op("*", _GRAD, 0),
    )
    return Lambda((Parameter("grad"),), build.expr(body[number % len(body)]))


def tensor_hook(scene: Scene, a: int, b: int, _c: int) -> None:
    """`register_hook` on a fresh result or a leaf."""
    one = _place(scene, a)
    scene.run(build.method(one.ref, "register_hook", _hook(f"hook of {one.name}", b)))


def two_hooks(scene: Scene, a: int, b: int, c: int) -> None:
    """Two hooks on one tensor: the second gets what the first gave."""
    one = _place(scene, a)
    for number in (b, c):
        scene.run(build.method(one.ref, "register_hook", _hook(f"hook of {one.name}", number)))


def removed_hook(scene: Scene, a: int, b: int, c: int) -> None:
    """A hook that is removed, before or after it ran, once or twice."""
    one = _place(scene, a)
    handle = scene.fresh("h")
    scene.emit(build.assign(handle, build.method(one.ref, "register_hook", _hook(f"hook of {one.name}", b))))
    if c % 2:
        look(scene, a, c, 0)
    for _ in range(1 + c // 2 % 2):
        scene.run(build.method(Ref(handle), "remove"))


def accumulate_hook(scene: Scene, a: int, _b: int, c: int) -> None:
    """`register_post_accumulate_grad_hook` on a leaf: tells, clears the gradient, or doubles it in place."""
    one = scene.pick(a, lambda live: live.is_leaf and graph.tracked(live))
    param = Ref("param")
    body: tuple[Value, ...] = (
        _says(f"after {one.name}", build.attr(param, "grad")),
        build.method(build.attr(param, "grad"), "mul_", 2),
        build.method(build.attr(param, "grad"), "zero_"),
        build.attr(param, "requires_grad"),
    )
    scene.run(
        build.method(
            one.ref,
            "register_post_accumulate_grad_hook",
            Lambda((Parameter("param"),), build.expr(body[c % len(body)])),
        )
    )


def node_hook(scene: Scene, a: int, b: int, c: int) -> None:
    """`register_hook` or `register_prehook` on the node of a fresh result: tells, or replaces."""
    one = _middle(scene, a)
    node = build.attr(one.ref, "grad_fn")
    if b % 2:
        before: tuple[Value, ...] = (
            _says(f"before {one.name}"),
            (build.op("*", build.item(Ref("grads"), 0), 2),),
            Ref("grads"),
        )
        scene.run(
            build.method(node, "register_prehook", Lambda((Parameter("grads"),), build.expr(before[c % len(before)])))
        )
        return
    after: tuple[Value, ...] = (
        _says(f"after {one.name}"),
        (build.op("-", build.item(Ref("inputs"), 0)), None),
        Ref("inputs"),
    )
    hook = Lambda((Parameter("inputs"), Parameter("outputs")), build.expr(after[c % len(after)]))
    scene.run(build.method(node, "register_hook", hook))


def several(scene: Scene, a: int, b: int, c: int) -> None:
    """`register_multi_grad_hook` on two or three tensors, called after all of them or after the first."""
    tensors = dict.fromkeys((_middle(scene, a).name, _place(scene, b).name, scene.pick(c, graph.tracked).name))
    refs = tuple(Ref(name) for name in tensors)
    if c % 3 == 2:
        hook = Lambda((Parameter("grad"),), _says(f"first of {', '.join(tensors)}"))
        scene.run(build.call("torch.autograd.graph.register_multi_grad_hook", refs, hook, mode="any"))
        return
    hook = Lambda((Parameter("grads"),), _says(f"all of {', '.join(tensors)}"))
    scene.run(build.call("torch.autograd.graph.register_multi_grad_hook", refs, hook))


def retained(scene: Scene, a: int, b: int, c: int) -> None:
    """`retain_grad` before or after a hook: what is kept is what the hooks gave."""
    one = _middle(scene, a)
    keep = build.method(one.ref, "retain_grad")
    hook = build.method(one.ref, "register_hook", _hook(f"hook of {one.name}", b))
    for step in (keep, hook) if c % 2 else (hook, keep):
        scene.run(step)


def raising(scene: Scene, a: int, b: int, _c: int) -> None:
    """A hook that raises, and a backward through it, after which it is removed."""
    one = _place(scene, a)
    handle = scene.fresh("h")
    fails = Lambda((Parameter("grad"),), build.op("//", 1, 0))
    scene.emit(build.assign(handle, build.method(one.ref, "register_hook", fails)))
    passes.backward(scene, _above(scene, one), b, retain=True)
    passes.observe_leaves(scene)
    scene.run(build.method(Ref(handle), "remove"))


def look(scene: Scene, a: int, b: int, _c: int) -> None:
    """A backward that keeps the graph, then a look at the leaves."""
    passes.backward(scene, passes.root(scene, a), b, retain=True)
    passes.observe_leaves(scene)


def into(scene: Scene, a: int, b: int, c: int) -> None:
    """A backward into some leaves only, or `torch.autograd.grad`."""
    (passes.backward_into if c % 2 else passes.grad_kept)(scene, a, b, c)


def _run_all(scene: Scene) -> None:
    passes.backward(scene, _above(scene, _middle(scene)), retain=True)
    scene.observe()


LOOKS: Table = (Row(10, look), Row(4, into))


def _once(scene: Scene) -> None:
    tensor_hook(scene, 0, 0, 0)
    _run_all(scene)


TENSOR = staged(_leaves, (*CALM, Row(40, tensor_hook), *LOOKS), _once)


def _twice(scene: Scene) -> None:
    two_hooks(scene, 0, 1, 3)
    _run_all(scene)


TWO = staged(_leaves, (*CALM, Row(40, two_hooks), *LOOKS), _twice)


def _removed(scene: Scene) -> None:
    removed_hook(scene, 0, 1, 1)
    _run_all(scene)


REMOVED = staged(_leaves, (*CALM, Row(30, removed_hook), Row(10, tensor_hook), *LOOKS), _removed)


def _accumulated(scene: Scene) -> None:
    accumulate_hook(scene, 0, 0, 0)
    _run_all(scene)


AFTER = staged(_leaves, (*CALM, Row(30, accumulate_hook), Row(10, tensor_hook), *LOOKS), _accumulated)


def _nodes(scene: Scene) -> None:
    node_hook(scene, 0, 0, 1)
    node_hook(scene, 0, 1, 1)
    _run_all(scene)


NODES = staged(_leaves, (*CALM, Row(40, node_hook), *LOOKS), _nodes)


def _all_of(scene: Scene) -> None:
    several(scene, 0, 2, 0)
    _run_all(scene)


SEVERAL = staged(_leaves, (*CALM, Row(30, several), Row(8, tensor_hook), *LOOKS), _all_of)

MIXED: Table = (
    *CALM,
    Row(12, tensor_hook),
    Row(12, node_hook),
    Row(8, accumulate_hook),
    Row(8, several),
    Row(8, retained),
    Row(6, removed_hook),
    *LOOKS,
)


def _ordered(scene: Scene) -> None:
    one = _middle(scene)
    node = build.attr(one.ref, "grad_fn")
    scene.run(build.method(node, "register_prehook", Lambda((Parameter("grads"),), _says("node before"))))
    scene.run(
        build.method(node, "register_hook", Lambda((Parameter("inputs"), Parameter("outputs")), _says("node after")))
    )
    scene.run(build.method(one.ref, "register_hook", _hook("tensor", 0)))
    scene.run(build.method(one.ref, "retain_grad"))
    passes.backward(scene, _above(scene, one), retain=True)
    scene.observe()


ORDER = staged(_leaves, MIXED, _ordered)


def _raises(scene: Scene) -> None:
    raising(scene, 0, 0, 0)
    _run_all(scene)


RAISING = staged(_leaves, (*CALM, Row(20, raising), Row(12, tensor_hook), *LOOKS), _raises)


def _retained(scene: Scene) -> None:
    retained(scene, 0, 1, 0)
    _run_all(scene)


RETAINED = staged(_leaves, (*CALM, Row(30, retained), Row(10, node_hook), *LOOKS), _retained)


def _restricted(scene: Scene) -> None:
    tensor_hook(scene, 2, 0, 0)
    accumulate_hook(scene, 0, 0, 0)
    into(scene, 0, 0, 1)
    into(scene, 0, 0, 0)
    scene.observe()


RESTRICTED = staged(_leaves, (*CALM, Row(15, tensor_hook), Row(10, accumulate_hook), Row(20, into)), _restricted)
