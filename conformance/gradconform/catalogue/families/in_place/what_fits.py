"""Writes: which shapes, dtypes, `out=` and overlaps are taken."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"

_EXPAND = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.expand.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="in-place.right-operand-is-summed-to-size",
        family=FAMILY,
        statement="Where the right operand of an in-place operation is broadcast, its gradient is summed to its shape.",
        expectation="The gradient has the shape of the operand.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(3, 2)
                b += x
                b.sum().backward()
                observe(x, b)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor(2.0, requires_grad=True)
                w = torch.tensor([1.0, 3.0], requires_grad=True)
                y = w * 1
                y.mul_(x)
                y.sum().backward()
                observe(x, w)
                """
            ),
        ),
        generator=generate.BROADCAST,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.constants-join-the-graph",),
    ),
    Behaviour(
        id="in-place.written-tensor-is-not-broadcast",
        family=FAMILY,
        statement="The tensor that is written is never broadcast: an operand that would need a larger result is "
        "refused.",
        expectation="RuntimeError about the output with its shape; nothing is written.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.ones(2)
                x.add_(torch.ones(3, 2))
                x.mul_(torch.ones(3))
                torch.ones(()).add_(torch.ones(2))
                observe(x)
                """
            ),
        ),
        generator=generate.TOO_SMALL,
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.result-must-cast-to-the-written-dtype",
        family=FAMILY,
        statement="An in-place operation whose result type cannot be cast to the written tensor's is refused.",
        expectation="RuntimeError with both types; an operand of another floating type is cast, and its gradient cast "
        "back.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                n = torch.tensor([1, 2])
                n.add_(1.5)
                n.mul_(torch.tensor([0.5, 2.0], requires_grad=True))
                n.add_(3)
                observe(n)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
                y = x * 1
                y.mul_(w)
                y.sum().backward()
                observe(x, w, y)
                """
            ),
        ),
        generator=generate.CASTS,
        needs=(
            "in-place",
            "dtypes",
            "backward",
        ),
    ),
    Behaviour(
        id="in-place.out-refuses-autograd",
        family=FAMILY,
        statement="`out=` does not support autograd: it is refused where an operand or the output requires grad, "
        "and accepted under `no_grad`.",
        expectation="RuntimeError about automatic differentiation; under `no_grad` the output is filled and its "
        "version rises.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                o = torch.zeros(2)
                torch.add(x, 1, out=o)
                torch.mul(torch.ones(2), 2, out=x)
                observe(x, o)
                with torch.no_grad():
                    torch.add(x, 1, out=o)
                observe(x, o)
                """
            ),
        ),
        generator=generate.OUT,
        needs=(
            "in-place",
            "grad-mode",
        ),
    ),
    Behaviour(
        id="in-place.out-without-autograd",
        family=FAMILY,
        statement="Without operands that require grad `out=` writes into the output, which the call returns.",
        expectation="The same object comes back, filled, with a raised version.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor([1.0, 2.0])
                o = torch.zeros(2)
                torch.add(a, 1, out=o) is o
                torch.exp(torch.zeros(2), out=o)
                observe(a, o)
                """
            ),
        ),
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.expanded-tensor-is-refused",
        family=FAMILY,
        statement="A tensor with several elements in one place of memory refuses to be written.",
        expectation="RuntimeError about a single memory location; values and version stay.",
        level=Level.REQUIRED,
        clause=Clause(_EXPAND, "If you need to write to the tensors, please clone them first."),
        examples=(
            code(
                """
                import torch
                x = torch.ones(1)
                e = x.expand(3)
                e.add_(1)
                e.clone().add_(1)
                observe(x, e)
                """
            ),
        ),
        generator=generate.EXPANDED,
        needs=(
            "in-place",
            "views",
        ),
    ),
    Behaviour(
        id="in-place.overlapping-operands-are-refused",
        family=FAMILY,
        statement="An operand that overlaps the written memory only partly is refused; one that is the written "
        "memory exactly is fine.",
        expectation="RuntimeError about partial overlap; the whole tensor as its own operand works.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0])
                x[:2].add_(x[1:])
                observe(x)
                x.add_(x)
                x[:2].add_(x[:2])
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "views",
        ),
    ),
    Behaviour(
        id="in-place.resize-refuses-grad",
        family=FAMILY,
        statement="A tensor that requires grad refuses `resize_` to another shape.",
        expectation="RuntimeError that says so, and the shape stays; without grad the shape changes.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
                x.resize_(2)
                (x * 2).resize_(2)
                observe(x)
                c = torch.tensor([1.0, 2.0, 3.0, 4.0])
                c.resize_(2, 2)
                c.resize_(2)
                observe(c)
                """
            ),
        ),
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.comparison-in-place-keeps-the-flag",
        family=FAMILY,
        statement="A comparison in place keeps `requires_grad` and gives a gradient of zeros.",
        expectation="Values zero and one, a node named after the comparison, zeros in `.grad` of the source.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.gt_(3)
                observe(y)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
            "graph-introspection",
        ),
        depends=("in-place.overwriting-cuts-with-zeros",),
    ),
    Behaviour(
        id="in-place.masked-self-assignment",
        family=FAMILY,
        statement="Assigning part of a tensor to itself through a mask works in backward: indexing saves no source.",
        expectation="The gradient passes once for each element.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor([True, False, False])
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                y = x + 0
                y[a] = y[a]
                y.backward(torch.ones(3))
                observe(x, y)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.assignment-through-an-index",),
    ),
)
