"""What PyTorch says of random numbers that cannot be drawn."""

from __future__ import annotations

from typing import Any

from refgrad.cpp_spelling import plain_number

NORMAL_STDS = "normal expects all elements of std >= 0.0"
NORMAL_COMPLEX = "normal expects standard deviation to be non-complex"
POISSON_RATE = "invalid Poisson rate, expected rate to be non-negative"
MULTINOMIAL_NONE = "cannot sample n_sample <= 0 samples"
MULTINOMIAL_TOO_MANY = "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
MULTINOMIAL_WEIGHTS = "probability tensor contains either `inf`, `nan` or element < 0"
MULTINOMIAL_SUM = "invalid multinomial distribution (sum of probabilities <= 0)"
MULTINOMIAL_EMPTY = "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
MULTINOMIAL_RANK = "prob_dist must be 1 or 2 dim"


def multinomial_type(kind: str) -> str:
    return f"multinomial only supports floating-point dtypes for input, got: {kind}"


def multinomial_out(kind: str) -> str:
    return f"multinomial expects Long tensor out, got: {kind}"


def multinomial_weight(*, infinite: bool) -> str:
    what = "= infinity or NaN" if infinite else "< 0"
    return f"invalid multinomial distribution (encountering probability entry {what})"


BERNOULLI_TENSOR = (
    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please "
    "report an enhancement request to PyTorch.)"
)


def normal_std(std: Any) -> str:
    return f"normal expects std >= 0.0, but found std {plain_number(std)}"


def uniform_range(low: Any, high: Any) -> str:
    return (
        f"uniform_ expects to return a [from, to) range, but found from={plain_number(low)} > to={plain_number(high)}"
    )


def continuous_distribution(name: str, kind: str) -> str:
    return (
        f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you "
        f"specified {kind}"
    )


def exponential_rate(rate: Any) -> str:
    return f"exponential_ expects lambda > 0.0, but found lambda={plain_number(rate)}"


def bernoulli_p(p: Any) -> str:
    return f"bernoulli_ expects p to be in [0, 1], but got p={plain_number(p)}"


def geometric_p(p: Any) -> str:
    return f"geometric_ expects p to be in (0, 1), but got p={plain_number(p)}"


def cauchy_sigma(sigma: Any) -> str:
    return f"cauchy_ expects sigma > 0.0, but found sigma={plain_number(sigma)}"


def log_normal_std(std: Any) -> str:
    return f"log_normal_ expects std > 0.0, but found std={plain_number(std)}"


def dropout_p(p: str) -> str:
    return f"dropout probability has to be between 0 and 1, but got {p}"


def binomial_type(name: str, kind: str) -> str:
    return f"binomial only supports floating-point dtypes for {name}, got: {kind}"


def bound_too_large(name: str, kind: str) -> str:
    return f"{name} is out of bounds for {kind}"


def whole_numbers_above(low: int, most: int) -> str:
    return (
        "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got "
        f"from={low} > to_inc={most}"
    )


NO_WHOLE_RANGE = "random_from_to_impl handles only integral, floating-point and boolean types"
FULL_RANGE = "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16"
