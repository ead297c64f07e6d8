"""Writes: versions, and the history that a written tensor has."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"

_AUTOGRAD_GRAPH_INCREMENT_VERSION = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.increment_version.html"
)

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="in-place.every-write-raises-the-version",
        family=FAMILY,
        statement="Every in-place operation raises the version counter of its tensor by one, whatever it writes.",
        expectation="`_version` counts the writes: methods, augmented assignments and assignments through an index "
        "alike.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0])
                x.add_(1)
                x *= 2
                x[0] = 5.0
                x[:2] += 1
                x.zero_()
                x.copy_(torch.ones(3))
                x.relu_()
                x.fill_(2.0)
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                x.index_add_(0, torch.tensor([0]), torch.ones(1, 2))
                x.index_fill_(1, torch.tensor([1]), 7.0)
                x.masked_fill_(x > 6, 0.0)
                x.scatter_(0, torch.tensor([[0, 1]]), 9.0)
                x.index_put_((torch.tensor([1]),), torch.tensor([3.0, 4.0]))
                observe(x)
                """
            ),
        ),
        generator=generate.VERSIONS,
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.reads-leave-the-version",
        family=FAMILY,
        statement="Reading a tensor, taking views of it and computing from it leaves its version counter alone.",
        expectation="`_version` stays zero.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                v = y[0]
                y.tolist()
                y.sum().backward()
                x.detach()
                observe(x, y, v)
                """
            ),
        ),
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.increment-version",
        family=FAMILY,
        statement="`torch.autograd.graph.increment_version` raises the version of a tensor, or of each of several, "
        "without writing.",
        expectation="`_version` rises with unchanged values, and backward then refuses what was saved before.",
        level=Level.RECOMMENDED,
        clause=Clause(_AUTOGRAD_GRAPH_INCREMENT_VERSION, "Can accept either a tensor, or a list of tensors."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0])
                torch.autograd.graph.increment_version(x)
                torch.autograd.graph.increment_version([x, x])
                torch.autograd.graph.increment_version((x,))
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.exp()
                torch.autograd.graph.increment_version(y)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.INCREMENTED,
        needs=(
            "in-place",
            "saved-tensor-checks",
        ),
        depends=("in-place.every-write-raises-the-version",),
    ),
    Behaviour(
        id="in-place.results-are-the-same-object",
        family=FAMILY,
        statement="An in-place operation returns the tensor it wrote into, and an augmented assignment keeps the "
        "name bound to it.",
        expectation="`is` holds between the result and the tensor, and other names see the new values.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = y
                y.add_(1) is y
                y *= 3
                y is z
                observe(y, z)
                """
            ),
        ),
        generator=generate.SAME_OBJECT,
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.history-is-rebased",
        family=FAMILY,
        statement="Writing into a result replaces its `grad_fn` by the node of the operation, on top of its old "
        "history.",
        expectation="The graph grows by a node for each write, and the gradient is that of the chain written without "
        "in-place operations.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.clone()
                y.mul_(2).add_(1).pow_(2)
                observe(y)
                y.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                w = torch.tensor([5.0, 7.0], requires_grad=True)
                y = x * 1
                y.mul_(w)
                y.sub_(x)
                observe(y)
                y.sum().backward()
                observe(x, w)
                """
            ),
        ),
        generator=generate.CHAINS,
        needs=(
            "in-place",
            "backward",
            "graph-introspection",
        ),
        depends=("in-place.results-are-the-same-object",),
    ),
    Behaviour(
        id="in-place.earlier-consumers-keep-the-old-history",
        family=FAMILY,
        statement="What was computed from a tensor before a write keeps the history it was recorded with.",
        expectation="Gradients of the earlier result do not contain the write, those of later results do.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                before = y + 1
                y.mul_(10)
                after = y + 1
                before.sum().backward(retain_graph=True)
                observe(x)
                after.sum().backward()
                observe(x, before, after)
                """
            ),
        ),
        generator=generate.EARLIER,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.node-names",
        family=FAMILY,
        statement="The node of an in-place operation carries the name of the operation out of place; `copy_` and "
        "assignments through an index have nodes of their own.",
        expectation="`grad_fn` names, operation by operation.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                def name(write):
                    y = x * 1
                    write(y)
                    return y.grad_fn.name()
                name(lambda y: y.add_(1))
                name(lambda y: y.mul_(2))
                name(lambda y: y.relu_())
                name(lambda y: y.sigmoid_())
                name(lambda y: y.zero_())
                name(lambda y: y.fill_(3.0))
                name(lambda y: y.copy_(x))
                name(lambda y: y.masked_fill_(x > 1, 0.0))
                name(lambda y: y.clamp_(0, 1))
                name(lambda y: y.pow_(2))
                name(lambda y: y.exp_())
                name(lambda y: y[0].add_(1))
                """
            ),
        ),
        needs=(
            "in-place",
            "graph-introspection",
        ),
        depends=("in-place.history-is-rebased",),
    ),
)
