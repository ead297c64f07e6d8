"""Generators for the tenth family: gradients that accumulate, that were assigned, that share memory, or may not."""

from __future__ import annotations

from gradconform.generate import build, passes
from gradconform.generate.build import Value
from gradconform.generate.scene import Live, Scene, Shape
from gradconform.generate.showing import backward, reached, root, showing
from gradconform.generate.writing import Bound, bind, leaf
from gradoracle.program import Ref


def _leaf_of(scene: Scene, one: Live, number: int) -> Live:
    leaves = reached(scene, one)
    return leaves[number % len(leaves)]


def _grad(one: Live | Bound) -> Value:
    return build.attr(one.ref, "grad")


def in_place(scene: Scene, a: int, b: int, c: int) -> None:
    """Two or three passes, and whether `.grad` stays the same object."""
    one = root(scene, a)
    into = _leaf_of(scene, one, b)
    backward(scene, one, c)
    name = scene.fresh("g")
    scene.emit(build.assign(name, _grad(into)))
    for k in range(1 + c % 2):
        backward(scene, one, c + k)
        scene.run(build.op("is", _grad(into), Ref(name)))
    scene.observe(into.name, name)


def out_of_place(scene: Scene, a: int, b: int, c: int) -> None:
    """A pass with `create_graph` onto an existing gradient, and one without behind it."""
    one = leaf(scene, a)
    made = bind(scene, build.op("*", one.ref, (2, one.ref)[b % 2]), one.shape)
    total = build.method(made.ref, "sum")
    name = scene.fresh("g")
    scene.run(build.method(total, "backward", retain_graph=True))
    scene.emit(build.assign(name, _grad(one)))
    scene.run(build.method(total, "backward", create_graph=True))
    scene.run(build.op("is", _grad(one), Ref(name)))
    scene.observe(one.name, name)
    if c % 2:
        scene.run(build.method(total, "backward", retain_graph=True))
        scene.observe(one.name, name)


def _passing(one: Bound, number: int) -> Value:
    """A result of the shape of the leaf, most often a view of it."""
    return (
        build.method(one.ref, "view", *one.shape),
        build.op("*", one.ref, 1),
        build.method(build.method(one.ref, "unsqueeze", 0), "squeeze", 0),
        build.method(one.ref, "clone"),
        build.item(one.ref, ...),
        build.method(one.ref, "reshape", *one.shape),
        build.op("-", one.ref),
        build.method(one.ref, "expand", *one.shape),
    )[number % 8]


def shared(scene: Scene, a: int, b: int, c: int) -> None:
    """Two leaves that are summed, weighed by a tensor of the caller, and a write into one gradient."""
    one = leaf(scene, a)
    other = leaf(scene, b, one.shape)
    weight = scene.leaf(one.shape, c, requires_grad=False, prefix="w")
    value = build.op("+", _passing(one, b), _passing(other, c)) if c % 3 else _passing(one, b)
    scene.run(build.method(bind(scene, value, one.shape).ref, "backward", weight.ref))
    scene.observe(one.name, other.name, weight.name)
    scene.run(build.method(_grad(one), "mul_", 2))
    scene.observe(one.name, other.name, weight.name)
    scene.forget(weight.name)


def weights_kept(scene: Scene, a: int, b: int, c: int) -> None:
    """Several roots with weights that meet in a leaf, and a write into its gradient."""
    one = leaf(scene, a)
    roots = [_passing(one, b + 3 * k) if k % 2 else build.op("*", one.ref, 1 + c % 2) for k in range(2 + c % 2)]
    weights = [scene.leaf(one.shape, c + k, requires_grad=False, prefix="w") for k in range(len(roots))]
    names = [bind(scene, value, one.shape).ref for value in roots]
    scene.run(build.call("torch.autograd.backward", list(names), [weight.ref for weight in weights]))
    scene.run(build.method(_grad(one), "mul_", 2))
    scene.observe(one.name, *weights)


def assigned(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient assigned by the user, and passes onto it."""
    one = root(scene, a)
    into = _leaf_of(scene, one, b)
    given = scene.leaf(into.shape, c, into.dtype, requires_grad=c % 4 == 3, prefix="g")
    scene.forget(given.name)
    scene.emit(build.assign(_grad(into), given.ref))
    backward(scene, one, c)
    scene.run(build.op("is", _grad(into), given.ref))
    scene.observe(into.name, given.name)
    scene.emit(build.assign(_grad(into), None))
    passes.observe_leaves(scene)


def wrong_shape(scene: Scene, a: int, b: int, c: int) -> None:
    """Gradients of another shape or of another dtype, which are refused."""
    one = scene.pick(a, lambda live: live.is_leaf and live.requires_grad)
    shapes: tuple[Shape, ...] = ((*one.shape, 2), (7,), (1, *one.shape), ())
    shape = shapes[b % 4] if shapes[b % 4] != one.shape else (5,)
    kinds: tuple[dict[str, Value], ...] = ({}, {"dtype": build.dtype(one.dtype)}, {"dtype": build.dtype("int64")})
    scene.emit(build.assign(_grad(one), build.filled("torch.ones", shape, **kinds[c % 3])))
    scene.observe(one)


def grad_dtype(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf whose gradient has a dtype of its own, passes, and assignments of either dtype."""
    kind = ("float32", "float64")[a % 2]
    one = scene.leaf((2,), a, kind)
    scene.forget(one.name)
    other = ("float64", "float32", "float16")[b % 3]
    place = build.attr(one.ref, "grad_dtype")
    scene.emit(build.assign(place, None if c % 4 == 3 else build.dtype(other)))
    scene.run(place)
    scene.run(build.method(build.method(build.op("*", one.ref, 2), "sum"), "backward"))
    scene.observe(one.name)
    scene.emit(build.assign(_grad(one), build.call("torch.ones", 2, dtype=build.dtype(kind))))
    if c % 2:
        scene.emit(build.assign(place, build.dtype(kind)))
    scene.run(build.method(build.method(build.op("*", one.ref, 3), "sum"), "backward"))
    scene.observe(one.name)


IN_PLACE = showing(in_place)
OUT_OF_PLACE = showing(out_of_place)
SHARED = showing(shared)
WEIGHTS_KEPT = showing(weights_kept)
ASSIGNED = showing(assigned)
WRONG_SHAPE = showing(wrong_shape)
GRAD_DTYPE = showing(grad_dtype)
