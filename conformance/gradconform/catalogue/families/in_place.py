"""Family 8: writing into tensors: version counters, rebased history, what backward refuses, what a leaf refuses."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import in_place as generate

FAMILY = "in-place"

_AUTOGRAD_GRAPH_INCREMENT_VERSION = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.increment_version.html"
)
_EXPAND = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.expand.html"
_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad.html"
_MASKED_FILL_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.masked_fill_.html"
_ZERO_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.zero_.html"

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
    Behaviour(
        id="in-place.saved-operand-is-refused",
        family=FAMILY,
        statement="Backward refuses to use an operand that was saved and then modified in place.",
        expectation="RuntimeError that names the tensor, its version and the expected one, and no gradient arrives.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                y = x * w
                w.add_(1)
                y.sum().backward()
                observe(x, y, w)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                y = h * h
                h.sub_(1)
                h.sub_(1)
                y.sum().backward()
                observe(x, h)
                """
            ),
        ),
        generator=generate.SAVED_OPERAND,
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.every-write-raises-the-version",),
    ),
    Behaviour(
        id="in-place.saved-result-is-refused",
        family=FAMILY,
        statement="Backward refuses a result that its own node saved and that was modified in place.",
        expectation="RuntimeError that names the operation whose result was modified.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp()
                y.add_(1)
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.sigmoid()
                y.mul_(2)
                torch.autograd.grad(y.sum(), x)
                observe(x)
                """
            ),
        ),
        generator=generate.SAVED_RESULT,
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.unsaved-values-may-be-written",
        family=FAMILY,
        statement="A write into a tensor that no node saved disturbs no backward.",
        expectation="The gradients are those of the operations as they were recorded.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x + 1
                z = y * 3
                y.zero_()
                z.sum().backward()
                observe(x, y, z)
                """
            ),
        ),
        generator=generate.UNSAVED,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.only-the-saved-side-is-guarded",
        family=FAMILY,
        statement="A product saves an operand only where the other one needs its gradient, so the other operand may "
        "be written.",
        expectation="Writing into the operand that requires grad is fine where its partner is a constant, and writing "
        "the constant is not.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                c = torch.tensor([3.0, 4.0])
                y = h * c
                h.add_(1)
                y.sum().backward()
                observe(x)
                y = (x * 2) * c
                c.add_(1)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.after-backward-anything-may-be-written",
        family=FAMILY,
        statement="Once a backward has freed the saved tensors they may be overwritten without an error.",
        expectation="The write succeeds and the gradients that were computed stay.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp()
                y.sum().backward()
                y.zero_()
                observe(x, y)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.saved-result-is-refused",),
    ),
    Behaviour(
        id="in-place.a-refused-backward-leaves-the-graph",
        family=FAMILY,
        statement="A backward that was refused for a modified tensor can be asked again and is refused again in the "
        "same way.",
        expectation="The same error twice, and branches that ran before the refusal have reached their leaves.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                y = h * h
                h.add_(1)
                y.sum().backward(retain_graph=True)
                observe(x, h, y)
                y.sum().backward()
                observe(x, h, y)
                """
            ),
        ),
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.self-operand-is-refused",
        family=FAMILY,
        statement="A product or quotient of a tensor with itself in place overwrites the operand that it saved, so "
        "backward refuses.",
        expectation="RuntimeError in backward, while `pow_` keeps the base it needs and differentiates right.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                y = x * 1
                y.mul_(y)
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([2.0, 4.0], requires_grad=True)
                y = x * 1
                y.div_(y)
                y.sum().backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                y = x * 1
                y.pow_(2)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.SELF_OPERAND,
        needs=(
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
        depends=("in-place.saved-operand-is-refused",),
    ),
    Behaviour(
        id="in-place.leaf-is-refused",
        family=FAMILY,
        statement="While grad mode is on, a leaf that requires grad refuses every in-place operation.",
        expectation="RuntimeError about a leaf Variable; values, version and gradient stay as they were.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.add_(1)
                x *= 2
                x.zero_()
                x.copy_(torch.ones(2))
                x.detach_()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x[:] = 0.0
                observe(x)
                x[...] = 0.0
                x[torch.tensor([0])] = 0.0
                x[torch.tensor([True, False])] = 0.0
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_REFUSED,
        needs=("in-place",),
    ),
    Behaviour(
        id="in-place.random-fills-of-a-leaf-are-refused",
        family=FAMILY,
        statement="Filling a leaf that requires grad at random is refused as any other write.",
        expectation="RuntimeError about a leaf Variable for each method, and unchanged values.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.ones(2, requires_grad=True)
                x.normal_()
                x.uniform_()
                x.bernoulli_()
                observe(x)
                """
            ),
        ),
        needs=("in-place",),
        depends=("in-place.leaf-is-refused",),
    ),
    Behaviour(
        id="in-place.leaf-may-be-written-under-no-grad",
        family=FAMILY,
        statement="Under `no_grad` a leaf may be written: it stays a leaf, its version rises, and no history is made.",
        expectation="`is_leaf` True and `grad_fn` None with the new values; a later backward uses them.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    x.add_(1)
                    x[0] = 7.0
                    x.mul_(x)
                observe(x)
                (x * x).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_NO_GRAD,
        needs=(
            "in-place",
            "grad-mode",
            "backward",
        ),
        depends=("in-place.leaf-is-refused",),
    ),
    Behaviour(
        id="in-place.leaf-saved-then-written-is-refused",
        family=FAMILY,
        statement="A leaf that a node saved and that was written under `no_grad` afterwards is refused by backward.",
        expectation="RuntimeError about a modification by an in-place operation, and `.grad` stays None.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                with torch.no_grad():
                    x -= 0.5
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.LEAF_STEP,
        needs=(
            "in-place",
            "grad-mode",
            "saved-tensor-checks",
            "backward",
        ),
        depends=(
            "in-place.leaf-may-be-written-under-no-grad",
            "in-place.saved-operand-is-refused",
        ),
    ),
    Behaviour(
        id="in-place.constants-join-the-graph",
        family=FAMILY,
        statement="A tensor without history that is written from one that requires grad becomes part of the graph.",
        expectation="It requires grad, is no leaf, and gradients flow to the source.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.add_(x)
                observe(b)
                b.mul_(x)
                observe(b)
                b.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.copy_(x)
                observe(b)
                (b * b).sum().backward()
                observe(x, b)
                """
            ),
        ),
        generator=generate.JOINS,
        needs=(
            "in-place",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.writes-by-constants-stay-out-of-the-graph",
        family=FAMILY,
        statement="Writing constants into a tensor without history leaves it a leaf that does not require grad.",
        expectation="`requires_grad` False and `grad_fn` None whatever was written, also where a tensor that requires "
        "grad is only compared.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.add_(1).mul_(3)
                b.masked_fill_(x > 1, 9.0)
                b.copy_(x.detach())
                observe(b)
                """
            ),
        ),
        needs=("in-place",),
        depends=("in-place.constants-join-the-graph",),
    ),
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
    Behaviour(
        id="in-place.hook-sees-the-value-it-was-registered-on",
        family=FAMILY,
        statement="A tensor hook registered before a write gets the gradient of the value the tensor had then; one "
        "registered after gets that of the new value.",
        expectation="Two calls with different gradients, the later value first.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda g: print("before", g.tolist()))
                y.mul_(10)
                y.register_hook(lambda g: print("after", g.tolist()))
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "hooks",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.retained-gradient-follows-the-write",
        family=FAMILY,
        statement="`retain_grad` called before a write retains the gradient of the tensor as it is after the write.",
        expectation="`.grad` of the written tensor is that of its newest value.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.retain_grad()
                y.mul_(10)
                (y * 3).sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.RETAINED,
        needs=(
            "in-place",
            "retain-grad",
            "backward",
        ),
        depends=("in-place.history-is-rebased",),
    ),
    Behaviour(
        id="in-place.gradients-may-be-written",
        family=FAMILY,
        statement="`.grad` is an ordinary tensor: writing into it changes what later passes accumulate onto.",
        expectation="The accumulated value starts from what was written.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "will accumulate (add) gradients into it."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 2).sum().backward()
                x.grad.zero_()
                observe(x)
                x.grad.add_(10)
                (x * 3).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
        ),
    ),
    Behaviour(
        id="in-place.shape-changes-in-place",
        family=FAMILY,
        statement="`t_`, `transpose_`, `squeeze_` and `unsqueeze_` change the shape of the tensor itself, with "
        "history.",
        expectation="The new shape, a raised version, the node of the shape change, and a gradient in the old shape.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
                y = x * 2
                y.t_()
                observe(y)
                y.unsqueeze_(0)
                y.transpose_(0, 1)
                y.squeeze_()
                observe(y)
                (y * torch.tensor([1.0, 2.0, 4.0])).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "in-place",
            "backward",
            "graph-introspection",
        ),
    ),
)
