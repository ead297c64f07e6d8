"""Calls under a mode that hands every operator on: they do what they do without it, and fail where PyTorch fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LINES = (Path(__file__).parent / "under_a_mode.txt").read_text(encoding="utf-8").splitlines()
CALLS = [line for line in LINES if line and not line.startswith("#")]

PROGRAM = """
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
class Passing(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))
def shown(made):
    if isinstance(made, torch.Tensor):
        return made.dtype, made.shape, made.layout
    return [shown(each) for each in made] if isinstance(made, (tuple, list)) else type(made).__name__
x = torch.ones(2, 3)
for call in CALLS:
    with Passing():
        made = attempt(lambda: eval(call))
    print(call, made if isinstance(made, str) and "Error" in made else shown(made))
"""


@pytest.mark.parametrize("start", range(0, len(CALLS), 20))
def test_calls(same: Callable[..., None], start: int) -> None:
    program = PROGRAM.replace("in CALLS", f"in {CALLS[start : start + 20]}")
    same(program.replace("from torch", "from refgrad"), program)
