"""Hooks of tensors."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import hooks as generate

FAMILY = "hooks"

_HOOK = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.register_hook.html"
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
)
