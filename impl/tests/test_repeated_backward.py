"""A graph that is kept is run again with other inputs, other hooks, other gradients; and the order of many leaves."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

Same = Callable[[str], None]

NETWORK = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
w = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
b = torch.tensor([0.25, 0.5], requires_grad=True)
h = x @ w + b
y = (h * h).relu() * x
one = torch.ones(2)
def show(*found):
    print([None if each is None else each.tolist() for each in found])
"""

PROGRAMS = {
    "other inputs": """
for inputs in ([x], [w], [x, b], [h], [y], [h, x], [x], [x]):
    show(*torch.autograd.grad(y, inputs, one, retain_graph=True))
z = torch.ones(2, requires_grad=True)
for _ in range(2):
    show(*torch.autograd.grad(y, [z, x], one, retain_graph=True, allow_unused=True))
    print(attempt(lambda: torch.autograd.grad(y, z, one, retain_graph=True)))
""",
    "accumulating and not": """
y.backward(one, retain_graph=True)
show(x.grad, w.grad, b.grad)
y.backward(one, retain_graph=True, inputs=[b])
y.backward(one, retain_graph=True, inputs=[b])
show(x.grad, w.grad, b.grad)
show(*torch.autograd.grad(y, b, one, retain_graph=True))
y.backward(one)
show(x.grad, w.grad, b.grad)
print(attempt(lambda: y.backward(one)))
""",
    "hooks that come and go": """
for _ in range(2):
    torch.autograd.grad(y, x, one, retain_graph=True)
handles = [h.register_hook(lambda g: (print("h", g.tolist()), g * 2)[1]), x.register_hook(lambda g: print("x")),
           y.grad_fn.register_hook(lambda given, out: print("y", [g is None for g in given])),
           h.grad_fn.register_prehook(lambda out: print("before h", out[0]._is_view()))]
for inputs in ([x], [b], [x]):
    show(*torch.autograd.grad(y, inputs, one, retain_graph=True))
for each in handles:
    each.remove()
show(*torch.autograd.grad(y, x, one, retain_graph=True))
""",
    "part of what an operator has": """
p = torch.tensor([2.0, 3.0], requires_grad=True)
q = torch.tensor([5.0, 7.0], requires_grad=True)
for f in (torch.mul, torch.sub, torch.add, torch.div, lambda p, q: torch.mm(p[None], q[:, None])):
    out = f(p * 1, q * 1)
    for inputs in ([p], [q], [p, q]):
        show(*torch.autograd.grad(out.sum(), inputs, retain_graph=True))
out = p * 1 * q
q.data.mul_(2)
with torch.no_grad():
    p.add_(1)
print(attempt(lambda: torch.autograd.grad(out.sum(), q, retain_graph=True)[0].tolist()))
q.detach().add_(1)
print(attempt(lambda: torch.autograd.grad(out.sum(), q, retain_graph=True)[0].tolist()))
""",
    "numbers set by hand": """
a, c = x * 2, x * 3
for name, each in (("a", a), ("c", c)):
    each.register_hook(lambda g, name=name: print(name))
out = (a + c).sum()
torch.autograd.grad(out, x, retain_graph=True)
a.grad_fn._set_sequence_nr(c.grad_fn._sequence_nr() + 10)
torch.autograd.grad(out, x, retain_graph=True)
out.backward(retain_graph=True)
""",
    "the same gradient for a constant": """
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        return a + b
    @staticmethod
    def backward(ctx, g):
        made = g * 2
        Same.address = made.data_ptr()
        return made, made
out = Same.apply(x, one)
out.backward(one)
print(x.grad.data_ptr() == Same.address)
""",
    "all rows at once": """
def graph(node):
    return None if node is None else (node.name(), [graph(child) for child, _ in node.next_functions])
rows = torch.eye(2, requires_grad=True)
for f in (lambda: x @ w, lambda: x[None].squeeze(0), lambda: x[None].squeeze(-2), lambda: x.unsqueeze(1).squeeze(1)):
    out = f()
    found, = torch.autograd.grad(out, x, rows, is_grads_batched=True, create_graph=True, allow_unused=True)
    if found is not None:
        print(found.shape, found.stride(), found._is_view(), graph(found.grad_fn))
out = x.prod()
for weights in (torch.ones(3), torch.ones(0), torch.ones(2, 1), torch.tensor(1.0)):
    print(attempt(lambda: torch.autograd.grad(out, x, weights, is_grads_batched=True, retain_graph=True)))
""",
    "the graph dies": """
import gc, weakref
class Mark: pass
gc.collect()
gc.disable()
try:
    for inputs in ([x], [h], [y], [x, y]):
        u = y * 2
        for _ in range(3):
            torch.autograd.grad(u, inputs, one, retain_graph=True)
        u.grad_fn.metadata["mark"] = mark = Mark()
        mark, last = weakref.ref(mark), u.grad_fn
        del u
        print(mark() is None)
        last = None
        print(mark() is None)
finally:
    gc.enable()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(NETWORK + PROGRAMS[name])


@pytest.mark.parametrize("seed", range(40))
def test_leaves_come_in_the_same_order(seed: int, same: Same) -> None:
    """Nodes with one to five leaves, some several times, beside nodes that are ready at the same time."""
    drawn = random.Random(seed)
    lines = [
        "leaves = [torch.tensor(float(i), requires_grad=True) for i in range(12)]",
        "for i, leaf in enumerate(leaves):",
        "    leaf.register_hook(lambda g, i=i: print(i))",
        "made = list(leaves)",
    ]
    for _ in range(drawn.randint(3, 12)):
        count = drawn.randint(1, 5)
        chosen = [f"made[{drawn.randint(-6, 11)}]" for _ in range(count)]
        lines.append(
            f"made.append(torch.stack([{', '.join(chosen)}]).sum())"
            if count > 2
            else f"made.append({' * '.join(chosen)} * 2)"
        )
    lines += ["for i, each in enumerate(made[12:]):", "    each.register_hook(lambda g, i=i: print('node', i))"]
    lines.append("torch.stack(made[12:]).sum().backward()")
    same("\n".join(lines))
