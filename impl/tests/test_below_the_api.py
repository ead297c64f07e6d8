"""What code below `torch.autograd` reaches for: the engine's own call, versions, how a view came about."""

from __future__ import annotations

import pytest

RUNS = """
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).sum()
    o = torch.ones(())
    run = torch.autograd.Variable._execution_engine.run_backward
"""


@pytest.mark.parametrize(
    "call",
    [
        "run((y,), (o,), True, False)",
        "run((y,), (o,), True, False, (), True, True), x.grad",
        "run((y,), (o,), True, False, (x,))",
        "run((y,), (o,), True, False, [x])",
        "run((y,), (o,), True, False, (3,))",
        "run((3,), (o,), True, False)",
        "run((y,), (3,), True, False)",
        "run((y,), (None,), True, False)",
        "run((o,), (o,), True, False)",
        "run(y, (o,), True, False)",
        "run((y,), o, True, False)",
        "run((y,), (), True, False)",
        "run((y,), (o,), 2, False, (x,))",
        "run((y,), (o,), True, False, (torch.ones(2, requires_grad=True),))",
        "run((y,), (o,), True, False, (torch.ones(2, requires_grad=True),), allow_unreachable=True)",
        "run((y,), (o,), True, False, (x,), accumulate_grad=True), x.grad",
        "torch.autograd.graph._engine_run_backward((y,), (o,), True, False, (x,))",
        "torch.autograd.graph._get_grad_fn_or_grad_acc(x)",
    ],
)
def test_the_engine_called_with_tuples(same, call):
    same(f"{RUNS}\n    print(attempt(lambda: ({call})))\n")


@pytest.mark.parametrize(
    "call",
    [
        "set((y,), (7,)), y._version, z._version",
        "set((y,), (-7,))",
        "set((y,), (7, 8))",
        "set([z], [3]), y._version",
        "set(y, 7)",
    ],
)
def test_versions_are_set(same, call):
    same(f"""
        set = torch._C._autograd._unsafe_set_version_counter
        y = torch.ones(2)
        z = y[:1]
        print(attempt(lambda: ({call})))
    """)


def test_how_a_view_came_about(same):
    same("""
        read = torch._C._autograd._get_creation_meta
        x = torch.ones(2, requires_grad=True)
        b = x * 1
        with torch.no_grad():
            n = b[:1]
        v = b[:1]
        for each in (v, b.split(1)[0], n, b):
            print(attempt(lambda: read(each)))
        torch._C._autograd._set_creation_meta(v, torch._C._autograd.CreationMeta.NO_GRAD_MODE)
        v.add_(1)
    """)


@pytest.mark.parametrize("name", ["_set_grad_enabled", "_set_multithreading_enabled", "_set_fwd_grad_enabled"])
def test_switches_take_nothing_but_bools(same, name):
    same(f"print(attempt(lambda: torch._C.{name}(1)))")
