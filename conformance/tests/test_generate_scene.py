"""What a scene believes about its tensors is what PyTorch makes of the program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradconform.generate import build, passes
from gradconform.generate.moves import stage
from gradconform.generate.recipe import recipes
from gradconform.generate.scene import LARGEST, Scene, broadcast
from gradconform.generate.tables import GRAPH, MIXED
from gradoracle.interpreter import run
from gradoracle.program import Program
from gradoracle.torch_engine import DeviceMissing, TorchEngine, cpu

BELIEFS = ("value", "requires_grad", "is_leaf", "is_view")
KINDS = {"torch.float32": "<f4", "torch.float64": "<f8", "torch.int64": "<i8", "torch.bool": "?"}


@pytest.fixture(scope="module")
def engine() -> TorchEngine:
    try:
        return cpu()
    except DeviceMissing as missing:
        pytest.skip(str(missing))


def _start(scene: Scene) -> None:
    scene.leaf((2, 3))


def _seen(scene: Scene, engine: TorchEngine) -> dict[str, dict[str, Any]]:
    """What PyTorch shows of every live tensor at the end."""
    look = build.observe(*(one.name for one in scene.live()), facets=BELIEFS)
    trace = run(Program((*scene.program().statements, look)), engine)
    return {name: dict(facets) for name, facets in trace.steps[-1].outcome[1][1]}


@pytest.mark.parametrize("seed", range(4))
def test_beliefs_are_true(seed: int, engine: TorchEngine) -> None:
    scenes = stage(_start, GRAPH, passes.backward_two, MIXED)
    for recipe in recipes(seed, 60):
        scene = scenes(recipe)
        for name, facts in _seen(scene, engine).items():
            live = scene.get(name)
            tag, dtype, shape, data = facts["value"]
            values = np.frombuffer(data, KINDS[dtype]).astype(float)
            assert tag == "tensor"
            assert (dtype, shape) == (f"torch.{live.dtype}", live.shape)
            assert facts["requires_grad"] == ("bool", live.requires_grad), name
            assert facts["is_leaf"] == ("bool", live.is_leaf), name
            assert live.numel <= LARGEST
            assert np.abs(values).max(initial=0.0) <= live.bound * (1 + 1e-6)
            if live.exact:
                assert np.all(values * 2.0**live.grain % 1 == 0), name


def test_most_statements_succeed(engine: TorchEngine) -> None:
    scenes = stage(_start, MIXED, passes.backward_two)
    traces = [run(scenes(recipe).program(), engine) for recipe in recipes("valid", 200)]
    failed = sum(step.outcome[0] == "error" for trace in traces for step in trace.steps)
    assert failed < 0.01 * sum(len(trace.steps) for trace in traces)


def test_operands_count_from_the_newest() -> None:
    scene = Scene()
    first, second = scene.leaf((2,)), scene.leaf((3,))
    assert scene.pick(0) == second
    assert scene.pick(1) == first
    assert scene.pick(2) == second
    assert scene.pick(0, lambda one: one.shape == (2,)) == first


def test_without_an_operand_a_new_leaf_is_made() -> None:
    scene = Scene()
    assert scene.pick(12345).shape == (2,)
    assert len(scene.program()) == 1
    assert scene.pick(3, lambda one: one.ndim == 2, lambda: scene.leaf((1, 4))).shape == (1, 4)


def test_an_empty_block_is_left_out() -> None:
    scene = Scene()
    modes = [scene.grad_enabled]
    with scene.block(build.call("torch.no_grad"), grad_enabled=False):
        modes.append(scene.grad_enabled)
    modes.append(scene.grad_enabled)
    assert modes == [True, False, True]
    assert scene.program() == Program(())


def test_results_in_a_block_without_grad_mode_are_leaves() -> None:
    scene = Scene()
    leaf = scene.leaf((2,))
    with scene.block(build.call("torch.no_grad"), grad_enabled=False):
        made = scene.apply(build.op("*", leaf.ref, 2), (leaf,), (2,))
    assert made.is_leaf
    assert not made.requires_grad


def test_a_write_reaches_views_but_not_the_history_of_detached_aliases() -> None:
    scene = Scene()
    leaf = scene.leaf((2,), 0)
    constant = scene.leaf((2,), 0, requires_grad=False, prefix="c")
    view = scene.apply(build.method(constant.ref, "view", 2), (constant,), (2,), view_of=constant)
    cut = scene.apply(build.method(constant.ref, "detach"), (constant,), (2,), view_of=constant, detached=True)
    scene.overwrite(constant, build.run(build.method(constant.ref, "mul_", leaf.ref)), (leaf,), bound=50)
    assert scene.get(view.name).requires_grad
    assert not scene.get(cut.name).requires_grad
    assert scene.get(cut.name).bound == 50


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ((2, 3), (3,), (2, 3)),
        ((3, 1), (1, 4), (3, 4)),
        ((), (2,), (2,)),
        ((0,), (1,), (0,)),
        ((2,), (3,), None),
        ((2, 1, 3), (2, 1), (2, 2, 3)),
    ],
)
def test_broadcast(left: tuple[int, ...], right: tuple[int, ...], both: tuple[int, ...] | None) -> None:
    assert broadcast(left, right) == both
