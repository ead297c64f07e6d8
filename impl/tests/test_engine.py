"""Programs about engine: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PROGRAMS = {
    "order of accumulation": """
leaves = [torch.tensor(float(i), requires_grad=True) for i in range(7)]
for i, leaf in enumerate(leaves):
    leaf.register_hook(lambda g, i=i: print(i))
torch.stack(leaves).sum().backward()
""",
    "hooks in order": """
x = torch.ones(1, requires_grad=True)
y = x * 3
y.grad_fn.register_prehook(lambda go: print("node pre", y.grad))
y.grad_fn.register_hook(lambda gi, go: print("node post", gi, go))
y.register_hook(lambda g: (print("tensor", y.grad), g * 2)[1])
y.retain_grad()
x.register_post_accumulate_grad_hook(lambda t: print("post", t.grad))
y.backward(retain_graph=True)
print(y.grad, [g for g in torch.autograd.grad(y, [x, y])])
""",
    "stealing": """
a = torch.ones(2, requires_grad=True)
b = torch.ones(2, requires_grad=True)
g = torch.ones(2)
(a.view(2) + b.view(2)).backward(g)
print(a.grad.data_ptr() == b.grad.data_ptr(), a.grad.data_ptr() == g.data_ptr())
a.grad = b.grad = None
(a + b).backward(g)
print(a.grad.data_ptr() == b.grad.data_ptr(), a.grad.data_ptr() == g.data_ptr())
a.grad = b.grad = None
(a + b).sum().backward()
print(a.grad.data_ptr() == b.grad.data_ptr(), a.grad._version, b.grad._version)
x = torch.ones(2, requires_grad=True)
(x * 2 + x * 3).sum().backward()
print(x.grad, x.grad._version)
""",
    "arguments": """
x = torch.ones(2, requires_grad=True)
u = torch.ones(2, requires_grad=True)
for f in (lambda: (x * 2).backward(), lambda: torch.autograd.backward([x * 2], [1.0]),
          lambda: torch.autograd.grad(x * 2, x, torch.ones(3)), lambda: torch.autograd.grad((x * 2).sum(), u),
          lambda: torch.autograd.grad((x * 2).sum(), [u], allow_unused=True), lambda: torch.autograd.grad(x.sum(), []),
          lambda: torch.autograd.grad(x.sum(), u, materialize_grads=True), lambda: torch.autograd.grad(3.0, x),
          lambda: torch.autograd.backward([x.sum(), u.detach()], [None, None]), lambda: x.sum().backward(inputs=[]),
          lambda: torch.autograd.grad(x * 2, torch.ones(1)), lambda: x.sum().backward(inputs=[torch.ones(1)]),
          lambda: torch.autograd.grad([x * 2, x * 2], x, [torch.ones(2), torch.ones(3)])):
    print(attempt(f))
""",
    "freed and not": """
x = torch.ones(2, requires_grad=True)
for f in (lambda x: x * 2, lambda x: x + 2, lambda x: x.exp(), lambda x: x**2, lambda x: x.clone(), lambda x: x.sum()):
    y = f(x).sum()
    y.backward()
    print(attempt(lambda: y.backward()))
print(x.grad)
""",
    "inputs": """
x = torch.ones(1, requires_grad=True)
w = torch.ones(1, requires_grad=True)
y = x * 2
y.register_hook(lambda g: print("hook"))
(y * w).backward(inputs=[y], retain_graph=True)
print(y.grad, x.grad, w.grad)
print(torch.autograd.grad(y, w, allow_unused=True))
""",
    "second derivatives": """
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
g, = torch.autograd.grad((x * x * x.sum()).sum(), x, create_graph=True)
h, = torch.autograd.grad(g.sum(), x)
print(g.detach(), h, g.grad_fn.name())
(x * x).sum().backward(create_graph=True)
print(x.grad.grad_fn.name(), x.grad.grad_fn.next_functions[1][0].name())
""",
    "reentrant and raising": """
x = torch.ones(1, requires_grad=True)
w = torch.ones(1, requires_grad=True)
y = x * 2
def hook(g):
    with torch.enable_grad():
        (w * 5).backward()
h = y.register_hook(hook)
(y * 3).backward()
print(x.grad, w.grad)
h.remove()
h = y.register_hook(lambda g: 1 / 0)
z = y.exp()
print(attempt(lambda: z.backward()))
h.remove()
print(attempt(lambda: z.backward()), x.grad)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PROGRAMS[name])


REENTRANT = """
    import threading
    class Again(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x.detach().requires_grad_()
            return x * 1
        @staticmethod
        def backward(ctx, g):
            seen.append(threading.get_ident())
            if len(seen) < LEVELS:
                with torch.enable_grad():
                    Again.apply(ctx.x).sum().backward()
            LAST
            return g
    seen = []
    x = torch.ones(1, requires_grad=True)
"""


def test_a_backward_nested_deeper_than_a_stack_goes_on_in_other_threads(same_apart):
    same_apart(
        REENTRANT.replace("LEVELS", "200").replace("LAST", "pass")
        + """
    Again.apply(x).backward()
    print([i for i in range(1, 200) if seen[i] != seen[i - 1]], len(set(seen)), x.grad)
    """
    )


def test_what_is_raised_at_the_bottom_comes_up(same_apart):
    same_apart(
        REENTRANT.replace("LEVELS", "150").replace("LAST", "if len(seen) == 150: raise KeyError('deep')")
        + """
    print(attempt(lambda: Again.apply(x).backward()), torch.is_grad_enabled(), torch._C._current_graph_task_id())
    """
    )


def test_settings_of_the_thread_come_along(same_apart):
    state = "torch.is_grad_enabled(), torch._C._autograd._saved_tensors_hooks_is_enabled()"
    same_apart(
        REENTRANT.replace("LEVELS", "100").replace("LAST", f"if len(seen) == 100 and not told: told.append(({state}))")
        + """
    told = []
    with torch.autograd.graph.disable_saved_tensors_hooks('no'):
        Again.apply(x).backward()
    print(told)
    """
    )
