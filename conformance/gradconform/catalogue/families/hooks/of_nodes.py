"""Hooks of nodes."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import hooks as generate

FAMILY = "hooks"

_NODE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.Node.register_hook.html"
_PRE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.Node.register_prehook.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="hooks.node-hook-sees-both-sides",
        family=FAMILY,
        statement="A hook of a node is called after the node ran, with tuples of the gradients of its inputs and of "
        "its outputs.",
        expectation="Inputs that need no gradient have None.",
        level=Level.REQUIRED,
        clause=Clause(_NODE, "The hook will be called every time a gradient with respect to the Node is computed."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                y = x * w
                y.grad_fn.register_hook(lambda inputs, outputs: print(inputs, outputs))
                y.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.NODES,
        needs=("node-hooks", "backward", "graph-introspection"),
    ),
    Behaviour(
        id="hooks.node-hook-replaces",
        family=FAMILY,
        statement="A tuple that a node hook returns takes the place of the gradients sent on, and the next hook sees "
        "it.",
        expectation="The second hook prints the replaced gradient, `.grad` is made of it.",
        level=Level.REQUIRED,
        clause=Clause(_NODE, "it can optionally return a new gradient which will be used in place of grad_inputs"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.neg()
                y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 5,))
                h = y.grad_fn.register_hook(lambda inputs, outputs: print(inputs))
                y.sum().backward(retain_graph=True)
                observe(x)
                h.remove()
                y.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.NODES,
        needs=("node-hooks", "backward", "graph-introspection"),
        depends=("hooks.node-hook-sees-both-sides",),
    ),
    Behaviour(
        id="hooks.node-prehook-replaces",
        family=FAMILY,
        statement="A prehook of a node gets the gradients of its outputs before the node runs and may replace them.",
        expectation="The node computes with ten times its gradient until the hook is removed.",
        level=Level.REQUIRED,
        clause=Clause(_PRE, "it can optionally return a new gradient which will be used in place of grad_outputs"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                h = y.grad_fn.register_prehook(lambda grads: (grads[0] * 10,))
                y.grad_fn.register_prehook(lambda grads: print(len(grads), grads))
                y.sum().backward(retain_graph=True)
                observe(x)
                h.remove()
                y.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.NODES,
        needs=("node-hooks", "backward", "graph-introspection"),
    ),
    Behaviour(
        id="hooks.node-hooks-refuse-wrong-results",
        family=FAMILY,
        statement="A node hook that returns a bare tensor, or a tuple of another length, makes backward raise.",
        expectation="TypeError and RuntimeError with PyTorch's texts; `.grad` stays None.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                def bare(inputs, outputs):
                    return inputs[0]
                def long(inputs, outputs):
                    return (inputs[0], inputs[0], inputs[0])
                def twice(grads):
                    return (grads[0], grads[0])
                def alone(grads):
                    return grads[0]
                for hook in (bare, long):
                    y = x.neg()
                    y.grad_fn.register_hook(hook)
                    try:
                        y.sum().backward()
                    except (TypeError, RuntimeError) as error:
                        print(error)
                for hook in (twice, alone):
                    y = x.neg()
                    y.grad_fn.register_prehook(hook)
                    try:
                        y.sum().backward()
                    except (TypeError, RuntimeError) as error:
                        print(error)
                observe(x)
            """),
        ),
        needs=("node-hooks", "backward", "graph-introspection"),
        depends=("hooks.node-hook-replaces", "hooks.node-prehook-replaces"),
    ),
    Behaviour(
        id="hooks.node-hook-order",
        family=FAMILY,
        statement="Tensor hooks run first, then the gradient is retained, then node prehooks, the node, and its "
        "hooks, whatever was registered first.",
        expectation="The retained gradient is what the tensor hook gave and not what the prehook makes of it.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.grad_fn.register_hook(lambda inputs, outputs: print("node after", outputs))
                y.grad_fn.register_prehook(lambda grads: (grads[0] * 100,))
                y.register_hook(lambda grad: grad * 2)
                y.retain_grad()
                y.sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.ORDER,
        needs=("hooks", "node-hooks", "retain-grad", "backward", "graph-introspection"),
        depends=("hooks.node-hook-sees-both-sides", "hooks.node-prehook-replaces"),
    ),
    Behaviour(
        id="hooks.retained-is-what-hooks-gave",
        family=FAMILY,
        statement="A retained gradient is the result of all tensor hooks, also of those registered after "
        "`retain_grad`.",
        expectation="`y.grad` has both factors.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.register_hook(lambda grad: grad * 2)
                y.retain_grad()
                y.register_hook(lambda grad: grad * 5)
                y.sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.RETAINED,
        needs=("hooks", "retain-grad", "backward"),
        depends=("hooks.node-hook-order",),
    ),
    Behaviour(
        id="hooks.accumulate-node-hooks",
        family=FAMILY,
        statement="The node that accumulates into a leaf takes hooks: the prehook runs before `.grad` is set, the "
        "hook after.",
        expectation="The prehook prints None, the hook the gradient and an empty tuple of inputs.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                node = x.view_as(x).grad_fn.next_functions[0][0]
                node.register_prehook(lambda grads: print("before", x.grad, grads))
                node.register_hook(lambda inputs, outputs: print("after", x.grad, inputs, outputs))
                x.register_hook(lambda grad: grad * 2)
                (x * 2).sum().backward()
                observe(x)
            """),
        ),
        needs=("node-hooks", "backward", "graph-introspection"),
        depends=("hooks.node-hook-order",),
    ),
    Behaviour(
        id="hooks.grad-stops-before-the-node",
        family=FAMILY,
        statement="`torch.autograd.grad` for a tensor runs its hooks and not those of its node; "
        "`backward(inputs=...)` runs both.",
        expectation="The node's hooks print in the backward only.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda grad: print("tensor"))
                y.grad_fn.register_prehook(lambda grads: print("before"))
                y.grad_fn.register_hook(lambda inputs, outputs: print("after"))
                z = (y * 3).sum()
                torch.autograd.grad(z, y, retain_graph=True)
                z.backward(inputs=[y])
                observe(x, y)
            """),
        ),
        needs=("hooks", "node-hooks", "autograd-grad", "backward-inputs", "graph-introspection"),
        depends=("hooks.node-hook-order",),
    ),
    Behaviour(
        id="hooks.node-of-several-outputs",
        family=FAMILY,
        statement="A node of several outputs runs once, and its hooks get None for outputs without a gradient.",
        expectation="The tuple has a tensor in the middle only.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                a, b, c = x.unbind()
                a.grad_fn.register_prehook(lambda grads: print([grad is None for grad in grads]))
                a.grad_fn.register_hook(lambda inputs, outputs: print(inputs))
                b.register_hook(lambda grad: print("b", grad))
                b.backward()
                observe(x)
            """),
        ),
        needs=("node-hooks", "backward", "views", "graph-introspection"),
        depends=("hooks.node-hook-sees-both-sides",),
    ),
    Behaviour(
        id="hooks.node-of-a-custom-function",
        family=FAMILY,
        statement="The node of a custom Function takes hooks and prehooks like any other.",
        expectation="`backward` gets what the prehook gave, and the hook replaces what it returned.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Double(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Double.apply(x)
                y.grad_fn.register_prehook(lambda grads: (grads[0] * 5,))
                y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 3,))
                y.sum().backward()
                observe(x, y)
            """),
        ),
        needs=("node-hooks", "custom-function", "backward", "graph-introspection"),
        depends=("hooks.node-hook-replaces", "hooks.node-prehook-replaces"),
    ),
    Behaviour(
        id="hooks.none-from-a-custom-backward",
        family=FAMILY,
        statement="Where a custom backward returns None, the hooks below are called with None and `.grad` stays None.",
        expectation="Both hooks print None.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Stop(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 1
                y.register_hook(lambda grad: print("y", grad))
                x.register_hook(lambda grad: print("x", grad))
                Stop.apply(y).sum().backward()
                observe(x)
            """),
        ),
        needs=("hooks", "custom-function", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
)
