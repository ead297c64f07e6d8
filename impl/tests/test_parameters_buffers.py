"""Parameters, buffers, and modules called with others: refgrad against PyTorch, live."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from module_head import HEAD  # beside this file

PROGRAMS = {
    "functional call": """
m = M()
x = torch.ones(1, 2)
W = torch.zeros(2, 2, requires_grad=True)
for d in ({"l.weight": W}, {"t.weight": W}, {"l.weight": W, "t.weight": W}, {"l.weight": W, "t.weight": W + 1},
    {"b": torch.zeros(2)}, {"x": W}, {"l.x": W}, {"l": W}, {"q.x": W}, {"": W}, {"l.": W}, {}, {"l.weight": 5},
    {"l.weight": None}, {"l.weight": torch.ones(3)}, {"b": P(torch.ones(2))}, {"l.bias": nn.Linear(1, 1)}, {"l": 5},
    {"": 5}):
    for kw in ({}, {"tie_weights": False}, {"strict": True}):
        r = attempt(lambda: call(m, d, (x,), **kw))
        print(list(d), kw, r if isinstance(r, str) else [round(e, 5) for e in r.flatten().tolist()])
for f in (lambda: call(m, {}, x), lambda: call(m, {}, (x, 2)), lambda: call(m, {}, (x,), {"k": 3, "s": 1}),
    lambda: call(m, {}, kwargs={"x": x}), lambda: call(m, {}), lambda: call(m, {}, None),
    lambda: call(m, ({"b": torch.zeros(2)}, {"l.weight": W}), x),
    lambda: call(m, ({"b": torch.zeros(2)}, {"b": W}), x), lambda: call(m, [("b", W)], x), lambda: call(m, 5, x),
    lambda: call(5, {}, x), lambda: call(m, {"b": 1.}, x), lambda: call(lambda x: x, {}, x),
    lambda: call(nn.Linear(2, 2), {5: W}, x)):
    r = attempt(f)
    print(r if isinstance(r, str) else r.shape)
print(m.l.weight is m.t.weight, list(m._parameters), list(m.l._parameters), m.b)
""",
    "functional grads": """
m = nn.Linear(2, 1)
p = dict(m.named_parameters())
g = torch.func.grad(lambda p: call(m, p, torch.ones(1, 2)).sum())(p)
print({k: v for k, v in g.items()}, m.weight.grad)
def boom(*a): raise ValueError("x")
class E(nn.Module):
    def __init__(self):
        super().__init__(); self.p = P(torch.ones(1))
    def forward(self): raise ValueError(self.p)
e = E()
print(attempt(lambda: call(e, {"p": torch.zeros(1)})), e.p)
bn = nn.BatchNorm1d(2)
s = {k: v.clone() for k, v in bn.state_dict().items()}
call(bn, s, torch.randn(3, 2))
print(s["num_batches_tracked"], bn.num_batches_tracked, s["running_mean"].abs().sum() > 0, bn.running_mean)
class S(nn.Module):
    def __init__(self):
        super().__init__(); self.p = P(torch.ones(1)); self.register_buffer("b", torch.ones(1))
    def forward(self):
        self.b = self.b + 1
        self.p2 = self.p * 2
        return self.b + self.p
m = S()
print(call(m, {"b": torch.zeros(1), "p": torch.zeros(1)}), m.b, m.p, m.p2)
d = {"b": torch.zeros(1), "p": torch.zeros(1)}
call(m, d); print(d)
""",
    "stateless": """
m = nn.Linear(2, 1)
print(attempt(lambda: stateless.functional_call(m, {"weight": torch.zeros(1, 2)}, (torch.ones(1, 2),)).shape))
print(attempt(lambda: stateless.functional_call(m, {"x": torch.zeros(1, 2)}, (torch.ones(1, 2),), strict=True)))
print(attempt(lambda: stateless.functional_call(5, {}, ())), attempt(lambda: stateless.functional_call(m, 5, ())),
    attempt(lambda: stateless.functional_call(m, {"x": torch.zeros(1)}, (torch.ones(1, 2),))))
with stateless._reparametrize_module(m, {"weight": torch.zeros(1, 2)}):
    print(m.weight)
print(type(m.weight).__name__)
""",
    "stack module state": """
ms = [nn.Linear(2, 1) for _ in range(3)]
p, b = torch.func.stack_module_state(ms)
print({k: (v.shape, v.requires_grad, v.is_leaf) for k, v in p.items()}, b)
for v in ([], [nn.Linear(1, 1), nn.ReLU()], [nn.Linear(1, 1), nn.Linear(1, 1).eval()], 5,
    [nn.Linear(1, 1), nn.Linear(2, 1)]):
    print(attempt(lambda: torch.func.stack_module_state(v)))
base = copy.deepcopy(ms[0])
print(torch.vmap(lambda p, b, x: call(base, (p, b), (x,)), (0, 0, None))(p, b, torch.ones(4, 2)).shape)
""",
    "parameter": """
for args, kw in (((), {}), ((torch.ones(2),), {}), ((torch.ones(2), False), {}),
    ((torch.ones(2),), {"requires_grad": False}), ((torch.ones(2, dtype=torch.int64),), {}),
    ((torch.ones(2, dtype=torch.int64), False), {}), ((5,), {}), (([1., 2.],), {}), ((None,), {}),
    ((torch.ones(2), 5), {}), ((torch.ones(2), "x"), {}), ((torch.ones(2), None), {}), ((P(torch.ones(2)),), {}),
    ((torch.ones(2, requires_grad=True) * 2,), {}), ((torch.ones(2, dtype=torch.complex64),), {}),
    ((torch.ones(2, dtype=torch.bool),), {}), ((torch.ones(2), True, 3), {}), ((), {"data": torch.ones(1)}),
    ((), {"foo": 1})):
    r = attempt(lambda: P(*args, **kw))
    print(r, not isinstance(r, str) and (r.requires_grad, r.is_leaf, type(r).__name__, r.grad_fn))
t = torch.ones(3)
p = P(t)
t[0] = 5
print(p, p.data_ptr() == t.data_ptr(), p is P(p), p + 1, type(p + 1).__name__, type(p.data).__name__,
    type(p.detach()).__name__, type(p.clone()).__name__, type(p[0]).__name__, type(p.view(3)).__name__,
    type(p.double()).__name__, type(p.float()).__name__, p.float() is p)
print(repr(p), str(p), f"{p}", isinstance(p, torch.Tensor), isinstance(t, P), P.__name__, P.__module__,
    type(P).__name__)
print(attempt(lambda: p.add_(1)), p._version, hash(p) == hash(p), p == p, bool(p[0] == 5), len(p), list(p))
p.note = 1
q = copy.deepcopy(p); print(hasattr(q, "note"), q.requires_grad, type(q).__name__)
q = copy.copy(p); print(q is p, q.data_ptr() == p.data_ptr(), getattr(q, "note", None), type(q).__name__)
q = pickle.loads(pickle.dumps(p)); print(q, getattr(q, "note", None), type(q).__name__)
p.requires_grad = False; print(p, p.requires_grad, q.grad)
class Mine(P): pass
print(type(Mine(torch.ones(1))).__name__, attempt(lambda: Mine(torch.ones(1)) * 2), isinstance(Mine(torch.ones(1)), P))
l = nn.Linear(1, 1); l.w = Mine(torch.ones(1)); print([n for n, _ in l.named_parameters()])
p = P(torch.ones(2)); p.grad = torch.ones(2); print(copy.deepcopy(p).grad, copy.copy(p).grad)
p.register_hook(lambda g: g); print(attempt(lambda: len(copy.deepcopy(p)._backward_hooks or ())))
""",
    "buffer": """
b = nn.Buffer(torch.ones(2))
print(b, type(b).__name__, isinstance(b, nn.Buffer), isinstance(torch.ones(1), nn.Buffer), b.persistent,
    nn.Buffer(torch.ones(1), persistent=False).persistent, b.requires_grad, nn.Buffer.__module__,
    type(nn.Buffer).__name__)
print(attempt(lambda: nn.Buffer()), attempt(lambda: nn.Buffer(5)), attempt(lambda: nn.Buffer(torch.ones(1), False)),
    attempt(lambda: nn.Buffer(None)), nn.Buffer(torch.ones(2, requires_grad=True) * 2))
m = nn.Module()
m.a = b; m.c = nn.Buffer(torch.ones(1), persistent=False); m.d = torch.ones(1)
print(list(m._buffers), list(m.state_dict()), m.a is b, [n for n, _ in m.named_buffers()])
m.a = torch.zeros(2); print(list(m._buffers), m.a, isinstance(m.a, nn.Buffer))
m.c = nn.Buffer(torch.zeros(1)); print(list(m.state_dict()))
m.p = P(torch.ones(1)); m.t = nn.Tanh(); m.x = 5
for name in ("p", "t", "x"): print(attempt(lambda: setattr(m, name, nn.Buffer(torch.ones(1)))))
del m.p; m.p = nn.Buffer(torch.ones(1),
    persistent=False); m.p = nn.Buffer(torch.ones(1)); print(list(m._parameters), list(m._buffers))
c = copy.deepcopy(m); print(list(c.state_dict()), isinstance(c.p, nn.Buffer), copy.deepcopy(b),
    getattr(copy.deepcopy(b), "persistent", None))
m.register_buffer("e", nn.Buffer(torch.ones(1), persistent=False)); print(list(m.state_dict()))
print(m.double().p.dtype, isinstance(m.p, nn.Buffer))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
