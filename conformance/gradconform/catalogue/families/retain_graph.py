"""Family 2: what a backward frees, what can be run again, and what an error in the middle leaves."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import retain_graph as generate

FAMILY = "retain-graph"

_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html"
_FUNCTION = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html"
_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="retain-graph.second-backward-raises",
        family=FAMILY,
        statement="A backward frees what the nodes it ran had saved, so a second one through such a node raises.",
        expectation="The first backward fills `.grad`; the second raises RuntimeError with PyTorch's text.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "If False, the graph used to compute the grads will be freed"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                y.backward()
                observe(x)
                y.backward()
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                torch.autograd.grad(y, x)
                y.backward()
                observe(x)
            """),
        ),
        generator=generate.SECOND_RAISES,
        needs=("backward", "retain-graph"),
    ),
    Behaviour(
        id="retain-graph.failed-backward-leaves-part",
        family=FAMILY,
        statement="When a backward fails at a freed node, the gradients that were accumulated before it ran stay.",
        expectation="The leaf that is reached before the freed node has two contributions, the one behind it one.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = (x * x + w).sum()
                y.backward()
                observe(x, w)
                y.backward()
                observe(x, w)
            """),
            code("""
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                b = torch.tensor(2.0, requires_grad=True)
                c = torch.tensor(3.0, requires_grad=True)
                y = (a * a + b) * 1 + c
                y.backward()
                y.backward()
                observe(a, b, c)
            """),
        ),
        generator=generate.PARTIAL,
        needs=("backward", "retain-graph"),
        depends=("retain-graph.second-backward-raises",),
    ),
    Behaviour(
        id="retain-graph.retained-graph-runs-again",
        family=FAMILY,
        statement="With retain_graph=True a graph can be run any number of times, and each time adds the same.",
        expectation="After three backwards `.grad` is three times what it is after one.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "If True, it will be retained."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                y.backward(retain_graph=True)
                y.backward(retain_graph=True)
                y.backward(retain_graph=True)
                observe(x)
                x.grad = None
                y.backward(retain_graph=True)
                observe(x)
            """),
        ),
        generator=generate.RETAINED,
        needs=("backward", "retain-graph"),
        depends=("leaf-gradients.backwards-accumulate",),
    ),
    Behaviour(
        id="retain-graph.last-pass-frees",
        family=FAMILY,
        statement="Retaining holds for one pass only: the next pass without it frees the graph.",
        expectation="Retained, plain, plain: the first two succeed and the third raises.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "If False, the graph used to compute the grads will be freed"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.exp().sum()
                y.backward(retain_graph=True)
                y.backward(retain_graph=False)
                y.backward(retain_graph=True)
                observe(x)
            """),
        ),
        generator=generate.LAST_FREES,
        needs=("backward", "retain-graph"),
        depends=("retain-graph.retained-graph-runs-again",),
    ),
    Behaviour(
        id="retain-graph.nothing-saved-nothing-freed",
        family=FAMILY,
        statement="A graph whose nodes saved nothing can be run again after a plain backward.",
        expectation="Sums, differences, negations, views and joins run backward twice, and the gradients double.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                w = torch.tensor([1.0, -1.0], requires_grad=True)
                y = torch.cat([x + w, -x.t()]).sum(0).expand(2, 2).mean()
                y.backward()
                y.backward()
                y.backward()
                observe(x, w)
            """),
        ),
        generator=generate.SAVES_NOTHING,
        needs=("backward", "retain-graph"),
    ),
    Behaviour(
        id="retain-graph.which-operators-save",
        family=FAMILY,
        statement="It is fixed for each operator whether it saves something, so whether a second backward through it "
        "alone raises; a product with a Python number does save.",
        expectation="For every operator the second backward raises or succeeds as in PyTorch.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                w = torch.tensor([[2.0, 1.0], [1.0, 4.0]], requires_grad=True)
                runs_again = [
                    lambda x: -x, lambda x: x + w, lambda x: x - 1, lambda x: 1 - x, lambda x: x.sign(),
                    lambda x: x.sum(), lambda x: x.mean(0), lambda x: x.view(4), lambda x: x.t(),
                    lambda x: x.permute(1, 0), lambda x: x.expand(2, 2, 2), lambda x: x.unsqueeze(0),
                    lambda x: x[0], lambda x: x[:1], lambda x: x.unbind()[0], lambda x: x.split(1)[0],
                    lambda x: torch.cat([x, w]), lambda x: torch.stack([x, w]), lambda x: x.tril(),
                    lambda x: x.flip(0), lambda x: x.roll(1, 0), lambda x: x.diagonal(), lambda x: x.clone(),
                    lambda x: x.double(), lambda x: x.clone().zero_(), lambda x: x.clone().add_(w),
                ]
                for function in runs_again:
                    x = torch.tensor([[1.0, 2.0], [0.5, 3.0]], requires_grad=True)
                    y = function(x)
                    y.backward(torch.ones_like(y))
                    y.backward(torch.ones_like(y))
                    observe(x, facets="grad")
            """),
            code("""
                import torch
                w = torch.tensor([[2.0, 1.0], [1.0, 4.0]], requires_grad=True)
                saves = [
                    lambda x: x * 2, lambda x: x / 2, lambda x: 1 / x, lambda x: x * w, lambda x: x / w,
                    lambda x: x ** 2, lambda x: x ** 1, lambda x: x ** 0, lambda x: 2 ** x, lambda x: x.abs(),
                    lambda x: x.exp(), lambda x: x.log(), lambda x: x.sqrt(), lambda x: x.sin(), lambda x: x.tanh(),
                    lambda x: x.sigmoid(), lambda x: x.relu(), lambda x: x.clamp(0, 2), lambda x: torch.maximum(x, w),
                    lambda x: torch.where(x > 1, x, w), lambda x: x.prod(), lambda x: x.amax(0), lambda x: x.max(),
                    lambda x: x[torch.tensor([0, 1])], lambda x: x[x > 1], lambda x: x.masked_fill(x > 1, 0),
                    lambda x: x.index_select(0, torch.tensor([0])), lambda x: x @ w, lambda x: x.mv(w[0]),
                    lambda x: x.clone().mul_(2), lambda x: x.clone().exp_(),
                ]
                for function in saves:
                    x = torch.tensor([[1.0, 2.0], [0.5, 3.0]], requires_grad=True)
                    y = function(x)
                    y.backward(torch.ones_like(y))
                    y.backward(torch.ones_like(y))
                    observe(x, facets="grad")
            """),
        ),
        generator=generate.OPERATORS_TWICE,
        needs=("backward", "retain-graph"),
        depends=("retain-graph.second-backward-raises", "retain-graph.nothing-saved-nothing-freed"),
    ),
    Behaviour(
        id="retain-graph.only-what-ran-is-freed",
        family=FAMILY,
        statement="Only nodes that ran are freed: a gradient taken for a tensor on the way leaves the graph below it.",
        expectation="`torch.autograd.grad(y, h)` cannot be repeated, but a backward from `h` still works.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * x
                y = (h * h).sum()
                torch.autograd.grad(y, h)
                torch.autograd.grad(y, h)
                h.sum().backward()
                observe(x, h)
            """),
        ),
        generator=generate.ONLY_EXECUTED,
        needs=("backward", "retain-graph", "autograd-grad"),
        depends=("retain-graph.second-backward-raises",),
    ),
    Behaviour(
        id="retain-graph.restricted-backward-frees-what-it-ran",
        family=FAMILY,
        statement="A backward restricted by inputs= frees the nodes on the way to them, also those that others share.",
        expectation="After `backward(inputs=[x])` a `backward(inputs=[w])` through the same product raises, while the "
        "branch that was left out can still be run.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                left = x * x
                right = w * w
                y = (left * right).sum()
                y.backward(inputs=[x])
                observe(x, w)
                y.backward(inputs=[w])
                observe(x, w)
                right.sum().backward()
                left.sum().backward()
                observe(x, w)
            """),
        ),
        generator=generate.INPUTS_FREE,
        needs=("backward", "retain-graph", "backward-inputs"),
        depends=("retain-graph.only-what-ran-is-freed",),
    ),
    Behaviour(
        id="retain-graph.shared-part-is-freed-once-for-all",
        family=FAMILY,
        statement="Two roots that share a part of the graph share its fate: a backward from one frees it for the "
        "other.",
        expectation="The second root's backward raises at the shared part, and leaves that only the second root "
        "reaches have got their gradient by then.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                trunk = x * x
                first = trunk.sum()
                second = (trunk + w).sum()
                first.backward()
                second.backward()
                observe(x, w)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                trunk = x + 1
                first = trunk * trunk
                second = trunk * 3
                first.sum().backward()
                second.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.OVERLAPPING,
        needs=("backward", "retain-graph"),
        depends=("retain-graph.second-backward-raises",),
    ),
    Behaviour(
        id="retain-graph.sequences-of-passes",
        family=FAMILY,
        statement="Backward and grad may follow each other over overlapping graphs, each retaining or not; each one "
        "frees for all that come after it.",
        expectation="Every pass of the sequence succeeds, or fails with the same part done, as in PyTorch.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "If False, the graph used to compute the grad will be freed."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                a = x * w
                b = a * a
                c = (b + w).sum()
                d = a.sum()
                d.backward(retain_graph=True)
                torch.autograd.grad(c, [x, w], retain_graph=True)
                observe(x, w)
                torch.autograd.grad(c, a)
                observe(x, w)
                d.backward()
                observe(x, w)
                c.backward()
                d.backward()
                observe(x, w)
            """),
        ),
        generator=generate.MIXED_SEQUENCES,
        needs=("backward", "retain-graph", "autograd-grad", "backward-inputs"),
        depends=("retain-graph.second-backward-raises", "retain-graph.only-what-ran-is-freed"),
    ),
    Behaviour(
        id="retain-graph.arguments-are-checked-first",
        family=FAMILY,
        statement="A backward that is refused for its arguments has run nothing and freed nothing.",
        expectation="After the error `.grad` is None still, and a proper backward succeeds.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.backward()
                y.backward(torch.ones(3))
                observe(x)
                y.backward(torch.ones(2))
                observe(x)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                y.backward(retain_graph=2.5)
                y.backward(create_graph=None)
                y.backward(retain_graph="")
                observe(x)
                y.backward(retain_graph=1)
                torch.autograd.grad(y, x, allow_unused="a")
                y.backward(retain_graph=0)
                y.backward()
                observe(x)
            """),
        ),
        generator=generate.REFUSED_KEEPS,
        needs=("backward", "retain-graph"),
    ),
    # Gradients of gradients
    Behaviour(
        id="retain-graph.create-graph-retains",
        family=FAMILY,
        statement="retain_graph defaults to the value of create_graph: a graph that was differentiated with a graph of "
        "its own stays.",
        expectation="After `grad(create_graph=True)` the same root can be run again; a plain backward then frees it.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "Defaults to the value of create_graph."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x ** 3).sum()
                g, = torch.autograd.grad(y, x, create_graph=True)
                observe(g)
                y.backward()
                y.backward()
                observe(x)
            """),
        ),
        generator=generate.CREATE_KEEPS,
        needs=("backward", "retain-graph", "autograd-grad", "double-backward"),
        depends=("retain-graph.last-pass-frees",),
    ),
    Behaviour(
        id="retain-graph.create-graph-without-retaining",
        family=FAMILY,
        statement="create_graph=True with retain_graph=False frees the graph that was run and gives gradients that "
        "still have one of their own.",
        expectation="The root cannot be run again; the gradient can be differentiated as far as it needs no freed "
        "node.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x ** 3).sum()
                g, = torch.autograd.grad(y, x, create_graph=True, retain_graph=False)
                observe(g)
                y.backward()
                g.sum().backward()
                observe(x)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * x
                y = (h * h).sum()
                g, = torch.autograd.grad(y, x, create_graph=True, retain_graph=False)
                g.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.CREATE_FREES,
        needs=("backward", "retain-graph", "autograd-grad", "double-backward"),
        depends=("retain-graph.create-graph-retains",),
    ),
    Behaviour(
        id="retain-graph.second-derivative-frees-the-first-graph",
        family=FAMILY,
        statement="The graph of a gradient runs through the graph that it was taken of, and its backward frees that "
        "too.",
        expectation="Second derivatives are right, and after their plain backward the first root may not be run again.",
        level=Level.REQUIRED,
        clause=Clause(
            _GRAD, "graph of the derivative will be constructed, allowing to compute higher order derivative products"
        ),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * x
                y = (h * h).sum()
                g, = torch.autograd.grad(y, x, create_graph=True)
                g.sum().backward()
                observe(x)
                y.backward()
                observe(x)
            """),
            code("""
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp().sum()
                g, = torch.autograd.grad(y, x, create_graph=True)
                g.sum().backward()
                y.backward()
                observe(x)
            """),
        ),
        generator=generate.SECOND_DERIVATIVE,
        needs=("backward", "retain-graph", "autograd-grad", "double-backward"),
        depends=("retain-graph.create-graph-retains",),
    ),
    Behaviour(
        id="retain-graph.backward-can-create-a-graph",
        family=FAMILY,
        statement="`backward(create_graph=True)` warns of a reference cycle, retains the graph and leaves gradients "
        "that can be differentiated.",
        expectation="UserWarning with PyTorch's text at every such call; `.grad` requires grad where the gradient "
        "depends on a leaf, and a second such call adds out of place.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _FUNCTION,
            "with create_graph=True will create a reference cycle between the parameter and its gradient",
        ),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x ** 3).sum()
                y.backward(create_graph=True)
                first = x.grad
                y.backward(create_graph=True)
                observe(x, first)
                x.grad.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.BACKWARD_CREATES,
        needs=("backward", "retain-graph", "double-backward", "warnings"),
        depends=("retain-graph.create-graph-retains",),
    ),
    # What the nodes themselves say
    Behaviour(
        id="retain-graph.freed-nodes-show-nothing",
        family=FAMILY,
        statement="What a node saved can be read from it until it is freed; then reading raises.",
        expectation="`y.grad_fn._saved_result` is a tensor before the backward and raises RuntimeError after it.",
        level=Level.INFORMATIONAL,
        clause=Clause(_BACKWARD, "If False, the graph used to compute the grads will be freed"),
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp()
                y.grad_fn._saved_result
                y.sum().backward(retain_graph=True)
                y.grad_fn._saved_result
                y.sum().backward()
                y.grad_fn._saved_result
            """),
        ),
        needs=("backward", "retain-graph", "graph-introspection"),
        depends=("retain-graph.second-backward-raises",),
    ),
    Behaviour(
        id="retain-graph.custom-functions-free-saved-tensors",
        family=FAMILY,
        statement="A custom Function raises at a second backward when it reads `ctx.saved_tensors`; what it kept as "
        "attributes of `ctx` survives.",
        expectation="The Function that saved its input raises, the one that kept a number runs again.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Saves(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return grad * 2 * x
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Saves.apply(x).sum()
                y.backward()
                y.backward()
                observe(x)
            """),
            code("""
                import torch
                class Keeps(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.factor = 3
                        return x * 3
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * ctx.factor
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Keeps.apply(x).sum()
                y.backward()
                y.backward()
                observe(x)
            """),
        ),
        needs=("backward", "retain-graph", "custom-function"),
        depends=("retain-graph.second-backward-raises",),
    ),
)
