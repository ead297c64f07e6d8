"""Generators for the ninth family: views of bases of all kinds, writes through them, under them and beside them."""

from __future__ import annotations

from gradconform.generate import build
from gradconform.generate.build import Value
from gradconform.generate.scene import Scene, Shape
from gradconform.generate.showing import showing
from gradconform.generate.writing import (
    PLAIN,
    Bound,
    back,
    bind,
    constant,
    deeper,
    leaf,
    look,
    looks,
    result,
    watch,
    write,
)
from gradoracle.program import Ref, Seq

NO_GRAD = build.call("torch.no_grad")


def shared(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes into a constant and through its views, and a look at all of them."""
    base = constant(scene, a)
    view = look(scene, base, b)
    inner = deeper(scene, view, c)
    for k, one in enumerate((base, inner, view)[: 1 + c % 3]):
        write(scene, one, b >> k, PLAIN)
        watch(scene, base, view, inner)


def kinds(scene: Scene, a: int, b: int, c: int) -> None:
    """Several views and copies of a tensor."""
    base = result(scene, a) if c % 2 else constant(scene, a)
    views = [look(scene, base, b + k) for k in range(3)]
    copies = [
        bind(scene, value, base.shape)
        for value in (
            build.method(base.ref, "clone"),
            build.method(base.ref, "flip", 0),
            build.item(base.ref, build.call("torch.tensor", list(range(base.shape[0])))),
        )[: 1 + c % 3]
    ]
    watch(scene, base, *views, *copies)


def bases(scene: Scene, a: int, b: int, c: int) -> None:
    """The base of a view, and of a view of it."""
    base = (result, constant, leaf)[c % 3](scene, a)
    view = look(scene, base, b)
    inner = deeper(scene, view, c)
    for one in (view, inner):
        scene.run(build.op("is", build.attr(one.ref, "_base"), base.ref))
    scene.run(build.attr(base.ref, "_base"))
    watch(scene, base, view, inner)


def scatter(scene: Scene, a: int, b: int, c: int) -> None:
    """Gradients through one or two views of a leaf or a result."""
    base = leaf(scene, a) if c % 2 else result(scene, a)
    for k in range(1 + c % 3):
        view = look(scene, base, b + k)
        back(scene, bind(scene, build.op("*", view.ref, 2 + k), view.shape, base.dtype), c // 2)


def expanded(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient through an expanded tensor."""
    base = leaf(scene, a) if c % 2 else result(scene, a)
    shape: Shape = (2, *base.shape)
    one = base
    if b % 2:
        one = bind(scene, build.method(base.ref, "unsqueeze", 0), (1, *base.shape), base.dtype)
    wide = bind(scene, build.method(one.ref, "expand", *shape), shape, base.dtype, "e")
    back(scene, bind(scene, build.op("*", wide.ref, 2), shape, base.dtype), c)
    watch(scene, base, wide)


def written_through(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes through a view of a result, and a backward from the result and from the view."""
    base = result(scene, a)
    view = look(scene, base, b)
    for k in range(1 + c % 2):
        write(scene, view, c >> k)
    watch(scene, base, view)
    back(scene, base, c)
    back(scene, view, b)


def nested(scene: Scene, a: int, b: int, c: int) -> None:
    """A write through a view of a view, and a backward from the base."""
    base = result(scene, a)
    view = look(scene, base, b)
    inner = deeper(scene, view, c)
    if b % 2:
        inner = deeper(scene, inner, c // 2)
    write(scene, inner, c // 3)
    if c % 2:
        watch(scene, base, view, inner)
    back(scene, base, c)
    back(scene, view)
    watch(scene, base, view, inner)


def written_under(scene: Scene, a: int, b: int, c: int) -> None:
    """A base written under its view, and a backward from the view, its history read or not."""
    base = result(scene, a)
    view = look(scene, base, b)
    if c % 3 == 1:
        watch(scene, view)
    for k in range(1 + c % 2):
        write(scene, base, c >> k)
    if c % 3 == 2:
        watch(scene, base, view)
    back(scene, view, c)
    watch(scene, base, view)


def siblings(scene: Scene, a: int, b: int, c: int) -> None:
    """A write through one of two views, and a backward from the other."""
    base = result(scene, a)
    one = look(scene, base, b)
    other = look(scene, base, c)
    write(scene, one, c // 2)
    back(scene, other, b)
    write(scene, other, b // 2)
    watch(scene, base, one, other)
    back(scene, base, c)


def aliased(scene: Scene, a: int, b: int, c: int) -> None:
    """A saved view or base, a write through another alias, and a backward."""
    base = result(scene, a)
    view = look(scene, base, b)
    other = (base, look(scene, base, c), view)[c % 3]
    saved = base if c % 2 else view
    squared = bind(scene, build.op("*", saved.ref, saved.ref), saved.shape, base.dtype, "q")
    write(scene, other, b // 2, PLAIN)
    back(scene, squared)
    watch(scene, base, view)


def constant_base(scene: Scene, a: int, b: int, c: int) -> None:
    """A constant with views, written from a leaf through one of them or as a whole, and backward passes."""
    base = constant(scene, a)
    view = look(scene, base, b)
    other = look(scene, base, b // 2) if c % 3 == 2 else view
    target = view if c % 2 == 0 else base
    value = leaf(scene, c, target.shape)
    scene.run(build.method(target.ref, ("add_", "mul_", "copy_")[b % 3], value.ref))
    watch(scene, base, view, other)
    back(scene, base, c)
    back(scene, other)


def leaf_view(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes through views of a leaf, which are refused."""
    base = leaf(scene, a)
    view = look(scene, base, b)
    one = view if c % 2 == 0 else deeper(scene, view, c)
    write(scene, one, c)
    watch(scene, base, view, one)


def leaf_view_no_grad(scene: Scene, a: int, b: int, c: int) -> None:
    """Views of a leaf, made outside or inside `no_grad`, written there, and a backward."""
    base = leaf(scene, a)
    outside = look(scene, base, b)
    with scene.block(NO_GRAD, grad_enabled=False):
        view = look(scene, base, b) if c % 2 else outside
        write(scene, view, c // 2, PLAIN)
    watch(scene, base, view)
    back(scene, bind(scene, build.op("*", base.ref, base.ref), base.shape))


def no_grad_view(scene: Scene, a: int, b: int, c: int) -> None:
    """A view made under `no_grad`, written in grad mode, which is refused, and under `no_grad`."""
    base = constant(scene, a) if c % 4 == 3 else result(scene, a)
    with scene.block(NO_GRAD, grad_enabled=False):
        view = look(scene, base, b)
        if c % 2:
            view = deeper(scene, view, b)
    write(scene, view, c)
    watch(scene, base, view)
    with scene.block(NO_GRAD, grad_enabled=False):
        write(scene, view, c // 2, PLAIN)
    watch(scene, base)
    if c % 4 != 3:
        back(scene, base)


def multi_output(scene: Scene, a: int, b: int, c: int) -> None:
    """Outputs of a function that gives several views, written or used after a write to their base."""
    base = constant(scene, a) if c % 4 == 3 else result(scene, a)
    size, rest = base.shape[0], base.shape[1:]
    makers: tuple[tuple[Value, Shape], ...] = (
        (build.method(base.ref, "unbind"), rest),
        (build.method(base.ref, "split", 1), (1, *rest)),
        (build.method(base.ref, "chunk", size), (1, *rest)),
        (build.method(base.ref, "tensor_split", size), (1, *rest)),
    )
    value, shape = makers[b % 4]
    names = [scene.fresh("p") for _ in range(size)]
    target = Seq("tuple", tuple(Ref(name) for name in names))
    scene.emit(build.assign(target, value))
    one = Bound(Ref(names[c % size]), shape, base.dtype)
    if c % 3 == 2:
        write(scene, base, b, PLAIN)
        watch(scene, base, one)
        return
    scene.observe(*names)
    write(scene, one, c // 2)
    watch(scene, base, one)
    if c % 4 != 3:
        back(scene, one)


def stale(scene: Scene, a: int, b: int, c: int) -> None:
    """A view of every kind in turn, and a write to its base."""
    base = result(scene, a)
    for k in range(1 + c % 3):
        value, shape = looks(base)[(b + k) % len(looks(base))]
        view = bind(scene, value, shape, base.dtype, "v")
        write(scene, base, c + k, PLAIN[:3])
        watch(scene, view)


def converted(scene: Scene, a: int, b: int, c: int) -> None:
    """A real view of a complex result or the other way round, a write through it or under it, and a backward."""
    one = leaf(scene, a, (3, 2))
    base = bind(scene, build.op("*", one.ref, 1), (3, 2), prefix="b")
    inner = build.item(base.ref, build.span(1)) if b % 2 else base.ref
    number = bind(scene, build.call("torch.view_as_complex", inner), (3 - b % 2,), prefix="z")
    whole = number.ref if c % 2 else build.item(number.ref, build.span(b % 3 // 2, None, 2))
    values = (build.attr(whole, "real"), build.call("torch.view_as_real", whole), build.attr(whole, "imag"), whole)
    view = bind(scene, values[c % 4], (), prefix="v")
    writes = (
        build.run(build.method(view.ref, "mul_", 2)),
        build.run(build.method(base.ref, "mul_", 3)),
        build.assign(build.item(view.ref, 0), 0.0),
        build.run(build.method(view.ref, "zero_")),
        build.run(build.method(number.ref, "add_", 1)),
    )
    for k in range(1 + c % 2):
        scene.emit(writes[(b + 3 * k) % 5])
    watch(scene, base, number, view)
    scene.run(build.method(build.method(base.ref, "sum"), "backward", retain_graph=True))
    if c % 4 != 3:
        scene.run(build.method(build.method(view.ref, "sum"), "backward", retain_graph=True))
    watch(scene, one)


SHARED = showing(shared)
KINDS = showing(kinds)
BASES = showing(bases)
CONVERTED = showing(converted)
SCATTER = showing(scatter)
EXPANDED = showing(expanded)
WRITTEN_THROUGH = showing(written_through)
NESTED = showing(nested)
WRITTEN_UNDER = showing(written_under)
SIBLINGS = showing(siblings)
ALIASED = showing(aliased)
CONSTANT_BASE = showing(constant_base)
LEAF_VIEW = showing(leaf_view)
LEAF_VIEW_NO_GRAD = showing(leaf_view_no_grad)
NO_GRAD_VIEW = showing(no_grad_view)
MULTI_OUTPUT = showing(multi_output)
STALE = showing(stale)
