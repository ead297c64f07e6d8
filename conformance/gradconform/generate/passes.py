"""Moves and parts that run backward passes and look at what they left."""

from __future__ import annotations

from gradconform.generate import build
from gradconform.generate.build import Value
from gradconform.generate.graph import tracked
from gradconform.generate.scene import Live, Scene
from gradoracle.program import Ref


def gradient_for(root: Live, number: int) -> Value:
    """A cotangent of the shape of `root`, exact; None for a single element, one time in four not."""
    if root.is_scalar and number % 4 != 3:
        return None
    if number % 3 == 2:
        return build.call("torch.full_like", root.ref, (2, -1, 0.5)[number // 3 % 3])
    return build.call("torch.ones_like", root.ref)


def backward(
    scene: Scene,
    root: Live,
    number: int = 0,
    *,
    retain: bool | None = None,
    create: bool = False,
    inputs: tuple[Live, ...] = (),
) -> None:
    """Write `root.backward(...)`; `number` chooses how a root of several elements gets its gradient."""
    kwargs: dict[str, Value] = {}
    if retain is not None:
        kwargs["retain_graph"] = retain
    if create:
        kwargs["create_graph"] = True
    if inputs:
        kwargs["inputs"] = [one.ref for one in inputs]
    gradient = gradient_for(root, number)
    if gradient is not None and number % 2 and root.numel:
        scene.run(build.method(build.method(root.ref, "sum"), "backward", **kwargs))
    else:
        scene.run(build.method(root.ref, "backward", *([] if gradient is None else [gradient]), **kwargs))
    if not (create if retain is None else retain):
        scene.free(root)


def grad(
    scene: Scene,
    root: Live,
    inputs: tuple[Live, ...],
    number: int = 0,
    *,
    retain: bool | None = None,
    create: bool = False,
    allow_unused: bool | None = None,
) -> str:
    """Write `g = torch.autograd.grad(...)` and return the name that the tuple is bound to."""
    kwargs: dict[str, Value] = {}
    gradient = gradient_for(root, number)
    if retain is not None:
        kwargs["retain_graph"] = retain
    if create:
        kwargs["create_graph"] = True
    if allow_unused is not None:
        kwargs["allow_unused"] = allow_unused
    name = scene.fresh("g")
    args: list[Value] = [root.ref, [one.ref for one in inputs]]
    if gradient is not None:
        args.append(gradient)
    scene.emit(build.assign(name, build.call("torch.autograd.grad", *args, **kwargs)))
    if not (create if retain is None else retain):
        scene.free(root)
    return name


def root(scene: Scene, number: int) -> Live:
    """A tensor to start a backward from: one that requires grad and of whose graph nothing was freed."""
    return scene.pick(
        number, lambda one: tracked(one) and not one.is_leaf and scene.intact(one), lambda: _product(scene)
    )


def leaves(scene: Scene) -> tuple[Live, ...]:
    """The leaves that require grad, oldest first."""
    return scene.live(lambda one: one.is_leaf and one.requires_grad)[::-1]


def observe_leaves(scene: Scene) -> None:
    """Look at every leaf that requires grad."""
    scene.observe(*leaves(scene))


def observe_everything(scene: Scene) -> None:
    """Look at every live tensor."""
    scene.observe()


# Moves


def backward_kept(scene: Scene, a: int, b: int, _c: int) -> None:
    """A backward that keeps the graph, then a look at the leaves."""
    backward(scene, root(scene, a), b, retain=True)
    observe_leaves(scene)


def backward_freed(scene: Scene, a: int, b: int, _c: int) -> None:
    """A backward of an intact graph, which frees it, then a look at the leaves."""
    backward(scene, root(scene, a), b)
    observe_leaves(scene)


def backward_again(scene: Scene, a: int, b: int, c: int) -> None:
    """A backward from any tensor that requires grad, whether or not part of its graph was freed."""
    backward(scene, scene.pick(a, tracked, lambda: _product(scene)), b, retain=(None, True, False)[c % 3])
    observe_leaves(scene)


def backward_into(scene: Scene, a: int, b: int, c: int) -> None:
    """A backward restricted to one leaf by `inputs=`."""
    start = root(scene, a)
    reached = [one for one in leaves(scene) if one.name in start.leaves] or [scene.leaf()]
    backward(scene, start, b, retain=True, inputs=(reached[c % len(reached)],))
    observe_leaves(scene)


def grad_kept(scene: Scene, a: int, b: int, c: int) -> None:
    """`torch.autograd.grad` of one root for one or two leaves that it reaches, keeping the graph."""
    start = root(scene, a)
    reached = [one for one in leaves(scene) if one.name in start.leaves]
    if not reached:
        backward_kept(scene, a, b, c)
        return
    chosen = (reached[c % len(reached)], *(reached[:1] if c % 2 else ()))
    name = grad(scene, start, chosen, b, retain=True)
    scene.run(Ref(name))


def clear_grad(scene: Scene, a: int, _b: int, _c: int) -> None:
    """`x.grad = None`, as `zero_grad` does."""
    one = scene.pick(a, lambda live: live.is_leaf and live.requires_grad)
    scene.emit(build.assign(build.attr(one.ref, "grad"), None))


def _product(scene: Scene) -> Live:
    one = scene.leaf()
    return scene.apply(build.op("*", one.ref, one.ref), (one,), one.shape, bound=16, grain=4, saves=(one,))


# Epilogues


def backward_newest(scene: Scene) -> None:
    """A backward from the newest intact root, keeping the graph, then a look at everything."""
    backward(scene, root(scene, 0), retain=True)
    scene.observe()


def backward_two(scene: Scene) -> None:
    """Backward passes from the two newest intact roots, the second accumulating onto the first."""
    backward(scene, root(scene, 0), retain=True)
    observe_leaves(scene)
    backward(scene, root(scene, 1), retain=True)
    scene.observe()
