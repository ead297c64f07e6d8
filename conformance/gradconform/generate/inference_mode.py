"""Generators for the twelfth family: tensors made inside inference mode, and what may be done with them outside."""

from __future__ import annotations

from gradconform.generate import build
from gradconform.generate.build import Value
from gradconform.generate.scene import Scene, Shape
from gradconform.generate.showing import showing
from gradconform.generate.writing import PLAIN, Bound, back, bind, leaf, look, result, watch, write

INFERENCE = build.call("torch.inference_mode")


def _inside(scene: Scene, value: Value, shape: Shape, dtype: str = "float32") -> Bound:
    """A tensor that is made inside inference mode."""
    with scene.block(INFERENCE, grad_enabled=False):
        return bind(scene, value, shape, dtype, "i")


def _tell(scene: Scene, *ones: Bound) -> None:
    """What kind of tensor each is, and its elements."""
    for one in ones:
        scene.run(tuple(build.method(one.ref, name) for name in ("is_inference", "_is_view", "tolist")))
        scene.run((build.attr(one.ref, "requires_grad"), build.attr(one.ref, "is_leaf")))


def _made(scene: Scene, number: int, choice: int) -> Bound:
    """An inference tensor: made by the user, or computed."""
    one = leaf(scene, number)
    values = (build.op("*", one.ref, 2), build.filled("torch.ones", one.shape), build.method(one.ref, "clone"))
    return _inside(scene, values[choice % 3], one.shape)


def results(scene: Scene, a: int, b: int, c: int) -> None:
    """Results of all kinds inside, and what they are."""
    one = result(scene, a) if c % 2 else leaf(scene, a)
    values = (
        build.op("*", one.ref, 2),
        build.op("*", one.ref, one.ref),
        build.method(one.ref, "clone"),
        build.filled("torch.ones", one.shape),
        build.method(one.ref, "detach"),
        build.item(one.ref, ...),
        build.method(one.ref, "relu"),
    )
    made = _inside(scene, values[b % len(values)], one.shape, one.dtype)
    _tell(scene, made)
    after = bind(scene, build.op("*", one.ref, 3), one.shape, one.dtype)
    _tell(scene, after)
    back(scene, after, c)


def in_place(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes outside, which are refused, and inside, which are not."""
    one = _made(scene, a, c)
    write(scene, one, b, PLAIN[:7])
    _tell(scene, one)
    with scene.block(INFERENCE, grad_enabled=False):
        write(scene, one, b, PLAIN[:7])
    _tell(scene, one)
    if c % 2:
        with scene.block(build.call("torch.no_grad"), grad_enabled=False):
            write(scene, one, b, PLAIN[:7])
        _tell(scene, one)


def saved(scene: Scene, a: int, b: int, c: int) -> None:
    """An operation that would save an inference tensor, and the same with a clone."""
    one = _made(scene, a, c)
    other = leaf(scene, b, one.shape)
    pairs = (one.ref, other.ref) if b % 2 else (other.ref, one.ref)
    scene.run(build.op("*", *pairs))
    copy = bind(scene, build.method(one.ref, "clone"), one.shape)
    made = bind(scene, build.op("*", other.ref, copy.ref), one.shape)
    back(scene, made, c)
    _tell(scene, copy, made)


def unsaved(scene: Scene, a: int, b: int, c: int) -> None:
    """An inference tensor as operand of what saves nothing."""
    one = _made(scene, a, c)
    other = leaf(scene, b, one.shape)
    value = (
        build.op("+", other.ref, one.ref),
        build.op("-", one.ref, other.ref),
        build.op("+", build.op("*", other.ref, 2), build.method(one.ref, "sum")),
    )[b % 3]
    made = bind(scene, value, one.shape)
    _tell(scene, made)
    back(scene, made, c)
    if c % 2:
        scene.run(build.method(made.ref, "add_", one.ref))
        back(scene, made)


def views(scene: Scene, a: int, b: int, c: int) -> None:
    """Views of a normal tensor and of an inference tensor, made inside, and writes through them."""
    one = result(scene, a)
    with scene.block(INFERENCE, grad_enabled=False):
        view = look(scene, one, b)
    _tell(scene, view)
    write(scene, view, c, PLAIN[:5])
    with scene.block(INFERENCE, grad_enabled=False):
        write(scene, view, c // 2, PLAIN[:5])
    watch(scene, one)
    back(scene, one)
    other = _made(scene, b, c)
    inner = look(scene, other, a)
    scene.run((build.method(inner.ref, "is_inference"), build.method(inner.ref, "_is_view")))


def normal_written(scene: Scene, a: int, b: int, c: int) -> None:
    """A normal tensor that a node may have saved, written inside, and a backward outside."""
    one = leaf(scene, a) if c % 3 == 2 else result(scene, a)
    value = build.op("*", one.ref, one.ref) if c % 2 else build.op("*", one.ref, 2)
    made = bind(scene, value, one.shape, one.dtype)
    with scene.block(INFERENCE, grad_enabled=False):
        write(scene, one, b, PLAIN)
    scene.run(build.method(one.ref, "is_inference"))
    watch(scene, one)
    back(scene, made)


def nested(scene: Scene, a: int, b: int, c: int) -> None:
    """Modes inside each other, and a result on each level."""
    one = leaf(scene, a)
    made: list[Bound] = []

    def block(depth: int) -> None:
        kinds = (
            (INFERENCE, False),
            (build.call("torch.inference_mode", False), True),
            (build.call("torch.no_grad"), False),
            (build.call("torch.enable_grad"), True),
        )
        manager, enabled = kinds[(b + 5 * depth) // (1 + depth) % 4] if depth else kinds[0]
        with scene.block(manager, grad_enabled=enabled):
            scene.run((build.call("torch.is_inference_mode_enabled"), build.call("torch.is_grad_enabled")))
            made.append(bind(scene, build.op("*", one.ref, 2 + depth), one.shape))
            if depth < 1 + c % 2:
                block(depth + 1)
                made.append(bind(scene, build.op("*", one.ref, 5), one.shape))

    block(0)
    _tell(scene, *made)
    scene.run((build.call("torch.is_inference_mode_enabled"), build.call("torch.is_grad_enabled")))


RESULTS = showing(results)
IN_PLACE = showing(in_place)
SAVED = showing(saved)
UNSAVED = showing(unsaved)
VIEWS = showing(views)
NORMAL_WRITTEN = showing(normal_written)
NESTED = showing(nested)
