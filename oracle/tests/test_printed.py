"""Printed texts are the same when only the last digits of rounded numbers differ."""

from __future__ import annotations

import pytest

from gradoracle.compare import EXACT, Measure, compare
from gradoracle.printed import same_printed
from gradoracle.trace import Step, Trace

SAME = [
    ("tensor([1.3622e-01, 2.6800e-03])", "tensor([1.3622e-01, 2.6799e-03])"),
    ("tensor([ 1.0000, -2.5000])", "tensor([ 1.0000, -2.5000])"),
    ("tensor([10.0000,  0.1000])", "tensor([9.9999, 0.1000])"),
    ("a 1. b", "a 1.0000001 b"),
    ("[tensor([-5.4367e-09, 5.4367e-09])]", "[tensor([0., 0.])]"),
    ("tensor([10.])", "tensor([9.9999])"),
]
OTHER = [
    ("tensor([1.0000])", "tensor([1.0002])"),
    ("tensor([0.])", "tensor([-0.])"),
    ("tensor([1.])", "tensor([1.5000])"),
    ("tensor([0.])", "tensor([-0.5000])"),
    ("shape [2, 3]", "shape [2, 4]"),
    ("tensor([1.])", "tensor([1.], grad_fn=<MulBackward0>)"),
    ("tensor([1., 2.])", "tensor([1.])"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: str, other: str) -> None:
    assert same_printed(one, other, 1.3e-6, 1e-5)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_not_the_same(one: str, other: str) -> None:
    assert not same_printed(one, other, 1.3e-6, 1e-5)


def test_exact_programs_print_alike() -> None:
    left, right = (
        Trace((Step((0,), ("value", ("none",)), events=(("print", text),)),), ("finished",)) for text in SAME[0]
    )
    assert [found.where for found in compare(left, right, EXACT)] == ["output"]
    assert compare(left, right, Measure(exact=False)) == ()
