"""Numbers of float64 on Python's floats against the road that every row has, bit for bit."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import numpy as np
import pytest

import refgrad as torch
from refgrad.node import OperatorNode
from refgrad.operators.call import call
from refgrad.operators.declare import Operator
from refgrad.operators.short_numbers import ON_FLOATS, on_floats

ROWS = [each for each in gc.get_objects() if type(each) is Operator and each.short is not None and on_floats(each)]
VALUES = (0.0, -0.0, 1.0, -2.25, 0.1, 3.0, float("inf"), float("-inf"), float("nan"), 5e-324, 1.7e308, 1e-200)


def told(tensor: Any) -> Any:
    if tensor is None:
        return None
    array = tensor.detach().numpy()
    return array.tobytes(), array.shape, array.dtype, type(array), tensor._version


def attributes_of(row: Operator, alpha: Any) -> tuple[Any, ...]:
    return tuple(alpha for _ in row.attribute_names)


def test_every_expression_belongs_to_a_row() -> None:
    assert len(ROWS) == len(ON_FLOATS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_numbers_are_what_the_general_road_gives(row: Operator) -> None:
    for alpha, values in itertools.product((1, 2, 1.0), itertools.product(VALUES, repeat=len(row.tensor_names))):
        attributes = attributes_of(row, alpha)
        for which in range(2 ** len(values)):
            found = []
            for long in (False, True):
                tensors = [torch.tensor(value, dtype=torch.float64) for value in values]
                for place, each in enumerate(tensors):
                    each.requires_grad_(bool(which >> place & 1))
                out = call(row, tuple(tensors), attributes) if long else row.short(*tensors, *attributes)
                given = [told(out), type(out.grad_fn), out.requires_grad]
                if out.grad_fn is not None:
                    incoming = torch.tensor(-0.3, dtype=torch.float64)
                    apply = OperatorNode.apply if long else type(out.grad_fn).apply
                    with torch.no_grad():
                        given += [told(each) for each in apply(out.grad_fn, [incoming])]
                    given.append(out.grad_fn.input_metadata)
                found.append(given)
            assert found[0] == found[1], (alpha, values, which)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_gradients_that_meet_are_added(kind: str) -> None:
    import torch as pytorch

    for first, second in itertools.product(VALUES, repeat=2):
        found = []
        for module in (torch, pytorch):
            x = module.tensor(1.0, dtype=getattr(module, kind), requires_grad=True)
            weights = [module.tensor(value, dtype=getattr(module, kind)) for value in (first, second)]
            (x * weights[0] + x * weights[1]).backward()
            found.append((x.grad.numpy().item(), np.signbit(x.grad.numpy()), x.grad._version))
        assert np.array_equal(*(np.array(each, dtype=float) for each in found), equal_nan=True) or (
            np.isnan(found[0][0]) and np.isnan(found[1][0]) and found[0][2] == found[1][2]
        )
