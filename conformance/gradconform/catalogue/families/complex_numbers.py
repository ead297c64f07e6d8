"""Complex numbers: the convention of gradients, real and imaginary parts, conjugates, what is refused."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import complex_numbers as generate

FAMILY = "complex-numbers"

_CONJ = "https://docs.pytorch.org/docs/2.13/generated/torch.conj.html"
_REAL = "https://docs.pytorch.org/docs/2.13/generated/torch.real.html"
_VIEWREAL = "https://docs.pytorch.org/docs/2.13/generated/torch.view_as_real.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="complex-numbers.gradient-of-a-real-loss",
        family=FAMILY,
        statement="The gradient of a real loss by a complex leaf points uphill: derivative by the real part plus i "
        "times that by the imaginary.",
        expectation="Twice the number, for the squared size.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([3+4j, 1-2j], requires_grad=True)
                (z * z.conj()).real.sum().backward()
                observe(z)
            """),
        ),
        generator=generate.REAL_LOSS,
        needs=("complex", "backward"),
    ),
    Behaviour(
        id="complex-numbers.holomorphic-functions",
        family=FAMILY,
        statement="The gradient of a holomorphic function is the conjugate of its derivative times the weight.",
        expectation="The conjugate of 2z for the square.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([3+4j], requires_grad=True)
                (z * z).backward(torch.tensor([1+0j]))
                observe(z)
                (z * (2+1j)).backward(torch.tensor([1j]))
                observe(z)
            """),
        ),
        generator=generate.HOLOMORPHIC,
        needs=("complex", "backward"),
        depends=("complex-numbers.gradient-of-a-real-loss",),
    ),
    Behaviour(
        id="complex-numbers.products-conjugate",
        family=FAMILY,
        statement="The gradient of a product is the weight times the conjugate of the other factor.",
        expectation="Gradients with conjugates, for products of tensors and of numbers.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1+2j, -1j], requires_grad=True)
                b = torch.tensor([3-1j, 2+2j], requires_grad=True)
                (a * b).backward(torch.tensor([1+1j, 2-1j]))
                observe(a, b)
            """),
        ),
        generator=generate.HOLOMORPHIC,
        needs=("complex", "backward"),
        depends=("complex-numbers.holomorphic-functions",),
    ),
    Behaviour(
        id="complex-numbers.real-and-imaginary-parts",
        family=FAMILY,
        statement="The gradient of the real part is a real number, that of the imaginary part i times one; both "
        "parts are views.",
        expectation="One and i; what is written to a part is seen in the whole.",
        level=Level.REQUIRED,
        clause=Clause(_REAL, "The returned tensor and self share the same underlying storage."),
        examples=(
            code("""
                import torch
                z = torch.tensor([3+4j, 1-2j], requires_grad=True)
                z.real.sum().backward()
                observe(z)
                (z.imag * 2).sum().backward()
                observe(z)
                c = torch.tensor([1+1j])
                c.real.mul_(5)
                c.imag = torch.tensor([7.0])
                observe(c)
            """),
        ),
        generator=generate.PARTS,
        needs=("complex", "backward", "views"),
        depends=("complex-numbers.gradient-of-a-real-loss",),
    ),
    Behaviour(
        id="complex-numbers.imaginary-part-of-a-real-tensor",
        family=FAMILY,
        statement="The real part of a real tensor is the tensor, and it has no imaginary part.",
        expectation="`is` holds; RuntimeError.",
        level=Level.RECOMMENDED,
        clause=Clause(_REAL, "Returns a new tensor containing real values"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                print(x.real is x, x.conj() is x, x.is_complex())
                x.imag
                observe(x)
            """),
        ),
        needs=("complex",),
        depends=("complex-numbers.real-and-imaginary-parts",),
    ),
    Behaviour(
        id="complex-numbers.conjugation-is-lazy",
        family=FAMILY,
        statement="`conj` gives a view with a flag, and `resolve_conj` its values in memory of their own.",
        expectation="A view that `is_conj`; the resolved one is neither.",
        level=Level.RECOMMENDED,
        clause=Clause(_CONJ, "Returns a view of input with a flipped conjugate bit."),
        examples=(
            code("""
                import torch
                z = torch.tensor([1+2j], requires_grad=True)
                c = z.conj()
                r = c.resolve_conj()
                print(c.is_conj(), r.is_conj(), c.conj().is_conj(), z.resolve_conj() is z)
                observe(z, c, r)
                (c * (1+1j)).backward(torch.tensor([1+0j]))
                observe(z)
            """),
        ),
        generator=generate.CONJUGATED,
        needs=("complex", "views", "graph-introspection"),
        depends=("complex-numbers.gradient-of-a-real-loss",),
    ),
    Behaviour(
        id="complex-numbers.size-and-angle",
        family=FAMILY,
        statement="The gradient of the size of a number is its direction, and zero at zero; so is that of the angle.",
        expectation="Directions, and zero for zero.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([3+4j, 0j], requires_grad=True)
                z.abs().sum().backward()
                observe(z)
                z.angle().sum().backward()
                observe(z)
                z.sgn().real.sum().backward()
                observe(z)
            """),
        ),
        generator=generate.REAL_LOSS,
        needs=("complex", "backward"),
        depends=("complex-numbers.gradient-of-a-real-loss",),
    ),
    Behaviour(
        id="complex-numbers.real-leaves-get-real-gradients",
        family=FAMILY,
        statement="A real operand of a complex operation gets the real part of its gradient.",
        expectation="float32 gradients of real leaves.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                z = torch.tensor([3+4j, 1j], requires_grad=True)
                (x * z).backward(torch.tensor([1+1j, 1+1j]))
                observe(x, z)
                x.to(torch.complex64).backward(torch.tensor([3+7j, 1j]))
                observe(x)
            """),
        ),
        generator=generate.MIXED,
        needs=("complex", "backward", "dtypes"),
        depends=("complex-numbers.holomorphic-functions",),
    ),
    Behaviour(
        id="complex-numbers.weights-must-match",
        family=FAMILY,
        statement="A complex root needs a complex weight and a real root a real one; a complex root of one element "
        "has none by itself.",
        expectation="RuntimeError with PyTorch's texts.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([1+1j], requires_grad=True)
                (z * z).backward(torch.ones(1))
                (z * z).backward()
                z.abs().backward(torch.tensor([1j]))
                observe(z)
            """),
        ),
        needs=("complex", "backward"),
        depends=("complex-numbers.holomorphic-functions",),
    ),
    Behaviour(
        id="complex-numbers.view-as-real-and-back",
        family=FAMILY,
        statement="`view_as_real` and `view_as_complex` are differentiable views of the same memory.",
        expectation="Gradients by parts, in both directions.",
        level=Level.RECOMMENDED,
        clause=Clause(_VIEWREAL, "Returns a view of input as a real tensor."),
        examples=(
            code("""
                import torch
                z = torch.tensor([1+2j, 3-1j], requires_grad=True)
                v = torch.view_as_real(z)
                observe(v)
                (v * torch.tensor([1.0, 10.0])).sum().backward()
                x = torch.tensor([[1.0, 2.0]], requires_grad=True)
                torch.view_as_complex(x).abs().sum().backward()
                observe(z, x)
                torch.view_as_real(torch.ones(1))
                torch.view_as_complex(torch.ones(3))
            """),
        ),
        needs=("complex", "backward", "views"),
        depends=("complex-numbers.real-and-imaginary-parts",),
    ),
    Behaviour(
        id="complex-numbers.made-of-parts",
        family=FAMILY,
        statement="`torch.complex` and `torch.polar` make complex tensors of real ones, which get real gradients.",
        expectation="Real gradients of both parts.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, -4.0], requires_grad=True)
                z = torch.complex(a, b)
                observe(z)
                (z * (1+2j)).backward(torch.tensor([1+0j, 1j]))
                observe(a, b)
                torch.polar(a, b).abs().sum().backward()
                observe(a, b)
            """),
        ),
        needs=("complex", "backward"),
        depends=("complex-numbers.real-and-imaginary-parts",),
    ),
    Behaviour(
        id="complex-numbers.sums-and-matrices",
        family=FAMILY,
        statement="Sums and products of matrices follow the same convention, with the conjugate transpose.",
        expectation="Gradients with conjugates of the other matrix.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([[1+1j, 2.0], [0.0, 1j]], requires_grad=True)
                b = torch.tensor([[1j, 1.0], [2.0, -1j]], requires_grad=True)
                y = (a @ b).sum()
                y.backward(torch.tensor(1+0j))
                observe(a, b)
                (a.mH @ b).sum().abs().backward()
                observe(a, b)
            """),
        ),
        generator=generate.HOLOMORPHIC,
        needs=("complex", "backward"),
        depends=("complex-numbers.products-conjugate",),
    ),
    Behaviour(
        id="complex-numbers.no-order",
        family=FAMILY,
        statement="Complex numbers have no order, so comparisons, extrema and clamps are refused.",
        expectation="RuntimeError or NotImplementedError that names the operator or complex numbers.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([1+1j, 2.0], requires_grad=True)
                z > 1
                z.max()
                z.clamp(min=0)
                torch.maximum(z, z)
                z.relu()
                z.sort()
                observe(z)
            """),
        ),
        needs=("complex",),
    ),
    Behaviour(
        id="complex-numbers.real-places-refuse-them",
        family=FAMILY,
        statement="A complex number fits into a real tensor only if its imaginary part is zero; a bool takes any for "
        "True.",
        expectation="RuntimeError that names the C++ type; the tensor is left as it was.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y[0] = 2+0j
                y[0] = 2+1j
                y.fill_(1j)
                torch.full_like(x, 1j)
                torch.full((2,), 1j, dtype=torch.int64)
                y.masked_fill(x > 1, 1j)
                print(torch.full((2,), 1j, dtype=torch.bool), torch.full((2,), 1j))
                y.sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.REAL_PLACES,
        needs=("complex", "backward", "in-place"),
        depends=("complex-numbers.no-order",),
    ),
    Behaviour(
        id="complex-numbers.accumulation-of-complex-gradients",
        family=FAMILY,
        statement="Complex gradients accumulate, and a second derivative can be taken of them.",
        expectation="Twice the gradient; the second derivative of the cube.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([1+1j], requires_grad=True)
                (z * z).backward(torch.tensor([1+0j]))
                (z * z).backward(torch.tensor([1+0j]))
                observe(z)
                g, = torch.autograd.grad(z * z * z, z, torch.tensor([1+0j]), create_graph=True)
                observe(g)
                torch.autograd.grad(g, z, torch.tensor([1+0j]))
            """),
        ),
        generator=generate.HOLOMORPHIC,
        needs=("complex", "backward"),
        depends=("complex-numbers.holomorphic-functions",),
    ),
    Behaviour(
        id="complex-numbers.complex-casts",
        family=FAMILY,
        statement="A cast to a real dtype drops the imaginary part and warns; casts between complex dtypes are as "
        "between real ones.",
        expectation="UserWarning of PyTorch's text; gradients in the dtype of the leaf.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                z = torch.tensor([1+2j], requires_grad=True)
                x = z.to(torch.float32)
                observe(x)
                x.backward()
                w = z.to(torch.complex128)
                observe(w)
                w.abs().backward()
                observe(z)
            """),
        ),
        generator=generate.MIXED,
        needs=("complex", "backward", "dtypes", "warnings"),
        depends=("complex-numbers.real-leaves-get-real-gradients",),
    ),
)
