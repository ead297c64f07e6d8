"""`gradcheck` and `gradgradcheck` against PyTorch: verdicts, texts, warnings."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

HEAD = """
from warnings import simplefilter
check, check2 = torch.autograd.gradcheck, torch.autograd.gradgradcheck
def leaf(*values, dtype=torch.double):
    return torch.tensor(list(values), dtype=dtype, requires_grad=True)
x, y, z = leaf(1., 2.), leaf(3., 4.), leaf(1 + 2j, 3 - 1j, dtype=torch.cdouble)
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 2
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * x
class Restless(torch.autograd.Function):
    count = 0
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        Restless.count += 1
        return g * (2 + 1e-9 * Restless.count)
class Constant(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return torch.full_like(g, 2)
class Undefined(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return torch.full((2,), 2., dtype=torch.double) if g is None else g * 2
class Raising(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g.mul(2) if g is not None else None.mul(2)
def own(jvp, backward):
    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            return t * 2
        @staticmethod
        def backward(ctx, g):
            return backward(g)
        @staticmethod
        def jvp(ctx, t):
            return jvp(t)
    return Own.apply
double = lambda t: t * 2
reads = lambda t: torch.tensor(t.tolist(), dtype=torch.double) * 2
prints = lambda t: (str(t), t * 2)[1]
"""

CASES = """
check(lambda t: t ** 2, (x,))
check(lambda t: t ** 2, x)
check(lambda t: [t ** 2, t * 3], [x])
check(lambda a, b: (a * b, a + b), (x, y))
check(lambda a, b: a * 2, (x, y))
check(lambda t: (t * 2, t > 0), (x,))
check(Wrong.apply, (x,))
check(Wrong.apply, (x,), raise_exception=False)
check(Restless.apply, (x,))
check(Restless.apply, (x,), nondet_tol=1e-3)
check(Constant.apply, (x,))
check(Constant.apply, (x,), nondet_tol=1.)
check(Undefined.apply, (x,))
check(Undefined.apply, (x,), check_undefined_grad=False)
check(lambda t: t.detach() * 2, (x,))
check(lambda t: torch.ones(2, dtype=torch.double), (x,))
check(lambda t: t * 2, (x.detach(),))
check(lambda t: t * 2, (leaf(1., dtype=torch.float),), eps=1e-2, atol=1e-1)
check(lambda t: t * t.conj() + t, (z,))
check(lambda t: t.abs(), (z,))
check(lambda t: t.real * 2, (z,))
check(lambda t: t * 1j, (x,))
check(lambda t: t + t.imag, (z,))
check(lambda t: t * 2, (leaf(1.).expand(3),))
check(lambda t: t * 2, (x,), check_forward_ad=True)
check(lambda t: t.sin() * t.exp(), (x,), check_forward_ad=True, check_backward_ad=False)
check(lambda t: t * t, (z,), check_forward_ad=True)
check(lambda t: t * 2, (x,), check_batched_grad=True)
check(lambda t: t.sin(), (x,), check_forward_ad=True, check_batched_forward_grad=True, check_batched_grad=True)
check(lambda t: t ** 2, (x,), check_grad_dtypes=True)
check(lambda t: t ** 2, (x,), fast_mode=True)
check(lambda a, b: (a * b).sum(), (x, y), fast_mode=True, check_forward_ad=True)
check(lambda t: t * t.conj(), (z,), fast_mode=True)
check(lambda t: t * 2, (x,), check_backward_ad=False)
check(lambda t: t * 2, (x,), check_forward_ad=True, check_backward_ad=False, check_batched_grad=True)
check(lambda t: t * 2, (x,), check_batched_forward_grad=True)
check(own(double, reads), (x,), check_batched_grad=True)
check(own(reads, double), (x,), check_forward_ad=True, check_batched_forward_grad=True)
check(own(double, prints), (x,), check_batched_grad=True)
check(torch.relu, (leaf(0.),))
check(torch.abs, (leaf(0.),))
check(lambda t: t.float().double(), (x,))
check(lambda t: t[0].item() * t, (x,))
check(lambda t: t * 2 if t[0] > 1 else t[:1] * 2, (x,))
check(lambda t: t * 2 if t[0] > 1 else (t * 2).float(), (x,))
check(lambda t: None, (x,))
check(lambda t: t ** 2, (x,), eps=1e-1)
check(lambda t: t ** 3, (x,), eps=1e-1, atol=1e-8, rtol=0.)
check(lambda t: t, (3., x))
check(lambda a, b: a * b, (2., x))
check2(lambda t: t ** 3, (x,))
check2(lambda a, b: a * b, (x, y))
check2(lambda t: t * 2, (x,))
check2(lambda t: t ** 3, (x,), leaf(1., 2.))
check2(lambda t: t ** 3, (x,), torch.ones(2, dtype=torch.double))
check2(lambda t: t ** 3, (x,), check_fwd_over_rev=True)
check2(lambda t: t ** 3, (x,), check_rev_over_rev=False)
check2(lambda t: t ** 3, (x,), check_fwd_over_rev=True, check_rev_over_rev=False)
check2(lambda t: t ** 3, (x,), check_fwd_over_rev=True, check_rev_over_rev=False, check_undefined_grad=False)
check2(Wrong.apply, (x,), leaf(1., 1.))
check2(lambda t: t ** 2, (x,), check_batched_grad=True)
check2(lambda t: t * t, (z,))
check2(lambda t: t ** 2, (x,), gen_non_contig_grad_outputs=True)
x.grad, check(lambda t: t ** 2, (x,)), x.grad, x._version
""".strip().splitlines()


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """PyTorch warns of its own code when forward mode is first used."""
    forward_ad = pytest.importorskip("torch.autograd.forward_ad")
    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.simplefilter("ignore")
        tensor = pytest.importorskip("torch").ones(1)
        forward_ad.make_dual(tensor, tensor)


@pytest.mark.parametrize("case", CASES)
def test_verdicts(same: Callable[[str], None], case: str) -> None:
    same(f"{HEAD}\nprint(attempt(lambda: ({case})))")


def test_fast_mode_shows_slow_jacobians(same: Callable[[str], None]) -> None:
    same(f"""{HEAD}
text = attempt(lambda: check(Wrong.apply, (leaf(2.),), fast_mode=True))
print(text[text.index("The above"):])
""")


def test_old_names(same: Callable[[str], None]) -> None:
    same(f"""{HEAD}
import importlib, sys
module = sys.modules[torch.__name__ + ".autograd.gradcheck"]
print(module.get_numerical_jacobian(lambda given: given[0] * 2, (x,)))
print(module.get_analytical_jacobian((x,), x * 2))
print(attempt(lambda: module.get_numerical_jacobian(lambda given: given[0] * 2, (x,), grad_out=2.)))
print(attempt(lambda: module.get_analytical_jacobian((x,), x * 2, grad_out=2.)))
print(attempt(lambda: module.get_analytical_jacobian((z,), z * 2)))
print(module.get_numerical_jacobian_wrt_specific_input(lambda a: a * a, 0, (x,), (x * x,), 1e-3))
print(issubclass(module.GradcheckError, RuntimeError), module.GradcheckError.__module__)
""")


def test_outputs_without_all_their_elements_are_refused(same: Callable[[str], None]) -> None:
    same("""
        x = torch.ones(2, 2, dtype=torch.double, requires_grad=True)
        check = torch.autograd.gradcheck
        print(attempt(lambda: check(lambda a: a.to_sparse(), x)))
        print(attempt(lambda: check(lambda a: (a, a.to_sparse()), x)))
        print(check(lambda a: a.to_sparse().to_dense(), x))
    """)
