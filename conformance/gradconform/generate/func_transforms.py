"""Generators for `torch.func`: transforms of functions, composed, with their arguments and what they refuse."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_X = "x = torch.tensor($values)\nw = torch.tensor([2.0, -1.0])\nm = torch.tensor([[1.0, 2.0], [3.0, -4.0], [0.5, 1.0]])"
_VALUES = ("[1.0, 2.0]", "[-1.0, 0.5]", "[3.0, -2.0]", "[0.5, 1.0]")
_SCALAR = (
    "lambda t: (t * t).sum()",
    "lambda t: t[0] * t[1]",
    "lambda t: (t ** 3).sum() * t[0]",
    "lambda t: (t.relu() * w).sum()",
    "lambda t: t[0] * t[1] ** 2",
    "lambda t: (t.exp() * t).sum()",
    "lambda t: (t.detach() * t).sum()",
    "lambda t: torch.dot(t, w)",
    "lambda t: t.clone().mul_(t).sum()",
    "lambda t: (torch.stack([t, w]) ** 2).sum()",
)
_VECTOR = (
    "lambda t: t * t",
    "lambda t: t.flip(0) * t",
    "lambda t: t ** 3 + t.sum()",
    "lambda t: torch.outer(t, t)",
    "lambda t: t.sum()",
    "lambda t: (t * w, t.sum())",
    "lambda t: {'a': t * 2, 'b': [t.prod()]}",
    "lambda t: t.exp() * w",
    "lambda t: t[:1]",
    "lambda t: t.relu()",
)

GRAD = spoken(
    f"{_X}\ntorch.func.$name($function)(x)",
    values=_VALUES,
    name=("grad", "grad_and_value"),
    function=_SCALAR,
)

ARGNUMS = spoken(
    f"{_X}\ntorch.func.$name($function, argnums=$argnums)(x, w)",
    values=_VALUES,
    name=("grad", "grad_and_value", "jacrev", "jacfwd"),
    function=(
        "lambda a, b: (a * b).sum()",
        "lambda a, b: (a * a + b ** 3).sum()",
        "lambda a, b: a.prod() * b.sum()",
        "lambda a, b: a.sum()",
    ),
    argnums=("0", "1", "(0, 1)", "(1, 0)", "-1", "(1,)", "2", "(0, 0)", "()", "'a'", "(0, -1)"),
)

AUX = spoken(
    f"{_X}\ntorch.func.$call",
    values=_VALUES,
    call=(
        "grad(lambda t: ($scalar, $aux), has_aux=True)(x)",
        "grad_and_value(lambda t: ($scalar, $aux), has_aux=True)(x)",
        "vjp(lambda t: (t * t, $aux), x, has_aux=True)[2]",
        "jvp(lambda t: (t * t, $aux), (x,), (w,), has_aux=True)",
        "jacrev(lambda t: (t * t, $aux), has_aux=True)(x)",
        "jacfwd(lambda t: (t * t, $aux), has_aux=True)(x)",
        "grad(lambda t: $scalar, has_aux=True)(x)",
        "vjp(lambda t: t, x, has_aux=True)",
    ),
    scalar=("(t * t).sum()", "t.prod()"),
    aux=("t * 5", "(t, t.sum())", "{'y': t * 2}", "3", "None", "[t, w]", "'text'"),
)

NESTED = spoken(
    f"{_X}\ntorch.func.$outer(torch.func.$inner($function))(x)",
    values=_VALUES,
    outer=("jacrev", "jacfwd", "hessian"),
    inner=("grad", "jacrev", "jacfwd"),
    function=_SCALAR,
)

VJP = spoken(
    cleandoc("""
        x = torch.tensor($values)
        w = torch.tensor([2.0, -1.0])
        r = torch.func.vjp($function, x)
        r[0]
        r[1]($cotangent)
        r[1]($cotangent)
    """),
    values=_VALUES,
    function=(
        "lambda t: t * t",
        "lambda t: t.flip(0) * w",
        "lambda t: (t, t * t)",
        "lambda t: {'a': t * t}",
        "lambda t: t.sum()",
        "lambda t: w",
        "lambda t: t.exp()",
    ),
    cotangent=(
        "w",
        "torch.ones(2)",
        "(w, w)",
        "{'a': w}",
        "torch.tensor(2.0)",
        "torch.ones(3)",
        "None",
    ),
)

JVP = spoken(
    f"{_X}\ntorch.func.jvp($function, (x,), (w,), strict=$strict)",
    values=_VALUES,
    function=(*_VECTOR, "lambda t: w", "lambda t: 3"),
    strict=("False", "True"),
)

JVP_ARGUMENTS = spoken(
    f"{_X}\ntorch.func.jvp($function, $primals, $tangents)",
    values=_VALUES,
    function=("lambda t: t * t", "lambda *many: many[0]", "lambda t: ()"),
    primals=("(x,)", "x", "(x, w)", "()", "(3,)", "[x]", "({'a': x},)"),
    tangents=("(w,)", "w", "(w, w)", "()", "(torch.ones(3),)", "(3,)", "[w]"),
)

LINEARIZE = spoken(
    cleandoc("""
        x = torch.tensor($values)
        w = torch.tensor([2.0, -1.0])
        r = torch.func.linearize($function, x)
        r[0]
        r[1]($tangent)
        r[1](w)
    """),
    values=_VALUES,
    function=("torch.square", "torch.clone", "torch.exp", "torch.sum", "torch.relu"),
    tangent=("w", "torch.ones(2)", "torch.ones(3)", "torch.ones(2, dtype=torch.float64)"),
)

JACOBIANS = spoken(
    f"{_X}\ntorch.func.$name($function)(x)",
    values=_VALUES,
    name=("jacrev", "jacfwd"),
    function=_VECTOR,
)

CHUNKS = spoken(
    f"{_X}\n$call",
    values=_VALUES,
    call=(
        "torch.func.jacrev($function, chunk_size=$size)(x)",
        "torch.func.vmap($function, chunk_size=$size)(m)",
        "torch.func.jacrev($function, chunk_size=$size, argnums=(0,))(x)",
    ),
    function=("lambda t: t * t", "lambda t: (t * 2, t.sum())", "lambda t: t.flip(0) * t"),
    size=("1", "2", "3", "None", "0", "-1", "100"),
)

HESSIAN = spoken(f"{_X}\ntorch.func.hessian($function)(x)", values=_VALUES, function=_SCALAR)

VMAP = spoken(
    f"{_X}\ntorch.func.vmap($function)(m)",
    values=_VALUES,
    function=(
        *_VECTOR,
        "lambda t: t @ w",
        "lambda t: torch.where(t > 0, t, -t)",
        "lambda t: t.sort()[0]",
        "lambda t: t.max()",
        "lambda t: w",
        "lambda t: t.view(2, 1) @ t.view(1, 2)",
        "lambda t: torch.cat([t, w])",
        "lambda t: t.argmax()",
    ),
)

DIMS = spoken(
    "m = torch.arange(6.0).view(2, 3)\ntorch.func.vmap($function, in_dims=$ins, out_dims=$outs)(m, $other)",
    function=("lambda a, b: a * b", "lambda a, b: a + b", "lambda a, b: (a * b, a + b)", "lambda a, b: a * 2 - b"),
    ins=(
        "0",
        "(0, 0)",
        "(1, 1)",
        "(0, None)",
        "(-1, 1)",
        "(None, 0)",
        "1",
        "(0, 1)",
        "2",
        "(None, None)",
        "'a'",
        "(0,)",
    ),
    outs=("0", "1", "-1", "(0, 1)", "None", "'a'", "2", "(0, 0, 0)"),
    other=("m", "m * 2", "torch.ones(3)", "3", "torch.ones(2, 3, 1)"),
)

RANDOM = spoken(
    cleandoc("""
        torch.manual_seed($seed)
        torch.func.vmap(lambda t: $drawn, randomness='$how')(torch.zeros(3))
    """),
    seed=("0", "1", "2"),
    drawn=("t + torch.rand(())", "t + torch.randn(2).sum()", "t + torch.rand_like(t)", "t"),
    how=("error", "same", "different", "sometimes"),
)

PER_SAMPLE = spoken(
    f"{_X}\ntorch.func.vmap(torch.func.$inner, in_dims=$ins)($given)",
    values=_VALUES,
    inner=(
        "grad($function)",
        "grad_and_value($function)",
        "jacrev($function)",
        "jacfwd($function)",
        "hessian($function)",
    ),
    function=_SCALAR,
    ins=("0", "(0,)"),
    given=("m", "m[:2]", "m * 2"),
)

INSIDE = spoken(
    f"{_X}\ntorch.func.$how(lambda t: $body)($given)",
    values=_VALUES,
    how=("grad", "vmap", "jacrev", "jacfwd"),
    body=(
        "t.sum().backward()",
        "(t * 2).requires_grad_().sum()",
        "torch.tensor(t.sum().item())",
        "(t.sum() > 0) and t.sum()",
        "w.add_(t).sum()",
        "t.numpy()",
        "torch.autograd.grad((t ** 3).sum(), t, create_graph=True)[0].sum()",
        "(t * t.data).sum()",
        "torch.zeros(2).copy_(t).sum()",
        "t.clone().mul_(2).sum()",
        "t.nonzero().sum()",
        "t[t > 0].sum()",
        "torch.equal(t, t)",
        "3",
    ),
    given=("x", "m"),
)

OUTSIDE = spoken(
    cleandoc("""
        x = torch.tensor($values, requires_grad=True)
        w = torch.tensor([2.0, -1.0], requires_grad=True)
        r = torch.func.$call
        observe(r)
        r.sum().backward()
        observe(x, w)
    """),
    values=_VALUES,
    call=(
        "grad(lambda t: (t ** 3 * w).sum())(x)",
        "grad(lambda t: (t * w).sum())(x)",
        "vjp(lambda t: t ** 3, x)[1](w)[0]",
        "vjp(lambda t: t ** 3, x)[0]",
        "jacrev(lambda t: t ** 3 * w)(x)",
        "vmap(lambda t: t * w)(torch.stack([x, x]))",
        "grad_and_value(lambda t: (t * t * w).sum())(x)[1]",
    ),
)

FUNCTIONALIZED = spoken(
    f"{_X}\n"
    + cleandoc("""
        def f(t):
            y = $made
            $write
            return y
        torch.func.functionalize(f$how)(x)
        observe(x)
    """),
    values=_VALUES,
    made=("t.clone()", "t * 2", "t", "t.view(2, 1)", "t[:1]"),
    write=("y.add_(1)", "y.mul_(y)", "y[0] = 5.0", "y.zero_()", "y.view(-1).add_(3)", "y = y * 2"),
    how=("", ", remove='mutations_and_views'", ", remove='mutations'", ", remove='all'"),
)

FUNCTIONS = spoken(
    f"{_X}\ntorch.func.$call",
    start=cleandoc("""
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(x):
                return x * x
            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.save_for_backward(inputs[0])
                ctx.save_for_forward(inputs[0])
            @staticmethod
            def backward(ctx, grad):
                x, = ctx.saved_tensors
                return 2 * x * grad
            @staticmethod
            def jvp(ctx, t):
                x, = ctx.saved_tensors
                return 2 * x * t
        class Old(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2
            @staticmethod
            def backward(ctx, grad):
                return grad * 2
        class Mapped(torch.autograd.Function):
            @staticmethod
            def forward(x):
                return x * 3
            @staticmethod
            def setup_context(ctx, inputs, output):
                pass
            @staticmethod
            def backward(ctx, grad):
                return grad * 3
            @staticmethod
            def vmap(info, in_dims, x):
                print(info.batch_size, info.randomness, in_dims)
                return Mapped.apply(x), in_dims[0]
    """),
    values=_VALUES,
    call=(
        "grad(lambda t: ($which.apply(t) * w).sum())(x)",
        "jvp($which.apply, (x,), (w,))",
        "vjp($which.apply, x)[1](w)",
        "vmap($which.apply)(m)",
        "jacrev($which.apply)(x)",
        "hessian(lambda t: ($which.apply(t) * w).sum())(x)",
        "vmap(torch.func.grad(lambda t: ($which.apply(t) * w).sum()))(m)",
        "vmap($which.apply, in_dims=1)(m)",
    ),
    which=("Square", "Old", "Mapped"),
)
