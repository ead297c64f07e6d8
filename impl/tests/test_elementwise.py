"""Elementwise operators, compared with PyTorch call by call."""

from __future__ import annotations

import operator
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
from differential import Input, check  # a helper beside this file

ULPS = 3e-6
"""Transcendental functions may be a few units in the last place apart."""

X = Input([0.5, 0.25, 0.75])
Y = Input([2.0, 0.25, -0.5])
MATRIX = Input([[0.5, -0.25, 2.0], [1.0, -1.5, 0.125]])
SCALAR = Input(0.5)
EMPTY = Input([[], []], "float32")
DOUBLE = Input([0.5, 0.25, 0.75], "float64")
WHOLE = Input([1, 2, 0], "int64")
WHOLE_TOO = Input([3, 2, 5], "int64")
BOOLS = Input([True, False, True], "bool")
SPECIAL = Input([float("nan"), float("inf"), -float("inf")])
ZEROS = Input([0.0, 0.0, 1.0])
CONSTANT = Input([2.0, 0.25, -0.5], requires_grad=False)

SINGLE = {
    "vector": X, "scalar": SCALAR, "matrix": MATRIX, "empty": EMPTY, "double": DOUBLE, "integer": WHOLE, "bool": BOOLS,
    "special": SPECIAL,
}  # fmt: skip
PAIRS = {
    "vectors": (X, Y), "row and matrix": (X, MATRIX), "matrix and scalar": (MATRIX, SCALAR), "integer": (X, WHOLE),
    "integers": (WHOLE, WHOLE_TOO), "bools": (BOOLS, BOOLS), "double": (X, DOUBLE),
    "special": (SPECIAL, X), "zeros": (ZEROS, X), "zero": (X, ZEROS), "both zero": (ZEROS, ZEROS),
    "constant": (X, CONSTANT), "constant first": (CONSTANT, X), "no broadcast": (X, Input([1.0, 2.0])),
}  # fmt: skip

UNARY = (
    "neg abs sign sgn square sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh "
    "cosh tanh asinh acosh atanh sigmoid logit erf erfc trunc floor ceil round frac deg2rad rad2deg sinc nan_to_num "
    "positive"
).split()
BINARY = (
    "add sub mul div true_divide floor_divide remainder fmod pow float_power atan2 maximum minimum fmax fmin hypot "
    "logaddexp logaddexp2 xlogy heaviside copysign rsub"
).split()
OF_NUMBERS = "add sub mul div floor_divide remainder fmod pow float_power xlogy copysign".split()
FIRST_NUMBER = "add sub mul div floor_divide remainder pow float_power xlogy".split()
SYMBOLS = "add sub mul truediv floordiv mod pow iadd isub imul itruediv ifloordiv imod ipow".split()
NUMBERS = (2, 2.5, -1, 0)


@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str) -> None:
    for each in SINGLE.values():
        if name == "rad2deg" and each is SPECIAL:
            continue
        check(lambda engine, x: getattr(engine, name)(x), each, tolerance=ULPS)


@pytest.mark.parametrize("name", [each for each in UNARY if each != "positive"])
def test_unary_in_place(name: str) -> None:
    check(lambda engine, x: getattr(x.clone(), name + "_")(), X, tolerance=ULPS)
    check(lambda engine, x: getattr(x, name + "_")(), X, tolerance=ULPS)
    check(lambda engine, x: getattr(x.clone(), name + "_")(), WHOLE_TOO, tolerance=ULPS)


@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str) -> None:
    for pair in PAIRS.values():
        check(lambda engine, x, y: getattr(engine, name)(x, y), *pair, tolerance=ULPS)


@pytest.mark.parametrize("name", "add sub mul div fmod maximum fmin xlogy pow".split())
def test_zero_dim_double(name: str) -> None:
    """The result has the type of the tensor that has dimensions; gradients are cast."""
    check(lambda engine, x, y: getattr(engine, name)(x, y), Input([1.0, 4.0, 0.5]), Input(1.0, "float64"))


IN_PLACE = "sub mul div floor_divide remainder fmod pow atan2 hypot xlogy heaviside copysign".split()


@pytest.mark.parametrize("name", IN_PLACE)
def test_binary_in_place(name: str) -> None:
    for key in ("vectors", "matrix and scalar", "integers", "integer", "constant", "constant first"):
        check(lambda engine, x, y: getattr(x.clone(), name + "_")(y), *PAIRS[key], tolerance=ULPS)
    check(lambda engine, x, y: getattr(x, name + "_")(y), X, Y, tolerance=ULPS)
    check(lambda engine, x: getattr(copy := x.clone(), name + "_")(copy), X, tolerance=ULPS)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers(name: str) -> None:
    for number in NUMBERS:
        for each in (X, SCALAR, MATRIX, WHOLE, BOOLS):
            check(lambda engine, x, number=number: getattr(engine, name)(x, number), each, tolerance=ULPS)
            if name in FIRST_NUMBER:
                check(lambda engine, x, number=number: getattr(engine, name)(number, x), each, tolerance=ULPS)


def test_numbers_too_large(same: Any) -> None:
    same("""
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    for number in (1e300, -1e300, 1e39):
        y = x * number + torch.tensor(number, dtype=torch.float64) * x
        y.backward(torch.ones(2))
        print(y, x.grad, x < number)
    """)


@pytest.mark.parametrize("name", SYMBOLS)
def test_symbols(name: str) -> None:
    compute = getattr(operator, name)
    in_place = name.startswith("i")
    for key in ("vectors", "row and matrix", "integers", "bools", "double"):
        check(lambda engine, x, y: compute(x.clone(), y), *PAIRS[key], tolerance=ULPS)
    for number in NUMBERS:
        for each in (X, WHOLE):
            check(lambda engine, x, number=number: compute(x.clone(), number), each, tolerance=ULPS)
            if not in_place:
                check(lambda engine, x, number=number: compute(number, x), each, tolerance=ULPS)


@pytest.mark.parametrize("alpha", [1, 2, 0.5, -1, True])
def test_scaled_sums(alpha: Any) -> None:
    for each in (X, MATRIX, WHOLE):
        check(lambda engine, x: engine.add(x, x, alpha=alpha), each)
        check(lambda engine, x: engine.sub(x, x, alpha=alpha), each)
        check(lambda engine, x: engine.sub(x, 3, alpha=alpha), each)
        check(lambda engine, x: engine.rsub(x, x, alpha=alpha), each)
        check(lambda engine, x: engine.rsub(x, 2.0, alpha=alpha), each)
        check(lambda engine, x: x.clone().sub_(x, alpha=alpha), each)


@pytest.mark.parametrize("mode", [None, "floor", "trunc", "no mode"])
def test_rounded_quotients(mode: Any) -> None:
    for each in (X, MATRIX, WHOLE, DOUBLE, Input([-7.0, 7.0, -0.5])):
        check(lambda engine, x: engine.div(x, x + 2, rounding_mode=mode), each, tolerance=ULPS)
        check(lambda engine, x: engine.div(x, 2, rounding_mode=mode), each, tolerance=ULPS)
        check(lambda engine, x: x.clone().div_(2.0, rounding_mode=mode), each, tolerance=ULPS)


BOUNDS = [(0, 1), (0.0, None), (None, 0.5), (1, 0), (None, None), (float("nan"), 1), (0.5, 0.5)]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_clamp_to_numbers(bounds: Any) -> None:
    low, high = bounds
    for each in (X, MATRIX, SCALAR, WHOLE, SPECIAL, BOOLS):
        check(lambda engine, x: engine.clamp(x, low, high), each)
        check(lambda engine, x: x.clip(min=low, max=high), each)
    check(lambda engine, x: x.clone().clamp_(low, high), MATRIX)


@pytest.mark.parametrize("bound", [0, 0.5, -1])
def test_clamp_one_side(bound: Any) -> None:
    for each in (X, MATRIX, WHOLE, SPECIAL):
        check(lambda engine, x: x.clamp_min(bound), each)
        check(lambda engine, x: x.clamp_max(bound), each)
    check(lambda engine, x: x.clone().clamp_min_(bound), MATRIX)
    check(lambda engine, x: x.clone().clamp_max_(bound), MATRIX)


@pytest.mark.parametrize(
    "bounds",
    [([0.0, 0.5, -0.25], [1.0, 0.5, 2.0]), (0.0, 1.0), (1.0, 0.0), ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])],
)
def test_three_tensors(bounds: Any) -> None:
    for x in (MATRIX, X, WHOLE):
        given = (x, Input(bounds[0]), Input(bounds[1]))
        check(lambda engine, x, low, high: engine.clamp(x, low, high), *given)
        check(lambda engine, x, low, high: engine.clamp(x, low), *given)
        check(lambda engine, x, low, high: engine.clamp(x, max=high), *given)
        check(lambda engine, x, low, high: x.clamp(0, high), *given)
        check(lambda engine, x, low, high: x.clamp_min(low), *given)
        check(lambda engine, x, low, high: x.clamp_max(high), *given)
        check(lambda engine, x, a, b: engine.lerp(x, a, b), *given, tolerance=ULPS)
        check(lambda engine, x, a, b: engine.addcmul(x, a, b, value=0.5), *given, tolerance=ULPS)
        check(lambda engine, x, a, b: engine.addcdiv(x, a, b), *given, tolerance=ULPS)
        check(lambda engine, x, a, b: engine.where(x > 0, a, b), *given)


def test_mixtures() -> None:
    for each in (X, MATRIX, SCALAR, DOUBLE, WHOLE):
        check(lambda engine, x: engine.where(x > 0.25, x, 0.0), each)
        check(lambda engine, x: engine.where(x > 0.25, 1, x), each)
        check(lambda engine, x: engine.where(x > 0.25, 1, 2.5), each)
        check(lambda engine, x: x.where(x > 0, x * 2), each)
        check(lambda engine, x: engine.where(x, x, x), each)
        check(lambda engine, x: engine.where(x > 0, x, engine.tensor(1.0, dtype=engine.float64)), each)
        check(lambda engine, x: engine.where(x > 0), each)
        check(lambda engine, x: engine.lerp(x, x * 2, 0.25), each)
        check(lambda engine, x: x.clone().lerp_(x * 2, 0.75), each, tolerance=ULPS)
        check(lambda engine, x: x.clone().addcmul_(x, x), each, tolerance=ULPS)
        check(lambda engine, x: engine.nan_to_num(x, 1.0, 2.0, 3.0), each)
        check(lambda engine, x: engine.logit(x, 0.1), each, tolerance=ULPS)
        for decimals in (0, 1, -1, 2):
            check(lambda engine, x, n=decimals: engine.round(x, decimals=n), each, tolerance=ULPS)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, True])
def test_powers(exponent: Any) -> None:
    for each in (X, MATRIX, DOUBLE, ZEROS, SPECIAL, WHOLE):
        check(lambda engine, x: x**exponent, each, tolerance=ULPS)
        check(lambda engine, x: x.clone().pow_(exponent), each, tolerance=ULPS)
