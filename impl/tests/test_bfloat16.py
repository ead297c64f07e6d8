"""bfloat16: refgrad against PyTorch, live, where the package ml_dtypes is; and refgrad without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PROGRAMS = {
    "results and gradients": """
x = torch.tensor([1.0, 0.3, -2.5], dtype=torch.bfloat16, requires_grad=True)
print(x, x.data, x.type(), x.tolist(), x[1].item())
for function in (
    lambda: x * x, lambda: x.exp(), lambda: x.sum(), lambda: x + torch.ones(3), lambda: x * 2, lambda: x / 3,
    lambda: x * torch.tensor([1, 2, 3]), lambda: x * torch.ones(3, dtype=torch.float16), lambda: x @ x,
    lambda: x.softmax(0), lambda: x.float(), lambda: x.double(), lambda: x.sum(dtype=torch.float32), lambda: x.max(),
    lambda: x.sort()[0], lambda: x.mean(), lambda: torch.cat([x, x]), lambda: torch.where(x > 0, x, x * 2),
    lambda: x[1:], lambda: x.clamp(min=0), lambda: x ** 2, lambda: x.view(3, 1).expand(3, 2), lambda: x.cumsum(0),
    lambda: torch.stack([x, x.float().bfloat16()]), lambda: x[torch.tensor([0, 0])], lambda: x.masked_fill(x > 0, 3),
):
    x.grad = None
    y = function()
    y.sum().backward()
    print(y, y.dtype, x.grad)
g, = torch.autograd.grad((x * x * x).sum(), x, create_graph=True)
print(g, torch.autograd.grad(g.sum(), x))
""",
    "one rounding a sum": """
x = torch.full((600,), 0.1, dtype=torch.bfloat16, requires_grad=True)
print(x.sum(), x.mean(), (x * x).sum(), x.sum().dtype)
y = x.expand(3, 600) * torch.full((3, 600), 0.1, dtype=torch.bfloat16)
y.sum().backward()
print(x.grad[:2], x.grad.dtype)
""",
    "types and writes": """
b = torch.bfloat16
print(b, b.itemsize, b.is_floating_point, torch.promote_types(b, torch.float16), torch.promote_types(b, torch.int64))
print(torch.promote_types(b, torch.float64), torch.result_type(torch.ones(2, dtype=b), 1.0), torch.arange(3, dtype=b))
y = torch.zeros(3, dtype=b)
print(y.add_(torch.tensor([1.0, 0.3, -2.5], dtype=b)), y._version, y == y, y.isnan(), y.fill_(0.1))
y[0] = 7
print(y, attempt(lambda: torch.ones(3, dtype=torch.int64).mul_(y)), y.mul_(torch.ones(3)))
print(attempt(lambda: y.numpy()))
""",
}

WITHOUT = """
import sys
sys.modules["ml_dtypes"] = None
import refgrad
print(hasattr(refgrad, "bfloat16"), hasattr(refgrad.Tensor, "bfloat16"), refgrad.ones(2).sum())
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    pytest.importorskip("ml_dtypes")
    same(PROGRAMS[name])


def test_it_is_missing_without_ml_dtypes() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert run.stdout == "False False tensor(2.)\n"
