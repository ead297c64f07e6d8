"""Inference mode, the modes beside it and warnings given once: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PRELUDE = """
from copy import deepcopy
mode = torch.inference_mode
x = torch.ones(2, requires_grad=True)
n = torch.ones(2)
m = x * 2
with mode():
    y = torch.ones(2)
    yr = torch.ones(2, requires_grad=True)
def facts(t):
    version = attempt(lambda: t._version)
    node = attempt(lambda: t.grad_fn)
    name = node if node is None or isinstance(node, str) else node.name()
    return t.is_inference(), t.requires_grad, t._is_view(), t.is_leaf, version, name, t.tolist()
def each(*calls):
    for i, call in enumerate(calls):
        made = attempt(call)
        print(i, facts(made) if isinstance(made, torch.Tensor) else made)
"""

PROGRAMS = {
    "inference tensors outside": """
each(lambda: y._version, lambda: y.add_(1), lambda: y, lambda: y * x, lambda: x * y, lambda: y * n, lambda: x + y)
each(lambda: y.view(2), lambda: y.detach(), lambda: y.data, lambda: y.clone().is_inference(),
     lambda: n.detach(), lambda: y[0])
each(lambda: y.requires_grad_(), lambda: y.requires_grad_(False), lambda: setattr(y, "requires_grad", True))
each(lambda: n.add_(y), lambda: m.clone().mul_(y), lambda: y.copy_(n), lambda: y.zero_(), lambda: y.__setitem__(0, 5))
each(lambda: y[0].add_(1), lambda: y.view(2).mul_(2), lambda: y, lambda: torch.stack([y, x]), lambda: torch.cat([y, y]))
each(lambda: y.backward(), lambda: y.detach_(), lambda: y.retain_grad(), lambda: y.register_hook(lambda g: g))
each(lambda: torch.is_inference(3), lambda: torch.is_inference(y), lambda: y.to(torch.float64).is_inference(),
     lambda: y.float() is y)
each(lambda: y.t(), lambda: y.unbind()[0], lambda: torch.as_tensor(y), lambda: y.sum().is_inference(),
     lambda: x.exp().mul_(y))
each(lambda: torch.empty_like(y).is_inference(), lambda: deepcopy(y).is_inference(), lambda: y.contiguous() is y)
each(lambda: torch.stack([x, y]).sum().backward(), lambda: x.grad, lambda: y.grad)
each(lambda: (x + y).sum().backward(), lambda: x.grad, lambda: (y @ n).is_inference(), lambda: y == n,
     lambda: y.expand(2, 2))
each(lambda: setattr(n, "grad", y), lambda: n.grad is y, lambda: x.sub_(y), lambda: torch.is_grad_enabled())
""",
    "inference leaves that require grad": """
each(lambda: yr, lambda: yr * n, lambda: yr * yr, lambda: yr * 2, lambda: yr.sum().requires_grad,
     lambda: yr + x, lambda: -yr)
each(lambda: (yr + x).sum().backward(), lambda: yr.grad, lambda: (yr + n).sum().backward(), lambda: yr.grad)
each(lambda: yr.sum().backward(), lambda: yr.requires_grad_(), lambda: yr.view(2), lambda: yr.detach())
each(lambda: yr.requires_grad_(False), lambda: yr * n)
""",
    "inside": """
with mode():
    b = x * 2
    each(lambda: x.view(2), lambda: m.view(2), lambda: n.view(2), lambda: n[0], lambda: n.add_(1), lambda: m.add_(1))
    each(lambda: n.view(2).add_(1), lambda: n, lambda: x.add_(1), lambda: x.detach(), lambda: x.data, lambda: x.clone())
    each(lambda: b._version, lambda: b.add_(1), lambda: b.view(2), lambda: b.detach(), lambda: torch.tensor(3.0))
    each(lambda: b.requires_grad_().requires_grad, lambda: b, lambda: setattr(b, "requires_grad", False))
    each(lambda: x.float() is x, lambda: n.to(torch.float64), lambda: (b * 2).backward(), lambda: x.unbind()[0])
    each(lambda: (m * 2).sum().backward(), lambda: x.requires_grad_(False), lambda: x.requires_grad_(True))
    each(lambda: torch.stack([x, x]), lambda: n.__setitem__(0, 3.0), lambda: x.contiguous() is x, lambda: n.copy_(x))
    each(lambda: torch.autograd.grad(m.sum(), x)[0], lambda: n.mul_(b), lambda: b.mul_(n), lambda: b.mul_(x))
    each(lambda: m.retain_grad(), lambda: torch.is_grad_enabled(), lambda: torch.is_inference_mode_enabled())
    each(lambda: b[0].add_(1), lambda: b, lambda: b.detach().mul_(2), lambda: b,
         lambda: torch.ones(1, requires_grad=True))
""",
    "grad mode inside": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2
with mode(), torch.enable_grad():
    each(lambda: x * 2, lambda: x.view(2), lambda: x.add_(1), lambda: torch.ones(1), lambda: torch.is_grad_enabled())
    each(lambda: F.apply(x), lambda: F.apply(m), lambda: x.exp().sum().backward())
with mode():
    v = m.view(2)
    b = x * 2
    with mode(False):
        each(lambda: x * 2, lambda: torch.is_grad_enabled(), lambda: v.view(2), lambda: v.add_(1), lambda: b * 1)
        each(lambda: b.add_(1), lambda: b._version)
    with torch.no_grad():
        each(lambda: x * 2, lambda: (torch.is_inference_mode_enabled(), torch.is_grad_enabled()))
    with torch.enable_grad():
        with mode():
            print(torch.is_grad_enabled())
        print(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    print(torch.is_grad_enabled())
print(torch.is_inference_mode_enabled(), torch.is_grad_enabled())
with torch.no_grad():
    with mode(False):
        print(torch.is_grad_enabled(), (x * 2).requires_grad)
    print(torch.is_grad_enabled())
    each(lambda: y.add_(1), lambda: y * 1, lambda: y.view(2), lambda: (y * x).requires_grad)
""",
    "views made inside": """
with mode():
    v, vn, vi = m.view(2), n.view(2), n.unbind()[0]
    vv = v.view(2)
each(lambda: v, lambda: v.add_(1), lambda: vn.add_(1), lambda: vn.mul_(x), lambda: vi.mul_(x[0]), lambda: v.grad_fn)
each(lambda: m.add_(1), lambda: v.grad_fn, lambda: v * 2, lambda: vv.add_(1))
each(lambda: n.mul_(x), lambda: vn.requires_grad, lambda: vn.grad_fn)
with mode():
    w = m[0]
each(lambda: w.view(1).add_(1), lambda: w.detach().add_(1), lambda: m)
with torch.no_grad():
    each(lambda: w.add_(1), lambda: m._version)
""",
    "backward inside": """
total = m.sum()
with mode():
    print(attempt(lambda: m.sum().backward()), attempt(lambda: total.backward(retain_graph=True)))
    print(x.grad, x.grad.is_inference(), attempt(lambda: total.backward()), x.grad)
    print(attempt(lambda: torch.autograd.grad((x * 2).sum(), x)))
    print(attempt(lambda: (n * 2).sum().backward()))
print(attempt(lambda: x.grad.add_(1)), attempt(lambda: (x * 2).sum().backward()), x.grad)
""",
    "as decorator": """
@mode()
def doubled(a):
    "text"
    return a * 2
print(doubled.__name__, doubled.__doc__, doubled(n).is_inference())
@mode(False)
def normal(a): return a * 2
with mode():
    print(normal(n).is_inference())
@mode
def plain(a): return a * 2
print(plain(n).is_inference())
@mode()
def several():
    print(torch.is_inference_mode_enabled())
    got = yield 1
    print(torch.is_inference_mode_enabled(), got)
made = several()
print(next(made), torch.is_inference_mode_enabled(), attempt(lambda: made.send(3)))
class Made:
    def __init__(self): self.t = torch.ones(1)
print(mode(Made)().t.is_inference(), mode(False).mode, mode(mode=True).mode)
""",
    "preserving versions": """
from importlib import import_module
preserve = import_module(torch.__name__ + ".autograd.grad_mode")._unsafe_preserve_version_counter
print(preserve is torch.autograd._unsafe_preserve_version_counter)
z = x.exp()
with preserve(z):
    z.mul_(1)
print(z._version, attempt(lambda: z.sum().backward()))
with preserve((m, n)):
    m.add_(1)
    n.add_(2)
print(m._version, n._version, attempt(lambda: preserve(3)), attempt(lambda: preserve([n])),
      attempt(lambda: preserve(y)))
""",
    "warnings given always": """
torch.set_warn_always(False)
print(torch.is_warn_always_enabled(), attempt(lambda: torch.set_warn_always(3)))
torch.set_warn_always(True)
print(torch.is_warn_always_enabled())
w = torch.ones(1, requires_grad=True)
for _ in range(3):
    float(w)
    (w * 2).backward(create_graph=True)
torch.set_warn_always(False)
print(torch.is_warn_always_enabled())
""",
    "the names of the modules": """
from importlib import import_module
grad_mode = import_module(torch.__name__ + ".autograd.grad_mode")
print(sorted(grad_mode.__all__), sorted(import_module(torch.__name__ + ".autograd.anomaly_mode").__all__))
print(sorted(import_module(torch.__name__ + ".autograd.variable").__all__))
p = torch.ones(3, 2).t().requires_grad_()
with torch.autograd.enforce_grad_layout_policy(False):
    (p.contiguous() * 2).sum().backward()
print(p.grad.stride(), p.stride())
with torch.autograd.set_multithreading_enabled(False):
    (p * 2).sum().backward()
print(p.grad)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PRELUDE + PROGRAMS[name])
