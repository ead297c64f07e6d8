"""Hooks of tensors, of nodes, of several tensors at once, and after a gradient was accumulated."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import hooks as generate

FAMILY = "hooks"

_HOOK = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.register_hook.html"
_AFTER = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.register_post_accumulate_grad_hook.html"
_MULTI = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.register_multi_grad_hook.html"
_NODE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.Node.register_hook.html"
_PRE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.Node.register_prehook.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="hooks.replacement-goes-upstream",
        family=FAMILY,
        statement="A tensor hook is called with the gradient of its tensor, and a tensor that it returns takes its "
        "place for everything below.",
        expectation="The hook runs once in each backward; None leaves the gradient as it is, a tensor replaces it.",
        level=Level.REQUIRED,
        clause=Clause(_HOOK, "it can optionally return a new gradient which will be used in place of grad"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda grad: grad * 10)
                y.register_hook(lambda grad: None)
                (y * 3).sum().backward()
                observe(x)
                (y + 1).sum().backward()
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda grad: grad * 7)
                y.backward(torch.tensor([1.0, 0.5]))
                observe(x)
            """),
        ),
        generator=generate.TENSOR,
        needs=("hooks", "backward"),
        depends=("leaf-gradients.follow-the-chain-rule",),
    ),
    Behaviour(
        id="hooks.each-sees-what-the-last-gave",
        family=FAMILY,
        statement="Hooks of one tensor run in the order in which they were registered, and each gets what the one "
        "before gave.",
        expectation="The product and the sum are taken in order, and the last hook sees both.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.register_hook(lambda grad: grad + 1)
                x.register_hook(lambda grad: grad * 10)
                x.register_hook(lambda grad: print(grad))
                (x * 2).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.TWO,
        needs=("hooks", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.called-once-with-the-sum",
        family=FAMILY,
        statement="A tensor that is used several times has its hook called once, with the sum of what the uses gave.",
        expectation="One call with the whole gradient.",
        level=Level.REQUIRED,
        clause=Clause(_HOOK, "The hook will be called every time a gradient with respect to the Tensor is computed."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 1
                y.register_hook(lambda grad: print("y", grad))
                x.register_hook(lambda grad: print("x", grad))
                (y + y * 2 + x * y).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.TENSOR,
        needs=("hooks", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.output-first",
        family=FAMILY,
        statement="Hooks run when the gradient of their tensor is complete, so those nearer to the root run first.",
        expectation="The order of calls is c, b, a, x.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 2
                b = a * 3
                c = (b + a).sum()
                x.register_hook(lambda grad: print("x"))
                a.register_hook(lambda grad: print("a"))
                b.register_hook(lambda grad: print("b"))
                c.register_hook(lambda grad: print("c"))
                c.backward()
                observe(x)
            """),
        ),
        generator=generate.ORDER,
        needs=("hooks", "backward"),
        depends=("hooks.called-once-with-the-sum",),
    ),
    Behaviour(
        id="hooks.leaf-hook-runs-before-accumulation",
        family=FAMILY,
        statement="A hook of a leaf runs before the gradient is added to `.grad`, which still has the value of the "
        "last backward.",
        expectation="`.grad` read in the hook is None, then the first gradient; what is added is what the hook "
        "returned.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                def double(grad):
                    print(x.grad)
                    return grad * 2
                x.register_hook(double)
                (x * 3).sum().backward()
                (x * 3).sum().backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.removed-hook-is-silent",
        family=FAMILY,
        statement="`remove` of the handle ends a hook; removing twice is allowed, and the handle is a context "
        "manager that removes on leaving.",
        expectation="After `remove`, and after the `with`, the gradient is plain.",
        level=Level.REQUIRED,
        clause=Clause(_HOOK, "returns a handle with a method handle.remove() that removes the hook"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x.register_hook(lambda grad: grad * 100)
                h.remove()
                h.remove()
                (x * 2).sum().backward()
                observe(x)
                with x.register_hook(lambda grad: grad * 10) as inside:
                    (x * 2).sum().backward()
                    observe(x)
                (x * 2).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.REMOVED,
        needs=("hooks", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.removed-while-running",
        family=FAMILY,
        statement="A hook may remove itself or another while it runs: those of this pass run on, the next pass goes "
        "without.",
        expectation="Both hooks run in the first backward and none in the second.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 1
                handles = []
                def first(grad):
                    print("first")
                    for handle in handles:
                        handle.remove()
                handles.append(y.register_hook(first))
                handles.append(y.register_hook(lambda grad: print("second")))
                y.sum().backward(retain_graph=True)
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward"),
        depends=("hooks.removed-hook-is-silent",),
    ),
    Behaviour(
        id="hooks.registered-while-running",
        family=FAMILY,
        statement="A hook that is registered on a tensor while its hooks run is not called in this pass, but in the "
        "next.",
        expectation="The inner hook prints in the second backward only.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 1
                def outer(grad):
                    print("outer")
                    y.register_hook(lambda grad: print("inner"))
                y.register_hook(outer)
                z = (y * 2).sum()
                z.backward(retain_graph=True)
                z.backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward"),
        depends=("hooks.called-once-with-the-sum",),
    ),
    Behaviour(
        id="hooks.unreached-tensors-have-silent-hooks",
        family=FAMILY,
        statement="The hook of a tensor that the backward does not reach is not called.",
        expectation="Nothing is printed for the other branch.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = x * 3
                z.register_hook(lambda grad: print("z"))
                y.register_hook(lambda grad: print("y"))
                y.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.TENSOR,
        needs=("hooks", "backward"),
        depends=("hooks.called-once-with-the-sum",),
    ),
    Behaviour(
        id="hooks.restricted-to-inputs",
        family=FAMILY,
        statement="With inputs= the hooks of the tensors asked for and of those on the way run, and those of other "
        "leaves do not.",
        expectation="`x` and `y` are told, `w` is not; `torch.autograd.grad` runs the hooks of its inputs, too.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = x * 2
                x.register_hook(lambda grad: print("x"))
                w.register_hook(lambda grad: print("w"))
                y.register_hook(lambda grad: grad * 5)
                z = (y * w).sum()
                z.backward(inputs=[x], retain_graph=True)
                observe(x, w)
                torch.autograd.grad(z, w, retain_graph=True)
                torch.autograd.grad(z, y)
            """),
        ),
        generator=generate.RESTRICTED,
        needs=("hooks", "backward", "backward-inputs"),
        depends=("hooks.called-once-with-the-sum",),
    ),
    Behaviour(
        id="hooks.needs-requires-grad",
        family=FAMILY,
        statement="A tensor that does not require grad refuses a hook.",
        expectation="RuntimeError with PyTorch's text, also for a detached tensor.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0])
                x.register_hook(lambda grad: grad)
                y = torch.tensor([1.0, 2.0], requires_grad=True)
                y.detach().register_hook(lambda grad: grad)
                observe(x, y)
            """),
        ),
        needs=("hooks",),
    ),
    Behaviour(
        id="hooks.wrong-results-raise",
        family=FAMILY,
        statement="A hook that returns something else than a tensor, a tensor of another shape, or one of another "
        "dtype makes backward raise.",
        expectation="TypeError and RuntimeError with the name of the hook; no `.grad` is changed.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                def number(grad):
                    return 3.0
                def longer(grad):
                    return torch.ones(3)
                def double(grad):
                    return grad.double()
                for hook in (number, longer, double):
                    handle = x.register_hook(hook)
                    try:
                        (x * 2).sum().backward()
                    except (TypeError, RuntimeError) as error:
                        print(error)
                    handle.remove()
                observe(x)
            """),
        ),
        needs=("hooks", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.exception-reaches-the-caller",
        family=FAMILY,
        statement="An exception of a hook ends the backward and reaches its caller as it is; what ran before has run.",
        expectation="The class and text are the hook's; the leaf below has no gradient, a later backward without the "
        "hook works.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = x + 1
                def boom(grad):
                    raise KeyError("boom")
                h = y.register_hook(boom)
                z = (y + w).sum()
                z.backward()
                observe(x, w)
                h.remove()
                z.backward()
                observe(x, w)
            """),
        ),
        generator=generate.RAISING,
        needs=("hooks", "backward"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.exception-leaves-a-part-freed",
        family=FAMILY,
        statement="Nodes that ran before a hook raised have freed what they saved.",
        expectation="The second backward raises for the freed part.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                h = a.register_hook(lambda grad: 1 // 0)
                y = (a * a * a).sum()
                y.backward()
                h.remove()
                y.backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward", "retain-graph"),
        depends=("hooks.exception-reaches-the-caller", "retain-graph.second-backward-raises"),
    ),
    Behaviour(
        id="hooks.base-and-view-have-their-own",
        family=FAMILY,
        statement="A base and its view have hooks of their own, each with the gradient of its own shape; the view's "
        "runs first.",
        expectation="`v` gets two elements, `b` three, with a zero where the view does not reach.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 1
                v = b[:2]
                b.register_hook(lambda grad: print("b", grad))
                v.register_hook(lambda grad: print("v", grad))
                (v * 2).sum().backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward", "views"),
        depends=("hooks.called-once-with-the-sum",),
    ),
    Behaviour(
        id="hooks.registered-before-an-in-place-change",
        family=FAMILY,
        statement="A hook belongs to the value that its tensor had: after an in-place operation the old hook gets "
        "the gradient of the old value.",
        expectation="The hook registered before sees five times the gradient of the one registered after.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda grad: print("old", grad))
                y.mul_(5)
                y.register_hook(lambda grad: print("new", grad))
                (y * 3).sum().backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward", "in-place"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.differentiable-hook",
        family=FAMILY,
        statement="What a hook does under create_graph is recorded, so its operands get second derivatives.",
        expectation="The gradient of the gradient with respect to the factor is what the hook was given.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = torch.tensor(3.0, requires_grad=True)
                y = x * x
                y.register_hook(lambda grad: grad * a)
                g, = torch.autograd.grad(y.sum(), x, create_graph=True)
                observe(g)
                torch.autograd.grad(g.sum(), (a, x))
                y2 = x * x
                y2.register_hook(lambda grad: print(torch.is_grad_enabled()))
                y2.sum().backward()
                y2 = x * x
                y2.register_hook(lambda grad: print(torch.is_grad_enabled()))
                y2.sum().backward(create_graph=True)
            """),
        ),
        needs=("hooks", "double-backward", "autograd-grad"),
        depends=("hooks.replacement-goes-upstream",),
    ),
    Behaviour(
        id="hooks.seen-in-backward-hooks",
        family=FAMILY,
        statement="`_backward_hooks` is None until a hook is registered, and then a dictionary of handle ids that "
        "follows `remove`.",
        expectation="The number of entries is one, then zero.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                print(x._backward_hooks)
                h = x.register_hook(lambda grad: grad)
                print(len(x._backward_hooks), h.id in x._backward_hooks)
                h.remove()
                print(len(x._backward_hooks))
            """),
        ),
        needs=("hooks",),
    ),
    # After accumulation
    Behaviour(
        id="hooks.after-accumulation",
        family=FAMILY,
        statement="A post-accumulate hook is called with the leaf itself once `.grad` has the new gradient.",
        expectation="The hook sees the first gradient, then the sum of two.",
        level=Level.REQUIRED,
        clause=Clause(_AFTER, "The hook will be called after all gradients for a tensor have been accumulated"),
        examples=(
            code("""
                import torch
                p = torch.tensor([1.0, 2.0], requires_grad=True)
                p.register_post_accumulate_grad_hook(lambda param: print(param is p, param.grad))
                (p * 2).sum().backward()
                (p * 2 + p).sum().backward()
                observe(p)
            """),
        ),
        generator=generate.AFTER,
        needs=("post-accumulate-hooks", "backward"),
    ),
    Behaviour(
        id="hooks.step-in-backward",
        family=FAMILY,
        statement="A post-accumulate hook may write to the leaf and clear its gradient, since it runs in no_grad mode.",
        expectation="The leaf has made a step and `.grad` is None; grad mode inside is off, and on under create_graph.",
        level=Level.REQUIRED,
        clause=Clause(
            _AFTER, "The hook can in-place modify and access its Tensor argument, including its .grad field."
        ),
        examples=(
            code("""
                import torch
                p = torch.tensor([1.0, 2.0], requires_grad=True)
                def step(param):
                    print(torch.is_grad_enabled())
                    param.sub_(param.grad, alpha=0.5)
                    param.grad = None
                h = p.register_post_accumulate_grad_hook(step)
                (p * 2).sum().backward()
                observe(p)
                h.remove()
                (p * 2).sum().backward()
                observe(p)
                p.register_post_accumulate_grad_hook(lambda param: print(torch.is_grad_enabled()))
                (p * p).sum().backward(create_graph=True)
            """),
        ),
        generator=generate.AFTER,
        needs=("post-accumulate-hooks", "backward", "in-place"),
        depends=("hooks.after-accumulation",),
    ),
    Behaviour(
        id="hooks.after-accumulation-order",
        family=FAMILY,
        statement="The hooks of a leaf run before the accumulation and its post-accumulate hooks after it, whichever "
        "was registered first.",
        expectation="The order is hook, first, second, with the replaced gradient in `.grad`.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                p = torch.tensor([1.0, 2.0], requires_grad=True)
                p.register_post_accumulate_grad_hook(lambda param: print("first", param.grad))
                p.register_hook(lambda grad: grad * 2)
                p.register_post_accumulate_grad_hook(lambda param: print("second"))
                (p * 3).sum().backward()
                observe(p)
            """),
        ),
        needs=("hooks", "post-accumulate-hooks", "backward"),
        depends=("hooks.after-accumulation",),
    ),
    Behaviour(
        id="hooks.after-accumulation-of-inputs-only",
        family=FAMILY,
        statement="Post-accumulate hooks run for leaves that accumulate: not for those left out of inputs=, and not "
        "in torch.autograd.grad.",
        expectation="Only `q` is told, and only by the backward.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                p = torch.tensor([1.0, 2.0], requires_grad=True)
                q = torch.tensor([3.0, 4.0], requires_grad=True)
                p.register_post_accumulate_grad_hook(lambda param: print("p"))
                q.register_post_accumulate_grad_hook(lambda param: print("q"))
                y = (p * q).sum()
                torch.autograd.grad(y, (p, q), retain_graph=True)
                y.backward(inputs=[q])
                observe(p, q)
            """),
        ),
        generator=generate.RESTRICTED,
        needs=("post-accumulate-hooks", "backward", "backward-inputs", "autograd-grad"),
        depends=("hooks.after-accumulation",),
    ),
    Behaviour(
        id="hooks.after-accumulation-on-leaves-only",
        family=FAMILY,
        statement="Post-accumulate hooks are refused by tensors that are no leaves and by those that do not require "
        "grad.",
        expectation="RuntimeError with PyTorch's texts.",
        level=Level.REQUIRED,
        clause=Clause(_AFTER, "Registering this hook on a non-leaf tensor will error!"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_post_accumulate_grad_hook(lambda param: None)
                torch.tensor([1.0]).register_post_accumulate_grad_hook(lambda param: None)
                observe(x, y)
            """),
        ),
        needs=("post-accumulate-hooks",),
    ),
    Behaviour(
        id="hooks.after-accumulation-raises",
        family=FAMILY,
        statement="An exception of a post-accumulate hook reaches the caller, and the gradient has been accumulated.",
        expectation="The error is the hook's, `.grad` is filled.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                p = torch.tensor([1.0, 2.0], requires_grad=True)
                def boom(param):
                    raise ValueError("after")
                p.register_post_accumulate_grad_hook(boom)
                (p * 2).sum().backward()
                observe(p)
            """),
        ),
        needs=("post-accumulate-hooks", "backward"),
        depends=("hooks.after-accumulation",),
    ),
    Behaviour(
        id="hooks.after-accumulation-must-return-none",
        family=FAMILY,
        statement="What a post-accumulate hook returns has to be None.",
        expectation="RuntimeError of PyTorch's text where it is a tensor.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                p = torch.tensor([1.0, 2.0], requires_grad=True)
                p.register_post_accumulate_grad_hook(lambda param: param.grad)
                (p * 2).sum().backward()
                observe(p)
            """),
        ),
        needs=("post-accumulate-hooks", "backward"),
        depends=("hooks.after-accumulation",),
    ),
    # Hooks of nodes
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
    # Hooks of several tensors
    Behaviour(
        id="hooks.multi-hook-after-all",
        family=FAMILY,
        statement="A multi-grad hook is called once when all gradients of this call are there, with None for tensors "
        "that get none.",
        expectation="The lists have three tensors, then two.",
        level=Level.REQUIRED,
        clause=Clause(_MULTI, "None will be passed for tensors that did not have their gradients computed."),
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, 4.0], requires_grad=True)
                c = a * b
                d = a * b
                def tell(grads):
                    print([grad is None for grad in grads])
                torch.autograd.graph.register_multi_grad_hook((a, b, c, d), tell)
                c.sum().backward(retain_graph=True)
                c.sum().backward(inputs=(a,), retain_graph=True)
                observe(a, b)
            """),
        ),
        generator=generate.SEVERAL,
        needs=("hooks", "backward", "backward-inputs"),
        depends=("hooks.called-once-with-the-sum",),
    ),
    Behaviour(
        id="hooks.multi-hook-after-any",
        family=FAMILY,
        statement='With mode="any" a multi-grad hook is called once in a backward, with the first gradient that is '
        "computed.",
        expectation="The gradient of the tensor nearest to the root, in each of two passes.",
        level=Level.REQUIRED,
        clause=Clause(
            _MULTI, 'Under the "any" mode, the hook will be called after the first gradient with respect to a tensor'
        ),
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = a * 2
                c = (b * 3).sum()
                h = torch.autograd.graph.register_multi_grad_hook((a, b), lambda grad: print(grad), mode="any")
                c.backward(retain_graph=True)
                c.backward(retain_graph=True)
                h.remove()
                c.backward()
                observe(a)
            """),
        ),
        generator=generate.SEVERAL,
        needs=("hooks", "backward"),
        depends=("hooks.multi-hook-after-all",),
    ),
    Behaviour(
        id="hooks.multi-hook-does-not-replace",
        family=FAMILY,
        statement="What a multi-grad hook returns is ignored, and `remove` of its handle ends it on all tensors.",
        expectation="The gradient is plain, and the second backward is silent.",
        level=Level.RECOMMENDED,
        clause=Clause(_MULTI, "The hook should not modify its arguments."),
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([1.0, 2.0], requires_grad=True)
                def scale(grads):
                    print("called")
                    return [grad * 100 for grad in grads]
                h = torch.autograd.graph.register_multi_grad_hook((a, b), scale)
                (a * 2 + b).sum().backward()
                h.remove()
                (a * 2 + b).sum().backward()
                observe(a, b)
            """),
        ),
        needs=("hooks", "backward"),
        depends=("hooks.multi-hook-after-all",),
    ),
    Behaviour(
        id="hooks.multi-hook-refuses",
        family=FAMILY,
        statement="An unknown mode, and a tensor that does not require grad, are refused when the hook is registered.",
        expectation="ValueError and RuntimeError with PyTorch's texts.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                torch.autograd.graph.register_multi_grad_hook((a,), lambda grads: None, mode="some")
                torch.autograd.graph.register_multi_grad_hook((a, torch.ones(2)), lambda grads: None)
                observe(a)
            """),
        ),
        needs=("hooks",),
    ),
    Behaviour(
        id="hooks.multi-hook-on-the-root",
        family=FAMILY,
        statement="A multi-grad hook one of whose tensors is the root itself is called early, with None for "
        "gradients that are still to come.",
        expectation="One list with a None, then, below a sum, one without.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0], requires_grad=True)
                b = torch.tensor([2.0], requires_grad=True)
                c = a * b
                def tell(grads):
                    print([grad is None for grad in grads])
                torch.autograd.graph.register_multi_grad_hook((a, b, c), tell)
                c.backward(retain_graph=True)
                c.sum().backward()
                observe(a, b)
            """),
        ),
        needs=("hooks", "backward"),
        depends=("hooks.multi-hook-after-all",),
    ),
)
