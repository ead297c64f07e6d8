"""Gradients that are zero everywhere come without memory, and nothing is added where they arrive."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PROGRAMS = {
    "an earlier zero keeps a negative zero": """
a = torch.tensor(2.0, requires_grad=True)
print(torch.autograd.grad(a * -0.0 + a.sgn(), a))
""",
    "a later zero is added in place": """
a = torch.tensor(2.0, requires_grad=True)
print(torch.autograd.grad(a.sgn() + a * -0.0, a))
""",
    "a gradient penalty": """
a = torch.tensor(1.0, requires_grad=True)
(d,) = torch.autograd.grad(0 * a.abs().reciprocal(), a, create_graph=True)
print(torch.autograd.grad(d * d, a))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PROGRAMS[name])
