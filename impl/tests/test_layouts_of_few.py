"""How tensors with no elements or one lie in memory, after every two of some operators, on both engines.

NumPy gives them strides of its own or none; PyTorch's can be seen in the layout contract of gradients, in what
`reshape` copies and in what matrix products transpose.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import refgrad  # noqa: E402

SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (3,), (0, 0), (3, 0), (0, 1), (1, 0), (1, 3), (3, 1), (2, 0, 3))
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "itself": lambda T, x: x,
    "t": lambda T, x: x.t(),
    "transpose": lambda T, x: x.transpose(0, -1),
    "permute": lambda T, x: x.permute(1, 0),
    "unsqueeze first": lambda T, x: x.unsqueeze(0),
    "unsqueeze last": lambda T, x: x.unsqueeze(-1),
    "squeeze": lambda T, x: x.squeeze(),
    "expand": lambda T, x: x.expand(4, *x.shape),
    "expand by one": lambda T, x: x.expand(1, *x.shape),
    "expand to nothing": lambda T, x: x.expand(0, 3),
    "select": lambda T, x: x[0],
    "select column": lambda T, x: x[:, 0],
    "slice": lambda T, x: x[1:],
    "slice of columns": lambda T, x: x[:, 1:],
    "steps": lambda T, x: x[::2],
    "steps of columns": lambda T, x: x[:, ::2],
    "diagonal": lambda T, x: x.diagonal(),
    "unfold": lambda T, x: x.unfold(0, 1, 1),
    "view": lambda T, x: x.view(x.shape),
    "flat": lambda T, x: x.reshape(-1),
    "turned flat": lambda T, x: x.view(1, -1),
    "clone": lambda T, x: x.clone(),
    "double": lambda T, x: x.double(),
    "zeros": lambda T, x: T.zeros_like(x),
    "sum with itself": lambda T, x: x + x,
    "number": lambda T, x: x * 2,
    "broadcast": lambda T, x: x + T.zeros(1),
    "two types": lambda T, x: x + x.double(),
    "negative": lambda T, x: x.neg(),
    "sum": lambda T, x: x.sum(0),
    "sum kept": lambda T, x: x.sum(-1, keepdim=True),
    "mean": lambda T, x: x.mean(0),
    "index_select": lambda T, x: x.index_select(0, T.tensor([0])),
    "product": lambda T, x: x.mm(x.t()),
}


def told(library: Any, operator: Callable[[Any, Any], Any], tensor: Any) -> tuple[Any, Any]:
    try:
        made = operator(library, tensor)
    except Exception as error:
        return type(error).__name__, None
    return (tuple(made.shape), tuple(made.stride()), made.is_contiguous()), made


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_strides_after_two_operators(shape: tuple[int, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for first, one in OPERATORS.items():
            expected, there = told(torch, one, torch.zeros(shape))
            actual, here = told(refgrad, one, refgrad.zeros(shape))
            assert expected == actual, first
            if there is None:
                continue
            for second, other in OPERATORS.items():
                expected, _ = told(torch, other, there)
                actual, _ = told(refgrad, other, here)
                assert expected == actual, (first, second)
