"""A generated program shows what its behaviour says, on any recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.families import leaf_gradients, retain_grad, retain_graph
from gradconform.generate.recipe import recipes
from gradoracle.interpreter import run
from gradoracle.torch_engine import DeviceMissing, TorchEngine, cpu
from gradoracle.trace import Trace

ROWS = {row.id: row for family in (leaf_gradients, retain_graph, retain_grad) for row in family.BEHAVIOURS}

FREED = "Trying to backward through the graph a second time"
UNREAD = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"
CYCLE = "Using backward() with create_graph=True will create a reference cycle"
RETAIN = "can't retain_grad on Tensor that has requires_grad=False"


@pytest.fixture(scope="module")
def engine() -> TorchEngine:
    try:
        return cpu()
    except DeviceMissing as missing:
        pytest.skip(str(missing))


def _texts(trace: Trace) -> list[str]:
    errors = [step.outcome[2] for step in trace.steps if step.outcome[0] == "error"]
    return errors + [text for step in trace.steps for _, text in step.warnings]


def _last(trace: Trace) -> dict[str, dict[str, Any]]:
    """What the last look saw, by name and facet."""
    return {name: dict(facets) for name, facets in trace.steps[-1].outcome[1][1]}


SAYS = {
    "leaf-gradients.integers-cannot-require-grad": "can require gradients",
    "leaf-gradients.flag-of-a-non-leaf-cannot-be-cleared": "you can only change requires_grad flags of leaf variables",
    "leaf-gradients.assigned-grad-must-fit": "attempting to assign a gradient",
    "retain-graph.second-backward-raises": FREED,
    "retain-graph.failed-backward-leaves-part": FREED,
    "retain-graph.last-pass-frees": FREED,
    "retain-graph.only-what-ran-is-freed": FREED,
    "retain-graph.restricted-backward-frees-what-it-ran": FREED,
    "retain-graph.shared-part-is-freed-once-for-all": FREED,
    "retain-graph.arguments-are-checked-first": FREED,
    "retain-graph.create-graph-retains": FREED,
    "retain-graph.create-graph-without-retaining": FREED,
    "retain-graph.backward-can-create-a-graph": CYCLE,
    "retain-grad.refused-without-requires-grad": RETAIN,
    "retain-grad.unretained-grad-warns": UNREAD,
    "retain-grad.create-graph-gives-it-a-graph": CYCLE,
}
"""Behaviours that are about an error or a warning, and a part of its text that every program must bring about."""

SILENT = (
    "leaf-gradients.created-tensors-are-leaves",
    "leaf-gradients.untracked-results-are-leaves",
    "leaf-gradients.only-leaves-hold-gradients",
    "leaf-gradients.follow-the-chain-rule",
    "leaf-gradients.backwards-accumulate",
    "leaf-gradients.uses-add-up",
    "leaf-gradients.broadcasts-are-summed-back",
    "leaf-gradients.empty-and-zero-dimensional",
    "leaf-gradients.dtype-is-the-leafs",
    "retain-graph.retained-graph-runs-again",
    "retain-graph.nothing-saved-nothing-freed",
    "retain-grad.fills-grad-of-a-non-leaf",
    "retain-grad.no-op-on-a-leaf",
    "retain-grad.twice-is-once",
    "retain-grad.after-the-backward-is-too-late",
    "retain-grad.accumulates-over-backwards",
    "retain-grad.sums-every-use",
    "retain-grad.sees-what-hooks-made",
    "retain-grad.grad-fills-it-too",
    "retain-grad.is-a-tensor-of-its-own",
    "retain-grad.not-reached-stays-none",
)
"""Behaviours whose programs succeed as a rule: one step in two hundred may fail."""


def _traces(row: Behaviour, engine: TorchEngine, count: int = 30) -> list[Trace]:
    assert row.generator is not None
    return [run(row.generator(recipe), engine) for recipe in recipes(row.id, count)]


@pytest.mark.parametrize("name", SAYS)
def test_the_text_appears_in_every_program(name: str, engine: TorchEngine) -> None:
    for trace in _traces(ROWS[name], engine):
        assert any(SAYS[name] in text for text in _texts(trace))


@pytest.mark.parametrize("name", SILENT)
def test_programs_that_are_meant_to_succeed_do(name: str, engine: TorchEngine) -> None:
    traces = _traces(ROWS[name], engine)
    failed = sum(step.outcome[0] == "error" for trace in traces for step in trace.steps)
    assert failed <= sum(len(trace.steps) for trace in traces) / 200


def _has_leaf_gradient(seen: dict[str, dict[str, Any]]) -> bool:
    return any(facets["is_leaf"] == ("bool", True) and facets["grad"][0] == "grad" for facets in seen.values())


def _has_retained(seen: dict[str, dict[str, Any]]) -> bool:
    return any(facets["retains_grad"] == ("bool", True) and facets["grad"][0] == "grad" for facets in seen.values())


def _has_none(seen: dict[str, dict[str, Any]]) -> bool:
    return all(seen[name]["grad"] == ("none",) for name in ("x1", "aside"))


def _held_is_shared(seen: dict[str, dict[str, Any]]) -> bool:
    return "held" in seen


FINALLY: dict[str, Callable[[dict[str, dict[str, Any]]], bool]] = {
    "leaf-gradients.only-leaves-hold-gradients": _has_leaf_gradient,
    "leaf-gradients.follow-the-chain-rule": _has_leaf_gradient,
    "leaf-gradients.backwards-accumulate": _has_leaf_gradient,
    "leaf-gradients.unreached-leaves-keep-none": _has_none,
    "leaf-gradients.accumulation-is-in-place": _held_is_shared,
    "leaf-gradients.empty-and-zero-dimensional": _has_leaf_gradient,
    "retain-grad.fills-grad-of-a-non-leaf": _has_retained,
    "retain-grad.twice-is-once": _has_retained,
    "retain-grad.accumulates-over-backwards": _has_retained,
    "retain-grad.sees-what-hooks-made": _has_retained,
    "retain-grad.follows-in-place": _has_retained,
    "retain-grad.follows-writes-through-views": _has_retained,
    "retain-grad.grad-fills-it-too": _has_retained,
    "retain-grad.works-under-no-grad": _has_retained,
    "retain-grad.create-graph-gives-it-a-graph": _has_retained,
    "retain-grad.inputs-turn-it-on": _has_retained,
}
"""What the last look of every program must show."""


@pytest.mark.parametrize("name", FINALLY)
def test_the_last_look_shows_it(name: str, engine: TorchEngine) -> None:
    for trace in _traces(ROWS[name], engine):
        assert FINALLY[name](_last(trace))
