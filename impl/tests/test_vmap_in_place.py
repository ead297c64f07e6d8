"""Operators in place under vmap: which pairs of operands they take, what they say, and of which they warn."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

HEAD = """
import importlib
func = importlib.import_module(torch.__name__ + ".func")
vmap, grad = func.vmap, func.grad
def shown(made):
    return made if isinstance(made, str) else (made.shape, made.double().mul(1000).round().tolist())
x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
y = torch.tensor([0.5, 1.5])
"""

OF_TWO = """
add_ sub_ mul_ div_ true_divide_ floor_divide_ fmod_ remainder_ pow_ xlogy_ atan2_ arctan2_ copysign_ hypot_ heaviside_
igamma_ igammac_ ldexp_ nextafter_ eq_ ne_ lt_ le_ gt_ ge_ logical_and_ logical_or_ logical_xor_ copy_ clamp_ clamp_min_
clamp_max_
""".split()

OTHERS = """
b = torch.arange(12.0).reshape(3, 2, 2) + 1
plain, index = torch.ones(2, 2), torch.tensor([[0, 1], [1, 0], [0, 0]])
def item(target, key, value):
    target[key] = value
    return target
calls = dict(
    masked_fill=lambda t, b, i: t.masked_fill_(b > 3, 0.0),
    filled_by=lambda t, b, i: t.masked_fill_(plain > 0, b.sum()),
    fill=lambda t, b, i: t.fill_(b.sum()), zero=lambda t, b, i: t.zero_(), lerp=lambda t, b, i: t.lerp_(b, 0.5),
    lerp_by=lambda t, b, i: t.lerp_(b, b), addcmul=lambda t, b, i: t.addcmul_(b, b),
    addmm=lambda t, b, i: t.addmm_(b, b), addr=lambda t, b, i: t.addr_(b[0], b[1]),
    addbmm=lambda t, b, i: t.addbmm_(b[None], b[None]), clamp=lambda t, b, i: t.clamp_(b, b),
    item=lambda t, b, i: item(t, 0, b[1]), mask=lambda t, b, i: item(t, b > 3, 0.0),
    by_mask=lambda t, b, i: item(t, plain > 0, 0.0), by_index=lambda t, b, i: item(t, i, b),
    tril=lambda t, b, i: t.tril_(), part=lambda t, b, i: (t[0].add_(b[0]), t)[1], cumsum=lambda t, b, i: t.cumsum_(0),
    renorm=lambda t, b, i: t.renorm_(2, 0, 1.0), index_add=lambda t, b, i: t.index_add_(0, i, b),
    index_copy=lambda t, b, i: t.index_copy_(0, i, b), index_fill=lambda t, b, i: t.index_fill_(0, i, 0.0),
    index_put=lambda t, b, i: t.index_put_((i,), b), scatter=lambda t, b, i: t.scatter_(0, i[None], b),
    scatter_add=lambda t, b, i: t.scatter_add_(0, i[None], b), put=lambda t, b, i: t.put_(i, b[0]),
    scatter_reduce=lambda t, b, i: t.scatter_reduce_(0, i[None], b, "sum"),
    masked_scatter=lambda t, b, i: t.masked_scatter_(b > 3, b), polygamma=lambda t, b, i: t.polygamma_(1),
)
for name, call in calls.items():
    print(name, shown(attempt(lambda: vmap(lambda b, i: call(b.clone(), b, i))(b, index))))
    print(name, shown(attempt(lambda: vmap(lambda b, i: call(plain.clone(), b, i))(b, index))))
"""

DATA = """
def written(t):
    made = t.clone()
    made.data = torch.zeros_like(made)
    return made.sum()
def beside(t):
    made = torch.ones(2)
    made.data = torch.zeros(2)
    return t.sum()
for each in (written, beside):
    print(attempt(lambda: vmap(each)(x)), attempt(lambda: grad(each)(y)))
    print(attempt(lambda: vmap(grad(each))(x)), attempt(lambda: grad(lambda t: vmap(each)(t).sum())(x)))
"""


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_operands(same: Callable[..., None], name: str) -> None:
    program = f"""
    pairs = [(x, lambda a: (a.clone(), a)), (x, lambda a: (a.clone(), y)), (x, lambda a: (y.clone(), a))]
    for given, operands in pairs:
        print(shown(attempt(lambda: vmap(lambda a: (lambda one, other: one.{name}(other))(*operands(a)))(given))))
    """
    same(HEAD + textwrap.dedent(program))


def test_of_others(same: Callable[..., None]) -> None:
    same(HEAD + OTHERS)


def test_memory_of_another(same: Callable[..., None]) -> None:
    same(HEAD + DATA)
