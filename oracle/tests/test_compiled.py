"""PyTorch under torch.compile: what of its warnings the program gets to see."""

from __future__ import annotations

import pytest

from gradoracle.parse import parse_program
from gradoracle.worker import Worker

pytest.importorskip("torch")


def test_a_kernel_warns_as_it_does_eagerly() -> None:
    program = parse_program("x = torch.zeros(0, requires_grad=True)\ny = x.var()\n")
    with Worker("gradoracle.torch_engine:cpu") as eager, Worker("gradoracle.compiled:engine") as compiled:
        expected, got = eager.run(program), compiled.run(program)
    assert [step.warnings for step in expected.steps] == [step.warnings for step in got.steps]
    assert "degrees of freedom" in got.steps[1].warnings[0][1]
