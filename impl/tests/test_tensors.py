"""Programs about tensors: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PROGRAMS = {
    "promotion": """
x = torch.ones(3, dtype=torch.float64)
print((x * torch.ones(3)).dtype, (torch.ones(3) * torch.tensor(1.0, dtype=torch.float64)).dtype)
print((torch.ones(3, dtype=torch.int64) * 1.5).dtype, (torch.ones(3, dtype=torch.int32) * torch.tensor(2)).dtype)
print((torch.ones(3, dtype=torch.float16) * 2.5).dtype, (torch.ones(2, dtype=torch.bool) + 1).dtype)
print((torch.ones(2) * 1j).dtype, (torch.tensor(1.5) * torch.ones(2, dtype=torch.int64)).dtype)
a = torch.ones(2, requires_grad=True)
b = torch.ones(2, dtype=torch.float64, requires_grad=True)
(a * b).sum().backward()
print(a.grad.dtype, b.grad.dtype, (a * b).grad_fn._saved_self.dtype)
print(attempt(lambda: torch.ones(2, dtype=torch.int64).add_(1.5)))
""",
    "printing": """
for t in (torch.tensor(1.0), torch.tensor([1.0, 2.5]), torch.tensor([[1, 2], [3, 400]]), torch.tensor([True]),
          torch.tensor([1e-5, 1.0]), torch.tensor([float("nan"), float("inf"), -1.0]), torch.zeros(0, 3),
          torch.arange(2000.0), torch.ones(30, dtype=torch.float16), torch.tensor([1 + 2j, 3 - 4.5j]),
          torch.ones(3, 4, 5), torch.tensor([[-1.5, 2]], requires_grad=True) * 2, torch.tensor([1.0, 2e8])):
    print(t)
""",
    "attributes": """
x = torch.ones(2, requires_grad=True)
for name in ("is_leaf", "grad_fn", "output_nr", "_version", "retains_grad", "requires_grad", "grad"):
    print(name, attempt(lambda: setattr(x, name, None)))
print(attempt(lambda: setattr(x, "grad", torch.ones(3))), attempt(lambda: setattr(x, "grad", x)))
print(attempt(lambda: setattr(x, "grad", 3)), attempt(lambda: x.requires_grad_(1)))
y = x * 2
print(attempt(lambda: y.requires_grad_(False)), attempt(lambda: setattr(y, "requires_grad", True)), y.grad)
""",
    "strides": """
x = torch.ones(2, 3)
print(torch.zeros(0, 3).stride(), torch.zeros(3, 0).stride(), x.t().stride(), x[:, None].stride())
print(x.t().clone().stride(), (x.t() * 2).stride(), (x.t() + torch.ones(3, 2)).stride())
print((torch.ones(3, 2) + x.t()).stride(), (torch.ones(3, 1).expand(3, 4) * 2).stride())
""",
    "grad dtype": """
x = torch.ones(2, requires_grad=True)
x.grad_dtype = torch.float64
(x * 2).sum().backward()
print(x.grad.dtype, attempt(lambda: setattr(x, "grad", torch.ones(2))))
print(attempt(lambda: setattr(x, "grad_dtype", torch.float32)), attempt(lambda: setattr(x, "grad_dtype", 3)))
""",
    "numpy": """
import numpy as np
print(attempt(lambda: torch.ones(2, dtype=torch.cfloat).conj().numpy()), torch.ones(2).conj().numpy())
print(attempt(lambda: torch.ones(2, dtype=torch.cfloat).conj().imag.numpy()))
print(attempt(lambda: torch.from_numpy(np.ones(2)[::-1])), attempt(lambda: torch.tensor(np.ones(2)[::-1])))
fixed = np.ones(2)
fixed.flags.writeable = False
print(torch.from_numpy(fixed))
""",
    "made of a tensor": """
x = torch.ones(2, requires_grad=True)
print(x.new_tensor(x), x.new_tensor(x, requires_grad=True), attempt(lambda: x.__setstate__(())))
print(attempt(lambda: (x * 2).__setstate__((1, 2, 3, 4))), torch.normal(0.0, 1.0, (2,), requires_grad=True)._version)
with torch.inference_mode():
    i = torch.ones(2)
print(attempt(lambda: torch.nn.Parameter(i)), torch.nn.Parameter(i, requires_grad=False))
print(attempt(lambda: torch.randperm(3, requires_grad=True)))
""",
    "names of types in errors": """
for kind in (torch.bool, torch.half, torch.cfloat, torch.cdouble, torch.int32):
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, dtype=kind)
    z = x * y
    y.fill_(0)
    print(attempt(lambda: z.sum().abs().backward()))
""",
    "names of functions": """
for each in (torch.inverse, torch.var, torch.std, torch.absolute, torch.Tensor.sub, torch.Tensor.mul, torch.arcsin):
    print(each.__name__)
""",
    "strides of new dimensions": """
print(torch.ones(3).expand(1, 3).stride(), torch.ones(()).expand(1, 1).stride(), torch.ones(3).expand(1, 2, 3).stride())
print(torch.ones(2, 3).t().expand(1, 1, 3, 2).stride(), torch.ones(3).broadcast_to(2, 1, 3).stride())
""",
    "constants beside a result": """
x = torch.rand(3, 3, requires_grad=True)
kept = []
N = torch.nn.functional
def keep(t):
    kept.append((tuple(t.shape), t.requires_grad))
    return t
for f in (lambda: N.layer_norm(x, (3,)), lambda: N.batch_norm(x, None, None, training=True),
          lambda: N.cross_entropy(x, torch.tensor([0, 1, 2])), lambda: torch.linalg.det(x),
          lambda: torch.linalg.solve(x, x), lambda: torch.linalg.slogdet(x)[1], lambda: N.logsigmoid(x),
          lambda: torch.special.zeta(2, x), lambda: torch.special.zeta(x, 2), lambda: torch.histc(x),
          lambda: torch.poisson(x)):
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        made = f()
    print(type(made.grad_fn).__name__, sorted(kept))
    kept.clear()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PROGRAMS[name])


def test_a_resize_to_the_same_shape_is_no_modification(same):
    same("""
        x = torch.ones(3)
        x.resize_(3)
        print(x._version)
        x.resize_as_(torch.zeros(3))
        print(x._version)
        x.resize_(2)
        print(x._version)
    """)


@pytest.mark.parametrize("kind", ["torch.DoubleTensor", "torch.Tensor", "'torch.HalfTensor'", "3", "int"])
def test_type_by_a_class(same, kind):
    same(f"""
        x = torch.ones(2, requires_grad=True)
        print(attempt(lambda: x.type({kind}).grad_fn))
        print(x.to_sparse().type())
    """)


def test_data_of_another_layout_is_refused(same):
    same("""
        x = torch.ones(2, requires_grad=True)
        def put(value):
            x.data = value
        print(attempt(lambda: put(torch.ones(2).to_sparse())))
    """)


@pytest.mark.parametrize("place", ["(-1,), (1,)", "(2, -3), (1, 1)", "(2,), (1,), -5"])
def test_as_strided_of_negative_places(same, place):
    same(f"print(attempt(lambda: torch.ones(3).as_strided({place})))")
