"""Generators for forward mode: dual tensors through operators, views, writes and custom Functions."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_AD = "import torch.autograd.forward_ad as fwad\n"
_LEVEL = f"{_AD}level = fwad.enter_dual_level()"
_VALUES = ("[1.0, 2.0]", "[-1.0, 0.5]", "[0.5, -2.0]", "[3.0, 1.0]")
_TANGENTS = ("[1.0, 0.0]", "[1.0, 1.0]", "[0.5, -1.0]", "[0.0, 0.0]")
_BOTH = ("False", "True")
_STEPS = (
    "a * 2",
    "a * a",
    "a + b",
    "a * b",
    "a - b * 3",
    "-a",
    "a ** 3",
    "a.sum() * b",
    "a.flip(0)",
    "torch.stack([a, b]).sum(0)",
    "torch.cat([a, b])[1:3]",
    "a.relu() + a.abs()",
    "torch.where(a > 0, a, b)",
    "a[0] * b",
    "a.clone().mul_(b)",
    "a.exp()",
    "a.sin() * b.cos()",
    "a / (b * b + 1)",
    "a.detach() * b",
    "torch.outer(a, b).sum(1)",
)

CHAINS = spoken(
    cleandoc("""
        x = torch.tensor($values)
        a = fwad.make_dual(x, torch.tensor($tangent))
        b = $other
        a = $one
        fwad.unpack_dual(a)
        a = $two
        fwad.unpack_dual(a)
        observe(x, a)
    """),
    start=_LEVEL,
    values=_VALUES,
    tangent=_TANGENTS,
    other=("torch.tensor([2.0, -1.0])", "fwad.make_dual(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 1.0]))", "a"),
    one=_STEPS,
    two=_STEPS,
)

BROADCAST = spoken(
    cleandoc("""
        a = fwad.make_dual(torch.ones($one) * 2, torch.full($one, $factor))
        b = $other
        fwad.unpack_dual($outer)
    """),
    start=_LEVEL,
    one=("(2, 1)", "(3,)", "()", "(1, 3)", "(2, 3)"),
    factor=("1.0", "-2.0", "0.5"),
    other=("torch.zeros(2, 3)", "torch.ones(3) * 3", "fwad.make_dual(torch.ones(2, 3), torch.ones(2, 3))", "2.0"),
    outer=("a + b", "a * b", "b - a", "a * b + a", "(a + b).sum(0)", "a.expand(2, 3)", "torch.maximum(a, a * 0 + b)"),
)

REFUSED = spoken(
    "d$n = fwad.make_dual($primal, $tangent)\nfwad.unpack_dual(d$n)",
    start=_LEVEL,
    primal=(
        "torch.ones(2)",
        "torch.ones(2, dtype=torch.float64)",
        "torch.ones(2, 1)",
        "torch.ones(2, dtype=torch.long)",
        "torch.ones(2, dtype=torch.complex64)",
        "torch.ones(())",
        "torch.ones(0)",
    ),
    tangent=(
        "torch.ones(3)",
        "torch.ones(2)",
        "torch.ones(2, dtype=torch.float64)",
        "torch.ones(1, 2)",
        "torch.ones(2, dtype=torch.bool)",
        "torch.ones(2, dtype=torch.complex64)",
        "torch.ones(())",
        "torch.ones(0)",
        "fwad.make_dual(torch.ones(2), torch.ones(2))",
    ),
)

REVERSE_OVER_FORWARD = spoken(
    cleandoc("""
        x = torch.tensor($values, requires_grad=$tracked)
        v = torch.tensor($tangent, requires_grad=True)
        a = fwad.make_dual(x, v)
        b = x * 2
        y = $one
        tangent = fwad.unpack_dual(y).tangent
        observe(tangent)
        tangent.sum().backward()
        observe(x, v)
    """),
    start=_LEVEL,
    values=_VALUES,
    tangent=("[1.0, 3.0]", "[1.0, 1.0]", "[0.5, -1.0]", "[-2.0, 4.0]"),
    tracked=("True", "False"),
    one=_STEPS,
)

FORWARD_OVER_REVERSE = spoken(
    cleandoc("""
        x = torch.tensor($values, requires_grad=True)
        a = fwad.make_dual(x, torch.tensor($tangent))
        b = a * 3
        y = $one
        g, = torch.autograd.grad((y * y).sum(), $to, create_graph=$graph)
        fwad.unpack_dual(g)
        observe(g)
    """),
    start=_LEVEL,
    values=_VALUES,
    tangent=_TANGENTS,
    one=_STEPS,
    to=("a", "x"),
    graph=_BOTH,
)

IN_PLACE = spoken(
    cleandoc("""
        d = fwad.make_dual(torch.tensor($values), torch.tensor($tangent))
        b = $target
        $write
        fwad.unpack_dual(b)
        fwad.unpack_dual(d)
        observe(b, d)
    """),
    start=_LEVEL,
    values=_VALUES,
    tangent=_TANGENTS,
    target=(
        "torch.zeros(2)",
        "torch.ones(2)",
        "d.clone()",
        "d",
        "d * 2",
        "fwad.make_dual(torch.ones(2), torch.ones(2))",
    ),
    write=(
        "b.add_(d)",
        "b.mul_(2)",
        "b.mul_(d)",
        "b.copy_(d)",
        "b.copy_(torch.ones(2))",
        "b.zero_()",
        "b[0] = d[1]",
        "b[0] = 5.0",
        "b.masked_fill_(torch.tensor([True, False]), 0.0)",
        "b.neg_().add_(d, alpha=2)",
        "b.fill_(d[0])",
        "b.sub_(b)",
        "b.detach_()",
        "b.requires_grad_()",
    ),
)

VIEWS = spoken(
    cleandoc("""
        x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        base = $base
        v = $view
        $write
        fwad.unpack_dual(v)
        fwad.unpack_dual(base)
        observe(base, v)
    """),
    start=_LEVEL,
    base=(
        "fwad.make_dual(x, torch.tensor([[1.0, 0.0], [0.5, -1.0]]))",
        "fwad.make_dual(x, torch.ones(2, 2)) * 2",
        "torch.zeros(2, 2)",
        "x",
    ),
    view=(
        "base[0]",
        "base.t()",
        "base.view(4)",
        "base[:, 1]",
        "base.diagonal()",
        "base.unsqueeze(0)",
        "base.narrow(0, 1, 1)",
        "base.unbind()[1]",
        "base.expand(2, 2, 2)",
    ),
    write=(
        "w = v * 3",
        "v.mul_(2)",
        "v.zero_()",
        "base.mul_(2)",
        "v.copy_(fwad.make_dual(torch.ones(v.shape), torch.full(v.shape, 7.0)))",
        "base.add_(fwad.make_dual(torch.ones(2, 2), torch.full((2, 2), 7.0)))",
        "v.add_(1)",
        "base[0] = 5.0",
    ),
)

FUNCTIONS = spoken(
    cleandoc("""
        x = torch.tensor($values, requires_grad=$tracked)
        a = fwad.make_dual(x, torch.tensor($tangent))
        w = $other
        y = $function
        fwad.unpack_dual(y)
        fwad.unpack_dual(y * a)
    """),
    start=cleandoc("""
        import torch.autograd.forward_ad as fwad
        level = fwad.enter_dual_level()
        class Product(torch.autograd.Function):
            @staticmethod
            def forward(ctx, a, b):
                ctx.save_for_forward(a, b)
                ctx.save_for_backward(a, b)
                return a * b
            @staticmethod
            def jvp(ctx, s, t):
                a, b = ctx.saved_tensors
                print(s, t)
                if t is None:
                    return s * b
                if s is None:
                    return a * t
                return s * b + a * t
            @staticmethod
            def backward(ctx, grad):
                a, b = ctx.saved_tensors
                return grad * b, grad * a
        class Fixed(torch.autograd.Function):
            @staticmethod
            def forward(x, factor):
                return x * factor
            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.factor = inputs[1]
            @staticmethod
            def jvp(ctx, t, unused):
                print(t, unused)
                return t * ctx.factor
        class Backward(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2
            @staticmethod
            def backward(ctx, grad):
                return grad * 2
    """),
    values=_VALUES,
    tangent=_TANGENTS,
    tracked=_BOTH,
    other=("torch.tensor([2.0, -1.0])", "fwad.make_dual(torch.tensor([2.0, -1.0]), torch.ones(2))", "a"),
    function=(
        "Product.apply(a, w)",
        "Product.apply(w, a)",
        "Product.apply(x, w)",
        "Product.apply(a * 2, w)",
        "Fixed.apply(a, 3.0)",
        "Fixed.apply(Product.apply(a, w), -1.0)",
        "Backward.apply(a)",
        "Backward.apply(x)",
        "Fixed.apply(a.detach(), 2.0)",
    ),
)

JVP_RETURNS = spoken(
    cleandoc("""
        class Returns$n(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return $output
            @staticmethod
            def jvp(ctx, t):
                return $returned
        a$n = fwad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
        y$n = Returns$n.apply(a$n)
        observe(y$n)
        fwad.unpack_dual(y$n)
    """),
    start=_LEVEL,
    output=("x * 2", "x * 2", "x.sum()", "(x * 2, x * 3)[0]"),
    returned=(
        "t * 5",
        "t",
        "None",
        "(t,)",
        "t, t",
        "torch.ones(3)",
        "t.double()",
        "t.sum()",
        "2.0",
        "t.view(2)",
        "torch.ones(2, 1)",
        "[t]",
    ),
)

DISABLED = spoken(
    cleandoc("""
        a = fwad.make_dual(torch.tensor($values), torch.tensor($tangent))
        $mode
            y = $one
        fwad.unpack_dual(y)
        fwad.unpack_dual(y * a)
        observe(y)
    """),
    start=f"{_LEVEL}\nb = fwad.make_dual(torch.tensor([2.0, 1.0]), torch.ones(2))",
    values=_VALUES,
    tangent=_TANGENTS,
    mode=(
        "with torch.no_grad():",
        "with torch.enable_grad():",
        "with torch.inference_mode():",
        "with fwad._set_fwd_grad_enabled(False):",
        "with fwad._set_fwd_grad_enabled(True):",
    ),
    one=_STEPS,
)

WITHOUT_TANGENT = spoken(
    "y$n = $call\nfwad.unpack_dual(y$n)",
    start=f"{_LEVEL}\na = fwad.make_dual(torch.tensor([1.5, -2.0]), torch.tensor([1.0, 1.0]))",
    call=(
        "a > 0",
        "a.floor()",
        "a.argmax()",
        "a.sign()",
        "a.round()",
        "a.detach()",
        "a.long()",
        "torch.zeros_like(a)",
        "torch.ones_like(a)",
        "a.new_zeros(2)",
        "a.isnan()",
        "a == a",
        "a.bool()",
        "a.double()",
        "a.data",
        "a.max(0)[0]",
        "torch.tensor([1.0])",
        "a.ceil() + a",
        "a // 1",
        "a % 1",
        "a.clone()",
        "a.requires_grad",
    ),
)
