"""What PyTorch says of random numbers that cannot be drawn."""

from __future__ import annotations

NORMAL_STDS = "normal expects all elements of std >= 0.0"
POISSON_RATE = "invalid Poisson rate, expected rate to be non-negative"
MULTINOMIAL_NONE = "cannot sample n_sample <= 0 samples"
MULTINOMIAL_TOO_MANY = "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
MULTINOMIAL_WEIGHTS = "probability tensor contains either `inf`, `nan` or element < 0"
MULTINOMIAL_SUM = "invalid multinomial distribution (sum of probabilities <= 0)"
MULTINOMIAL_RANK = "prob_dist must be 1 or 2 dim"


def multinomial_type(kind: str) -> str:
    return f"multinomial only supports floating-point dtypes for input, got: {kind}"


def multinomial_out(kind: str) -> str:
    return f"multinomial expects Long tensor out, got: {kind}"


def multinomial_weight(*, infinite: bool) -> str:
    what = "= infinity or NaN" if infinite else "< 0"
    return f"invalid multinomial distribution (encountering probability entry {what})"
