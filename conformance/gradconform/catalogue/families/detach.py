"""Family 7: cutting tensors off from the graph: `detach`, `detach_`, `.data`, `requires_grad` switched on and off."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import detach as generate

FAMILY = "detach"

_DETACH = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.detach.html"
_DETACH_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.detach_.html"
_REQUIRES_GRAD_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.requires_grad_.html"
_CLONE = "https://docs.pytorch.org/docs/2.13/generated/torch.clone.html"
_IS_LEAF = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.is_leaf.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="detach.result-has-no-history",
        family=FAMILY,
        statement="`detach` gives a new tensor with the same values that does not require grad and is a leaf, "
        "whatever it came from.",
        expectation="`requires_grad` is False, `is_leaf` True, `grad_fn` None; the original keeps its history.",
        level=Level.REQUIRED,
        clause=Clause(_DETACH, "detached from the current graph. The result will never require gradient."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                a = x.detach()
                b = y.detach()
                c = torch.detach(y)
                d = b.detach()
                observe(x, y, a, b, c, d)
                """
            ),
        ),
        generator=generate.NO_HISTORY,
        needs=("detach",),
    ),
    Behaviour(
        id="detach.shares-storage",
        family=FAMILY,
        statement="A detached tensor shares its memory with the original: a write through either is seen through both.",
        expectation="Values change together; the detached tensor is an alias and yet no view, `_is_view()` is False.",
        level=Level.REQUIRED,
        clause=Clause(_DETACH, "Returned Tensor shares the same storage with the original one."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                d = x.detach()
                d.add_(10)
                observe(x, d)
                with torch.no_grad():
                    x.mul_(2)
                observe(x, d)
                """
            ),
        ),
        generator=generate.SHARED,
        needs=("detach", "in-place"),
        depends=("detach.result-has-no-history",),
    ),
    Behaviour(
        id="detach.shares-the-version",
        family=FAMILY,
        statement="A detached tensor shares the version counter of the original: a write through either raises both.",
        expectation="`_version` of both is the number of writes through either.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                d = x.detach()
                e = d.detach()
                d.add_(1)
                observe(x, d, e)
                with torch.no_grad():
                    x.add_(1)
                e[0] = 0.0
                observe(x, d, e)
                """
            ),
        ),
        generator=generate.VERSIONS,
        needs=("detach", "in-place"),
        depends=("detach.shares-storage",),
    ),
    Behaviour(
        id="detach.data-has-its-own-version",
        family=FAMILY,
        statement="`.data` shares the memory but not the version counter: a write through it leaves the original's "
        "version alone.",
        expectation="Values change together, versions apart; every access to `.data` gives a new tensor at version "
        "zero.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                d = x.data
                d.add_(1)
                e = x.data
                observe(x, d, e)
                with torch.no_grad():
                    x.add_(1)
                observe(x, d, e)
                """
            ),
        ),
        generator=generate.DATA_VERSIONS,
        needs=("detach", "in-place"),
        depends=("detach.shares-the-version",),
    ),
    Behaviour(
        id="detach.write-through-alias-is-caught",
        family=FAMILY,
        statement="Backward refuses to use a saved tensor that was written through a detached alias after it was "
        "saved.",
        expectation="RuntimeError about a modification by an in-place operation with both versions; no `.grad` "
        "changes.",
        level=Level.REQUIRED,
        clause=Clause(_DETACH, "In-place modifications on either of them will be seen, and may trigger errors"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                x.detach().zero_()
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.relu()
                d = y.detach()
                d.mul_(3)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.CAUGHT,
        needs=("detach", "in-place", "saved-tensor-checks", "backward"),
        depends=("detach.shares-the-version",),
    ),
    Behaviour(
        id="detach.write-to-an-unsaved-tensor-is-fine",
        family=FAMILY,
        statement="A write through a detached alias of a tensor that no node saved raises nothing and does not change "
        "gradients.",
        expectation="Backward works and gives the gradient of the graph as it was recorded.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.detach().zero_()
                x.detach().fill_(7)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.UNSAVED,
        needs=("detach", "in-place", "backward"),
        depends=("detach.write-through-alias-is-caught",),
    ),
    Behaviour(
        id="detach.write-through-data-is-silent",
        family=FAMILY,
        statement="A write through `.data` to a saved tensor is not noticed: backward uses the new values.",
        expectation="No error, and a gradient computed from what was written.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                x.data.zero_()
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.SILENT,
        needs=("detach", "in-place", "backward"),
        depends=("detach.data-has-its-own-version",),
    ),
    Behaviour(
        id="detach.cuts-the-gradient",
        family=FAMILY,
        statement="No gradient passes a detached tensor: it counts as a constant there, and other paths are not "
        "affected.",
        expectation="A leaf gets the gradient of the paths that avoid the cut, None where every path is cut.",
        level=Level.REQUIRED,
        clause=Clause(_DETACH, "Returns a new Tensor, detached from the current graph."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = x * x
                z = (y * y.detach() + w.detach() * x).sum()
                z.backward()
                observe(x, w, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * 2).detach() * 3
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.CUT,
        needs=("detach", "backward"),
        depends=("detach.result-has-no-history",),
    ),
    Behaviour(
        id="detach.alias-can-be-a-new-leaf",
        family=FAMILY,
        statement="`requires_grad_` on a detached tensor makes it a leaf of its own: it collects a gradient, the "
        "original does not.",
        expectation="`.grad` of the alias is filled, `.grad` of the original stays None.",
        level=Level.REQUIRED,
        clause=Clause(_REQUIRES_GRAD_, "Change if autograd should record operations on this tensor"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                d = (x * 2).detach().requires_grad_()
                e = x.detach()
                e.requires_grad = True
                (d * e * 3).sum().backward()
                observe(x, d, e)
                """
            ),
        ),
        generator=generate.NEW_LEAF,
        needs=("detach", "requires-grad-toggle", "backward"),
        depends=("detach.cuts-the-gradient",),
    ),
    Behaviour(
        id="detach.clone-is-independent",
        family=FAMILY,
        statement="`x.detach().clone()` and `x.clone().detach()` are copies without history: writes to them reach "
        "nobody else.",
        expectation="Equal values, other storage, version zero; the original is unchanged by writes to the copy.",
        level=Level.REQUIRED,
        clause=Clause(_CLONE, "To create a tensor without an autograd relationship to"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x.detach().clone()
                b = x.clone().detach()
                observe(x, a, b)
                a.zero_()
                b.add_(1)
                observe(x, a, b)
                """
            ),
        ),
        generator=generate.COPIES,
        needs=("detach", "in-place"),
        depends=("detach.shares-storage",),
    ),
    Behaviour(
        id="detach.detach-in-place",
        family=FAMILY,
        statement="`detach_` cuts the tensor itself off: it becomes a leaf without grad, and graphs recorded before "
        "keep working.",
        expectation="The same object comes back; gradients still flow through what was recorded earlier, no longer "
        "through what is computed afterwards.",
        level=Level.REQUIRED,
        clause=Clause(_DETACH_, "Detaches the Tensor from the graph that created it, making it a leaf."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = y * 3
                y.detach_() is y
                observe(x, y, z)
                z.sum().backward()
                observe(x, y)
                (y * x).sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.sum().backward()
                x.detach_()
                observe(x)
                """
            ),
        ),
        generator=generate.IN_PLACE,
        needs=("detach", "backward"),
        depends=("detach.cuts-the-gradient",),
    ),
    Behaviour(
        id="detach.detach-in-place-refuses-views",
        family=FAMILY,
        statement="`detach_` on a view is an error; `detach` on a view gives an alias of the same part of the memory.",
        expectation="RuntimeError and the view keeps its history; the detached alias of a view sees and makes writes "
        "to the base.",
        level=Level.REQUIRED,
        clause=Clause(_DETACH_, "Views cannot be detached in-place."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                y = x * 2
                v = y[1:]
                v.detach_()
                observe(y, v)
                d = v.detach()
                d.zero_()
                observe(y, d)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.VIEWS,
        needs=("detach", "views", "in-place"),
        depends=("detach.detach-in-place",),
    ),
    Behaviour(
        id="detach.frozen-leaf-gets-no-gradient",
        family=FAMILY,
        statement="A leaf with `requires_grad=False` takes part in the computation as a constant and gets no gradient.",
        expectation="Its `.grad` stays None while the other leaves get theirs; a result of frozen leaves alone does "
        "not require grad.",
        level=Level.REQUIRED,
        clause=Clause(_IS_LEAF, "Tensors that have requires_grad which is False will be leaf Tensors by convention."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                b = torch.tensor([0.5, 0.5])
                w.requires_grad_(False)
                h = w * b
                y = (x * h + b).sum()
                y.backward()
                observe(x, w, b, h, y)
                """
            ),
        ),
        generator=generate.FROZEN,
        needs=("requires-grad-toggle", "backward"),
    ),
    Behaviour(
        id="detach.freezing-after-recording",
        family=FAMILY,
        statement="Freezing a leaf after the graph was recorded stops accumulation into it as well; thawing it again "
        "resumes.",
        expectation="`.grad` of the frozen leaf does not change in backward, other leaves get theirs, a retained "
        "graph accumulates again after `requires_grad_(True)`.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = (x * w).sum()
                w.requires_grad_(False)
                y.backward(retain_graph=True)
                observe(x, w)
                w.requires_grad_(True)
                y.backward()
                observe(x, w)
                """
            ),
        ),
        generator=generate.THAWED,
        needs=("requires-grad-toggle", "backward", "retain-graph"),
        depends=("detach.frozen-leaf-gets-no-gradient",),
    ),
    Behaviour(
        id="detach.toggling-keeps-grad-and-version",
        family=FAMILY,
        statement="`requires_grad_` switches the flag of a leaf in place, returns the leaf, and leaves `.grad` and "
        "version alone.",
        expectation="The same object comes back; an existing `.grad` survives both switches and later gradients add "
        "to it.",
        level=Level.REQUIRED,
        clause=Clause(_REQUIRES_GRAD_, "sets this tensor's requires_grad attribute in-place. Returns this tensor."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 3).sum().backward()
                x.requires_grad_(False) is x
                observe(x)
                y = x * 2
                x.requires_grad = True
                z = x * 2
                observe(x, y, z)
                z.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.TOGGLED,
        needs=("requires-grad-toggle", "backward"),
        depends=("detach.frozen-leaf-gets-no-gradient",),
    ),
    Behaviour(
        id="detach.only-leaves-can-be-frozen",
        family=FAMILY,
        statement="Switching `requires_grad` off on a result with history is an error; switching it on there changes "
        "nothing.",
        expectation="RuntimeError from `requires_grad_(False)` and from the assignment; the result keeps its history.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.requires_grad_(False)
                y.requires_grad = False
                y.requires_grad_(True)
                observe(x, y)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.RESULTS_STAY,
        needs=("requires-grad-toggle",),
    ),
    Behaviour(
        id="detach.only-floating-point-requires-grad",
        family=FAMILY,
        statement="Only tensors of floating point and complex dtypes can require grad.",
        expectation="RuntimeError for integer and bool tensors, from the factory, from `requires_grad_` and from the "
        "assignment.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                n = torch.tensor([1, 2])
                n.requires_grad_()
                n.requires_grad = True
                torch.tensor([1, 2], requires_grad=True)
                torch.tensor([True, False]).requires_grad_()
                n.requires_grad_(False)
                observe(n)
                """
            ),
        ),
        generator=generate.NO_FLOATS,
        needs=("requires-grad-toggle", "dtypes"),
    ),
    Behaviour(
        id="detach.late-requires-grad-does-not-reach-back",
        family=FAMILY,
        statement="What was computed before `requires_grad_` was called on its input stays without history.",
        expectation="Earlier results do not require grad; only what is computed afterwards contributes to `.grad`.",
        level=Level.REQUIRED,
        clause=Clause(_REQUIRES_GRAD_, "main use case is to tell autograd to begin recording operations on a Tensor"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0])
                y = x * 2
                x.requires_grad_()
                z = x * y
                observe(x, y, z)
                z.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.LATE,
        needs=("requires-grad-toggle", "backward"),
        depends=("detach.toggling-keeps-grad-and-version",),
    ),
    Behaviour(
        id="detach.earlier-view-of-a-late-leaf",
        family=FAMILY,
        statement="A view taken before its base was told to require grad reports that it requires grad, but is a dead "
        "end.",
        expectation="`requires_grad` and `is_leaf` of the view are True; backward of what is computed from it fills "
        "neither `.grad`.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0, 4.0])
                v = x.view(2, 2)
                x.requires_grad_()
                observe(x, v)
                (v * 2).sum().backward()
                observe(x, v)
                """
            ),
        ),
        generator=generate.LATE_VIEW,
        needs=("requires-grad-toggle", "views", "backward"),
        depends=("detach.late-requires-grad-does-not-reach-back",),
    ),
    Behaviour(
        id="detach.data-assignment",
        family=FAMILY,
        statement="Assigning to `.data` replaces values and memory of a tensor and leaves leaf status, `.grad` and "
        "version alone.",
        expectation="The tensor shows the new values, also in another shape, and shares the new memory; a graph that "
        "saved the tensor computes with the new values unnoticed; assigning something that is no tensor raises "
        "TypeError.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                n = torch.tensor([7.0, 8.0])
                x.data = n
                observe(x, n)
                y.backward()
                observe(x)
                n.zero_()
                observe(x, n)
                x.data = 3
                x.data = torch.ones(3)
                observe(x)
                """
            ),
        ),
        generator=generate.ASSIGNED,
        needs=("detach", "backward"),
        depends=("detach.data-has-its-own-version",),
    ),
)
