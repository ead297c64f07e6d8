"""Family 9: views: shared memory, versions and history, writes through and under them, refusals."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import views as generate

FAMILY = "views"

_AS_STRIDED = "https://docs.pytorch.org/docs/2.13/generated/torch.as_strided.html"
_EXPAND = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.expand.html"
_REAL = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.real.html"
_RESHAPE = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.reshape.html"
_SELECT_SCATTER = "https://docs.pytorch.org/docs/2.13/generated/torch.select_scatter.html"
_UNSAFE_SPLIT = "https://docs.pytorch.org/docs/2.13/generated/torch.unsafe_split.html"
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
