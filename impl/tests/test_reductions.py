"""Reductions, compared with PyTorch call by call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
from differential import Input, check  # a helper beside this file

ULPS = 3e-6

SINGLE = {
    "matrix": Input([[0.5, -0.25, 2.0], [1.0, -1.5, 0.125]]),
    "vector": Input([0.5, 0.25, 0.75, 0.5]),
    "scalar": Input(0.5),
    "zeros": Input([[0.5, 0.0, 2.0], [1.0, 0.0, 0.125]]),
    "one zero": Input([[0.5, 0.0, 2.0], [1.0, 3.0, 0.125]]),
    "empty": Input(np.zeros(0)),
    "empty matrix": Input(np.zeros((0, 3))),
    "nan": Input([[1.0, np.nan, 3.0], [2.0, 2.0, 2.0]]),
    "integer": Input([[3, 1, 2], [2, 2, 0]], "int64"),
    "bool": Input([[True, False], [True, True]], "bool"),
    "double": Input([[0.5, 2.0, 3.0], [1.0, 1.0, 1.0]], "float64"),
    "three dimensions": Input(np.arange(12).reshape(2, 3, 2) / 4 - 1),
}
ALL = "sum mean prod amax amin any all nansum nanmean norm count_nonzero max min argmax argmin aminmax".split()
SEVERAL = "sum mean amax amin any all nansum nanmean norm logsumexp count_nonzero".split()
ONE = "prod max min argmax argmin cumsum cumprod cummax cummin aminmax".split()


@pytest.mark.parametrize("name", ALL)
def test_of_all(name: str) -> None:
    for each in SINGLE.values():
        check(lambda engine, x: getattr(engine, name)(x), each, tolerance=ULPS)


@pytest.mark.parametrize("name", [*SEVERAL, *ONE])
def test_along_one(name: str) -> None:
    for each in SINGLE.values():
        for dim in (0, -1, 1, 5):
            check(lambda engine, x, dim=dim: getattr(engine, name)(x, dim=dim), each, tolerance=ULPS)
        if not name.startswith(("cum", "count")):
            check(lambda engine, x: getattr(engine, name)(x, dim=-1, keepdim=True), each, tolerance=ULPS)


@pytest.mark.parametrize("name", SEVERAL)
def test_along_several(name: str) -> None:
    dims: list[Any] = [(0, 1), (-1,), (0, 0)]
    if name != "logsumexp":
        dims += [(), None]
    for key in ("matrix", "vector", "scalar", "empty matrix", "integer", "nan", "three dimensions"):
        for dim in dims:
            check(lambda engine, x, dim=dim: getattr(engine, name)(x, dim=dim), SINGLE[key], tolerance=ULPS)
            if name != "count_nonzero":
                check(
                    lambda engine, x, dim=dim: getattr(engine, name)(x, dim=dim, keepdim=True),
                    SINGLE[key],
                    tolerance=ULPS,
                )


@pytest.mark.parametrize("name", "sum mean prod nansum cumsum cumprod".split())
def test_given_types(name: str) -> None:
    along: dict[str, Any] = {"dim": 0} if name.startswith("cum") else {}
    for key in ("matrix", "scalar", "integer", "bool", "double"):
        for kind in ("float64", "float32", "int64"):
            check(
                lambda engine, x, kind=kind: getattr(engine, name)(x, dtype=getattr(engine, kind), **along),
                SINGLE[key],
                tolerance=ULPS,
            )


@pytest.mark.parametrize("order", [0, 1, 2, 3, 0.5, 1.5, float("inf"), -float("inf"), "fro", None, "x"])
def test_norms(order: Any) -> None:
    for key in ("matrix", "vector", "scalar", "zeros", "empty matrix", "empty", "integer", "double", "nan"):
        check(lambda engine, x: engine.norm(x, order), SINGLE[key], tolerance=ULPS)
        check(lambda engine, x: x.norm(order, -1), SINGLE[key], tolerance=ULPS)
        check(lambda engine, x: x.norm(order, -1, True), SINGLE[key], tolerance=ULPS)


def test_distance() -> None:
    for key in ("matrix", "vector", "zeros", "integer"):
        for order in (2, 1, 0, 3):
            check(lambda engine, x, p=order: engine.dist(x, x * 2, p), SINGLE[key], tolerance=ULPS)
            check(lambda engine, x, p=order: engine.dist(x, engine.tensor([1.0]), p), SINGLE[key], tolerance=ULPS)


def test_named_results() -> None:
    for key in ("matrix", "three dimensions", "integer"):
        check(lambda engine, x: repr(x.detach().max(0)), SINGLE[key])
        check(lambda engine, x: x.max(0).values, SINGLE[key])
        check(lambda engine, x: x.min(-1, True).indices, SINGLE[key])
        check(lambda engine, x: x.aminmax().max, SINGLE[key])


def test_of_two_tensors() -> None:
    x, y = SINGLE["matrix"], SINGLE["zeros"]
    check(lambda engine, x, y: engine.max(x, y), x, y)
    check(lambda engine, x, y: engine.min(x, other=y), x, y)
    check(lambda engine, x, y: x.max(y), x, Input([0.5, 0.25, 2.0]))


def test_positions_and_none() -> None:
    for each in SINGLE.values():
        check(lambda engine, x: x.sum(0, True), each, tolerance=ULPS)
        check(lambda engine, x: x.sum(None), each, tolerance=ULPS)
        check(lambda engine, x: x.argmax(keepdim=True), each)


def test_running_in_place() -> None:
    for key in ("matrix", "vector", "zeros"):
        check(lambda engine, x: x.clone().cumsum_(0), SINGLE[key], tolerance=ULPS)
        check(lambda engine, x: x.clone().cumprod_(-1), SINGLE[key], tolerance=ULPS)
        check(lambda engine, x: x.cumsum_(0), SINGLE[key])
