"""Generators for the fifteenth family: functions that are checkpointed, and the same without."""

from __future__ import annotations

from gradconform.generate import build, passes
from gradconform.generate.build import Value
from gradconform.generate.scene import Scene
from gradconform.generate.showing import clear, showing
from gradconform.generate.writing import Bound, back, bind, leaf, result
from gradoracle.program import Call, Define, Parameter, Ref, Return, Statement

CHECKPOINT = "torch.utils.checkpoint.checkpoint"
T = Ref("t")


def _step(number: int) -> Value:
    """One operation on `t`, of its shape, exact."""
    return (
        build.op("*", T, T),
        build.op("+", T, 1),
        build.op("*", T, 2),
        build.op("*", build.method(T, "relu"), T),
        build.op("-", T),
        build.op("**", T, 2),
        build.method(T, "abs"),
    )[number % 7]


def _function(scene: Scene, number: int, count: int, told: bool, word: str = "runs") -> Ref:
    """A function of one tensor, of the same shape."""
    name = scene.fresh("f")
    body: list[Statement] = []
    for k in range(count):
        if told:
            body.append(build.run(build.call("print", f"{word} {k}", build.call("torch.is_grad_enabled"))))
        body.append(build.assign("t", _step(number + 3 * k)))
    scene.emit(Define(name, (Parameter("t"),), (*body, Return(T))))
    return Ref(name)


def _checkpointed(scene: Scene, function: Ref, one: Bound, reentrant: bool) -> Bound:
    return bind(scene, build.call(CHECKPOINT, function, one.ref, use_reentrant=reentrant), one.shape, one.dtype)


def _input(scene: Scene, number: int, choice: int) -> Bound:
    return leaf(scene, number) if choice % 2 == 0 else result(scene, number)


def same(scene: Scene, a: int, b: int, c: int) -> None:
    """A function, checkpointed in both variants and not at all, and the gradients of each."""
    one = _input(scene, a, c)
    function = _function(scene, b, 1 + c % 2, told=False)
    results = [
        _checkpointed(scene, function, one, False),
        _checkpointed(scene, function, one, True),
        bind(scene, Call(function, (one.ref,)), one.shape, one.dtype),
    ]
    for made in results:
        back(scene, made, c)
        clear(scene)
    scene.observe(*(made.name for made in results))


def runs(scene: Scene, a: int, b: int, c: int) -> None:
    """A function that tells when it runs, and a backward."""
    one = _input(scene, a, c)
    function = _function(scene, b, 1 + c % 2, told=True)
    made = _checkpointed(scene, function, one, c % 3 == 1)
    scene.run(build.call("print", "backward"))
    back(scene, made, c)


def early(scene: Scene, a: int, b: int, c: int) -> None:
    """A function whose last steps save nothing, recomputed with and without stopping early."""
    one = _input(scene, a, c)
    name = scene.fresh("f")
    steps = [_step(b), build.op("+", T, 1), build.op("*", T, 2)][: 2 + c % 2]
    body: list[Statement] = []
    for k, step in enumerate(steps):
        body += [build.run(build.call("print", k)), build.assign("t", step)]
    scene.emit(Define(name, (Parameter("t"),), (*body, Return(T))))
    first = _checkpointed(scene, Ref(name), one, False)
    with scene.block(build.call("torch.utils.checkpoint.set_checkpoint_early_stop", c % 3 == 2)):
        second = _checkpointed(scene, Ref(name), one, False)
    back(scene, first)
    back(scene, second)


def twice(scene: Scene, a: int, b: int, c: int) -> None:
    """Several passes through a checkpointed graph, the last of which frees it, and one more."""
    one = _input(scene, a, c)
    function = _function(scene, b, 1, told=True)
    made = _checkpointed(scene, function, one, c % 3 == 1)
    back(scene, made)
    for _ in range(2):
        scene.run(build.method(build.method(made.ref, "sum"), "backward"))
        passes.observe_leaves(scene)


def nested(scene: Scene, a: int, b: int, c: int) -> None:
    """A checkpointed function that calls another one, checkpointed too."""
    one = _input(scene, a, c)
    inner = _function(scene, b, 1, told=True, word="inner")
    name = scene.fresh("outer")
    told = build.run(build.call("print", "outer"))
    within = build.call(CHECKPOINT, inner, build.op("*", T, 2), use_reentrant=False)
    result_ = build.op("*", within, T) if c % 2 else within
    scene.emit(Define(name, (Parameter("t"),), (told, Return(build.expr(result_)))))
    made = _checkpointed(scene, Ref(name), one, False)
    scene.run(build.call("print", "backward"))
    back(scene, made, c)


def sequential(scene: Scene, a: int, b: int, c: int) -> None:
    """A chain of functions in segments, and a backward."""
    one = _input(scene, a, c)
    functions = [_function(scene, b + 2 * k, 1, told=True, word=f"step {k}") for k in range(2 + c % 2)]
    segments = 1 + b % len(functions)
    chain: list[Value] = list(functions)
    call = build.call(
        "torch.utils.checkpoint.checkpoint_sequential", chain, segments, one.ref, use_reentrant=c % 3 == 1
    )
    made = bind(scene, call, one.shape, one.dtype)
    scene.run(build.call("print", "backward"))
    back(scene, made, c)


SAME = showing(same)
RUNS = showing(runs)
EARLY = showing(early)
TWICE = showing(twice)
NESTED = showing(nested)
SEQUENTIAL = showing(sequential)
