"""`torch.autograd.functional` against PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import importlib
AF = importlib.import_module(torch.__name__ + ".autograd.functional")
x = torch.tensor([1., 2.], dtype=torch.double)
y = torch.tensor([3., 4.], dtype=torch.double, requires_grad=True)
v = torch.tensor([1., -1.], dtype=torch.double)
one = torch.ones(1, dtype=torch.double)
constant = lambda t: torch.ones(2, dtype=torch.double)
both = lambda a, b: (a * b, a.sum())
"""

CASES = """
AF.vjp(lambda t: (t ** 2).sum(), x)
AF.vjp(lambda t: t ** 2, x)
AF.vjp(lambda t: t ** 2, x, v)
AF.vjp(lambda t: t ** 2, x, torch.ones(3))
AF.vjp(lambda t: t ** 2, x, (v,))
AF.vjp(lambda t: (t, t), x, (v,))
AF.vjp(lambda t: (t, t), x, (v, torch.ones(3)))
AF.vjp(lambda t: t, x, (v, v))
AF.vjp(lambda t: t, (x, 3))
AF.vjp(lambda t: t, 3)
AF.vjp(lambda t: 3, x)
AF.vjp(lambda t: (t, 3), x)
AF.vjp(lambda t: t, x, 3)
AF.vjp(both, (x, y), (v, torch.tensor(1., dtype=torch.double)))
AF.vjp(both, (x, y), (v, torch.tensor(1., dtype=torch.double)), create_graph=True)
AF.vjp(lambda a, b: a.sum(), (x, y))
AF.vjp(lambda a, b: a.sum(), (x, y), strict=True)
AF.vjp(constant, x, v)
AF.vjp(constant, x, v, strict=True)
AF.vjp(lambda t: t * 2, y, v, create_graph=True, strict=True)
AF.vjp(lambda t: (t ** 2).sum(), y, create_graph=True, strict=True)
AF.jvp(lambda t: t ** 3, x)
AF.jvp(lambda t: t ** 3, x, v)
AF.jvp(lambda t: t ** 3, one)
AF.jvp(lambda t: (t ** 3).sum(), x, v, create_graph=True)
AF.jvp(lambda t: t ** 3, y, v, create_graph=True)
AF.jvp(both, (x, y), (v, v))
AF.jvp(both, (x, y), v)
AF.jvp(lambda t: t, x, v, strict=True)
AF.jvp(lambda t: t ** 2, x, v, strict=True)
AF.jvp(constant, x, v)
AF.jvp(constant, x, v, strict=True)
AF.jvp(lambda a, b: a, (x, y), (v, v), strict=True)
AF.jacobian(lambda t: t ** 2, x)
AF.jacobian(lambda t: torch.stack([t.sum(), t.prod(), t[0]]), x)
AF.jacobian(both, (x, y))
AF.jacobian(lambda a, b: a * b, (x, y))
AF.jacobian(lambda t: (t * 2, t.sum()), x)
AF.jacobian(lambda t: t ** 2, y, create_graph=True)
AF.jacobian(lambda t: t * 2, y, create_graph=True, strict=True)
AF.jacobian(constant, x)
AF.jacobian(constant, x, strict=True)
AF.jacobian(lambda a, b: a * 2, (x, y), strict=True)
AF.jacobian(lambda a, b: a * 2, (x, y))
AF.jacobian(both, (x, y), vectorize=True)
AF.jacobian(lambda a, b: a * 2, (x, y), vectorize=True)
AF.jacobian(lambda t: t ** 2, y, vectorize=True, create_graph=True).sum().requires_grad
AF.jacobian(lambda t: t ** 2, x, vectorize=True, strict=True)
AF.jacobian(both, (x, y), vectorize=True, strategy="forward-mode")
AF.jacobian(constant, x, vectorize=True, strategy="forward-mode")
AF.jacobian(lambda t: t ** 2, x, strategy="forward-mode")
AF.jacobian(lambda t: t ** 2, x, strategy="sideways")
AF.jacobian(lambda t: t ** 2, x, strategy="forward-mode", create_graph=True)
AF.jacobian(lambda t: t ** 2, x, strategy="forward-mode", strict=True)
AF.jacobian(lambda t: t.item(), one)
AF.jacobian(lambda t: t.sum(), torch.ones(2, 2))
AF.hessian(lambda t: (t ** 3).sum(), x)
AF.hessian(lambda a, b: (a * b).sum(), (x, y))
AF.hessian(lambda t: t ** 3, x)
AF.hessian(lambda t: (t.sum(),), x)
AF.hessian(lambda t: t.sum() * 3, x)
AF.hessian(lambda t: t.sum() * 3, x, strict=True)
AF.hessian(lambda t: (t ** 2).sum(), x, strict=True)
AF.hessian(lambda t: (t ** 3).sum(), y, create_graph=True)
AF.hessian(lambda t: (t ** 3).sum(), x, vectorize=True)
AF.hessian(lambda t: (t ** 3).sum(), x, vectorize=True, outer_jacobian_strategy="forward-mode").tolist()
AF.hessian(lambda a: (a * a.exp()).sum(), (x,), vectorize=True, outer_jacobian_strategy="forward-mode")[0][0].tolist()
AF.hessian(lambda t: (t ** 3).sum(), x, outer_jacobian_strategy="sideways")
AF.hessian(lambda t: (t ** 3).sum(), x, outer_jacobian_strategy="forward-mode")
AF.vhp(lambda t: (t ** 3).sum(), x, v)
AF.vhp(lambda t: (t ** 3).sum(), x)
AF.vhp(lambda t: (t ** 3).sum(), one)
AF.vhp(lambda t: t ** 3, x, v)
AF.vhp(lambda t: (t.sum(), t.sum()), x, v)
AF.vhp(lambda t: t.sum(), x, v)
AF.vhp(lambda t: t.sum(), x, v, strict=True)
AF.vhp(lambda t: (t ** 3).sum(), y, v, create_graph=True)
AF.hvp(lambda t: (t ** 3).sum(), x, v)
AF.hvp(lambda t: (t ** 3).sum(), x)
AF.hvp(lambda a, b: (a * b ** 2).sum(), (x, y), (v, v))
AF.hvp(lambda a, b: a.sum(), (x, y), (v, v))
AF.hvp(lambda t: t.sum(), x, v, strict=True)
AF.hvp(lambda t: (t ** 2).sum(), x, v, strict=True)
AF.hvp(lambda t: (t ** 3).sum(), y, v, create_graph=True)
x.requires_grad, y.grad, AF.vjp(lambda t: (t * y).sum(), x)[1].requires_grad, y.grad
""".strip().splitlines()


@pytest.mark.parametrize("case", CASES)
def test_functions(same: Callable[[str], None], case: str) -> None:
    same(f"{HEAD}\nprint(attempt(lambda: ({case})))")


@pytest.mark.parametrize("name", ["vjp", "jvp", "jacobian", "hessian", "vhp", "hvp"])
def test_without_grad_mode(same: Callable[[str], None], name: str) -> None:
    more = "" if name in ("jacobian", "hessian") else ", v"
    same(f"""{HEAD}
calls = []
def f(t):
    calls.append(torch.is_grad_enabled())
    return (t ** 3).sum()
with torch.no_grad():
    print(attempt(lambda: AF.{name}(f, x{", None" if name == "vjp" else more})), calls, torch.is_grad_enabled())
""")
