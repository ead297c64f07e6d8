"""Views beside retained gradients, hooks and custom Functions."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed

FAMILY = "views"

_SELECT_SCATTER = "https://docs.pytorch.org/docs/2.13/generated/torch.select_scatter.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="views.retained-gradient-of-a-written-view",
        family=FAMILY,
        statement="`retain_grad` of a base and of a view retain the gradients of their values after a write through "
        "the view.",
        expectation="`.grad` of both is that of the newest values.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 2
                b.retain_grad()
                b[0].mul_(10)
                (b * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, b)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "retain-grad",
            "backward",
        ),
        depends=("views.write-through-a-view-rebases-the-base",),
    ),
    Behaviour(
        id="views.hook-of-the-base-sees-the-old-value",
        family=FAMILY,
        statement="A hook of the base registered before a write through a view gets the gradient of the old value: "
        "zeros where it was overwritten.",
        expectation="The printed gradient has zeros in the written places.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 1
                b.register_hook(lambda g: print("hook", g.tolist()))
                b[0] = 0.0
                (b * 5).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "hooks",
            "backward",
        ),
        depends=("views.write-through-a-view-rebases-the-base",),
    ),
    Behaviour(
        id="views.invalid-view-after-a-base-write",
        family=FAMILY,
        statement="Reading the history of a view made under `no_grad` raises after its base was written in grad mode.",
        expectation="RuntimeError from `grad_fn`, and the view prints as invalid.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = x * 1
                with torch.no_grad():
                    v = b.view(2)
                b.add_(1)
                v.grad_fn
                observe(v)
                b.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "grad-mode",
            "graph-introspection",
        ),
        depends=("views.no-grad-view-is-refused",),
    ),
    Behaviour(
        id="views.custom-view-refuses-writes",
        family=FAMILY,
        statement="A view that a custom Function returns refuses to be written.",
        expectation="RuntimeError that names the Function; the view reports `_is_view()` and the node of the Function.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Flat(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x.view(-1)

                    @staticmethod
                    def backward(ctx, g):
                        return g.view(2, 2)

                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                b = x * 1
                y = Flat.apply(b)
                observe(b, y)
                y.add_(1)
                observe(b, y)
                (y * 2).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "custom-function",
        ),
    ),
    Behaviour(
        id="views.custom-identity-is-a-view",
        family=FAMILY,
        statement="A custom Function that returns its input gives a view of it with the Function's node, which "
        "refuses to be written.",
        expectation="Another object on the same memory; RuntimeError on a write; the Function's backward is used.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Same(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x

                    @staticmethod
                    def backward(ctx, g):
                        return g * 2

                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = x * 1
                y = Same.apply(b)
                y is b
                observe(b, y)
                y.add_(1)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "custom-function",
            "backward",
        ),
        depends=("views.custom-view-refuses-writes",),
    ),
    Behaviour(
        id="views.scatter-forms-are-no-views",
        family=FAMILY,
        statement="`select_scatter`, `slice_scatter`, `diagonal_scatter` and `as_strided_scatter` embed values into "
        "a copy: nothing is aliased.",
        expectation="New memory, and gradients for the base outside the place and for the values inside.",
        level=Level.OPTIONAL,
        clause=Clause(_SELECT_SCATTER, "This function returns a tensor with fresh storage; it does not create a view."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                w = torch.tensor([5.0, 6.0], requires_grad=True)
                a = x.select_scatter(w, 0, 1)
                b = x.slice_scatter(w.view(2, 1), 1, 0, 1)
                c = x.diagonal_scatter(w)
                observe(x, w, a, b, c)
                (a * 2 + b * 3 + c * 4).sum().backward()
                observe(x, w)
                """
            ),
        ),
        needs=(
            "views",
            "backward",
        ),
    ),
)
