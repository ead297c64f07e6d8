"""Replayed backwards against those that the engine runs, and against PyTorch where things change in between."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import refgrad as torch
from refgrad.autograd import batched, run
from refgrad.memory import unusual
from refgrad.operators.declare import Operator
from refgrad.replay import replayed

sys.path.insert(0, str(Path(__file__).parent))
from short_rows import KERNELS, attributes_of, each_case, name_of, operands, told, wanting  # a helper beside this file

Same = Callable[[str], None]


@pytest.fixture(autouse=True)
def nothing_unusual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a process has seen a zero tensor nothing is replayed any more."""
    monkeypatch.setattr(unusual, "seen", False)


def told_of_gradients(found: Any, given: Any) -> Any:
    """Everything that can be seen of gradients, and which tensors are the same."""
    known = {id(given): "given"}
    listed = []
    for each in found:
        base = each._base
        listed.append((known.setdefault(id(each), len(known)), told(each), each.is_leaf, each.requires_grad))
        listed.append(base if base is None else (known.setdefault(id(base), len(known)), told(base)))
    return listed


def both(output: Any, inputs: list[Any], given: Any, *, in_batch: bool) -> tuple[Any, Any]:
    """What is told of the engine's gradients, and of a replay's if there is one."""
    short = replayed(output, inputs, given, keep_graph=True, batched=in_batch)
    road = batched if in_batch else run
    long = road([output], [given], True, False, inputs, True, *([] if in_batch else [False]))
    return told_of_gradients(long, given), short and told_of_gradients(short, given)


@pytest.mark.parametrize("row", KERNELS, ids=name_of)
def test_replay_gives_what_the_engine_gives(row: Operator) -> None:
    attributes = ((4, 2),) if row.attribute_names == ("size",) else attributes_of(row)
    assert row.short is not None
    replays = set()
    for shapes, kind, layout in each_case(row, ("float32", "float64")):
        for which in range(1, 2 ** len(shapes)):
            tensors = wanting(operands(row, shapes, kind, layout), which)
            try:
                out = row.short(*tensors, *attributes)
            except (NotImplementedError, RuntimeError, IndexError, ValueError):  # not for this shape or type
                continue
            inputs = [each for each in tensors if each.requires_grad]
            for in_batch, other in itertools.product((False, True), ("by rows", "by columns")):
                root = out + torch.zeros(out.shape, dtype=out.dtype)  # of a view there is no replay
                given = operands(row, ((*(3,) * in_batch, *out.shape),), kind, other)[0]
                long, short = both(root, inputs, given, in_batch=in_batch)
                if short is not None:
                    replays.add(in_batch)
                    assert long == short, (shapes, kind, layout, which, in_batch, other)
    assert replays == {False, *(True for each in row.kernels if each.batched or each.reshaping)}


NETWORK = """
x = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
w = torch.tensor([[1.0, -2.0, 0.5], [0.5, 4.0, -1.0], [2.0, 0.25, 1.0]], requires_grad=True)
c = torch.tensor([0.25, 0.5, -2.0])
def graph():
    global h, k, y
    h = (x @ w).exp()
    k = h * c
    y = -(k.unsqueeze(0).t() - 1)
graph()
rows = [torch.eye(3)[i].reshape(3, 1) for i in range(3)]
def show(*found):
    for each in found:
        if each is None:
            print(None)
        else:
            base = each._base
            print([str(n) for n in each.reshape(-1).tolist()], each.shape, each.stride(), each._version, each.is_leaf,
                  None if base is None else (base.shape, base.stride()))
def rerun(inputs=x, *, count=3, **more):
    for i in range(count):
        found = attempt(lambda: torch.autograd.grad(y, inputs, rows[i], retain_graph=True, **more))
        print(found) if isinstance(found, str) else show(*found)
def all_rows(inputs=x, **more):
    found = attempt(lambda: torch.autograd.grad(y, inputs, torch.stack(rows), is_grads_batched=True, **more))
    print(found) if isinstance(found, str) else show(*found)
"""

PROGRAMS = {
    "as it is": """
rerun()
all_rows(retain_graph=True)
rerun([w, x])
rerun((h, x, h, k))
all_rows((h, x, h, k), retain_graph=True)
rerun(y)
all_rows(y, retain_graph=True)
rerun({"x": x}, count=0)
print(sorted(torch.autograd.grad(y, {"x": x}, rows[0], retain_graph=True)))
""",
    "hooks come": """
calls = [
    lambda: x.register_hook(lambda g: print("x", g.shape)),
    lambda: h.register_hook(lambda g: (print("h", g.shape), g * 2)[1]),
    lambda: k.grad_fn.register_hook(lambda given, out: print("k", [g is None for g in given])),
    lambda: k.grad_fn.register_prehook(lambda out: print("before k", out[0]._is_view())),
    lambda: y.register_hook(lambda g: print("y")),
    lambda: y.grad_fn.register_prehook(lambda out: (out[0] * 4,)),
]
for call in calls:
    graph()
    rerun(count=2)
    all_rows(retain_graph=True)
    handle = call()
    rerun(count=2)
    all_rows(retain_graph=True)
    rerun(h, count=1)
    handle.remove()
    rerun(count=1)
graph()
rerun(count=2)
k.retain_grad()
rerun()
show(k.grad)
graph()
rerun(count=2)
x.register_post_accumulate_grad_hook(lambda t: print("after"))
rerun()
""",
    "what was saved is written": """
rerun(count=2)
w.data.mul_(2)
rerun(count=2)
all_rows(retain_graph=True)
with torch.no_grad():
    c.add_(1)
rerun(count=2)
all_rows(retain_graph=True)
k = h * 2.0
y = -(k.unsqueeze(0).t() - 1)
rerun(count=2)
h.detach().add_(1)
rerun(count=2)
rerun(k, count=2)
all_rows(retain_graph=True)
""",
    "a saved tensor is detached, or another's memory": """
p = (x * 1).neg()
q = p * w[0].detach() * p.detach()
y = q.reshape(3, 1)
rerun(count=2)
s = x.exp()
y = (s * c).reshape(3, 1) + 0
rerun(count=2)
s.detach_()
rerun(count=2)
s, u = x * 1, torch.ones(3, requires_grad=True)
y = (s * u).reshape(3, 1) + 0
rerun(u, count=2)
s.detach_()
rerun(u, count=2)
other = torch.tensor([2.0, 4.0, 8.0])
c.data = other
rerun(count=2)
all_rows(retain_graph=True)
c.data = torch.tensor(2.0)
rerun(count=2)
c.data = torch.zeros(3, dtype=torch.float64)
rerun(count=1)
""",
    "freed": """
rerun(count=2)
show(*torch.autograd.grad(y, x, rows[1]))
rerun(count=2)
all_rows()
y = (x.exp() * c).reshape(3, 1) + 0
rerun(count=2)
all_rows()
rerun(count=1)
all_rows()
y = (x + c - 1).reshape(3, 1) + 0
all_rows()
all_rows()
rerun(count=1)
y = x.exp().reshape(3, 1) * torch.tensor([[2.0]])
all_rows(retain_graph=True)
all_rows()
print(attempt(lambda: y.grad_fn._saved_other))
rerun(count=1)
y = (x.exp() * c).reshape(3, 1) + 0
other = y * 2
rerun(count=2)
other.sum().backward()
rerun(count=2)
""",
    "freed as far as it ran": """
a = x.exp()
y = (a * c).reshape(3, 1) + 0
all_rows(a)
show(*torch.autograd.grad(a, x, c, retain_graph=True))
all_rows(a)
""",
    "saved tensors die": """
import weakref
class Mark: pass
for batched in (False, True):
    a = x * 1
    torch.autograd.grad(a, a, c, retain_graph=True)
    torch.autograd.grad(a, [x, a], c, retain_graph=True)
    a.grad_fn.metadata["mark"] = mark = Mark()
    mark = weakref.ref(mark)
    del a
    print(mark() is None)
    a = x * 1
    y = (a * c.clone()).reshape(3, 1) + 0
    saved = weakref.ref(y.grad_fn.next_functions[0][0].next_functions[0][0]._saved_other)
    rerun(count=2)
    torch.autograd.grad(y, x, torch.stack(rows) if batched else rows[0], is_grads_batched=batched)
    print(saved() is None)
    print(attempt(lambda: y.grad_fn.next_functions[0][0].next_functions[0][0]._saved_other))
""",
    "hooks of saved tensors": """
rerun(count=2)
node = k.grad_fn
print(node._saved_other.tolist(), node._raw_saved_other.data is c)
rerun(count=1)
node._raw_saved_other.register_hooks(lambda t: t * 2, lambda t: (print("unpack"), t)[1])
rerun(count=2)
all_rows(retain_graph=True)
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: (print("unpack"), t)[1]):
    y = (x.exp() * c).reshape(3, 1) + 0
    rerun(count=2)
rerun(count=2)
with torch.autograd.graph.disable_saved_tensors_hooks("none here"):
    rerun(count=2)
""",
    "modes": """
rerun(count=2)
with torch.no_grad():
    rerun(count=2)
    all_rows(retain_graph=True)
    print(torch.is_grad_enabled())
print(torch.is_grad_enabled())
with torch.inference_mode():
    for given, batched in ((rows[0], False), (rows[0] * 1, False), (torch.stack(rows), True)):
        for inputs in (x, h, k):
            found, = torch.autograd.grad(y, inputs, given, retain_graph=True, is_grads_batched=batched)
            print(found.is_inference(), found._is_view(), found._base is None, found.tolist())
show(*torch.autograd.grad(y, x, rows[0], retain_graph=True))
with torch.autograd.set_multithreading_enabled(False):
    rerun(count=2)
with torch.autograd.set_detect_anomaly(True):
    rerun(count=2)
    print(attempt(lambda: torch.autograd.grad(y, x, rows[0] * float("nan"), retain_graph=True)))
rerun(count=1)
graph()
with torch.autograd.forward_ad.dual_level():
    rerun(count=2)
    tangent, = torch.autograd.grad(
        y, x, torch.autograd.forward_ad.make_dual(rows[0], torch.ones(3, 1)), retain_graph=True)
    print(torch.autograd.forward_ad.unpack_dual(tangent).tangent)
for inputs, batched in ((x, False), (k, False), (x, True), (k, True)):
    given = torch.stack(rows) if batched else rows[0]
    found, = torch.autograd.grad(y, inputs, given, retain_graph=True, is_grads_batched=batched)
    print(attempt(lambda: found.mul_(x).requires_grad), attempt(lambda: given.mul_(x[0]).requires_grad))
given = torch._efficientzerotensor((3, 1))
for inputs in (k, x):
    found, = torch.autograd.grad(y, inputs, given, retain_graph=True)
    print(found._is_zerotensor(), found.tolist())
found, = torch.autograd.grad(y, x, rows[1], retain_graph=True, create_graph=True)
print(found.requires_grad)
rerun(count=1)
found, = torch.autograd.grad(y, x, rows[1].requires_grad_(), retain_graph=True)
print(found.requires_grad, found.is_leaf)
""",
    "other gradients": """
rerun(count=2)
for given in (torch.ones(3), torch.ones(1, 3), torch.ones(3, 1, dtype=torch.float64), torch.ones(3, 1).half(),
              torch.ones(3, 1, dtype=torch.complex64), torch.ones(3, 1, dtype=torch.int64), torch.ones(1, 1),
              torch.ones(1).expand(3, 1), torch.ones(1, 3).t(), torch.ones(6, 1)[::2], None, 1.0, [torch.ones(3, 1)]):
    for batched in (False, True):
        print(attempt(lambda: [each.tolist() for each in torch.autograd.grad(
            y, x, given, retain_graph=True, is_grads_batched=batched)]))
for given in (torch.ones(0, 3, 1), torch.ones(1, 3, 1), torch.ones(1, 3, 1).expand(4, 3, 1),
              torch.ones(3, 2, 1).transpose(0, 1), torch.ones(2, 3, 1, requires_grad=True)):
    print(attempt(lambda: [(each.tolist(), each.stride(), each.requires_grad) for each in torch.autograd.grad(
        y, x, given, retain_graph=True, is_grads_batched=True)]))
""",
    "a result that is another by now": """
def grads(*given):
    for each in given:
        for batched in (False, True):
            print(attempt(lambda: [(each.tolist(), each.dtype) for each in torch.autograd.grad(
                y, x, torch.stack([each, each]) if batched else each, retain_graph=True, is_grads_batched=batched)]))
for f in (lambda: (x + c - 1).reshape(3, 1) + 0, lambda: x + c, lambda: x * c):
    for other in (torch.ones(4), torch.ones(3, dtype=torch.float64), torch.ones(3, 1, dtype=torch.complex64)):
        y = f()
        grads(torch.ones(y.shape), torch.ones(y.shape))
        y.data = other
        grads(torch.ones(3), torch.ones(3, dtype=torch.float64), torch.ones(3, 1), torch.ones(4))
""",
    "a leaf that had another shape": """
kept = x * 1
for shape in ((1, 3), (3, 1, 1)):
    x.data = torch.ones(shape)
    for f in (lambda: x.unsqueeze(0), lambda: x.squeeze(0), lambda: x.view(3), lambda: x * 2, lambda: x + 1):
        y = f() + 1
        given = torch.ones(y.shape)
        for batched in (False, True, False):
            found = attempt(lambda: torch.autograd.grad(y, x, torch.stack([given, given]) if batched else given,
                                                        retain_graph=True, is_grads_batched=batched)[0])
            if isinstance(found, str):
                print(found)
            elif not batched:
                print(found.tolist(), found._base.shape, found.data_ptr() == given.data_ptr())
            else:
                print(found.tolist())
""",
    "other inputs": """
z = torch.ones(3, requires_grad=True)
v = x[1:]
rerun(count=2)
for inputs in (z, [x, z], [], v, [x, v], (each for each in [x]), c, "x", [None], h.grad_fn,
               torch.autograd.graph.GradientEdge(h.grad_fn, 0), torch.autograd.graph.get_gradient_edge(x)):
    for unused in (None, True, False, 0, "no"):
        found = attempt(lambda: torch.autograd.grad(y, inputs, rows[0], retain_graph=True, allow_unused=unused))
        print(found) if isinstance(found, str) else show(*found)
rerun(count=1)
b = h * 1
v, y = b[:2], (b * c).reshape(3, 1)
rerun(h, count=2)
rerun(v, allow_unused=True)
y = (v * 1).reshape(2, 1) + 0
given = torch.ones(2, 1)
print([torch.autograd.grad(y, v, given, retain_graph=True)[0].tolist() for _ in range(2)])
b.mul_(2)
print(attempt(lambda: torch.autograd.grad(y, v, given, retain_graph=True)))
b = h * 1
y = b.reshape(3, 1)
rerun(h, count=2)
b.mul_(2)
rerun(h, count=2)
x.requires_grad_(False)
rerun(count=1)
x.requires_grad_(True)
rerun(count=1)
for flag in (1, 2, 300, "yes", 1.0):
    print(attempt(lambda: torch.autograd.grad(y, x, rows[0], retain_graph=flag)[0].tolist()))
print(attempt(lambda: torch.autograd.grad(y, x, rows[0], retain_graph=True, create_graph=2)[0].requires_grad))
print(attempt(lambda: torch.autograd.grad(y, x, rows[0], retain_graph=True, only_inputs=False)[0].tolist()))
print(attempt(lambda: [None if each is None else each.tolist() for each in torch.autograd.grad(
    y, [x, z], rows[0], retain_graph=True, materialize_grads=True)]))
""",
    "the gradient itself": """
a, b = x + c, x - c
y = (a + 0).reshape(3, 1) + 0
given = torch.ones(3)
s = a + 1
for _ in range(2):
    found = torch.autograd.grad(s, [x, a], given, retain_graph=True)
    print(found[0] is given, found[1] is given)
rerun(count=2)
t = a - b
for inputs in ([a, b], [x], [a], [b]):
    for batched in (False, True):
        given = torch.ones(3, 3)[: 3 if batched else 1].squeeze(0)
        found = torch.autograd.grad(t, inputs, given, retain_graph=True, is_grads_batched=batched)
        print([each is given for each in found])
        show(*found)
u = (a + 0).unsqueeze(1).unsqueeze(0)
u = u + 0
given = torch.ones(1, 3, 1)
found = torch.autograd.grad(u, [a, x], given, retain_graph=True)
print(found[0] is found[1], found[0]._base is given, given._version)
found[0].mul_(2)
print(given.tolist(), given._version, found[1].tolist())
""",
    "ways that meet": """
y = (h * h).reshape(3, 1) + 0
rerun()
all_rows(retain_graph=True)
y = (x * c + x).reshape(3, 1) + 0
rerun()
all_rows(retain_graph=True)
y = ((x @ w) @ w).reshape(3, 1) + 0
rerun()
rerun(w)
all_rows(retain_graph=True)
b = torch.tensor(2.0, requires_grad=True)
y = (h * b + c).reshape(3, 1) + 0
rerun([x, b])
rerun(x)
all_rows(x, retain_graph=True)
""",
    "numbers": """
for kind in (torch.float16, torch.float32, torch.float64):
    x = x.detach().to(kind).requires_grad_()
    rows = [each.to(kind) for each in rows]
    for f in (lambda x: x * 2, lambda x: 0.1 * x, lambda x: x - 3, lambda x: 3 - x, lambda x: x * True, lambda x: x / 3,
              lambda x: x * torch.tensor(3), lambda x: x * torch.tensor([2, 3, 4]), lambda x: (x * 3).tanh()):
        y = f(x).unsqueeze(1) + 0
        rerun()
        all_rows(retain_graph=True)
x = torch.ones(3, requires_grad=True)
y = (x * 0.1).unsqueeze(1) + 0
rerun()
y.grad_fn.next_functions[0][0].next_functions[0][0]._saved_other.fill_(3)
rerun(count=1)
y.grad_fn.next_functions[0][0].next_functions[0][0]._saved_other.data.fill_(3)
rerun(count=1)
""",
    "numbers that count": """
class Task(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 1
    @staticmethod
    def backward(ctx, g):
        Task.number = torch._C._current_graph_task_id()
        return g
t = Task.apply(x)
torch.autograd.grad(t, x, c, retain_graph=True)
first, made = Task.number, (x * 2).grad_fn._sequence_nr()
rerun()
all_rows(retain_graph=True)
torch.autograd.grad(t, x, c, retain_graph=True)
print(Task.number - first, (x * 2).grad_fn._sequence_nr() - made)
made = (x * 2).grad_fn._sequence_nr()
torch.autograd.grad(y, x, torch.stack(rows).requires_grad_(), is_grads_batched=True, retain_graph=True)
print((x * 2).grad_fn._sequence_nr() - made)
found = []
h.register_hook(lambda g: found.append(torch.autograd.grad(t, x, c, retain_graph=True)[0].tolist()))
rerun(count=2)
print(found)
""",
    "inside of another backward": """
class Outer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 1
    @staticmethod
    def backward(ctx, g):
        for i in range(2):
            show(*torch.autograd.grad(y, x, rows[i], retain_graph=True))
        all_rows(retain_graph=True)
        return g
show(*torch.autograd.grad(Outer.apply(x).sum(), x))
print(torch.is_grad_enabled())
""",
    "threads": """
import threading
found = {}
def run(number):
    found[number] = [torch.autograd.grad(y, x, rows[(number + i) % 3], retain_graph=True)[0].tolist() for i in range(9)]
threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print([found[i][j] for i in range(4) for j in range(9)])
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(NETWORK + PROGRAMS[name])


def drawn_graph(drawn: random.Random, kind: Any) -> tuple[Any, list[Any]]:
    """A result and what its gradient may be asked for; each of these goes into it once, or now and then twice."""

    def leaf(*shape: int) -> Any:
        values = [drawn.choice([-1.5, -0.5, 0.25, 1.0, 2.0]) for _ in range(int(np.prod(shape)))]
        made = torch.tensor(values, dtype=kind).reshape(shape)
        made = made.t().contiguous().t() if len(shape) == 2 and drawn.random() < 0.3 else made
        if drawn.random() < 0.6:
            known.append(made.requires_grad_())
        return made

    known: list[Any] = []
    made = leaf(*(drawn.randint(1, 3) for _ in range(drawn.randint(0, 3)))).requires_grad_()
    known.append(made)
    for _ in range(drawn.randint(1, 12)):
        shape = tuple(made.shape)
        dim = drawn.randrange(-len(shape) - 1, len(shape) + 1)
        steps = [
            lambda x: x.exp(), lambda x: x.tanh(), lambda x: x.relu(), lambda x: -x, lambda x: x + leaf(*x.shape),
            lambda x: leaf(*x.shape) - x, lambda x: x * leaf(*x.shape), lambda x: x * 2, lambda x: x * leaf(),
            lambda x, dim=dim: x.unsqueeze(dim), lambda x: x.reshape(-1), lambda x: x + 1,
        ]  # fmt: skip
        if len(shape) == 2:
            steps += [lambda x: x.t(), lambda x: x.transpose(-2, 1)]
        if len(shape) in (1, 2):
            steps += [lambda x: x @ leaf(x.shape[-1], drawn.randint(1, 3))]
        if 1 in shape:
            steps += [lambda x: x.squeeze(drawn.choice([i for i, n in enumerate(x.shape) if n == 1]))] * 3
        made = drawn.choice(steps)(made)
        known.append(made)
    return made + 0, known


@pytest.mark.parametrize("seed", range(60))
def test_drawn_graphs_are_replayed_as_the_engine_runs_them(seed: int) -> None:
    drawn = random.Random(seed)
    for kind in (torch.float32, torch.float64):
        output, known = drawn_graph(drawn, kind)
        shape = tuple(output.shape)
        for in_batch in (False, True, True, False):
            given = torch.tensor(np.random.default_rng(seed).integers(-2, 3, ((3,) * in_batch + shape)), dtype=kind)
            if drawn.random() < 0.3 and in_batch:
                given = given.transpose(0, -1).contiguous().transpose(0, -1)
            inputs = drawn.sample(known, min(len(known), drawn.randint(1, 3)))
            assert_alike(output, inputs, given, in_batch)


def assert_alike(output: Any, inputs: list[Any], given: Any, in_batch: bool) -> None:
    try:
        long, short = both(output, inputs, given, in_batch=in_batch)
    except AttributeError:  # one of them is not reached
        return
    if short is not None:
        assert long == short
