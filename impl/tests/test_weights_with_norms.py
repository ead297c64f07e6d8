"""Weights of direction and length, spectral norms, orthogonal matrices, fused modules: refgrad against PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import importlib, warnings
nn, utils = torch.nn, torch.nn.utils
made = torch.nn.utils.parametrizations
torch.manual_seed(7)
def numbers(*sizes):
    return torch.sin(torch.arange(torch.Size(sizes).numel(), dtype=torch.double)).view(sizes)
def shown(x):
    return tuple(x.shape), x.stride(), [round(each, 8) + 0.0 for each in x.detach().reshape(-1).tolist()]
def states(module):
    return [(name, shown(each)) for name, each in module.state_dict().items()]
def tried(module, x):
    for _ in range(2):
        y = module(x)
        w = module.weight
        print(y.grad_fn.name(), w.grad_fn and w.grad_fn.name(), shown(y), shown(w))
        print([shown(each) for each in torch.autograd.grad(y.square().sum(), list(module.parameters()))])
    print(module, [name for name, _ in module.named_parameters()], states(module))
"""

PROGRAMS = {
    "one operator": """
v = numbers(2, 3).requires_grad_()
g = torch.tensor([[1.5], [2.0]], dtype=torch.double, requires_grad=True)
for dim, lengths in ((0, g), (1, numbers(1, 3) + 2), (-1, g[0] * 2)):
    y = torch._weight_norm(v, lengths, dim)
    print(y.grad_fn.name(), shown(y), [each for each in dir(y.grad_fn) if "_saved" in each])
    a, = torch.autograd.grad(y.sin().sum(), v, create_graph=True)
    print(a.grad_fn.name(), shown(a), shown(torch.autograd.grad(a.sin().sum(), v)[0]))
y = torch._weight_norm(numbers(2, 3, 2).requires_grad_(), numbers(1, 3, 1) + 2, 1)
print(y.grad_fn.name(), shown(y))
a, b = torch.autograd.grad(torch._weight_norm(v, g, 0).sin().sum(), (v, g), create_graph=True)
print(b.grad_fn.name(), [shown(each) for each in torch.autograd.grad(a.sum() + b.sin().sum(), (v, g))])
print(torch.autograd.gradcheck(lambda v, g: torch._weight_norm(v, g, 0), (v, g)))
o, n = torch._weight_norm_interface(v, g, 0)
print(n.requires_grad, shown(n), torch.norm_except_dim(v).grad_fn.name(), shown(torch.norm_except_dim(v, 1, 1)),
      shown(torch.norm_except_dim(numbers(2, 3, 2), 2, 1)), torch.norm_except_dim(v, 2, -1).grad_fn.name())
fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
with fw.dual_level():
    print(attempt(lambda: torch._weight_norm(fw.make_dual(v.detach(), v.detach()), g, 0)))
for f in (lambda: torch._weight_norm(v, g, 3), lambda: torch.norm_except_dim(v, 2, 3),
          lambda: torch._weight_norm(v, g.float())):
    print(attempt(f))
""",
    "weight norm by hooks": """
module = utils.weight_norm(nn.Linear(3, 2).double())
tried(module, numbers(4, 3))
print(type(module.weight).__name__, module.weight.is_leaf, attempt(lambda: utils.weight_norm(module)))
print(utils.remove_weight_norm(module), states(module), attempt(lambda: utils.remove_weight_norm(module)))
tried(utils.weight_norm(nn.Conv1d(2, 3, 2).double(), dim=1), numbers(1, 2, 3))
tried(utils.weight_norm(nn.Linear(3, 2).double(), dim=None), numbers(4, 3))
""",
    "weight norm": """
module = made.weight_norm(nn.Linear(3, 2).double())
tried(module, numbers(4, 3))
old = utils.weight_norm(nn.Linear(3, 2).double())
print(module.load_state_dict(old.state_dict()), states(module))
print(states(utils.parametrize.remove_parametrizations(module, "weight")))
tried(made.weight_norm(nn.Linear(3, 2).double(), dim=None), numbers(4, 3))
module = made.weight_norm(nn.Linear(3, 2).double())
module.weight = numbers(2, 3)
print(states(module))
""",
    "spectral norm by hooks": """
module = utils.spectral_norm(nn.Linear(3, 2).double(), n_power_iterations=2)
tried(module, numbers(4, 3))
kept = module.state_dict()
print(kept._metadata, attempt(lambda: utils.spectral_norm(module)))
tried(module.eval(), numbers(4, 3))
print(module.load_state_dict(kept), states(module))
del kept["weight_v"]
print(attempt(lambda: module.load_state_dict(kept)))
print(utils.remove_spectral_norm(module), states(module), attempt(lambda: utils.remove_spectral_norm(module)))
print(len(module._state_dict_hooks), len(module._load_state_dict_pre_hooks), len(module._forward_pre_hooks))
tried(utils.spectral_norm(nn.ConvTranspose1d(2, 3, 2).double()), numbers(1, 2, 3))
for f in (lambda: utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0),
          lambda: utils.spectral_norm(nn.Linear(2, 2, bias=False), "bias")):
    print(attempt(f))
old = utils.spectral_norm(nn.Linear(3, 2).double())
state = old.state_dict()
state._metadata.clear()
del state["weight_v"]
state["weight"] = state["weight_orig"] / 3
print(old.load_state_dict(state), states(old))
""",
    "spectral norm": """
module = made.spectral_norm(nn.Linear(3, 2).double())
tried(module, numbers(4, 3))
tried(module.eval(), numbers(4, 3))
tried(made.spectral_norm(nn.Conv1d(2, 3, 2).double(), n_power_iterations=2, dim=-1), numbers(1, 2, 3))
print(shown(made.spectral_norm(nn.Linear(3, 2).double(), "bias").bias))
for f in (lambda: made.spectral_norm(nn.Linear(2, 2), "x"), lambda: made.spectral_norm(nn.Linear(2, 2), dim=3),
          lambda: made.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)):
    print(attempt(f))
""",
    "orthogonal": """
for sizes, options in (((3, 3), {}), ((3, 3), {"orthogonal_map": "cayley"}), ((2, 4), {}),
                       ((4, 2), {"orthogonal_map": "matrix_exp"}), ((3, 2), {"use_trivialization": False}),
                       ((3, 3), {"use_trivialization": False, "orthogonal_map": "cayley"})):
    module = made.orthogonal(nn.Linear(sizes[1], sizes[0]).double(), **options)
    w = module.weight
    print(module, w.grad_fn.name(), [name for name, _ in module.named_parameters()], list(module.state_dict()))
    print(shown(((w.mT @ w if sizes[0] >= sizes[1] else w @ w.mT) * 2 ** 20).round()), shown(w))
    total = (w * numbers(*sizes)).sum()
    print([shown(each) for each in torch.autograd.grad(total, list(module.parameters()), allow_unused=True)
           if each is not None])
    def assign():
        module.weight = numbers(*sizes)
        return shown(module.weight)
    print(attempt(assign))
for f in (lambda: made.orthogonal(nn.Linear(2, 2), "bias"), lambda: made.orthogonal(nn.Linear(2, 2), "x"),
          lambda: made.orthogonal(nn.Linear(2, 2), orthogonal_map="x"),
          lambda: made.orthogonal(nn.Linear(2, 2, dtype=torch.cfloat), orthogonal_map="householder")):
    print(attempt(f))
""",
    "fusion": """
conv, bn = nn.Conv1d(2, 3, 2).double(), nn.BatchNorm1d(3).double()
x = numbers(4, 2, 5)
bn(conv(x)), conv.eval(), bn.eval()
fused = utils.fuse_conv_bn_eval(conv, bn)
print(fused, states(fused), shown(fused(x) - bn(conv(x)).round()), fused.weight.requires_grad)
linear, flat = nn.Linear(2, 3, bias=False).double().eval(), nn.BatchNorm1d(3).double().eval()
print(states(utils.fuse_linear_bn_eval(linear, flat)))
up = nn.ConvTranspose1d(2, 3, 2, bias=False).double().eval()
print(states(utils.fuse_conv_bn_eval(up, bn, transpose=True)), utils.fuse_conv_bn_eval(up, bn, True))
for f in (lambda: utils.fuse_conv_bn_eval(nn.Conv1d(2, 3, 2), bn),
          lambda: utils.fuse_linear_bn_eval(linear, bn.train()),
          lambda: utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(4).eval()),
          lambda: utils.fuse_conv_bn_eval(conv, nn.BatchNorm1d(3, track_running_stats=False).eval())):
    print(attempt(f))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
