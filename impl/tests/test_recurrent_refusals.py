"""Cells, recurrent layers and paddings: what they refuse, and their graphs; refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
nn = torch.nn
F = nn.functional
torch.manual_seed(1)
def t(*s):
    return torch.ones(s)
"""

PROGRAMS = {
    "cells": """
r, l, g = nn.RNNCell(3, 2), nn.LSTMCell(3, 2), nn.GRUCell(3, 2)
for f in (lambda: r(t(2,3),t(2,3)), lambda: r(t(2,3),t(1,2)), lambda: r(t(2,3),t(2)), lambda: r(t(3),t(2)),
    lambda: r(t(3),t(1,2)), lambda: r(t(2,4)), lambda: r(t(4)), lambda: r(t(2,3),t(1,2,2)),
    lambda: l(t(2,3),(t(2,2),)), lambda: l(t(2,3),t(2,2)), lambda: l(t(2,3),(t(2,2),t(2,3))),
    lambda: l(t(2,3),(t(3,2),t(2,2))),lambda: l(t(2,3),(t(1,2,2),t(2,2))), lambda: l(t(3),(t(2),t(2))),
    lambda: l(t(3),(t(1,2),t(2))), lambda: l(t(2,3),(t(2,2),t(2,2),t(2,2))), lambda: g(t(2,4)),
    lambda: g(t(2,3),t(3,2)), lambda: g(t(2,3),t(2,5)), lambda: r(t(2,3).double()), lambda: l(t(2,4)), lambda: l(5),
    lambda: r(t(0,3)).shape, lambda: r(t(2,3), 5), lambda: nn.RNNCell(3,2,nonlinearity="x")(t(2,3)),
    lambda: g(t(3)), lambda: l(t(3)), lambda: r(t(3)), lambda: g(t(2, 3)), lambda: l(t(2, 3)), lambda: r(t(2, 3)),
    lambda: g(t()), lambda: l(t(1, 2, 3)), lambda: l([1]), lambda: nn.RNNCell(3, 2, False, "relu")(t(2, 3))):
    print(attempt(f))
for m, x in ((r, t(3)), (g, t(2, 3)), (l, t(3))):
    o = m(x)
    o = o[0] if isinstance(o, tuple) else o
    n, names = o.grad_fn, []
    while n is not None:
        names.append(n.name()); n = n.next_functions[0][0] if n.next_functions else None
    print(names)
""",
    "graphs": """
def graph(o):
    seen, todo, names = set(), [o.grad_fn], []
    while todo:
        n = todo.pop(0)
        if n is None or n in seen: continue
        seen.add(n); names.append(n.name()); todo += [e for e, _ in n.next_functions]
    return sorted(names)
for m, a in ((nn.RNNCell(3, 2), torch.ones(2, 3)), (nn.GRUCell(3, 2), torch.ones(2, 3)),
    (nn.LSTMCell(3, 2), torch.ones(2, 3)), (nn.GRU(3, 2), torch.ones(2, 1, 3)), (nn.RNN(3, 2), torch.ones(2, 1, 3)),
    (nn.GRU(3, 2), torch.ones(2, 3))):
    o = m(a)
    o = o[0] if isinstance(o, tuple) else o
    print(type(m).__name__, graph(o))
""",
    "rnn states": """
for k, h in ((nn.RNN(3, 2), lambda *s: t(*s)), (nn.GRU(3, 2), lambda *s: t(*s)),
    (nn.LSTM(3, 2), lambda *s: (t(*s), t(*s)))):
    for x, s in ((t(4, 2, 3), (1, 2, 2)), (t(4, 2, 3), (2, 2)), (t(4, 2, 3), (1, 3, 2)), (t(4, 2, 3), (2, 2, 2)),
        (t(4, 2, 3), (1, 2, 3)), (t(4, 3), (1, 2)), (t(4, 3), (2,)), (t(4, 3), (1, 1, 2)), (t(4, 3), (2, 2)),
        (t(4, 3), (1, 3)), (t(0, 2, 3), (1, 2, 2)), (t(0, 3), (1, 2)), (t(4, 0, 3), (1, 0, 2)),
        (t(4, 2, 5), (1, 2, 2))):
        r = attempt(lambda: k(x, h(*s)))
        print(type(k).__name__, tuple(x.shape), s, r if isinstance(r, str) else r[0].shape)
    for bad in (5, None, [1], (t(1, 2, 2),), (t(1, 2, 2), t(1, 2, 2), t(1, 2, 2)), t(1, 2, 2).double()):
        r = attempt(lambda: k(t(4, 2, 3), bad))
        print(type(k).__name__, r if isinstance(r, str) else r[0].shape)
""",
    "pads": """
for m in (nn.ReflectionPad1d(1), nn.ReflectionPad2d(1), nn.ReplicationPad1d(1), nn.ReplicationPad2d(1),
    nn.CircularPad1d(1), nn.CircularPad2d(1), nn.CircularPad3d(1), nn.ZeroPad1d(1), nn.ReflectionPad3d(1),
    nn.ReplicationPad3d(1), nn.ConstantPad2d(1, 5.)):
    for x in (t(), t(3), t(2, 3), t(2, 3, 4), t(1, 2, 3, 4), t(1, 2, 3, 4, 2), t(1, 1, 2, 3, 4, 2)):
        r = attempt(lambda: m(x))
        print(m, tuple(x.shape), r if isinstance(r, str) else r.shape)
print(attempt(lambda: F.pad(t(2, 3), (1,))), attempt(lambda: F.pad(t(2, 3), (1, 1, 1, 1, 1, 1))),
    attempt(lambda: F.pad(t(2, 3), (1, 1), mode="x")), attempt(lambda: F.pad(t(2, 3), (1, 1), "reflect", 5)),
    attempt(lambda: F.pad(t(2), (1, 1, 1, 1), "circular")))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
