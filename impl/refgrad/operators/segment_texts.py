"""What PyTorch says when the arguments of `segment_reduce` are wrong."""

from __future__ import annotations

INDICES = "segment_reduce(): indices based reduction is not supported yet."
LENGTHS = "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe."
NEGATIVE = "lengths contains negative value!"
NOTHING = "segment_reduce(): Either lengths or offsets must be defined."
UNLIKE = (
    "to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request "
    "to PyTorch.)"
)
NEGATIVE_LENGTH = f"Expected segment_length >= 0 {UNLIKE}"


def rank(name: str) -> str:
    return f"Expected data.dim() >= {name}_value.dim() {UNLIKE}"


def last_dimension(name: str, axis: int) -> str:
    return f"segment_reduce(): Expected axis to be the last dimension of {name} but got {axis}."


def kernel(name: str) -> str:
    return f"_segment_reduce_{name}_cpu_kernel1"


def reduction(given: str) -> str:
    return f"reduce argument must be either sum, prod, mean, amax or amin, got {given}"
