"""Generators for the eighth family: writes of all kinds, into results, constants and leaves, and what they leave."""

from __future__ import annotations

from gradconform.generate import build, passes
from gradconform.generate.build import Value
from gradconform.generate.scene import Scene
from gradconform.generate.showing import showing
from gradconform.generate.writing import PLAIN, WRITES, Bound, back, bind, constant, leaf, result, watch, write
from gradoracle.program import Ref

NO_GRAD = build.call("torch.no_grad")


def _square(scene: Scene, one: Bound) -> Bound:
    """A result that saved its operand."""
    return bind(scene, build.op("*", one.ref, one.ref), one.shape, one.dtype, "q")


def versions(scene: Scene, a: int, b: int, c: int) -> None:
    """Several writes into a constant, then into a result."""
    one = constant(scene, a) if c % 2 == 0 else result(scene, a)
    for k in range(1 + c % 4):
        write(scene, one, b >> k, PLAIN)
        watch(scene, one)


def incremented(scene: Scene, a: int, b: int, c: int) -> None:
    """Versions raised by hand, of a constant, or of a tensor that a node saved."""
    one = constant(scene, a) if c % 2 == 0 else result(scene, a)
    squared = _square(scene, one)
    choices: tuple[Value, ...] = (one.ref, [one.ref], (one.ref, one.ref))
    given = choices[b % 3]
    scene.run(build.call("torch.autograd.graph.increment_version", given))
    watch(scene, one, squared)
    if c % 2:
        back(scene, squared)


def same_object(scene: Scene, a: int, b: int, c: int) -> None:
    """What a write returns, and a second name of the tensor."""
    one = result(scene, a)
    other = bind(scene, one.ref, one.shape, one.dtype)
    written = build.method(one.ref, ("add_", "mul_", "sub_")[b % 3], 2)
    scene.run(build.op("is", written, one.ref))
    scene.emit(build.augment(one.name, ("*", "+", "-")[c % 3], 3))
    scene.run(build.op("is", one.ref, other.ref))
    watch(scene, one, other)


def chains(scene: Scene, a: int, b: int, c: int) -> None:
    """Several writes into a result, and a backward from it."""
    one = result(scene, a)
    for k in range(1 + b % 4):
        write(scene, one, c >> k)
    watch(scene, one)
    back(scene, one, c)


def earlier(scene: Scene, a: int, b: int, c: int) -> None:
    """Results computed before and after a write, and a backward from each."""
    one = result(scene, a)
    before = bind(scene, build.op("*", one.ref, 3), one.shape, one.dtype)
    write(scene, one, b)
    after = bind(scene, build.op("+", one.ref, 1), one.shape, one.dtype)
    back(scene, before, c)
    back(scene, after, c)
    watch(scene, one, before, after)


def saved_operand(scene: Scene, a: int, b: int, c: int) -> None:
    """An operand that was saved, written, and a backward that is refused; the same again."""
    one = result(scene, a)
    squared = _square(scene, one)
    for k in range(1 + c % 2):
        write(scene, one, b >> k, PLAIN)
    back(scene, squared, c)
    if c % 3 == 0:
        back(scene, squared)
    watch(scene, one, squared)


SAVES_RESULT = ("exp", "sigmoid", "tanh", "sqrt", "relu", "rsqrt", "reciprocal")
"""Functions whose node saves the result."""


def saved_result(scene: Scene, a: int, b: int, c: int) -> None:
    """A result that its own node saved, written, and a backward."""
    one = result(scene, a)
    operand = build.op("+", build.op("*", one.ref, one.ref), 1)
    made = bind(scene, build.method(operand, SAVES_RESULT[b % len(SAVES_RESULT)]), one.shape, one.dtype)
    write(scene, made, c, PLAIN)
    watch(scene, made)
    back(scene, made)


def unsaved(scene: Scene, a: int, b: int, c: int) -> None:
    """A tensor that no node saved, written after it was used."""
    one = result(scene, a)
    made = bind(scene, build.op(("+", "*", "-")[b % 3], one.ref, 3), one.shape, one.dtype)
    write(scene, one, c)
    back(scene, made, b)
    watch(scene, one, made)


def self_operand(scene: Scene, a: int, b: int, c: int) -> None:
    """A tensor written by itself, and a backward."""
    one = result(scene, a)
    scene.run(build.method(one.ref, ("mul_", "add_", "sub_", "div_", "copy_")[b % 5], one.ref))
    if c % 2:
        scene.run(build.method(one.ref, "pow_", 2 + c % 3))
    watch(scene, one)
    back(scene, one)


def leaf_refused(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes into a leaf, which are refused."""
    one = leaf(scene, a)
    for k in range(1 + c % 3):
        write(scene, one, b >> k)
    watch(scene, one)
    back(scene, bind(scene, build.op("*", one.ref, 2), one.shape))


def leaf_no_grad(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes into a leaf under `no_grad`, and a backward afterwards."""
    one = leaf(scene, a)
    with scene.block(NO_GRAD, grad_enabled=False):
        for k in range(1 + c % 3):
            write(scene, one, b >> k, PLAIN)
    watch(scene, one)
    back(scene, _square(scene, one), c)


def leaf_step(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf that a node saved and that is written under `no_grad` before backward."""
    one = leaf(scene, a)
    squared = _square(scene, one)
    if c % 3 == 2:
        back(scene, squared)
    with scene.block(NO_GRAD, grad_enabled=False):
        write(scene, one, b, PLAIN)
    back(scene, squared)
    watch(scene, one)


def joins(scene: Scene, a: int, b: int, c: int) -> None:
    """A constant written from tensors that require grad, and a backward from it."""
    one = constant(scene, a)
    other = leaf(scene, b, one.shape)
    scene.run(build.method(one.ref, ("add_", "copy_", "mul_", "sub_")[b % 4], other.ref))
    watch(scene, one)
    if c % 2:
        write(scene, one, c // 2)
    back(scene, one, c)
    watch(scene, one)


def cuts(scene: Scene, a: int, b: int, c: int) -> None:
    """A result that is overwritten as a whole, and a backward."""
    one = result(scene, a)
    other = leaf(scene, b, one.shape, one.dtype)
    scene.run(
        (
            build.method(one.ref, "zero_"),
            build.method(one.ref, "fill_", 3.0),
            build.method(one.ref, "copy_", other.ref),
            build.method(one.ref, "mul_", 0),
        )[b % 4]
    )
    if c % 2:
        scene.run(build.method(one.ref, "add_", other.ref))
    watch(scene, one)
    back(scene, one, c)


def masked(scene: Scene, a: int, b: int, c: int) -> None:
    """A masked fill by a number or by a tensor, and a backward."""
    one = result(scene, a)
    value: Value = 0.5 if c % 2 == 0 else leaf(scene, c, (), one.dtype).ref
    mask = build.op((">", "<=", "!=")[b % 3], build.method(one.ref, "detach"), 0)
    scene.run(build.method(one.ref, "masked_fill_", mask, value))
    watch(scene, one)
    back(scene, one, c // 2)


def indexed(scene: Scene, a: int, b: int, c: int) -> None:
    """Values put into a vector by index, and a backward."""
    size = 2 + a % 3
    base = leaf(scene, a, (size,))
    one = bind(scene, build.op("*", base.ref, 1), (size,), prefix="b")
    values = leaf(scene, b, (2,))
    index = build.call("torch.tensor", [b % size, (b + 1) % size])
    repeated = build.call("torch.tensor", [b % size, b % size])
    scene.run(
        (
            build.method(one.ref, "index_put_", (index,), values.ref),
            build.method(one.ref, "index_put_", (repeated,), values.ref, accumulate=True),
            build.method(one.ref, "index_add_", 0, repeated, values.ref),
            build.method(one.ref, "index_copy_", 0, index, values.ref),
            build.method(one.ref, "index_fill_", 0, index, 0.5),
            build.method(one.ref, "scatter_", 0, index, values.ref),
            build.method(one.ref, "scatter_add_", 0, repeated, values.ref),
        )[c % 7]
    )
    watch(scene, one)
    back(scene, one, b)


def assigned(scene: Scene, a: int, b: int, c: int) -> None:
    """An assignment through an index of any kind, and a backward."""
    one = result(scene, a)
    size, rest = one.shape[0], one.shape[1:]
    places: tuple[tuple[Value, tuple[int, ...]], ...] = (
        (0, rest),
        (build.span(1), (size - 1, *rest)),
        (build.span(None, None, 2), ((size + 1) // 2, *rest)),
        (build.call("torch.tensor", [size - 1]), (1, *rest)),
        (-1, rest),
        ((..., 0), one.shape[:-1]),
        (build.call("torch.tensor", [k % 2 == 0 for k in range(size)]), ((size + 1) // 2, *rest)),
    )
    place, shape = places[b % len(places)]
    value: Value = (2.0, leaf(scene, c, (), one.dtype).ref, leaf(scene, c, shape, one.dtype).ref)[c % 3]
    if c % 5 == 4:
        scene.emit(build.augment(build.item(one.ref, place), "*", value))
    else:
        scene.emit(build.assign(build.item(one.ref, place), value))
    watch(scene, one)
    back(scene, one, b)


def broadcast(scene: Scene, a: int, b: int, c: int) -> None:
    """A right operand that is broadcast, and a backward."""
    one = constant(scene, a) if c % 2 else result(scene, a)
    shape = ((), (1,), one.shape[-1:], (*one.shape[:-1], 1))[b % 4]
    other = leaf(scene, b, shape, one.dtype)
    scene.run(build.method(one.ref, ("add_", "mul_", "sub_", "copy_")[c // 2 % 4], other.ref))
    watch(scene, one)
    back(scene, one, c)


def too_small(scene: Scene, a: int, b: int, c: int) -> None:
    """An operand that does not fit, with more dimensions or of another size."""
    one = constant(scene, a) if c % 2 else result(scene, a)
    shape = ((2, *one.shape), (*one.shape[:-1], one.shape[-1] + 2), (3, 1, *one.shape))[b % 3]
    other = build.filled("torch.ones", shape)
    scene.run(build.method(one.ref, ("add_", "mul_", "copy_")[c // 2 % 3], other))
    watch(scene, one)


def casts(scene: Scene, a: int, b: int, c: int) -> None:
    """A right operand of another dtype, for a result or for integers, and a backward where there is one."""
    other = leaf(scene, b, (2,), "float64")
    operation = ("add_", "mul_", "sub_")[b % 3]
    if c % 3 == 0:
        whole = scene.leaf((2,), a, "int64", requires_grad=False, prefix="n")
        scene.run(build.method(whole.ref, operation, (1.5, other.ref, 2)[c // 3 % 3]))
        scene.observe(whole)
        return
    base = leaf(scene, a, (2,))
    one = bind(scene, build.op("*", base.ref, 1), (2,), prefix="b")
    scene.run(build.method(one.ref, operation if c % 3 == 1 else "copy_", other.ref))
    watch(scene, one)
    back(scene, one)


def out(scene: Scene, a: int, b: int, c: int) -> None:
    """`out=` with operands that require grad, refused, and the same under `no_grad`."""
    one = leaf(scene, a)
    target = bind(scene, build.filled("torch.zeros", one.shape), one.shape, prefix="o")
    given = one if c % 3 != 2 else target
    into = one.ref if c % 3 == 1 else target.ref
    value = (
        build.call("torch.add", given.ref, 2, out=into),
        build.call("torch.mul", given.ref, 2, out=into),
        build.call("torch.neg", given.ref, out=into),
        build.call("torch.abs", given.ref, out=into),
    )[b % 4]
    scene.run(value)
    watch(scene, one, target)
    with scene.block(NO_GRAD, grad_enabled=False):
        scene.run(value)
    watch(scene, one, target)


def expanded(scene: Scene, a: int, b: int, c: int) -> None:
    """Writes into an expanded tensor, which are refused, and into a copy of it."""
    base = constant(scene, a) if c % 2 else result(scene, a)
    value = build.method(build.method(base.ref, "unsqueeze", 0), "expand", 2, *base.shape)
    one = bind(scene, value, (2, *base.shape), base.dtype, "e")
    table = tuple(WRITES[k] for k in (0, 1, 2, 6))
    write(scene, one, b, table)
    watch(scene, base, one)
    copy = bind(scene, build.method(one.ref, "clone"), one.shape, base.dtype)
    write(scene, copy, b, PLAIN[:4])
    watch(scene, copy)


def retained(scene: Scene, a: int, b: int, c: int) -> None:
    """A result that retains its gradient, written, and a backward."""
    one = result(scene, a)
    scene.run(build.method(one.ref, "retain_grad"))
    for k in range(1 + c % 2):
        write(scene, one, b >> k)
    made = bind(scene, build.op("*", one.ref, 3), one.shape, one.dtype)
    back(scene, made, c)
    watch(scene, one)
    passes.observe_leaves(scene)
    scene.run(build.attr(Ref(one.name), "retains_grad"))


VERSIONS = showing(versions)
INCREMENTED = showing(incremented)
SAME_OBJECT = showing(same_object)
CHAINS = showing(chains)
EARLIER = showing(earlier)
SAVED_OPERAND = showing(saved_operand)
SAVED_RESULT = showing(saved_result)
UNSAVED = showing(unsaved)
SELF_OPERAND = showing(self_operand)
LEAF_REFUSED = showing(leaf_refused)
LEAF_NO_GRAD = showing(leaf_no_grad)
LEAF_STEP = showing(leaf_step)
JOINS = showing(joins)
CUTS = showing(cuts)
MASKED = showing(masked)
INDEXED = showing(indexed)
ASSIGNED = showing(assigned)
BROADCAST = showing(broadcast)
TOO_SMALL = showing(too_small)
CASTS = showing(casts)
OUT = showing(out)
EXPANDED = showing(expanded)
RETAINED = showing(retained)
