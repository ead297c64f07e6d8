"""Comparisons, logic and bits, compared with PyTorch call by call."""

from __future__ import annotations

import operator
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
from differential import Input, check  # a helper beside this file

X = Input([0.5, 0.25, 0.75])
Y = Input([2.0, 0.25, -0.5])
MATRIX = Input([[0.5, -0.25, 2.0], [1.0, -1.5, 0.125]])
WHOLE = Input([1, 2, 0], "int64")
WHOLE_TOO = Input([3, 2, 5], "int64")
BOOLS = Input([True, False, True], "bool")
SPECIAL = Input([float("nan"), float("inf"), -float("inf")])
PAIRS = (
    (X, Y), (X, MATRIX), (MATRIX, Input(0.5)), (X, WHOLE), (WHOLE, WHOLE_TOO), (BOOLS, BOOLS), (SPECIAL, X),
    (SPECIAL, SPECIAL), (X, Input([0.5, 2.0, 3.0], "float64")), (X, Input([1.0, 2.0])), (BOOLS, WHOLE),
)  # fmt: skip
COMPARISONS = "eq ne lt le gt ge".split()


@pytest.mark.parametrize("name", [*COMPARISONS, "not_equal", "less", "less_equal", "greater", "greater_equal"])
def test_comparison(name: str) -> None:
    for pair in PAIRS:
        check(lambda engine, x, y: getattr(engine, name)(x, y), *pair)
    for number in (0.5, 2, True):
        for each in (X, WHOLE, BOOLS):
            check(lambda engine, x, number=number: getattr(x, name)(number), each)


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparison_in_place(name: str) -> None:
    for pair in PAIRS[:6]:
        check(lambda engine, x, y: getattr(x.clone(), name + "_")(y), *pair)
    check(lambda engine, x, y: getattr(x, name + "_")(y), X, Y)
    for number in (0.5, 1):
        check(lambda engine, x, number=number: getattr(x.clone(), name + "_")(number), X)
        check(lambda engine, x, number=number: getattr(x.clone(), name + "_")(number), WHOLE)


@pytest.mark.parametrize("name", [*COMPARISONS, "and_", "or_", "xor", "lshift", "rshift"])
def test_symbols(name: str) -> None:
    compute = getattr(operator, name)
    for pair in PAIRS:
        check(lambda engine, x, y: compute(x, y), *pair)
    for number in (1, 2, True):
        for each in (X, WHOLE, BOOLS):
            check(lambda engine, x, number=number: compute(x, number), each)
            check(lambda engine, x, number=number: compute(number, x), each)


@pytest.mark.parametrize("name", ["iand", "ior", "ixor", "ilshift", "irshift"])
def test_symbols_in_place(name: str) -> None:
    check(lambda engine, x, y: getattr(operator, name)(x.clone(), y), WHOLE, WHOLE_TOO)
    check(lambda engine, x: getattr(operator, name)(x.clone(), 1), WHOLE)


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
def test_logic(name: str) -> None:
    for pair in PAIRS:
        check(lambda engine, x, y: getattr(engine, name)(x, y), *pair)
    check(lambda engine, x: getattr(engine, name)(x, 1), X)
    check(lambda engine, x, y: getattr(x.clone(), name + "_")(y), X, Y)
    check(lambda engine, x, y: getattr(x, name + "_")(y), X, Y)


TESTS = "isnan isinf isfinite isposinf isneginf isreal signbit logical_not bitwise_not".split()


@pytest.mark.parametrize("name", TESTS)
def test_tests(name: str) -> None:
    for each in (X, MATRIX, WHOLE, BOOLS, SPECIAL, Input(0.5)):
        if name != "bitwise_not" or each in (WHOLE, BOOLS):
            check(lambda engine, x: getattr(engine, name)(x), each)


@pytest.mark.parametrize("name", ["isclose", "allclose", "equal"])
def test_closeness(name: str) -> None:
    for pair in PAIRS:
        check(lambda engine, x, y: getattr(engine, name)(x, y), *pair)
    check(lambda engine, x: getattr(engine, name)(x, 1.0), X)
    if name != "equal":
        for options in ({"rtol": 0.5}, {"atol": 1.0}, {"equal_nan": True}, {"rtol": -1}, {"atol": -1.0}):
            given: dict[str, Any] = options
            check(lambda engine, x, y, given=given: getattr(engine, name)(x, y, **given), X, Y)
            check(lambda engine, x, given=given: getattr(engine, name)(x, x, **given), SPECIAL)


def test_unary_symbols() -> None:
    for each in (X, WHOLE, BOOLS):
        check(lambda engine, x: ~x, each)
        check(lambda engine, x: +x, Input([1.0]) if each is X else each)


def test_equality_with_other_things() -> None:
    check(lambda engine, x: [x == None, x == "a", x != None], X)  # noqa: E711  # the operator is what is tested
