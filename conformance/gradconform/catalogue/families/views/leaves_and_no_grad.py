"""Views of leaves, and views that were made under `no_grad`."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Level, Observed
from gradconform.generate import views as generate

FAMILY = "views"


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="views.leaf-view-is-refused",
        family=FAMILY,
        statement="While grad mode is on, a view of a leaf that requires grad refuses to be written.",
        expectation="RuntimeError about a view of a leaf Variable; the leaf is unchanged.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x[0] = 3.0
                x[0].add_(1)
                x.view(2).mul_(2)
                v = x[1:]
                v.zero_()
                observe(x, v)
                """
            ),
        ),
        generator=generate.LEAF_VIEW,
        needs=(
            "views",
            "in-place",
        ),
    ),
    Behaviour(
        id="views.leaf-view-under-no-grad",
        family=FAMILY,
        statement="Under `no_grad` a view of a leaf may be written, and the leaf stays a leaf.",
        expectation="The new values, a raised version, and a later backward that uses them.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    v = x.view(2)
                    v.add_(1)
                    x[0] = 5.0
                observe(x, v)
                (x * x).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_VIEW_NO_GRAD,
        needs=(
            "views",
            "in-place",
            "grad-mode",
            "backward",
        ),
        depends=("views.leaf-view-is-refused",),
    ),
    Behaviour(
        id="views.stale-view-of-a-former-leaf",
        family=FAMILY,
        statement="A view taken while a leaf required grad stays unwritable after the leaf stops requiring it; a "
        "new view is writable.",
        expectation="RuntimeError through the old view, success through the new one.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                v = x.view(2)
                v.add_(1)
                x.requires_grad_(False)
                v.add_(1)
                w = x.view(2)
                w.add_(1)
                observe(x, w)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "requires-grad-toggle",
        ),
        depends=("views.leaf-view-is-refused",),
    ),
    Behaviour(
        id="views.no-grad-view-of-a-leaf-is-refused",
        family=FAMILY,
        statement="A view of a leaf made under `no_grad` refuses to be written in grad mode, with the text about "
        "the mode it was made in.",
        expectation="RuntimeError that says the view was created in no_grad mode, not that it is a view of a leaf.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    v = x.view(2)
                v.add_(1)
                observe(x, v)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "grad-mode",
        ),
        depends=("views.leaf-view-is-refused",),
    ),
    Behaviour(
        id="views.no-grad-view-is-refused",
        family=FAMILY,
        statement="A view of a result made under `no_grad` refuses to be written in grad mode, and may be written "
        "under `no_grad`.",
        expectation="RuntimeError that names the mode and the ways out; under `no_grad` the base changes and keeps "
        "its history.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = x * 1
                with torch.no_grad():
                    v = b.view(2)
                v.add_(1)
                observe(b, v)
                with torch.no_grad():
                    v.add_(1)
                observe(b)
                """
            ),
        ),
        generator=generate.NO_GRAD_VIEW,
        needs=(
            "views",
            "in-place",
            "grad-mode",
        ),
    ),
    Behaviour(
        id="views.no-grad-view-of-a-constant",
        family=FAMILY,
        statement="A view of a constant made under `no_grad` refuses a write that would bring it into the graph, "
        "and takes any other.",
        expectation="RuntimeError with a tensor that requires grad, success with a number.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                w = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                with torch.no_grad():
                    v = b.view(2)
                v.add_(1)
                v.add_(w)
                observe(b, v)
                """
            ),
        ),
        needs=(
            "views",
            "in-place",
            "grad-mode",
        ),
        depends=("views.no-grad-view-is-refused",),
    ),
    Behaviour(
        id="views.no-grad-view-is-a-dead-end",
        family=FAMILY,
        statement="A view made under `no_grad` of a tensor that requires grad reports `requires_grad` and leads "
        "nowhere.",
        expectation="`is_leaf` True and `grad_fn` None; a backward through it reaches nobody and raises nothing.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    v = x.view(2)
                y = v * 2
                observe(v, y)
                y.sum().backward()
                observe(x, v)
                """
            ),
        ),
        needs=(
            "views",
            "grad-mode",
            "backward",
        ),
    ),
    Behaviour(
        id="views.no-grad-view-can-become-a-leaf",
        family=FAMILY,
        statement="`requires_grad_` on a view made under `no_grad` makes it a leaf that collects its own gradient.",
        expectation="`.grad` of the view is filled, the base's stays None.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    v = x.view(2)
                v.requires_grad_(True)
                (v * 3).sum().backward()
                observe(x, v)
                """
            ),
        ),
        needs=(
            "views",
            "grad-mode",
            "requires-grad-toggle",
            "backward",
        ),
        depends=("views.no-grad-view-is-a-dead-end",),
    ),
)
