"""Special functions: the gamma function and its relatives, inverse error function, Bessel functions (`torch.special`).

NumPy has none of them. They are computed in float64 number by number: series and recurrences where the argument is
small, asymptotic expansions where it is large.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.dtypes import FROM_NUMPY
from refgrad.half import element
from refgrad.operators import texts
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import FLOAT, FUNCTION, KEEP, METHOD, Operator, function, not_implemented, operator
from refgrad.operators.exponentials import xlogy
from refgrad.operators.formula_arithmetic import minus, over, plus, times
from refgrad.operators.formula_values import written, zeros_like
from refgrad.operators.kernels import by_element
from refgrad.operators.mixtures import where
from refgrad.operators.names import FUNCTIONS
from refgrad.signatures.converting import check_bits
from refgrad.tensor import Tensor

SPECIAL: dict[str, Callable[..., Any]] = {}
"""What `torch.special` gets from here."""


def special(made: Callable[..., Any]) -> Callable[..., Any]:
    SPECIAL[made.__name__] = made
    FUNCTIONS.setdefault("special_" + made.__name__, made)
    return made


def of_two(compute: Callable[[float, float], float]) -> Callable[..., Any]:
    """A function of two numbers, element by element."""

    def forward(a: Any, b: Any) -> Any:
        left, right = np.broadcast_arrays(a, b)
        numbers = [compute(float(x), float(y)) for x, y in zip(left.ravel(), right.ravel(), strict=True)]
        return np.array(numbers, dtype=np.float64).reshape(left.shape).astype(a.dtype)

    return forward


def in_its_type(compute: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function of one number, element by element, which rounds each step to the type of the elements."""

    def forward(a: Any) -> Any:
        kind = np.float64 if a.dtype == np.float64 else np.float32
        return np.array([compute(kind(x)) for x in a.ravel()], dtype=kind).reshape(a.shape).astype(a.dtype)

    return forward


# ---- the gamma function -------------------------------------------------------------------------------------------

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def lgamma_of(x: float) -> float:
    if math.isnan(x):
        return x
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    return math.lgamma(x)


PSI_OF_TEN = 2.25175258906672110764


def digamma_of(x: float) -> float:
    """By reflection for negative numbers, by recurrence up to 10, then by the asymptotic series."""
    if x == 0:
        return math.copysign(math.inf, -x)
    if math.isnan(x) or x == -math.inf:
        return math.nan
    if x == math.inf:
        return x
    if x < 0:
        if x == math.floor(x):
            return math.nan
        return digamma_of(1 - x) - math.pi / math.tan(math.pi * math.fmod(x, 1.0))
    shift = x * 0
    while x < 10:
        shift -= 1 / x
        x += 1
    if x == 10:
        return shift + PSI_OF_TEN
    square, series = 1 / (x * x), x * 0
    for k in range(6, -1, -1):
        series = series * square + BERNOULLI[k] / (2 * (k + 1))
    return shift + math.log(x) - 0.5 / x - square * series


def reciprocal_power(x: float, s: float) -> float:
    try:
        return float(x**-s)
    except OverflowError:
        return math.inf


def zeta_of(s: float, q: float) -> float:
    """The Hurwitz zeta function, by the formula of Euler and Maclaurin."""
    if math.isnan(s) or math.isnan(q) or s < 1:
        return math.nan
    if s == 1:
        return math.inf
    if q <= 0:
        if math.isinf(q) or q == math.floor(q):
            return math.inf
        if s != math.floor(s):
            return math.nan
    if math.isinf(q) or math.isinf(s):
        return math.nan if math.isinf(q) else 0.0
    total, count = 0.0, 12
    for k in range(count):
        total += reciprocal_power(q + k, s)
    edge = float(q + count)
    total += edge**-s * edge / (s - 1) + 0.5 * edge**-s
    factor, power = s, edge ** (-s - 1)
    for k, b in enumerate(BERNOULLI):
        n = 2 * (k + 1)
        total += b / math.factorial(n) * factor * power
        factor *= (s + n - 1) * (s + n)
        power /= edge * edge
    return float(total)


def trigamma_of(x: Any) -> Any:
    """By reflection below a half, as PyTorch does: its sine is not quite 0 at negative whole numbers."""
    if math.isnan(x) or x == -math.inf:
        return math.nan
    if x == math.inf:
        return 0.0
    kind = type(x)
    pi, total, sign = kind(math.pi), kind(0), 1
    if x < 0.5:
        sine = kind(math.sin(pi * x))
        if not sine:
            return math.inf
        total, x, sign = -(pi * pi) / (sine * sine), 1 - x, -1
    for _ in range(6):  # PyTorch's own precision: six steps, then four terms of the series at infinity
        total += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    series = 1 + 1 / (2 * x) + square * (1 / 6 - square * (1 / 30 - square * (1 / 42)))
    return sign * (total + series / x)


def polygamma_forward(a: Any, n: int) -> Any:
    if n < 0:
        raise RuntimeError(texts.POLYGAMMA_NEGATIVE)
    if a.dtype.kind == "c":
        kernel = ("digamma", "trigamma", "polygamma")[min(n, 2)]
        raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))
    if n == 0:
        return in_its_type(digamma_of)(a)
    if n == 1:
        return in_its_type(trigamma_of)(a)
    sign = -1.0 if n % 2 == 0 else 1.0
    return by_element(lambda x: sign * math.factorial(n) * zeta_of(n + 1.0, x))(a)


POLYGAMMA: Operator = operator(
    "polygamma(Tensor self, int n)",
    polygamma_forward,
    node="PolygammaBackward0",
    inplace_node="PolygammaBackward1",
    gradients={"self": lambda grad, self, n: grad * POLYGAMMA(self, n + 1)},
    dtype=FLOAT,
    public=False,
)

DIGAMMA = operator(
    "digamma(Tensor self)",
    in_its_type(digamma_of),
    node="DigammaBackward0",
    gradients={"self": lambda grad, self: grad * POLYGAMMA(self, 1)},
    dtype=FLOAT,
    inplace=True,
)

LGAMMA = operator(
    "lgamma(Tensor self)",
    by_element(lgamma_of),
    node="LgammaBackward0",
    gradients={"self": lambda grad, self: grad * DIGAMMA(self)},
    dtype=FLOAT,
    inplace=True,
)


@function("polygamma", public=FUNCTION)
@special
def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of `digamma`."""
    return POLYGAMMA(input, n)


@function("polygamma", public=METHOD)
def polygamma_method(self: Any, n: int) -> Any:
    return POLYGAMMA(self, n)


@function("polygamma_", public=METHOD)
def polygamma_(self: Any, n: int) -> Any:
    return call_inplace(POLYGAMMA, (self,), (n,))


def arguments_of(self: Any, p: int) -> Any:
    """`self - j/2` for j from 0 to p - 1, in a new dimension."""
    steps = Tensor._of(np.arange(-p * 0.5 + 0.5, 0.25, 0.5).astype(self._array.dtype))
    return steps + self.unsqueeze(-1)


def mvlgamma_forward(a: Any, p: int) -> Any:
    check_mvlgamma(p)
    steps = np.arange(-p * 0.5 + 0.5, 0.25, 0.5).astype(a.dtype)
    total = by_element(lgamma_of)(a[..., None] + steps).sum(-1)
    return total + a.dtype.type(p * (p - 1) * math.log(math.pi) / 4)


def check_mvlgamma(p: int, kind: Any = None) -> None:
    """Raise RuntimeError for bools and orders below 1, NotImplementedError for complex numbers."""
    if kind is dtypes.bool_:
        raise RuntimeError(texts.MVLGAMMA_BOOL)
    if p < 1:
        raise RuntimeError(texts.MVLGAMMA_ORDER)
    check_bits(p)
    if kind is not None and kind.is_complex:
        raise NotImplementedError(texts.not_implemented_for("arange_cpu", kind.scalar_name))


MVLGAMMA = operator(
    "mvlgamma(Tensor self, int p)",
    mvlgamma_forward,
    node="MvlgammaBackward0",
    gradients={"self": lambda grad, self, p: grad * DIGAMMA(arguments_of(self, p)).sum(-1)},
    dtype=FLOAT,
    public=False,
)


@function("mvlgamma")
def mvlgamma(self: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension `p`."""
    check_mvlgamma(p, self.dtype)
    return MVLGAMMA(self, p)


@function("mvlgamma_", public=METHOD)
def mvlgamma_(self: Any, p: int) -> Any:
    """The in-place form. Raises RuntimeError for integers."""
    check_mvlgamma(p, self.dtype)
    if not (self.is_floating_point() or self.is_complex()):
        raise RuntimeError(texts.mvlgamma_type(self.dtype.scalar_name))
    return call_inplace(MVLGAMMA, (self,), (p,))


def zeta_method_gradient(grad: Any, self: Any, other: Any) -> Any:
    return grad * -self * ZETA(plus(self, 1.0), other)


ZETA: Operator = operator(
    "special_zeta(Tensor self, Tensor other)",
    of_two(zeta_of),
    node="SpecialZetaBackward0",
    gradients={"self": not_implemented("zeta"), "other": zeta_method_gradient},
    dtype=FLOAT,
    public=False,
)
ZETA_OF_NUMBER: Operator = operator(
    "special_zeta.self_scalar(Tensor other, *, Number self)",
    lambda other, self: of_two(zeta_of)(other.dtype.type(self), other),
    node="SpecialZetaBackward1",
    gradients={"other": lambda grad, self, other: times(grad, -self) * ZETA_OF_NUMBER(other, self + 1)},
    dtype=FLOAT,
    public=False,
)
ZETA_AT_NUMBER: Operator = operator(
    "special_zeta.other_scalar(Tensor self, *, Number other)",
    lambda self, other: of_two(zeta_of)(self, self.dtype.type(other)),
    node="SpecialZetaBackward2",
    gradients={"self": not_implemented("zeta")},
    dtype=FLOAT,
    public=False,
)


@special
def zeta(input: Any, other: Any) -> Any:
    if not isinstance(other, Tensor):
        return ZETA_AT_NUMBER(input, other)
    return ZETA(input, other) if isinstance(input, Tensor) else ZETA_OF_NUMBER(other, input)


def lower_share(a: float, x: float) -> float:
    """The regularized lower incomplete gamma function."""
    if x < 0 or a < 0 or math.isnan(a) or math.isnan(x):
        return math.nan
    if a == 0:
        return 1.0 if x > 0 else math.nan
    if x == 0:
        return 0.0
    if math.isinf(a):
        return math.nan if math.isinf(x) else 0.0
    if math.isinf(x):
        return 1.0
    return series_share(a, x) if x < a + 1 else 1.0 - fraction_share(a, x)


def upper_share(a: float, x: float) -> float:
    if x < 0 or a < 0 or math.isnan(a) or math.isnan(x):
        return math.nan
    if a == 0:
        return 0.0 if x > 0 else math.nan
    if x == 0 or (math.isinf(a) and not math.isinf(x)):
        return 1.0
    if math.isinf(x):
        return math.nan if math.isinf(a) else 0.0
    return 1.0 - series_share(a, x) if x < a + 1 else fraction_share(a, x)


def series_share(a: float, x: float) -> float:
    term = total = 1 / a
    n = a
    while abs(term) > abs(total) * 1e-17:
        n += 1
        term *= x / n
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


def fraction_share(a: float, x: float) -> float:
    """By the continued fraction, evaluated from the front."""
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    h = d
    for i in range(1, 1000):
        step = -i * (i - a)
        b += 2
        d = 1 / ((step * d + b) or tiny)
        c = (b + step / c) or tiny
        h *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return h * math.exp(a * math.log(x) - x - math.lgamma(a))


def incomplete_slope(grad: Any, self: Any, other: Any) -> Any:
    exponent = (self - 1) * other.log() - other - LGAMMA(self)
    return grad * exponent.exp()


IGAMMA = operator(
    "igamma(Tensor self, Tensor other)",
    of_two(lower_share),
    node="IgammaBackward0",
    gradients={"self": not_implemented("igamma: input"), "other": incomplete_slope},
    inplace=True,
)

IGAMMAC = operator(
    "igammac(Tensor self, Tensor other)",
    of_two(upper_share),
    node="IgammacBackward0",
    gradients={
        "self": not_implemented("igammac: input"),
        "other": lambda grad, self, other: -incomplete_slope(grad, self, other),
    },
    inplace=True,
)

# ---- error functions and the normal distribution ------------------------------------------------------------------

NORMAL = NormalDist()


def erfinv_of(y: float) -> float:
    """A start from the normal quantile, then steps of Halley's method."""
    if math.isnan(y) or abs(y) > 1:
        return math.nan
    if abs(y) == 1:
        return math.copysign(math.inf, y)
    if y == 0:
        return y
    if abs(y) < 1e-8:
        return y * math.sqrt(math.pi) / 2
    x = NORMAL.inv_cdf((y + 1) / 2) / math.sqrt(2) if abs(y) < 0.9 else -NORMAL.inv_cdf((1 - abs(y)) / 2) / math.sqrt(2)
    x = math.copysign(abs(x), y)
    for _ in range(3):
        error = (math.erf(x) - y) if abs(y) < 0.5 else math.copysign((1 - abs(y)) - math.erfc(abs(x)), y)
        slope = 2 / math.sqrt(math.pi) * math.exp(-x * x)
        if slope == 0:
            break
        step = error / slope
        x -= step / (1 + x * step)
    return x


ERFINV: Operator = operator(
    "erfinv(Tensor self)",
    by_element(erfinv_of),
    node="ErfinvBackward0",
    gradients={
        "self": lambda grad, self: times(ERFINV(self).pow(2).exp(), 0.5 * math.sqrt(math.pi)) * grad,
    },
    dtype=FLOAT,
    inplace=True,
)


def erfcx_of(x: float) -> float:
    """`exp(x^2) erfc(x)`; by a continued fraction where the factors would leave the range."""
    if x < 25:
        return math.exp(x * x) * math.erfc(x) if x > -26.7 else math.inf
    if math.isinf(x):
        return 0.0
    tail = 0.0
    for k in range(20, 0, -1):
        tail = k / 2 / (x + tail)
    return 1 / math.sqrt(math.pi) / (x + tail)


ERFCX = operator(
    "special_erfcx(Tensor self)",
    by_element(lambda x: x if math.isnan(x) else erfcx_of(x)),
    node="SpecialErfcxBackward0",
    gradients={"self": lambda grad, self, result: minus(times(self, 2.0) * result, 2 / math.sqrt(math.pi)) * grad},
    dtype=FLOAT,
    public=False,
)


def log_ndtr_of(x: float) -> float:
    if math.isnan(x):
        return x
    if x < -1:
        return math.log(erfcx_of(-x / math.sqrt(2)) / 2) - x * x / 2 if not math.isinf(x) else -math.inf
    return math.log1p(-math.erfc(x / math.sqrt(2)) / 2)


LOG_NDTR = operator(
    "special_log_ndtr(Tensor self)",
    by_element(log_ndtr_of),
    node="SpecialLogNdtrBackward0",
    gradients={
        "self": lambda grad, self, result: (
            over(grad, math.sqrt(2 * math.pi)) * (result + over(self.pow(2), 2)).neg().exp()
        )
    },
    dtype=FLOAT,
    public=False,
)


def ndtri_of(p: float) -> float:
    if math.isnan(p) or p < 0 or p > 1:
        return math.nan
    if p in (0, 1):
        return -math.inf if p == 0 else math.inf
    return math.sqrt(2) * erfinv_of(2 * p - 1) if 1e-5 < p < 1 - 1e-5 else NORMAL.inv_cdf(p)


NDTRI = operator(
    "special_ndtri(Tensor self)",
    by_element(ndtri_of),
    node="SpecialNdtriBackward0",
    gradients={
        "self": lambda grad, result: times(grad, math.sqrt(2 * math.pi)) * over(result.square(), 2).exp(),
    },
    dtype=FLOAT,
    public=False,
)


def entropy_of(a: Any) -> Any:
    inside = -a * np.log(a)
    return np.where(np.isnan(a), a, np.where(a > 0, inside, np.where(a == 0, a.dtype.type(0), a.dtype.type(-np.inf))))


ENTR = operator(
    "special_entr(Tensor self)",
    entropy_of,
    node="SpecialEntrBackward0",
    gradients={"self": lambda grad, self: grad * -plus(self.log(), 1)},
    dtype=FLOAT,
    public=False,
)

# ---- Bessel functions ---------------------------------------------------------------------------------------------


def bessel_scaled(order: int) -> Callable[[float], float]:
    """The modified Bessel function of order 0 or 1, times exp(-|x|)."""

    def compute(x: float) -> float:
        if math.isnan(x):
            return x
        size = abs(x)
        if math.isinf(size):
            return math.copysign(0.0, x) if order else 0.0
        if size < 30:
            term = total = (size / 2) ** order
            k = 0
            while abs(term) > 1e-18 * abs(total):
                k += 1
                term *= (size / 2) ** 2 / (k * (k + order))
                total += term
            made = total * math.exp(-size)
        else:
            term = total = 1.0
            for k in range(1, 30):
                following = -term * (4 * order * order - (2 * k - 1) ** 2) / (k * 8 * size)
                if abs(following) >= abs(term):
                    break
                term = following
                total += term
            made = total / math.sqrt(2 * math.pi * size)
        return made if order == 0 or x >= 0 else -made

    return compute


LARGEST_EXPONENT = math.log(sys.float_info.max)


def bessel(order: int) -> Callable[[float], float]:
    scaled = bessel_scaled(order)

    def compute(x: float) -> float:
        if math.isinf(x):
            return math.nan  # infinity times the scaled function's 0, as PyTorch computes it
        if abs(x) > LARGEST_EXPONENT:
            return math.copysign(math.inf, x) if order else math.inf
        return scaled(x) * math.exp(abs(x))

    return compute


I0 = operator(
    "i0(Tensor self)",
    by_element(bessel(0)),
    node="I0Backward0",
    gradients={"self": lambda grad, self: grad * I1(self)},
    dtype=FLOAT,
    inplace=True,
)


def i1_gradient(grad: Any, self: Any, result: Any) -> Any:
    """`I0 - I1 / x`, and a half near 0."""
    away = self.abs() > float(np.finfo(self._array.dtype).eps)
    safe = where(away, self, Tensor._of(np.full((), np.finfo(self._array.dtype).eps, self._array.dtype)))
    part = result * safe.reciprocal()
    slope = I0(safe) - part
    return grad * where(away, slope, Tensor._of(np.full((), 0.5, self._array.dtype)))


I1: Operator = operator(
    "special_i1(Tensor self)",
    by_element(bessel(1)),
    node="SpecialI1Backward0",
    gradients={"self": i1_gradient},
    dtype=FLOAT,
    public=False,
)

I0E = operator(
    "special_i0e(Tensor self)",
    by_element(bessel_scaled(0)),
    node="SpecialI0EBackward0",
    gradients={"self": lambda grad, self, result: grad * (I1E(self) - self.sgn() * result)},
    dtype=FLOAT,
    public=False,
)


def i1e_gradient(grad: Any, self: Any, result: Any) -> Any:
    away = self.abs() > float(np.finfo(self._array.dtype).eps)
    safe = where(away, self, Tensor._of(np.full((), np.finfo(self._array.dtype).eps, self._array.dtype)))
    slope = I0E(safe) - result * (safe.sgn() + safe.reciprocal())
    return grad * where(away, slope, Tensor._of(np.full((), 0.5, self._array.dtype)))


I1E: Operator = operator(
    "special_i1e(Tensor self)",
    by_element(bessel_scaled(1)),
    node="SpecialI1EBackward0",
    gradients={"self": i1e_gradient},
    dtype=FLOAT,
    public=False,
)

# ---- logarithms ---------------------------------------------------------------------------------------------------


def xlog1py_forward(a: Any, b: Any) -> Any:
    return np.where(np.isnan(b), b, np.where(a == 0, a.dtype.type(0), a * np.log1p(b)))


def xlog1py_self(grad: Any, self: Any, other: Any) -> Any:
    made, least = XLOG1PY(grad, other), other <= -1.0
    return made.masked_fill((self == 0.0).bitwise_and(least), 0.0)


def xlog1py_other(grad: Any, self: Any, raised: Any) -> Any:
    return grad * self / raised


XLOG1PY: Operator = operator(
    "special_xlog1py(Tensor self, Tensor other)",
    xlog1py_forward,
    node="SpecialXlog1PyBackward0",
    gradients={"self": xlog1py_self, "other": lambda grad, self, other: xlog1py_other(grad, self, plus(other, 1))},
    dtype=FLOAT,
    public=False,
)

XLOG1PY_OF_NUMBER = operator(
    "special_xlog1py.self_scalar(Tensor other, Number self)",
    lambda b, a: xlog1py_forward(element(b.dtype, a), b),
    node="SpecialXlog1PyBackward1",
    gradients={"other": lambda grad, self, other: times(grad, self) / plus(other, 1)},
    dtype=FLOAT,
    public=False,
)


def xlog1py_by_number(grad: Any, self: Any, other: Any) -> Any:
    made = XLOG1PY_BY_NUMBER(grad, other)
    return made if other > -1.0 else made.masked_fill(self == 0.0, 0.0)


XLOG1PY_BY_NUMBER: Operator = operator(
    "special_xlog1py.other_scalar(Tensor self, Number other)",
    lambda a, b: xlog1py_forward(a, element(a.dtype, b)),
    node="SpecialXlog1PyBackward2",
    gradients={"self": xlog1py_by_number},
    dtype=FLOAT,
    public=False,
)


@special
def xlog1py(input: Any, other: Any) -> Any:
    """`input * log1p(other)`, and 0 where `input` is 0."""
    if not isinstance(other, Tensor):
        return XLOG1PY_BY_NUMBER(input, other)
    return XLOG1PY(input, other) if isinstance(input, Tensor) else XLOG1PY_OF_NUMBER(other, input)


SPECIAL["xlogy"] = xlogy

# ---- numbers as they are stored -----------------------------------------------------------------------------------


def nextafter_forward(a: Any, b: Any) -> Any:
    if a.dtype.kind in "biu":
        raise NotImplementedError(texts.not_implemented_for("nextafter_cpu", FROM_NUMPY[a.dtype].scalar_name))
    return np.nextafter(a, b)


NEXTAFTER = operator(
    "nextafter(Tensor self, Tensor other)",
    nextafter_forward,
    node="NextafterBackward0",
    gradients={
        "self": lambda grad, self, other: where(self != other, grad, Tensor._of(np.zeros((), grad._array.dtype))),
        "other": lambda grad: written(zeros_like(grad)),
    },
    inplace=True,
)


def of_integers(name: str, compute: Any) -> Any:
    """`compute`, which fails of other shapes first, and then of anything but integers."""

    def forward(a: Any, b: Any) -> Any:
        np.broadcast_shapes(a.shape, b.shape)
        if a.dtype.kind not in "iu":
            raise NotImplementedError(texts.not_implemented_for(f"{name}_cpu", FROM_NUMPY[a.dtype].scalar_name))
        return compute(a, b)

    return forward


GCD = operator("gcd(Tensor self, Tensor other)", of_integers("gcd", np.gcd), inplace=True)
LCM = operator("lcm(Tensor self, Tensor other)", of_integers("lcm", np.lcm), inplace=True)


def frexp_forward(a: Any) -> Any:
    if a.dtype.kind != "f":
        raise RuntimeError(texts.FREXP_TYPE)
    mantissa, exponent = np.frexp(a)
    return mantissa, exponent.astype(np.int32)


FREXP = operator(
    "frexp(Tensor self) -> (mantissa, exponent)",
    frexp_forward,
    node="FrexpBackward0",
    gradients={"self": lambda grad, exponent: grad / exponent.exp2()},
    dtype=KEEP,
)


def of_row(row: Operator) -> Callable[[Any], Any]:
    return lambda input: row(input)


# ---- names --------------------------------------------------------------------------------------------------------

for _name, _row in {
    "erfcx": ERFCX, "log_ndtr": LOG_NDTR, "ndtri": NDTRI, "entr": ENTR, "i1": I1, "i0e": I0E, "i1e": I1E,
}.items():  # fmt: skip
    SPECIAL[_name] = FUNCTIONS["special_" + _name] = of_row(_row)

for _name in (
    "digamma", "erf", "erfc", "erfinv", "exp2", "expm1", "i0", "log1p", "logit", "sinc", "logsumexp",
    "softmax", "log_softmax",
):  # fmt: skip
    SPECIAL[_name] = FUNCTIONS[_name]
SPECIAL.update(
    expit=FUNCTIONS["sigmoid"], gammaln=FUNCTIONS["lgamma"], psi=FUNCTIONS["digamma"],
    multigammaln=FUNCTIONS["mvlgamma"], gammainc=FUNCTIONS["igamma"], gammaincc=FUNCTIONS["igammac"],
)  # fmt: skip


@special
def ndtr(input: Any) -> Any:
    """The share of the normal distribution below `input`."""
    return times(plus(FUNCTIONS["erf"](times(input, math.sqrt(0.5))), 1), 0.5)


@special
def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest number with so many decimals."""
    return FUNCTIONS["round"](input, decimals=decimals)
