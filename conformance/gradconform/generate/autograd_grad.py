"""Generators for the fifth family: `torch.autograd.grad` and `backward(inputs=...)`. Moves keep the graphs they use.

Hooks go on leaves and on new results with memory of their own only: on a view whose base was written through another
alias PyTorch 2.13.0 dies of one (pytorch#196459).
"""

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
from gradoracle.program import Define, Evaluate, Lambda, Parameter, Ref, Table


def _grad(one: Value, inputs: Value, *args: Value, keep: bool = True, **kwargs: Value) -> Value:
    if keep:
        kwargs["retain_graph"] = True
    return build.call("torch.autograd.grad", one, inputs, *args, **kwargs)


def _weights(scene: Scene, one: Live, number: int) -> tuple[Value, ...]:
    """The weight that a call needs: nothing for a root with one element."""
    return () if one.is_scalar else (weight(scene, one, number).ref,)


def _refs(lives: list[Live]) -> list[Value]:
    return [one.ref for one in lives]


def _hook(one: Live, factor: int) -> Value:
    """`one.register_hook(lambda g: g * factor)`."""
    return build.method(one.ref, "register_hook", Lambda((Parameter("g"),), build.op("*", Ref("g"), factor)))


def one_for_each(scene: Scene, a: int, b: int, c: int) -> None:
    """Gradients for one leaf, for all that are reached, or in another order."""
    one = root(scene, a)
    leaves = reached(scene, one)
    inputs: Value = leaves[b % len(leaves)].ref if c % 3 == 0 else _refs(leaves if c % 3 == 1 else leaves[::-1])
    scene.run(_grad(one.ref, inputs, *_weights(scene, one, b)))


def untouched(scene: Scene, a: int, b: int, c: int) -> None:
    """Gradients for some leaves while these and others hold gradients, or none."""
    one = root(scene, a)
    leaves = reached(scene, one)
    if c % 3 < 2:
        backward(scene, one)
    scene.run(_grad(one.ref, _refs(leaves[: 1 + b % len(leaves)]), *_weights(scene, one, b)))
    passes.observe_leaves(scene)


def only_inputs(scene: Scene, a: int, b: int, c: int) -> None:
    """`only_inputs=False` for one leaf of those that are reached."""
    one = root(scene, a)
    if c % 2 == 0:
        other = scene.leaf(one.shape, c, one.dtype)
        one = scene.apply(build.op("+", one.ref, other.ref), (one, other), one.shape, bound=one.bound + other.bound)
    leaves = reached(scene, one)
    given = _weights(scene, one, b)
    scene.run(_grad(one.ref, leaves[b % len(leaves)].ref, *given, only_inputs=c % 4 == 3))
    passes.observe_leaves(scene)
    scene.run(_grad(one.ref, leaves[b % len(leaves)].ref, *given, only_inputs=False))
    passes.observe_leaves(scene)


def _unused(scene: Scene, number: int) -> Live:
    """A leaf or a result that nothing used so far."""
    leaf = scene.leaf(graph.SHAPES[number % len(graph.SHAPES)], number)
    return leaf if number % 3 < 2 else scaled(scene, leaf)


def _with_unused(scene: Scene, one: Live, b: int, c: int) -> list[Value]:
    used, unused = reached(scene, one)[0], _unused(scene, b)
    return [used.ref, unused.ref] if c % 2 == 0 else [unused.ref, used.ref, unused.ref]


def unused_raises(scene: Scene, a: int, b: int, c: int) -> None:
    """An unused input, in a call that frees a graph of its own, or that keeps it; then a call without it."""
    one = product(scene, reached(scene, root(scene, a))[0])
    inputs = _with_unused(scene, one, b, c)
    given = _weights(scene, one, b)
    keep = c % 3 == 2
    scene.run(_grad(one.ref, inputs, *given, keep=keep))
    if not keep:
        scene.free(one)
    scene.run(_grad(one.ref, reached(scene, one)[0].ref, *given))
    passes.observe_leaves(scene)


def allow_unused(scene: Scene, a: int, b: int, c: int) -> None:
    """An unused input that is allowed."""
    one = root(scene, a)
    scene.run(_grad(one.ref, _with_unused(scene, one, b, c), *_weights(scene, one, b), allow_unused=True))
    passes.observe_leaves(scene)


def materialize(scene: Scene, a: int, b: int, c: int) -> None:
    """An unused input that gets zeros, without and with `create_graph`."""
    one = root(scene, a)
    inputs = _with_unused(scene, one, b, 0)
    given = _weights(scene, one, b)
    for create in (False, True) if c % 2 == 0 else (c % 4 == 1,):
        names = scene.fresh("p"), scene.fresh("q")
        value = _grad(one.ref, inputs, *given, create_graph=create, materialize_grads=True)
        scene.emit(build.assign((Ref(names[0]), Ref(names[1])), value))
        scene.observe(*names)


def conflict(scene: Scene, a: int, b: int, c: int) -> None:
    """`materialize_grads=True` beside `allow_unused` False, then True."""
    one = root(scene, a)
    used = reached(scene, one)[0]
    inputs: Value = used.ref if c % 2 == 0 else [used.ref, _unused(scene, b).ref]
    given = _weights(scene, one, b)
    scene.run(_grad(one.ref, inputs, *given, allow_unused=False, materialize_grads=True))
    scene.run(_grad(one.ref, inputs, *given, allow_unused=True, materialize_grads=True))


def batched(scene: Scene, a: int, b: int, c: int) -> None:
    """A batch of weights for a plain root, the same one by one, and a batch of a wrong shape."""
    leaf = scene.pick(a, lambda one: one.is_leaf and graph.tracked(one) and 0 < one.numel <= 8 and one.ndim < 3)
    one = product(scene, leaf) if b % 2 == 0 else scaled(scene, leaf, 3)
    source = reached(scene, one)[0]
    count = 1 + c % 3
    batch = scene.leaf((count, *one.shape), b, one.dtype, requires_grad=False, prefix="w")
    name = scene.fresh("j")
    scene.emit(build.assign((Ref(name),), _grad(one.ref, source.ref, batch.ref, is_grads_batched=True)))
    scene.observe(name)
    for k in range(count):
        scene.run(_grad(one.ref, source.ref, build.item(batch.ref, k)))
    wrong = build.call("torch.ones", (count, *one.shape, 3))
    scene.run(_grad(one.ref, source.ref, wrong, is_grads_batched=True))
    passes.observe_leaves(scene)


def duplicates(scene: Scene, a: int, b: int, c: int) -> None:
    """An input twice, or a result twice around the leaf below it."""
    lower = root(scene, a)
    one = scaled(scene, lower, 1 + b % 3)
    leaf = reached(scene, one)[0]
    inputs = ([leaf.ref, leaf.ref], [lower.ref, leaf.ref, lower.ref], [lower.ref, lower.ref])[c % 3]
    scene.run(_grad(one.ref, [*inputs], *_weights(scene, one, b)))


def non_leaf(scene: Scene, a: int, b: int, c: int) -> None:
    """The gradient for a result, for a result and the leaf below it, or for the root itself."""
    lower = root(scene, a)
    one = product(scene, lower) if b % 2 == 0 and scene.fits(lower.bound**2, lower.grain * 2) else scaled(scene, lower)
    leaf = reached(scene, lower)[0]
    inputs: tuple[Value, ...] = (lower.ref, [leaf.ref, lower.ref], one.ref, [lower.ref, one.ref])
    scene.run(_grad(one.ref, inputs[c % 4], *_weights(scene, one, b), allow_unused=True))
    passes.observe_leaves(scene)


def without_grad(scene: Scene, a: int, b: int, c: int) -> None:
    """A constant or a detached alias among the inputs."""
    one = root(scene, a)
    used = reached(scene, one)[0]
    constant: Value = build.method(used.ref, "detach")
    if c % 2 == 0:
        constant = scene.leaf((2,), b, requires_grad=False, prefix="c").ref
    given = _weights(scene, one, b)
    scene.run(_grad(one.ref, [used.ref, constant], *given))
    scene.run(_grad(one.ref, [used.ref, constant], *given, allow_unused=True))
    scene.run(_grad(one.ref, [constant], *given, materialize_grads=True))
    scene.run(_grad(one.ref, used.ref, *given))
    passes.observe_leaves(scene)


def weighed(scene: Scene, a: int, b: int, c: int) -> None:
    """`grad_outputs` left out where it is needed, of a wrong shape, and right for two outputs."""
    one = vector(scene, a)
    total = summed(scene, one)
    leaf = reached(scene, one)[0]
    scene.run(_grad(one.ref, leaf.ref))
    if c % 2:
        scene.run(_grad(one.ref, leaf.ref, build.call("torch.ones", (*one.shape, 2))))
    given = [weight_or_none(scene, one, b), None]
    scene.run(_grad([one.ref, total.ref], leaf.ref, given))
    scene.run(_grad([total.ref, one.ref], leaf.ref, grad_outputs=given[::-1]))
    passes.observe_leaves(scene)


def create_graph(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient with a graph, and the gradient of that one or two times."""
    one = root(scene, a)
    leaf = reached(scene, one)[b % len(reached(scene, one))]
    name = scene.fresh("g")
    scene.emit(build.assign((Ref(name),), _grad(one.ref, leaf.ref, *_weights(scene, one, b), create_graph=True)))
    scene.observe(name)
    if c % 3 == 2:
        scene.run(build.method(build.method(Ref(name), "sum"), "backward", retain_graph=True))
        passes.observe_leaves(scene)
        return
    second = _grad(build.method(Ref(name), "sum"), leaf.ref, allow_unused=True, create_graph=c % 3 == 1)
    scene.run(second)


def frees(scene: Scene, a: int, b: int, c: int) -> None:
    """Calls that keep the graph, one that frees it, one more; one branch run and the other not."""
    source = reached(scene, root(scene, a))[0]
    other = scene.leaf(source.shape, c, source.dtype)
    left, right = product(scene, source), product(scene, other)
    both = build.op("+", left.ref, right.ref)
    one = scene.apply(both, (left, right), left.shape, bound=left.bound + right.bound)
    total = summed(scene, one)
    kept: dict[str, Value] = {"create_graph": True} if b % 2 else {"retain_graph": True}
    leaf = reached(scene, left)[0]
    if c % 2 == 0:
        scene.run(build.call("torch.autograd.grad", total.ref, leaf.ref, **kept))
    scene.run(_grad(total.ref, leaf.ref, keep=False))
    scene.free(total)
    scene.run(_grad(total.ref, leaf.ref))
    scene.run(_grad(build.method(right.ref, "sum"), reached(scene, right)[0].ref))
    passes.observe_leaves(scene)


def retained(scene: Scene, a: int, b: int, c: int) -> None:
    """Results that retain their gradient: one on the way, one beside it, or the input itself."""
    source = reached(scene, root(scene, a))[0]
    other = scene.leaf(source.shape, c, source.dtype)
    way, beside = scaled(scene, source), scaled(scene, other, 3)
    for one in (way, beside):
        scene.run(build.method(one.ref, "retain_grad"))
    one = scene.apply(build.op("+", way.ref, beside.ref), (way, beside), way.shape, bound=way.bound + beside.bound)
    inputs = (source, way)[b % 2]
    scene.run(_grad(summed(scene, one).ref, inputs.ref))
    scene.observe(source, other, way, beside)


def hooked(scene: Scene, a: int, b: int, c: int) -> None:
    """Hooks on a leaf and on a result, gradients for either, and a hook that runs after accumulation."""
    leaf = scene.leaf((2,), a)
    one = scaled(scene, leaf, 1 + b % 3)
    scene.run(_hook(leaf, 3))
    if c % 2 == 0:
        scene.run(_hook(one, 2))
    if c % 3 == 0:
        name = scene.fresh("accumulated")
        told = Evaluate(build.call("print", name))
        scene.emit(Define(name, (Parameter("leaf"),), (told,)))
        scene.run(build.method(leaf.ref, "register_post_accumulate_grad_hook", Ref(name)))
    total = summed(scene, one)
    scene.run(_grad(total.ref, leaf.ref))
    scene.run(_grad(total.ref, one.ref))
    backward(scene, total)


def upper_hook(scene: Scene, a: int, b: int, c: int) -> None:
    """A hook on a result, and the gradient for it alone and with a leaf below it."""
    one = scaled(scene, scene.leaf((2,), a), 3)
    leaf = reached(scene, one)[0]
    scene.run(_hook(one, (10, 2, -1)[b % 3]))
    total = summed(scene, one)
    scene.run(_grad(total.ref, [one.ref]))
    scene.run(_grad(total.ref, [one.ref, leaf.ref] if c % 2 == 0 else [leaf.ref, one.ref]))


def restricted(scene: Scene, a: int, b: int, c: int) -> None:
    """`backward(inputs=...)` for one leaf of several, in each of the forms, and none."""
    one = root(scene, a)
    if c % 2 == 0:
        other = scene.leaf(one.shape, c, one.dtype)
        one = scene.apply(build.op("+", one.ref, other.ref), (one, other), one.shape, bound=one.bound + other.bound)
    leaves = reached(scene, one)
    leaf = leaves[b % len(leaves)]
    given = _weights(scene, one, b)
    table = Table(((build.expr("k"), leaf.ref),))
    forms: tuple[Value, ...] = ([leaf.ref], leaf.ref, (leaf.ref,), table)
    for inputs in forms[c % 4 :][:2]:
        scene.run(build.method(one.ref, "backward", *given, retain_graph=True, inputs=inputs))
        passes.observe_leaves(scene)
    if c % 3 == 0:
        scene.run(build.method(one.ref, "backward", *given, retain_graph=True, inputs=[]))
    backward(scene, one)


def into_result(scene: Scene, a: int, b: int, c: int) -> None:
    """`backward(inputs=...)` for a result, with or without the leaf below it; then for a constant."""
    lower = scaled(scene, reached(scene, root(scene, a))[0])
    one = summed(scene, scaled(scene, lower, 3))
    leaf = reached(scene, lower)[0]
    clear(scene)
    for inputs in ([lower.ref], [lower.ref, leaf.ref])[c % 2 :]:
        scene.run(build.method(one.ref, "backward", retain_graph=True, inputs=[*inputs]))
        scene.observe(lower, leaf)
    if b % 2 == 0:
        constant = build.call("torch.ones", 2)
        scene.run(build.method(one.ref, "backward", retain_graph=True, inputs=[constant]))
        scene.observe(lower, leaf)


def equals_backward(scene: Scene, a: int, b: int, _c: int) -> None:
    """`grad` for all leaves, then backward into leaves without gradients."""
    one = root(scene, a)
    given = _weights(scene, one, b)
    clear(scene)
    scene.run(_grad(one.ref, _refs(reached(scene, one)), *given))
    scene.run(build.method(one.ref, "backward", *given, retain_graph=True))
    passes.observe_leaves(scene)


def fresh_view(scene: Scene, a: int, b: int, c: int) -> None:
    """The gradient for a view that was taken after the fact, then for one that was used."""
    leaf = scene.leaf(((2,), (3,), (2, 2))[a % 3], a)
    one = summed(scene, product(scene, leaf))
    views = (build.item(leaf.ref, 0), build.method(leaf.ref, "view", -1), build.method(leaf.ref, "unsqueeze", 0))
    scene.run(_grad(one.ref, views[b % 3]))
    scene.run(_grad(one.ref, views[c % 3], allow_unused=True))
    view = scene.apply(build.method(leaf.ref, "view", -1), (leaf,), (leaf.numel,), view_of=leaf)
    scene.run(_grad(summed(scene, product(scene, view)).ref, view.ref))


def dict_or_empty(scene: Scene, a: int, b: int, c: int) -> None:
    """A dict of inputs; no inputs; an output that is no tensor."""
    one = root(scene, a)
    leaves = reached(scene, one)
    table = Table(tuple((build.expr(leaf.name), leaf.ref) for leaf in leaves[::-1]))
    given = _weights(scene, one, b)
    scene.run(_grad(one.ref, table, *given))
    scene.run(_grad(one.ref, [], *given))
    if c % 2 == 0:
        scene.run(_grad(3.0, leaves[0].ref))
    passes.observe_leaves(scene)


ONE_FOR_EACH = showing(one_for_each)
UNTOUCHED = showing(untouched)
ONLY_INPUTS = showing(only_inputs)
UNUSED_RAISES = showing(unused_raises)
ALLOW_UNUSED = showing(allow_unused)
MATERIALIZE = showing(materialize)
CONFLICT = showing(conflict)
BATCHED = showing(batched)
DUPLICATES = showing(duplicates)
NON_LEAF = showing(non_leaf)
WITHOUT_GRAD = showing(without_grad)
WEIGHED = showing(weighed)
CREATE_GRAPH = showing(create_graph)
FREES = showing(frees)
RETAINED = showing(retained)
HOOKED = showing(hooked)
UPPER_HOOK = showing(upper_hook)
RESTRICTED = showing(restricted)
INTO_RESULT = showing(into_result)
EQUALS_BACKWARD = showing(equals_backward)
FRESH_VIEW = showing(fresh_view)
DICT_OR_EMPTY = showing(dict_or_empty)
