"""Gradients kept small, packed sequences, filled parameters: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import copy, pickle, warnings, collections, math
nn = torch.nn
F = nn.functional
U = nn.utils
R = nn.utils.rnn
I = nn.init
Z = nn.utils.parametrize
torch.manual_seed(1)
"""

PROGRAMS = {
    "vector": """
p = [nn.Parameter(torch.arange(4.).view(2, 2)), nn.Parameter(torch.ones(3, dtype=torch.float64)), torch.ones(1, 1)]
v = U.parameters_to_vector(p)
print(v, v.grad_fn.name(), v.dtype)
print(attempt(lambda: U.parameters_to_vector([])), attempt(lambda: U.parameters_to_vector([p[0].t()])),
    attempt(lambda: U.parameters_to_vector(5)), attempt(lambda: U.parameters_to_vector([5])),
    attempt(lambda: U.parameters_to_vector(p[0])))
print(U.vector_to_parameters(torch.arange(8.), p), p)
w = torch.arange(8.) * 2
U.vector_to_parameters(w, p)
print(p[0].data_ptr() == w.data_ptr(), p[1].dtype)
w[0] = 50
print(p[0])
for f in (lambda: U.vector_to_parameters([1.], p), lambda: U.vector_to_parameters(torch.ones(3), p),
    lambda: U.vector_to_parameters(torch.ones(30), p), lambda: U.vector_to_parameters(torch.ones(2, 4), p),
    lambda: U.vector_to_parameters(w, 5), lambda: U.vector_to_parameters(5, p)):
    print(attempt(f))
m = nn.Linear(2, 1)
print(U.parameters_to_vector(m.parameters()).shape)
""",
    "clip norm": """
def params():
    out = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3) * 2), nn.Parameter(torch.ones(1))]
    out[0].grad = torch.tensor([3., 4.]); out[1].grad = torch.tensor([1., -2., 2.])
    return out
for args, kw in (((1.,), {}), ((100.,), {}), ((1,), {"norm_type": 1}), ((1,), {"norm_type": float("inf")}),
    ((1,), {"norm_type": "inf"}), ((1,), {"norm_type": 0}), ((1,), {"norm_type": -1}), ((0,), {}), ((-1,), {}),
    ((1.,), {"foreach": True}), ((1.,), {"foreach": False}), ((1.,), {"error_if_nonfinite": True}), (("x",), {}),
    ((), {}), ((torch.tensor(2.),), {}), ((None,), {}), ((1,), {"norm_type": None}),
    ((1,), {"norm_type": float("-inf")}), ((1,), {"norm_type": 0.5})):
    p = params()
    print(args, kw, attempt(lambda: U.clip_grad_norm_(p, *args, **kw)), p[0].grad, p[1].grad)
p = params(); p[0].grad[0] = float("inf")
print(attempt(lambda: U.clip_grad_norm_(p, 1., error_if_nonfinite=True)), p[0].grad,
    attempt(lambda: U.clip_grad_norm_(p, 1.)), p[0].grad, p[1].grad)
p = params(); p[0].grad[0] = float("nan")
print(attempt(lambda: U.clip_grad_norm_(p, 1., 3, error_if_nonfinite=True)), U.clip_grad_norm_(p, 1.), p[1].grad)
print(U.clip_grad_norm_([], 1.), U.clip_grad_norm_([nn.Parameter(torch.ones(1))], 1.),
    U.clip_grad_norm_((q for q in params()), 1.), U.clip_grad_norm_(iter([]), 1.))
p = params()
print(U.clip_grad_norm_(p[0], 1.), p[0].grad, U.clip_grad_norm_(p[2], 1.))
print(attempt(lambda: U.clip_grad_norm_(5, 1.)), attempt(lambda: U.clip_grad_norm_([5], 1.)),
    attempt(lambda: U.clip_grad_norm_(nn.Linear(1, 1), 1.)), attempt(lambda: U.clip_grad_norm(params(), 1.)))
p = params()
g = p[0].grad
print(U.clip_grad_norm_(p, 1.).requires_grad, p[0].grad is g, g._version)
""",
    "clip value": """

def params():
    out = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3) * 2), nn.Parameter(torch.ones(1))]
    out[0].grad = torch.tensor([3., -4.]); out[1].grad = torch.tensor([1., -2., 2.])
    return out
for a in (1., 0, -1, "x", None, torch.tensor(2.), float("inf"), float("nan"), 10):
    p = params()
    print(a, attempt(lambda: U.clip_grad_value_(p, a)), p[0].grad, p[1].grad)
p = params()
print(U.clip_grad_value_(p[0], 1), p[0].grad, U.clip_grad_value_([], 1), attempt(lambda: U.clip_grad_value_(5, 1)),
    U.clip_grad_value_(p, 1, foreach=True), U.clip_grad_value_(p, 1, foreach=False),
    attempt(lambda: U.clip_grad_value_()))
""",
    "total norm": """
t = [torch.tensor([3., 4.]), torch.tensor([12.])]
for a in (((t,), {}), ((t, 1), {}), ((t, "inf"), {}), ((t, 2., True), {}), (([],), {}), ((t[0],), {}),
    (((x for x in t),), {}), ((t, 0), {}), ((5,), {}), (([5],), {}), (([t[0], t[1].double()],), {}),
    (([torch.ones(2, requires_grad=True)],), {}), (([torch.tensor([1])],), {}), (([torch.tensor([1j])],), {}),
    (([torch.tensor(float("inf"))], 2., True), {}), (([torch.ones(0)],), {}), (([torch.ones(0)], "inf"), {})):
    print(attempt(lambda: U.get_total_norm(*a[0], **a[1])))
p = [nn.Parameter(torch.ones(2))]; p[0].grad = torch.ones(2)
print(U.clip_grads_with_norm_(p, 1., torch.tensor(4.)), p[0].grad,
    attempt(lambda: U.clip_grads_with_norm_(p, 1., 4.)), p[0].grad,
    attempt(lambda: U.clip_grads_with_norm_([], 1., torch.tensor(4.))),
    attempt(lambda: U.clip_grads_with_norm_(p[0], 1., torch.tensor(4.))))
""",
    "pack": """
s = torch.arange(24.).view(4, 3, 2).requires_grad_()
for L, kw in (([4, 2, 1], {}), ([1, 2, 4], {}), ([1, 4, 2], {"enforce_sorted": False}),
    ([4, 3, 3, 1], {"batch_first": True}), ([4, 2, 0], {}), ([4, 2], {}), ([5, 2, 1], {}),
    (torch.tensor([4, 2, 1]), {}), (torch.tensor([4., 2., 1.]), {}), ("abc", {}), (5, {}), ([], {}),
    ([4., 2., 1.], {}), ([4, 2, -1], {}), ([[4, 2, 1]], {}), (None, {}), ((4, 2, 1), {}), ([2, 2, 2], {}),
    ([3, 2, 1], {})):
    r = attempt(lambda: R.pack_padded_sequence(s, L, **kw))
    print(L, kw, r)
    if not isinstance(r, str): print(r.data.grad_fn.name(), R.pad_packed_sequence(r), type(r).__name__, len(r))
print(attempt(lambda: R.pack_padded_sequence(torch.ones(3), [1])),
    attempt(lambda: R.pack_padded_sequence(torch.ones(3, 2), [3, 2])),
    attempt(lambda: R.pack_padded_sequence(5, [1])), attempt(lambda: R.pack_padded_sequence()))
""",
    "pad packed": """
s = torch.arange(24.).view(4, 3, 2).requires_grad_()
k = R.pack_padded_sequence(s, [1, 4, 2], enforce_sorted=False)
for kw in ({}, {"batch_first": True}, {"padding_value": -1}, {"total_length": 6}, {"total_length": 3},
    {"total_length": 4, "batch_first": True}, {"total_length": 0}):
    r = attempt(lambda: R.pad_packed_sequence(k, **kw))
    print(kw, r, r[0].grad_fn.name() if not isinstance(r, str) else "")
o, l = R.pad_packed_sequence(k)
o.sum().backward(); print(s.grad)
print(attempt(lambda: R.pad_packed_sequence(s)), attempt(lambda: R.pad_packed_sequence((1, 2))),
    attempt(lambda: R.pad_packed_sequence(5)))
""",
    "packed sequence": """
d = torch.arange(6.).view(3, 2)
k = R.PackedSequence(d, torch.tensor([2, 1]))
print(k, k.data is d, k.batch_sizes, k.sorted_indices, k.is_cuda, k.is_pinned(), k._fields, isinstance(k, tuple))
print(R.PackedSequence((d, torch.tensor([2, 1]))), attempt(lambda: R.PackedSequence(d)),
    attempt(lambda: R.PackedSequence([d])), attempt(lambda: R.PackedSequence(d, [2, 1])),
    attempt(lambda: R.PackedSequence()))
print(k.double().data.dtype, k.to(torch.float64).data.dtype, k.to("cpu") is k, k.cpu() is k, k.half().data.dtype,
    k.int().data.dtype, k.long().data.dtype, k.byte().data.dtype, k.char().data.dtype, k.short().data.dtype,
    k.float() is k, attempt(lambda: k.cuda()))
k = R.PackedSequence(d, torch.tensor([2, 1]), torch.tensor([1, 0]))
print(k, k.unsorted_indices, copy.deepcopy(k), k[0])
a, b, c, e = k
print(b, type(pickle.loads(pickle.dumps(k))).__name__)
print(R.invert_permutation(torch.tensor([2, 0, 1])), R.invert_permutation(None),
    attempt(lambda: R.invert_permutation([1, 0])))
""",
    "pad sequence": """
a = [torch.ones(2, 2, requires_grad=True), torch.ones(3, 2) * 2, torch.ones(1, 2) * 3]
for kw in ({}, {"batch_first": True}, {"padding_value": 9.}, {"padding_side": "left"}, {"padding_side": "x"},
    {"padding_side": "left", "batch_first": True}, {"padding_value": 1}):
    r = attempt(lambda: R.pad_sequence(a, **kw))
    print(kw, r, r.grad_fn.name() if not isinstance(r, str) else "")
R.pad_sequence(a).sum().backward(); print(a[0].grad)
for v in ([], 5, None, "ab", [1, 2], torch.ones(2, 3), [torch.ones(2, 2), torch.ones(2, 3)],
    [torch.ones(2), torch.ones(3, 1)], (x for x in a), [torch.tensor(1.), torch.tensor(2.)],
    [torch.ones(2), torch.ones(3, dtype=torch.float64)],
    [torch.ones(2, dtype=torch.int64), torch.ones(3, dtype=torch.int64)], [torch.ones(0), torch.ones(2)]):
    print(attempt(lambda: R.pad_sequence(v)))
""",
    "unpad and pack sequence": """
a = [torch.tensor([1., 2., 3.]), torch.tensor([4., 5.]), torch.tensor([6.])]
p = R.pad_sequence(a)
print(R.unpad_sequence(p, torch.tensor([3, 2, 1])),
    R.unpad_sequence(p.t(), torch.tensor([3, 2, 1]), batch_first=True),
    attempt(lambda: R.unpad_sequence(p, [3, 2, 1])))
k = R.pack_sequence(a)
print(k, R.unpack_sequence(k), attempt(lambda: R.pack_sequence(a[::-1])),
    R.pack_sequence(a[::-1], enforce_sorted=False), attempt(lambda: R.pack_sequence([])),
    attempt(lambda: R.pack_sequence(torch.ones(2, 2))))
print(R.unpack_sequence(R.pack_sequence(a[::-1], False)), attempt(lambda: R.pack_sequence([torch.ones(0)])))
""",
    "init values": """
for f, args in (("uniform_", ()), ("uniform_", (-1, 1)), ("uniform_", (1, 0)), ("normal_", ()), ("normal_", (1, 2)),
    ("normal_", (0, -1)), ("trunc_normal_", ()), ("trunc_normal_", (0, 1, -0.5, 0.5)),
    ("trunc_normal_", (5, 1, -1, 1)), ("trunc_normal_", (0, 1, 1, -1)), ("constant_", (3,)), ("ones_", ()),
    ("zeros_", ()), ("eye_", ()), ("xavier_uniform_", ()), ("xavier_uniform_", (2.,)), ("xavier_normal_", ()),
    ("kaiming_uniform_", ()), ("kaiming_uniform_", (0.1, "fan_out")), ("kaiming_normal_", ()),
    ("kaiming_normal_", (0, "fan_out", "relu")), ("kaiming_normal_", (0, "x")),
    ("kaiming_normal_", (0, "fan_in", "x")), ("orthogonal_", ()), ("orthogonal_", (2.,)), ("sparse_", (0.5,)),
    ("sparse_", (0.5, 1.)), ("sparse_", (2.,)), ("dirac_", ()), ("constant_", ("x",)), ("uniform_", ("a", "b"))):
    torch.manual_seed(5)
    p = nn.Parameter(torch.empty(3, 2))
    r = attempt(lambda: getattr(I, f)(p, *args))
    print(f, args, r, r is p)
""",
    "init shapes": """
for f, args in (("eye_", ()), ("xavier_uniform_", ()), ("xavier_normal_", ()), ("kaiming_uniform_", ()),
    ("kaiming_normal_", ()), ("orthogonal_", ()), ("sparse_", (0.5,)), ("dirac_", ()), ("dirac_", (2,)),
    ("dirac_", (3,)), ("uniform_", ()), ("trunc_normal_", ())):
    for shape in ((), (3,), (2, 3), (4, 2), (4, 2, 3), (2, 2, 3, 3), (2, 1, 1, 1, 2), (0, 3), (3, 0),
        (2, 2, 2, 2, 2, 2)):
        torch.manual_seed(5)
        print(f, args, shape, attempt(lambda: getattr(I, f)(torch.zeros(shape), *args)))
""",
    "init odd": """
x = torch.zeros(2, 2, dtype=torch.int64)
for f, args in (("uniform_", ()), ("normal_", ()), ("constant_", (3,)), ("ones_", ()), ("eye_", ()),
    ("xavier_uniform_", ()), ("orthogonal_", ())):
    print(f, attempt(lambda: getattr(I, f)(x, *args)), attempt(lambda: getattr(I, f)(5, *args)),
        attempt(lambda: getattr(I, f)(torch.zeros(2, 2, requires_grad=True) * 1, *args)))
    print(attempt(lambda: getattr(I, f)(torch.zeros(2, 2, dtype=torch.complex64), *args)))
    print(attempt(lambda: getattr(I, f)(torch.zeros(4, 4, dtype=torch.float64)[::2, 1:3], *args)))
for n in ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "sigmoid", "tanh", "relu", "selu", "leaky_relu", "x", None):
    print(n, attempt(lambda: I.calculate_gain(n)), attempt(lambda: I.calculate_gain(n, 0.2)))
print(attempt(lambda: I.calculate_gain("leaky_relu", True)), attempt(lambda: I.calculate_gain("leaky_relu", "x")),
    attempt(lambda: I.calculate_gain("leaky_relu", 5)), attempt(lambda: I.calculate_gain()))
g = torch.Generator().manual_seed(3)
print(I.uniform_(torch.zeros(2), generator=g), I.normal_(torch.zeros(2), generator=g),
    I.trunc_normal_(torch.zeros(2), generator=g), I.orthogonal_(torch.zeros(2, 2), generator=g),
    I.kaiming_uniform_(torch.zeros(2, 2), generator=g), I.sparse_(torch.zeros(2, 2), 0.5, generator=g))
""",
    "init deprecated": """
for n, a in (("uniform", ()), ("normal", ()), ("constant", (1,)), ("eye", ()), ("xavier_uniform", ()),
    ("xavier_normal", ()), ("kaiming_uniform", ()), ("kaiming_normal", ()), ("orthogonal", ()), ("sparse", (0.5,))):
    torch.manual_seed(2)
    print(n, attempt(lambda: getattr(I, n)(torch.zeros(2, 2), *a)))
print(attempt(lambda: I.dirac(torch.zeros(2, 2, 1))), I.uniform.__name__)
""",
    "skip init": """
print(U.skip_init(nn.Linear, 2, 3).weight.shape, attempt(lambda: U.skip_init(nn.ReLU)),
    attempt(lambda: U.skip_init(int)), attempt(lambda: U.skip_init(5)),
    attempt(lambda: U.skip_init(nn.Linear, 2, 3, device="cpu", dtype=torch.float64).weight.dtype))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
