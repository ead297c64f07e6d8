"""Parameters without a shape and modules that wait for their first input: refgrad against PyTorch, live."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from module_head import HEAD  # beside this file

PROGRAMS = {
    "uninitialized": """
U = nn.parameter.UninitializedParameter
u = U()
print(u, repr(u), attempt(lambda: u.shape), type(u).__name__, u.requires_grad, u.is_leaf, isinstance(u, P),
    nn.parameter.is_lazy(u), nn.parameter.is_lazy(P()), isinstance(u, torch.Tensor), u.dtype, u.device,
    U(requires_grad=False).requires_grad, U(dtype=torch.float64).dtype)
for f in (lambda: u + 1, lambda: u.size(), lambda: torch.sum(u), lambda: u.view(1), lambda: u.data, lambda: u.grad,
    lambda: u.half(), lambda: u.is_floating_point(), lambda: len(u), lambda: u[0], lambda: u.detach(),
    lambda: u.share_memory_(), lambda: copy.deepcopy(u), lambda: u.to(torch.float64),
    lambda: pickle.loads(pickle.dumps(u)), lambda: u.cpu(), lambda: u.requires_grad_(False),
    lambda: u.double().dtype, lambda: u.is_cuda, lambda: u.numel(), lambda: u.dim(), lambda: u.is_contiguous(),
    lambda: hash(u) == hash(u), lambda: u.zero_(), lambda: u.foo, lambda: u.clone()):
    r = attempt(f)
    print(r if isinstance(r, str) else type(r).__name__)
u = U()
print(u.materialize((2, 3)), u.shape, type(u).__name__, u.requires_grad, attempt(lambda: u.materialize((1,))))
b = nn.parameter.UninitializedBuffer()
print(b.__class__, repr(b), isinstance(b, torch.Tensor), b.materialize((2,)), type(b).__name__, b.shape)
u = U(); u.materialize((2,), dtype=torch.float64); print(u.dtype)
""",
    "lazy linear": """
m = nn.LazyLinear(3)
print(m, type(m).__name__, m.weight, m.bias, m.in_features, m.has_uninitialized_params(), list(m.state_dict()),
    attempt(lambda: m.state_dict()["weight"]), [n for n, _ in m.named_parameters()])
o = m(torch.ones(4, 2))
print(o.shape, m, type(m).__name__, m.weight.shape, m.bias.shape, type(m.weight).__name__,
    m.has_uninitialized_params() if hasattr(m, "has_uninitialized_params") else "", m.in_features,
    len(m._forward_pre_hooks), len(m._load_state_dict_pre_hooks))
print(m(torch.ones(1, 2)).shape, attempt(lambda: m(torch.ones(1, 5))))
for f in (lambda: nn.LazyLinear(), lambda: nn.LazyLinear(3, bias=False),
    lambda: nn.LazyLinear(3, dtype=torch.float64).weight.dtype, lambda: nn.LazyLinear(3).share_memory(),
    lambda: nn.LazyLinear(3).double().weight.dtype, lambda: nn.LazyLinear(3)(5), lambda: nn.LazyLinear(3)(),
    lambda: copy.deepcopy(nn.LazyLinear(3)), lambda: torch.optim.SGD(nn.LazyLinear(3).parameters(), 0.1),
    lambda: nn.LazyLinear(3).apply(lambda k: None),
    lambda: nn.LazyLinear(2).requires_grad_(False).weight.requires_grad, lambda: nn.LazyLinear(2).zero_grad(),
    lambda: sum(p.numel() for p in nn.LazyLinear(2).parameters())):
    print(attempt(f))
""",
    "lazy order and seeds": """
torch.manual_seed(3)
m = nn.Sequential(nn.LazyLinear(2), nn.ReLU(), nn.LazyLinear(1))
print(m)
print(m(torch.ones(1, 3)), m, [p.shape for p in m.parameters()])
""",
    "lazy others": """
for kind, args, shape in (("LazyConv1d", (3, 2), (1, 2, 5)), ("LazyConv2d", (3, 2), (1, 2, 5, 5)),
    ("LazyConv3d", (3, 1), (1, 2, 3, 3, 3)), ("LazyConvTranspose1d", (3, 2), (1, 2, 5)),
    ("LazyConvTranspose2d", (3, 2), (1, 2, 5, 5)), ("LazyConvTranspose3d", (3, 1), (1, 2, 2, 2, 2)),
    ("LazyBatchNorm1d", (), (4, 2)), ("LazyBatchNorm2d", (), (4, 2, 3, 3)),
    ("LazyBatchNorm3d", (), (4, 2, 3, 3, 3)), ("LazyInstanceNorm1d", (), (4, 2, 3)),
    ("LazyInstanceNorm2d", (), (4, 2, 3, 3)), ("LazyInstanceNorm3d", (), (4, 2, 3, 3, 3)),
    ("LazyLinear", (2,), (5,))):
    m = getattr(nn, kind)(*args)
    print(m, list(m.state_dict()), [nn.parameter.is_lazy(v) for v in m.state_dict().values()])
    o = attempt(lambda: m(torch.ones(shape)))
    print(o if isinstance(o, str) else o.shape, m, type(m).__name__, [(n, v.shape) for n, v in m.state_dict().items()])
    m = getattr(nn, kind)(*args)
    print(attempt(lambda: m(torch.ones(1))), type(m).__name__)
print(attempt(lambda: nn.LazyConv2d(3, 2, groups=2)(torch.ones(1, 4, 3, 3)).shape), nn.LazyConv2d(3, 2, bias=False),
    attempt(lambda: nn.LazyConv2d(4, 2, groups=3)(torch.ones(1, 3, 3, 3))),
    nn.LazyBatchNorm1d(affine=False, track_running_stats=False), nn.LazyInstanceNorm1d(affine=True))
""",
    "lazy state": """
a, b = nn.LazyLinear(3), nn.LazyLinear(3)
a(torch.ones(1, 2))
print(b.load_state_dict(a.state_dict()), b, b.weight.shape, torch.equal(a.weight, b.weight), type(b).__name__)
b(torch.ones(1, 2)); print(type(b).__name__, b)
c = nn.LazyLinear(3); d = nn.LazyLinear(3)
print(attempt(lambda: c.load_state_dict(d.state_dict())), c.weight, attempt(lambda: a.load_state_dict(c.state_dict())))
print(attempt(lambda: nn.Linear(2, 3).load_state_dict(c.state_dict())))
""",
    "lazy own": """
from_mixin = nn.modules.lazy.LazyModuleMixin
class Lazy(from_mixin, nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.parameter.UninitializedParameter()
    def initialize_parameters(self, x):
        if self.has_uninitialized_params():
            with torch.no_grad(): self.w.materialize((x.shape[-1],)); self.w.fill_(2)
    def forward(self, x): return x * self.w
m = Lazy()
print(m, m.cls_to_become, m(torch.ones(3)), m, len(m._forward_pre_hooks), type(m).__name__)
class Lazier(from_mixin, nn.Module):
    def __init__(self):
        super().__init__(); self.w = nn.parameter.UninitializedParameter()
    def forward(self, x): return x
print(attempt(lambda: Lazier()(torch.ones(1))))
class Never(Lazy):
    def initialize_parameters(self, x): pass
print(attempt(lambda: Never()(torch.ones(1))))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
