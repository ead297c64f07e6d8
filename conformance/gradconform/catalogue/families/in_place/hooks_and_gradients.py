"""Writes beside hooks, retained gradients and gradients, and changes of shape."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"

_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="in-place.hook-sees-the-value-it-was-registered-on",
        family=FAMILY,
        statement="A tensor hook registered before a write gets the gradient of the value the tensor had then; one "
        "registered after gets that of the new value.",
        expectation="Two calls with different gradients, the later value first.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda g: print("before", g.tolist()))
                y.mul_(10)
                y.register_hook(lambda g: print("after", g.tolist()))
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "hooks",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.retained-gradient-follows-the-write",
        family=FAMILY,
        statement="`retain_grad` called before a write retains the gradient of the tensor as it is after the write.",
        expectation="`.grad` of the written tensor is that of its newest value.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.retain_grad()
                y.mul_(10)
                (y * 3).sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.RETAINED,
        needs=(
            "in-place",
            "retain-grad",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.gradients-may-be-written",
        family=FAMILY,
        statement="`.grad` is an ordinary tensor: writing into it changes what later passes accumulate onto.",
        expectation="The accumulated value starts from what was written.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "will accumulate (add) gradients into it."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 2).sum().backward()
                x.grad.zero_()
                observe(x)
                x.grad.add_(10)
                (x * 3).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
        ),
    ),
    Behaviour(
        id="in-place.shape-changes-in-place",
        family=FAMILY,
        statement="`t_`, `transpose_`, `squeeze_` and `unsqueeze_` change the shape of the tensor itself, with "
        "history.",
        expectation="The new shape, a raised version, the node of the shape change, and a gradient in the old shape.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
                y = x * 2
                y.t_()
                observe(y)
                y.unsqueeze_(0)
                y.transpose_(0, 1)
                y.squeeze_()
                observe(y)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
            "graph-introspection",
        ),
    ),
)
