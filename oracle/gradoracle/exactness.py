"""Which programs do arithmetic that rounds nowhere.

Programs whose numbers are small dyadic fractions and that use only +, -, *, small integer powers, sums, selections and
moves of data have one right answer, bit for bit, whatever the order of additions. A program that names any other
operator is compared within the tolerance of its dtypes.

Which zero `max(0.0, -0.0)` is, and whether a product of matrices that is zero is negative, depends on the order in
which a vector unit or a BLAS library goes about it: PyTorch itself differs by build and by length. The sign of zero
counts in programs that have no such operator.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradoracle import program as p
from gradoracle.compare import Measure

ROUNDING: frozenset[str] = frozenset(
    """
    div div_ true_divide reciprocal reciprocal_ exp exp_ expm1 exp2 log log_ log2 log10 log1p sqrt sqrt_ rsqrt sin
    cos tan asin acos atan sinh cosh tanh tanh_ asinh acosh atanh arcsinh arccosh arctanh deg2rad rad2deg erfinv
    polygamma std_mean sigmoid sigmoid_ softmax log_softmax logsumexp mean var std norm
    gelu silu softplus logsigmoid erf erfc lgamma digamma atan2 hypot pow_ logaddexp cumprod prod inverse det svd
    solve cholesky addcdiv lerp linspace rand randn rand_like randn_like dropout mse_loss cross_entropy nll_loss
    binary_cross_entropy layer_norm batch_norm half bfloat16 elu selu celu mish hardswish hardsigmoid float_power
    fmod remainder nanmean quantile trapz cosine_similarity pairwise_distance cdist logit sinc i0 xlogy special
    linalg fft normalize functional floor_divide rtruediv logcumsumexp cov corrcoef std_mean var_mean renorm dist
    vander cross gradcheck gradgradcheck
    """.split()
)  # fmt: skip
"""Names of functions and methods whose result or whose gradient is rounded."""

ROUNDING_COMPLEX: frozenset[str] = frozenset("abs absolute abs_ angle sgn sgn_ polar prod cumprod".split())
"""Names that round in programs with complex numbers: sizes are square roots, directions quotients."""

LARGEST = 64.0
"""Literals above this, or that are no multiple of 1/64, may make products that do not fit in a float32."""


UNSIGNED_ZERO: frozenset[str] = frozenset(
    """
    max min amax amin aminmax maximum minimum fmax fmin clamp clip clamp_ cummax cummin median sort topk msort argsort
    matmul mm mv dot vdot inner outer bmm addmm addmv addbmm baddbmm einsum tensordot linear conv1d conv2d
    """.split()
)
"""Names of functions and methods after which nobody promises the sign of a zero."""


def measure(program: p.Program) -> Measure:
    """How the elements of a program's tensors are to be compared."""
    return Measure(exact=is_exact(program), signed_zero=not any(map(_mixes_zeros, _expressions(program))))


def _expressions(program: p.Program) -> Iterator[p.Expr]:
    return (e for statement in program.walk() for e in p.expressions(statement))


def _mixes_zeros(e: p.Expr) -> bool:
    match e:
        case p.Op("@", _):
            return True
        case p.Attr(_, name):
            return name in UNSIGNED_ZERO
        case p.Global(path):
            return path.rpartition(".")[2] in UNSIGNED_ZERO
        case _:
            return False


def is_exact(program: p.Program) -> bool:
    """Whether elements must agree bit for bit, decided from the text of the program alone."""
    found = list(_expressions(program))
    if any(map(_is_complex, found)) and any(_name(e) in ROUNDING_COMPLEX for e in found):
        return False
    return all(map(_exact, found)) and not any(
        isinstance(s, p.Augment) and s.symbol in ("/", "//", "%", "**") for s in program.walk()
    )


def _is_complex(e: p.Expr) -> bool:
    match e:
        case p.Lit(complex()):
            return True
        case p.Global(path):
            return path.startswith("torch.complex") or path in (
                "torch.cfloat",
                "torch.cdouble",
                "torch.view_as_complex",
            )
        case _:
            return False


def _name(e: p.Expr) -> str:
    match e:
        case p.Attr(_, name):
            return name
        case p.Global(path):
            return path.rpartition(".")[2]
        case _:
            return ""


def _exact(e: p.Expr) -> bool:
    match e:
        case p.Lit(float() as value):
            return math.isfinite(value) and abs(value) <= LARGEST and (value * 64).is_integer()
        case p.Attr(_, name):
            return name not in ROUNDING and not (name.startswith(("float16", "half")))
        case p.Global(path):
            return not ROUNDING.intersection(path.split(".")) and path not in ("torch.float16", "torch.bfloat16")
        case p.Op("/" | "//" | "%", _):
            return False
        case p.Op("**", (_, exponent)):
            return isinstance(exponent, p.Lit) and exponent.value in (0, 1, 2, 3, 0.0, 1.0, 2.0, 3.0)
        case p.Call(p.Attr(_, "pow") | p.Global("torch.pow"), args):
            return bool(args) and isinstance(args[-1], p.Lit) and args[-1].value in (0, 1, 2, 3)
        case _:
            return True
