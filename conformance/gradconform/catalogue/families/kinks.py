"""Subgradients: where a function has a kink, a jump or a tie, PyTorch chooses, and the choice is behaviour."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import kinks as generate

FAMILY = "kinks"

_MAX = "https://docs.pytorch.org/docs/2.13/generated/torch.max.html"
_AMAX = "https://docs.pytorch.org/docs/2.13/generated/torch.amax.html"
_MEDIAN = "https://docs.pytorch.org/docs/2.13/generated/torch.median.html"
_CLAMP = "https://docs.pytorch.org/docs/2.13/generated/torch.clamp.html"
_SORT = "https://docs.pytorch.org/docs/2.13/generated/torch.sort.html"
_FMAX = "https://docs.pytorch.org/docs/2.13/generated/torch.fmax.html"
_MAXIMUM = "https://docs.pytorch.org/docs/2.13/generated/torch.maximum.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="kinks.max-of-everything-shares",
        family=FAMILY,
        statement="`max()` and `min()` of everything share the gradient evenly among the elements that are equal to "
        "the result.",
        expectation="A half each for two maxima.",
        level=Level.REQUIRED,
        clause=Clause(_MAX, "gradients evenly distribute between equally max/min values."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 3.0, 3.0, 2.0], requires_grad=True)
                x.max().backward()
                observe(x)
                y = torch.tensor([[0.5, 0.5], [0.5, 0.5]], requires_grad=True)
                (y.min() * 2).backward()
                observe(y)
            """),
        ),
        generator=generate.REDUCED,
        needs=("backward",),
        depends=("leaf-gradients.follow-the-chain-rule",),
    ),
    Behaviour(
        id="kinks.max-of-a-dimension-takes-one",
        family=FAMILY,
        statement="`max(dim)` and `min(dim)` give the gradient to the element whose index they return.",
        expectation="The first of two equal elements gets everything.",
        level=Level.REQUIRED,
        clause=Clause(_MAX, "If reduce over one specified axis, only propagate to the indexed element."),
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], requires_grad=True)
                values, indices = x.max(1)
                observe(values, indices)
                values.sum().backward()
                observe(x)
                y = torch.tensor([1.0, 0.0, 0.0], requires_grad=True)
                y.min(0)[0].backward()
                observe(y)
            """),
        ),
        generator=generate.REDUCED,
        needs=("backward",),
        depends=("kinks.max-of-everything-shares",),
    ),
    Behaviour(
        id="kinks.amax-shares",
        family=FAMILY,
        statement="`amax` and `amin` share evenly among equal elements, for one dimension, several and all.",
        expectation="A half each, a third each.",
        level=Level.REQUIRED,
        clause=Clause(_AMAX, "Both amax/amin evenly distribute gradients between equal values"),
        examples=(
            code("""
                import torch
                x = torch.tensor([[2.0, 2.0, 1.0], [2.0, 0.0, 2.0]], requires_grad=True)
                x.amax(1).sum().backward()
                observe(x)
                x.amax((0, 1)).backward()
                x.amin().backward()
                observe(x)
                y = torch.tensor([1.0, 3.0, 3.0], requires_grad=True)
                torch.aminmax(y)[1].backward()
                observe(y)
            """),
        ),
        generator=generate.REDUCED,
        needs=("backward",),
        depends=("kinks.max-of-everything-shares",),
    ),
    Behaviour(
        id="kinks.maximum-shares",
        family=FAMILY,
        statement="`maximum` and `minimum` share evenly between operands that are equal.",
        expectation="A half for each operand at a tie, everything for the larger one elsewhere.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
                torch.maximum(a, b).sum().backward()
                observe(a, b)
                torch.minimum(a, b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.OF_TWO,
        needs=("backward",),
        depends=("kinks.max-of-everything-shares",),
    ),
    Behaviour(
        id="kinks.fmax-prefers-the-first",
        family=FAMILY,
        statement="`fmax` and `fmin` give everything to the first operand at a tie, and to the operand that is not "
        "NaN.",
        expectation="One for the first operand, zero for the second.",
        level=Level.RECOMMENDED,
        clause=Clause(_FMAX, "if exactly one of the two elements being compared is a NaN"),
        examples=(
            code("""
                import torch
                a = torch.tensor([1.0, math.nan, 1.0], requires_grad=True)
                b = torch.tensor([1.0, 1.0, math.nan], requires_grad=True)
                torch.fmax(a, b).sum().backward()
                observe(a, b)
                torch.fmin(a, b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.OF_TWO,
        needs=("backward",),
        depends=("kinks.maximum-shares",),
    ),
    Behaviour(
        id="kinks.maximum-of-nan",
        family=FAMILY,
        statement="`maximum` of a NaN is NaN, and both operands get the whole gradient.",
        expectation="One for both operands.",
        level=Level.OPTIONAL,
        clause=Clause(_MAXIMUM, "If one of the elements being compared is a NaN, then that element is returned."),
        examples=(
            code("""
                import torch
                a = torch.tensor([math.nan, 1.0], requires_grad=True)
                b = torch.tensor([1.0, math.nan], requires_grad=True)
                torch.maximum(a, b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.OF_TWO,
        needs=("backward",),
        depends=("kinks.maximum-shares",),
    ),
    Behaviour(
        id="kinks.abs-at-zero",
        family=FAMILY,
        statement="The gradient of `abs` at zero is zero, and that of `sign` is zero everywhere.",
        expectation="Minus one, zero, one.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
                x.abs().sum().backward()
                observe(x)
                x.sign().sum().backward()
                observe(x)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
    ),
    Behaviour(
        id="kinks.relu-at-zero",
        family=FAMILY,
        statement="The gradient of `relu` at zero is zero.",
        expectation="Zero, zero, one.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
                x.relu().sum().backward()
                torch.nn.functional.relu(x).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
        depends=("kinks.abs-at-zero",),
    ),
    Behaviour(
        id="kinks.clamp-at-its-bounds",
        family=FAMILY,
        statement="The gradient of `clamp` is one at both bounds and between them, and zero outside; so "
        "`clamp(min=0)` is not `relu` there.",
        expectation="Zero, one, one, one, zero.",
        level=Level.REQUIRED,
        clause=Clause(_CLAMP, "Clamps all elements in input into the range [ min, max ]."),
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0], requires_grad=True)
                x.clamp(0, 1).sum().backward()
                observe(x)
                x.clamp(min=0).sum().backward()
                x.clamp_max(1).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.CLAMPED,
        needs=("backward",),
        depends=("kinks.relu-at-zero",),
    ),
    Behaviour(
        id="kinks.clamp-with-crossed-bounds",
        family=FAMILY,
        statement="Where the lower bound of `clamp` is above the upper one, every element is the upper one and no "
        "gradient flows.",
        expectation="The upper bound everywhere, zeros.",
        level=Level.OPTIONAL,
        clause=Clause(_CLAMP, "sets all elements in input to the value of max"),
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 2.0, 5.0], requires_grad=True)
                y = x.clamp(3, 1)
                observe(y)
                y.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.CLAMPED,
        needs=("backward",),
        depends=("kinks.clamp-at-its-bounds",),
    ),
    Behaviour(
        id="kinks.clamp-with-tensors",
        family=FAMILY,
        statement="Bounds that are tensors get the gradient of the elements that they hold back; at a tie the "
        "element gets it.",
        expectation="Gradients of three leaves that add up to one at each place.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 0.0, 2.0, 1.0], requires_grad=True)
                low = torch.tensor([0.0, 0.0, 0.0, 0.0], requires_grad=True)
                high = torch.tensor([1.0, 1.0, 1.0, 1.0], requires_grad=True)
                torch.clamp(x, low, high).sum().backward()
                observe(x, low, high)
            """),
        ),
        generator=generate.CLAMPED,
        needs=("backward",),
        depends=("kinks.clamp-at-its-bounds",),
    ),
    Behaviour(
        id="kinks.hardtanh-at-its-bounds",
        family=FAMILY,
        statement="`hardtanh` and its kin have gradient zero at their bounds, other than `clamp`.",
        expectation="Zero at minus one and at one; `relu6` zero at zero and at six.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 0.5, 1.0], requires_grad=True)
                torch.nn.functional.hardtanh(x).sum().backward()
                observe(x)
                y = torch.tensor([0.0, 3.0, 6.0], requires_grad=True)
                torch.nn.functional.relu6(y).sum().backward()
                observe(y)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
        depends=("kinks.clamp-at-its-bounds",),
    ),
    Behaviour(
        id="kinks.leaky-and-threshold-at-zero",
        family=FAMILY,
        statement="At the kink `leaky_relu` has the slope of the negative side, and `threshold` gradient zero.",
        expectation="The negative slope at zero.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
                torch.nn.functional.leaky_relu(x, 0.5).sum().backward()
                observe(x)
                torch.nn.functional.threshold(x, 0.0, 0.0).sum().backward()
                torch.nn.functional.elu(x).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
        depends=("kinks.relu-at-zero",),
    ),
    Behaviour(
        id="kinks.shrinks-at-their-bounds",
        family=FAMILY,
        statement="`hardshrink` and `softshrink` have gradient zero at their bounds.",
        expectation="Zero at a half, on both sides.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-0.5, 0.0, 0.5, 1.0], requires_grad=True)
                torch.nn.functional.hardshrink(x).sum().backward()
                observe(x)
                torch.nn.functional.softshrink(x).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
        depends=("kinks.hardtanh-at-its-bounds",),
    ),
    Behaviour(
        id="kinks.steps-have-no-slope",
        family=FAMILY,
        statement="Rounding functions have gradient zero, between jumps and at them.",
        expectation="Zeros that require no grad themselves, for floor, ceil, round, trunc; one for frac.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([-1.5, 0.0, 0.5, 2.0], requires_grad=True)
                for y in (x.floor(), x.ceil(), x.round(), x.trunc()):
                    y.sum().backward()
                    observe(x, facets="grad")
                x.frac().sum().backward()
                observe(x)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
        depends=("kinks.abs-at-zero",),
    ),
    Behaviour(
        id="kinks.division-with-rounding",
        family=FAMILY,
        statement="A division that rounds has gradient zero in both operands; `remainder` and `fmod` keep that of "
        "the first.",
        expectation="Zeros for the quotient, one for the rest.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                a = torch.tensor([5.0, 4.0], requires_grad=True)
                b = torch.tensor([2.0, 2.0], requires_grad=True)
                torch.div(a, b, rounding_mode="floor").sum().backward()
                torch.div(a, b, rounding_mode="trunc").sum().backward()
                observe(a, b)
                (a % b).sum().backward()
                torch.fmod(a, b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.OF_TWO,
        needs=("backward",),
        depends=("kinks.steps-have-no-slope",),
    ),
    Behaviour(
        id="kinks.median-takes-the-lower",
        family=FAMILY,
        statement="The median of an even number of elements is the lower of the two in the middle.",
        expectation="The lower one is the value and has the gradient.",
        level=Level.REQUIRED,
        clause=Clause(_MEDIAN, "In this case the lower of the two medians is returned."),
        examples=(
            code("""
                import torch
                x = torch.tensor([4.0, 1.0, 3.0, 2.0], requires_grad=True)
                y = x.median()
                observe(y)
                y.backward()
                observe(x)
            """),
        ),
        generator=generate.ORDERED,
        needs=("backward",),
        depends=("kinks.max-of-everything-shares",),
    ),
    Behaviour(
        id="kinks.median-shares",
        family=FAMILY,
        statement="`median()` shares among elements equal to it, `median(dim)` gives everything to the index that it "
        "returns.",
        expectation="A half each; one for the index that was returned.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([2.0, 2.0, 1.0, 3.0], requires_grad=True)
                x.median().backward()
                observe(x)
                y = torch.tensor([4.0, 1.0, 3.0, 2.0], requires_grad=True)
                values, indices = y.median(0)
                values.backward()
                observe(y, indices)
            """),
        ),
        generator=generate.ORDERED,
        needs=("backward",),
        depends=("kinks.median-takes-the-lower",),
    ),
    Behaviour(
        id="kinks.sort-follows-its-indices",
        family=FAMILY,
        statement="The gradient of a sort goes back by the indices that it returned, equal elements in their order "
        "for a stable one.",
        expectation="The weights of the sorted elements at their old places.",
        level=Level.REQUIRED,
        clause=Clause(
            _SORT,
            "If stable is True then the sorting routine becomes stable, preserving the order of equivalent elements.",
        ),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 1.0, 0.0], requires_grad=True)
                values, indices = x.sort(stable=True)
                observe(values, indices)
                (values * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
                observe(x)
                (x.sort(stable=True, descending=True)[0] * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.ORDERED,
        needs=("backward",),
    ),
    Behaviour(
        id="kinks.topk-and-kthvalue",
        family=FAMILY,
        statement="`topk` and `kthvalue` give the gradient to the index that they return.",
        expectation="The taken elements have it, and no other.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([2.0, 1.0, 3.0], requires_grad=True)
                values, indices = x.topk(2)
                observe(values, indices)
                (values * torch.tensor([1.0, 10.0])).sum().backward()
                x.kthvalue(2)
                x.kthvalue(2)[0].backward()
                observe(x)
            """),
        ),
        generator=generate.TAKEN,
        needs=("backward",),
        depends=("kinks.sort-follows-its-indices",),
    ),
    Behaviour(
        id="kinks.cummax-takes-the-last",
        family=FAMILY,
        statement="`cummax` and `cummin` take the last of equal elements so far.",
        expectation="The index of the second of two equal ones, which gets the gradient of all that follow.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 1.0, 0.0], requires_grad=True)
                values, indices = x.cummax(0)
                observe(values, indices)
                values.sum().backward()
                observe(x)
                y = torch.tensor([1.0, 1.0, 2.0], requires_grad=True)
                y.cummin(0)[0].sum().backward()
                observe(y)
            """),
        ),
        generator=generate.ORDERED,
        needs=("backward",),
        depends=("kinks.max-of-a-dimension-takes-one",),
    ),
    Behaviour(
        id="kinks.pooling-takes-the-first",
        family=FAMILY,
        statement="Max pooling gives the gradient to the first maximum of its window.",
        expectation="The first of two equal elements.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[[1.0, 1.0, 0.0, 2.0]]], requires_grad=True)
                torch.nn.functional.max_pool1d(x, 2).sum().backward()
                observe(x)
            """),
        ),
        needs=("backward",),
        depends=("kinks.max-of-a-dimension-takes-one",),
    ),
    Behaviour(
        id="kinks.norms-at-zero",
        family=FAMILY,
        statement="Norms have gradient zero at zero: the 2-norm, the 1-norm and the largest-element norm.",
        expectation="Zeros, no NaN.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 0.0], requires_grad=True)
                x.norm().backward()
                observe(x)
                x.norm(1).backward()
                x.norm(3).backward()
                torch.linalg.vector_norm(x, 2).backward()
                observe(x)
            """),
        ),
        generator=generate.NORMS,
        needs=("backward",),
        depends=("kinks.abs-at-zero",),
    ),
    Behaviour(
        id="kinks.infinity-norm-shares",
        family=FAMILY,
        statement="The infinity norm shares among elements of equal size, with their signs.",
        expectation="A half and minus a half; the zero norm has no gradient.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([3.0, -3.0, 1.0], requires_grad=True)
                x.norm(math.inf).backward()
                observe(x)
                x.norm(0).backward()
                observe(x)
            """),
        ),
        generator=generate.NORMS,
        needs=("backward",),
        depends=("kinks.norms-at-zero",),
    ),
    Behaviour(
        id="kinks.sqrt-at-zero",
        family=FAMILY,
        statement="The gradient of `sqrt` at zero is infinite, and times zero it is NaN.",
        expectation="`inf`; NaN where the gradient that arrives is zero.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 4.0], requires_grad=True)
                x.sqrt().sum().backward()
                observe(x)
                (x.sqrt() * 0).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.AT,
        needs=("backward",),
        depends=("kinks.norms-at-zero",),
    ),
    Behaviour(
        id="kinks.powers-at-zero",
        family=FAMILY,
        statement="The gradient of a power with exponent zero is zero, also at zero; that of other exponents follows "
        "the formula.",
        expectation="Zero for the exponent zero, one for one, zero for two, infinite for a half.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                for exponent in (0, 1, 2, 3, 0.5):
                    x = torch.tensor([0.0, 2.0], requires_grad=True)
                    (x ** exponent).sum().backward()
                    observe(x)
            """),
        ),
        generator=generate.POWERS,
        needs=("backward",),
        depends=("kinks.sqrt-at-zero",),
    ),
    Behaviour(
        id="kinks.powers-of-zero",
        family=FAMILY,
        statement="A base of zero gives an exponent gradient zero where the exponent is not negative.",
        expectation="Zeros, no NaN, for a tensor and for a number as the base.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 0.0, 2.0], requires_grad=True)
                e = torch.tensor([0.0, 2.0, 1.0], requires_grad=True)
                (x ** e).sum().backward()
                observe(x, e)
                f = torch.tensor([0.0, 2.0, -1.0], requires_grad=True)
                (0 ** f).sum().backward()
                observe(f)
            """),
        ),
        generator=generate.POWERS,
        needs=("backward",),
        depends=("kinks.powers-at-zero",),
    ),
    Behaviour(
        id="kinks.product-with-zeros",
        family=FAMILY,
        statement="The gradient of a product is right where elements are zero.",
        expectation="The product of the others: with one zero for that one only, with two for none.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([2.0, 0.0, 3.0], requires_grad=True)
                x.prod().backward()
                observe(x)
                y = torch.tensor([[2.0, 0.0, 0.0], [1.0, 2.0, 3.0]], requires_grad=True)
                y.prod(1).sum().backward()
                observe(y)
                z = torch.tensor([2.0, 0.0, 3.0], requires_grad=True)
                z.cumprod(0).sum().backward()
                observe(z)
            """),
        ),
        generator=generate.PRODUCTS,
        needs=("backward",),
    ),
    Behaviour(
        id="kinks.repeated-indices-accumulate",
        family=FAMILY,
        statement="An element that is taken several times gets the sum of the gradients.",
        expectation="Two for the element taken twice, for all ways of taking.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                i = torch.tensor([0, 0, 1])
                takes = [lambda x: x[i], lambda x: x.gather(0, i), lambda x: x.index_select(0, i), lambda x: x.take(i)]
                for take in takes:
                    x = torch.tensor([1.0, 2.0], requires_grad=True)
                    take(x).sum().backward()
                    observe(x)
            """),
        ),
        generator=generate.INDEXED,
        needs=("backward",),
    ),
    Behaviour(
        id="kinks.logsumexp-at-ties",
        family=FAMILY,
        statement="`logsumexp`, `softmax` and `logaddexp` share smoothly: equal parts at ties.",
        expectation="A half each.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 1.0], requires_grad=True)
                x.logsumexp(0).backward()
                observe(x)
                a = torch.tensor([0.0], requires_grad=True)
                b = torch.tensor([0.0], requires_grad=True)
                torch.logaddexp(a, b).sum().backward()
                observe(a, b)
            """),
        ),
        generator=generate.SMOOTH,
        needs=("backward",),
    ),
    Behaviour(
        id="kinks.losses-at-their-kinks",
        family=FAMILY,
        statement="Losses of absolute differences have gradient zero where prediction and target are equal.",
        expectation="Zero at zero; slope one where the smooth and the straight part meet.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 1.0, -1.0, 2.0], requires_grad=True)
                z = torch.zeros(4)
                torch.nn.functional.l1_loss(x, z, reduction="sum").backward()
                observe(x)
                torch.nn.functional.smooth_l1_loss(x, z, reduction="sum").backward()
                torch.nn.functional.huber_loss(x, z, reduction="sum").backward()
                observe(x)
            """),
        ),
        generator=generate.LOSSES,
        needs=("backward",),
        depends=("kinks.abs-at-zero",),
    ),
    Behaviour(
        id="kinks.where-hides-nothing",
        family=FAMILY,
        statement="A branch of `where` that is not taken gets a gradient of zero, and zero times an infinite slope "
        "is NaN.",
        expectation="NaN at zero, though the value comes from the other branch.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 4.0], requires_grad=True)
                y = torch.where(x > 0, x.sqrt(), x)
                observe(y)
                y.sum().backward()
                observe(x)
                safe = torch.tensor([0.0, 4.0], requires_grad=True)
                torch.where(safe > 0, torch.where(safe > 0, safe, torch.ones(2)).sqrt(), safe).sum().backward()
                observe(safe)
            """),
        ),
        generator=generate.CHOSEN,
        needs=("backward",),
        depends=("kinks.sqrt-at-zero",),
    ),
    Behaviour(
        id="kinks.no-derivative",
        family=FAMILY,
        statement="Operators without a derivative give a result that requires grad and a backward that raises.",
        expectation="RuntimeError that names the operator.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = torch.heaviside(x, torch.tensor([0.5, 0.5]))
                observe(y)
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("backward",),
    ),
)
