"""Writes to what a node has saved."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="in-place.saved-operand-is-refused",
        family=FAMILY,
        statement="Backward refuses to use an operand that was saved and then modified in place.",
        expectation="RuntimeError that names the tensor, its version and the expected one, and no gradient arrives.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                y = x * w
                w.add_(1)
                y.sum().backward()
                observe(x, y, w)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                y = h * h
                h.sub_(1)
                h.sub_(1)
                y.sum().backward()
                observe(x, h)
                """
            ),
        ),
        generator=generate.SAVED_OPERAND,
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.every-write-raises-the-version",),
    ),
    Behaviour(
        id="in-place.saved-result-is-refused",
        family=FAMILY,
        statement="Backward refuses a result that its own node saved and that was modified in place.",
        expectation="RuntimeError that names the operation whose result was modified.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp()
                y.add_(1)
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.sigmoid()
                y.mul_(2)
                torch.autograd.grad(y.sum(), x)
                observe(x)
                """
            ),
        ),
        generator=generate.SAVED_RESULT,
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.unsaved-values-may-be-written",
        family=FAMILY,
        statement="A write into a tensor that no node saved disturbs no backward.",
        expectation="The gradients are those of the operations as they were recorded.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x + 1
                z = y * 3
                y.zero_()
                z.sum().backward()
                observe(x, y, z)
                """
            ),
        ),
        generator=generate.UNSAVED,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.only-the-saved-side-is-guarded",
        family=FAMILY,
        statement="A product saves an operand only where the other one needs its gradient, so the other operand may "
        "be written.",
        expectation="Writing into the operand that requires grad is fine where its partner is a constant, and writing "
        "the constant is not.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                c = torch.tensor([3.0, 4.0])
                y = h * c
                h.add_(1)
                y.sum().backward()
                observe(x)
                y = (x * 2) * c
                c.add_(1)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.after-backward-anything-may-be-written",
        family=FAMILY,
        statement="Once a backward has freed the saved tensors they may be overwritten without an error.",
        expectation="The write succeeds and the gradients that were computed stay.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp()
                y.sum().backward()
                y.zero_()
                observe(x, y)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.saved-result-is-refused",),
    ),
    Behaviour(
        id="in-place.a-refused-backward-leaves-the-graph",
        family=FAMILY,
        statement="A backward that was refused for a modified tensor can be asked again and is refused again in the "
        "same way.",
        expectation="The same error twice, and branches that ran before the refusal have reached their leaves.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                y = h * h
                h.add_(1)
                y.sum().backward(retain_graph=True)
                observe(x, h, y)
                y.sum().backward()
                observe(x, h, y)
                """
            ),
        ),
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.self-operand-is-refused",
        family=FAMILY,
        statement="A product or quotient of a tensor with itself in place overwrites the operand that it saved, so "
        "backward refuses.",
        expectation="RuntimeError in backward, while `pow_` keeps the base it needs and differentiates right.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                y = x * 1
                y.mul_(y)
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([2.0, 4.0], requires_grad=True)
                y = x * 1
                y.div_(y)
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                y = x * 1
                y.pow_(2)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.SELF_OPERAND,
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
)
