"""The operators that a mode sees below autograd, forward and backward: which, in which order, with which arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LINES = (Path(__file__).parent / "seen_below_autograd.txt").read_text(encoding="utf-8").splitlines()
CALLS = dict(line.split(": ", 1) for line in LINES if line and not line.startswith("#"))
OTHERS = {
    "setitem": "z = x.clone(); z[0] = y[1]",
    "setnum": "z = x.clone(); z[0] = 3.0",
    "viewmul": "z = x.clone(); z[0].mul_(2)",
    "iadd": "z = x.clone(); z += y",
}
"""Statements that make `z`."""

PROGRAM = """
from torch.utils._python_dispatch import TorchDispatchMode
class Seen(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        print("  ", func, [tuple(a.shape) if isinstance(a, torch.Tensor) else a for a in args], kwargs)
        return func(*args, **(kwargs or {}))
torch.manual_seed(0)
x, y, w = [(torch.rand(*size) + more).requires_grad_() for size, more in (((2, 3), 0.5), ((2, 3), 0.5), ((3, 3), 0))]
with Seen():
    STATEMENT
    z = z.sum() if z.dim() else z
    print("backward")
    z.backward()
"""


@pytest.mark.parametrize("name", [*CALLS, *OTHERS])
def test_a_mode_sees_what_it_sees_in_pytorch(same: Callable[..., None], name: str) -> None:
    program = PROGRAM.replace("STATEMENT", OTHERS.get(name, f"z = {CALLS.get(name)}"))
    same(program.replace("from torch", "from refgrad"), program)
