"""Parametrized modules: how they print, what they refuse, how they are copied; refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import copy, pickle, warnings, collections, io
nn = torch.nn
F = nn.functional
Z = nn.utils.parametrize
P = nn.Parameter
torch.manual_seed(1)
class Sym(nn.Module):
    def forward(self, x): return x.triu() + x.triu(1).transpose(-1, -2)
class Skew(nn.Module):
    def forward(self, x): return x.triu(1) - x.triu(1).T
    def right_inverse(self, x): return x.triu(1)
class Exp(nn.Module):
    def forward(self, x): return x.exp()
    def right_inverse(self, y): return y.log()
class Two(nn.Module):
    def forward(self, a, b): return a * b
    def right_inverse(self, x): return x, torch.ones_like(x)
"""

PROGRAMS = {
    "repr": """
m = nn.Linear(2, 2)
Z.register_parametrization(m, "weight", Sym())
print(m, type(m).__name__, type(m), m.parametrizations, m.parametrizations.weight, list(m.state_dict()),
    [n for n, _ in m.named_parameters()], [n for n, _ in m.named_modules()])
Z.register_parametrization(m, "weight", Exp())
print(m, nn.Sequential(m), m.parametrizations.weight[0], len(m.parametrizations.weight), m._get_name())
print(m.weight.grad_fn.name(), m.weight.requires_grad, type(m.weight).__name__, m.weight is m.weight)
print(Z.is_parametrized(m), Z.is_parametrized(m, "weight"), Z.is_parametrized(m, "bias"),
    Z.is_parametrized(nn.Linear(1, 1)), Z.type_before_parametrizations(m), isinstance(m, nn.Linear))
print(isinstance(m.parametrizations, nn.ModuleDict), type(m.parametrizations.weight),
    m.parametrizations.weight.is_tensor, attempt(lambda: m.parametrizations.weight.ntensors),
    m.parametrizations.weight.unsafe)
""",
    "assign and grad": """
m = nn.Linear(2, 2)
Z.register_parametrization(m, "weight", Exp())
o = m.parametrizations.weight.original
m.weight = torch.tensor([[1., 2.], [3., 4.]])
print(o is m.parametrizations.weight.original, o, m.weight)
m(torch.ones(1, 2)).sum().backward()
print(o.grad, o._version)
for v in (5, None, torch.ones(3), torch.ones(2, 2).double(), P(torch.ones(2, 2)), [1]):
    def put(): m.weight = v
    print(attempt(put), m.parametrizations.weight.original.shape)
m = nn.Linear(2, 2)
Z.register_parametrization(m, "weight", Sym())
def put(): m.weight = torch.ones(2, 2)
print(attempt(put))
def rm(): del m.weight
print(attempt(rm))
print("weight" in m._parameters, "weight" in dir(m), hasattr(m, "weight"))
""",
    "errors": """
m = nn.Linear(2, 3)
class Bad(nn.Module):
    def __init__(self, f, g=None):
        super().__init__(); self.f = f
        if g: self.right_inverse = g
    def forward(self, *x): return self.f(*x)
for f in (lambda x: x.sum(), lambda x: x.double(), lambda x: 5, lambda x: None, lambda x: (x, x)):
    for unsafe in (False, True):
        k = nn.Linear(2, 3)
        print(unsafe, attempt(lambda: Z.register_parametrization(k, "weight", Bad(f), unsafe=unsafe)),
            Z.is_parametrized(k), list(k._parameters))
for g in (lambda x: 5, lambda x: None, lambda x: x.sum(), lambda x: x.double(), lambda x: (x, 5), lambda x: [],
    lambda x: (x,), lambda x: (x, x)):
    k = nn.Linear(2, 3)
    print(attempt(lambda: Z.register_parametrization(k, "weight", Bad(lambda *x: x[0], g))), list(k._parameters))
k = nn.Linear(2, 3)
Z.register_parametrization(k, "weight", Bad(lambda x: x))
for f, g in ((lambda x: x.sum(), None), (lambda x: x.double(), None), (lambda x: 5, None),
    (lambda x: x, lambda x: 5), (lambda x: x, lambda x: x.sum()), (lambda x: x, lambda x: x.double()),
    (lambda x: x, lambda x: (x, x))):
    print(attempt(lambda: Z.register_parametrization(k, "weight", Bad(f, g))), len(k.parametrizations.weight))
for f in (lambda: Z.register_parametrization(m, "x", Sym()),
    lambda: Z.register_parametrization(m, "in_features", Sym()), lambda: Z.register_parametrization(m, "weight", 5),
    lambda: Z.register_parametrization(5, "weight", Sym()), lambda: Z.remove_parametrizations(m, "weight"),
    lambda: Z.ParametrizationList([], torch.ones(1)), lambda: Z.register_parametrization(m, "weight")):
    print(attempt(f))
""",
    "two": """
m = nn.Linear(2, 2)
Z.register_parametrization(m, "weight", Two())
print(m, list(m.state_dict()), m.parametrizations.weight.ntensors, m.parametrizations.weight.is_tensor)
print(attempt(lambda: Z.remove_parametrizations(m, "weight", leave_parametrized=False)))
m.weight = torch.ones(2, 2) * 3
print(m.parametrizations.weight.original0, m.weight)
Z.remove_parametrizations(m, "weight")
print(m.weight, type(m).__name__, list(m.state_dict()), m.weight.requires_grad)
""",
    "remove": """
m = nn.Linear(2, 2)
w = m.weight
Z.register_parametrization(m, "weight", Sym()); Z.register_parametrization(m, "bias", Exp())
print(m, list(m.state_dict()))
Z.remove_parametrizations(m, "weight")
print(m, m.weight is w, list(m.state_dict()), [n for n, _ in m.named_parameters()], torch.equal(m.weight, m.weight.T))
Z.remove_parametrizations(m, "bias", leave_parametrized=False)
print(m, type(m) is nn.Linear, m.bias, hasattr(m, "parametrizations"), list(m.state_dict()))
""",
    "buffer": """
m = nn.Module()
m.register_buffer("b", torch.ones(2, 2))
m.register_buffer("np", torch.ones(2), persistent=False)
Z.register_parametrization(m, "b", Exp()); Z.register_parametrization(m, "np", Exp())
print(m, list(m.state_dict()), m.b, [n for n, _ in m.named_buffers()])
Z.remove_parametrizations(m, "b")
print(list(m.state_dict()), m.b, list(m._buffers))
""",
    "cached": """
m = nn.Linear(2, 2)
n = [0]
class Count(nn.Module):
    def forward(self, x):
        n[0] += 1
        return x * 2
Z.register_parametrization(m, "weight", Count())
n[0] = 0
with Z.cached():
    m(torch.ones(1, 2)); m(torch.ones(1, 2)); print(n, m.weight is m.weight)
    with Z.cached():
        m.weight
m.weight; print(n)
""",
    "pickle and copy": """
m = nn.Linear(2, 2)
Z.register_parametrization(m, "weight", Sym())
print(attempt(lambda: pickle.dumps(m)))
c = copy.deepcopy(m)
print(c, type(c) is type(m), torch.equal(c.weight, m.weight),
    c.parametrizations.weight.original is m.parametrizations.weight.original,
    attempt(lambda: torch.save(m, io.BytesIO())))
s = nn.Sequential(m)
print(attempt(lambda: copy.deepcopy(s)))
k = nn.Linear(2, 2)
print(attempt(lambda: k.load_state_dict(m.state_dict())))
Z.register_parametrization(k, "weight", Sym())
print(k.load_state_dict(m.state_dict()), torch.equal(k.weight, m.weight))
""",
    "shared and train": """
m = nn.Linear(2, 2).eval()
p = Sym()
Z.register_parametrization(m, "weight", p)
print(p.training, m.train() is m, p.training)
m.double(); print(m.weight.dtype, m.parametrizations.weight.original.dtype)
m.requires_grad_(False); print(m.weight.requires_grad)
print([type(c).__name__ for c in m.children()], [n for n, _ in m.named_children()])
""",
    "transfer": """
a, b = nn.Linear(2, 2), nn.Linear(2, 2)
Z.register_parametrization(a, "weight", Sym())
print(attempt(lambda: Z.transfer_parametrizations_and_params(a, b)), b,
    attempt(lambda: torch.equal(a.weight, b.weight)))
print(attempt(lambda: Z.transfer_parametrizations_and_params(a, nn.Linear(2, 2), "bias")))
print(attempt(lambda: Z.transfer_parametrizations_and_params(nn.Linear(2, 2), nn.Linear(2, 2), "weight")))
""",
    "frozen original": """
m = nn.Linear(2, 2)
m.weight.requires_grad_(False)
Z.register_parametrization(m, "weight", Sym())
print(m.weight.requires_grad, m.parametrizations.weight.original.requires_grad)
m = nn.Linear(2, 2)
Z.register_parametrization(m, "weight", nn.Sequential(Sym(), Exp()))
print(m)
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
