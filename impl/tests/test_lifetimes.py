"""What a graph keeps alive: weak references die when PyTorch's do."""

from __future__ import annotations

from collections.abc import Callable

START = """
import gc, weakref
class Mark: pass
gone = lambda reference: reference() is None
def mark(node):
    node.metadata["mark"] = made = Mark()
    return weakref.ref(made)
x = torch.ones(2, requires_grad=True)
gc.disable()
try:
"""

PROGRAM = """
y = x * 2
r = mark(y.grad_fn)
z = y.exp()
del y
print(gone(r))
del z
print(gone(r))
y = x * 2
w = weakref.ref(y)
z = y.sin()
del y
z.sum().backward(retain_graph=True)
print(gone(w))
z.sum().backward()
print(gone(w), z.grad_fn.next_functions[0][0].name())
y = x.exp()
w, r = weakref.ref(y), mark(y.grad_fn)
del y
print(gone(w), gone(r))
t = torch.ones(1, requires_grad=True)
w, y = weakref.ref(t), t * 2
del t
print(gone(w))
del y
print(gone(w))
t = torch.ones(1, requires_grad=True)
edge = torch.autograd.graph.get_gradient_edge(t)
r = mark(edge.node)
del edge
print(gone(r))
y, z = t * 1, t * 3
print(y.grad_fn.next_functions[0][0] is z.grad_fn.next_functions[0][0])
b = x * 1
w = weakref.ref(b)
v = b[:1]
del b
print(gone(w), v._base is w())
d = v.detach()
del v
print(gone(w))
t = torch.ones(1, requires_grad=True)
m = Mark()
w = weakref.ref(m)
h = t.register_hook(lambda g, m=m: None)
del m
print(gone(w))
h.remove()
print(gone(w))
y, m = x * 2, Mark()
w = weakref.ref(m)
y.register_hook(lambda g, m=m: None)
n = y.grad_fn
del m, y
print(gone(w))
del n
print(gone(w))
y = x * 2
y.retain_grad()
w, z = weakref.ref(y), y * 3
del y
print(gone(w))
packed = []
def pack(t):
    p = Mark()
    p.tensor = t.detach()
    packed.append(weakref.ref(p))
    return p
with torch.autograd.graph.saved_tensors_hooks(pack, lambda p: p.tensor):
    y = x * x
print([gone(p) for p in packed])
y.sum().backward()
print([gone(p) for p in packed])
y = torch.utils.checkpoint.checkpoint(lambda t: t.sin().exp(), x * 1, use_reentrant=False)
r = mark(y.grad_fn)
y.sum().backward()
del y
print(gone(r))
y = x * 2
w, r = weakref.ref(y), mark(y.grad_fn)
def fails(g): raise ValueError
y.register_hook(fails)
print(attempt(lambda: y.sum().backward()))
del y
print(gone(w), gone(r))
"""


def test_lifetimes(same: Callable[[str], None]) -> None:
    body = "".join(f"    {line}\n" if line else "\n" for line in PROGRAM.splitlines())
    same(START + body + "finally:\n    gc.enable()\n")
