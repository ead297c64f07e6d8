"""Calls of vmap: structures of in_dims and out_dims, chunks, and what is refused inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LINES = (Path(__file__).parent / "vmap_calls.txt").read_text(encoding="utf-8").splitlines()

PROGRAM = """
import importlib
from collections import OrderedDict, defaultdict, namedtuple
from functools import partial
vmap = importlib.import_module(torch.__name__ + ".func").vmap
x, y = torch.arange(6.0).reshape(3, 2), torch.arange(6.0).reshape(2, 3)
N = namedtuple("N", "a b")
f2 = lambda a, b: a * 2 + b
class C:
    def __call__(self, a): return a
def shown(made):
    if isinstance(made, torch.Tensor):
        return made.shape, made.tolist()
    if hasattr(made, "_fields"):
        return type(made).__name__, [shown(each) for each in made]
    if isinstance(made, (tuple, list)):
        return type(made)(shown(each) for each in made)
    return {name: shown(each) for name, each in made.items()} if isinstance(made, dict) else made
print(shown(attempt(lambda: CALL)))
"""


@pytest.mark.parametrize("call", [line for line in LINES if line and not line.startswith("#")])
def test_calls(same: Callable[..., None], call: str) -> None:
    same(PROGRAM.replace("CALL", call))
