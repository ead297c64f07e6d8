"""Views: which operations give them, what they share, and their nodes."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import views as generate

FAMILY = "views"

_AS_STRIDED = "https://docs.pytorch.org/docs/2.13/generated/torch.as_strided.html"
_EXPAND = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.expand.html"
_REAL = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.real.html"
_RESHAPE = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.reshape.html"
_VIEW = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.view.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="views.share-memory-and-version",
        family=FAMILY,
        statement="A view shares memory and version counter with its base: a write through either is seen through "
        "both.",
        expectation="Values change together and `_version` of both is the number of writes.",
        level=Level.REQUIRED,
        clause=Clause(_VIEW, "The returned tensor shares the same data"),
        examples=(
            code(
                """
                import torch
                b = torch.tensor([1.0, 2.0, 3.0, 4.0])
                v = b.view(2, 2)
                w = v[0]
                b.add_(1)
                observe(b, v, w)
                w.zero_()
                v[1, 1] = 9.0
                observe(b, v, w)
                """
            ),
        ),
        generator=generate.SHARED,
        needs=(
            "views",
            "in-place",
        ),
    ),
    Behaviour(
        id="views.which-operations-give-views",
        family=FAMILY,
        statement="Shape operations and plain indexing give views, copies do not.",
        expectation="`_is_view()` and shared memory, operation by operation.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                a, b, c, d = x.view(4), x.t(), x[0], x[:, 1:]
                e, f, g, h = x.expand(3, 2, 2), x.diagonal(), x.unsqueeze(0), x.narrow(0, 0, 1)
                observe(x, a, b, c, d, e, f, g, h)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                a, b, c, d = x[[0]], x[x > 1], x.clone(), x.flip(0)
                e, f, g = x.index_select(0, torch.tensor([0])), x.t().reshape(4), x.repeat(1, 1)
                observe(x, a, b, c, d, e, f, g)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                a, b = x.unbind()
                c, d = x.split(1)
                e, f = x.chunk(2, 1)
                g = x.unfold(0, 1, 1)
                h = x.as_strided((2,), (1,))
                observe(x, a, b, c, d, e, f, g, h)
                """
            ),
        ),
        generator=generate.KINDS,
        needs=("views",),
    ),
    Behaviour(
        id="views.same-shape-still-gives-a-new-object",
        family=FAMILY,
        statement="A view of the same shape is a new object, while `contiguous` of a contiguous tensor and `real` "
        "of a real one are the tensor.",
        expectation="`is` holds for the latter only.",
        level=Level.RECOMMENDED,
        clause=Clause(_REAL, "Returns self if self is a real-valued tensor."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                x.view(2, 2) is x
                x.expand(2, 2) is x
                x[...] is x
                x.reshape(2, 2) is x
                x.contiguous() is x
                x.real is x
                """
            ),
        ),
        needs=("views",),
    ),
    Behaviour(
        id="views.reshape-views-where-it-can",
        family=FAMILY,
        statement="`reshape` and `flatten` give a view where the strides allow it and a copy where they do not; "
        "`view` refuses instead of copying.",
        expectation="Aliases for contiguous input, none after a transposition, and RuntimeError from `view`.",
        level=Level.REQUIRED,
        clause=Clause(_RESHAPE, "This method returns a view if shape is compatible with the current shape."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
                a = x.reshape(6)
                b = x.t().reshape(6)
                c = x.flatten()
                observe(x, a, b, c)
                x.t().view(6)
                x.view(4)
                x.view(-1, 5)
                observe(x)
                """
            ),
        ),
        needs=("views",),
    ),
    Behaviour(
        id="views.node-names",
        family=FAMILY,
        statement="A view of a tensor that requires grad is no leaf and has the node of the view operation.",
        expectation="`grad_fn` names, operation by operation; several spellings share a node.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                def names(*views):
                    return [view.grad_fn.name() for view in views]
                names(x.view(4), x.reshape(4), x.flatten(), x.t(), x.T, x.mT, x.transpose(0, 1))
                names(x.permute(1, 0), x.squeeze(), x.unsqueeze(0), x.expand(2, 2, 2), x.narrow(0, 0, 1))
                names(x[0], x[:1], x[None], x[...], x[0, 1], x.diagonal(), x.unfold(0, 1, 1))
                names(x.unbind()[0], x.split(1)[0], x.chunk(2)[0], x.as_strided((2,), (1,)))
                """
            ),
        ),
        needs=(
            "views",
            "graph-introspection",
        ),
    ),
    Behaviour(
        id="views.base-is-the-root-of-views",
        family=FAMILY,
        statement="`_base` of a view is the tensor whose memory it shows, for a view of a view as well; other "
        "tensors have None.",
        expectation="`is` holds between `_base` and the root.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                v = x[1:]
                w = v.view(2, 1)
                v._base is x
                w._base is x
                x._base
                x.detach()._base
                y = x * 2
                y[0]._base is y
                """
            ),
        ),
        generator=generate.BASES,
        needs=("views",),
    ),
    Behaviour(
        id="views.gradients-scatter-back",
        family=FAMILY,
        statement="The gradient of a view is put back into the place it shows, zeros elsewhere.",
        expectation="`.grad` of the leaf is zero where no view looked and the sum where several did.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                (x[0] * 3).sum().backward()
                observe(x)
                (x.t()[0] * torch.tensor([1.0, 2.0])).sum().backward()
                (x.diagonal() * 10).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.SCATTER,
        needs=(
            "views",
            "backward",
        ),
    ),
    Behaviour(
        id="views.expanded-gradients-sum",
        family=FAMILY,
        statement="The gradient of an expanded tensor is summed over the places that share memory.",
        expectation="`.grad` has the shape of the leaf.",
        level=Level.REQUIRED,
        clause=Clause(_EXPAND, "Expanding a tensor does not allocate new memory"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0], [2.0]], requires_grad=True)
                e = x.expand(3, 2, 4)
                (e * 2).sum().backward()
                observe(x, e)
                """
            ),
        ),
        generator=generate.EXPANDED,
        needs=(
            "views",
            "backward",
        ),
        depends=("views.gradients-scatter-back",),
    ),
    Behaviour(
        id="views.overlapping-windows-add",
        family=FAMILY,
        statement="`as_strided` and `unfold` windows that overlap add their gradients.",
        expectation="An element gets as many contributions as windows show it.",
        level=Level.RECOMMENDED,
        clause=Clause(_AS_STRIDED, "multiple indices referring to the same element in memory"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
                x.as_strided((3, 2), (1, 1)).sum().backward()
                observe(x)
                x.unfold(0, 3, 1).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "views",
            "backward",
        ),
        depends=("views.gradients-scatter-back",),
    ),
)
