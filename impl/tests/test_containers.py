"""Lists and dictionaries of modules and parameters: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import collections
nn = torch.nn
torch.manual_seed(1)
def linear():
    return nn.Linear(1, 1)
def tried(*calls):
    for call in calls:
        print(attempt(call))
def put(where, place, value):
    where[place] = value
    return where
def out(where, place):
    del where[place]
    return where
"""

PROGRAMS = {
    "sequential": """
s = nn.Sequential(nn.Tanh(), linear(), nn.ReLU())
tried(lambda: s[-1], lambda: s[3], lambda: s[::2], lambda: s["0"], lambda: s[True], lambda: len(s), lambda: list(s))
tried(lambda: s.append(nn.Tanh()), lambda: s.extend([nn.ELU(), linear()]), lambda: s.insert(1, nn.GELU()),
      lambda: s.insert(-1, nn.SELU()), lambda: s.insert(100, nn.Tanh()), lambda: s.insert(0, 5), lambda: s.append(5),
      lambda: s.extend(5), lambda: s.extend([5]), lambda: s.append(None), lambda: s)
tried(lambda: s.pop(0), lambda: s.pop(-1), lambda: s.pop("0"), lambda: s.pop(50), lambda: s.pop(slice(0, 2)))
tried(lambda: s + s, lambda: s * 2, lambda: 2 * s, lambda: s * 0, lambda: s * "x", lambda: s + 5, lambda: s + [1])
tried(lambda: put(s, 0, nn.ELU()), lambda: put(s, 9, nn.ELU()), lambda: put(s, 0, 5), lambda: out(s, 0),
      lambda: out(s, slice(0, 2)), lambda: out(s, "0"), lambda: out(s, None))
named = nn.Sequential(collections.OrderedDict([("a", nn.Tanh()), ("b", linear())]))
print(named, named.a, named[1], named[:1])
tried(lambda: named.append(nn.ReLU()), lambda: named.insert(1, nn.ELU()), lambda: put(named, 0, nn.SELU()))
named += nn.Sequential(nn.Tanh())
named *= 2
print(named, named[0] is named[4], attempt(lambda: named.__iadd__([1])), attempt(lambda: named.__imul__(0)))
class Own(nn.Sequential):
    pass
print(type(Own(nn.Tanh())[:1]).__name__, type(Own() + Own()).__name__, attempt(lambda: nn.Sequential([nn.Tanh()])))
""",
    "lists of modules": """
s = nn.ModuleList([nn.Tanh(), linear(), nn.ReLU()])
tried(lambda: s[-1], lambda: s[3], lambda: s[0:2], lambda: s["0"], lambda: s.append(nn.Tanh()), lambda: s.insert(1, 5),
      lambda: s.extend([nn.Tanh()]), lambda: s.insert(-1, nn.SELU()), lambda: s, lambda: s.insert(100, nn.Tanh()),
      lambda: s, lambda: s.extend(5), lambda: s.extend([5]), lambda: s.pop(0), lambda: s.pop(slice(0, 1)), lambda: s(1))
s = nn.ModuleList(nn.Tanh() for _ in range(3))
tried(lambda: s + s, lambda: s + [nn.ELU()], lambda: s + 5, lambda: s * 2, lambda: [1] + s, lambda: out(s, -1),
      lambda: out(s, slice(0, 1)), lambda: out(s, 9), lambda: put(s, -1, nn.ReLU()), lambda: put(s, 9, nn.ReLU()))
tried(lambda: nn.ModuleList(5), lambda: nn.ModuleList([5]), lambda: nn.ModuleList([None]), lambda: s.__iadd__([1]))
""",
    "modules by name": """
s = nn.ModuleDict({"b": nn.Tanh(), "a": linear()})
tried(lambda: s["b"], lambda: s["x"], lambda: list(s.items()), lambda: s.pop("b"), lambda: s.pop("x"), lambda: s.get(1))
tried(lambda: s.update({"z": nn.ELU(), "c": nn.Tanh()}), lambda: s.update(nn.ModuleDict({"w": linear()})), lambda: s,
      lambda: s.update([("q", linear()), ["r", linear()]]), lambda: s.update([("q",)]), lambda: s.update([5]),
      lambda: s.update(5), lambda: s.update({"t": 5}), lambda: s.update({5: 1}), lambda: s.update([("a", 1, 2)]),
      lambda: s, lambda: s.clear(), lambda: s, lambda: nn.ModuleDict({"type": nn.Tanh()}), lambda: nn.ModuleDict(0))
""",
    "lists of parameters": """
s = nn.ParameterList([torch.ones(1), nn.Parameter(torch.ones(2, 2), requires_grad=False), torch.ones(()).double()])
tried(lambda: s, lambda: s[-1], lambda: s[3], lambda: s["0"], lambda: s[0:2], lambda: s.append(5), lambda: len(s),
      lambda: s.append(nn.Tanh()), lambda: s.extend(torch.ones(2)), lambda: s.extend(5), lambda: s.extend("ab"),
      lambda: s(1), lambda: nn.ParameterList(5), lambda: list(s.state_dict()), lambda: s.append(None))
tried(lambda: put(s, 0, torch.zeros(1)), lambda: put(s, 1, 5), lambda: put(s, 99, 5), lambda: put(s, "0", 5),
      lambda: out(s, 0), lambda: put(s, -1, 7), lambda: s.__iadd__([1]))
y = torch.ones(1, requires_grad=True)
s = nn.ParameterList([y, y * 2, y.detach()])
print(s[0] is y, [each.requires_grad for each in s], s[0].data_ptr() == y.data_ptr())
""",
    "parameters by name": """
s = nn.ParameterDict({"b": torch.ones(1), "a": nn.Parameter(torch.ones(2, 2))})
tried(lambda: s, lambda: s["b"], lambda: s["x"], lambda: s[0], lambda: list(s), lambda: list(reversed(s)),
      lambda: len(s), lambda: s.get("x", 5), lambda: s.setdefault("n"), lambda: s.setdefault("m", torch.ones(1)),
      lambda: s.pop("n"),
      lambda: s.pop("zz"), lambda: s.popitem(), lambda: s.copy(), lambda: s.fromkeys("uv", torch.ones(1)),
      lambda: 5 in s)
tried(lambda: s | {"k": torch.ones(1)}, lambda: {"k": 1} | s, lambda: s | 5, lambda: s | nn.ParameterDict({"k": 1}))
tried(lambda: s.update({"z": torch.ones(1), "c": torch.ones(1)}), lambda: list(s), lambda: s.update([("q", 1)]),
      lambda: s.update([("q",)]), lambda: s.update([5]), lambda: s.update(5), lambda: s.update(None), lambda: s(1),
      lambda: s.update(collections.OrderedDict(y=1, x=2)), lambda: s, lambda: out(s, "zz"), lambda: out(s, "z"))
tried(lambda: nn.ParameterDict({"type": torch.ones(1)}), lambda: nn.ParameterDict({"l": linear()}), lambda: s.clear(),
      lambda: s, lambda: s.popitem(), lambda: nn.ParameterDict({5: 1}))
s |= {"y": torch.ones(2)}
print(s, s.y)
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
