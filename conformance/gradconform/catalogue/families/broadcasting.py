"""Broadcasting: what is expanded in the forward is summed in the backward."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import broadcasting as generate

FAMILY = "broadcasting"

_EXPAND = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.expand.html"
_SUMTO = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.sum_to_size.html"
_MATMUL = "https://docs.pytorch.org/docs/2.13/generated/torch.matmul.html"
_TENSORS = "https://docs.pytorch.org/docs/2.13/generated/torch.broadcast_tensors.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="broadcasting.gradients-have-the-operand-shape",
        family=FAMILY,
        statement="The gradient of an operand that was broadcast is summed to the shape of the operand.",
        expectation="`.grad` has the shape of its leaf, summed over the dimensions that were expanded.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
                b = torch.tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
                (a * b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.PAIRS,
        needs=("backward",),
        depends=("leaf-gradients.follow-the-chain-rule",),
    ),
    Behaviour(
        id="broadcasting.added-dimensions-are-summed",
        family=FAMILY,
        statement="Dimensions that broadcasting puts in front are summed away.",
        expectation="The gradient of a vector added to a matrix is a vector.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                m = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
                v = torch.tensor([1.0, -1.0], requires_grad=True)
                (m * v).sum().backward()
                observe(m, v)
            """),
        ),
        generator=generate.PAIRS,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.scalars-broadcast",
        family=FAMILY,
        statement="An operand without dimensions has a gradient without dimensions, and one of one element a "
        "gradient of one element.",
        expectation="`.grad` has the shapes () and (1, 1).",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                s = torch.tensor(2.0, requires_grad=True)
                t = torch.tensor([[3.0]], requires_grad=True)
                (x * s + t).sum().backward()
                observe(x, s, t)
            """),
        ),
        generator=generate.PAIRS,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.shapes-that-do-not-fit",
        family=FAMILY,
        statement="Shapes that do not broadcast raise with both sizes and the dimension.",
        expectation="RuntimeError with PyTorch's text.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                a + b
                a.expand(3)
                torch.broadcast_tensors(a, b)
                observe(a, b)
            """),
        ),
        generator=generate.PAIRS,
    ),
    Behaviour(
        id="broadcasting.expand-sums-back",
        family=FAMILY,
        statement="The gradient of `expand` is summed over the dimensions that it stretched or added.",
        expectation="Threefold, and twelvefold gradients of the shapes of the leaves.",
        level=Level.REQUIRED,
        clause=Clause(_EXPAND, "Passing -1 as the size for a dimension means not changing the size of that dimension."),
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0]], requires_grad=True)
                (x.expand(3, -1) * 2).sum().backward()
                y = torch.tensor([1.0, 2.0], requires_grad=True)
                y.expand(4, 3, 2).sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.EXPANDS,
        needs=("backward", "views"),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.broadcast-tensors-and-broadcast-to",
        family=FAMILY,
        statement="`broadcast_tensors` and `broadcast_to` are differentiable views of the common shape.",
        expectation="Summed gradients; the results share memory with the leaves.",
        level=Level.RECOMMENDED,
        clause=Clause(_TENSORS, "Broadcasts the given tensors according to broadcasting-semantics."),
        examples=(
            code("""
                import torch
                a = torch.tensor([[1.0], [2.0]], requires_grad=True)
                b = torch.tensor([3.0, 4.0], requires_grad=True)
                p, q = torch.broadcast_tensors(a, b)
                observe(p, q)
                (p * q).sum().backward()
                observe(a, b)
                torch.broadcast_to(b, (3, 2)).sum().backward()
                observe(b)
            """),
        ),
        generator=generate.EXPANDS,
        needs=("backward", "views"),
        depends=("broadcasting.expand-sums-back",),
    ),
    Behaviour(
        id="broadcasting.sum-to-size",
        family=FAMILY,
        statement="`sum_to_size` is what a backward does with a gradient, and its own gradient is expanded again.",
        expectation="The sums, ones as gradients, and an error for a size that does not fit.",
        level=Level.RECOMMENDED,
        clause=Clause(_SUMTO, "size must be broadcastable to this tensor size."),
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
                y = x.sum_to_size(1, 2)
                observe(y)
                (y * torch.tensor([[1.0, 10.0]])).sum().backward()
                observe(x)
                x.sum_to_size(3)
            """),
        ),
        generator=generate.EXPANDS,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.matmul-broadcasts-batches",
        family=FAMILY,
        statement="`matmul` broadcasts the dimensions in front of the matrices, and sums their gradients.",
        expectation="Gradients of the shapes of both operands.",
        level=Level.REQUIRED,
        clause=Clause(_MATMUL, "The behavior depends on the dimensionality of the tensors"),
        examples=(
            code("""
                import torch
                a = torch.tensor([[[[1.0, 2.0]]], [[[3.0, 4.0]]]], requires_grad=True)
                b = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]], requires_grad=True)
                y = a @ b
                observe(y)
                y.sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.PRODUCTS,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.matmul-with-vectors",
        family=FAMILY,
        statement="A vector is a row on the left and a column on the right of `matmul`; its gradient is a vector.",
        expectation="Results and gradients without the added dimension; two vectors give a number.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                m = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                v = torch.tensor([1.0, -1.0], requires_grad=True)
                (m @ v).sum().backward()
                (v @ m).sum().backward()
                (v @ v).backward()
                observe(m, v)
            """),
        ),
        generator=generate.PRODUCTS,
        needs=("backward",),
        depends=("broadcasting.matmul-broadcasts-batches",),
    ),
    Behaviour(
        id="broadcasting.matmul-that-does-not-fit",
        family=FAMILY,
        statement="Inner sizes of `matmul` that differ, and operands without dimensions, raise.",
        expectation="RuntimeError with PyTorch's text, which depends on the dimensions.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
                a @ a
                a @ torch.ones(2)
                torch.ones(2) @ torch.ones(3)
                torch.tensor(1.0) @ torch.tensor(2.0)
                torch.ones(2, 1, 2) @ torch.ones(3, 2, 1)
                observe(a)
            """),
        ),
        generator=generate.PRODUCTS,
        depends=("broadcasting.matmul-broadcasts-batches",),
    ),
    Behaviour(
        id="broadcasting.where-broadcasts",
        family=FAMILY,
        statement="`where` broadcasts its condition and both choices, and each choice gets the gradient where it was "
        "taken.",
        expectation="Gradients of the shapes of the choices.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                c = torch.tensor([[True], [False]])
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor(3.0, requires_grad=True)
                y = torch.where(c, a, b)
                observe(y)
                (y * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.CHOICES,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.in-place-does-not-grow",
        family=FAMILY,
        statement="An in-place operation broadcasts the other operand only; it never grows the tensor that is written.",
        expectation="RuntimeError with both shapes; the operand that fits gets a summed gradient.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor(3.0, requires_grad=True)
                a = x * 1
                a.mul_(w)
                a.sum().backward()
                observe(x, w)
                b = x * 1
                b.add_(torch.ones(3, 2))
                b += torch.ones(2, 1)
                observe(b)
            """),
        ),
        needs=("in-place",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.sums-and-their-gradients",
        family=FAMILY,
        statement="The gradient of a sum or mean over some dimensions is expanded to the shape of the input.",
        expectation="Shapes with and without keepdim, for one dimension, several, none.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                for y in (x.sum(), x.sum(0), x.sum((0, 1)), x.sum(-1, keepdim=True), x.sum([]), x.mean(1), x.mean()):
                    print(y)
                    y.sum().backward()
                    observe(x, facets="grad")
                x.sum(3)
            """),
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                y = torch.sum(x, axis=0, keepdims=True)
                z = x.mean(axis=1)
                (y.sum() + z.sum()).backward()
                observe(x, y, z)
            """),
        ),
        generator=generate.SUMS,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
    Behaviour(
        id="broadcasting.empty-operands",
        family=FAMILY,
        statement="A dimension of size zero broadcasts with one of size one, whose gradient is then zero.",
        expectation="`.grad` is zeros of the operand's shape.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.zeros(0, 2, requires_grad=True)
                b = torch.tensor([[1.0, 2.0]], requires_grad=True)
                y = a * b
                observe(y)
                y.sum().backward()
                observe(a, b)
                a.mean()
            """),
        ),
        generator=generate.PAIRS,
        needs=("backward",),
        depends=("broadcasting.gradients-have-the-operand-shape",),
    ),
)
