"""Modules as programs use them: printed, changed, shared, frozen, watched; refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import copy, pickle, warnings, collections, io, gc, weakref
nn = torch.nn
F = nn.functional
U = nn.utils
Q = nn.utils.parametrizations
Z = nn.utils.parametrize
P = nn.Parameter
torch.manual_seed(1)
"""

PROGRAMS = {
    "reprs": """
for f in (lambda: nn.Linear(1, 2, False),
    lambda: nn.Conv2d(1, 2, (3, 5), stride=2, padding=(1, 2), dilation=2, bias=False, padding_mode="reflect"),
    lambda: nn.Conv1d(4, 4, 3, groups=2, padding="same"), lambda: nn.ConvTranspose2d(4, 2, 3, 2, 1, 1, 2, False, 2),
    lambda: nn.MaxPool2d(2, return_indices=True, ceil_mode=True),
    lambda: nn.AvgPool2d(2, divisor_override=3, count_include_pad=False), lambda: nn.AvgPool1d(2),
    lambda: nn.LPPool2d(2, 3), lambda: nn.AdaptiveAvgPool2d((None, 2)), lambda: nn.AdaptiveMaxPool1d(2, True),
    lambda: nn.FractionalMaxPool2d(2, output_ratio=0.5), lambda: nn.MaxUnpool2d(2),
    lambda: nn.Embedding(3, 2, 0, max_norm=1., scale_grad_by_freq=True, sparse=True),
    lambda: nn.EmbeddingBag(3, 2, mode="sum", max_norm=2., include_last_offset=True),
    lambda: nn.LSTM(1, 2, 2, False, True, 0.5, True, 1), lambda: nn.GRU(1, 2, bidirectional=True),
    lambda: nn.RNN(1, 2, nonlinearity="relu", batch_first=True), lambda: nn.GRUCell(1, 2, False),
    lambda: nn.Bilinear(1, 2, 3, False), lambda: nn.LayerNorm((2, 3), 1e-3, False),
    lambda: nn.GroupNorm(1, 2, affine=False), lambda: nn.BatchNorm1d(2, momentum=None, track_running_stats=False),
    lambda: nn.LocalResponseNorm(2), lambda: nn.RMSNorm(3, 1e-3), lambda: nn.Hardtanh(inplace=True),
    lambda: nn.LeakyReLU(0.2, True), lambda: nn.ELU(0.5, True), lambda: nn.PReLU(3), lambda: nn.Softplus(2, 10),
    lambda: nn.Threshold(1, 2, True), lambda: nn.GELU("tanh"), lambda: nn.Softmax(), lambda: nn.LogSoftmax(-1),
    lambda: nn.Softmin(0), lambda: nn.GLU(1), lambda: nn.RReLU(0.1, 0.2, True), lambda: nn.Hardshrink(),
    lambda: nn.ReLU(True), lambda: nn.ReLU6(), lambda: nn.Dropout(0.1, True), lambda: nn.AlphaDropout(),
    lambda: nn.Flatten(0, 1), lambda: nn.Unflatten(0, (1, 2)), lambda: nn.Upsample((2, 3)),
    lambda: nn.Upsample(scale_factor=(1, 2), mode="bilinear", align_corners=True),
    lambda: nn.UpsamplingNearest2d(scale_factor=2), lambda: nn.UpsamplingBilinear2d(size=3),
    lambda: nn.PixelShuffle(2), lambda: nn.ChannelShuffle(2), lambda: nn.Fold((2, 2), 1),
    lambda: nn.Unfold(2, padding=1), lambda: nn.ZeroPad2d((1, 2, 3, 4)), lambda: nn.ConstantPad1d(1, 2.5),
    lambda: nn.ReflectionPad2d(1), lambda: nn.CircularPad1d((1, 1)), lambda: nn.CosineSimilarity(0),
    lambda: nn.PairwiseDistance(1.), lambda: nn.MSELoss(reduction="sum"),
    lambda: nn.CrossEntropyLoss(torch.ones(2), label_smoothing=0.1),
    lambda: nn.BCEWithLogitsLoss(pos_weight=torch.ones(1)), lambda: nn.TripletMarginWithDistanceLoss(),
    lambda: nn.MultiheadAttention(4, 2, bias=False, kdim=3, vdim=2), lambda: nn.TransformerDecoderLayer(2, 1, 4),
    lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(2, 1, 4, batch_first=True), 2),
    lambda: nn.Identity(1, 2, x=3), lambda: nn.Tanhshrink(), lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4]),
    lambda: nn.Mish(True), lambda: nn.SiLU(True), lambda: nn.Hardswish(True), lambda: nn.Hardsigmoid(True),
    lambda: nn.CELU(2., True), lambda: nn.SELU(True), lambda: nn.FeatureAlphaDropout(0.2),
    lambda: nn.InstanceNorm2d(3, affine=True), lambda: nn.NLLLoss(ignore_index=1),
    lambda: nn.KLDivLoss(log_target=True), lambda: nn.Softmax2d(), lambda: nn.PixelUnshuffle(3)):
    print(attempt(f))
""",
    "keys": """
for m in (nn.Linear(1, 1), nn.BatchNorm2d(1), nn.LSTM(1, 2, 2, bidirectional=True, proj_size=1),
    nn.GRU(1, 1, bias=False), nn.MultiheadAttention(4, 2),
    nn.MultiheadAttention(4, 2, kdim=3, vdim=2, add_bias_kv=True), nn.TransformerEncoderLayer(2, 1, 4),
    nn.TransformerDecoderLayer(2, 1, 4), nn.Transformer(2, 1, 1, 1, 4), nn.Embedding(2, 2), nn.EmbeddingBag(2, 2),
    nn.PReLU(), nn.CrossEntropyLoss(torch.ones(2)), nn.BCEWithLogitsLoss(pos_weight=torch.ones(1)),
    nn.Bilinear(1, 1, 1), nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2]), nn.FractionalMaxPool2d(2, 2), nn.LayerNorm(2),
    nn.GroupNorm(1, 1), nn.LSTMCell(1, 1), nn.RMSNorm(2), nn.LinearCrossEntropyLoss(2, 3)):
    print(type(m).__name__, list(m.state_dict()), [n for n, _ in m.named_parameters()],
        [n for n, _ in m.named_buffers()], dict(m.state_dict()._metadata),
        [v.shape for v in m.state_dict().values()])
""",
    "instance attributes": """
for m in (nn.Linear(1, 2), nn.Conv2d(1, 2, 3, padding=1), nn.ConvTranspose1d(1, 1, 2), nn.BatchNorm1d(2),
    nn.LayerNorm(2), nn.Embedding(2, 3), nn.LSTM(1, 2), nn.Dropout(), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2),
    nn.Softmax(1), nn.MultiheadAttention(2, 1), nn.GRUCell(1, 2), nn.RNNCell(1, 2), nn.MSELoss(),
    nn.CrossEntropyLoss(), nn.Flatten(), nn.Upsample(2), nn.PReLU(), nn.GroupNorm(1, 2),
    nn.TransformerEncoderLayer(2, 1, 4), nn.ZeroPad2d(1), nn.InstanceNorm1d(1), nn.AdaptiveAvgPool1d(1),
    nn.Hardtanh(), nn.EmbeddingBag(2, 2), nn.Unfold(2), nn.CTCLoss(), nn.TripletMarginLoss(), nn.RMSNorm(2),
    nn.GELU(), nn.LeakyReLU()):
    print(type(m).__name__, sorted((k, str(v)) for k,
        v in vars(m).items() if not k.startswith("_") and not callable(v)))
""",
    "weight norm errors": """
for f in (lambda: U.weight_norm(nn.Linear(2, 2), "x"), lambda: U.weight_norm(nn.Linear(2, 2), "bias"),
    lambda: U.weight_norm(nn.ReLU()), lambda: U.weight_norm(nn.Linear(2, 2), dim=5),
    lambda: U.weight_norm(nn.Linear(2, 2), dim=-1), lambda: U.remove_weight_norm(nn.Linear(2, 2)),
    lambda: Q.weight_norm(nn.Linear(2, 2), "x"), lambda: Q.weight_norm(nn.Linear(2, 2), dim=7),
    lambda: Q.weight_norm(5), lambda: U.spectral_norm(nn.Linear(2, 2), "x"), lambda: U.spectral_norm(nn.ReLU()),
    lambda: U.remove_spectral_norm(nn.Linear(2, 2)), lambda: Q.spectral_norm(nn.Linear(2, 2), "x"),
    lambda: Q.orthogonal(nn.Linear(2, 2), "x"), lambda: Q.orthogonal(nn.Linear(2, 2), "bias"),
    lambda: Q.orthogonal(nn.Linear(2, 2), "weight", "x"), lambda: Q.orthogonal(nn.Conv2d(2, 2, 1)),
    lambda: U.spectral_norm(nn.Embedding(3, 2)), lambda: U.weight_norm(nn.Embedding(3, 2)),
    lambda: Q.spectral_norm(nn.ConvTranspose2d(2, 3, 1)), lambda: Q.weight_norm(nn.LSTM(2, 3), "weight_hh_l0"),
    lambda: Q.spectral_norm(nn.MultiheadAttention(2, 1), "in_proj_weight")):
    print(attempt(f))
""",
    "weight norm module use": """
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    m = U.weight_norm(nn.Linear(2, 2))
print([str(x.message) for x in w], m, list(m.state_dict()),
    m._forward_pre_hooks and type(list(m._forward_pre_hooks.values())[0]).__name__)
c = attempt(lambda: copy.deepcopy(m)); print(c if isinstance(c, str) else c.weight_g)
m(torch.ones(1, 2)).sum().backward()
print(attempt(lambda: copy.deepcopy(m)))
s = U.spectral_norm(nn.Linear(2, 2))
print(s, list(s.state_dict()), s.state_dict()._metadata, [n for n, _ in s.named_buffers()],
    [n for n, _ in s.named_parameters()])
k = copy.deepcopy(s); print(k(torch.ones(1, 2)).shape, pickle.loads(pickle.dumps(s)))
print(s.double()(torch.ones(1, 2).double()).dtype)
""",
    "conv bn fuse": """
c, b = nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)
b.running_mean.fill_(0.5); b.running_var.fill_(4)
c.eval(); b.eval()
f = U.fusion.fuse_conv_bn_eval(c, b)
x = torch.randn(1, 1, 2, 2)
print(f, torch.allclose(f(x), b(c(x)), atol=1e-6), f.weight.requires_grad, f.training,
    attempt(lambda: U.fusion.fuse_conv_bn_eval(c.train(), b)), attempt(lambda: U.fuse_conv_bn_eval(5, b)))
print(attempt(lambda: U.fuse_conv_bn_weights(torch.ones(2, 1, 1), None, torch.zeros(2), torch.ones(2), 0., None, None)))
l, b1 = nn.Linear(2, 2).eval(), nn.BatchNorm1d(2).eval()
print(U.fuse_linear_bn_eval(l, b1), attempt(lambda: U.fuse_linear_bn_eval(l, nn.BatchNorm1d(3).eval())),
    attempt(lambda: U.fuse_linear_bn_weights(torch.ones(2, 2), None, torch.zeros(2), torch.ones(2), 0., None,
    None)))
""",
    "memory format": """
m = nn.Sequential(nn.Conv2d(2, 2, 2), nn.Linear(2, 2))
print(U.convert_conv2d_weight_memory_format(m, torch.channels_last) is m, m[0].weight.stride(),
    m[0].weight.is_contiguous(memory_format=torch.channels_last))
m.to(memory_format=torch.contiguous_format); print(m[0].weight.stride())
m = nn.Conv2d(2, 2, 2).to(memory_format=torch.channels_last); print(m.weight.stride(), m.bias.stride())
""",
    "training loop with hooks": """
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
acts, grads = {}, {}
def fh(name):
    return lambda m, i, o: acts.__setitem__(name, o.detach())
def bh(name):
    return lambda m, gi, go: grads.__setitem__(name, [None if g is None else g.clone() for g in go])
hs = [m.register_forward_hook(fh(n)) for n,
    m in net.named_modules() if n] + [m.register_full_backward_hook(bh(n)) for n, m in net.named_modules() if n]
opt = torch.optim.SGD(net.parameters(), 0.1)
x, y = torch.randn(5, 3), torch.randint(2, (5,))
for _ in range(3):
    opt.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    n = U.clip_grad_norm_(net.parameters(), 0.5)
    opt.step()
    print(loss.item(), n)
print({k: v.shape for k, v in acts.items()}, {k: v[0].sum() for k, v in grads.items() if k != "2"})
[h.remove() for h in hs]
""",
    "freeze and transfer": """
a, b = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 3))
s = {k: v for k, v in a.state_dict().items() if k.startswith("0.")}
print(b.load_state_dict(s, strict=False), torch.equal(a[0].weight, b[0].weight),
    attempt(lambda: b.load_state_dict(a.state_dict())))
for p in a[0].parameters(): p.requires_grad = False
print([n for n, p in a.named_parameters() if p.requires_grad],
    sum(p.numel() for p in a.parameters() if p.requires_grad), sum(p.numel() for p in a.parameters()))
a(torch.ones(1, 2)).sum().backward(); print([p.grad for p in a.parameters()])
""",
    "tie": """
class T(nn.Module):
    def __init__(self):
        super().__init__(); self.e = nn.Embedding(3, 2); self.o = nn.Linear(2, 3,
            bias=False); self.o.weight = self.e.weight
    def forward(self, i): return self.o(self.e(i))
t = T()
print(list(t.state_dict()), [n for n, _ in t.named_parameters()], len(list(t.parameters())), t.o.weight is t.e.weight)
t.double(); print(t.o.weight is t.e.weight, t.o.weight.dtype)
c = copy.deepcopy(t); print(c.o.weight is c.e.weight)
t(torch.tensor([0, 1])).sum().backward(); print(t.e.weight.grad)
t.load_state_dict({k: torch.zeros(3, 2) for k in t.state_dict()}); print(t.o.weight.sum())
""",
    "nested containers": """
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.ModuleDict({"a": nn.Linear(1, 1),
            "b": nn.ParameterDict({"p": torch.ones(1)})}) for _ in range(2)])
        self.ps = nn.ParameterList([P(torch.ones(2)) for _ in range(2)])
        self.plain = [nn.Linear(1, 1)]
n = N()
print(n, list(n.state_dict()), [k for k, _ in n.named_modules()])
print(n.get_submodule("layers.1.b"), n.get_parameter("layers.0.b.p"), attempt(lambda: n.get_parameter("ps.0")))
""",
    "bad access": """
l = nn.Linear(2, 2)
for f in (lambda: l.wieght, lambda: l.forward(), lambda: l(torch.ones(3)), lambda: l("x"),
    lambda: l(torch.ones(2).double()), lambda: l(torch.ones(2, dtype=torch.int64)),
    lambda: setattr(l, "weight", torch.ones(2, 2)), lambda: setattr(l, "weight", [1]), lambda: l[0], lambda: len(l),
    lambda: iter(l), lambda: l + l, lambda: l < l, lambda: float(l), lambda: l.weight.foo,
    lambda: nn.Sequential(l)[1], lambda: l.cuda(), lambda: l.load_state_dict({}),
    lambda: l.load_state_dict({"weight": torch.ones(2, 2)}),
    lambda: l.load_state_dict({"weight": torch.ones(3, 2), "bias": torch.ones(2), "q": 1}), lambda: l.state_dict(5),
    lambda: l.half()(torch.ones(2).half()).dtype):
    r = attempt(f); print(r)
""",
    "del and weakref": """
l = nn.Linear(1, 1)
w = weakref.ref(l); p = weakref.ref(l.weight)
h = l.register_forward_hook(lambda *a: None)
del l; gc.collect()
print(w(), p() is None)
""",
    "inheritance forms": """
class A(nn.Module):
    x: int
    def __init__(self, n=2):
        super(A, self).__init__()
        self.n = n
        self.l = nn.Linear(n, n)
    @property
    def bad(self): return self.missing
    def forward(self, x): return self.l(x)
a = A()
print(attempt(lambda: a.bad), a.n, a.training, hasattr(a, "x"), a == copy.copy(a))
class B(A):
    def __init__(self):
        nn.Module.__init__(self)
        self.m = nn.Tanh()
print(B(), attempt(lambda: B()(torch.ones(2))))
class C(nn.Module):
    def __init__(self): pass
print(attempt(lambda: C()), attempt(lambda: C()(1)), attempt(lambda: C().parameters()),
    attempt(lambda: list(C().parameters())), attempt(lambda: C().eval()), attempt(lambda: C().to("cpu")),
    attempt(lambda: C().train))
import abc
class D(nn.Module, abc.ABC):
    @abc.abstractmethod
    def f(self): ...
print(attempt(D))
class G(nn.Module):
    __slots__ = ()
    def __getattr__(self, name):
        if name == "magic": return 7
        return super().__getattr__(name)
print(G().magic, attempt(lambda: G().other))
""",
    "formats": """
x = torch.arange(16.).view(1, 4, 2, 2)
c = x.to(memory_format=torch.channels_last)
for t in (x, c, x.transpose(1, 2), x[:, ::2]):
    for f in (torch.channels_last, torch.contiguous_format, torch.preserve_format, torch.channels_last_3d):
        for kw in ({}, {"dtype": torch.float64}, {"copy": True}):
            r = attempt(lambda: t.to(memory_format=f, **kw))
            print(f, kw, r if isinstance(r, str) else (r is t, r.stride(), r.dtype))
y = x.clone().requires_grad_().to(memory_format=torch.channels_last)
print(y.grad_fn, y.to(memory_format=torch.contiguous_format).grad_fn)
""",
    "module formats": """
for k in (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d):
    for f in (torch.channels_last, torch.contiguous_format, torch.preserve_format, torch.channels_last_3d):
        m = k(2, 2, 2)
        print(k.__name__, f, attempt(lambda: m.to(memory_format=f).weight.stride()))
m = nn.Conv2d(2, 2, 2).to(memory_format=torch.channels_last)
print(m.weight.stride(), m.to(memory_format=torch.contiguous_format).weight.stride(),
    m.to(torch.float64, memory_format=torch.channels_last).weight.stride(), m.half().weight.stride())
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
