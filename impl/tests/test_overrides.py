"""Subclasses and modes asked in the place of functions: what they are told, what is said if they decline."""

from __future__ import annotations

import builtins
import importlib
import textwrap
from collections.abc import Callable

import pytest

HEAD = """
import importlib
o = importlib.import_module(torch.__name__ + ".overrides")
class Mode(o.TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        print(func.__name__, [each.__name__ for each in types], len(args), kwargs)
        return func(*args, **(kwargs or {}))
class S(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print(func.__name__, [each.__name__ for each in types], len(args), kwargs)
        return super().__torch_function__(func, types, args, kwargs)
class No(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return NotImplemented
class NoMode(o.TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return NotImplemented
x = torch.ones(2, requires_grad=True)
s, no = torch.ones(2).as_subclass(S), torch.ones(2).as_subclass(No)
N = torch.nn.functional
"""

PROGRAMS = [
    """
    with Mode():
        y = (torch.sin(x * 2) + torch.ones(2)).sum(dim=0)
        N.linear(x, x); N.relu(x); x.shape; x.detach(); torch.cat([x, x]); x.numel(); x[0]; len(x); x.size(); x.is_leaf
        y.backward()
    print(x.grad)
    """,
    """
    s + 1; torch.sin(s); s.sum(0, keepdim=True); s.shape; s.requires_grad_(); (s * 2).sum().backward(); N.relu(s)
    torch.cat([s, s]); s[0]; torch.add(1, s); s.grad; N.linear(s, s); s.view(2); s.register_hook(print); len(s)
    """,
    """
    for call in (lambda: no + 1, lambda: torch.sin(no), lambda: no.sin(), lambda: N.linear(no, no),
                 lambda: torch.add(no, s), lambda: no.shape, lambda: torch.linalg.inv(no), lambda: no.backward(),
                 lambda: torch.special.expm1(no), lambda: N.relu(no), lambda: -no,
                 lambda: torch.autograd.grad(no, no), lambda: 1 - no, lambda: len(no)):
        print(attempt(call))
    with NoMode():
        found = attempt(lambda: torch.sin(no)), attempt(lambda: x * x), attempt(lambda: torch.ones(1))
    print(found)
    """,
    """
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            ctx.save_for_backward(t)
            return t.sin()
        @staticmethod
        def backward(ctx, g):
            t, = ctx.saved_tensors
            return g.cos()
    class Names(o.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            print(func.__name__)
            return func(*args, **(kwargs or {}))
    with Names():
        y = F.apply(x)
        torch.autograd.grad(F.apply(x).sum(), x)
    """,
    """
    with Mode():
        with torch._C.DisableTorchFunctionSubclass():
            print(type(torch.sin(s)).__name__)
        with torch._C.DisableTorchFunction():
            print(type(torch.cos(s)).__name__)
    with o.BaseTorchFunctionMode() as mode:
        print(o._get_current_function_mode() is mode, len(o._get_current_function_mode_stack()))
    print(o.resolve_name(torch.sum), o.resolve_name(torch.Tensor.sum), o.resolve_name(torch.linalg.inv))
    print(o.resolve_name(torch.Tensor.grad.__get__), o.resolve_name(print), o.resolve_name(N.linear))
    found = o.get_overridable_functions()
    print(torch.add in found[torch], torch.Tensor.add in found[torch.Tensor], N.linear in found[N])
    print(torch.is_tensor in o.get_ignored_functions(), torch.sin in o.get_ignored_functions())
    with torch.device("cpu") as device:
        print(device, torch.ones(1))
    """,
    """
    fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
    class Plain(torch.Tensor):
        pass
    with fw.dual_level():
        d = fw.make_dual(torch.ones(2).as_subclass(Plain), torch.ones(2))
        for each in (d, *fw.unpack_dual(d), fw.unpack_dual(d * 2).tangent):
            print(type(each).__name__)
        e = fw.make_dual(x, torch.ones(2))
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach(), lambda t: t):
            y = e.exp()
        print(fw.unpack_dual(torch.autograd.grad(y.sum(), e)[0]))
    """,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(same: Callable[[str], None], program: str) -> None:
    same(HEAD + textwrap.dedent(program))


OTHER_CLASSES = """
import importlib
o = importlib.import_module(torch.__name__ + ".overrides")
class Value:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print(func.__name__, [each.__name__ for each in types], len(args), kwargs and sorted(kwargs))
        return 7
class Declining:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return NotImplemented
class Plainly:
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return "asked"
@o.wrap_torch_function(lambda a, b: (a, b))
def mine(a, b):
    return "mine"
v, x, N = Value(), torch.ones(2, requires_grad=True), torch.nn.functional
for call in (lambda: torch.add(v, 1), lambda: torch.add(x, v), lambda: x + v, lambda: x.add_(v), lambda: N.relu(v),
             lambda: torch.sum(v, dim=0), lambda: torch.cat([v, x]), lambda: N.linear(x, v), lambda: x.matmul(v),
             lambda: torch.autograd.grad(v, x), lambda: torch.autograd.backward(v), lambda: torch.einsum("i,i", v, x),
             lambda: torch.split(v, 1), lambda: torch.norm(v), lambda: N.cross_entropy(v, v),
             lambda: torch.is_tensor(v), lambda: torch.tensor(v), lambda: x[v],
             lambda: torch.add(Declining(), 1), lambda: x + Declining(),
             lambda: N.relu(Declining()), lambda: torch.add(Declining(), v), lambda: torch.add(Plainly(), 1),
             lambda: mine(1, 2), lambda: mine(v, 2), lambda: o.handle_torch_function(torch.add, (x,), x, 1),
             lambda: o.redispatch_function(torch.add, (), (x, 1), {})):
    print(attempt(call))
print(o.is_tensor_like(v), o.has_torch_function((v,)), o.has_torch_function((x,)))
print(torch.add in o.get_testing_overrides(), o.get_testing_overrides()[torch.add](1, 2), sorted(o.__all__))
"""


def test_classes_that_are_no_tensors(same: Callable[[str], None]) -> None:
    same(OTHER_CLASSES)


WITH_A_TABLE = """
mean, handled = torch.mean, {torch.mean: "mean of mine", torch.Tensor.mul: "product of mine"}
class Mine:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        names = [each.__name__ for each in types]
        return handled.get(func, (func.__name__, names, len(args), kwargs and sorted(kwargs)))
    def dim(self):
        return 1
x, m, N = torch.ones(2, requires_grad=True), Mine(), torch.nn.functional
with torch.no_grad():
    filled = torch.zeros(2)
filled[0] = m
print(filled)
for call in (lambda: torch.mean(m), lambda: mean(m, 0), lambda: torch.mean(input=m), lambda: x * m, lambda: x == m,
             lambda: x[m], lambda: x[0, m], lambda: torch.dist(x, m),
             lambda: torch.where(x > 0, m, x), lambda: torch.linalg.solve(x, m), lambda: torch.fft.fft(m),
             lambda: N.softmax(m, 0), lambda: N.dropout(m, 0.5, False), lambda: N.linear(x, m),
             lambda: torch.is_complex(m), lambda: torch.full((2,), m), lambda: torch.add(x, x, out=m), lambda: x - m,
             lambda: m - x, lambda: m // x,
             lambda: torch.broadcast_tensors(x, m), lambda: torch.nn.Linear(2, 2)(m), lambda: torch.equal(x, m),
             lambda: torch.autograd.grad(x.sum(), m), lambda: x.copy_(m), lambda: x.size(0), lambda: m in [x]):
    print(attempt(call))
x.register_hook(lambda g: print(torch.mean(m), attempt(lambda: g.reshape(m))))
x.sum().backward()
"""


def test_the_function_that_was_called_is_handed_on(same: Callable[[str], None]) -> None:
    same(WITH_A_TABLE)


def test_python_makes_classes_as_ever() -> None:
    importlib.import_module("refgrad")

    assert type(builtins.__build_class__) is type(len)
