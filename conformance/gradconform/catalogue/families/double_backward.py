"""Gradients of gradients: higher orders, mixed derivatives, products with vectors, what ends the graph."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import double_backward as generate

FAMILY = "double-backward"

_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="double-backward.higher-orders",
        family=FAMILY,
        statement="With create_graph a gradient has a graph of its own, so derivatives of any order can be taken one "
        "after another.",
        expectation="The first to fourth derivatives of the fourth power.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "allowing to compute higher order derivative products"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x * x * x).sum()
                first, = torch.autograd.grad(y, x, create_graph=True)
                second, = torch.autograd.grad(first.sum(), x, create_graph=True)
                third, = torch.autograd.grad(second.sum(), x, create_graph=True)
                fourth, = torch.autograd.grad(third.sum(), x)
                observe(first, second, third, fourth, facets="value requires_grad is_leaf")
            """),
        ),
        generator=generate.ORDERS,
        needs=("double-backward", "autograd-grad"),
    ),
    Behaviour(
        id="double-backward.plain-gradients-have-no-graph",
        family=FAMILY,
        statement="Without create_graph a gradient does not require grad, and differentiating it raises.",
        expectation="RuntimeError about an element that does not require grad.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "If True, graph of the derivative will be constructed"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g, = torch.autograd.grad((x * x).sum(), x)
                observe(g)
                g.sum().backward()
            """),
        ),
        generator=generate.ORDERS,
        needs=("double-backward", "autograd-grad"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.mixed-derivatives-commute",
        family=FAMILY,
        statement="The mixed second derivative is the same whichever variable comes first.",
        expectation="Equal tensors both ways.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor(2.0, requires_grad=True)
                y = torch.tensor(3.0, requires_grad=True)
                f = x * x * y * y * y
                gx, gy = torch.autograd.grad(f, (x, y), create_graph=True)
                torch.autograd.grad(gx, y, retain_graph=True)
                torch.autograd.grad(gy, x)
            """),
        ),
        generator=generate.MIXED,
        needs=("double-backward", "autograd-grad"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.linear-in-the-weight",
        family=FAMILY,
        statement="A gradient is linear in the weight, so differentiating it by the weight gives the product of the "
        "Jacobian with a vector.",
        expectation="The Jacobian of the square times the vector.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                v = torch.tensor([0.0, 0.0], requires_grad=True)
                g, = torch.autograd.grad(x * x, x, v, create_graph=True)
                observe(g)
                torch.autograd.grad(g, v, torch.tensor([1.0, 10.0]))
            """),
        ),
        generator=generate.MIXED,
        needs=("double-backward", "autograd-grad"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.nodes-of-gradients",
        family=FAMILY,
        statement="The gradients of some operators are computed by nodes that have a name of their own.",
        expectation="The names of the nodes are PyTorch's, and None where a gradient does not depend on the input.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                names = []
                for function in (torch.exp, torch.sigmoid, torch.tanh, torch.relu, torch.log, torch.abs, torch.sin):
                    x = torch.tensor([0.5, 1.5], requires_grad=True)
                    g, = torch.autograd.grad(function(x).sum(), x, create_graph=True)
                    names.append(g.grad_fn.name())
                print(names)
                x = torch.tensor([0.5, 1.5], requires_grad=True)
                g, = torch.autograd.grad(x.neg().sum(), x, create_graph=True)
                print(g.grad_fn, g.requires_grad)
            """),
        ),
        needs=("double-backward", "autograd-grad", "graph-introspection"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.gradient-without-dependence",
        family=FAMILY,
        statement="A first gradient that does not depend on an input has no derivative by it: an error, or None with "
        "allow_unused.",
        expectation="The unused error, the error of a tensor without a graph, and None.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                g, = torch.autograd.grad((x * x + w).sum(), x, create_graph=True)
                torch.autograd.grad(g.sum(), w, retain_graph=True)
                torch.autograd.grad(g.sum(), w, allow_unused=True)
                g, = torch.autograd.grad((x * 3 + w).sum(), x, create_graph=True)
                observe(g)
                torch.autograd.grad(g.sum(), x)
            """),
        ),
        generator=generate.ORDERS,
        needs=("double-backward", "autograd-grad"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.gradient-penalty",
        family=FAMILY,
        statement="A loss may contain a gradient: its backward goes through both graphs into all leaves.",
        expectation="The gradient of the loss plus the squared norm of the first gradient.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                loss = (x * x * w).sum()
                g, = torch.autograd.grad(loss, x, create_graph=True)
                (loss + (g * g).sum()).backward()
                observe(x, w)
            """),
        ),
        generator=generate.PENALTY,
        needs=("double-backward", "autograd-grad", "backward"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.of-broadcast-and-reduced",
        family=FAMILY,
        statement="Second derivatives go through broadcasting and sums as first ones do.",
        expectation="Gradients of the shapes of the leaves.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([[1.0], [2.0]], requires_grad=True)
                b = torch.tensor([3.0, 4.0, 5.0], requires_grad=True)
                y = ((a * b) ** 2).sum()
                ga, gb = torch.autograd.grad(y, (a, b), create_graph=True)
                observe(ga, gb)
                (ga.sum() * gb.sum()).backward()
                observe(a, b)
            """),
        ),
        generator=generate.PENALTY,
        needs=("double-backward", "autograd-grad"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.at-kinks",
        family=FAMILY,
        statement="Second derivatives of piecewise linear functions are zero, at the kink too, with a graph or "
        "without.",
        expectation="Zeros, or an error where the gradient has no graph.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
                for function in (torch.relu, torch.abs):
                    g, = torch.autograd.grad((function(x) * x).sum(), x, create_graph=True)
                    print(g)
                    print(torch.autograd.grad(g.sum(), x))
                g, = torch.autograd.grad(x.relu().sum(), x, create_graph=True)
                observe(g)
                torch.autograd.grad(g.sum(), x)
            """),
        ),
        generator=generate.KINKS,
        needs=("double-backward", "autograd-grad"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.backward-with-a-graph",
        family=FAMILY,
        statement="`backward(create_graph=True)` leaves a `.grad` that can be differentiated, after it was taken off "
        "the leaf.",
        expectation="Warnings of the cycle, and the second derivative in the new `.grad`.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * x * x).sum().backward(create_graph=True)
                g = x.grad
                x.grad = None
                g.sum().backward()
                observe(x, g)
            """),
        ),
        needs=("double-backward", "backward", "warnings"),
        depends=("double-backward.higher-orders",),
    ),
    Behaviour(
        id="double-backward.in-place-after-the-first",
        family=FAMILY,
        statement="An operand that was modified between the first and the second backward is refused by the second.",
        expectation="RuntimeError with both versions.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                g, = torch.autograd.grad((a * a * a).sum(), a, create_graph=True)
                a.add_(1)
                g.sum().backward()
                observe(x)
            """),
        ),
        needs=("double-backward", "autograd-grad", "in-place", "saved-tensor-checks"),
        depends=("double-backward.higher-orders",),
    ),
)
