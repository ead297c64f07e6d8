"""Views: writes through them, under them and beside them."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Level, Observed
from gradconform.generate import views as generate

FAMILY = "views"


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="views.write-through-a-view-rebases-the-base",
        family=FAMILY,
        statement="Writing through a view gives the base a new history: a `CopySlices` node over its old one.",
        expectation="The base's gradient takes the write into account, and the view's `grad_fn` is made anew.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 2
                v = b[1:]
                v.mul_(10)
                observe(b, v)
                b.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor(3.0, requires_grad=True)
                b = x * 2
                v = b[0]
                v.copy_(w)
                (b * torch.tensor([7.0, 11.0])).sum().backward()
                observe(x, w, b, v)
                """
            ),
        ),
        generator=generate.WRITTEN_THROUGH,
        needs=(
            "views",
            "in-place",
            "backward",
            "graph-introspection",
        ),
        depends=("views.share-memory-and-version",),
    ),
    Behaviour(
        id="views.write-through-a-view-of-a-view",
        family=FAMILY,
        statement="A write through a view of a view reaches the base's history directly.",
        expectation="One `CopySlices` node on the base; the views in between are made anew.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                b = x * 2
                v = b[0]
                w = v[1:]
                w.mul_(10)
                observe(b, v, w)
                (b * torch.tensor([[1.0, 2.0], [4.0, 8.0]])).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.NESTED,
        needs=(
            "views",
            "in-place",
            "backward",
            "graph-introspection",
        ),
        depends=("views.write-through-a-view-rebases-the-base",),
    ),
    Behaviour(
        id="views.write-under-a-view-regenerates-it",
        family=FAMILY,
        statement="After its base was written, a view's `grad_fn` is made anew from the base's new history.",
        expectation="A regenerated node over the base's newest one, and gradients that contain the write.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
                b = x * 1
                v = b.view(2, 2)
                observe(v)
                b.mul_(2)
                observe(b, v)
                v.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 1
                v = b[0]
                b.mul_(5)
                v.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.WRITTEN_UNDER,
        needs=(
            "views",
            "in-place",
            "backward",
            "graph-introspection",
        ),
        depends=("views.share-memory-and-version",),
    ),
    Behaviour(
        id="views.regenerated-node-is-as-strided",
        family=FAMILY,
        statement="The node of a view that was made anew is `AsStridedBackward0`, whatever the view was.",
        expectation="The names before and after a write to the base.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def names(look):
                    b = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True) * 1
                    v = look(b)
                    before = v.grad_fn.name()
                    b.mul_(2)
                    return before, v.grad_fn.name()
                names(lambda b: b.view(4))
                names(lambda b: b.t())
                names(lambda b: b[:1])
                names(lambda b: b[0])
                names(lambda b: b.diagonal())
                names(lambda b: b.permute(1, 0))
                names(lambda b: b.unsqueeze(0))
                names(lambda b: b.as_strided((2,), (1,)))
                """
            ),
        ),
        generator=generate.STALE,
        needs=(
            "views",
            "in-place",
            "graph-introspection",
        ),
        depends=("views.write-under-a-view-regenerates-it",),
    ),
    Behaviour(
        id="views.sibling-views-follow-writes",
        family=FAMILY,
        statement="A write through one view of a base changes the history of its other views too.",
        expectation="Gradients through the sibling contain the write where the two overlap.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 1
                v = b[:2]
                w = b[1:]
                v.mul_(10)
                observe(b, v, w)
                w.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.SIBLINGS,
        needs=(
            "views",
            "in-place",
            "backward",
        ),
        depends=(
            "views.write-through-a-view-rebases-the-base",
            "views.write-under-a-view-regenerates-it",
        ),
    ),
    Behaviour(
        id="views.earlier-results-of-a-view-keep-their-history",
        family=FAMILY,
        statement="What was computed from a view before a write keeps its gradient.",
        expectation="The earlier result's gradient does not contain the write.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 2
                v = b[1:]
                early = v + 1
                b.mul_(10)
                late = v + 1
                early.sum().backward(retain_graph=True)
                observe(x)
                late.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "backward",
        ),
        depends=("views.write-under-a-view-regenerates-it",),
    ),
    Behaviour(
        id="views.saved-view-is-refused-after-any-alias-write",
        family=FAMILY,
        statement="Backward refuses a saved tensor that was written through any alias: its base, a view of it, or a "
        "sibling view.",
        expectation="RuntimeError about a modification by an in-place operation with the shared version.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 1
                v = b[:2]
                y = v * v
                b[2] = 0.0
                y.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = x * 1
                y = b * b
                b.view(2)[0].add_(1)
                y.sum().backward()
                observe(x, b)
                """
            ),
        ),
        generator=generate.ALIASED,
        needs=(
            "views",
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("views.share-memory-and-version",),
    ),
    Behaviour(
        id="views.constant-base-joins-the-graph",
        family=FAMILY,
        statement="A base without grad becomes part of the graph when a tensor that requires grad is written "
        "through one of its views.",
        expectation="Base and view require grad and are no leaves; gradients flow to what was written.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                w = torch.tensor(2.0, requires_grad=True)
                b = torch.zeros(3)
                v = b[0]
                v += w
                observe(b, v)
                (b * 5).sum().backward()
                observe(w)
                """
            ),
            code(
                """
                import torch
                w = torch.tensor([2.0, 3.0], requires_grad=True)
                b = torch.ones(2)
                v = b.view(2)
                b.mul_(w)
                observe(b, v)
                v.sum().backward()
                observe(w)
                """
            ),
        ),
        generator=generate.CONSTANT_BASE,
        needs=(
            "views",
            "in-place",
            "backward",
        ),
        depends=("views.write-through-a-view-rebases-the-base",),
    ),
)
