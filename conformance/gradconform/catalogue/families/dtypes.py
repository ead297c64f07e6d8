"""Dtypes: what may require grad, promotion, casts, and the dtype that a gradient comes back in."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import dtypes as generate

FAMILY = "dtypes"

_PROMOTE = "https://docs.pytorch.org/docs/2.13/generated/torch.promote_types.html"
_RESULT = "https://docs.pytorch.org/docs/2.13/generated/torch.result_type.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="dtypes.only-floating-point-requires-grad",
        family=FAMILY,
        statement="Only tensors of floating point or complex numbers can require grad; factories, `requires_grad_` "
        "and assignment refuse others.",
        expectation="RuntimeError with PyTorch's texts; the tensor is left as it was.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                torch.ones(2, dtype=torch.int64, requires_grad=True)
                x = torch.tensor([1, 2])
                x.requires_grad_()
                x.requires_grad = True
                observe(x)
                torch.tensor([True], requires_grad=True)
                h = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
                c = torch.tensor([1j], requires_grad=True)
                observe(h, c)
            """),
        ),
        generator=generate.REFUSED,
        needs=("dtypes",),
    ),
    Behaviour(
        id="dtypes.gradients-have-the-leaf-dtype",
        family=FAMILY,
        statement="The gradient of a leaf has the dtype of the leaf, whatever it was promoted to on the way.",
        expectation="float32 for the float32 leaf, float64 for the float64 one.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
                y = a * b
                observe(y)
                y.sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.PAIRS,
        needs=("dtypes", "backward"),
        depends=("leaf-gradients.follow-the-chain-rule",),
    ),
    Behaviour(
        id="dtypes.casts-are-differentiable",
        family=FAMILY,
        statement="A cast from one floating point dtype to another is recorded and casts the gradient back.",
        expectation="A result that is no leaf, and a float32 gradient.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.double()
                observe(y)
                (y * 3).sum().backward()
                observe(x)
                (x.to(torch.float64) + x.type(torch.float64)).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.CASTS,
        needs=("dtypes", "backward", "graph-introspection"),
        depends=("dtypes.gradients-have-the-leaf-dtype",),
    ),
    Behaviour(
        id="dtypes.casts-to-the-same-dtype",
        family=FAMILY,
        statement="A cast to the dtype that a tensor has gives the same tensor, unless copy=True asks for another.",
        expectation="`is` holds; the copy is recorded.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                print(x.float() is x, x.to(torch.float32) is x, x.type(torch.float32) is x, x.to(x) is x)
                y = x.to(torch.float32, copy=True)
                print(y is x)
                observe(x, y)
            """),
        ),
        generator=generate.CASTS,
        needs=("dtypes", "graph-introspection"),
        depends=("dtypes.casts-are-differentiable",),
    ),
    Behaviour(
        id="dtypes.integers-cut-the-graph",
        family=FAMILY,
        statement="Casts to integers or bools, comparisons and indices do not require grad.",
        expectation="`requires_grad` is False for each.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
                print([y.requires_grad for y in (x.long(), x.int(), x.bool(), x > 1, x == x, x.argmax(), x.isnan())])
                print([y.requires_grad for y in (x.sort()[1], x.topk(1)[1], x.max(0)[1], x.argsort(), x.signbit())])
                y = x.long()
                observe(y)
                y.sum().backward()
            """),
        ),
        generator=generate.CASTS,
        needs=("dtypes", "graph-introspection"),
        depends=("dtypes.casts-are-differentiable",),
    ),
    Behaviour(
        id="dtypes.promotion-of-operands",
        family=FAMILY,
        statement="Operands of several dtypes are promoted to one that holds both.",
        expectation="float64 for float32 and float64, float32 for an integer and a float, as `result_type` says.",
        level=Level.REQUIRED,
        clause=Clause(_PROMOTE, "with the smallest size and scalar kind that is not smaller nor of lower kind"),
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                for dtype in (torch.bool, torch.int64, torch.float16, torch.float32, torch.float64):
                    b = torch.tensor([1, 0]).to(dtype)
                    print((a * b).dtype, torch.result_type(a, b), torch.promote_types(a.dtype, dtype))
                (a * torch.tensor([True, False])).sum().backward()
                observe(a)
            """),
        ),
        generator=generate.PAIRS,
        needs=("dtypes",),
        depends=("dtypes.gradients-have-the-leaf-dtype",),
    ),
    Behaviour(
        id="dtypes.scalars-promote-by-kind",
        family=FAMILY,
        statement="A tensor without dimensions and a Python number change the dtype only by their kind.",
        expectation="float32 for a vector and a float64 number without dimensions, whose gradient is float64.",
        level=Level.REQUIRED,
        clause=Clause(
            _RESULT, "that would result from performing an arithmetic operation on the provided input tensors"
        ),
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                s = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
                y = a * s
                observe(y)
                y.sum().backward()
                observe(a, s)
                i = torch.tensor([1, 2])
                print((i * 2.0).dtype, (i * torch.tensor(2.0)).dtype, (i * 2).dtype, (i * True).dtype)
            """),
        ),
        generator=generate.PAIRS,
        needs=("dtypes", "backward"),
        depends=("dtypes.promotion-of-operands",),
    ),
    Behaviour(
        id="dtypes.integers-divide-to-floats",
        family=FAMILY,
        statement="True division of integers gives floats of the default dtype; floor division stays with integers.",
        expectation="float32 and int64; sums of integers and bools are int64.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([3])
                b = torch.tensor([2])
                print((a / b).dtype, (a // b).dtype, (a % b).dtype, (a ** b).dtype)
                print(torch.ones(2, dtype=torch.int32).sum().dtype, torch.tensor([True, True]).sum().dtype)
                a.float().mean()
                a.mean()
            """),
        ),
        needs=("dtypes",),
        depends=("dtypes.promotion-of-operands",),
    ),
    Behaviour(
        id="dtypes.sum-with-a-dtype",
        family=FAMILY,
        statement="A reduction with dtype= casts first, and its gradient comes back in the dtype of the input.",
        expectation="A float64 sum and a float32 gradient.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.sum(dtype=torch.float64)
                observe(y)
                y.backward()
                observe(x)
                x.cumsum(0, dtype=torch.float64).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.CASTS,
        needs=("dtypes", "backward"),
        depends=("dtypes.casts-are-differentiable",),
    ),
    Behaviour(
        id="dtypes.joining-promotes",
        family=FAMILY,
        statement="`cat` and `stack` promote, and every part gets its gradient in its own dtype.",
        expectation="A float64 result, gradients of float32 and float64.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0], requires_grad=True)
                b = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
                c = torch.tensor([3])
                y = torch.cat([a, b, c])
                observe(y)
                y.sum().backward()
                torch.where(torch.tensor([True]), a, b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.JOINED,
        needs=("dtypes", "backward"),
        depends=("dtypes.promotion-of-operands",),
    ),
    Behaviour(
        id="dtypes.in-place-does-not-promote",
        family=FAMILY,
        statement="An in-place operation keeps the dtype of the tensor that is written: it casts within a kind and "
        "refuses a higher one.",
        expectation="A float32 result for a float64 operand; RuntimeError for a float written into integers.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
                a = x * 1
                a.mul_(w)
                observe(a)
                a.sum().backward()
                observe(x, w)
                i = torch.tensor([1, 2])
                i.mul_(1.5)
                i += torch.tensor([0.5, 0.5])
                observe(i)
            """),
        ),
        generator=generate.IN_PLACE,
        needs=("dtypes", "in-place"),
        depends=("dtypes.promotion-of-operands",),
    ),
    Behaviour(
        id="dtypes.matrix-products-need-one-dtype",
        family=FAMILY,
        statement="Products of matrices do not promote.",
        expectation="RuntimeError that names both dtypes.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.ones(2, 2, requires_grad=True)
                b = torch.ones(2, 2, dtype=torch.float64)
                a @ b
                torch.mv(a, b[0])
                torch.dot(a[0], b[0])
                (a.double() @ b).sum().backward()
                observe(a)
            """),
        ),
        needs=("dtypes",),
        depends=("dtypes.promotion-of-operands",),
    ),
    Behaviour(
        id="dtypes.weights-are-cast",
        family=FAMILY,
        statement="A weight of backward in another floating point dtype is cast to that of the root.",
        expectation="float32 gradients; a gradient assigned to `.grad` has to have the dtype of the leaf.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.backward(torch.ones(2, dtype=torch.float64))
                observe(x)
                x.grad = torch.ones(2, dtype=torch.float64)
                x.grad = torch.ones(2)
                observe(x)
            """),
        ),
        needs=("dtypes", "backward"),
        depends=("dtypes.gradients-have-the-leaf-dtype",),
    ),
    Behaviour(
        id="dtypes.half-precision",
        family=FAMILY,
        statement="Half precision leaves have half precision gradients, rounded at each step.",
        expectation="float16 values and gradients, float32 where the other operand is.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], dtype=torch.float16, requires_grad=True)
                w = torch.tensor([0.5, -1.0], requires_grad=True)
                y = x * x
                observe(y)
                y.sum().backward()
                (x * w).sum().backward()
                observe(x, w)
            """),
        ),
        generator=generate.HALF,
        needs=("dtypes", "backward"),
        depends=("dtypes.gradients-have-the-leaf-dtype",),
    ),
    Behaviour(
        id="dtypes.brain-float",
        family=FAMILY,
        statement="bfloat16 leaves have bfloat16 gradients, and together with float16 are promoted to float32.",
        expectation="bfloat16 values and gradients.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], dtype=torch.float16, requires_grad=True)
                b = torch.tensor([0.5, -1.0], dtype=torch.bfloat16, requires_grad=True)
                z = b * b
                observe(z)
                z.sum().backward()
                (x * b).sum().backward()
                observe(x, b)
            """),
        ),
        generator=generate.BRAIN,
        needs=("dtypes", "bfloat16", "backward"),
        depends=("dtypes.half-precision",),
    ),
    Behaviour(
        id="dtypes.grad-dtype",
        family=FAMILY,
        statement="`grad_dtype` is the dtype in which a leaf takes gradients; None lets any in.",
        expectation="The leaf's own at first, then a float64 gradient of a float32 leaf.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                print(x.grad_dtype)
                x.grad_dtype = torch.float64
                print(x.grad_dtype)
                (x * 2).sum().backward()
                observe(x)
            """),
        ),
        needs=("dtypes", "backward"),
        depends=("dtypes.gradients-have-the-leaf-dtype",),
    ),
    Behaviour(
        id="dtypes.default-dtype",
        family=FAMILY,
        statement="Python floats become tensors of the default dtype, which can be set.",
        expectation="float64 after `set_default_dtype`, and gradients as the leaf.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                print(torch.get_default_dtype(), torch.tensor(1.0).dtype)
                torch.set_default_dtype(torch.float64)
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                print(x.dtype, (torch.tensor([1]) / 2).dtype, torch.ones(1).dtype)
                (x * 2).sum().backward()
                observe(x)
                torch.set_default_dtype(torch.int64)
            """),
        ),
        needs=("dtypes",),
        depends=("dtypes.promotion-of-operands",),
    ),
    Behaviour(
        id="dtypes.numbers-out-of-tensors",
        family=FAMILY,
        statement="A tensor of one element becomes a Python number of its kind; one of several refuses.",
        expectation="A float, an int, a bool, a complex number; RuntimeError otherwise, and a warning where the "
        "tensor requires grad.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([2.5], requires_grad=True)
                print(x.item(), torch.tensor(3).item(), torch.tensor([[True]]).item(), torch.tensor([1j]).item())
                float(x)
                int(torch.tensor([7.0]))
                bool(torch.tensor([0.0]))
                torch.ones(2).item()
                bool(torch.ones(2))
                x.numpy()
                x.tolist()
            """),
        ),
        needs=("dtypes",),
    ),
)
