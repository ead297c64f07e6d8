"""`torch.autograd.graph` and the parts of `torch._C` that tell of a running backward."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RUNNING = """
inside = torch._C
a = torch.ones(1, requires_grad=True)
engine = torch.autograd.Variable._execution_engine
print(inside._current_autograd_node(), inside._current_graph_task_id(), torch.autograd._is_checkpoint_valid())
print(attempt(lambda: inside._will_engine_execute_node(1)), attempt(lambda: engine.queue_callback(print)))
print(attempt(lambda: inside._will_engine_execute_node((a * 2).grad_fn)))
def done():
    print("done", torch.is_grad_enabled(), inside._current_graph_task_id() >= 0, inside._current_autograd_node())
    print(a.grad)
y = a * 2
y.register_hook(lambda g: engine.queue_callback(done))
y.register_hook(lambda g: print(torch.autograd._is_checkpoint_valid(), inside._current_autograd_node().name()))
torch.autograd.grad(y, a, retain_graph=True)
y.backward()
z = a * 3
y = z * 2
leaf = z.grad_fn.next_functions[0][0]
will = lambda n: attempt(lambda: inside._will_engine_execute_node(n))
z.register_hook(lambda g: print([will(n) for n in (z.grad_fn, y.grad_fn, leaf)]))
y.backward(retain_graph=True)
torch.autograd.grad(y, z, retain_graph=True)
torch.autograd.grad(y, a, retain_graph=True)
y.backward(inputs=[a], retain_graph=True)
z.register_hook(lambda g: 1 / 0)
print(attempt(lambda: y.backward()), inside._current_graph_task_id(), torch.is_grad_enabled())
"""

NODES = """
graph = torch.autograd.graph
a = torch.ones(1, requires_grad=True)
y = a * 2
n, leaf = y.grad_fn, y.grad_fn.next_functions[0][0]
print(isinstance(n, graph.Node), issubclass(type(leaf), graph.Node), isinstance(3, graph.Node))
print(attempt(lambda: graph.Node()))
print([k for k in dir(n) if not k.startswith("__")], [k for k in dir(leaf) if not k.startswith("__")])
for name in ("foo", "next_functions", "metadata", "requires_grad", "name"):
    print(attempt(lambda: setattr(n, name, 1)))
print(attempt(lambda: n()), attempt(lambda: n(1)), attempt(lambda: n(torch.ones(1))))
print(n._set_sequence_nr(5), n._sequence_nr(), leaf._sequence_nr() == 2 ** 64 - 1)
print(graph.get_gradient_edge(a), attempt(lambda: graph.get_gradient_edge(torch.ones(1))))
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2
edge = graph.get_gradient_edge(Twice.apply(a))
print(edge.output_nr, edge.ownership_token, torch.autograd.grad(edge, a, torch.ones(1)))
print(attempt(lambda: graph.increment_version(3)), attempt(lambda: graph.increment_version([3])))
with torch.inference_mode():
    quiet = torch.ones(1)
graph.increment_version([a, quiet, y])
graph.increment_version(a)
print(a._version, y._version)
for f in (graph.set_warn_on_accumulate_grad_stream_mismatch, graph.set_override_stale_capture_stream):
    print(f(False), attempt(lambda: f(1)), attempt(lambda: f()))
for budget in (True, "a", 2, -1, 0.5):
    print(attempt(lambda: graph.region_activation_memory_budget(budget)))
print(graph.__all__)
"""

SEVERAL = """
register = torch.autograd.graph.register_multi_grad_hook
a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
c, d = a * b, a + b
handle = register((a, b, c, d), lambda gs: print([g is not None for g in gs]))
c.sum().backward(retain_graph=True)
c.sum().backward(inputs=[a], retain_graph=True)
(c + d).sum().backward(retain_graph=True)
torch.autograd.grad(c.sum(), d, allow_unused=True, retain_graph=True)
print(attempt(lambda: torch.autograd.grad((c * d).sum(), [a, b], retain_graph=True)))
print(type(handle).__name__, attempt(lambda: handle.id))
handle.remove()
c.sum().backward(retain_graph=True)
with register([a, d], lambda g: print(g), mode="any"):
    (c * d).sum().backward(retain_graph=True)
    torch.autograd.grad(d.sum(), a, retain_graph=True)
c.sum().backward()
e = a * 2
register([e], lambda gs: print("root", gs))
e.sum().backward()
print(attempt(lambda: e.backward(torch.ones(2))))
print(attempt(lambda: register([a], print, mode="some")))
print(attempt(lambda: register([torch.ones(1)], print)), type(register([torch.ones(1)], print, mode="any")).__name__)
e = a * 2
register([e, a], lambda gs: [g.mul_(10) for g in gs] and torch.ones(5))
e.sum().backward()
def fails(gs): raise ValueError("hook")
e = a * 3
register([e, a], fails)
print(attempt(lambda: e.sum().backward()))
"""

BY_HAND = """
functions = torch._C._functions
x = torch.ones(2, requires_grad=True)
error = functions.DelayedError("my text", 1)
y = error(x)
print(y, y.grad_fn.name(), y.is_leaf, y._is_view(), y.data_ptr() == x.data_ptr(), y.grad_fn.next_functions)
print(attempt(lambda: y.sum().backward()), error(torch.ones(1)).requires_grad)
print(functions.DelayedError(b"two", 2)(x, x * 2))
print(attempt(lambda: error(x, x)), attempt(lambda: error(3)))
print(attempt(lambda: functions.DelayedError("a")), attempt(lambda: functions.DelayedError(1, 1)))
none = functions.UndefinedGrad()
x.register_hook(lambda g: print("hook", g))
print(none(x).sum().backward(), x.grad, none(x).grad_fn.name())
print(torch.autograd.grad((none(x) * 1).sum(), x, allow_unused=True), attempt(lambda: none(x, x)))
print(type((x * 1).grad_fn) is functions.MulBackward0, attempt(lambda: functions.Nope))
"""


@pytest.mark.parametrize("program", [RUNNING, NODES, SEVERAL, BY_HAND])
def test_graph(same: Callable[[str], None], program: str) -> None:
    same(program)


def test_what_nodes_saved_is_not_writable(same: Callable[[str], None]) -> None:
    same("""
        x = torch.ones(2, requires_grad=True)
        y = x * 3
        node, leaf = y.grad_fn, y.grad_fn.next_functions[0][0]
        for name in ("_saved_self", "_saved_other", "_raw_saved_other", "foo", "name", "metadata", "requires_grad"):
            print(name, attempt(lambda: setattr(node, name, 1)), attempt(lambda: delattr(node, name)))
        print(attempt(lambda: setattr(leaf, "variable", x)), leaf.variable is x)
        print([each for each in dir(node) if not each.startswith("__")])
        print([each for each in dir(leaf) if not each.startswith("__")])
        print(torch._C._functions.UndefinedGrad().name())
    """)
