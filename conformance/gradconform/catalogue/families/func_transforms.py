"""`torch.func`: transforms that make functions of functions, and the rules that hold inside them."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import func_transforms as generate

FAMILY = "func-transforms"

_PAGE = "https://docs.pytorch.org/docs/2.13/generated/torch.func."
_GRAD = f"{_PAGE}grad.html"
_VJP = f"{_PAGE}vjp.html"
_JVP = f"{_PAGE}jvp.html"
_LINEARIZE = f"{_PAGE}linearize.html"
_JACFWD = f"{_PAGE}jacfwd.html"
_HESSIAN = f"{_PAGE}hessian.html"
_VMAP = f"{_PAGE}vmap.html"
_FUNCTIONALIZE = f"{_PAGE}functionalize.html"
_UNWRAP = f"{_PAGE}debug_unwrap.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="func-transforms.grad",
        family=FAMILY,
        statement="`grad` makes of a function with a scalar result one that gives its gradient.",
        expectation="The gradient with respect to the first argument; the argument itself gets no `.grad`.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "helps computing gradients of func with respect to the input(s) specified by argnums."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                g = torch.func.grad(lambda t: (t ** 3).sum())(x)
                g, v = torch.func.grad_and_value(lambda t: (t ** 3).sum())(x)
                observe(x, g, v)
                torch.func.grad(lambda t, k=1: (t * k).sum())(x, k=3)
                torch.func.grad(lambda d, b: (d["a"] * b).sum())({"a": x}, x)
            """),
        ),
        generator=generate.GRAD,
        needs=("func-transforms",),
    ),
    Behaviour(
        id="func-transforms.argnums",
        family=FAMILY,
        statement="`argnums` says with respect to which arguments, one or a tuple of them.",
        expectation="A tuple gives a tuple; what is out of range, twice there, empty or no integer is refused.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "argnums can be single integer or tuple of integers. Default: 0."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                w = torch.tensor([3.0, 4.0])
                f = lambda a, b: (a * b * b).sum()
                torch.func.grad(f, argnums=1)(x, w)
                torch.func.grad(f, argnums=(0, 1))(x, w)
                torch.func.grad_and_value(f, argnums=(1, 0))(x, w)
                torch.func.grad(f, argnums=2)(x, w)
                torch.func.jacrev(f, argnums=(0, 0))(x, w)
                torch.func.jacfwd(f, argnums=())(x, w)
            """),
        ),
        generator=generate.ARGNUMS,
        needs=("func-transforms",),
        depends=("func-transforms.grad",),
    ),
    Behaviour(
        id="func-transforms.has-aux",
        family=FAMILY,
        statement="With `has_aux` the function returns a pair, and its second part comes back as it is.",
        expectation="The auxiliary value without history of the transform; an error where there is no pair.",
        level=Level.REQUIRED,
        clause=Clause(_VJP, "the second element is other auxiliary objects that will not be differentiated."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                g, aux = torch.func.grad(lambda t: ((t ** 2).sum(), t * 5), has_aux=True)(x)
                observe(g, aux)
                torch.func.grad_and_value(lambda t: ((t ** 2).sum(), {"y": t}), has_aux=True)(x)
                torch.func.vjp(lambda t: (t * 2, t), x, has_aux=True)[2]
                torch.func.jvp(lambda t: (t * 2, t), (x,), (x,), has_aux=True)
                torch.func.jacrev(lambda t: (t * 2, t.sum()), has_aux=True)(x)
                torch.func.grad(lambda t: t.sum(), has_aux=True)(x)
                torch.func.grad(lambda t: (t.sum(), 3), has_aux=True)(x)
            """),
        ),
        generator=generate.AUX,
        needs=("func-transforms",),
        depends=("func-transforms.grad",),
    ),
    Behaviour(
        id="func-transforms.grad-needs-a-scalar",
        family=FAMILY,
        statement="The function given to `grad` returns one floating tensor without dimensions, and what it is "
        "differentiated by is a floating tensor.",
        expectation="RuntimeError that says what came instead.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "Must return a single-element Tensor."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                torch.func.grad(lambda t: t)(x)
                torch.func.grad(lambda t: 3)(x)
                torch.func.grad(lambda t: (t.sum(), t.sum()))(x)
                torch.func.grad(lambda t: t * 2)(torch.tensor(3))
                torch.func.grad(lambda t: t.sum())(3)
                torch.func.grad(lambda t: (t * 1j).sum())(x)
                torch.func.grad(lambda t: torch.ones(()))(x)
            """),
        ),
        needs=("func-transforms",),
    ),
    Behaviour(
        id="func-transforms.nesting",
        family=FAMILY,
        statement="Transforms nest: what one makes can be given to the next, and each differentiates by its own "
        "argument only.",
        expectation="Higher derivatives, and no confusion of an inner variable with an outer one.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "This operator can be nested to compute higher-order gradients."),
        examples=(
            code("""
                import torch
                grad = torch.func.grad
                grad(grad(grad(lambda t: t ** 4)))(torch.tensor(2.0))
                grad(lambda y: grad(lambda z: z * y)(torch.tensor(1.0)) * y)(torch.tensor(3.0))
                one = torch.tensor(1.0)
                torch.func.jvp(lambda y: torch.func.jvp(lambda z: z * z * y, (y,), (one,))[1], (one * 3,), (one,))
                torch.func.jvp(lambda y: grad(lambda z: (z ** 3 * y).sum())(y), (one,), (one,))
                grad(lambda y: torch.func.jvp(lambda z: z * y * z, (y,), (one,))[1])(one)
            """),
        ),
        generator=generate.NESTED,
        needs=("func-transforms",),
        depends=("func-transforms.grad",),
    ),
    Behaviour(
        id="func-transforms.grad-modes",
        family=FAMILY,
        statement="A transform records whatever the grad mode outside is; `no_grad` inside its function counts.",
        expectation="The full gradient under `no_grad`; nothing for what the function computes under it.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "its result should not depend on the result of a context manager outside of f."),
        examples=(
            code("""
                import torch
                def f(t):
                    print(torch.is_grad_enabled())
                    with torch.no_grad():
                        c = t ** 2
                    return t - c
                x = torch.tensor(3.0, requires_grad=True)
                with torch.no_grad():
                    torch.func.grad(lambda t: t ** 2)(x)
                    torch.func.vjp(lambda t: t ** 2, x)[1](torch.tensor(1.0))
                    print(torch.is_grad_enabled())
                g = torch.func.grad(f)(x)
                observe(x, g)
            """),
        ),
        needs=("func-transforms", "grad-mode"),
        depends=("func-transforms.grad",),
    ),
    Behaviour(
        id="func-transforms.vjp",
        family=FAMILY,
        statement="`vjp` gives the result and a function that pulls cotangents back, as often as it is called.",
        expectation="A tuple with a part for each primal; cotangents must have the structure and shapes of the result.",
        level=Level.REQUIRED,
        clause=Clause(_VJP, "The returned vjp_fn function will return a tuple of each VJP."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                y, back = torch.func.vjp(lambda t: t ** 2, x)
                y
                back(torch.ones(2))
                back(torch.tensor([1.0, 0.0]))
                torch.func.vjp(lambda a, b: a * b, x, x + 1)[1](x)
                torch.func.vjp(lambda t: (t, {"a": t * 2}), x)[1]((x, {"a": x}))
                back(torch.ones(3))
                back((x, x))
                torch.func.vjp(lambda t: [t, t], x)[1](x)
            """),
        ),
        generator=generate.VJP,
        needs=("func-transforms",),
    ),
    Behaviour(
        id="func-transforms.vjp-results",
        family=FAMILY,
        statement="The function given to `vjp` returns floating tensors, in any structure that is not empty.",
        expectation="RuntimeError that names the type for anything else.",
        level=Level.RECOMMENDED,
        clause=Clause(_VJP, "Must return one or more Tensors."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                torch.func.vjp(lambda t: 3, x)
                torch.func.vjp(lambda t: (), x)
                torch.func.vjp(lambda t: None, x)
                torch.func.vjp(lambda t: t.long(), x)
                torch.func.vjp(lambda t: t, 3)
                torch.func.vjp(lambda t: torch.ones(2), x)[1](x)
            """),
        ),
        needs=("func-transforms",),
        depends=("func-transforms.vjp",),
    ),
    Behaviour(
        id="func-transforms.jvp",
        family=FAMILY,
        statement="`jvp` gives the result and its derivative in the direction of the tangents, in any structure; "
        "`strict` refuses results that do not depend on the primals.",
        expectation="Zeros for those without `strict`.",
        level=Level.REQUIRED,
        clause=Clause(_JVP, "Standing for the Jacobian-vector product"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                w = torch.tensor([3.0, -1.0])
                torch.func.jvp(lambda t: t ** 2, (x,), (w,))
                torch.func.jvp(lambda a, b: {"p": a * b, "q": [a.sum()]}, (x, w), (w, x))
                torch.func.jvp(lambda t: torch.ones(1), (x,), (w,))
                torch.func.jvp(lambda t: torch.ones(1), (x,), (w,), strict=True)
            """),
        ),
        generator=generate.JVP,
        needs=("func-transforms",),
    ),
    Behaviour(
        id="func-transforms.jvp-arguments",
        family=FAMILY,
        statement="Primals and tangents of `jvp` are tuples of the same structure, with tensors only.",
        expectation="RuntimeError that says what is wrong.",
        level=Level.REQUIRED,
        clause=Clause(_JVP, "Must be the same structure and sizes as the inputs to func."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                torch.func.jvp(lambda t: t, x, x)
                torch.func.jvp(lambda t: t, (x,), (x, x))
                torch.func.jvp(lambda t: t, (x,), (torch.ones(3),))
                torch.func.jvp(lambda t: t, (x,), (3,))
                torch.func.jvp(lambda t: t, (), ())
                torch.func.jvp(lambda t: 3, (x,), (x,))
            """),
        ),
        generator=generate.JVP_ARGUMENTS,
        needs=("func-transforms",),
        depends=("func-transforms.jvp",),
    ),
    Behaviour(
        id="func-transforms.linearize",
        family=FAMILY,
        statement="`linearize` gives the result and a function of tangents: the derivative there, computed once.",
        expectation="The same as `jvp` for each tangent; another shape or dtype is refused.",
        level=Level.OPTIONAL,
        clause=Clause(_LINEARIZE, "linearize is useful if jvp is to be computed multiple times at primals."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                y, derivative = torch.func.linearize(torch.square, x)
                y
                derivative(torch.ones(2))
                derivative(torch.tensor([1.0, -1.0]))
                derivative(torch.ones(3))
                derivative(x, x)
            """),
        ),
        generator=generate.LINEARIZE,
        needs=("func-transforms",),
        depends=("func-transforms.jvp",),
    ),
    Behaviour(
        id="func-transforms.jacobians",
        family=FAMILY,
        statement="`jacrev` and `jacfwd` give the same Jacobian, by reverse and by forward mode, for any structure of "
        "results.",
        expectation="The shape of the result followed by that of the argument.",
        level=Level.REQUIRED,
        clause=Clause(_JACFWD, "Computes the Jacobian of func with respect to the arg(s) at index argnum using"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                f = lambda t: torch.stack([t.prod(), t.sum(), t[0] ** 2])
                torch.func.jacrev(f)(x)
                torch.func.jacfwd(f)(x)
                torch.func.jacrev(lambda t: (t, {"a": t.sum()}))(x)
                torch.func.jacfwd(lambda d: (d["x"] * 2).sum())({"x": x})
                torch.func.jacrev(lambda t: t)(torch.tensor([1j]))
                torch.func.jacfwd(lambda t: t)(torch.tensor([1j]))
                torch.func.jacrev(lambda t: 3)(x)
            """),
        ),
        generator=generate.JACOBIANS,
        needs=("func-transforms",),
        depends=("func-transforms.vjp", "func-transforms.jvp"),
    ),
    Behaviour(
        id="func-transforms.chunks",
        family=FAMILY,
        statement="`chunk_size` computes so many rows or examples at a time, and changes nothing else.",
        expectation="The same values; numbers below 1 are refused.",
        level=Level.OPTIONAL,
        clause=Clause(_VMAP, "If not None, then compute the vmap chunk_size samples at a time."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                torch.func.jacrev(lambda t: t ** 2, chunk_size=1)(x)
                torch.func.vmap(torch.sin, chunk_size=2)(torch.arange(5.0))
                torch.func.vmap(torch.sin, chunk_size=0)(x)
                torch.func.jacrev(lambda t: t, chunk_size=0)
            """),
        ),
        generator=generate.CHUNKS,
        needs=("func-transforms",),
        depends=("func-transforms.jacobians", "func-transforms.vmap"),
    ),
    Behaviour(
        id="func-transforms.hessian",
        family=FAMILY,
        statement="`hessian` is the Jacobian by forward mode of the Jacobian by reverse mode.",
        expectation="The second derivatives.",
        level=Level.REQUIRED,
        clause=Clause(_HESSIAN, "Computes the Hessian of func with respect to the arg(s) at index argnum via a"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                torch.func.hessian(lambda t: t[0] * t[1] ** 3)(x)
                torch.func.hessian(lambda a, b: (a * b).sum(), argnums=1)(x, x)
                torch.func.jacrev(torch.func.jacfwd(lambda t: t[0] * t[1] ** 3))(x)
            """),
        ),
        generator=generate.HESSIAN,
        needs=("func-transforms",),
        depends=("func-transforms.jacobians",),
    ),
    Behaviour(
        id="func-transforms.vmap",
        family=FAMILY,
        statement="`vmap` runs a function once on all slices of its arguments along a dimension and stacks the "
        "results; inside, that dimension is not there.",
        expectation="As a loop over the slices; the function is called once.",
        level=Level.REQUIRED,
        clause=Clause(_VMAP, "vmap(func) returns a new function that maps func over some dimension of the inputs."),
        examples=(
            code("""
                import torch
                m = torch.arange(6.0).view(2, 3)
                def f(t):
                    print(t.shape, t.dim())
                    return t * 2, t.sum()
                torch.func.vmap(f)(m)
                torch.vmap(torch.dot)(m, m)
                torch.vmap(lambda d, u: {"p": d["a"] * u})({"a": m}, m)
                torch.vmap(torch.vmap(lambda t: t * 2))(m)
                torch.vmap(lambda t: torch.ones(2))(m)
                torch.vmap(lambda t: 3)(m)
            """),
            code("""
                import torch
                torch.vmap(lambda t: t + torch.ones(1))(torch.ones(2, dtype=torch.float64))
                torch.vmap(lambda t: torch.tensor(1.0, dtype=torch.float64) * t)(torch.ones(2))
                m = torch.arange(12.0).view(3, 2, 2).requires_grad_()
                a = torch.vmap(lambda t: t.softmax(0))(m)
                b = torch.vmap(lambda t: t.max(0)[0])(m)
                c = torch.vmap(lambda t: t.t())(m)
                d = torch.vmap(lambda t: torch.dot(t[0], t[1]))(m)
                e = torch.vmap(lambda t: t.view(4).cumsum(0))(m)
                f = torch.vmap(lambda t: torch.cat([t, t], 1).sort(1)[0])(m)
                observe(a, b, c, d, e, f)
                g = torch.zeros(3, 2)
                torch.vmap(lambda t: t.add_(1).mul_(t))(g)
                observe(g)
            """),
        ),
        generator=generate.VMAP,
        needs=("func-transforms",),
    ),
    Behaviour(
        id="func-transforms.vmap-dimensions",
        family=FAMILY,
        statement="`in_dims` says along which dimension of each argument, None for not at all; `out_dims` where the "
        "dimension goes in the results.",
        expectation="ValueError or TypeError, with the function's name, where they do not fit.",
        level=Level.REQUIRED,
        clause=Clause(_VMAP, "Specifies which dimension of the inputs should be mapped over."),
        examples=(
            code("""
                import torch
                m = torch.arange(6.0).view(2, 3)
                torch.vmap(torch.sum, in_dims=1)(m)
                torch.vmap(torch.add, in_dims=(0, None))(m, torch.ones(3))
                torch.vmap(lambda t: t * 2, out_dims=1)(m)
                torch.vmap(lambda t: (t, t.sum()), out_dims=(-1, 0))(m)
                torch.vmap(lambda t: t, in_dims=2)(m)
                torch.vmap(lambda t: t, in_dims=(0, 0))(m)
                torch.vmap(lambda t: t, in_dims=None)(m)
                torch.vmap(lambda t, u: t)(m, torch.ones(3))
                torch.vmap(lambda t: t, in_dims="a")(m)
                torch.vmap(lambda t: t, out_dims=(0, 0))(m)
                torch.vmap(lambda t: t, out_dims=None)(m)
                torch.vmap(lambda t: t)()
                torch.vmap(lambda t: t)(3)
            """),
        ),
        generator=generate.DIMS,
        needs=("func-transforms",),
        depends=("func-transforms.vmap",),
    ),
    Behaviour(
        id="func-transforms.vmap-randomness",
        family=FAMILY,
        statement="Random operators inside `vmap` are refused unless `randomness` is `same` or `different`.",
        expectation="One draw for all examples, or one for each.",
        level=Level.RECOMMENDED,
        clause=Clause(_VMAP, "If 'error', any calls to random functions will error."),
        examples=(
            code("""
                import torch
                x = torch.zeros(3)
                torch.vmap(lambda t: t + torch.rand(()))(x)
                torch.manual_seed(1)
                torch.vmap(lambda t: t + torch.rand(()), randomness="same")(x)
                torch.manual_seed(1)
                torch.vmap(lambda t: t + torch.rand(()), randomness="different")(x)
                torch.vmap(lambda t: t, randomness="sometimes")(x)
            """),
            code("""
                import torch
                x = torch.full((3, 2), 0.5)
                torch.vmap(lambda t: t.bernoulli())(x)
                torch.vmap(lambda t: t.bernoulli(), randomness="same")(x)
                torch.vmap(lambda t: torch.nn.functional.dropout(t))(x)
                torch.manual_seed(1)
                y = torch.vmap(lambda t: t.clone().uniform_(), randomness="same")(x)
                z = torch.vmap(lambda t: t.clone().uniform_(), randomness="different")(x)
                torch.vmap(lambda t: torch.ones(2).uniform_(), randomness="different")(x)
                observe(y, z)
            """),
        ),
        generator=generate.RANDOM,
        needs=("func-transforms",),
        depends=("func-transforms.vmap",),
    ),
    Behaviour(
        id="func-transforms.gradients-of-examples",
        family=FAMILY,
        statement="`vmap` of `grad` gives the gradient of each example, `grad` of `vmap` that of all of them.",
        expectation="As a loop over the examples.",
        level=Level.REQUIRED,
        clause=Clause(_VMAP, "vmap can also be used to compute batched gradients when composed with autograd."),
        examples=(
            code("""
                import torch
                m = torch.tensor([[1.0, 2.0], [3.0, -4.0]])
                w = torch.tensor([2.0, -1.0])
                loss = lambda w, t: ((w * t) ** 2).sum()
                torch.vmap(torch.func.grad(loss), in_dims=(None, 0))(w, m)
                torch.func.grad(lambda w: torch.vmap(loss, in_dims=(None, 0))(w, m).sum())(w)
                torch.vmap(torch.func.jacrev(lambda t: t ** 2))(m)
                torch.vmap(lambda t: torch.func.vjp(torch.square, t)[1](w)[0])(m)
            """),
        ),
        generator=generate.PER_SAMPLE,
        needs=("func-transforms",),
        depends=("func-transforms.grad", "func-transforms.vmap"),
    ),
    Behaviour(
        id="func-transforms.what-is-refused-inside",
        family=FAMILY,
        statement="Inside a transform `backward` and `requires_grad_` are refused, and writing into a tensor from "
        "outside; inside `vmap` also whatever depends on values.",
        expectation="RuntimeError that says why; the grad mode and later transforms are as before.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                w = torch.zeros(2)
                torch.func.grad(lambda t: t.sum().backward())(x)
                torch.func.grad(lambda t: (t * 2).requires_grad_().sum())(x)
                torch.func.grad(lambda t: w.add_(t).sum())(x)
                torch.vmap(lambda t: t.item())(x)
                torch.vmap(lambda t: t > 0 and t)(x)
                torch.vmap(lambda t: w.add_(t))(x)
                torch.vmap(lambda t: t.nonzero())(x)
                torch.is_grad_enabled()
                torch.func.grad(lambda t: t.sum())(x)
                observe(x, w)
            """),
            code("""
                import torch
                x = torch.ones(2)
                torch.vmap(torch.func.grad(lambda t: t * t.item()))(x)
                torch.vmap(lambda t: t.detach_())(x)
                torch.vmap(lambda t: torch.tensor([t, t]))(x)
                kept = []
                def keeps(t):
                    kept.append(t * 3)
                    return t
                torch.vmap(keeps)(x)
                kept[0] + 1
            """),
        ),
        generator=generate.INSIDE,
        needs=("func-transforms",),
        depends=("func-transforms.grad",),
    ),
    Behaviour(
        id="func-transforms.differentiable-from-outside",
        family=FAMILY,
        statement="What a transform computes from leaves that require grad is recorded, and backward reaches them.",
        expectation="`.grad` of the arguments and of what the function closes over.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, -1.0], requires_grad=True)
                g = torch.func.grad(lambda t: (t ** 3 * w).sum())(x)
                observe(g)
                g.sum().backward()
                observe(x, w)
                torch.func.jvp(lambda t: t ** 3, (x,), (w,))[1].sum().backward()
                torch.vmap(lambda t: t * w)(torch.ones(3, 2)).sum().backward()
                observe(x, w)
            """),
        ),
        generator=generate.OUTSIDE,
        needs=("func-transforms", "backward"),
        depends=("func-transforms.grad",),
    ),
    Behaviour(
        id="func-transforms.custom-function",
        family=FAMILY,
        statement="A custom Function works inside transforms if its context is set up apart; under `vmap` it has a "
        "`vmap` or asks for one to be generated.",
        expectation="RuntimeError that says which part is missing.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Square(torch.autograd.Function):
                    @staticmethod
                    def forward(x):
                        return x * x
                    @staticmethod
                    def setup_context(ctx, inputs, output):
                        ctx.save_for_backward(inputs[0])
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return 2 * x * grad
                x = torch.tensor([1.0, 2.0])
                torch.func.grad(lambda t: Square.apply(t).sum())(x)
                torch.func.hessian(lambda t: Square.apply(t).sum())(x)
                torch.vmap(Square.apply)(x)
                Square.generate_vmap_rule = True
                torch.vmap(Square.apply)(x)
                torch.vmap(torch.func.grad(Square.apply))(x)
            """),
        ),
        generator=generate.FUNCTIONS,
        needs=("func-transforms", "custom-function"),
        depends=("func-transforms.grad", "func-transforms.vmap"),
    ),
    Behaviour(
        id="func-transforms.functionalize",
        family=FAMILY,
        statement="`functionalize` runs a function without writes in place, and writes into the arguments at the end "
        "where the function did.",
        expectation="The result and the arguments as without it.",
        level=Level.OPTIONAL,
        clause=Clause(_FUNCTIONALIZE, "a new function with the same semantics as func, but with all intermediate"),
        examples=(
            code("""
                import torch
                def f(t):
                    y = t.clone()
                    y.add_(1)
                    y.view(-1).mul_(2)
                    t.add_(10)
                    return y
                x = torch.tensor([1.0, 2.0])
                torch.func.functionalize(f)(x)
                observe(x)
                torch.func.functionalize(f, remove="mutations_and_views")(x)
                observe(x)
                torch.func.functionalize(f, remove="all")(x)
            """),
        ),
        generator=generate.FUNCTIONALIZED,
        needs=("func-transforms", "in-place"),
    ),
    Behaviour(
        id="func-transforms.inside-looks",
        family=FAMILY,
        statement="Inside a transform a tensor shows what it stands on; `debug_unwrap` gives that.",
        expectation="GradTrackingTensor and BatchedTensor in its text, the plain tensor from `debug_unwrap`.",
        level=Level.INFORMATIONAL,
        clause=Clause(_UNWRAP, "This function should only be used in a debug setting"),
        examples=(
            code("""
                import torch
                def look(t):
                    print(t)
                    print(torch.func.debug_unwrap(t))
                    print(t.requires_grad, t.is_leaf, t.grad_fn)
                    return t.sum()
                x = torch.tensor([1.0, 2.0])
                torch.func.grad(look)(x)
                torch.vmap(look)(torch.ones(2, 2))
                torch.vmap(torch.func.grad(look))(torch.ones(2, 2))
                torch.func.debug_unwrap(x) is x
            """),
        ),
        needs=("func-transforms",),
        depends=("func-transforms.grad", "func-transforms.vmap"),
    ),
    Behaviour(
        id="func-transforms.errors-leave-nothing-behind",
        family=FAMILY,
        statement="An error inside a transform ends it: the levels are left and later transforms work.",
        expectation="The function's own error, unchanged.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                def raises(t):
                    raise ValueError("inside")
                x = torch.tensor([1.0, 2.0])
                torch.func.grad(raises)(x)
                torch.vmap(raises)(x)
                torch.func.jacfwd(raises)(x)
                torch.func.jvp(raises, (x,), (x,))
                kept = []
                torch.func.grad(lambda t: kept.append(t * 2) or t.sum())(x)
                kept[0] + 1
                torch.is_grad_enabled()
                torch.func.hessian(lambda t: (t ** 3).sum())(x)
            """),
        ),
        needs=("func-transforms",),
        depends=("func-transforms.grad",),
    ),
)
