"""Checkpointing, both ways: what runs again, what is refused, what nondeterminism leads to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

START = """
checkpoint = torch.utils.checkpoint.checkpoint
x = torch.ones(2, requires_grad=True)
w = torch.full((2,), 2.0, requires_grad=True)
log = []
def f(t):
    log.append("start")
    s = t.sin()
    log.append("sin")
    e = s.exp()
    log.append("exp")
    return e * w
"""

BOTH = """
for reentrant in (True, False):
    log.clear()
    x.grad = None
    y = checkpoint(f, x * 1, use_reentrant=reentrant)
    print(log, y.grad_fn.name(), attempt(lambda: y.sum().backward(retain_graph=True)), log, x.grad)
    print(attempt(lambda: torch.autograd.grad(y.sum(), x, retain_graph=True)), log)
    print(attempt(lambda: y.sum().backward(inputs=[x], retain_graph=True)), log)
    again = lambda: torch.autograd.grad(torch.autograd.grad(y.sum(), x, create_graph=True)[0].sum(), x)
    print(attempt(again))
print(checkpoint(f, x).grad_fn.name())
print(checkpoint(lambda t: t * w, torch.ones(2), use_reentrant=True).requires_grad)
print(attempt(lambda: checkpoint(lambda t: t.detach(), x, use_reentrant=True).sum().backward()))
several = lambda a, b, c: (a * c, a.detach(), 5, None, a * b)
y = checkpoint(several, x, 3.0, w, use_reentrant=True)
print(y)
x.grad = None
(y[0].sum() + y[4].sum()).backward()
print(x.grad)
"""

REFUSED = """
print(attempt(lambda: checkpoint(f, x, use_reentrant=True, debug=True)))
print(attempt(lambda: checkpoint(f, x, use_reentrant=True, context_fn=print)))
print(attempt(lambda: checkpoint(f, x, use_reentrant=True, k=1)))
print(attempt(lambda: checkpoint(f, x, use_reentrant=False, determinism_check="some")))
print(attempt(lambda: checkpoint(f, x, use_reentrant=False, debug=True, context_fn=print)))
print(checkpoint(lambda t, k=1: t * k, x, k=3, use_reentrant=False))
def fails(t): raise ValueError("forward")
for reentrant in (True, False):
    print(attempt(lambda: checkpoint(fails, x, use_reentrant=reentrant)))
import contextlib
quiet = lambda: (contextlib.suppress(ValueError), contextlib.nullcontext())
print(attempt(lambda: checkpoint(fails, x, use_reentrant=False, context_fn=quiet)))
detach = torch.utils.checkpoint.detach_variable
print(attempt(lambda: detach([x])), detach((x, 1, x.detach())))
print(torch.utils.checkpoint.CheckpointError.__mro__)
"""

DIFFERENT = """
def changing(*ways):
    count = [0]
    def run(t):
        count[0] += 1
        return ways[min(count[0], len(ways)) - 1](t)
    return run
less = lambda: changing(lambda t: t.sin().exp(), lambda t: (t * 1).exp())
more = lambda: changing(torch.sin, lambda t: t.sin().exp())
other = lambda: changing(torch.sin, lambda t: torch.cat([t, t]).sin())
for make in (less, more, other):
    for options in ({}, {"early_stop": False}, {"determinism_check": "none"}):
        y = checkpoint(make(), x, use_reentrant=False, **options)
        print(attempt(lambda: y.sum().backward()))
b = x * 1
y = checkpoint(f, b, use_reentrant=False)
with torch.no_grad():
    b.mul_(2)
print(attempt(lambda: y.sum().backward()))
"""

DEBUGGED = """
count = [0]
def changing(t):
    count[0] += 1
    a = t.sin().mul(torch.ones(2, dtype=torch.float32)) * 2
    return a.sum(0).exp() if count[0] == 1 else a.sum(0)
for options in ({"debug": True}, {}):
    count[0] = 0
    with torch.utils.checkpoint.set_checkpoint_debug_enabled(None if options else True):
        y = checkpoint(changing, x, use_reentrant=False, **options)
    said = attempt(lambda: y.backward())
    ran = [line for line in said.splitlines() if line.startswith("$") and "detach" not in line]
    print(said[:410], said[said.index(" ERROR: Detected"):], [line for line in ran if " of " in line][:5])
    print([line for line in ran if " of " not in line][:6])
with torch.utils.checkpoint.set_checkpoint_debug_enabled(False):
    y = checkpoint(changing, x, use_reentrant=False, debug=True)
print(attempt(lambda: y.backward()))
"""

RUNS = """
y = checkpoint(f, x, use_reentrant=False)
print(y.grad_fn._saved_self, y.grad_fn._saved_self, type(y.grad_fn._raw_saved_self.data).__name__)
log.clear()
y.sum().backward()
print(log)
nested = lambda t: checkpoint(f, t.cos(), use_reentrant=False).tanh()
y = checkpoint(nested, x, use_reentrant=False)
log.clear()
x.grad = None
y.sum().backward()
print(log, x.grad)
for stop in (True, False):
    with torch.utils.checkpoint.set_checkpoint_early_stop(stop):
        y = checkpoint(lambda t: f(t).sum(), x, use_reentrant=False)
    log.clear()
    y.backward()
    print(log)
def inside(t):
    s = t.sin()
    s.sum().backward(retain_graph=True)
    return s.exp()
for stop in (True, False):
    x.grad = None
    y = checkpoint(inside, x * 1, use_reentrant=False, early_stop=stop)
    print(x.grad, attempt(lambda: y.sum().backward()), x.grad)
Group = torch.utils.checkpoint.GraphExecGroup
y = checkpoint(lambda t: (log.append("run"), t.sin().exp(), t.cos().exp())[1:], x, use_reentrant=False)
log.clear()
with Group():
    y[0].sum().backward()
    y[1].sum().backward()
    print(log, attempt(lambda: Group().__enter__()))
y = checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False)
with Group():
    y.sum().backward(retain_graph=True)
    print(attempt(lambda: y.sum().backward()))
import contextlib
@contextlib.contextmanager
def told(word):
    print("in", word)
    yield
    print("out", word)
checkpoint(f, x, use_reentrant=False, context_fn=lambda: (told("forward"), told("again"))).sum().backward()
with torch.no_grad():
    log.clear()
    print(checkpoint(f, x, use_reentrant=False).requires_grad, log)
def in_place(t): t = t.clone(); t.mul_(2); return t * t
x.grad = None
checkpoint(in_place, x, use_reentrant=False).sum().backward()
print(x.grad)
for reentrant in (True, False):
    y = checkpoint(lambda t: t * torch.rand(2), x, use_reentrant=reentrant)
    x.grad = None
    y.sum().backward()
    print(torch.equal(x.grad * x, y))
sequential = torch.utils.checkpoint.checkpoint_sequential
steps = [torch.sin, torch.exp, torch.cos, torch.tanh, torch.sin]
for options in ({"use_reentrant": False}, {"use_reentrant": True}, {}):
    x.grad = None
    y = sequential(steps, 2, x, **options)
    y.sum().backward()
    print(y, x.grad)
print(attempt(lambda: sequential(steps, 2, x, use_reentrant=True, k=1)))
"""


@pytest.mark.parametrize("program", [BOTH, REFUSED, DIFFERENT, RUNS, DEBUGGED])
def test_checkpoint(same: Callable[[str], None], program: str) -> None:
    same(START + program)
