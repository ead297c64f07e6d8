"""The interpreter against Python itself, and against PyTorch run directly."""

from __future__ import annotations

import gc
import weakref

import pytest

from gradoracle.functions import bind_arguments
from gradoracle.interpreter import lower, run
from gradoracle.parse import parse_program
from gradoracle.program import Lit, Parameter
from gradoracle.torch_engine import cpu
from gradoracle.trace import Trace

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def trace_of():
    engine = cpu()

    def trace(text: str) -> Trace:
        return run(parse_program(text), engine)

    return trace


def printed(trace: Trace) -> list[str]:
    return [event[1] for step in trace.steps for event in step.events if event[0] == "print"]


def outcomes(trace: Trace) -> list[str]:
    return [step.outcome[1] if step.outcome[0] == "error" else step.outcome[1][0] for step in trace.steps]


PYTHON = [
    "print([k * 2 for k in range(3)], {'a': 1}, (1,), -2 ** 2, not True, 1 < 2, 'x' in 'xy')",
    "a, (b, c) = 1, (2, 3)\nprint(a, b, c)",
    "a = b = [1]\na += [2]\nprint(b, a is b)",
    "def f(x, *rest, k=2, **more):\n    return x, rest, k, more\nprint(f(1, 2, 3, k=4, z=5), f(1))",
    "def g():\n    for k in range(3):\n        yield k\nprint(list(g()))",
    "def outer():\n    n = 1\n    def inner():\n        return n + 1\n    return inner()\nprint(outer())",
    "try:\n    raise ValueError('no')\nexcept TypeError:\n    print('type')\n"
    "except ValueError as e:\n    print('value', e)\nfinally:\n    print('done')",
    "for k in range(3):\n    if k == 1:\n        print('one')\n    else:\n        print(k)",
    "d = {}\nd['x'] = 3\nprint(d)\ndel d['x']\nprint(d)",
    "print(f'{1.5:.2f} {\"a\"!r}')",
    "f = lambda x, y=2: x + y\nprint(f(1), f(1, y=5))",
    "def f():\n    return next(iter([]))\ntry:\n    f()\nexcept StopIteration:\n    print('stopped')",
    "x = 3\ndel x\ntry:\n    print(x)\nexcept NameError as e:\n    print(e)",
    "def f(a, b):\n    pass\nfor g in [lambda: f(1), lambda: f(1, 2, 3), lambda: f(1, 2, c=3)]:\n"
    "    try:\n        g()\n    except TypeError as e:\n        print(e)",
]


@pytest.mark.parametrize("text", PYTHON)
def test_python_itself_agrees(text, trace_of, capsys):
    exec(text, {})

    expected = capsys.readouterr().out.splitlines()
    assert expected == [line for text in printed(trace_of(text)) for line in text.splitlines()]


def test_an_error_ends_its_statement_only(trace_of):
    trace = trace_of(
        "x = torch.ones(2)\ny = x.view(3)\nz = x + 1\nwith torch.no_grad():\n    x.view(5)\n    w = x * 2\n"
    )

    assert ["tensor", "RuntimeError", "tensor", "RuntimeError", "tensor"] == outcomes(trace)


def test_inside_try_an_error_leaves_the_block(trace_of):
    trace = trace_of(
        "try:\n    with torch.no_grad():\n        torch.ones(2).view(3)\n        print('unreached')\n"
        "except RuntimeError:\n    print(torch.is_grad_enabled())\n"
    )

    assert ["True"] == printed(trace)


def test_a_leaked_mode_does_not_reach_the_next_program(trace_of):
    trace_of("torch.set_grad_enabled(False)")

    assert ["True"] == printed(trace_of("print(torch.is_grad_enabled())"))


def test_calls_of_hooks_are_events_in_order(trace_of):
    trace = trace_of(
        "x = torch.tensor(2.0, requires_grad=True)\ny = x * x\n"
        "def first(g):\n    return g * 2\ndef second(g):\n    print('second', g.item())\n"
        "y.register_hook(first)\ny.register_hook(second)\ny.backward()\n"
    )

    events = [event[:2] if event[0] != "print" else event for event in trace.steps[-1].events]
    assert [
        ("call", "first"),
        ("return", "first"),
        ("call", "second"),
        ("print", "second 2.0"),
        ("return", "second"),
    ] == events


def test_warnings_belong_to_their_statement(trace_of):
    trace = trace_of("x = torch.tensor(2.0, requires_grad=True)\ny = x * x\ny.grad\ny.grad_fn\n")

    assert [0, 0, 1, 0] == [len(step.warnings) for step in trace.steps]


def test_observing_adds_no_warning_and_keeps_no_history(trace_of):
    trace = trace_of(
        "x = torch.tensor(2.0, requires_grad=True)\ny = x * x\nobserve(x, y, nothing_is_bound)\n".replace(
            ", nothing_is_bound", ""
        )
        + "y.backward()\nobserve(x, y)\n"
    )

    assert [()] * 5 == [step.warnings for step in trace.steps]


def test_an_unbound_name_is_a_fact(trace_of):
    trace = trace_of("x = torch.ones(2).view(3)\nobserve(x)\n")

    assert ("x", (("value", ("unbound",)),)) == trace.steps[1].outcome[1][1][0]


def test_aliases_are_found(trace_of):
    trace = trace_of("x = torch.ones(2)\ny = x.detach()\nz = x.clone()\nobserve(x, y, z)\n")

    assert (("x", "y"),) == trace.steps[-1].outcome[1][2]


def test_a_program_cannot_touch_the_engine(trace_of):
    trace = trace_of("kind = torch.Tensor\nkind.data = 3\n")

    assert ("error", "TypeError", "a program may not set attributes of Tensor") == trace.steps[1].outcome


OWN_CLASS = """
class Scale(torch.autograd.Function):
    @staticmethod
    def forward(x, factor=2.0):
        return x * factor
    @staticmethod
    def setup_context(ctx, inputs, output):
        print(len(inputs))
Scale.generate_vmap_rule = True
print(Scale.generate_vmap_rule)
Scale.apply(torch.ones(2))
"""


def test_a_program_sets_attributes_of_its_own_classes_and_its_functions_have_defaults(trace_of):
    assert ["True", "2"] == printed(trace_of(OWN_CLASS))


def test_a_tensor_inside_a_transform_has_a_shape_and_no_elements(trace_of):
    trace = trace_of("torch.func.vmap(lambda t: t * 2)(torch.ones(3, 2))\n")

    assert ("call", "<lambda>", (("transformed", "torch.float32", (2,)),)) == trace.steps[0].events[0]


DUAL = """
with torch.autograd.forward_ad.dual_level():
    torch.autograd.forward_ad.make_dual(torch.ones(1), torch.ones(1))
"""


def test_the_first_dual_tensor_warns_of_nothing(trace_of):
    assert () == tuple(warning for step in trace_of(DUAL).steps for warning in step.warnings)


def test_too_many_steps_end_the_run(trace_of):
    trace = trace_of("for i in range(1000):\n    for j in range(1000):\n        pass\n")

    assert "timeout" == trace.ending[0]


def test_a_custom_function_is_an_ordinary_one(trace_of):
    trace = trace_of(
        "class Double(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        ctx.save_for_backward(x)\n        return x * 2\n"
        "    @staticmethod\n    def backward(ctx, grad):\n        (x,) = ctx.saved_tensors\n        return grad * 2\n"
        "x = torch.tensor(3.0, requires_grad=True)\nDouble.apply(x).backward()\nprint(x.grad)\n"
    )

    assert ["tensor(2.)"] == printed(trace)


def test_defaults_are_bound():
    assert {"x": 1, "k": 2} == bind_arguments("f", (Parameter("x"), Parameter("k", Lit(2))), {"k": 2}, (1,), {})


FUNCTIONS = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
def scale(t, by=3):
    return x * t * by
y = scale(x)
y.sum().backward()
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        return t * 2
    @staticmethod
    def backward(ctx, grad):
        return grad * 2
z = Double.apply(y.detach().requires_grad_())
z.register_hook(lambda grad: grad + x)
z.sum().backward()
z.my_own
observe(x, y, z)
"""


def test_a_program_made_ready_runs_the_same_every_time():
    program, engine = parse_program(FUNCTIONS), cpu()
    ready = lower(program)

    assert run(program, engine) == run(ready, engine) == run(ready, engine)


def test_nothing_of_a_program_waits_for_the_collector():
    tensors = []

    class Watched(type(cpu())):
        def tensor_fact(self, tensor):
            tensors.append(weakref.ref(tensor))
            return super().tensor_fact(tensor)

    engine = Watched("cpu")
    gc.collect()
    gc.disable()
    try:
        run(parse_program("x = torch.ones(2)\ndef f():\n    return x\ny = f() * 2\n"), engine)
        assert [None] == list({reference() for reference in tensors})
    finally:
        gc.enable()
