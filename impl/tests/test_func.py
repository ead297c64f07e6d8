"""`torch.func` against PyTorch: transforms, their nesting, `vmap`, errors."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable

import pytest

HEAD = """
F = torch.func
x = torch.tensor([1., 2.])
r = torch.tensor([1., 2.], requires_grad=True)
m = torch.arange(6.).view(2, 3)
"""

TRANSFORMS = """
F.grad(lambda t: (t ** 3).sum())(x)
F.grad(lambda t: (t ** 3).sum())(r)
F.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, r)
F.grad(lambda a, b: (a['x'] * b).sum())({'x': x}, x)
F.grad(lambda t, k=1: (t * k).sum())(x, k=3)
F.grad(lambda t: ((t ** 2).sum(), {'y': t * 5}), has_aux=True)(x)
F.grad(lambda t: ((t ** 2).sum(), 3), has_aux=True)(x)
F.grad(lambda t: t.sum(), has_aux=True)(x)
F.grad(lambda t: t)(x)
F.grad(lambda t: 3)(x)
F.grad(lambda t: t * 2)(torch.tensor(3))
F.grad(lambda t: t.sum())(3)
F.grad(lambda t: t.sum(), argnums='a')(x)
F.grad(lambda t: t.sum(), argnums=())(x)
F.grad(lambda t: t.sum(), argnums=(0, 0))(x)
F.grad(lambda t: t.sum(), argnums=-1)(x)
F.grad(lambda t: t.sum(), argnums=2)(x)
F.grad(lambda t: torch.ones(()))(x)
F.grad(lambda t: t.detach().sum())(x)
F.grad(lambda t: (t * 1j).sum())(x)
F.grad_and_value(lambda t: (t ** 2).sum())(x)
F.grad_and_value(lambda t: ((t ** 2).sum(), t), has_aux=True)(x)
F.grad(F.grad(F.grad(lambda t: t ** 4)))(torch.tensor(2.))
F.grad(lambda y: F.grad(lambda z: z * y)(x[0]) * y)(torch.tensor(3.))
F.grad(lambda y: F.jvp(lambda z: z * y * z, (y,), (torch.ones(()),))[1])(torch.tensor(3.))
F.jvp(lambda y: F.jvp(lambda z: z * z * y, (y,), (torch.ones(()),))[1], (torch.tensor(3.),), (torch.tensor(1.),))
F.jvp(lambda y: F.grad(lambda z: (z ** 3 * y).sum())(y), (x,), (torch.ones(2),))
F.vjp(lambda t: t ** 2, x)[1](torch.ones(2))
F.vjp(lambda t: t ** 2, r)[0]
F.vjp(lambda t: t ** 2, r)[1](torch.ones(2))
F.vjp(lambda t: (t, {'a': t * 2}), x)[1]((x, {'a': x}))
F.vjp(lambda t: [t, {'a': t * 2}], x)[1](x)
F.vjp(lambda t: t * 2, x)[1](torch.ones(3))
F.vjp(lambda t: t * 2, x)[1](torch.ones(2).double())
F.vjp(lambda t: (t * 2, t), x, has_aux=True)[2]
F.vjp(lambda t: 3, x)
F.vjp(lambda t: (), x)
F.vjp(lambda t: None, x)
F.vjp(lambda t: t, 3)
F.vjp(lambda t: t.long(), x)
F.vjp(lambda a, b: a * b, x, x + 1)[1](x)
F.grad(lambda t: F.vjp(torch.sin, t)[1](t)[0].sum())(x)
F.jvp(lambda t: t ** 2, (x,), (torch.ones(2),))
F.jvp(lambda t: t ** 2, (r,), (torch.ones(2),))[1]
F.jvp(lambda t: t, x, x)
F.jvp(lambda t: t, (x,), (x, x))
F.jvp(lambda t: t, (x,), (torch.ones(3),))
F.jvp(lambda t: t, (x,), (3,))
F.jvp(lambda t: t, (), ())
F.jvp(lambda t: 3, (x,), (x,))
F.jvp(lambda t: torch.ones(1), (x,), (x,))
F.jvp(lambda t: torch.ones(1), (x,), (x,), strict=True)
F.jvp(lambda t: (t * 2, t), (x,), (x,), has_aux=True)
F.jvp(lambda a, b: a * b, (x, x + 1), (x, x))
F.jacrev(lambda t: (t, {'a': t.sum()}))(x)
F.jacrev(lambda t: (t['x'] * 2).sum())({'x': x})
F.jacrev(lambda a, b: a * b, argnums=(0, 1), chunk_size=1)(x, x + 1)
F.jacrev(lambda a, b: a * b, argnums=(0, 1), chunk_size=3)(x, x + 1)
F.jacrev(lambda t: t, chunk_size=0)
F.jacrev(lambda t: t)(x.to(torch.cfloat))
F.jacrev(lambda t: (t * 2, t), has_aux=True)(x)
F.jacrev(lambda t: t ** 2)(r)
F.jacfwd(lambda t: (t, {'a': t.sum()}))(x)
F.jacfwd(lambda t: (t * 2, t), has_aux=True)(x)
F.jacfwd(lambda t: t)(x.to(torch.cfloat))
F.jacfwd(lambda a, b: a * b, argnums=(0, 1))(x, x + 1)
F.jacfwd(lambda t: t.view(2, 1) @ t.view(1, 2))(x)
F.hessian(lambda t: t[0] * t[1] ** 2)(x)
F.hessian(lambda t: (t.sin() * t.exp()).sum())(x)
F.jacfwd(F.jacfwd(lambda t: t.prod()))(x)
F.jacrev(F.jacrev(lambda t: (t ** 3).sum()))(x)
F.jacrev(F.jacfwd(lambda t: (t ** 3).sum()))(x)
F.functionalize(lambda t: t.add(1))(x)
F.debug_unwrap(x) is x
torch.vmap is F.vmap, F.grad.__module__, F.grad(lambda t: t).__name__
""".strip().splitlines()

INSIDE_GRAD = """
print(t) or t.sum()
print(t.requires_grad, t.is_leaf, t.grad_fn, (t * 2).grad_fn is None, t.grad, t._version) or t.sum()
t.sum().backward()
(t * 2).requires_grad_().sum()
t.requires_grad_(False)
t.retain_grad()
t.numpy()
t.detach().numpy()
t.data_ptr()
torch.tensor(t.sum().item())
torch.tensor(t.tolist()).sum()
(t * t.data).sum()
(t * t.detach()).sum()
t.sum() if t.sum() > 0 else None
(torch.zeros(2, requires_grad=True) * t).sum()
torch.autograd.grad((t ** 3).sum(), t, create_graph=True)[0].sum()
torch.autograd.grad((t ** 3).sum(), t)[0].sum()
captured.add_(t).sum()
captured.add_(1).sum() + t.sum()
torch.zeros(2).copy_(t).sum()
t.clone().mul_(t).sum()
t.clone().mul_(2).exp_().sum()
(t * captured).sum()
t.register_hook(lambda g: g * 3) and (t * 2).sum()
torch.stack([t, t * 2]).prod()
t[torch.tensor([1, 1])].sum()
""".strip().splitlines()

VMAP = """
F.vmap(torch.sum)(m)
F.vmap(torch.sum, in_dims=1)(m)
F.vmap(torch.sum, in_dims=-1)(m)
F.vmap(lambda t: t * 2, out_dims=1)(m)
F.vmap(lambda t: t * 2, out_dims=-1)(m)
F.vmap(torch.add, in_dims=(0, None))(m, torch.ones(3))
F.vmap(lambda t: {'a': t, 'b': [t, t * 2]})(x)
F.vmap(lambda d, u: d['a'] * u, in_dims=({'a': 0}, None))({'a': x}, x)
F.vmap(torch.dot)(m, m)
F.vmap(lambda t: t @ t)(m)
F.vmap(F.vmap(lambda t: t * 2))(m)
F.vmap(lambda a: F.vmap(lambda b: a * b)(x))(x)
F.vmap(F.grad(lambda t: t ** 3))(x)
F.grad(lambda t: F.vmap(lambda u: u * u)(t).sum())(x)
F.vmap(lambda t: t, in_dims='a')(x)
F.vmap(lambda t: t)()
F.vmap(lambda t, u: t, in_dims=(0,))(x, x)
F.vmap(lambda t: t)(3)
F.vmap(lambda t: t, in_dims=1)(x)
F.vmap(lambda t: t, in_dims=('a',))(x)
F.vmap(lambda t: t, in_dims=None)(x)
F.vmap(lambda t, u: t)(x, torch.ones(3))
F.vmap(lambda t: t, in_dims=(None,))(x)
F.vmap(lambda t: t, out_dims='a')(x)
F.vmap(lambda t: t, out_dims=(0, 0))(x)
F.vmap(lambda t: (t, t), out_dims=(0, 0, 0))(x)
F.vmap(lambda t: (t, t), out_dims=(0, None))(x)
F.vmap(lambda t: t, out_dims=None)(x)
F.vmap(lambda t: torch.ones(2), out_dims=None)(x)
F.vmap(lambda t: torch.ones(2))(x)
F.vmap(lambda t: 3)(x)
F.vmap(lambda t: t, out_dims=3)(x)
F.vmap(lambda t: t, randomness='x')(x)
F.vmap(lambda t: t, chunk_size=0)(x)
F.vmap(torch.sin, chunk_size=2)(torch.arange(5.))
F.vmap(lambda t: t + torch.rand(()))(x)
(lambda a: bool((a == a[0]).all()))(F.vmap(lambda t: t * 0 + torch.rand(()), randomness='same')(x))
(lambda a: bool((a == a[0]).all()))(F.vmap(lambda t: t * 0 + torch.rand(()), randomness='different')(x))
F.vmap(lambda t: print(t) or t)(m)
F.vmap(lambda t: print(t) or t, in_dims=1)(m)
F.vmap(lambda t: print(t.shape, t.dim(), t.requires_grad, t.stride(), t.numel(), t.dtype) or t)(m)
F.vmap(lambda t: t.item())(x)
F.vmap(lambda t: t if t > 0 else -t)(x)
F.vmap(lambda t: torch.tensor(float(t)))(x)
F.vmap(lambda t: torch.tensor(int(t)))(x)
F.vmap(lambda t: t.tolist())(m)
F.vmap(lambda t: t.numpy())(m)
F.vmap(lambda t: t.nonzero())(m)
F.vmap(lambda t: t[t > 0])(m)
F.vmap(lambda t: t.masked_select(t > 0))(m)
F.vmap(lambda t: torch.equal(t, t))(m)
F.vmap(lambda t: torch.allclose(t, t))(m)
F.vmap(lambda t: t.requires_grad_())(m)
F.vmap(lambda t: t.sum().backward())(m)
F.vmap(lambda t: t.data)(m)
F.vmap(lambda t: t.detach())(r)
F.vmap(lambda t: torch.add(t, t, out=torch.zeros(3)))(m)
F.vmap(lambda t: torch.zeros(3).add_(t))(x)
F.vmap(lambda t: torch.zeros(3).add_(t))(m)
F.vmap(lambda t: torch.zeros(3).sub_(t))(x)
F.vmap(lambda t: torch.zeros(3).mul_(t))(m)
F.vmap(lambda t: torch.zeros(3).copy_(t))(m)
F.vmap(lambda t: torch.zeros(3).fill_(t))(x)
F.vmap(lambda t: t.new_zeros(3).copy_(t))(m)
F.vmap(lambda t: torch.zeros_like(t).add_(t))(m)
F.vmap(lambda t: t.clone().mul_(t))(m)
F.vmap(lambda t: t.clone().mul_(2).add_(1))(m)
F.vmap(lambda t: [u for u in t][0])(m)
F.vmap(lambda t: t.softmax(0))(m)
F.vmap(lambda t: t.max())(m)
F.vmap(lambda t: t.max(0))(m)
F.vmap(lambda t: t.sort(descending=True))(m)
F.vmap(lambda t: torch.stack([t, t * 2]))(m)
F.vmap(lambda t: torch.cat([t, torch.ones(1)]))(m)
F.vmap(lambda t: t.view(3, 1).expand(3, 2))(m)
F.vmap(lambda t: t.unsqueeze(0).transpose(0, 1))(m)
F.vmap(lambda t, i: t[i])(m, torch.tensor([0, 2]))
F.vmap(lambda t: torch.where(t > 2, t, -t))(m)
F.vmap(lambda t: t.to(torch.double) + 1)(m)
F.vmap(lambda t, u: t + u)(x, m.long())
F.vmap(lambda t: t)(torch.ones(0, 2))
F.vmap(lambda t: t.sum())(torch.ones(0, 2))
F.vmap(torch.sin)(r)
F.vmap(lambda t: t.sum())(torch.ones(2, 3, requires_grad=True))
F.vmap(lambda t: t[0])(torch.ones(2, 3, requires_grad=True))
""".strip().splitlines()

PROGRAMS = [
    """
    hooks = torch.autograd.graph.saved_tensors_hooks
    def inner(t):
        with hooks(lambda t: t, lambda t: t):
            return (t ** 2).sum()
    for transform in (F.grad(inner), F.jacrev(inner), F.vmap(inner), lambda t: F.vjp(inner, t)[0]):
        print(attempt(lambda: transform(x)))
    with hooks(lambda t: t, lambda t: t):
        print(attempt(lambda: F.grad(lambda t: t.sum())(x)))
    with torch.inference_mode():
        print(F.grad(lambda t: (t ** 2).sum())(x), F.vjp(lambda t: t ** 2, x)[1](x))
        print(F.jvp(lambda t: t ** 2, (x,), (x,)))
    """,
    """
    class Square(torch.autograd.Function):
        generate_vmap_rule = True
        @staticmethod
        def forward(x):
            return x ** 2
        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)
        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0]
        @staticmethod
        def jvp(ctx, t):
            return t * 2 * ctx.saved_tensors[0]
    print(F.grad(lambda t: Square.apply(t).sum())(x), F.vmap(Square.apply)(x), F.jacrev(Square.apply)(x))
    print(F.jvp(Square.apply, (x,), (x,)), F.grad(F.grad(Square.apply))(x[0]))
    """,
    """
    with torch.no_grad():
        print(F.grad(lambda t: t ** 2)(torch.tensor(3.)), F.vjp(lambda t: t ** 2, x)[1](x))
        print(F.grad(lambda t: (t ** 2).sum())(r))
    def f(t):
        with torch.no_grad():
            c = t ** 2
        return t - c
    print(F.grad(f)(torch.tensor(3.)), torch.is_grad_enabled())
    """,
    """
    print(torch.autograd.grad(F.grad(lambda t: (t ** 3).sum())(r).sum(), r))
    print(torch.autograd.grad(F.vmap(lambda t: t ** 3)(r).sum(), r))
    print(torch.autograd.grad(F.jvp(lambda t: t ** 3, (r,), (torch.ones(2),))[1].sum(), r))
    print(torch.autograd.grad(F.vjp(lambda t: t ** 3, r)[1](torch.ones(2))[0].sum(), r))
    print(torch.autograd.grad(F.jacrev(lambda t: t ** 3)(r).sum(), r))
    print(torch.autograd.grad(F.hessian(lambda t: (t ** 3).sum())(r).sum(), r))
    """,
    """
    y = r ** 2
    def hook(g):
        print(g.shape)
        return g * 2
    y.register_hook(hook)
    print(torch.autograd.grad(y, r, torch.eye(2), is_grads_batched=True, create_graph=True))
    print(attempt(lambda: torch.autograd.grad(y, r, torch.ones(3, 3), is_grads_batched=True)))
    print(torch.autograd.grad(r.sum() * 2, r, torch.ones(4), is_grads_batched=True))
    """,
    """
    kept = []
    F.grad(lambda t: kept.append(t * 2) or t.sum())(x)
    print(kept[0].requires_grad, kept)
    out, back = F.vjp(lambda t: t ** 3, x)
    print(back(x), back(torch.ones(2)), F.vmap(back)(torch.eye(2)))
    import warnings
    warnings.simplefilter("ignore")
    linear = F.linearize(lambda t: t ** 3, x)[1]
    print(linear(torch.ones(2)), attempt(lambda: linear(torch.ones(3))))
    print(attempt(lambda: linear(x, x)), attempt(lambda: linear(x.double())))
    """,
    """
    weights = torch.ones(2, 3)
    def loss(w, t):
        return ((w @ t) ** 2).sum()
    print(F.vmap(F.grad(loss), in_dims=(None, 0))(weights, m))
    print(F.vmap(F.grad_and_value(loss), in_dims=(None, 0))(weights, m))
    print(F.jacrev(F.grad(loss), argnums=1)(weights, m[0]).shape)
    """,
    """
    def raises(t):
        raise ValueError("inside")
    along = lambda t: F.jvp(raises, (t,), (t,))
    for transform in (F.grad(raises), F.vmap(raises), F.jacrev(raises), F.jacfwd(raises), along):
        print(attempt(lambda: transform(x)), torch.is_grad_enabled(), F.grad(lambda t: (t ** 2).sum())(x))
    """,
]


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """PyTorch warns of its own code when transforms are first used."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.func.jvp(lambda t: t, (torch.ones(1),), (torch.ones(1),))


@pytest.mark.parametrize("case", TRANSFORMS + VMAP)
def test_transforms(same: Callable[[str], None], case: str) -> None:
    same(f"{HEAD}\nprint(attempt(lambda: ({case})))")


@pytest.mark.parametrize("case", INSIDE_GRAD)
def test_inside_grad(same: Callable[[str], None], case: str) -> None:
    same(f"{HEAD}\ncaptured = torch.zeros(2)\nprint(attempt(lambda: F.grad(lambda t: ({case}))(x)), captured)")


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(same: Callable[[str], None], program: str) -> None:
    same(HEAD + textwrap.dedent(program))


def test_tensors_that_outlive_a_transform_are_constants(same: Callable[[str], None]) -> None:
    same("""
        kept = []
        def f(a):
            b = a * 2
            kept.extend([a, b])
            return b.sum()
        torch.func.grad(f)(torch.ones(2))
        a, b = kept
        print(a + 1, b + 1, a.sum(), (a * b).requires_grad, a.requires_grad, type(b.grad_fn).__name__)
        kept.clear()
        result, pull_back = torch.func.vjp(f, torch.ones(2))
        print(kept[0] + 1, kept[1] + 1, pull_back(torch.tensor(1.0)))
        del a, b, pull_back
        kept.clear()
        print(torch.ones(1, requires_grad=True) * 2)
    """)
