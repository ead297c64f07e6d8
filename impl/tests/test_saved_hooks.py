"""Hooks for saved tensors: what is packed and when, what unpack may return, and `SavedTensor`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

ORDER = """
a = torch.ones(1, 2, requires_grad=True)
b = torch.ones(2, 2, requires_grad=True) * 2
w = torch.ones(3, 2, 2, requires_grad=True)
say = lambda word: lambda t: (print(word, tuple(t.shape), t.requires_grad, t.is_leaf, torch.is_grad_enabled()), t)[1]
for f in (
    lambda: a * b, lambda: a / b, lambda: a @ b, lambda: torch.addcmul(w, a, b), lambda: torch.where(b > 0, a, b),
    lambda: torch.atan2(a, b), lambda: torch.pow(b, a), lambda: b.tanh(), lambda: b.norm(dim=0), lambda: b.prod(0),
    lambda: b[torch.tensor([0, 1])], lambda: b.gather(0, torch.zeros(1, 2, dtype=torch.int64)), lambda: b.cumprod(0),
    lambda: torch.lerp(b, a, b), lambda: b.std(0), lambda: b.var(), lambda: torch.cat([a, b]), lambda: b * 3,
    lambda: b.log_softmax(0), lambda: b.max(0)[0], lambda: b.relu(), lambda: (b * 1).exp_(), lambda: (b * 1).mul_(a),
):
    with torch.autograd.graph.saved_tensors_hooks(say("pack"), say("unpack")):
        y = f()
    y.sum().backward(retain_graph=True)
    print("--", y.grad_fn.name())
"""

PACK = """
a = torch.ones(2, requires_grad=True)
hooks = torch.autograd.graph.saved_tensors_hooks
print(attempt(lambda: hooks(1, 2).__enter__()), attempt(lambda: hooks(1)), attempt(lambda: hooks(print, print)(1)))
with hooks(lambda t: t.mul_(2), lambda t: t):
    print(attempt(lambda: (a * 1).exp()), a)
c = torch.ones(2, requires_grad=True) * 2
with hooks(lambda t: t.add_(1), lambda t: t):
    print(attempt(lambda: c * c), c, c._version)
with hooks(lambda t: t, lambda t: t):
    y = c * c
with torch.no_grad():
    c.mul_(2)
print(attempt(lambda: y.sum().backward()))
def fails(t): raise ValueError("unpack")
for unpack in (fails, lambda t: None, lambda t: 5, lambda t: torch.ones(3), lambda t: t * 10):
    with hooks(lambda t: t.detach(), unpack):
        y = a.exp()
    print(attempt(lambda: torch.autograd.grad(y.sum(), a, retain_graph=True)), attempt(lambda: y.grad_fn._saved_result))
def no(t): raise RuntimeError("no")
with hooks(no, no):
    print(torch.autograd.grad((a * 3).sum(), a), attempt(lambda: a * a))
with hooks(lambda t: print("outer"), no):
    with hooks(lambda t: print("inner"), no):
        a.exp()
    a.sin()
"""

DISABLED = """
graph = torch.autograd.graph
pair = (lambda t: t.detach(), lambda t: t)
with graph.disable_saved_tensors_hooks("first"):
    with graph.disable_saved_tensors_hooks("second"):
        print(attempt(lambda: graph.saved_tensors_hooks(*pair).__enter__()))
    print(attempt(lambda: graph.save_on_cpu().__enter__()))
with graph.saved_tensors_hooks(*pair):
    print(attempt(lambda: graph.disable_saved_tensors_hooks("inside").__enter__()))
    y = torch.ones(1, requires_grad=True).exp()  # PyTorch crashes if the node is gone before its SavedTensor
    print(y.grad_fn._raw_saved_result.unpack_hook is pair[1])
a = torch.ones(2, requires_grad=True)
for pin in (False, True):
    with graph.save_on_cpu(pin_memory=pin):
        y = a * a
    print(y.grad_fn._raw_saved_self.data, y.grad_fn._saved_self is a)
    y.sum().backward()
    print(a.grad)
"""

RAW = """
b = torch.ones(2, 2, requires_grad=True) * 2
y = b.exp()
s = y.grad_fn._raw_saved_result
print(type(s).__name__, type(s).__module__, s.data is y, s.unpack_hook, attempt(lambda: s.unpack()))
told = lambda t: (print("pack", t.requires_grad, t.grad_fn), t.detach())[1]
s.register_hooks(told, lambda t: (print("unpack"), t)[1])
print(attempt(lambda: s.register_hooks(lambda t: t, lambda t: t)))
print(y.grad_fn._saved_result.grad_fn, s.data.requires_grad, s.unpack_hook is None)
y.sum().backward(retain_graph=True)
y.sum().backward()
for read in (lambda: s.register_hooks(lambda t: t, lambda t: t), s.unpack, lambda: s.data, lambda: s.unpack_hook):
    print(attempt(read))
a = torch.ones(2, requires_grad=True)
m = (a * a).grad_fn
raw = m._raw_saved_self
print(raw.data is a, raw.unpack() is a)
print(attempt(lambda: raw.register_hooks(1, 1)), attempt(lambda: raw.register_hooks(lambda t: t)))
raw.register_hooks(lambda t: (print(t.requires_grad, t is a), t)[1], lambda t: t)
u = m._saved_self
print(u.requires_grad, u is a, u.is_leaf, (u * 1).grad_fn.next_functions[0][0] is m.next_functions[0][0])
node = (a * torch.ones(2)).grad_fn
none = node._raw_saved_self
print(none.data, none.unpack(), none.unpack_hook, attempt(lambda: none.register_hooks(lambda t: t, lambda t: t)))
node = (a * 3).grad_fn
number = node._raw_saved_other
print(number.data, attempt(lambda: number.register_hooks(lambda t: (print("pack", t), t)[1], lambda t: t)))
index = a[torch.tensor([0])].grad_fn
print(index._raw_saved_indices[0].data, [n for n in dir(index) if "saved" in n])
index(torch.ones(1))
picked = a[torch.tensor([0])]
picked.sum().backward()
print(attempt(lambda: picked.grad_fn._raw_saved_indices))
print(attempt(lambda: torch.autograd.SavedTensor()))
made = torch._C._autograd._make_saved_tensor(a.exp(), is_output=True)
print(attempt(made.unpack), torch._C._autograd._make_saved_tensor(a, is_output=False).unpack() is a)
"""

PLACES = """
hooks = torch.autograd.graph.saved_tensors_hooks
a = torch.ones(2, requires_grad=True)
z = a * 2
y = z * z
z.detach_()
print(attempt(lambda: y.sum().backward()))
q = torch.ones(2)
y = a * q
q.requires_grad_()
print(y.grad_fn._saved_other.requires_grad)
q = torch.ones(2)
with hooks(lambda t: t, lambda t: t):
    y = a * q
q.requires_grad_()
print(y.grad_fn._saved_other.requires_grad, y.grad_fn._saved_other is q)
base = a * 1
view = base[:1]
with hooks(lambda t: (print(t.grad_fn.name(), t._is_view()), t.detach())[1], lambda t: t):
    view.exp_()
print(torch.autograd.grad(base.sum(), a))
p = torch.ones(2)
p.add_(1)
with hooks(lambda t: p, lambda t: t):
    y = a.exp()
u = y.grad_fn._saved_result
p.add_(1)
print(u._version, u is p)
values, indices = torch.ones(2, 2, requires_grad=True).max(0)
print(values.grad_fn._saved_indices is indices)
with hooks(lambda t: 2 * t, lambda t: t):
    s = (a ** 3).sum()
g, = torch.autograd.grad(s, a, create_graph=True)
print(torch.autograd.grad(g.sum(), a))
with hooks(lambda t: t.detach(), lambda t: t):
    g, = torch.autograd.grad((a.exp() * a).sum(), a, create_graph=True)
print(torch.autograd.grad(g.sum(), a))
"""

MUTATION = """
allow = torch.autograd.graph.allow_mutation_on_saved_tensors
with allow() as context:
    x = torch.ones(2, requires_grad=True)
    b = x.clone()
    out = (b ** 2).sum()
    b.sin_()
    print(len(context.cloned), len(context.original))
    out.backward()
    print(x.grad, len(context.cloned), len(context.original))
    c = x.clone()
    y = (c * c).sum() + c[0].exp()
    c[1] = 5.0
    c.t_() if c.dim() == 2 else c.fill_(2.0)
    print(torch.autograd.grad(y, x), c)
    d = x.clone()
    y = d.sin().sum()
    torch.mul(torch.ones(2), 3, out=d.detach())
    print(torch.autograd.grad(y, x))
    print(attempt(lambda: allow().__enter__()))
with allow():
    y = (x.clone() ** 2).sum()
print(attempt(lambda: y.backward()))
"""


@pytest.mark.parametrize("program", [ORDER, PACK, DISABLED, RAW, PLACES, MUTATION])
def test_saved_tensors(same: Callable[[str], None], program: str) -> None:
    same(program)


def test_a_running_product_with_a_zero_is_saved_from_on_both_roads(same):
    """Seed 49,570 of a campaign."""
    same("""
    seen = []

    def packed(tensor):
        seen.append((tuple(tensor.shape), tensor.grad_fn.name() if tensor.grad_fn else None))
        return tensor

    a = torch.tensor([-1.5, 1.0], requires_grad=True)
    made = a.clone().relu_().prod()
    with torch.autograd.graph.saved_tensors_hooks(packed, lambda tensor: seen.append("unpacked") or tensor):
        (first,) = torch.autograd.grad(made, a, create_graph=True)
        print(torch.autograd.grad(first.sum(), a, create_graph=True))
    print(seen)
    """)
