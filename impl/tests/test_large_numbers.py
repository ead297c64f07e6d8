"""Numbers too large for a type: infinite without a word where PyTorch takes them, refused in its words elsewhere."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch as pytorch

import refgrad

NUMBERS = (1e300, 1e5, 2**40, -1e39, 300, -1, -1.0, 127.5)
KINDS = ("float32", "float64", "int32", "float16", "int8", "uint8")
CALLS = """
z.fill_(v)
t.full_like(z, v)
t.clamp(z, v)
t.clamp(z, max=v)
t.clamp_min(z, v)
t.nn.functional.pad(z, (1, 1), value=v)
z.new_full((1,), v)
t.where(t.tensor([True]), v, z)
z.masked_fill(t.tensor([True]), v)
t.addcmul(z, z, z, value=v)
t.addcdiv(z, z, z + 1, value=v)
t.lerp(z, z, v)
z.index_fill(0, t.tensor([0]), v)
z.scatter(0, t.tensor([0]), v)
t.threshold(z, v, 1.0)
t.threshold(z, 1.0, v)
t.nn.functional.leaky_relu(z, v)
t.nn.functional.softplus(z, v)
t.nn.functional.hardshrink(z, v)
t.nn.functional.softshrink(z, v)
t.nn.functional.celu(z, v)
z + v
z - v
z * v
z / v
t.add(z, z, alpha=v)
z > v
z == v
z**v
v**z
t.remainder(z, v)
t.fmod(z, v)
t.rsub(z, v)
t.rsub(z, z, alpha=v)
t.sub(z, z, alpha=v)
t.addr(z.view(1, 1), z, z, alpha=v)
t.addr(z.view(1, 1), z, z, beta=v)
t.nn.functional.elu(z, v)
t.nn.functional.hardtanh(z, -1.0, v)
t.nn.functional.rrelu(z, 0.1, v)
t.special.zeta(z + 2, v)
t.bucketize(v, z)
t.isin(z, v)
t.renorm(z.view(1, 1), 2, 0, v)
t.renorm(z, 2, 0, 1.0)
t.logit(z, v if v < 1 else 0.1)
t.addmm(z.view(1, 1), z.view(1, 1), z.view(1, 1), alpha=v)
t.addmm(z.view(1, 1), z.view(1, 1), z.view(1, 1), beta=v)
t.addmv(z, z.view(1, 1), z, alpha=v)
t.baddbmm(z.view(1, 1, 1), z.view(1, 1, 1), z.view(1, 1, 1), beta=v)
t.baddbmm(z.view(1, 1, 1), z.view(1, 1, 1), z.view(1, 1, 1), alpha=v)
z.clone().uniform_(0, v).shape
z.clone().uniform_(-v, 0).shape
z.clone().__setitem__(0, v)
z.index_add(0, t.tensor([0]), z, alpha=v)
t.linspace(0, v, 2, dtype=z.dtype)
t.arange(v, v, dtype=z.dtype)
t.full((1,), v, dtype=z.dtype)
t.scalar_tensor(v, dtype=z.dtype)
z.new_tensor([v])
z.clone().log_normal_(v).shape
z.clone().exponential_(v).shape
t.constant_pad_nd(z, (1, 0), v)
t.tensor([float(v)], dtype=t.float64).to(z.dtype) if z.is_floating_point() else 0
z.clone().copy_(t.tensor([float(v)], dtype=t.float64)) if z.is_floating_point() else 0
t.tensor([1e300], dtype=t.float64).sum(dtype=t.float32)
"""
GIVEN = (
    2**40, [2**40], 1e300, [1e30, 1], -1, [-1], 300, [300], 3.7, float("nan"), [float("nan")], float("inf"), 2**63,
    [[2**70]], -1.5, -0.5, 127.5, -255, -300, 1 + 1j, [1 + 1j],
)  # fmt: skip
ELEMENTS = ("int8", "uint8", "int16", "int32", "int64", "bool", "float16", "float32", "float64", "complex64")


def outcome(module: Any, call: str, names: dict[str, Any]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return repr(eval(call, {"t": module, **names}))
        except Exception as error:
            return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS.strip().splitlines())
def test_operators_take_and_refuse_what_pytorch_does(call: str, kind: str) -> None:
    for number in NUMBERS:
        found = [
            outcome(each, call, {"z": each.zeros(1, dtype=getattr(each, kind)), "v": number})
            for each in (refgrad, pytorch)
        ]
        assert found[0] == found[1], number


@pytest.mark.parametrize("kind", ELEMENTS)
def test_elements_are_what_pytorch_makes_of_numbers(kind: str) -> None:
    for number in GIVEN:
        for name in ("tensor", "as_tensor"):
            found = [outcome(each, f"t.{name}(v, dtype=t.{kind})", {"v": number}) for each in (refgrad, pytorch)]
            assert found[0] == found[1], (name, number)
