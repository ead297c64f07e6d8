"""Programs about views and inplace: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PROGRAMS = {
    "lazy history": """
b = torch.ones(4, requires_grad=True) * 1
v, w = b.view(2, 2), b[1:]
v.register_hook(lambda g: print("old", g))
w.retain_grad()
b.mul_(2)
print(v._backward_hooks is None, v.requires_grad, v._backward_hooks is None, v.is_leaf, v._backward_hooks)
print(v.grad_fn.name(), v.grad_fn.next_functions[0][0].name(), w.retains_grad)
(v.sum() + w.sum()).backward()
print(w.grad)
""",
    "copy slices": """
x = torch.ones(3, requires_grad=True)
w = torch.tensor(3.0, requires_grad=True)
b = x * 1
b[0].mul_(w)
b[1] = 5.0
b[torch.tensor([2])] = w
n = b.grad_fn
while n is not None:
    print(n.name(), [f and f.name() for f, _ in n.next_functions])
    n = n.next_functions[0][0]
b.sum().backward()
print(x.grad, w.grad, b._version)
""",
    "forbidden": """
x = torch.ones(2, 2, requires_grad=True)
y = x * 1
with torch.no_grad():
    v = y.view(4)
print(attempt(lambda: x.add_(1)), attempt(lambda: x[0].add_(1)), attempt(lambda: v.add_(1)))
y.add_(1)
print(attempt(lambda: v.grad_fn), repr(v))
print(attempt(lambda: y.unbind()[0].add_(1)), attempt(lambda: v.detach_()))
print(attempt(lambda: torch.ones(1).expand(3).add_(1)), attempt(lambda: torch.ones(2).add_(torch.ones(3, 2))))
t = torch.ones(3)
print(attempt(lambda: t[1:].mul_(t[:-1])))
""",
    "saved versions": """
x = torch.ones(2, requires_grad=True)
y = x.exp()
y.detach().zero_()
print(attempt(lambda: y.sum().backward()))
b = x * 1
b[0] = 2.0
c = b * b
b[1] = 3.0
print(attempt(lambda: c.sum().backward()))
z = x * 2
z.mul_(z)
print(attempt(lambda: z.sum().backward()), x.grad)
""",
    "indexing": """
x = torch.arange(6.0).view(2, 3)
print(x[[0, 1]], x[[0, 1], [1, 2]], x[None].shape, x[..., 0], x[:, -1], x[1, ::2], x[x > 2])
for f in (lambda: x["a"], lambda: x[1.5], lambda: x[6], lambda: x[0, 0, 0], lambda: torch.tensor(1.0)[0],
          lambda: x[::-1], lambda: x[torch.tensor([7])], lambda: x[torch.tensor([True])], lambda: x[torch.tensor([1.0])],
          lambda: x.__setitem__(0, torch.ones(2)), lambda: x.__setitem__(0, "a"), lambda: x[[[0], [1]]]):
    print(attempt(f))
x[0] = torch.ones(1, 1, 3)
x[[0, 1], [1, 2]] = 7
print(x)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PROGRAMS[name])
