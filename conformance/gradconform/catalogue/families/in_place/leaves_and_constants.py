"""Writes to leaves, and to tensors that did not require grad."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="in-place.leaf-is-refused",
        family=FAMILY,
        statement="While grad mode is on, a leaf that requires grad refuses every in-place operation.",
        expectation="RuntimeError about a leaf Variable; values, version and gradient stay as they were.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.add_(1)
                x *= 2
                x.zero_()
                x.copy_(torch.ones(2))
                x.detach_()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x[:] = 0.0
                observe(x)
                x[...] = 0.0
                x[torch.tensor([0])] = 0.0
                x[torch.tensor([True, False])] = 0.0
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_REFUSED,
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.random-fills-of-a-leaf-are-refused",
        family=FAMILY,
        statement="Filling a leaf that requires grad at random is refused as any other write.",
        expectation="RuntimeError about a leaf Variable for each method, and unchanged values.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.ones(2, requires_grad=True)
                x.normal_()
                x.uniform_()
                x.bernoulli_()
                observe(x)
                """
            ),
        ),
        needs=("in-place",),
        depends=("in-place.leaf-is-refused",),
    ),
    Behaviour(
        id="in-place.leaf-may-be-written-under-no-grad",
        family=FAMILY,
        statement="Under `no_grad` a leaf may be written: it stays a leaf, its version rises, and no history is made.",
        expectation="`is_leaf` True and `grad_fn` None with the new values; a later backward uses them.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    x.add_(1)
                    x[0] = 7.0
                    x.mul_(x)
                observe(x)
                (x * x).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_NO_GRAD,
        needs=(
            "in-place",
            "grad-mode",
            "backward",
        ),
        depends=("in-place.leaf-is-refused",),
    ),
    Behaviour(
        id="in-place.leaf-saved-then-written-is-refused",
        family=FAMILY,
        statement="A leaf that a node saved and that was written under `no_grad` afterwards is refused by backward.",
        expectation="RuntimeError about a modification by an in-place operation, and `.grad` stays None.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                with torch.no_grad():
                    x -= 0.5
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_STEP,
        needs=(
            "in-place",
            "grad-mode",
            "saved-tensor-checks",
            "backward",
        ),
        depends=(
            "in-place.leaf-may-be-written-under-no-grad",
            "in-place.saved-operand-is-refused",
        ),
    ),
    Behaviour(
        id="in-place.constants-join-the-graph",
        family=FAMILY,
        statement="A tensor without history that is written from one that requires grad becomes part of the graph.",
        expectation="It requires grad, is no leaf, and gradients flow to the source.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.add_(x)
                observe(b)
                b.mul_(x)
                observe(b)
                b.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.copy_(x)
                observe(b)
                (b * b).sum().backward()
                observe(x, b)
                """
            ),
        ),
        generator=generate.JOINS,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.writes-by-constants-stay-out-of-the-graph",
        family=FAMILY,
        statement="Writing constants into a tensor without history leaves it a leaf that does not require grad.",
        expectation="`requires_grad` False and `grad_fn` None whatever was written, also where a tensor that requires "
        "grad is only compared.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.add_(1).mul_(3)
                b.masked_fill_(x > 1, 9.0)
                b.copy_(x.detach())
                observe(b)
                """
            ),
        ),
        needs=("in-place",),
        depends=("in-place.constants-join-the-graph",),
    ),
)
