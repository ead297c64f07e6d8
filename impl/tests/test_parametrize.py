"""Parameters computed from others, modules called with other parameters, and modules that only call a function."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import importlib
nn = torch.nn
P = importlib.import_module(torch.__name__ + ".nn.utils.parametrize")
class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).mT
    def right_inverse(self, a):
        return a.triu()
class Positive(nn.Module):
    def forward(self, x):
        return x.abs()
class Product(nn.Module):
    def forward(self, a, b):
        return a * b
    def right_inverse(self, w):
        return w, torch.ones_like(w)
"""

PROGRAMS = {
    "one": """
m = nn.Linear(2, 2)
m.weight.data, m.bias.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.zeros(2)
print(P.register_parametrization(m, "weight", Symmetric()) is m, m.weight, type(m).__name__, m)
print(P.is_parametrized(m), P.is_parametrized(m, "weight"), P.is_parametrized(m, "bias"), isinstance(m, nn.Linear))
print([n for n, _ in m.named_parameters()], list(m.state_dict()), m.parametrizations.weight.original)
m(torch.ones(1, 2)).sum().backward()
print(m.parametrizations.weight.original.grad, m.weight.grad_fn.name(), m.weight is m.weight)
m.weight = torch.tensor([[5.0, 6.0], [7.0, 8.0]])
print(m.weight, m.parametrizations.weight.original, P.type_before_parametrizations(m) is nn.Linear)
P.register_parametrization(m, "weight", Positive())
print(m.weight, len(m.parametrizations.weight), attempt(lambda: setattr(m, "weight", torch.zeros(2, 2))))
with P.cached():
    print(m.weight is m.weight)
P.remove_parametrizations(m, "weight")
print(type(m).__name__, m.weight, [n for n, _ in m.named_parameters()], P.is_parametrized(m))
""",
    "several": """
m = nn.Linear(2, 1, bias=False)
before = m.weight.detach().clone()
P.register_parametrization(m, "weight", Product())
print(torch.equal(m.weight, before), [n for n, _ in m.named_parameters()])
m.weight.sum().backward()
print(m.parametrizations.weight.original0.grad, attempt(lambda: P.remove_parametrizations(m, "weight", False)))
P.remove_parametrizations(m, "weight")
print([n for n, _ in m.named_parameters()])
m = nn.BatchNorm1d(2)
P.register_parametrization(m, "running_mean", Positive())
print(m.running_mean, list(m.state_dict()), [n for n, _ in m.named_buffers()])
m = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
P.register_parametrization(m[0], "weight", Symmetric())
print(m, torch.func.functional_call(m, dict(m.named_parameters()), torch.ones(1, 2)).shape)
import copy
c = copy.deepcopy(m[0])
print(type(c).__name__, c.weight.shape)
""",
    "refused": """
m = nn.Linear(2, 2)
print(attempt(lambda: P.register_parametrization(m, "foo", Symmetric())))
print(attempt(lambda: P.remove_parametrizations(m, "weight")))
print(attempt(lambda: P.register_parametrization(m, "weight", nn.Flatten(0))))
print(attempt(lambda: P.register_parametrization(nn.Linear(2, 2), "weight", nn.Flatten(0), unsafe=True).weight.shape))
class Double(nn.Module):
    def forward(self, x):
        return x.double()
print(attempt(lambda: P.register_parametrization(nn.Linear(2, 2), "weight", Double())))
""",
    "stateless": """
S = importlib.import_module(torch.__name__ + ".nn.utils.stateless")
m, given = nn.Linear(2, 1), {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
print(S.functional_call(m, given, torch.ones(1, 2)))
with S._reparametrize_module(m, given):
    print(m.weight)
print(m.weight.shape)
""",
    "modules": """
x = torch.arange(1.0, 9.0).view(1, 1, 2, 4).requires_grad_()
for m in (nn.ZeroPad2d(1), nn.ConstantPad2d((1, 0, 2, 1), 2.0), nn.ReflectionPad2d(1),
          nn.ReplicationPad2d((1, 2, 0, 1)),
          nn.CircularPad2d(1), nn.LPPool2d(2, 2), nn.UpsamplingNearest2d(None, 2), nn.AdaptiveMaxPool2d(1),
          nn.Softmax2d(), nn.ChannelShuffle(1)):
    y = m(x)
    print(m, y, torch.autograd.grad(y.sum(), x))
values, places = nn.MaxPool1d(2, return_indices=True)(torch.tensor([[[1.0, 3.0, 2.0, 4.0]]], requires_grad=True))
print(nn.MaxUnpool1d(2), nn.MaxUnpool1d(2)(values, places), nn.MaxUnpool3d(2), nn.CTCLoss(), nn.MultiLabelMarginLoss())
print(nn.ZeroPad1d(1), nn.ConstantPad3d(1, 2.0), nn.ReplicationPad3d(1))
print(nn.AlphaDropout(), nn.FeatureAlphaDropout(0.25))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
