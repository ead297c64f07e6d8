"""Views: operations that give several, and views that are cut off."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import views as generate

FAMILY = "views"

_UNSAFE_SPLIT = "https://docs.pytorch.org/docs/2.13/generated/torch.unsafe_split.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="views.multi-output-views-refuse-writes",
        family=FAMILY,
        statement="The outputs of `unbind`, `split` and `chunk` refuse to be written while they have history.",
        expectation="RuntimeError that names the function of the view and the number of the output; nothing is "
        "written.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                b = x * 1
                p, q = b.unbind()
                q.add_(1)
                b.split(1)[1].mul_(2)
                b.chunk(2)[0].zero_()
                observe(b, p, q)
                """
            ),
        ),
        generator=generate.MULTI_OUTPUT,
        needs=(
            "views",
            "in-place",
        ),
    ),
    Behaviour(
        id="views.multi-output-views-share-a-node",
        family=FAMILY,
        statement="The outputs of one `unbind` or `split` share a node and differ in `output_nr`.",
        expectation="`is` holds between the nodes; the numbers count from zero, and gradients of unused outputs are "
        "zeros.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                p, q, r = x.unbind()
                p.grad_fn is q.grad_fn
                observe(p, q, r)
                (q * 5).backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "graph-introspection",
            "backward",
        ),
    ),
    Behaviour(
        id="views.multi-output-views-of-constants",
        family=FAMILY,
        statement="Outputs of `unbind` of a constant may be written with constants, and refuse a tensor that "
        "requires grad.",
        expectation="The base changes with the first write; the second is a RuntimeError.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                w = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                p, q = b.unbind()
                p.add_(1)
                q.add_(w)
                observe(b, p, q)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
        ),
        depends=("views.multi-output-views-refuse-writes",),
    ),
    Behaviour(
        id="views.base-of-multi-output-views-may-be-written",
        family=FAMILY,
        statement="Writing into the base of multi-output views is allowed; reading the history of such a view "
        "raises afterwards.",
        expectation="The base has its new history and gradient; `grad_fn` of an output is a RuntimeError that names "
        "its function.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                b = x * 1
                p, q = b.unbind()
                b.mul_(2)
                observe(b)
                observe(p)
                b.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "graph-introspection",
        ),
        depends=("views.multi-output-views-refuse-writes",),
    ),
    Behaviour(
        id="views.unsafe-split-is-no-view",
        family=FAMILY,
        statement="The outputs of `unsafe_split` are not marked as views, so they may be written.",
        expectation="`_is_view()` False, and gradients of the written outputs.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _UNSAFE_SPLIT, "without enforcing the autograd restrictions on inplace modification of the outputs."
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0], [2.0]], requires_grad=True)
                p, q = (x * 2).unsafe_split(1)
                observe(p, q)
                p.mul_(q)
                p.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "backward",
        ),
    ),
    Behaviour(
        id="views.detached-view-writes-reach-the-leaf",
        family=FAMILY,
        statement="A view of a detached alias may be written: the leaf's values and version change and no history "
        "is made.",
        expectation="The leaf stays a leaf with the new values.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                d = x.detach()
                d[0] = 9.0
                d.view(3, 1)[1].mul_(5)
                observe(x, d)
                (x * x).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "detach",
        ),
    ),
)
