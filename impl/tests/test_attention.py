"""Attention: when PyTorch has one operator for it, what that keeps, its gradients and refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
attend = torch.nn.functional.scaled_dot_product_attention
def made(*sizes, dtype=torch.float, grad=True):
    count = torch.Size(sizes).numel()
    return (torch.arange(count, dtype=dtype).view(sizes) / (count or 1)).sin().requires_grad_(grad)
"""

PROGRAMS = {
    "kinds": """
q, k, v = made(1, 2, 3, 5), made(1, 2, 4, 5), made(1, 2, 4, 5)
mask = torch.tensor([[0.0, 1.0, -1.0, 0.5]] * 3)
for f in (lambda: attend(q, k, v), lambda: attend(q[0], k[0], v[0]), lambda: attend(q[None], k[None], v[None]),
          lambda: attend(q.double(), k.double(), v.double()), lambda: attend(q, k, v, mask),
          lambda: attend(q, k, v, torch.ones(3, 4, dtype=torch.bool).tril()), lambda: attend(q, k, v, mask[None, None]),
          lambda: attend(q, k, v, mask.clone().requires_grad_()), lambda: attend(q, k, v, is_causal=True),
          lambda: attend(q, k, v, mask, is_causal=True), lambda: attend(q, k, v, scale=2.0),
          lambda: attend(q.detach(), k.detach(), v.detach()), lambda: attend(q, k, made(1, 2, 4, 6)),
          lambda: attend(made(1, 4, 3, 5), k, v, enable_gqa=True), lambda: attend(q, k, v, dropout_p=0.0),
          lambda: attend(made(1, 3, 2, 5).transpose(1, 2), k, v),
          lambda: attend(made(1, 1, 1, 1), made(1, 1, 1, 1), made(1, 1, 1, 1)),
          lambda: attend(q, k, v, torch.zeros(3, 4, dtype=torch.bool))):
    y = f()
    print(type(y.grad_fn).__name__, y.stride(), y)
""",
    "gradients": """
q, k, v = (made(1, 2, 3, 4, dtype=torch.double) for _ in range(3))
for options in ({}, {"is_causal": True}, {"scale": 0.5}, {"attn_mask": torch.tensor([[0.0, -1.0, 2.0]] * 3).double()}):
    y = attend(q, k * 2, v, **options)
    found = torch.autograd.grad(y.sin().sum(), (q, k, v))
    print([((each * 2**30).round() + 0.0, each.stride()) for each in found])
    print(torch.autograd.gradcheck(lambda *given: attend(*given, **options), (q, k, v)))
node = attend(q, k, v).grad_fn
print([each for each in dir(node) if "saved" in each], node._saved_is_causal, node._saved_dropout_p, node._saved_scale)
kept = []
with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append((t.shape, t.requires_grad)) or t, lambda t: t):
    attend(q, k, v)
print(kept)
g, = torch.autograd.grad(attend(q, k, v).sum(), q, create_graph=True)
print(g.grad_fn, attempt(lambda: g.sum().backward()))
fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
with fw.dual_level():
    print(attempt(lambda: attend(fw.make_dual(q.detach(), q.detach()), k.detach(), v.detach())))
""",
    "refused": """
q, k, v = made(1, 2, 3, 5), made(1, 2, 4, 5), made(1, 2, 4, 5)
for f in (lambda: attend(q, k.double(), v), lambda: attend(made(5), made(5), made(5)),
          lambda: attend(q, made(1, 2, 4, 6), v),
          lambda: attend(q, k, v, torch.zeros(3, 4).long()), lambda: attend(q, k, v, torch.zeros(3, 4).double())):
    print(attempt(f))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same("import importlib\n" + HEAD + PROGRAMS[name])
