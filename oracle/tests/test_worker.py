"""Processes that may die: what a death, a hang and a bad engine cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradoracle import worker as module
from gradoracle.parse import parse_program
from gradoracle.worker import Worker, WorkerError

pytest.importorskip("torch")

GOOD = parse_program("x = torch.ones(2)\nx * 2\n")
# pytorch#196459: the hook of a view whose base was written through an alias.
KILLER = parse_program(
    "x = torch.ones(4, requires_grad=True)\nv = x.view(2, 2)\nx.detach().zero_()\nv.register_hook(lambda g: g)\nx + 1\n"
)


@pytest.fixture(scope="module")
def torch_worker():
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


def test_the_environment_is_told(torch_worker):
    import torch

    assert ("torch:cpu", torch.__version__) == (torch_worker.id, torch_worker.environment["version"])


def test_a_death_keeps_the_steps_before_it_and_the_worker_lives_on(torch_worker):
    trace = torch_worker.run(KILLER)

    assert (("crash", "SIGSEGV"), 3) == (trace.ending, len(trace.steps))
    assert torch_worker.run(GOOD).finished


def test_children_are_replaced_after_a_batch(torch_worker, monkeypatch):
    first = torch_worker.run(GOOD)

    assert [first] * (module.BATCH + 20) == [torch_worker.run(GOOD) for _ in range(module.BATCH + 20)]


def test_a_program_that_hangs_is_killed(torch_worker, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.5)
    endless = parse_program(
        "def f(g):\n    for k in range(100000):\n        g = g * 2\nfor j in range(1000):\n    f(torch.ones(1))\n"
    )

    assert torch_worker.run(endless).ending[0] == "timeout"
    monkeypatch.undo()
    assert torch_worker.run(GOOD).finished


def test_an_engine_that_cannot_be_made_says_why():
    with pytest.raises(WorkerError, match="no_such_module"), Worker("no_such_module:engine"):
        pass


def test_a_missing_device_is_named(monkeypatch):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(WorkerError, match="no CUDA device"), Worker("gradoracle.torch_engine:cuda"):
        pass


def test_a_closed_worker_leaves_no_process():
    worker = Worker("gradoracle.torch_engine:cpu")
    with worker:
        process = worker._process

    assert process.returncode is not None


def test_an_adapter_that_raises_says_what_and_lives_on():
    with Worker("broken_adapter:engine", (str(Path(__file__).parent),)) as worker:
        first, second = worker.run(GOOD), worker.run(GOOD)

    kind, text = first.ending
    assert kind == "crash"
    assert text.startswith("the adapter raised LookupError: no default mode (broken_adapter.py, line ")
    assert second.finished


def test_what_a_program_imports_before_it_kills_is_there_for_the_next():
    with Worker("dying_adapter:engine", (str(Path(__file__).parent),)) as worker:
        first, second = worker.run(GOOD), worker.run(GOOD)

    assert first.ending == ("crash", "SIGSEGV")
    assert second.finished
