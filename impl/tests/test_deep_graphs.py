"""Graphs deeper than Python's stack, and graphs that leave nothing behind."""

from __future__ import annotations

import gc
import weakref

import pytest

import refgrad


@pytest.mark.parametrize("depth", [200_000])
def test_a_deep_chain_runs_backward_and_is_freed(depth: int) -> None:
    x = refgrad.ones(1, requires_grad=True)
    y = x
    for _ in range(depth):
        y = y + 1
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0]
    del y


def test_a_deep_graph_is_freed_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        x = refgrad.ones(1, requires_grad=True)
        y = x.exp() * x
        node = weakref.ref(y.grad_fn)
        y.backward(retain_graph=True)
        del y
        assert node() is None
    finally:
        gc.enable()
