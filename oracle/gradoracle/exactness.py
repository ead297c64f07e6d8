"""Which programs do arithmetic that rounds nowhere.

Programs whose numbers are small dyadic fractions and that use only +, -, *, small integer powers, sums, selections and
moves of data have one right answer, bit for bit, whatever the order of additions. A program that names any other
operator is compared within the tolerance of its dtypes.
"""

from __future__ import annotations

import math

from gradoracle import program as p

ROUNDING: frozenset[str] = frozenset(
    """
    div div_ true_divide reciprocal reciprocal_ exp exp_ expm1 exp2 log log_ log2 log10 log1p sqrt sqrt_ rsqrt sin
    cos tan asin acos atan sinh cosh tanh tanh_ sigmoid sigmoid_ softmax log_softmax logsumexp mean var std norm
    gelu silu softplus logsigmoid erf erfc lgamma digamma atan2 hypot pow_ logaddexp cumprod prod inverse det svd
    solve cholesky addcdiv lerp linspace rand randn rand_like randn_like dropout mse_loss cross_entropy nll_loss
    binary_cross_entropy layer_norm batch_norm half bfloat16 elu selu celu mish hardswish hardsigmoid float_power
    fmod remainder nanmean quantile trapz cosine_similarity pairwise_distance cdist logit sinc i0 xlogy special
    linalg fft normalize functional floor_divide rtruediv logcumsumexp cov corrcoef std_mean var_mean renorm dist
    vander cross
    """.split()
)  # fmt: skip
"""Names of functions and methods whose result or whose gradient is rounded."""

LARGEST = 64.0
"""Literals above this, or that are no multiple of 1/64, may make products that do not fit in a float32."""


def is_exact(program: p.Program) -> bool:
    """Whether elements must agree bit for bit, decided from the text of the program alone."""
    return all(
        _exact(expression) for statement in program.walk() for expression in p.expressions(statement)
    ) and not any(isinstance(s, p.Augment) and s.symbol in ("/", "//", "%", "**") for s in program.walk())


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
