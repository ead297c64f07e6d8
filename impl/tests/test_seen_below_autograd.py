"""The operators that a mode sees below autograd, forward and backward: which, in which order, with which arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LINES = (Path(__file__).parent / "seen_below_autograd.txt").read_text(encoding="utf-8").splitlines()
CALLS = dict(line.split(": ", 1) for line in LINES if line and not line.startswith("#"))

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


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.xfail(strict=True) if name.startswith("~") else ()) for name in CALLS],
)
def test_a_mode_sees_what_it_sees_in_pytorch(same: Callable[..., None], name: str) -> None:
    call = CALLS[name]
    program = PROGRAM.replace("STATEMENT", call if "z = " in call else f"z = {call}")
    same(program.replace("from torch", "from refgrad"), program)
