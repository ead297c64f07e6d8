"""Infinities, NaN, signed zeros, empty tensors and tensors without dimensions."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import special_values as generate

FAMILY = "special-values"

_NANTONUM = "https://docs.pytorch.org/docs/2.13/generated/torch.nan_to_num.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="special-values.division-by-zero",
        family=FAMILY,
        statement="Division by zero raises nothing: values and gradients are infinite or NaN.",
        expectation="Infinite gradients for one over zero, infinite and NaN ones for zero over zero.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 0.0, -1.0], requires_grad=True)
                b = torch.tensor([0.0, 0.0, 0.0], requires_grad=True)
                y = a / b
                observe(y)
                y.sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.DIVIDED,
        needs=("backward",),
    ),
    Behaviour(
        id="special-values.nan-spreads",
        family=FAMILY,
        statement="A NaN spreads through values and through every gradient that it multiplies.",
        expectation="NaN in the values and gradients of its place only.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([math.nan, 1.0], requires_grad=True)
                y = x * x
                observe(y)
                y.sum().backward()
                observe(x)
                (x.detach() * x).relu().sum().backward()
                observe(x)
            """),
        ),
        generator=generate.SPREAD,
        needs=("backward",),
        depends=("special-values.division-by-zero",),
    ),
    Behaviour(
        id="special-values.nan-in-the-weight",
        family=FAMILY,
        statement="A NaN or infinity in the weight of backward goes where the weight goes, also through a slope of "
        "zero.",
        expectation="NaN times zero is NaN; `relu` and `where` select instead of multiplying.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 2.0], requires_grad=True)
                (x * 0).backward(torch.tensor([math.inf, math.nan]))
                observe(x)
                y = torch.tensor([-1.0, 2.0], requires_grad=True)
                y.relu().backward(torch.tensor([math.nan, 1.0]))
                observe(y)
                z = torch.tensor([-1.0, 2.0], requires_grad=True)
                torch.where(z > 0, z, torch.zeros(2)).backward(torch.tensor([math.nan, 1.0]))
                observe(z)
            """),
        ),
        generator=generate.SPREAD,
        needs=("backward",),
        depends=("special-values.nan-spreads",),
    ),
    Behaviour(
        id="special-values.infinities",
        family=FAMILY,
        statement="Infinities follow IEEE: their difference is NaN, their product with zero is NaN, gradients follow "
        "the formulas.",
        expectation="Infinite values, NaN where they cancel.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([math.inf, -math.inf, 1.0], requires_grad=True)
                y = x * 2
                d = x - x
                z = x * 0
                observe(y, d, z)
                d.sum().backward()
                (x * x).sum().backward()
                observe(x)
                x.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.SPREAD,
        needs=("backward",),
        depends=("special-values.division-by-zero",),
    ),
    Behaviour(
        id="special-values.overflow-is-infinite",
        family=FAMILY,
        statement="Functions that overflow give infinity, and those that saturate have gradient zero there.",
        expectation="Infinite `exp`, a slope of zero for `sigmoid` and `tanh` far out.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([200.0, -200.0], requires_grad=True)
                y = x.exp()
                observe(y)
                y.sum().backward()
                observe(x)
                w = torch.tensor([200.0, -200.0], requires_grad=True)
                w.sigmoid().sum().backward()
                w.tanh().sum().backward()
                observe(w)
            """),
        ),
        generator=generate.SATURATED,
        needs=("backward",),
        depends=("special-values.infinities",),
    ),
    Behaviour(
        id="special-values.log-at-zero",
        family=FAMILY,
        statement="The logarithm of zero is minus infinity with an infinite slope, that of a negative number NaN "
        "with a finite one.",
        expectation="Minus infinity, NaN; gradients of one over x.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, -2.0, 2.0], requires_grad=True)
                y = x.log()
                observe(y)
                y.sum().backward()
                observe(x)
                x.log1p().sum().backward()
                torch.rsqrt(x).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.SATURATED,
        needs=("backward",),
        depends=("special-values.division-by-zero",),
    ),
    Behaviour(
        id="special-values.softmax-of-infinities",
        family=FAMILY,
        statement="Softmax ignores minus infinity among finite numbers, and is NaN where all are minus infinity or "
        "one is plus infinity.",
        expectation="A probability of zero with gradient zero; NaN for the other rows.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[0.0, -math.inf], [-math.inf, -math.inf], [0.0, math.inf]], requires_grad=True)
                y = x.softmax(1)
                observe(y)
                (y * torch.tensor([1.0, 2.0])).sum().backward()
                observe(x)
                x.logsumexp(1).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.SATURATED,
        needs=("backward",),
        depends=("special-values.infinities",),
    ),
    Behaviour(
        id="special-values.replaced-values",
        family=FAMILY,
        statement="`nan_to_num` has gradient zero where it replaced a value.",
        expectation="Zeros at NaN and infinity, one elsewhere.",
        level=Level.RECOMMENDED,
        clause=Clause(_NANTONUM, "positive infinity is replaced with the greatest finite value representable"),
        examples=(
            code("""
                import torch
                x = torch.tensor([math.nan, 1.0, math.inf, -math.inf], requires_grad=True)
                y = x.nan_to_num(posinf=8.0, neginf=-8.0)
                observe(y)
                y.sum().backward()
                observe(x)
                x.nansum().backward()
                observe(x)
            """),
        ),
        generator=generate.SPREAD,
        needs=("backward",),
        depends=("special-values.nan-spreads",),
    ),
    Behaviour(
        id="special-values.extrema-with-nan",
        family=FAMILY,
        statement="A NaN is the largest and the smallest of all: extrema are NaN, and its place gets the gradient.",
        expectation="NaN with the gradient at its own place.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, math.nan, 3.0], requires_grad=True)
                y = x.max()
                observe(y)
                y.backward()
                values, indices = x.min(0)
                observe(values, indices)
                values.backward()
                observe(x)
                x.sort()[0].sum().backward()
                observe(x)
            """),
        ),
        generator=generate.EXTREMA,
        needs=("backward",),
        depends=("special-values.nan-spreads",),
    ),
    Behaviour(
        id="special-values.comparisons-with-nan",
        family=FAMILY,
        statement="Nothing equals NaN, orders with it are false, and `isnan` finds it.",
        expectation="Bools; `clamp` leaves it NaN.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([math.nan, 1.0, math.inf])
                print(x == x, x > 0, x != x, x.isnan(), x.isinf(), x.isfinite())
                y = torch.tensor([math.nan, 1.0], requires_grad=True)
                z = y.clamp(0, 1)
                z.sum().backward()
                observe(z, y)
            """),
        ),
        depends=("special-values.nan-spreads",),
    ),
    Behaviour(
        id="special-values.zeros-have-signs",
        family=FAMILY,
        statement="Zeros keep their signs through negation, products and gradients.",
        expectation="Minus zero where a factor is negative, and infinities of both signs from dividing by them.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, -0.0], requires_grad=True)
                y = -x
                observe(y)
                (1 / x).sum().backward()
                observe(x)
                w = torch.tensor([0.0, -0.0, 2.0], requires_grad=True)
                (w * -1).backward(torch.tensor([0.0, 0.0, -0.0]))
                observe(w)
            """),
        ),
        generator=generate.ZEROS,
        needs=("backward",),
    ),
    Behaviour(
        id="special-values.empty-tensors",
        family=FAMILY,
        statement="Tensors without elements have sums of zero, products of one, and gradients without elements.",
        expectation="Empty gradients of the shape of the leaf.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.zeros(0, requires_grad=True)
                y = torch.zeros(2, 0, requires_grad=True)
                s = x.sum()
                p = y.prod(1)
                observe(s, p)
                s.backward()
                p.sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.EMPTY,
        needs=("backward",),
    ),
    Behaviour(
        id="special-values.empty-roots",
        family=FAMILY,
        statement="A root without elements is no scalar, so its backward needs a weight; the gradient of other "
        "leaves is zero.",
        expectation="RuntimeError without a weight, zeros with an empty one.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x[:0]
                y.backward()
                y.backward(torch.zeros(0))
                observe(x, y)
            """),
        ),
        generator=generate.EMPTY,
        needs=("backward",),
        depends=("special-values.empty-tensors",),
    ),
    Behaviour(
        id="special-values.empty-extrema",
        family=FAMILY,
        statement="Extrema of no elements are refused, means are NaN.",
        expectation="RuntimeError or IndexError with PyTorch's texts.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.zeros(0, requires_grad=True)
                x.max()
                x.amax(0)
                x.min(0)
                x.argmax()
                y = x.mean()
                observe(y)
                y.backward()
                observe(x)
                x.median()
                x.norm().backward()
                x.logsumexp(0)
            """),
        ),
        generator=generate.EMPTY,
        depends=("special-values.empty-tensors",),
    ),
    Behaviour(
        id="special-values.empty-parts",
        family=FAMILY,
        statement="Empty parts of a tensor, and empty operands of `cat`, are differentiable and add nothing.",
        expectation="Zeros, or ones from the other parts.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                e = torch.zeros(0, requires_grad=True)
                y = torch.cat([x, e, x[2:]])
                observe(y)
                y.sum().backward()
                observe(x, e)
                x[torch.tensor([], dtype=torch.int64)].sum().backward()
                x[x > 5].sum().backward()
                observe(x)
            """),
        ),
        generator=generate.EMPTY,
        needs=("backward",),
        depends=("special-values.empty-tensors",),
    ),
    Behaviour(
        id="special-values.no-dimensions",
        family=FAMILY,
        statement="A tensor without dimensions is one number: it reduces to itself and cannot be indexed.",
        expectation="Values and gradients without dimensions; IndexError for an index, and for a dimension other "
        "than 0 or -1.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor(3.0, requires_grad=True)
                for y in (x.sum(), x.sum(0), x.max(), x.view(1), x.reshape(1, 1), x[None], x[...], x.expand(2)):
                    y.sum().backward()
                observe(x)
                x[0]
                x.sum(1)
                len(x)
                for element in x:
                    pass
            """),
        ),
        generator=generate.SCALARS,
        needs=("backward",),
    ),
    Behaviour(
        id="special-values.single-elements",
        family=FAMILY,
        statement="A root of one element starts a backward by itself, whatever its number of dimensions.",
        expectation="Gradients for shapes (), (1,) and (1, 1); RuntimeError for two elements.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[2.0]], requires_grad=True)
                (x * 3).backward()
                (x * 3)[0].backward()
                x.sum().backward()
                observe(x)
                torch.cat([x, x]).backward()
                observe(x)
            """),
        ),
        generator=generate.SCALARS,
        needs=("backward",),
        depends=("special-values.no-dimensions",),
    ),
    Behaviour(
        id="special-values.subnormal-and-huge",
        family=FAMILY,
        statement="Subnormal numbers are kept, and numbers beyond the largest become infinite.",
        expectation="The smallest subnormal survives a product with one, half of it rounds to zero.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1e-45, 3e38], requires_grad=True)
                y = x * 1
                z = x * 0.5
                w = x * 10
                observe(y, z, w)
                w.sum().backward()
                observe(x)
            """),
        ),
        needs=("backward",),
        depends=("special-values.infinities",),
    ),
)
