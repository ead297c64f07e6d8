"""A printed zero has a sign only where zeros have one."""

from __future__ import annotations

from dataclasses import replace

from gradoracle.compare import EXACT, compare
from gradoracle.trace import Step, Trace


def printed(text):
    return Trace((Step((0,), ("value", ("none",)), events=(("print", text),)),))


def test_the_sign_of_a_printed_zero_counts_as_that_of_an_element_does():
    one, other = printed("tensor([-0., 1.])"), printed("tensor([0., 1.])")

    assert compare(one, other, EXACT)
    assert compare(one, other, replace(EXACT, signed_zero=False)) == ()


def test_a_negative_number_is_no_negative_zero():
    assert compare(printed("-0.5"), printed("0.5"), replace(EXACT, signed_zero=False))
