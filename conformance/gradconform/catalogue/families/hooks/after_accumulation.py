"""Hooks that run after a gradient was accumulated."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import hooks as generate

FAMILY = "hooks"

_AFTER = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.register_post_accumulate_grad_hook.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
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
)
