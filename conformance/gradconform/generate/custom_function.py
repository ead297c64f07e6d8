"""Generators for custom Functions: in chains with operators, with any inputs, with what `backward` may return."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_X = "x$n = torch.tensor($values, requires_grad=$tracked)"
_VALUES = ("[1.0, 2.0]", "[-1.0, 0.5]", "[[1.0, 2.0], [3.0, -4.0]]", "3.0", "[0.0]", "[2.0, 0.0, -3.0]")
_BOTH = ("True", "False")

_CLASSES = cleandoc("""
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.factor = factor
            return x * factor
        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.factor, None
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y
        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0], inputs[1])
        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            print(ctx.needs_input_grad)
            return grad * y, grad * x
    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3
        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 3
    class Marked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            flag = x * 4
            ctx.mark_non_differentiable(flag)
            return x - 1, flag
        @staticmethod
        def backward(ctx, grad, unused):
            print(unused)
            return grad
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x
        @staticmethod
        def backward(ctx, grad):
            return grad * 5
""")
_RUN = "y$n.sum().backward($how)\nobserve(x$n, y$n)"
_HOW = ("", "retain_graph=True", "inputs=[x$n]", "torch.tensor(2.0)")

CHAINS = spoken(
    f"{_X}\ny$n = $outer\n{_RUN}",
    start=_CLASSES,
    values=_VALUES,
    tracked=("True", "True", "True", "False"),
    outer=(
        "Scale.apply($inner, $factor)",
        "Product.apply($inner, x$n)",
        "Product.apply(x$n, $inner)",
        "Pair.apply($inner)[0]",
        "Pair.apply($inner)[1]",
        "Marked.apply($inner)[0]",
        "Marked.apply($inner)[1] + $inner",
        "Same.apply($inner)",
        "$inner + Scale.apply(x$n, $factor)",
        "torch.stack(Pair.apply($inner))",
    ),
    inner=(
        "x$n",
        "x$n * 2",
        "Scale.apply(x$n, $factor)",
        "Product.apply(x$n, x$n)",
        "Same.apply(x$n)",
        "Pair.apply(x$n)[1]",
        "Marked.apply(x$n)[0]",
        "x$n.detach()",
    ),
    factor=("2", "-1", "0.5", "0"),
    how=_HOW,
)

NEEDS = spoken(
    "$leaves\ny$n = Product3.apply($order)\ny$n.sum().backward($how)\nobserve(a$n, b$n)",
    start=cleandoc("""
        class Product3(torch.autograd.Function):
            @staticmethod
            def forward(ctx, a, b, c):
                print(ctx.needs_input_grad)
                ctx.save_for_backward(a, b)
                return a * b
            @staticmethod
            def backward(ctx, grad):
                a, b = ctx.saved_tensors
                print(ctx.needs_input_grad)
                return grad * b, grad * a, None
    """),
    leaves=(
        "a$n = torch.tensor($one, requires_grad=$left)\nb$n = torch.tensor($two, requires_grad=$right)",
        "a$n = torch.tensor($one, requires_grad=$left) * 2\nb$n = torch.tensor($two, requires_grad=$right)",
    ),
    one=("[1.0, 2.0]", "[-0.5, 3.0]", "[0.0, 0.0]", "[4.0]"),
    two=("[3.0, 4.0]", "[1.0, -1.0]", "2.0", "[[0.5, 2.0], [1.0, 1.0]]"),
    left=_BOTH,
    right=_BOTH,
    order=("a$n, b$n, 1", "b$n, a$n, None", "a$n, a$n, b$n", "b$n, a$n.detach(), a$n", "a$n, b$n, (a$n, b$n)"),
    how=("", "inputs=[a$n]", "inputs=[b$n]", "retain_graph=True"),
)

RETURNS = spoken(
    cleandoc("""
        class Returns$n(torch.autograd.Function):
            @staticmethod
            def forward(ctx, a, b):
                return a * $factor + b
            @staticmethod
            def backward(ctx, grad):
                return $returned
        x$n = torch.tensor($values, requires_grad=$tracked)
        w$n = torch.tensor($values, requires_grad=True)
        y$n = Returns$n.apply(x$n, w$n)
        y$n.sum().backward()
        observe(x$n, w$n)
    """),
    factor=("2", "3", "-1"),
    returned=(
        "grad, grad * 2",
        "grad, None",
        "None, grad",
        "None, None",
        "grad",
        "(grad,)",
        "[grad, grad]",
        "grad, grad, None",
        "grad, grad, grad",
        "grad, 2.0",
        "3, grad",
        "grad.double(), grad",
        "grad, torch.ones(3, 2)",
        "torch.ones(7), grad",
        "grad, torch.ones(2, 1, 2)",
        "grad.sum(), grad",
        "None",
        "grad, 'text'",
        "grad.long(), grad",
        "grad.expand(4, 2), grad",
    ),
    values=("[1.0, 2.0]", "[-1.0, 0.0]", "[4.0, 0.5]"),
    tracked=_BOTH,
)

_SAVING = cleandoc("""
    class Saves(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            z = x * y
            ctx.save_for_backward(x, y, z)
            return z
        @staticmethod
        def backward(ctx, grad):
            x, y, z = ctx.saved_tensors
            return grad * y, grad * x
    class Keeps(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.x = x
            ctx.y = y
            return x * y
        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.y, grad * ctx.x
""")

SAVES = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=True)
        w$n = torch.tensor($values, requires_grad=$tracked)
        a$n = x$n * $factor
        b$n = w$n * $factor
        y$n = $kind.apply($order)
        $between
        y$n.sum().backward($how)
        observe(x$n, w$n)
        y$n.sum().backward()
        observe(x$n, w$n)
    """),
    start=_SAVING,
    values=("[1.0, 2.0]", "[-1.0, 0.5]", "[0.0, 3.0]"),
    tracked=_BOTH,
    factor=("1", "2", "-1"),
    kind=("Saves", "Keeps"),
    order=("a$n, b$n", "b$n, a$n", "a$n, a$n", "a$n, x$n"),
    between=(
        "a$n.mul_(2)",
        "b$n.add_(1)",
        "y$n = y$n * 1",
        "a$n.detach().add_(1)",
        "y$n.mul_(3)",
        "y$n.detach().zero_()",
        "x$n.data.add_(1)",
        "b$n.add_(0)",
    ),
    how=("retain_graph=True", ""),
)

DIRTY = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=$tracked)
        $source
        y$n = $kind.apply(a$n)
        $after
        (a$n * 2 + y$n * $factor).sum().backward()
        observe(x$n, a$n, y$n)
    """),
    start=cleandoc("""
        class Marked(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                x.mul_(2)
                ctx.mark_dirty(x)
                return x
            @staticmethod
            def backward(ctx, grad):
                return grad * 2
        class Lost(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                x.mul_(2)
                ctx.mark_dirty(x)
                return x * 1
            @staticmethod
            def backward(ctx, grad):
                return grad * 2
        class Fresh(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2
            @staticmethod
            def backward(ctx, grad):
                return grad * 2
    """),
    values=("[1.0, 2.0]", "[-1.0, 0.5]", "[0.0, 3.0]"),
    tracked=("True", "True", "False"),
    source=("a$n = x$n * 1", "a$n = x$n", "a$n = x$n * x$n", "a$n = x$n.detach()", "a$n = x$n.clone()"),
    kind=("Marked", "Marked", "Lost", "Fresh"),
    after=("y$n.add_(1)", "a$n.add_(1)", "z$n = a$n * a$n", "z$n = y$n is a$n", "y$n = Marked.apply(y$n)"),
    factor=("0", "1", "-1", "3"),
)

MATERIAL = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=True)
        p$n = $kind.apply($given)
        y$n = $used
        y$n.sum().backward()
        observe(x$n)
    """),
    start=cleandoc("""
        class Zeros(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2, x.sum(), x * 3
            @staticmethod
            def backward(ctx, a, b, c):
                print(a, b, c)
                return a * 2 + b + c * 3
        class Nones(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(False)
                return x * 2, x.sum(), x * 3
            @staticmethod
            def backward(ctx, a, b, c):
                print(a, b, c)
                if a is None:
                    return c
                return a
    """),
    values=("[1.0, 2.0]", "[-1.0, 0.5]", "[[0.0, 3.0], [1.0, 1.0]]", "4.0"),
    kind=("Zeros", "Nones"),
    given=("x$n", "x$n * 2", "x$n.expand_as(x$n)"),
    used=(
        "p$n[0]",
        "p$n[1]",
        "p$n[2]",
        "p$n[0] + p$n[2]",
        "p$n[1] * 2 + p$n[0]",
        "p$n[2] * p$n[1]",
        "p$n[0] * p$n[0]",
        "p$n[0].detach() * p$n[2]",
    ),
)

SECOND = spoken(
    cleandoc("""
        x$n = torch.tensor($values, requires_grad=True)
        y$n = $function
        g$n, = torch.autograd.grad(y$n.sum(), x$n, create_graph=True)
        observe(g$n)
        torch.autograd.grad((g$n * $weight).sum(), x$n, allow_unused=True, retain_graph=True)
        (g$n * g$n).sum().backward()
        observe(x$n)
    """),
    start=cleandoc("""
        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x * x
            @staticmethod
            def backward(ctx, grad):
                x, = ctx.saved_tensors
                return 3 * x * x * grad
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x * x
                ctx.save_for_backward(x, y)
                return y
            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(ctx, grad):
                x, y = ctx.saved_tensors
                return 2 * x * grad
        class Double(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2
            @staticmethod
            def backward(ctx, grad):
                return grad * 2
    """),
    values=("[1.0, 2.0]", "[-1.0, 0.5]", "[0.0, 3.0]", "2.0"),
    function=(
        "Cube.apply(x$n)",
        "Cube.apply(x$n * 2)",
        "Cube.apply(x$n) * x$n",
        "Square.apply(x$n)",
        "Square.apply(x$n) * x$n",
        "Double.apply(x$n)",
        "Double.apply(x$n) * x$n",
        "Double.apply(Cube.apply(x$n))",
        "Cube.apply(Double.apply(x$n))",
    ),
    weight=("1", "2", "x$n", "g$n"),
)
