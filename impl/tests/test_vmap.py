"""What operators do inside `vmap`: random numbers, types, writes, what is refused; and inside a batched backward."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RANDOM = """
import warnings
warnings.simplefilter("ignore")
N = torch.nn.functional
x = torch.full((3, 2), 0.5)
draws = '''torch.rand(2) torch.randn_like(t) torch.randint_like(t,10) torch.randperm(4) t.bernoulli()
torch.bernoulli(t,0.5) torch.bernoulli(torch.ones(2)) N.dropout(t) N.dropout(torch.ones(2)) torch.normal(t,t)
torch.normal(0.0,1.0,(2,)) torch.poisson(t) torch.multinomial(t,1) t.clone().uniform_() torch.ones(2).uniform_()
t.clone().normal_() t.clone().random_(9) N.gumbel_softmax(t) t.clone().geometric_(0.5) t.clone().bernoulli_()'''
for draw in draws.split():
    draw = eval("lambda t: " + draw, {"torch": torch, "N": N})
    for randomness in ("error", "same", "different"):
        def run():
            made = torch.vmap(draw, randomness=randomness)(x)
            return made.shape, made.dtype, randomness == "same" and bool((made == made[0]).all())
        print(randomness, attempt(run))
"""

TYPES = """
double, single, whole = torch.ones(2, dtype=torch.float64), torch.ones(2), torch.ones(2, dtype=torch.int64)
print(torch.vmap(lambda t: t + torch.ones(1))(double).dtype, torch.vmap(lambda t, s: t * s)(double, whole).dtype)
print(torch.vmap(lambda t: torch.tensor(1.0, dtype=torch.float64) * t)(single).dtype)
print(torch.vmap(torch.add)(single, torch.ones(2, 3, dtype=torch.float64)).dtype)
print(torch.vmap(lambda t: torch.nn.functional.one_hot(t, 3))(torch.tensor([2, 0])))
"""

WRITES = """
x = torch.zeros(2, 3)
b = torch.zeros(2)
for write in (
    lambda t: t.add_(1), lambda t: t.mul_(t), lambda t: t.fill_(2), lambda t: t.zero_(), lambda t: t[0].add_(1),
    lambda t: t.copy_(torch.ones(3)), lambda t: t.index_fill_(0, torch.tensor([0]), 3.0), lambda t: t.relu_(),
):
    for dim in (0, 1):
        z = torch.ones(2, 3) if dim == 0 else torch.ones(3, 2)
        y = z.clone().requires_grad_() * 1
        print(torch.vmap(write, in_dims=dim)(z), z, z._version)
        print(attempt(lambda: torch.vmap(write, in_dims=dim)(y).shape))
print(attempt(lambda: torch.vmap(lambda t: t.add_(torch.ones(2, 3)))(x)))
print(attempt(lambda: torch.vmap(lambda t: t.add_(b))(torch.ones(2))))
index = torch.tensor([0])
write = lambda t, s: s.scatter_(0, index, t[None])
print(attempt(lambda: torch.vmap(write, in_dims=(0, None))(torch.ones(2), torch.ones(1))))
print(torch.vmap(lambda t: t.clamp_(min=1))(x.clone()))
print(torch.vmap(lambda t: torch.histc(t, 2))(x))
kept = []
torch.vmap(lambda t: kept.append(t * 3) or t)(torch.ones(2))
print(kept, kept[0].shape, attempt(lambda: kept[0] + 1))
kept.clear()
print(torch.ones(2) + 1, attempt(lambda: torch.vmap(lambda t: t if t else t)(x)))
norm = torch.nn.BatchNorm1d(2)
print(attempt(lambda: torch.vmap(norm)(torch.ones(3, 4, 2))))
print(torch.func.grad(lambda t: torch.nn.Linear(2, 1)(t).sum() * 0)(torch.ones(2)))
print(torch.func.functionalize(lambda t: print(t) or t)(torch.ones(2)))
"""

RULES = """
x = torch.arange(12.0).view(3, 2, 2).requires_grad_()
w = torch.ones(2, 2, requires_grad=True)
calls = '''t@w[0] t@w w@t torch.dot(t[0],w[0]) torch.dot(t[0],t[1]) torch.mv(t,t[0]) torch.bmm(t[None],w[None]) t.t()
t.view(4) t.view(-1) t.reshape(4) t.permute(1,0) t.transpose(0,-1) t.softmax(0) t.log_softmax(-1) t.max() t.max(0)[0]
t.min(1)[0] t.amax(0) t.amin(()) t.sum() t.mean(1) t.prod() t.prod(0) t.cumsum(0) t.cumprod(1) t.norm() t.norm(dim=0)
t.std() t.var(0) torch.cat([t,t]) torch.cat([t,w],1) torch.stack([t,w],-1) t[0] t[:1] t[:,1:] t.expand(2,2,2)
t.unsqueeze(-1) t[:1].squeeze() t[:1].squeeze(0) t.flip(0) t.flip(())
t.roll(1,0) t.roll(1) t.tril() t.diagonal() t.sort()[0]
t.sort(0)[1] t.topk(1)[0] t.gather(0,torch.tensor([[0,1]])) t.logsumexp(0) torch.linalg.det(t)
(t+torch.eye(2)).inverse() t.trace() torch.nn.functional.layer_norm(t,(2,))
t.unbind(0)[1] t.split(1,1)[0] t.repeat(1,2) t.repeat(2,1,1) t.unfold(1,2,1)
torch.nn.functional.pad(t,(1,1)) t.argmax(0) t.movedim(0,1) t.flatten() t.max(5) t.sum(2) t.softmax(-3)'''
for call in calls.split():
    f = eval("lambda t: " + call, {"torch": torch, "w": w})
    for dim in (0, 2):
        def run():
            y = torch.vmap(f, in_dims=dim)(x.detach().movedim(0, dim).requires_grad_())
            if isinstance(y, tuple):
                return [each.shape for each in y]
            name = y.grad_fn.name() if dim == 0 and y.grad_fn else ""
            return [round(each, 3) for each in y.flatten().tolist()], y.shape, name
        print(call, dim, attempt(run))
    nested = lambda: torch.vmap(torch.func.grad(lambda t: f(t).sum()))(x.detach()).flatten().tolist()
    if not any(each in call for each in ("arg", "[1]", "unfold")):
        print(attempt(lambda: [round(each, 3) + 0.0 for each in nested()]))
"""

READ = """
import warnings
warnings.simplefilter("ignore")
F = torch.func
x = torch.ones(2)
for run in (
    lambda: F.vmap(F.grad(lambda t: t if t > 0 else -t))(x), lambda: F.vmap(F.grad(lambda t: t * t.item()))(x),
    lambda: F.grad(lambda s: F.vmap(lambda t: t if t > 0 else t)(s).sum())(x), lambda: F.vmap(lambda t: t.item())(x),
    lambda: F.vmap(lambda s: F.jvp(lambda t: t * float(t), (s,), (s,)))(x),
    lambda: F.vmap(lambda s: F.grad(lambda t: t * s.item())(torch.ones(())))(x),
    lambda: F.vmap(F.grad(lambda t: t * torch.equal(t, t)))(x),
    lambda: F.vmap(torch.tensor)(x), lambda: F.vmap(lambda t: torch.tensor([t, t]))(x), lambda: F.vmap(torch.clone)(x),
    lambda: F.vmap(lambda t: t.untyped_storage())(x), lambda: F.vmap(lambda t: t.detach_())(x),
    lambda: F.vmap(__import__("copy").deepcopy)(x), lambda: F.vmap(torch.sin, chunk_size=1)(torch.ones(0)),
):
    print(attempt(run))
"""

LEGACY = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        return t * 2
    @staticmethod
    def backward(ctx, g):
        return g * 2
captured = torch.zeros(2)
for look in (
    lambda g: g * g[0].item(), lambda g: g if g[0] else g, lambda g: torch.tensor(g.tolist()), lambda g: (str(g), g)[1],
    lambda g: g * torch.rand(2), lambda g: torch.bernoulli(g.abs().clamp(0, 1)), lambda g: g.masked_select(g > 0),
    Twice.apply, lambda g: captured.add_(g), lambda g: captured.copy_(g), lambda g: g.detach(),
    lambda g: g if torch.allclose(g, g) else g, lambda g: torch.unique(g), lambda g: torch.nn.functional.dropout(g),
):
    class Looking(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            return t * 2
        @staticmethod
        def backward(ctx, g):
            return look(g)
    y = Looking.apply(x)
    print(attempt(lambda: torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True)))
y = x * 2
several = torch.ones(2, 2), torch.ones(3, 2)
print(attempt(lambda: torch.autograd.grad((y, y), x, several, is_grads_batched=True)))
"""

MODULES = """
call = torch.func.functional_call
class Counts(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("n", torch.zeros(1))
    def forward(self, x):
        self.n = self.n + 1
        return self.n
counts, given = Counts(), {"n": torch.zeros(1)}
print(call(counts, given, torch.ones(1)), counts.n, given)
linear = torch.nn.Linear(2, 1)
both = {"weight": torch.ones(1, 2), "bias": torch.ones(1)}
print(attempt(lambda: call(linear, (both, both), torch.ones(2))))
print(attempt(lambda: call(linear, {"weight": 3}, torch.ones(2))))
other = torch.nn.Linear(2, 1)
other.weight.requires_grad_(False)
print(attempt(lambda: torch.func.stack_module_state([linear, other])))
z = torch.tensor([1 + 2j, 3 - 1j])
print(torch.func.vjp(lambda t: t * t, z)[1](z))
"""


@pytest.mark.parametrize("program", [RANDOM, TYPES, WRITES, RULES, READ, LEGACY, MODULES])
def test_programs(same: Callable[[str], None], program: str) -> None:
    same(program)
