"""States of modules as programs load them, hooks, modules in every mode; refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import copy, pickle, warnings, collections, io, types
nn = torch.nn
F = nn.functional
U = nn.utils
P = nn.Parameter
torch.manual_seed(1)
mod = nn.modules.module
seen = []
def say(*what): seen.append(what)
def tell():
    for each in seen: print(each)
    seen.clear()
"""

PROGRAMS = {
    "load dtypes": """
l = nn.Linear(2, 2)
v, p = l.weight._version, l.weight
print(l.load_state_dict({"weight": torch.ones(2, 2, dtype=torch.float64),
    "bias": torch.ones(2, dtype=torch.int64)}), l.weight.dtype, l.bias, l.weight._version - v, l.weight is p)
for w in (torch.ones(2, 2, dtype=torch.complex64), torch.ones(2, 2, dtype=torch.bool), P(torch.ones(2, 2)),
    torch.ones(2, 2, requires_grad=True) * 2, torch.ones(4), torch.ones(1, 2), torch.ones(()), [[1., 2.], [3., 4.]],
    None, 5):
    print(attempt(lambda: l.load_state_dict({"weight": w, "bias": torch.ones(2)})), l.weight.grad_fn,
        l.weight.requires_grad)
""",
    "load assign": """
for w in (torch.ones(2, 2, dtype=torch.float64), torch.ones(2, 2, dtype=torch.int64),
    P(torch.ones(2, 2), requires_grad=False), torch.ones(2, 2, requires_grad=True) * 2,
    torch.ones(2, 2, requires_grad=True), torch.ones(4), nn.Buffer(torch.ones(2, 2)), None):
    l = nn.Linear(2, 2)
    print(attempt(lambda: l.load_state_dict({"weight": w, "bias": torch.ones(2)}, assign=True)), l.weight.dtype,
        l.weight.requires_grad, type(l.weight).__name__, l.weight is w, l.weight.is_leaf)
b = nn.BatchNorm1d(2)
s = {k: v.double() for k, v in nn.BatchNorm1d(2).state_dict().items()}
print(attempt(lambda: b.load_state_dict(s, assign=True)), b.running_mean.dtype, b.running_mean is s["running_mean"],
    b.num_batches_tracked)
l = nn.Linear(2, 2); l.weight.requires_grad_(False)
l.load_state_dict(nn.Linear(2, 2).state_dict(), assign=True); print(l.weight.requires_grad, l.bias.requires_grad)
""",
    "load mappings": """
l = nn.Linear(1, 1)
s = l.state_dict()
for m in (types.MappingProxyType(dict(s)), collections.UserDict(s),
    collections.defaultdict(lambda: torch.ones(1), s), list(s.items()), iter(s), None, 5, "x", l,
    collections.ChainMap(s)):
    print(attempt(lambda: l.load_state_dict(m)))
print(attempt(lambda: l.load_state_dict()), attempt(lambda: l.load_state_dict(s, False, True)),
    attempt(lambda: l.load_state_dict(s, strict=None)), attempt(lambda: l.load_state_dict(state_dict=s)))
print(attempt(lambda: l.load_state_dict({5: 1, "weight": s["weight"], "bias": s["bias"]})),
    attempt(lambda: l.load_state_dict({"weight": s["weight"], "bias": s["bias"], "": 1, ".": 2, "a.b.c": 3})))
""",
    "destination": """
d = collections.OrderedDict()
print(nn.Linear(1, 1).state_dict(destination=d) is d, list(d), hasattr(d, "_metadata"),
    list(nn.Linear(1, 1).state_dict(destination=d, prefix="q.")), list(nn.Linear(1, 1).state_dict(prefix="noend")))
d._metadata = collections.OrderedDict()
nn.Sequential(nn.Linear(1, 1)).state_dict(destination=d, prefix="z."); print(d._metadata)
e = {}
print(nn.Linear(1, 1).state_dict(destination=e) is e, list(e),
    attempt(lambda: nn.Linear(1, 1).state_dict(destination=5)),
    attempt(lambda: list(nn.Linear(1, 1).state_dict(e, "a.", True))),
    attempt(lambda: nn.Linear(1, 1).state_dict(e, "a.", True, 4)))
""",
    "rename hook": """
class V2(nn.Module):
    _version = 2
    def __init__(self):
        super().__init__(); self.new = P(torch.zeros(1))
    def _load_from_state_dict(self, sd, prefix, meta, *a):
        say(prefix, meta.get("version"))
        if meta.get("version", 1) < 2: sd[prefix + "new"] = sd.pop(prefix + "old")
        super()._load_from_state_dict(sd, prefix, meta, *a)
m = nn.Sequential(V2())
s = m.state_dict(); print(s._metadata)
m.load_state_dict(s)
print(attempt(lambda: m.load_state_dict({"0.old": torch.ones(1)})), m[0].new); tell()
def ren(sd, prefix, *a): sd[prefix + "weight"] = sd.pop(prefix + "w", sd.get(prefix + "weight"))
l = nn.Linear(1, 1)
h = l._register_load_state_dict_pre_hook(ren)
print(attempt(lambda: nn.Sequential(l).load_state_dict({"0.w": torch.ones(1, 1), "0.bias": torch.ones(1)})), l.weight)
h.remove()
print(attempt(lambda: l.load_state_dict({"w": torch.ones(1, 1), "bias": torch.ones(1)})))
""",
    "post hook edits": """
m = nn.Linear(1, 1)
def forgive(mod, keys):
    say(type(keys).__name__, list(keys.missing_keys), list(keys.unexpected_keys))
    keys.missing_keys.clear(); keys.unexpected_keys.clear()
h = m.register_load_state_dict_post_hook(forgive)
print(m.load_state_dict({"q": 1}), attempt(lambda: m.load_state_dict({"q": 1}, strict=False))); tell()
h.remove(); print(attempt(lambda: m.load_state_dict({"q": 1})))
k = mod._IncompatibleKeys(["a"], [])
print(k, repr(k), k == (["a"], []), k.missing_keys, type(k).__mro__[1].__name__, mod._IncompatibleKeys([], []))
""",
    "extra state kinds": """
class X(nn.Module):
    def __init__(self, v): super().__init__(); self.v = v
    def get_extra_state(self): return self.v
    def set_extra_state(self, s): self.v = s
for v in (torch.ones(2), 5, None, {"a": torch.ones(1)}, "t"):
    a, b = X(v), X(0)
    print(attempt(lambda: b.load_state_dict(a.state_dict())), b.v, list(nn.Sequential(a).state_dict()))
class Half(nn.Module):
    def get_extra_state(self): return 1
print(list(Half().state_dict()), attempt(lambda: Half().load_state_dict({"_extra_state": 1})),
    attempt(lambda: Half().load_state_dict({})))
class Other(nn.Module):
    def set_extra_state(self, s): say(s)
print(attempt(lambda: Other().state_dict()), attempt(lambda: Other().load_state_dict({"_extra_state": 3})),
    attempt(lambda: Other().load_state_dict({}))); tell()
""",
    "persistent": """
m = nn.Module()
m.register_buffer("a", torch.ones(1), persistent=False)
print(list(m.state_dict()), attempt(lambda: m.load_state_dict({"a": torch.ones(1)})))
m.a = torch.zeros(1); print(list(m.state_dict()))
m.register_buffer("a", torch.zeros(1)); print(list(m.state_dict()))
m.register_buffer("a", None); print(list(m.state_dict()), m.a, attempt(lambda: m.load_state_dict({"a": torch.ones(1)})))
del m.a; print(attempt(lambda: m.a))
""",
    "same fn twice": """
m = nn.Tanh()
def f(m, a, o): say("f")
h1, h2 = m.register_forward_hook(f), m.register_forward_hook(f)
m(torch.ones(1)); h1.remove(); m(torch.ones(1)); tell()
print(h1.id != h2.id, [type(k).__name__ for k in m._forward_hooks])
h2.remove(); print(len(m._forward_hooks))
""",
    "error in hooks": """
m = nn.Tanh()
def bad(*a): raise ValueError("hook")
for reg in (m.register_forward_hook, m.register_forward_pre_hook):
    h = reg(bad); print(attempt(lambda: m(torch.ones(1)))); h.remove()
for reg in (m.register_full_backward_hook, m.register_full_backward_pre_hook):
    h = reg(bad); x = torch.ones(1, requires_grad=True); print(attempt(lambda: m(x).backward()), x.grad); h.remove()
print(m(torch.ones(1)))
""",
    "overriding call": """
class O(nn.Module):
    def __call__(self, *a):
        say("call"); return super().__call__(*a)
    def forward(self, x): return x + 1
m = O(); m.register_forward_hook(lambda *a: say("hook"))
print(m(torch.ones(1))); tell()
m.forward = lambda x: x * 5
print(m(torch.ones(1))); tell()
nn.Tanh.__call__(nn.Tanh(), torch.ones(1))
""",
    "tensor hooks on params": """
l = nn.Linear(1, 1)
l.weight.register_hook(lambda g: say("w", g) or g * 2)
l.weight.register_post_accumulate_grad_hook(lambda p: say("post", p.grad))
l(torch.ones(1, 1)).sum().backward(); tell(); print(l.weight.grad)
""",
    "packed rnn": """
torch.manual_seed(2)
r = nn.LSTM(2, 3, batch_first=True)
x = torch.randn(2, 4, 2)
k = U.rnn.pack_padded_sequence(x, [4, 2], batch_first=True)
o, (h, c) = r(k)
print(type(o).__name__, o.data.shape, o.batch_sizes, h.shape, U.rnn.pad_packed_sequence(o, batch_first=True)[1])
k = U.rnn.pack_padded_sequence(x, [2, 4], batch_first=True, enforce_sorted=False)
o, h = nn.GRU(2, 3, batch_first=True)(k)
print(o.sorted_indices, U.rnn.pad_packed_sequence(o, batch_first=True)[0].shape, h.shape)
for a in ((x, 5), (x, torch.zeros(1, 2, 3)), (x, (torch.zeros(1, 2, 3),)),
    (x, (torch.zeros(1, 3, 3), torch.zeros(1, 2, 3))), (torch.ones(2, 4, 3),), (torch.ones(4),),
    (torch.ones(1, 1, 1, 1),), (5,)):
    print(attempt(lambda: r(*a)[0].shape))
""",
    "all zero grad forms": """
l = nn.Linear(1, 1)
o = torch.optim.SGD(l.parameters(), 0.1)
l(torch.ones(1, 1)).sum().backward()
l.zero_grad(set_to_none=False); print(l.weight.grad); o.zero_grad(); print(l.weight.grad)
l.zero_grad(); print(attempt(lambda: l.zero_grad(5)), attempt(lambda: l.zero_grad(1, 2)))
""",
    "module in autograd modes": """
l = nn.Linear(1, 1)
with torch.no_grad(): q = nn.Linear(1, 1); print(q.weight.requires_grad, l(torch.ones(1, 1)).requires_grad)
with torch.inference_mode():
    z = nn.Linear(1, 1); print(z.weight.is_inference(), l(torch.ones(1, 1)).is_inference())
print(attempt(lambda: z(torch.ones(1, 1)).sum().backward()), attempt(lambda: z.weight.add_(1)))
""",
    "default dtype": """
torch.set_default_dtype(torch.float64)
try:
    l = nn.Linear(1, 1); print(l.weight.dtype, nn.BatchNorm1d(1).running_mean.dtype,
        nn.Embedding(1, 1).weight.dtype, nn.LSTM(1, 1).weight_ih_l0.dtype, P().dtype)
finally: torch.set_default_dtype(torch.float32)
""",
    "checkpoint and modules": """
from_ = torch.utils.checkpoint.checkpoint
l = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
x = torch.ones(1, 2, requires_grad=True)
a = from_(l, x, use_reentrant=False); a.sum().backward(); g = x.grad.clone(); x.grad = None
l(x).sum().backward(); print(torch.equal(g, x.grad))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
