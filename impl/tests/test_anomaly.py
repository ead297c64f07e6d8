"""Anomaly mode: refgrad against PyTorch, live. Stacks are compared where they are the program's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PRELUDE = """
from re import sub
from warnings import catch_warnings, simplefilter
anomaly = torch.autograd.set_detect_anomaly
def told(call):
    with catch_warnings(record=True) as seen:
        simplefilter("always")
        print(attempt(call))
    for each in seen:
        text = str(each.message).split(" (Triggered")[0]
        program = [line for line in text.splitlines() if "File" not in line or '"<program>"' in line]
        print(each.category.__name__, [line for line in program if not line.startswith("    ")])
def stack(node):
    return ["<program>" in line for line in node.metadata["traceback_"]][:1]
x = torch.ones(2, requires_grad=True)
z = torch.zeros(2, requires_grad=True)
nan = torch.tensor([float("nan"), 1.0])
"""

PROGRAMS = {
    "switching": """
state = lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
print(state())
with torch.autograd.detect_anomaly():
    print(state())
    with anomaly(False):
        print(state())
    with anomaly(True, check_nan=False):
        print(state())
    print(state())
print(state())
with torch.autograd.detect_anomaly(check_nan=False):
    print(state())
for call in (lambda: anomaly(3), lambda: anomaly(True, 3), lambda: torch.set_anomaly_enabled(1),
             lambda: torch.set_anomaly_enabled(True, None), lambda: torch.autograd.detect_anomaly(3).__enter__()):
    print(attempt(call), state())
anomaly(True)
print(state())
anomaly(False)
print(state())
""",
    "nan": """
def forward(): return (z * 0).sqrt().sum()
with anomaly(True):
    y = forward()
    told(lambda: y.backward())
    told(lambda: (z.sqrt()).sum().backward())
    told(lambda: (x * 2).backward(nan))
    told(lambda: torch.autograd.grad(x * 2, x, nan))
    told(lambda: (x * x).backward(nan))
    told(lambda: (x * 2).backward(nan, inputs=[x]))
    told(lambda: (x * 2).sum().backward(nan[0]))
    told(lambda: x.backward(nan))
    h = x.detach().requires_grad_()
    h.register_hook(lambda g: g * nan)
    told(lambda: (h * 2).sum().backward())
    print(h.grad)
with anomaly(True, check_nan=False):
    told(lambda: forward().backward())
y = forward()
with anomaly(True):
    told(lambda: y.backward())
    with anomaly(False):
        told(lambda: forward().backward())
""",
    "errors": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): raise KeyError("inner")
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return torch.ones(5)
with anomaly(True):
    told(lambda: F.apply(x).sum().backward())
    told(lambda: Wrong.apply(x).sum().backward())
    b = x.exp()
    c = b.sum()
    with torch.no_grad():
        b.add_(1)
    told(lambda: c.backward())
    h = x * 2
    h.register_hook(lambda g: 1 / 0)
    told(lambda: h.sum().backward())
    h = x * 2
    h.grad_fn.register_hook(lambda g, o: 1 / 0)
    told(lambda: h.sum().backward())
    for register in ("register_hook", "register_post_accumulate_grad_hook"):
        h = torch.ones(2, requires_grad=True)
        getattr(h, register)(lambda g: 1 / 0)
        told(lambda: h.sum().backward())
    y = (x.exp() * 2).sum()
    y.backward()
    told(lambda: y.backward())
b = x.exp()
c = b.sum()
with torch.no_grad():
    b.add_(1)
with anomaly(True):
    told(lambda: c.backward())
told(lambda: c.backward())
told(lambda: F.apply(x).sum().backward())
""",
    "metadata": """
with anomaly(True):
    y = x.exp()
    print(sorted(y.grad_fn.metadata), stack(y.grad_fn), stack(y.grad_fn.next_functions[0][0]))
    print(type(y.grad_fn.metadata["traceback_"][0]).__name__, y.grad_fn.metadata["traceback_"][-1].strip())
    g, = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)
    print(sorted(g.grad_fn.metadata), g.grad_fn.metadata["parent_"].name())
    h, = torch.autograd.grad(g.sum(), x, create_graph=True)
    print(h.grad_fn.metadata["parent_"].name(), h.grad_fn.metadata["parent_"].metadata["parent_"].name())
    seen = []
    t = x * 2
    t.register_hook(lambda g: seen.append((g * x).grad_fn.metadata))
    torch.autograd.grad(t.sum(), x, create_graph=True)
    print([(sorted(each), each["parent_"].name()) for each in seen])
    told(lambda: torch.autograd.grad((z * 0).pow(1.5).sum(), z, create_graph=True)[0].sum().backward())
print(x.exp().grad_fn.metadata)
""",
    "a Function": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2
with anomaly(True):
    y = F.apply(x)
    print(sorted(y.grad_fn.metadata))
    told(lambda: y.backward(nan))
    v = (x * 2)
    v[0].mul_(3)
    told(lambda: v.backward(nan))
    told(lambda: (x * 2).view(2, 1).expand(2, 3)[0].backward(torch.tensor([1.0, float("nan"), 1.0])))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PRELUDE + PROGRAMS[name])
