"""Tensors whose class has a `__torch_dispatch__`: each program of `dispatched_classes.txt` on both engines."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from refgrad.levels import levels

BLOCKS = (Path(__file__).parent / "dispatched_classes.txt").read_text(encoding="utf-8").split("\n### ")[1:]
PROGRAMS = {title: program for title, _, program in (block.partition("\n") for block in BLOCKS)}


@pytest.mark.parametrize("title", PROGRAMS)
def test_programs(same: Callable[..., None], title: str) -> None:
    program = PROGRAMS[title]
    same(program.replace("from torch", "from refgrad"), program)


def test_operators_take_the_short_road_again_when_the_last_instance_is_gone():
    import refgrad

    class Asked(refgrad.Tensor):
        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            raise NotImplementedError

    gc.collect()  # what earlier programs left in cycles
    one = refgrad.Tensor._make_subclass(Asked, refgrad.ones(2))
    assert levels.active
    del one
    assert not levels.active
