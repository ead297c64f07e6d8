"""The methods of `torch.nn.Module`: names, places, conversions, printing; refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import copy
nn = torch.nn
torch.manual_seed(1)
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.p = nn.Parameter(torch.ones(2))
        self.register_buffer("b", torch.zeros(2))
        self.register_buffer("c", torch.zeros(1), persistent=False)
        self.register_buffer("n", None)
        self.q = None
        self.register_parameter("z", None)
        self.s = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    def forward(self, x, scale=1):
        return self.s(self.a(x)) * self.p * scale
m = M()
x = torch.ones(3, 2)
"""

PROGRAMS = {
    "finding by name": """
for t in ("", "a", "s", "s.0", "s.2", "p", "a.weight", "x", "s.0.weight", ".", "a.", ".a", "s..0"):
    print(t, attempt(lambda: type(m.get_submodule(t)).__name__))
for t in ("", "a", "p", "a.weight", "x", "s.0.weight", "s.9.weight", "b", "z", "q", "n"):
    print(t, attempt(lambda: m.get_parameter(t)))
for t in ("", "a", "p", "b", "c", "n", "a.weight", "x.b"):
    print(t, attempt(lambda: m.get_buffer(t)))
""",
    "putting by name": """
for t in ("", "a", "s.0", "s.2", "p", "x", "x.y", "a.new", "s.0.deep", "a.weight", "."):
    for strict in (False, True):
        k = copy.deepcopy(m)
        print(t, strict, attempt(lambda: k.set_submodule(t, nn.Tanh(), strict=strict)), k)
print(attempt(lambda: m.set_submodule("a", 5)))
print(attempt(lambda: m.set_submodule("a", torch.ones(1))))
print(attempt(lambda: m.set_submodule("a", None)))
""",
    "apply": """
print(m.apply(lambda k: print(type(k).__name__)) is m)
print(attempt(lambda: m.apply(None)))
""",
    "names": """
k = M()
k.again = k.a
k.p2 = k.p
k.register_buffer("b2", k.b)
for d in (True, False):
    print([n for n, _ in k.named_parameters(remove_duplicate=d)],
        [n for n, _ in k.named_parameters("pre", recurse=False, remove_duplicate=d)])
    print([n for n, _ in k.named_buffers(remove_duplicate=d)], [n for n, _ in k.named_buffers("pre", False, d)])
    print([n for n, _ in k.named_modules(remove_duplicate=d)],
        [n for n, _ in k.named_modules(prefix="r", remove_duplicate=d)])
print([n for n, _ in k.named_children()], len(list(k.children())), len(list(k.modules())),
    len(list(k.parameters(False))), len(list(k.buffers(recurse=False))))
memo = {k.a}
print([n for n, _ in k.named_modules(memo=memo)], len(memo))
print(type(k.parameters()).__name__, type(k.named_modules()).__name__, type(k.children()).__name__)
print(list(k.state_dict()))
""",
    "requires grad": """
print(m.requires_grad_(False) is m, [p.requires_grad for p in m.parameters()], attempt(lambda: m(x).requires_grad))
print(m.requires_grad_() is m, [p.requires_grad for p in m.parameters()])
print(attempt(lambda: m.requires_grad_("x")))
""",
    "shared memory": """
print(m.share_memory() is m, m.p.is_shared())
""",
    "to": """
for args, kw in (((torch.float64,), {}), (("cpu",), {}), (("cpu", torch.float64), {}),
    ((), {"dtype": torch.float16}), ((torch.int32,), {}), ((torch.zeros(1, dtype=torch.float64),), {}), ((), {}),
    ((torch.complex64,), {}), (("x",), {}), (([1],), {}), ((torch.float64, torch.float32), {}), ((), {"foo": 1}),
    ((torch.float64, True), {}), ((), {"memory_format": torch.channels_last}),
    ((torch.zeros(1, dtype=torch.int32),), {}), ((), {"dtype": torch.bfloat16}), ((None,), {}),
    ((torch.device("cpu"), torch.float64, False), {})):
    k = copy.deepcopy(m)
    w = k.p
    print(args, kw, attempt(lambda: k.to(*args, **kw) is k), k.p.dtype, k.p.device, k.b.dtype, k.p is w,
        k.p.requires_grad, type(k.p).__name__)
""",
    "types": """
for f in ("half", "double", "float", "bfloat16", "cpu"):
    k = copy.deepcopy(m)
    k.register_buffer("i", torch.zeros(1, dtype=torch.int64))
    p = k.p
    print(f, attempt(lambda: getattr(k, f)() is k), k.p.dtype, k.b.dtype, k.i.dtype, k.p is p)
for f in ("cuda", "xpu", "ipu", "mtia"):
    print(f, attempt(lambda: getattr(copy.deepcopy(m), f)()))
print(m.type(torch.float64) is m, m.p.dtype, m.b.dtype, m.type("torch.FloatTensor").p.dtype,
    attempt(lambda: m.type("nonsense")))
""",
    "gradients that are converted": """
m(x).sum().backward()
g, p = m.p.grad, m.p
m.double()
print(m.p is p, m.p.grad is g, m.p.grad.dtype, g.dtype, m.p._version, m.p.grad)
m.float()
m.to(torch.float32)
print(m.p._version)
""",
    "empty": """
k = M()
w = k.a.weight
print(k.to_empty(device="cpu") is k, k.a.weight is w, k.a.weight.shape, attempt(lambda: k.to_empty()))
""",
    "switches of conversions": """
future = torch.__future__
print(future.get_overwrite_module_params_on_conversion(), future.get_swap_module_params_on_conversion())
try:
    future.set_overwrite_module_params_on_conversion(True)
    k = M()
    k(x).sum().backward()
    p, g = k.p, k.p.grad
    k.double()
    print(k.p is p, p.dtype, k.p.grad is g, k.p.grad.dtype, k.p.requires_grad, k.p.is_leaf)
    k.double()
    future.set_overwrite_module_params_on_conversion(False)
    future.set_swap_module_params_on_conversion(True)
    k = M()
    k(x).sum().backward()
    p, g = k.p, k.p.grad
    i = id(p)
    k.double()
    print(k.p is p, id(k.p) == i, p.dtype, k.p.grad is g, k.p.grad.dtype, k.p.requires_grad)
    k = M()
    s = {n: v + 1 for n, v in k.state_dict().items()}
    p = k.p
    print(k.load_state_dict(s), k.p is p, k.p, attempt(lambda: k.load_state_dict(s, assign=True)))
finally:
    future.set_overwrite_module_params_on_conversion(False)
    future.set_swap_module_params_on_conversion(False)
""",
    "converting by a function": """
seen = []
k = M()
print(k._apply(lambda t: (seen.append(tuple(t.shape)), t + 1)[1]) is k, seen, k.p, k.b)
seen.clear()
k._apply(lambda t: (seen.append(tuple(t.shape)), t)[1], recurse=False)
print(seen)
k(x).sum().backward()
seen.clear()
k._apply(lambda t: (seen.append(tuple(t.shape)), t)[1])
print(seen)
k = M()
v = k.p._version
k._apply(lambda t: t.new_zeros(5))
print(k.p, k.p._version, v)
""",
    "training": """
print(m.training, m.eval() is m, m.training, m.s[0].training, m.train() is m, m.a.training,
    attempt(lambda: m.train(1)), attempt(lambda: m.train("x")))
""",
    "attributes": """
k = M()
for name, value in (("p", 5), ("a", 5), ("b", 5), ("b", torch.ones(1)), ("p", torch.ones(2)), ("a", torch.ones(1)),
    ("p", None), ("a", None), ("b", None), ("z", nn.Parameter(torch.ones(1))), ("q", nn.Tanh()),
    ("n", torch.ones(1)), ("q", 5), ("training", nn.Parameter(torch.ones(1)))):
    def put():
        setattr(k, name, value)
    print(name, attempt(put), list(k._parameters), list(k._buffers), list(k._modules),
        sorted(k._non_persistent_buffers_set))
for name in ("p", "a", "b", "nope", "training"):
    print(name, attempt(lambda: delattr(k, name)), hasattr(k, name))
print(attempt(lambda: k.nope), attempt(lambda: getattr(k, "weight")))
""",
    "registering": """
k = M()
for f, args in (("register_parameter", ("a.b", None)), ("register_parameter", ("", None)),
    ("register_parameter", (5, None)), ("register_parameter", ("forward", None)), ("register_parameter", ("n1", 5)),
    ("register_parameter", ("n1", torch.ones(1))), ("register_parameter", ("n1", nn.Parameter(torch.ones(1)))),
    ("register_parameter", ("a", None)),
    ("register_buffer", ("a.b", None)), ("register_buffer", ("", None)), ("register_buffer",
        (5, None)), ("register_buffer", ("forward", None)), ("register_buffer", ("n2", 5)), ("register_buffer",
        ("n2", torch.ones(1))), ("register_buffer", ("p", None)), ("register_buffer", ("n2", None, False)),
    ("add_module", ("a.b", None)), ("add_module", ("", None)), ("add_module", (5, None)), ("add_module",
        ("forward", None)), ("add_module", ("n3", 5)), ("add_module", ("n3", nn.Tanh())), ("register_module",
        ("n4", nn.Tanh())), ("add_module", ("p", nn.Tanh())), ("register_module", ("", nn.Tanh())), ("add_module",
        ("a", None)), ("add_module", (None, nn.Tanh()))):
    print(f, args, attempt(lambda: getattr(k, f)(*args)))
print(k)
y = torch.ones(1, requires_grad=True) * 2
def hist():
    k.register_parameter("h", nn.Parameter(y))
print(attempt(hist))
""",
    "before init": """
class Bad(nn.Module):
    def __init__(self, what):
        self.w = what
for what in (nn.Parameter(torch.ones(1)), nn.Tanh(), torch.ones(1), 5, nn.Buffer(torch.ones(1))):
    print(attempt(lambda: Bad(what).w))
class Bad2(nn.Module):
    def __init__(self, f):
        f(self)
for f in (lambda s: s.register_parameter("p", None), lambda s: s.register_buffer("p", None),
    lambda s: s.add_module("p", nn.Tanh()), lambda s: s(5), lambda s: s.foo, lambda s: repr(s),
    lambda s: s.state_dict(), lambda s: list(s.parameters())):
    print(attempt(lambda: Bad2(f)))
""",
    "printing": """
class R(nn.Module):
    def __init__(self, extra, *subs):
        super().__init__()
        self.extra = extra
        for i, s in enumerate(subs): self.add_module(f"k{i}", s)
    def extra_repr(self): return self.extra
print(R("")); print(R("x=1")); print(R("x=1\\ny=2")); print(R("x", nn.Tanh()))
print(R("a\\nb", R("c\\nd"), R("", nn.Tanh()), None))
print(str(R("x", nn.ModuleList([nn.Linear(1, 1)] * 3 + [nn.Tanh(), nn.Linear(1, 1)]))))
print(nn.ModuleList(), nn.Sequential(), nn.ModuleDict(), nn.ParameterList(), nn.ParameterDict())
print(nn.ModuleDict({"x": nn.Tanh(), "y": nn.Sequential(nn.Linear(1, 1), R("q"))}))
""",
    "assigned state": """
k, t = M(), M()
s = k.state_dict()
s["p"] = s["p"].double()
print(t.load_state_dict(s, assign=True), t.p.dtype, t.p.requires_grad, t.p.data_ptr() == s["p"].data_ptr(),
    t.a.weight.grad_fn, t.b.data_ptr() == k.b.data_ptr())
s["p"] = nn.Parameter(torch.ones(2), requires_grad=False)
t.load_state_dict(s, assign=True)
print(t.p is s["p"], t.p.requires_grad)
""",
    "state with variables": """
s = m.state_dict(keep_vars=True)
print(s["p"] is m.p, m.state_dict()["p"].requires_grad, type(m.state_dict()["p"]).__name__, type(s).__name__,
    s._metadata)
print(m.state_dict()["p"].data_ptr() == m.p.data_ptr())
""",
    "sizes and devices that are none": """
for f in (lambda: nn.Linear(2, 2, device="cuda"), lambda: nn.Conv2d(1, 1, 1, device="nonsense"),
    lambda: nn.BatchNorm1d(2, device="cpu"), lambda: nn.LSTM(1, 1, device="cuda"),
    lambda: nn.MultiheadAttention(2, 1, device="cuda"), lambda: nn.TransformerEncoderLayer(2, 1, device="cuda"),
    lambda: nn.LayerNorm(2, device=torch.device("cpu")), lambda: nn.Embedding(2, 2, device="cuda"),
    lambda: nn.Linear(1, 1).to("x", "y"), lambda: nn.Linear(1,1).to([1]), lambda: nn.Linear(1,1).to(foo=1),
    lambda: nn.Linear(1,1).to(torch.float64, torch.float32), lambda: nn.Linear(1, 1, dtype=torch.int64),
    lambda: nn.Linear(1, 1, dtype=5), lambda: nn.Linear(1.5, 1), lambda: nn.Linear(-1, 1),
    lambda: nn.Linear("1", 1), lambda: nn.Linear(0, 1), lambda: nn.Linear(1, 0), lambda: nn.Linear(1, 1, bias=None),
    lambda: nn.Embedding(2, 2, 5), lambda: nn.Embedding(-1, 2), lambda: nn.Conv2d(1, 1, 0),
    lambda: nn.Conv2d(1, 1, (1, 2, 3)), lambda: nn.Conv2d(3, 2, 1, groups=2),
    lambda: nn.Conv2d(1, 1, 1, stride=2, padding="same"), lambda: nn.Conv2d(1, 1, 1, groups=0),
    lambda: nn.Dropout(2), lambda: nn.Dropout(-1), lambda: nn.BatchNorm1d(-1), lambda: nn.GroupNorm(2, 3),
    lambda: nn.LayerNorm([]), lambda: nn.LayerNorm("x"), lambda: nn.LSTM(1, 2, dropout=0.5),
    lambda: nn.LSTM(1, 2, proj_size=3), lambda: nn.LSTM(1, 2, proj_size=-1),
    lambda: nn.ConvTranspose2d(1, 1, 1, padding_mode="circular"),
    lambda: nn.ConvTranspose2d(1, 1, 1, padding="same"), lambda: nn.Softmax(5)(torch.ones(1)),
    lambda: nn.Unflatten(1, 5), lambda: nn.Unflatten("a", (2, 3)), lambda: nn.Unflatten(1, (2.5, 3)),
    lambda: nn.Flatten("a"), lambda: nn.MultiheadAttention(3, 2), lambda: nn.CosineSimilarity()(1, 2),
    lambda: nn.Threshold(1, 2)):
    print(attempt(f))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
