"""Generators for the sixth family: grad modes, as blocks, calls and decorators, and what they leave behind."""

from __future__ import annotations

from gradconform.generate import build, graph, passes
from gradconform.generate.build import Value
from gradconform.generate.scene import Live, Scene
from gradconform.generate.showing import (
    backward,
    fresh_leaf,
    mode_is,
    product,
    reached,
    root,
    scaled,
    showing,
    summed,
)
from gradoracle.program import (
    Call,
    Class,
    Define,
    Evaluate,
    Expr,
    For,
    Global,
    Handler,
    If,
    Lit,
    Parameter,
    Raise,
    Ref,
    Return,
    Statement,
    Try,
    With,
    Yield,
)

NO_GRAD = build.call("torch.no_grad")
_NOT_ENABLED: tuple[Value, ...] = (NO_GRAD, build.call("torch.set_grad_enabled", False))
_ENABLED: tuple[Value, ...] = (build.call("torch.enable_grad"), build.call("torch.set_grad_enabled", True))


def _manager(enabled: bool, number: int) -> Value:
    return (_ENABLED if enabled else _NOT_ENABLED)[number % 2]


def _tell_mode() -> Statement:
    return Evaluate(build.call("print", build.call("torch.is_grad_enabled")))


def _result(scene: Scene, one: Live, factor: int) -> Live:
    """A product with a number, under the mode that holds."""
    return scaled(scene, one, factor)


def _untracked(scene: Scene, name: str, one: Live) -> Live:
    """Take note of a name that a statement written by hand binds to a result without history."""
    return scene.know(Live(name, one.shape, one.dtype, bound=one.bound * 3, grain=one.grain, exact=one.exact))


def results(scene: Scene, a: int, b: int, c: int) -> None:
    """A few results inside `no_grad`, one after it, and a backward through that."""
    one = graph.operand(scene, a)
    with scene.block(_manager(False, b), grad_enabled=False):
        inside = _result(scene, one, 2 + b % 2)
        if c % 2:
            product(scene, one)
        mode_is(scene)
    after = scene.apply(build.op("+", one.ref, inside.ref), (one, inside), one.shape, bound=one.bound + inside.bound)
    scene.observe(inside, after)
    if after.requires_grad:
        backward(scene, after)


def nested(scene: Scene, a: int, b: int, c: int) -> None:
    """Blocks inside blocks, a result in each, and the mode behind each."""
    one = graph.operand(scene, a)

    def block(depth: int) -> None:
        enabled = bool(b >> depth & 1)
        with scene.block(_manager(enabled, c >> depth), grad_enabled=enabled):
            _result(scene, one, 2)
            if depth < 1 + c % 3:
                block(depth + 1)
                mode_is(scene)
            _result(scene, one, 3)

    block(0)
    mode_is(scene)
    scene.observe(*scene.live()[:4])


def enabled_inside(scene: Scene, a: int, b: int, c: int) -> None:
    """`enable_grad` inside `no_grad`, and a backward there or afterwards."""
    one = fresh_leaf(scene, a)
    with scene.block(NO_GRAD, grad_enabled=False):
        with scene.block(_manager(True, b), grad_enabled=True):
            inner = summed(scene, product(scene, one))
        if c % 2 == 0:
            scene.run(build.method(inner.ref, "backward", retain_graph=True))
        outer = _result(scene, one, 3)
    if c % 2:
        scene.run(build.method(inner.ref, "backward", retain_graph=True))
    scene.observe(inner, outer, *reached(scene, inner))


def exception(scene: Scene, a: int, b: int, c: int) -> None:
    """An exception raised inside a block, or inside a decorated function, and the mode behind it."""
    one = graph.operand(scene, a)
    manager = build.expr(_manager(False, b))
    if c % 2:
        name = scene.fresh("broken")
        failing = Raise(build.call("RuntimeError", "inside"))
        decorators = (manager,) if b % 2 == 0 else (Global("torch.no_grad"),)
        scene.emit(Define(name, (Parameter("t"),), (_tell_mode(), failing), decorators))
        scene.run(Call(Ref(name), (one.ref,)))
    else:
        name = scene.fresh("y")
        inside: tuple[Statement, ...] = (build.assign(name, build.op("*", one.ref, 2)),)
        wrong: Statement = Raise(build.call("ValueError", "inside"))
        if b % 3 == 1:
            wrong = Evaluate(build.method(one.ref, "reshape", one.numel + 1))
        block = With(((manager, ""),), (*inside, wrong))
        scene.emit(Try((block,), (Handler(Global("Exception"), "error", (_tell_mode(),)),)))
        _untracked(scene, name, one)
    mode_is(scene)
    scene.observe(_result(scene, one, 3))


def reused(scene: Scene, a: int, b: int, c: int) -> None:
    """One mode object entered several times in a row, also inside another block."""
    one = graph.operand(scene, a)
    name = scene.fresh("mode")
    scene.emit(build.assign(name, NO_GRAD))
    for k in range(2 + b % 2):
        if (c >> k) % 3 == 2:
            with scene.block(_manager(bool(k % 2), k), grad_enabled=bool(k % 2)):
                with scene.block(Ref(name), grad_enabled=False):
                    _result(scene, one, 2)
                mode_is(scene)
        else:
            with scene.block(Ref(name), grad_enabled=False):
                _result(scene, one, 2)
        mode_is(scene)
    scene.observe(_result(scene, one, 3))


def entered_twice(scene: Scene, a: int, b: int, c: int) -> None:
    """A mode object entered inside itself, what holds behind both blocks, and the mode put right."""
    one = graph.operand(scene, a)
    name = scene.fresh("mode")
    scene.emit(build.assign(name, NO_GRAD))

    def block(depth: int) -> None:
        with scene.block(Ref(name), grad_enabled=False):
            _result(scene, one, 2)
            if depth:
                block(depth - 1)
            mode_is(scene)

    block(1 + b % 2)
    mode_is(scene)
    before, scene.grad_enabled = scene.grad_enabled, False
    scene.observe(_result(scene, one, 3))
    scene.grad_enabled = before
    if c % 4 < 3:
        scene.run(build.call("torch.set_grad_enabled", True))
    else:
        with scene.block(NO_GRAD, grad_enabled=False):
            mode_is(scene)
        scene.run(build.call("torch.set_grad_enabled", True))


def decorated(scene: Scene, a: int, b: int, c: int) -> None:
    """A decorated function, called under either mode; a recursive one now and then."""
    one = graph.operand(scene, a)
    name = scene.fresh("f")
    enabled = c % 3 == 2
    bare = Global("torch.enable_grad" if enabled else "torch.no_grad")
    decorator: Expr = bare if b % 4 == 1 else build.expr(_manager(enabled, b // 2))
    body: tuple[Statement, ...] = (Return(build.op("*", Ref("t"), 3)),)
    parameters: tuple[Parameter, ...] = (Parameter("t"),)
    args: tuple[Expr, ...] = (one.ref,)
    if b % 3 == 2:
        again = Call(Ref(name), (Ref("t"), build.op("-", Ref("depth"), 1)))
        inner = (build.assign("r", again), _tell_mode(), Return(Ref("r")))
        body = (If(build.op("==", Ref("depth"), 0), body, inner),)
        parameters, args = (Parameter("t"), Parameter("depth")), (one.ref, Lit(2))
    scene.emit(Define(name, parameters, body, (decorator,)))
    call = Call(Ref(name), args)
    mode_is(scene)
    if enabled:
        made = scene.fresh("y")
        with scene.block(NO_GRAD):
            scene.emit(build.assign(made, call))
            mode_is(scene)
        scene.observe(made)
    else:
        scene.observe(scene.apply(call, (one,), one.shape, bound=one.bound * 3, detached=True))
    mode_is(scene)
    scene.observe(_result(scene, one, 2))


def _steps(scene: Scene, one: Live, decorators: tuple[Expr, ...], body: tuple[Statement, ...]) -> str:
    name = scene.fresh("steps")
    scene.emit(Define(name, (Parameter("t"),), body, decorators))
    return name


def decorated_generator(scene: Scene, a: int, b: int, c: int) -> None:
    """A decorated generator function, walked by a loop."""
    one = graph.operand(scene, a)
    enabled = c % 3 == 2
    body: list[Statement] = []
    for k in range(2 + b % 2):
        body += [Yield(build.op("*", Ref("t"), k + 1)), _tell_mode()]
    name = _steps(scene, one, (build.expr(_manager(enabled, b)),), tuple(body))
    loop = For(
        Ref("step"),
        Call(Ref(name), (one.ref,)),
        (
            Evaluate(build.attr(Ref("step"), "requires_grad")),
            Evaluate(build.attr(build.op("*", one.ref, 2), "requires_grad")),
            _tell_mode(),
        ),
    )
    if enabled:
        with scene.block(NO_GRAD):
            scene.emit(loop)
            mode_is(scene)
    else:
        scene.emit(loop)
    mode_is(scene)


def leaking_generator(scene: Scene, a: int, b: int, c: int) -> None:
    """A generator that yields inside a block, and results of the caller between its steps."""
    one = graph.operand(scene, a)
    held: tuple[Statement, ...] = (Yield(build.op("*", Ref("t"), 2)), *([Yield(Ref("t"))] if b % 2 else []))
    body = (With(((build.expr(_manager(False, c)), ""),), held), Yield(build.op("*", Ref("t"), 3)))
    name, walker = _steps(scene, one, (), body), scene.fresh("generator")
    scene.emit(build.assign(walker, Call(Ref(name), (one.ref,))))
    before, scene.grad_enabled = scene.grad_enabled, False
    for _ in held:
        scene.run(build.call("next", Ref(walker)))
        mode_is(scene)
        _result(scene, one, 2)
    scene.grad_enabled = before
    scene.run(build.call("next", Ref(walker)))
    mode_is(scene)
    scene.observe(_result(scene, one, 3))
    scene.run(build.call("next", Ref(walker), None))


def factories(scene: Scene, a: int, b: int, c: int) -> None:
    """Leaves made inside `no_grad`, by a factory and by `requires_grad_`, and a backward into them."""
    one = graph.operand(scene, a)
    with scene.block(_manager(False, b), grad_enabled=False):
        made = scene.leaf(one.shape, c, one.dtype)
        value = build.method(build.op("*", one.ref, 2), "requires_grad_")
        name = scene.fresh("x")
        scene.emit(build.assign(name, value))
    told = scene.know(Live(name, one.shape, one.dtype, True, leaves=frozenset({name}), bound=one.bound * 2))
    scene.observe(made, told)
    total = scene.apply(build.op("+", made.ref, told.ref), (made, told), made.shape, bound=made.bound + told.bound)
    backward(scene, total)


def _write(one: Live, number: int, scene: Scene) -> None:
    """A write into a tensor, under the mode that holds."""
    statements = (
        build.run(build.method(one.ref, "add_", 1)),
        build.run(build.method(one.ref, "mul_", 2)),
        build.augment(one.name, "-", 0.5),
        build.run(build.method(one.ref, "zero_")),
        build.assign(build.item(one.ref, ...), 3.0),
    )
    scene.overwrite(one, statements[number % 5], bound=one.bound * 2 + 3, grain=max(one.grain, 1))


def write_leaf(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf written outside, which raises, and inside `no_grad`; then a backward."""
    one = fresh_leaf(scene, a)
    scene.run(build.method(one.ref, ("add_", "mul_")[c % 2], 1))
    scene.observe(one)
    with scene.block(_manager(False, b), grad_enabled=False):
        for k in range(1 + c % 2):
            _write(one, b + k, scene)
    scene.observe(one)
    backward(scene, product(scene, scene.get(one.name)))


def write_keeps_history(scene: Scene, a: int, b: int, c: int) -> None:
    """A result, a constant, and a saved leaf written inside `no_grad`."""
    leaf = scene.leaf((2,), a)
    result = scaled(scene, leaf, 3)
    constant = scene.leaf((2,), b, requires_grad=False, prefix="c")
    with scene.block(_manager(False, b), grad_enabled=False):
        _write(result, b, scene)
        scene.overwrite(constant, build.run(build.method(constant.ref, "add_", leaf.ref)), bound=8)
    scene.observe(result, constant)
    backward(scene, scene.get(result.name))
    if c % 2 == 0:
        square = product(scene, leaf)
        with scene.block(_manager(False, c), grad_enabled=False):
            _write(leaf, c, scene)
        backward(scene, square)
        scene.free(square)


def switched(scene: Scene, a: int, b: int, c: int) -> None:
    """Calls of `set_grad_enabled`, alone, inside a block, and around a block; the mode put right at the end."""
    one = graph.operand(scene, a)
    made = []
    before = scene.grad_enabled
    for k in range(2 + c % 3):
        scene.grad_enabled = bool(b >> k & 1)
        scene.run(build.call("torch.set_grad_enabled", scene.grad_enabled))
        made.append(_result(scene, one, 2))
        if (c >> k) % 2 == 0:
            enabled = not scene.grad_enabled
            with scene.block(_manager(enabled, k), grad_enabled=enabled):
                made.append(_result(scene, one, 3))
                if k % 2 == 0:
                    scene.run(build.call("torch.set_grad_enabled", not enabled))
            mode_is(scene)
    scene.run(build.call("torch.set_grad_enabled", True))
    scene.grad_enabled = before
    mode_is(scene)
    scene.observe(*made)


def switched_block(scene: Scene, a: int, b: int, c: int) -> None:
    """`with set_grad_enabled(...)`, the object made at the block or before it."""
    one = graph.operand(scene, a)
    enabled = bool(b % 2)
    if c % 2 == 0:
        name = scene.fresh("mode")
        scene.emit(build.assign(name, build.call("torch.set_grad_enabled", enabled)))
        mode_is(scene)
        with scene.block(Ref(name), grad_enabled=enabled):
            made = _result(scene, one, 2)
    else:
        with scene.block(build.call("torch.set_grad_enabled", enabled), grad_enabled=enabled):
            made = _result(scene, one, 2)
            mode_is(scene)
    mode_is(scene)
    scene.observe(made, _result(scene, one, 3))


def switched_function(scene: Scene, a: int, b: int, c: int) -> None:
    """`@set_grad_enabled(...)`, and the mode before the definition, behind it and behind the call."""
    one = graph.operand(scene, a)
    name, enabled = scene.fresh("f"), bool(b % 2)
    decorator = build.call("torch.set_grad_enabled", enabled)
    body: tuple[Statement, ...] = (_tell_mode(), Return(build.op("*", Ref("t"), 2)))
    scene.emit(Define(name, (Parameter("t"),), body, (decorator,)))
    mode_is(scene)
    made = scene.fresh("y")
    with scene.block(_manager(bool(c % 2), c // 2)):
        scene.emit(build.assign(made, Call(Ref(name), (one.ref,))))
        mode_is(scene)
    mode_is(scene)
    scene.observe(made)
    scene.observe(_result(scene, one, 3))


def backward_inside(scene: Scene, a: int, b: int, c: int) -> None:
    """Backward and `grad` inside `no_grad`, without and with `create_graph`."""
    one = summed(scene, root(scene, a))
    leaf = reached(scene, one)[b % len(reached(scene, one))]
    name = scene.fresh("g")
    with scene.block(_manager(False, b), grad_enabled=False):
        scene.run(build.method(one.ref, "backward", retain_graph=True))
        gradient = build.call("torch.autograd.grad", one.ref, leaf.ref, create_graph=c % 3 < 2, retain_graph=True)
        scene.emit(build.assign((Ref(name),), gradient))
        scene.run(build.attr(build.op("*", Ref(name), 2), "requires_grad"))
    scene.observe(name)
    passes.observe_leaves(scene)


def mode_of_hooks(scene: Scene, a: int, b: int, c: int) -> None:
    """A hook that tells the mode, under a plain backward and under `create_graph`, inside either mode."""
    leaf = scene.leaf((2,), a)
    middle = scaled(scene, leaf)
    name = scene.fresh("look")
    flag = build.attr(Ref("g"), "requires_grad")
    told = Evaluate(build.call("print", build.call("torch.is_grad_enabled"), flag))
    scene.emit(Define(name, (Parameter("g"),), (told,)))
    scene.run(build.method(middle.ref, "register_hook", Ref(name)))
    one = summed(scene, product(scene, middle))
    for k in range(2):
        with scene.block(_manager(bool(b >> k & 1), c)):
            if (c + k) % 2:
                scene.run(build.call("torch.autograd.grad", one.ref, leaf.ref, create_graph=True))
            else:
                scene.run(build.method(one.ref, "backward", retain_graph=True))
        mode_is(scene)
    scene.observe(leaf)


def dead_end(scene: Scene, a: int, b: int, c: int) -> None:
    """A view taken inside `no_grad`, and what is computed from it afterwards."""
    base = scene.leaf((4,), a) if c % 2 == 0 else scaled(scene, scene.leaf((4,), a))
    taken = (
        build.method(base.ref, "view", 2, 2),
        build.item(base.ref, build.span(1)),
        build.method(base.ref, "unsqueeze", 0),
        build.method(base.ref, "detach"),
    )[b % 4]
    name, result = scene.fresh("v"), scene.fresh("r")
    with scene.block(_manager(False, b)):
        scene.emit(build.assign(name, taken))
    scene.emit(build.assign(result, build.op("*", Ref(name), 2)))
    scene.observe(base.name, name, result)
    scene.run(build.method(build.method(Ref(result), "sum"), "backward"))
    scene.observe(base.name, name)
    scene.run(build.call("torch.autograd.grad", build.method(build.op("*", Ref(name), 3), "sum"), Ref(name)))


def view_written(scene: Scene, a: int, b: int, c: int) -> None:
    """A view taken inside `no_grad`, written outside and inside, and its base used afterwards."""
    base = scaled(scene, scene.leaf((4,), a), 1)
    name = scene.fresh("v")
    with scene.block(_manager(False, b)):
        scene.emit(build.assign(name, build.method(base.ref, "view", 2, 2)))
    scene.run(build.method(Ref(name), "mul_", 2))
    scene.observe(base.name, name)
    with scene.block(_manager(False, c)):
        scene.run(build.method(Ref(name), "mul_", 2))
    scene.change(base.name, bound=base.bound * 2)
    scene.observe(base.name, name)
    if c % 2:
        scene.run(build.method(build.op("*", Ref(name), 2), "sum"))
    backward(scene, scene.get(base.name))


def class_decorated(scene: Scene, a: int, b: int, c: int) -> None:
    """A mode applied to a class, and the class used as before."""
    one = graph.operand(scene, a)
    name, wrapped = scene.fresh("Scale"), scene.fresh("Wrapped")
    factor = 2 + c % 2
    context = Parameter("ctx")
    forward = Define("forward", (context, Parameter("x")), (Return(build.op("*", Ref("x"), factor)),))
    backwards = Define("backward", (context, Parameter("g")), (Return(build.op("*", Ref("g"), factor)),))
    scene.emit(Class(name, Global("torch.autograd.Function"), (forward, backwards)))
    scene.emit(build.assign(wrapped, Call(build.expr(_manager(bool(b % 2), b)), (Ref(name),))))
    mode_is(scene)
    scene.observe(scene.apply(build.method(Ref(name), "apply", one.ref), (one,), one.shape, bound=one.bound * factor))


def class_as_block(scene: Scene, a: int, b: int, c: int) -> None:
    """`with torch.no_grad:` without parentheses: the body does not run."""
    one = graph.operand(scene, a)
    manager = Global(("torch.no_grad", "torch.enable_grad", "torch.set_grad_enabled")[b % 3])
    body = Evaluate(build.op("*", one.ref, 2 + c % 2))
    scene.emit(With(((manager, ""),), (body,)))
    mode_is(scene)
    scene.observe(_result(scene, one, 3))


def inference(scene: Scene, a: int, b: int, c: int) -> None:
    """A tensor made inside `inference_mode`, and what can be done with it outside."""
    leaf = scene.leaf((2,), a)
    name = scene.fresh("i")
    made = (build.op("*", leaf.ref, 2), build.call("torch.ones", 2), build.method(leaf.ref, "detach"))[b % 3]
    with scene.block(build.call("torch.inference_mode")):
        scene.emit(build.assign(name, made))
        mode_is(scene)
        scene.run(build.call("torch.is_inference_mode_enabled"))
    scene.run(build.method(Ref(name), "is_inference"))
    scene.run(build.attr(Ref(name), "requires_grad"))
    scene.run(build.op("*", leaf.ref, Ref(name)))
    total = scene.apply(build.op("+", leaf.ref, Ref(name)), (leaf,), (2,), bound=leaf.bound * 3 + 1)
    backward(scene, total)
    if c % 2 == 0:
        scene.run(build.method(Ref(name), "add_", 1))
    scene.run(build.call("torch.is_inference_mode_enabled"))


RESULTS = showing(results)
NESTED = showing(nested)
ENABLED_INSIDE = showing(enabled_inside)
EXCEPTION = showing(exception)
REUSED = showing(reused)
ENTERED_TWICE = showing(entered_twice)
DECORATED = showing(decorated)
DECORATED_GENERATOR = showing(decorated_generator)
LEAKING_GENERATOR = showing(leaking_generator)
FACTORIES = showing(factories)
WRITE_LEAF = showing(write_leaf)
WRITE_KEEPS_HISTORY = showing(write_keeps_history)
SWITCHED = showing(switched)
SWITCHED_BLOCK = showing(switched_block)
SWITCHED_FUNCTION = showing(switched_function)
BACKWARD_INSIDE = showing(backward_inside)
MODE_OF_HOOKS = showing(mode_of_hooks)
DEAD_END = showing(dead_end)
VIEW_WRITTEN = showing(view_written)
CLASS_DECORATED = showing(class_decorated)
CLASS_AS_BLOCK = showing(class_as_block)
INFERENCE = showing(inference)
