"""What PyTorch says when the arguments of differences, covariances, distances and counts are wrong."""

from __future__ import annotations

from collections.abc import Sequence

DIFF_RANK = "diff expects input to be at least one-dimensional"
COV_FREEDOM = "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations."
BINCOUNT_INPUT = "bincount only supports 1-d non-negative integral inputs."


def diff_order(n: int) -> str:
    return f"order must be non-negative but got {n}"


def cov_rank(ndim: int) -> str:
    return f"cov(): expected input to have two or fewer dimensions but got an input with {ndim} dimensions"


def corrcoef_rank(ndim: int) -> str:
    return f"corrcoef(): expected input to have two or fewer dimensions but got an input with {ndim} dimensions"


def cdist_columns(first: int, second: int) -> str:
    return f"X1 and X2 must have the same number of columns. X1: {first} X2: {second}"


def renorm_rank(ndim: int) -> str:
    return f"renorm: input needs at least 2 dimensions, got {ndim} dimensions"


def reduce_argument(name: str, allowed: tuple[str, ...]) -> str:
    if name == "scatter":
        return "reduce argument must be either sum, prod, mean, amax or amin."
    return f"index_reduce(): Expected reduce to be one of {', '.join(allowed)} but got something else."


def sum_to_size(size: Sequence[int], shape: Sequence[int]) -> str:
    return f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}."
