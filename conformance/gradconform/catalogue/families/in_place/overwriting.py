"""Writes that cut: of whole tensors, of masks, through indices."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"

_MASKED_FILL_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.masked_fill_.html"
_ZERO_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.zero_.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="in-place.overwriting-cuts-with-zeros",
        family=FAMILY,
        statement="`zero_`, `fill_` and `copy_` cut the old value off: its sources get a gradient of zeros, not None.",
        expectation="`.grad` of the source is zeros, and the source of `copy_` gets the gradient.",
        level=Level.REQUIRED,
        clause=Clause(_ZERO_, "tensor with zeros."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.zero_()
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = x * 2
                y.copy_(w)
                y.sum().backward()
                observe(x, w, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.fill_(3.0)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.CUTS,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.masked-fill-cuts-where-it-writes",
        family=FAMILY,
        statement="`masked_fill_` cuts the gradient where it writes and passes it elsewhere.",
        expectation="Zeros in the gradient of the source where the mask holds; a 0-d value tensor gets the sum of "
        "what was cut.",
        level=Level.REQUIRED,
        clause=Clause(_MASKED_FILL_, "Fills elements of self tensor with value where mask is True."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
                y = x * 2
                y.masked_fill_(x < 0, 0.5)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, -2.0, -3.0], requires_grad=True)
                w = torch.tensor(5.0, requires_grad=True)
                y = x * 2
                y.masked_fill_(x < 0, w)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, w, y)
                """
            ),
        ),
        generator=generate.MASKED,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.overwriting-cuts-with-zeros",),
    ),
    Behaviour(
        id="in-place.index-writes-scatter-gradients",
        family=FAMILY,
        statement="`index_put_`, `index_add_`, `index_copy_` and `scatter_add_` send gradients to the values they "
        "wrote, and keep or cut the old ones as they added or replaced.",
        expectation="Gradients of values gather from the places they went to, where indices repeat too.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                v = torch.tensor([5.0, 6.0], requires_grad=True)
                y = x * 1
                y.index_put_((torch.tensor([0, 2]),), v)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, v, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                v = torch.tensor([5.0, 6.0, 7.0], requires_grad=True)
                y = x * 1
                y.index_put_((torch.tensor([0, 0, 1]),), v, accumulate=True)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, v, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                v = torch.tensor([5.0, 6.0], requires_grad=True)
                y = x * 1
                y.index_add_(0, torch.tensor([1, 1]), v)
                y.index_copy_(0, torch.tensor([0]), v[:1])
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, v, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                v = torch.tensor([5.0, 6.0], requires_grad=True)
                y = x * 1
                y.scatter_add_(0, torch.tensor([2, 0]), v)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, v, y)
                """
            ),
        ),
        generator=generate.INDEXED,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.overwriting-cuts-with-zeros",),
    ),
    Behaviour(
        id="in-place.assignment-through-an-index",
        family=FAMILY,
        statement="An assignment through an index copies into that part of the tensor: its old history is cut there "
        "and the value's takes its place.",
        expectation="A `CopySlices` node, zeros for the overwritten elements, the value's gradient summed to its "
        "shape.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                w = torch.tensor(5.0, requires_grad=True)
                y = x * 2
                y[1:] = w
                observe(y)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x, w)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                w = torch.tensor([5.0, 6.0], requires_grad=True)
                y = x * 2
                y[:, 0] = w
                y[1] = 0.0
                y[0, 1] += w[0]
                (y * torch.tensor([[1.0, 2.0], [4.0, 8.0]])).sum().backward()
                observe(x, w, y)
                """
            ),
            code(
                """
                import torch
                w = torch.tensor([5.0, 6.0], requires_grad=True)
                b = torch.zeros(3)
                b[torch.tensor([0, 2])] = w
                b[torch.tensor([False, True, False])] = 7.0
                observe(b)
                (b * b).sum().backward()
                observe(w)
                """
            ),
        ),
        generator=generate.ASSIGNED,
        needs=(
            "in-place",
            "views",
            "backward",
        ),
        depends=("in-place.overwriting-cuts-with-zeros",),
    ),
    Behaviour(
        id="in-place.assignment-needs-a-fitting-value",
        family=FAMILY,
        statement="An assignment through an index refuses a value that does not broadcast to the place, and an "
        "index that does not exist.",
        expectation="RuntimeError for the shape and IndexError for the index; values and version stay.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0])
                x[:2] = torch.ones(3)
                x[5] = 1.0
                observe(x)
                """
            ),
        ),
        needs=("in-place",),
        depends=("in-place.assignment-through-an-index",),
    ),
)
