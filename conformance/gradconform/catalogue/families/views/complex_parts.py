"""Views of the parts of complex tensors."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import views as generate

FAMILY = "views"

_REAL = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.real.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="views.complex-parts-are-views",
        family=FAMILY,
        statement="`real` and `imag` of a complex tensor are views that share its version, and may be written.",
        expectation="A write through a part changes the tensor; gradients of the parts meet in the complex gradient.",
        level=Level.REQUIRED,
        clause=Clause(_REAL, "self share the same underlying storage."),
        examples=(
            code(
                """
                import torch
                z = torch.tensor([1 + 2j, 3 - 1j])
                z.real.mul_(5)
                z.imag[0] = 7.0
                observe(z)
                w = torch.tensor([1 + 2j], requires_grad=True)
                (w.real * 2 + w.imag * 3).sum().backward()
                observe(w)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "complex",
            "backward",
        ),
    ),
    Behaviour(
        id="views.as-real-and-as-complex-are-views",
        family=FAMILY,
        statement="`view_as_real` and `view_as_complex` are views between the two kinds of tensors.",
        expectation="Writes pass both ways, and so do gradients.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                b = x * 1
                z = torch.view_as_complex(b)
                observe(b, z)
                r = torch.view_as_real(z)
                observe(b, z, r)
                r[0, 0].mul_(10)
                observe(b)
                z.tolist()
                b.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "complex",
            "backward",
        ),
    ),
    Behaviour(
        id="views.complex-parts-of-results-are-written",
        family=FAMILY,
        statement="A write through a real view of a complex result, or a complex view of a real one, reaches the "
        "base's history, and so does a write to the base under the view.",
        expectation="The steps of the view are taken again on the base's new history, and gradients contain the write.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                u = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
                c = u * 1
                r = c.real
                c.mul_(2)
                observe(c, r)
                r.mul_(3)
                observe(c, r)
                r.sum().backward()
                observe(u)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                b = x * 1
                z = torch.view_as_complex(b)
                w = torch.view_as_real(z[1:])
                w[0, 0] = 0.0
                observe(b, z, w)
                torch.view_as_real(z).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.CONVERTED,
        needs=(
            "views",
            "in-place",
            "complex",
            "backward",
            "graph-introspection",
        ),
        depends=(
            "views.as-real-and-as-complex-are-views",
            "views.write-through-a-view-rebases-the-base",
            "views.write-under-a-view-regenerates-it",
        ),
    ),
)
