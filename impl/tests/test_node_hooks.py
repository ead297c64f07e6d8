"""Hooks of tensors and nodes: when they run, what they may return, what removing them while they run does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

WHILE_RUNNING = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
log = []
y = x * 2
def first(g): log.append("first"); y.register_hook(lambda g: log.append("late"))
y.register_hook(first)
y.sum().backward(retain_graph=True)
print(log)
y.sum().backward()
print(log)
y, log, handles = x * 2, [], []
def remover(g): log.append("remover"); handles[0].remove()
y.register_hook(remover)
handles.append(y.register_hook(lambda g: log.append("removed")))
y.sum().backward()
print(log)
y, log = x * 2, []
n = y.grad_fn
def post(gi, go): log.append("post"); n.register_hook(lambda gi, go: log.append("late"))
n.register_hook(post)
y.sum().backward(retain_graph=True)
print(log)
y.sum().backward()
print(log)
y, log, handles = x * 2, [], []
n = y.grad_fn
def pre(go):
    log.append("pre")
    handles[0].remove()
    n.register_hook(lambda gi, go: log.append(("post", len(go))))
    n.register_prehook(lambda go: log.append("late"))
n.register_prehook(pre)
handles.append(n.register_prehook(lambda go: log.append("removed")))
y.sum().backward()
print(log)
def unpack(t):
    torch._C._current_autograd_node().register_hook(lambda gi, go: print(len(gi), go))
    return t
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
    y = x.exp()
y.sum().backward()
"""

RETURNED = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
for bad in (5, (1,), (None,), (torch.ones(3),), (torch.ones(2, dtype=torch.float64),), (torch.ones(2),) * 2, [x]):
    for register in ("register_prehook", "register_hook"):
        y = x * 2
        getattr(y.grad_fn, register)(lambda *given: bad)
        print(attempt(lambda: y.sum().backward()))
    y = x * 2
    y.register_hook(lambda g: bad[0] if isinstance(bad, tuple) else bad)
    print(attempt(lambda: y.sum().backward()))
class Callable:
    def __call__(self, g): return torch.ones(3)
y = x * 2
y.register_hook(Callable())
print(attempt(lambda: y.sum().backward()))
y = x * 2
print(attempt(lambda: y.register_hook(5)), attempt(lambda: y.sum().backward()))
h = x.register_post_accumulate_grad_hook(lambda t: 3)
print(attempt(lambda: (x * 2).sum().backward()))
h.remove()
values, _ = torch.ones(2, 2, requires_grad=True).max(0)
values.grad_fn.register_prehook(lambda go: print(go))
values.sum().backward()
"""

HANDLES = """
from collections import OrderedDict
Handle = torch.utils.hooks.RemovableHandle
x = torch.ones(2, requires_grad=True)
with x.register_hook(lambda g: None) as h:
    print(type(h), isinstance(h, Handle), len(x._backward_hooks), h.extra_dict_ref)
print(len(x._backward_hooks), h.remove())
d, e = OrderedDict(), OrderedDict()
for extra in (e, [e]):
    h = Handle(d, extra_dict=extra)
    d[h.id] = e[h.id] = 1
    state = h.__getstate__()
    other = Handle.__new__(Handle)
    other.__setstate__(state)
    other.remove()
    print(len(state), state[0] is d, dict(d), dict(e), other.id == h.id)
dead = Handle.__new__(Handle)
dead.__setstate__((None, 10 ** 6))
print(Handle.next_id > 10 ** 6, dead.remove())
y = x * 2
h = y.register_hook(print)
del y
print(h.remove())
w = torch.ones(1, requires_grad=True)
w.register_hook(torch.utils.hooks.unserializable_hook(lambda g: None))
torch.utils.hooks.warn_if_has_hooks(w)
y = x * 2
y._backward_hooks = OrderedDict([(0, lambda g: g * 3)])
y.sum().backward()
print(x.grad)
y = x * 2
y._backward_hooks = None
print(attempt(lambda: delattr(y, "_backward_hooks")), y._backward_hooks)
"""

ORDER = """
log = []
w = torch.ones(1, requires_grad=True)
node = torch.autograd.graph.get_gradient_edge(w).node
node.register_hook(lambda gi, go: log.append(("post", gi, go)))
node.register_prehook(lambda go: log.append("pre"))
w.register_hook(lambda g: log.append("tensor"))
w.register_post_accumulate_grad_hook(lambda t: log.append(("accumulated", t is w)))
(w * 2).backward()
(w * 3).backward(inputs=[w])
torch.autograd.grad(w * 2, w)
print(log)
x = torch.ones(2, requires_grad=True)
y = x * 2
y.retain_grad()
y.register_hook(lambda g: g * 5)
y.grad_fn.register_prehook(lambda go: (go[0] * 7,))
y.sum().backward()
print(y.grad, x.grad)
y = x * 2
z = y * 3
y.register_hook(lambda g: g * 100)
print(torch.autograd.grad(z.sum(), y, retain_graph=True), torch.autograd.grad(z.sum(), [x, y]))
y = x * 2
log = []
y.register_hook(lambda g: log.append(("old", g)))
y.mul_(3)
print(y._backward_hooks, y.sum().backward(), log)
b = x * 1
v = b[:1]
log = []
v.register_hook(lambda g: log.append("old"))
b.mul_(2)
print(v.grad_fn.name(), v._backward_hooks)
v.register_hook(lambda g: log.append("new"))
b.register_hook(lambda g: log.append("base"))
(v.sum() + b.sum()).backward()
print(log)
"""


@pytest.mark.parametrize("program", [WHILE_RUNNING, RETURNED, HANDLES, ORDER])
def test_hooks(same: Callable[[str], None], program: str) -> None:
    same(program)
