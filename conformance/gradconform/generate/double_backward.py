"""Generators for gradients of gradients: over generated graphs, and over functions and values one by one."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate import build, passes
from gradconform.generate.moves import staged
from gradconform.generate.retain_graph import SMOOTH
from gradconform.generate.scene import Scene
from gradconform.generate.spoken import spoken
from gradoracle.program import Ref

_VALUES = ("[1.0, 2.0]", "[-1.0, 0.5]", "[[1.0, 0.0], [-2.0, 3.0]]", "2.0", "[0.0]")
_POWERS = (
    "x$n * x$n",
    "x$n ** 3",
    "x$n * x$n * x$n * x$n",
    "x$n ** 2 * 3",
    "x$n * 3",
    "(x$n * x$n).sum() * x$n",
    "x$n.sum() * x$n.sum()",
    "x$n.relu() * x$n",
    "(x$n + 1) * (x$n - 1)",
    "x$n.square().square()",
    "x$n.neg() ** 3",
)

ORDERS = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=True)
        y$n = $function
        a$n, = torch.autograd.grad(y$n.sum(), x$n, create_graph=$graph)
        b$n, = torch.autograd.grad(a$n.sum(), x$n, create_graph=True)
        c$n, = torch.autograd.grad(b$n.sum(), x$n, allow_unused=True)
        observe(x$n, a$n, b$n, c$n)
    """),
    values=_VALUES,
    function=_POWERS,
    graph=("True", "True", "False"),
)

MIXED = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=True)
        w$n = torch.tensor($others, requires_grad=True)
        y$n = $function
        g$n = torch.autograd.grad(y$n, (x$n, w$n), $weight, create_graph=True)
        print(g$n)
        torch.autograd.grad(g$n[0].sum(), w$n, retain_graph=True, allow_unused=True)
        torch.autograd.grad(g$n[1].sum(), x$n, allow_unused=True)
        observe(x$n, w$n)
    """),
    values=("[1.0, 2.0]", "[-1.0, 0.5]", "[0.0, 3.0]"),
    others=("[3.0, 4.0]", "[1.0, -2.0]", "[0.5, 0.0]", "2.0"),
    function=(
        "x$n * w$n",
        "x$n * x$n * w$n",
        "x$n * w$n * w$n",
        "x$n + w$n",
        "(x$n + w$n) ** 2",
        "x$n * (x$n - w$n)",
        "(x$n * w$n).sum() * x$n",
    ),
    weight=(
        "torch.ones(2)",
        "torch.tensor([1.0, 0.0])",
        "torch.tensor([2.0, -1.0], requires_grad=True)",
        "x$n",
        "w$n * x$n",
    ),
)

KINKS = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=True)
        g$n, = torch.autograd.grad(($function * $factor).sum(), x$n, create_graph=True)
        observe(g$n)
        torch.autograd.grad(g$n.sum(), x$n)
    """),
    values=("[-1.0, 0.0, 2.0]", "[0.0, 0.0, 0.0]", "[1.0, 1.0, -1.0]", "[2.0, -0.0, 0.5]"),
    function=(
        "x$n.relu()",
        "x$n.abs()",
        "x$n.clamp(-1, 1)",
        "x$n.clamp(min=0)",
        "x$n.sign()",
        "x$n.max()",
        "x$n.amax()",
        "x$n.max(0)[0]",
        "torch.maximum(x$n, x$n * x$n)",
        "torch.where(x$n > 0, x$n, x$n * x$n)",
        "x$n.sort(stable=True)[0]",
        "x$n.round()",
        "x$n.masked_fill(x$n > 0, 1)",
        "torch.nn.functional.leaky_relu(x$n, 0.5)",
        "torch.nn.functional.hardtanh(x$n)",
    ),
    factor=("x$n", "1", "x$n * x$n", "torch.tensor([1.0, 2.0, 3.0])"),
)


def _start(scene: Scene) -> None:
    """Leaves that leave room for second derivatives to be exact."""
    scene.exact_bits = 6
    scene.leaf((2,))
    scene.leaf((2,), 1)


def _penalty(scene: Scene) -> None:
    root = passes.root(scene, 0)
    reached = tuple(one for one in passes.leaves(scene) if one.name in root.leaves) or (scene.leaf(),)
    gradients = Ref(passes.grad(scene, root, reached, 0, create=True, allow_unused=True))
    scene.run(gradients)
    first = build.item(gradients, 0)
    scene.emit(build.assign("s", build.method(build.op("*", first, first), "sum")))
    scene.run(
        build.call("torch.autograd.grad", Ref("s"), [one.ref for one in reached], retain_graph=True, allow_unused=True)
    )
    scene.run(build.method(build.op("+", Ref("s"), build.method(root.ref, "sum")), "backward"))
    scene.observe()


PENALTY = staged(_start, SMOOTH, _penalty)
