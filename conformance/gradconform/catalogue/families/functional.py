"""`torch.autograd.functional`: products with Jacobians and Hessians, and these matrices themselves."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import functional as generate

FAMILY = "functional"

_PAGE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional."
_VJP = f"{_PAGE}vjp.html"
_JVP = f"{_PAGE}jvp.html"
_JACOBIAN = f"{_PAGE}jacobian.html"
_HESSIAN = f"{_PAGE}hessian.html"
_VHP = f"{_PAGE}vhp.html"
_HVP = f"{_PAGE}hvp.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="functional.vjp",
        family=FAMILY,
        statement="`vjp` gives what the function gives, and the product of a vector and its Jacobian in the shape of "
        "the inputs.",
        expectation="A pair; neither part requires grad, and tuples are answered by tuples.",
        level=Level.REQUIRED,
        clause=Clause(_VJP, "vjp (tuple of Tensors or Tensor): result of the dot product with the same shape as the"),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                y, g = af.vjp(lambda t: t * t, x, torch.tensor([1.0, 0.5]))
                observe(x, y, g)
                af.vjp(lambda a, b: (a * b, a.sum()), (x, w), (torch.ones(2), torch.tensor(2.0)))
                af.vjp(lambda a: a * 2, (x,), (torch.ones(2),))
            """),
        ),
        generator=generate.VJP,
        needs=("functional",),
    ),
    Behaviour(
        id="functional.jvp",
        family=FAMILY,
        statement="`jvp` gives what the function gives, and the product of its Jacobian and a vector in the shape of "
        "the outputs.",
        expectation="A pair; neither part requires grad.",
        level=Level.REQUIRED,
        clause=Clause(_JVP, "result of the dot product with the same shape as the output."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y, t = af.jvp(lambda t: t * t.sum(), x, torch.tensor([1.0, 0.5]))
                observe(x, y, t)
                af.jvp(lambda a, b: (a * b, a.sum()), (x, x * 2), (torch.ones(2), torch.ones(2)))
            """),
        ),
        generator=generate.JVP,
        needs=("functional",),
    ),
    Behaviour(
        id="functional.vector-may-be-left-out",
        family=FAMILY,
        statement="The vector may be left out where it would have one element: the output of `vjp`, the input of the "
        "others.",
        expectation="As with a vector of 1; otherwise RuntimeError.",
        level=Level.REQUIRED,
        clause=Clause(_VJP, "This argument is optional when the output of func contains a single element"),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                s = torch.tensor([3.0])
                af.vjp(lambda t: (t * t).sum(), x)
                af.vjp(lambda t: t * t, x)
                af.jvp(lambda t: t * x, s)
                af.jvp(lambda t: t * t, x)
                af.vhp(lambda t: (t ** 3).sum(), s)
                af.vhp(lambda t: (t ** 3).sum(), x)
                af.hvp(lambda t: (t ** 3).sum(), s)
                af.hvp(lambda t: (t ** 3).sum(), x)
            """),
        ),
        needs=("functional",),
        depends=("functional.vjp", "functional.jvp"),
    ),
    Behaviour(
        id="functional.wrong-vectors-are-refused",
        family=FAMILY,
        statement="The vector has as many parts as the function has outputs (`vjp`) or inputs (the others), each of "
        "the same shape.",
        expectation="RuntimeError that says which length or size was expected; TypeError for what is no tensor.",
        level=Level.RECOMMENDED,
        clause=Clause(_VJP, "Must be the same size as the output of func."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                af.vjp(lambda t: t * t, x, torch.ones(3))
                af.vjp(lambda t: (t, t), x, (torch.ones(2),))
                af.jvp(lambda t: t * t, x, torch.ones(2, 1))
                af.jvp(lambda t: t * t, (x, x), torch.ones(2))
                af.hvp(lambda t: t.sum(), x, (torch.ones(2), torch.ones(2)))
                af.vhp(lambda t: t.sum(), x, 3.0)
            """),
        ),
        generator=generate.VECTORS,
        needs=("functional",),
    ),
    Behaviour(
        id="functional.jacobian",
        family=FAMILY,
        statement="The Jacobian of one output with respect to one input is a tensor with the shape of the output "
        "followed by that of the input.",
        expectation="Zeros where an element does not depend on another.",
        level=Level.REQUIRED,
        clause=Clause(_JACOBIAN, "this will be a single Tensor containing the Jacobian for the linearized inputs"),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                j = af.jacobian(lambda t: torch.stack([t.sum(), t.prod(), t[0]]), x)
                observe(x, j)
                af.jacobian(lambda t: t.sum(), x)
                af.jacobian(lambda t: t * 2, torch.tensor(3.0))
                af.jacobian(lambda t: t.t() * 2, torch.ones(2, 1))
                af.jacobian(lambda t: t * 2, torch.ones(0))
            """),
        ),
        generator=generate.JACOBIAN,
        needs=("functional",),
    ),
    Behaviour(
        id="functional.jacobian-of-several",
        family=FAMILY,
        statement="A tuple of inputs gives a tuple, a tuple of outputs too, both a tuple of tuples: outputs first.",
        expectation="`jacobian[i][j]` belongs to output i and input j.",
        level=Level.REQUIRED,
        clause=Clause(_JACOBIAN, "If one of the two is a tuple, then the Jacobian will be a tuple of Tensors."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                w = torch.tensor([3.0, 4.0])
                af.jacobian(lambda a, b: (a * b, a.sum()), (x, w))
                af.jacobian(lambda a, b: a * b, (x, w))
                af.jacobian(lambda a: (a * 2, a.sum()), x)
                af.jacobian(lambda a: (a * 2,), (x,))
            """),
        ),
        generator=generate.JACOBIAN_OF_TWO,
        needs=("functional",),
        depends=("functional.jacobian",),
    ),
    Behaviour(
        id="functional.hessian",
        family=FAMILY,
        statement="The Hessian of a function with one element has the shape of the input twice.",
        expectation="The second derivatives, symmetric; none of it requires grad.",
        level=Level.REQUIRED,
        clause=Clause(_HESSIAN, "this will be a single Tensor containing the Hessian for the input."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = af.hessian(lambda t: t[0] * t[1] ** 3, x)
                observe(x, h)
                af.hessian(lambda t: (t ** 3).sum(), torch.ones(2, 2))
                af.hessian(lambda t: t * t, torch.tensor(3.0))
                af.hessian(lambda t: (t * t).sum(0, keepdim=True), x)
            """),
        ),
        generator=generate.HESSIAN,
        needs=("functional",),
    ),
    Behaviour(
        id="functional.hessian-of-several-inputs",
        family=FAMILY,
        statement="The Hessian of several inputs is a tuple of tuples.",
        expectation="`hessian[i][j]` belongs to input i and input j.",
        level=Level.REQUIRED,
        clause=Clause(_HESSIAN, "will contain the Hessian of the"),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                s = torch.tensor(3.0)
                af.hessian(lambda a, b: (a ** 3).sum() * b ** 2, (x, s))
                af.hessian(lambda a, b: a.sum(), (x, s))
            """),
        ),
        generator=generate.HESSIAN_OF_TWO,
        needs=("functional",),
        depends=("functional.hessian",),
    ),
    Behaviour(
        id="functional.vhp-and-hvp",
        family=FAMILY,
        statement="`vhp` gives the product of a vector and the Hessian, `hvp` of the Hessian and a vector.",
        expectation="A pair of output and product; the same product where the Hessian is symmetric.",
        level=Level.REQUIRED,
        clause=Clause(_HVP, "If your functions is twice continuously differentiable, then hvp = vhp.t()."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                v = torch.tensor([1.0, -1.0])
                y, p = af.vhp(lambda t: t[0] * t[1] ** 3, x, v)
                observe(x, y, p)
                y, p = af.hvp(lambda t: t[0] * t[1] ** 3, x, v)
                observe(x, y, p)
                af.hvp(lambda a, b: (a * b).sum(), (x, v), (v, x))
            """),
        ),
        generator=generate.HESSIAN_PRODUCTS,
        needs=("functional",),
        depends=("functional.hessian",),
    ),
    Behaviour(
        id="functional.hessian-needs-one-element",
        family=FAMILY,
        statement="`hessian`, `vhp` and `hvp` take functions that give one tensor with one element.",
        expectation="RuntimeError that names the function for more elements or a tuple.",
        level=Level.RECOMMENDED,
        clause=Clause(_VHP, "a Tensor with a single element."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                af.hessian(lambda t: t * t, x)
                af.hessian(lambda t: (t.sum(), t.sum()), x)
                af.vhp(lambda t: t * t, x, x)
                af.hvp(lambda t: (t.sum(), t.sum()), x, x)
            """),
        ),
        needs=("functional",),
    ),
    Behaviour(
        id="functional.independent-inputs-give-zeros",
        family=FAMILY,
        statement="Without `strict` an input that no output depends on, and an output that depends on none, count as "
        "having derivative zero.",
        expectation="Zeros of the shape of the input.",
        level=Level.REQUIRED,
        clause=Clause(_JACOBIAN, "we return a Tensor of zeros as the jacobian for said inputs"),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                w = torch.tensor([3.0, 4.0])
                af.vjp(lambda a, b: a.sum(), (x, w))
                af.jvp(lambda a: torch.ones(3), x, w)
                af.jacobian(lambda a: torch.ones(3), x)
                af.jacobian(lambda a, b: (a.sum(), b * 2), (x, w))
                af.hessian(lambda a: a.sum() * 3, x)
                af.hvp(lambda a: a.sum() * 3, x, w)
                af.vhp(lambda a: w.sum(), x, w)
            """),
        ),
        needs=("functional",),
        depends=("functional.jacobian",),
    ),
    Behaviour(
        id="functional.strict",
        family=FAMILY,
        statement="With `strict` such an input or output is an error.",
        expectation="RuntimeError that says which output is independent of which input, and of what derivative.",
        level=Level.RECOMMENDED,
        clause=Clause(_VJP, "an error will be raised when we detect that there exists an input such that all the"),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                af.vjp(lambda a, b: a.sum(), (x, w), strict=True)
                af.vjp(lambda a: w * 2, x, x, strict=True)
                af.vjp(lambda a: torch.ones(2), x, x, strict=True)
                af.jvp(lambda a: torch.ones(2), x, x, strict=True)
                af.jacobian(lambda a: torch.ones(2), x, strict=True)
                af.jacobian(lambda a, b: (a.sum(), b * 2), (x, w), strict=True)
                af.jacobian(lambda a: a * 2, x, strict=True, create_graph=True)
                af.hessian(lambda a: a.sum() * 3, x, strict=True)
                af.hessian(lambda a, b: (a * a).sum(), (x, w), strict=True)
                af.vhp(lambda a: a.sum() * 3, x, x, strict=True)
                af.hvp(lambda a: a.sum() * 3, x, x, strict=True)
                af.hvp(lambda a: w.sum(), x, x, strict=True)
            """),
        ),
        needs=("functional",),
        depends=("functional.independent-inputs-give-zeros",),
    ),
    Behaviour(
        id="functional.create-graph",
        family=FAMILY,
        statement="With `create_graph` results can be differentiated, with respect to inputs that require grad and to "
        "the vector.",
        expectation="Gradients of the leaves; without it the results require no grad.",
        level=Level.REQUIRED,
        clause=Clause(_JACOBIAN, "the Jacobian will be computed in a differentiable manner."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                v = torch.tensor([1.0, -1.0], requires_grad=True)
                j = af.jacobian(lambda t: t ** 3, x, create_graph=True)
                observe(j)
                j.sum().backward()
                observe(x)
                y, p = af.jvp(lambda t: t ** 3, x, v, create_graph=True)
                (y + p).sum().backward()
                observe(x, v, y, p)
                y, p = af.vhp(lambda t: (t ** 3).sum(), x, v)
                observe(y, p)
                p.sum().backward()
            """),
        ),
        generator=generate.DIFFERENTIABLE,
        needs=("functional", "backward"),
        depends=("functional.jacobian",),
    ),
    Behaviour(
        id="functional.vectorize-and-strategy",
        family=FAMILY,
        statement="`vectorize` gives the same Jacobian by `vmap`, in one backward or, with the strategy "
        "`forward-mode`, in one forward pass.",
        expectation="The same values; the function runs once.",
        level=Level.RECOMMENDED,
        clause=Clause(_JACOBIAN, 'Currently, "forward-mode" requires vectorized=True.'),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                def f(t):
                    print(t.shape)
                    return t ** 3 * t.sum()
                x = torch.tensor([1.0, 2.0])
                af.jacobian(f, x, vectorize=True)
                af.jacobian(f, x, vectorize=True, strategy="forward-mode")
                af.jacobian(f, x, strategy="forward-mode")
                af.jacobian(f, x, strategy="sideways")
                af.jacobian(f, x, vectorize=True, strict=True)
                af.jacobian(f, x, vectorize=True, strategy="forward-mode", strict=True)
            """),
        ),
        generator=generate.VECTORIZED,
        needs=("functional",),
        depends=("functional.jacobian",),
    ),
    Behaviour(
        id="functional.outer-strategy-of-hessian",
        family=FAMILY,
        statement="The outer Jacobian of a Hessian may be taken in forward mode, which needs `vectorize`.",
        expectation="The same Hessian; errors for the strategy without `vectorize`, an unknown one, and for `strict`.",
        level=Level.OPTIONAL,
        clause=Clause(_HESSIAN, "The inner Jacobian is always computed in reverse-mode AD."),
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                f = lambda t: t[0] * t[1] ** 3
                af.hessian(f, x, vectorize=True)
                af.hessian(f, x, vectorize=True, outer_jacobian_strategy="forward-mode")
                af.hessian(f, x, outer_jacobian_strategy="forward-mode")
                af.hessian(f, x, outer_jacobian_strategy="sideways")
                af.hessian(f, x, vectorize=True, strict=True)
            """),
        ),
        needs=("functional",),
        depends=("functional.hessian",),
    ),
    Behaviour(
        id="functional.only-tensors",
        family=FAMILY,
        statement="Inputs and outputs are a tensor or a tuple of tensors.",
        expectation="TypeError or RuntimeError that names the argument and the type it has.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                af.vjp(lambda t: 3, x)
                af.jacobian(lambda t: (t, 3), x)
                af.jacobian(lambda t: t * 2, 3)
                af.jvp(lambda t: t * 2, (x, "a"), (x, x))
                af.hessian(lambda t: None, x)
                af.jacobian(lambda t: t * 2, torch.tensor([1, 2]))
            """),
        ),
        generator=generate.REFUSED,
        needs=("functional",),
    ),
    Behaviour(
        id="functional.independent-of-grad-mode",
        family=FAMILY,
        statement="The functions record whatever the grad mode outside is, and leave it and `.grad` as they were.",
        expectation="Values as ever under `no_grad`; inside the function grad mode is on.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                def f(t):
                    print(torch.is_grad_enabled(), t.requires_grad, t.is_leaf)
                    return t ** 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.grad = torch.ones(2)
                with torch.no_grad():
                    af.jacobian(f, x)
                    af.jvp(f, x, x)
                    print(torch.is_grad_enabled())
                af.vjp(f, torch.tensor([1.0, 2.0]), torch.ones(2))
                af.vjp(f, x, torch.ones(2), create_graph=True)
                observe(x)
            """),
        ),
        needs=("functional", "grad-mode"),
        depends=("functional.jacobian",),
    ),
    Behaviour(
        id="functional.inputs-are-not-touched",
        family=FAMILY,
        statement="The function gets other tensors on the same memory, or views under `create_graph`: what it does to "
        "their flags is not seen outside.",
        expectation="The input that is given is not the one that arrives; it does not require grad afterwards.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                x = torch.tensor([1.0, 2.0])
                def f(t):
                    print(t is x, t.requires_grad, t._is_view())
                    return t * 2
                af.vjp(f, x, torch.ones(2))
                observe(x)
                w = torch.tensor([1.0, 2.0], requires_grad=True)
                af.vjp(f, w, torch.ones(2), create_graph=True)
                af.vjp(f, w, torch.ones(2))
                observe(w)
            """),
        ),
        needs=("functional",),
        depends=("functional.vjp",),
    ),
    Behaviour(
        id="functional.complex",
        family=FAMILY,
        statement="Complex inputs have complex products, conjugated as backward conjugates.",
        expectation="The Jacobian of a holomorphic function is the conjugate of its derivative.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.functional as af
                z = torch.tensor([1 + 2j, -1j])
                af.vjp(lambda t: t * t, z, torch.ones(2, dtype=torch.complex64))
                af.jvp(lambda t: t * t, z, torch.ones(2, dtype=torch.complex64))
                af.jacobian(lambda t: t * t, z)
                af.jacobian(lambda t: (t * t.conj()).real, z)
                af.hessian(lambda t: (t * t.conj()).real.sum(), z)
            """),
        ),
        needs=("functional", "complex"),
        depends=("functional.jacobian",),
    ),
)
