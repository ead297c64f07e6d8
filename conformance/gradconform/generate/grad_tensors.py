"""Generators for the fourth family: weights of backward. Each move shows one behaviour and keeps the graphs it uses."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.scene import Live, Scene
from gradconform.generate.showing import (
    backward,
    clear,
    product,
    reached,
    root,
    scaled,
    showing,
    summed,
    vector,
    weight,
    weight_or_none,
)
from gradoracle.program import Ref


def _method(scene: Scene, one: Live, *args: Value, **kwargs: Value) -> None:
    scene.run(build.method(one.ref, "backward", *args, **kwargs, retain_graph=True))


def _function(scene: Scene, *args: Value, **kwargs: Value) -> None:
    scene.run(build.call("torch.autograd.backward", *args, **kwargs, retain_graph=True))


def unweighted_scalar(scene: Scene, a: int, _b: int, _c: int) -> None:
    """A scalar without a weight, then with a weight of one."""
    total = summed(scene, root(scene, a))
    _method(scene, total)
    passes.observe_leaves(scene)
    clear(scene)
    _method(scene, total, build.call("torch.tensor", 1.0))
    passes.observe_leaves(scene)


def unweighted_single(scene: Scene, a: int, b: int, _c: int) -> None:
    """A tensor of one element and several dimensions without a weight."""
    total = summed(scene, root(scene, a))
    shape = ((1,), (1, 1), (1, 1, 1))[b % 3]
    single = scene.apply(build.method(total.ref, "reshape", *shape), (total,), shape, view_of=total)
    _method(scene, single)
    passes.observe_leaves(scene)


def missing_weight(scene: Scene, a: int, b: int, _c: int) -> None:
    """A root of several elements, or of none, without a weight, and then with one."""
    one = vector(scene, a) if b % 4 else product(scene, scene.leaf(((2,), (0,), (2, 0))[b // 4 % 3]))
    if b % 2:
        _function(scene, [one.ref])
    else:
        _method(scene, one)
    passes.observe_leaves(scene)
    backward(scene, one)


def weighted(scene: Scene, a: int, b: int, c: int) -> None:
    """A root with a weight, in one of the ways to give one."""
    one = root(scene, a) if c % 2 else vector(scene, a)
    given = weight(scene, one, b)
    if c % 6 < 2:
        _method(scene, one, given.ref)
    elif c % 6 < 4:
        _method(scene, one, gradient=given.ref)
    else:
        _function(scene, [one.ref], [given.ref])
    passes.observe_leaves(scene)


def linear(scene: Scene, a: int, b: int, c: int) -> None:
    """Two weights one after the other, then their sum."""
    one = vector(scene, a)
    first, second = weight(scene, one, b), weight(scene, one, c + 1)
    clear(scene)
    _method(scene, one, first.ref)
    _method(scene, one, second.ref)
    passes.observe_leaves(scene)
    clear(scene)
    _method(scene, one, build.op("+", first.ref, second.ref))
    passes.observe_leaves(scene)


def weighted_sum(scene: Scene, a: int, b: int, _c: int) -> None:
    """A weight, then the sum of the weighted root."""
    one = vector(scene, a)
    given = weight(scene, one, b)
    clear(scene)
    _method(scene, one, given.ref)
    passes.observe_leaves(scene)
    clear(scene)
    scene.run(build.method(build.method(build.op("*", one.ref, given.ref), "sum"), "backward", retain_graph=True))
    passes.observe_leaves(scene)


def method_and_function(scene: Scene, a: int, b: int, c: int) -> None:
    """One backward as a method and in three ways as a function."""
    one = root(scene, a)
    given = weight(scene, one, b)
    _method(scene, one, given.ref)
    passes.observe_leaves(scene)
    _function(scene, one.ref, given.ref)
    passes.observe_leaves(scene)
    _function(scene, [one.ref], [given.ref])
    if c % 2:
        _function(scene, (one.ref,), grad_tensors=(given.ref,))
    passes.observe_leaves(scene)


def several_roots(scene: Scene, a: int, b: int, c: int) -> None:
    """Two or three roots at once."""
    roots = [root(scene, a), root(scene, b), *([root(scene, c)] if c % 3 == 2 else [])]
    if not a and not b:
        roots[1] = product(scene, reached(scene, roots[0])[0])
    weights = [weight_or_none(scene, one, c) for one in roots]
    _function(scene, [one.ref for one in roots], weights)
    passes.observe_leaves(scene)


def overlapping(scene: Scene, a: int, b: int, c: int) -> None:
    """A root inside another root's graph, or twice in the list."""
    lower = root(scene, a)
    upper = lower if b % 3 == 2 else scaled(scene, lower, 3)
    roots = [lower, upper] if b % 2 == 0 else [upper, lower]
    if c % 2:
        scene.run(build.method(scaled(scene, lower).ref, "retain_grad"))
    weights: list[Value] = [weight(scene, one, c + k).ref for k, one in enumerate(roots)]
    _function(scene, [one.ref for one in roots], weights)
    passes.observe_leaves(scene)
    scene.observe(lower, upper)


def none_weights(scene: Scene, a: int, b: int, _c: int) -> None:
    """None beside a weight, then None where it may not stand."""
    wide = vector(scene, a)
    total = summed(scene, wide)
    _function(scene, [total.ref, wide.ref], [None, weight(scene, wide, b).ref])
    passes.observe_leaves(scene)
    _function(scene, [total.ref, wide.ref], [None, None])
    passes.observe_leaves(scene)
    _function(scene, [total.ref, total.ref])
    passes.observe_leaves(scene)


def root_without_grad(scene: Scene, a: int, b: int, c: int) -> None:
    """A constant among the roots, with None or a weight."""
    one = summed(scene, root(scene, a))
    constant = scene.leaf(graph.SHAPES[b % len(graph.SHAPES)], b, requires_grad=False, prefix="c")
    given: Value = None if c % 2 == 0 else build.call("torch.ones_like", constant.ref)
    roots: list[Value] = [one.ref, constant.ref]
    weights: list[Value] = [None, given]
    if c % 4 > 1:
        roots, weights = roots[::-1], weights[::-1]
    _function(scene, roots, weights)
    passes.observe_leaves(scene)
    backward(scene, one)


def wrong_shape(scene: Scene, a: int, b: int, c: int) -> None:
    """A weight of another shape, for the first root, then the right one."""
    one = root(scene, a)
    shapes = ((*one.shape, 2), (), (1, *one.shape), (*one.shape, 1), (one.numel + 1,), one.shape[1:])
    shape = next(shape for shape in (*shapes[b % 6 :], *shapes) if shape != one.shape)
    given = build.call("torch.ones", shape)
    if c % 2:
        _function(scene, [one.ref, one.ref], [given, build.call("torch.ones_like", one.ref)])
    else:
        _method(scene, one, given)
    passes.observe_leaves(scene)
    backward(scene, one)


def wrong_count(scene: Scene, a: int, b: int, c: int) -> None:
    """Fewer weights than roots, then more."""
    one, other = root(scene, a), root(scene, b)
    first, second = weight(scene, one, c), weight(scene, other, c + 1)
    _function(scene, [one.ref, other.ref], [first.ref])
    passes.observe_leaves(scene)
    _function(scene, [one.ref], [first.ref, second.ref])
    passes.observe_leaves(scene)


def no_tensor(scene: Scene, a: int, b: int, c: int) -> None:
    """A Python number as a weight."""
    one = root(scene, a)
    number = graph.NUMBERS[b % len(graph.NUMBERS)]
    if c % 2:
        _method(scene, one, number)
    else:
        _function(scene, [one.ref], [number])
    passes.observe_leaves(scene)
    backward(scene, one)


def cast_weight(scene: Scene, a: int, b: int, _c: int) -> None:
    """A weight of the other floating dtype."""
    one = vector(scene, a)
    other = "float64" if one.dtype == "float32" else "float32"
    _method(scene, one, scene.leaf(one.shape, b, other, requires_grad=False, prefix="w").ref)
    passes.observe_leaves(scene)


def complex_weight(scene: Scene, a: int, b: int, _c: int) -> None:
    """A complex weight for a real root."""
    one = root(scene, a)
    kind = build.dtype(("complex64", "complex128")[b % 2])
    _method(scene, one, build.call("torch.ones_like", one.ref, dtype=kind))
    passes.observe_leaves(scene)
    backward(scene, one)


def tracked_weight(scene: Scene, a: int, b: int, c: int) -> None:
    """A weight that requires grad, without and with `create_graph`."""
    one = vector(scene, a)
    leaf = reached(scene, one)[c % len(reached(scene, one))]
    given = weight(scene, one, b, requires_grad=True)
    _method(scene, one, given.ref)
    passes.observe_leaves(scene)
    name = scene.fresh("r")
    gradient = build.call("torch.autograd.grad", one.ref, leaf.ref, given.ref, create_graph=True)
    scene.emit(build.assign((Ref(name),), gradient))
    scene.observe(name)
    scene.run(build.method(build.method(Ref(name), "sum"), "backward", retain_graph=True))
    passes.observe_leaves(scene)


def reused_weight(scene: Scene, a: int, b: int, c: int) -> None:
    """One weight for two roots, more than once."""
    one = vector(scene, a)
    other = scaled(scene, one, 1 + c % 3)
    given = weight(scene, one, b)
    for _ in range(2):
        _function(scene, [one.ref, other.ref], [given.ref, given.ref])
        scene.observe(given)
    passes.observe_leaves(scene)


def taken_weight(scene: Scene, a: int, b: int, c: int) -> None:
    """A weight that the gradient of a leaf may share memory with, then a write and another backward."""
    leaf = scene.leaf(((2,), (3,), (2, 2), (1,))[a % 4], a // 4)
    given = scene.leaf((leaf.numel,), b, requires_grad=False, prefix="w")
    through = (
        build.method(leaf.ref, "view", -1),
        build.method(leaf.ref, "reshape", leaf.numel),
        build.method(build.op("+", leaf.ref, 0), "reshape", -1),
        build.method(build.method(leaf.ref, "clone"), "view", -1),
    )[c % 4]
    name = scene.fresh("r")
    scene.run(build.method(through, "backward", given.ref))
    scene.emit(build.assign(name, build.attr(leaf.ref, "grad")))
    scene.observe(leaf.name, given.name, name)
    scene.run(build.method(Ref(name), "add_", 1))
    scene.observe(given.name, name)
    scene.run(build.method(through, "backward", build.call("torch.ones", leaf.numel)))
    scene.observe(leaf.name, given.name, name)


def zero_weight(scene: Scene, a: int, _b: int, c: int) -> None:
    """A weight of zeros, into leaves without a gradient or with one."""
    one = root(scene, a)
    if c % 2 == 0:
        clear(scene)
    _method(scene, one, build.call("torch.zeros_like", one.ref))
    passes.observe_leaves(scene)


def old_name(scene: Scene, a: int, b: int, c: int) -> None:
    """`grad_variables`, alone and beside `grad_tensors`."""
    one = root(scene, a)
    given = weight(scene, one, b)
    _function(scene, one.ref, grad_variables=given.ref)
    passes.observe_leaves(scene)
    if c % 2 == 0:
        _function(scene, one.ref, given.ref, grad_variables=given.ref)
        passes.observe_leaves(scene)


UNWEIGHTED_SCALAR = showing(unweighted_scalar)
UNWEIGHTED_SINGLE = showing(unweighted_single)
MISSING = showing(missing_weight)
WEIGHTED = showing(weighted)
LINEAR = showing(linear)
WEIGHTED_SUM = showing(weighted_sum)
METHOD_AND_FUNCTION = showing(method_and_function)
SEVERAL_ROOTS = showing(several_roots)
OVERLAPPING = showing(overlapping)
NONE_WEIGHTS = showing(none_weights)
ROOT_WITHOUT_GRAD = showing(root_without_grad)
WRONG_SHAPE = showing(wrong_shape)
WRONG_COUNT = showing(wrong_count)
NO_TENSOR = showing(no_tensor)
CAST = showing(cast_weight)
COMPLEX = showing(complex_weight)
TRACKED = showing(tracked_weight)
REUSED = showing(reused_weight)
TAKEN = showing(taken_weight)
ZERO = showing(zero_weight)
OLD_NAME = showing(old_name)
