"""What PyTorch says when the arguments of differences, covariances, distances and counts are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.dtypes import dtype

INDEX_REDUCE_BETA = "index_reduce() is in beta and the API may change at any time."
DIFF_RANK = "diff expects input to be at least one-dimensional"
COV_FREEDOM = "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations."
NARROW_DIM = (
    "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got false.  (Could this error message be "
    "improved?  If so, please report an enhancement request to PyTorch.)"
)
BINCOUNT_INPUT = "bincount only supports 1-d non-negative integral inputs."


def diff_order(n: int) -> str:
    return f"order must be non-negative but got {n}"


def cov_rank(ndim: int) -> str:
    return f"cov(): expected input to have two or fewer dimensions but got an input with {ndim} dimensions"


def corrcoef_rank(ndim: int) -> str:
    return f"corrcoef(): expected input to have two or fewer dimensions but got an input with {ndim} dimensions"


def cdist_columns(first: int, second: int) -> str:
    return f"X1 and X2 must have the same number of columns. X1: {first} X2: {second}"


def renorm_complex(name: str) -> str:
    return f"renorm: {name} must be real-valued"


def renorm_rank(ndim: int) -> str:
    return f"renorm: input needs at least 2 dimensions, got {ndim} dimensions"


def reduce_argument(name: str, given: str) -> str:
    if name == "scatter":
        return f"reduce argument must be either sum, prod, mean, amax or amin, got {given}"
    return f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {given}."


def sum_to_size(size: Sequence[int], shape: Sequence[int]) -> str:
    return f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}."


def cov_weights_rank(name: str, ndim: int) -> str:
    return f"cov(): expected {name} to have one or fewer dimensions but got {name} with {ndim} dimensions"


def cov_weights_type(name: str, wanted: str, got: dtype) -> str:
    return f"cov(): expected {name} to have {wanted} dtype but got {name} with {got.scalar_name} dtype"


def cov_weights_size(name: str, got: int, count: int) -> str:
    return (
        f"cov(): expected {name} to have the same numel as there are observations in the input but got {got} != {count}"
    )


def cov_weights_negative(name: str) -> str:
    return f"cov(): {name} cannot be negative"


GRADIENT_EDGE = "torch.gradient only supports edge_order=1 and edge_order=2."
GRADIENT_BYTES = "torch.gradient does not support uint8 input."
GRADIENT_SIZE = "torch.gradient expected each dimension size to be at least edge_order+1"


def gradient_repeated(dim: int) -> str:
    return f"dim {dim} appears multiple times in the list of dims"


def gradient_spacing(count: int, dims: int) -> str:
    return (
        "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the "
        f"same length, but got a spacing argument of length {count} and a dim argument of length {dims}."
    )


def gradient_spacing_of_all(count: int, dims: int) -> str:
    return (
        "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = "
        f"{dims}', since dim argument was not given, but got a list of length {count}"
    )


def gradient_places(ndim: int) -> str:
    return (
        "torch.gradient expected each element of spacing to have one dimension, but got an element with "
        f"{ndim} dimensions!"
    )


VANDER_COUNT = "N must be non-negative."
VANDER_RANK = "x must be a one-dimensional tensor."
RENORM_ORDER = "renorm: non-positive-norm not supported"


def combinations_rank(shape: Sequence[int]) -> str:
    return f"Expect a 1D vector, but got shape {list(shape)}"


CDIST_ORDER = "cdist only supports non-negative p values"


def cdist_mode(mode: object) -> str:
    return f"{mode} is not a valid value for compute_mode"


def cdist_type(name: str, kind: str) -> str:
    return f"cdist only supports floating-point dtypes, {name} got: {kind}"


def cdist_rank(name: str, ndim: int) -> str:
    return f"cdist only supports at least 2D tensors, {name} got: {ndim}D"


def renorm_limit(given: float) -> str:
    return f"renorm: expected maxnorm to be >= 0 but got {given:g}"


def trapezoid_places(name: str) -> str:
    return f"{name}: There must be one `x` value for each sample point"


PDIST_TYPE = "pdist only supports floating-point dtypes"
PDIST_ORDER = "pdist only supports non-negative p values"


def pdist_rank(ndim: int) -> str:
    return f"pdist only supports 2D tensors, got: {ndim}D"


def trapezoid_bools(name: str, of: str) -> str:
    return f"{name}: received a bool input for {of}, but bool is not supported"


def trapezoid_distance(name: str) -> str:
    return f"{name}: Currently, we only support dx as a real number."


DIFF_DIMENSIONS = "diff expects prepend or append to be the same dimension as input"


def diff_sizes(dim: int, own: int, given: int) -> str:
    return (
        "diff expects the shape of tensor to prepend or append to match that of input except along the differencing "
        f"dimension; input.size({dim}) = {own}, but got tensor.size({dim}) = {given}"
    )


COV_BOOL = "cov(): bool dtype is not supported for input"
BINCOUNT_LENGTH = "minlength should be >= 0"
BINCOUNT_WEIGHTS = "weights should be 1-d and have the same length as input"
