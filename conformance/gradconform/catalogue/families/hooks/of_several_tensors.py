"""Hooks of several tensors together."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import hooks as generate

FAMILY = "hooks"

_MULTI = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.register_multi_grad_hook.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
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
