"""Activation functions and softmax, compared with PyTorch call by call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
from differential import Input, check  # a helper beside this file

ULPS = 5e-6

SPECIAL = Input([np.nan, np.inf, -np.inf, 1.0])
SINGLE = (
    Input([[0.5, -0.25, 2.0], [1.0, -1.5, 0.125]]),
    Input([-4.0, -3.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 3.0, 5.0, 7.0, 21.0]),
    Input(0.5),
    Input(np.zeros((0, 3))),
    Input([3, -1, 2], "int64"),
    Input([True, False], "bool"),
    Input([[0.5, -2.0, 3.0], [1.0, 1.0, 1.0]], "float64"),
    SPECIAL,
)
NAMES = (
    "relu leaky_relu elu selu celu gelu silu mish softplus hardtanh hardsigmoid hardswish logsigmoid relu6 softsign "
    "tanhshrink hardshrink softshrink sigmoid tanh"
).split()
IN_PLACE = "relu leaky_relu elu selu celu silu mish hardtanh hardsigmoid hardswish relu6".split()


def of(engine: Any, name: str) -> Any:
    return getattr(engine.nn.functional, name)


@pytest.mark.parametrize("name", NAMES)
def test_activation(name: str) -> None:
    for each in SINGLE:
        if name != "gelu" or each is not SPECIAL:
            check(lambda engine, x: of(engine, name)(x), each, tolerance=ULPS)


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name: str) -> None:
    for each in SINGLE[:4]:
        check(lambda engine, x: of(engine, name)(x.clone(), inplace=True), each, tolerance=ULPS)
    check(lambda engine, x: of(engine, name)(x, inplace=True), SINGLE[0])


@pytest.mark.parametrize("name", "relu_ leaky_relu_ elu_ selu_ celu_ hardtanh_".split())
def test_in_place_functions(name: str) -> None:
    check(lambda engine, x: of(engine, name)(x.clone()), SINGLE[1], tolerance=ULPS)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("gelu", {"approximate": "tanh"}), ("gelu", {"approximate": "other"}), ("leaky_relu", {"negative_slope": 0.2}),
        ("elu", {"alpha": 2.0}), ("celu", {"alpha": 3.0}), ("softplus", {"beta": 2, "threshold": 1}),
        ("hardtanh", {"min_val": -0.5, "max_val": 0.5}), ("threshold", {"threshold": 0.5, "value": 2.0}),
        ("threshold", {"threshold": 0.5, "value": 2.0, "inplace": True}), ("hardshrink", {"lambd": 0.25}),
        ("elu", {"alpha": 2.0, "inplace": True}), ("celu", {"alpha": 3.0, "inplace": True}),
    ],
    ids=str,
)  # fmt: skip
def test_parameters(name: str, given: dict[str, Any]) -> None:
    for each in (*SINGLE[:4], SINGLE[6]):
        check(lambda engine, x: of(engine, name)(x.clone(), **given), each, tolerance=ULPS)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("dim", [0, -1, 1])
def test_softmax(name: str, dim: int) -> None:
    for each in SINGLE:
        check(lambda engine, x: of(engine, name)(x, dim=dim), each, tolerance=ULPS)
        check(lambda engine, x: of(engine, name)(x, dim=dim, dtype=engine.float64), each, tolerance=ULPS)
        if name != "softmin":
            check(lambda engine, x: getattr(x, name)(dim), each, tolerance=ULPS)
