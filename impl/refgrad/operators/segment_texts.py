"""What PyTorch says when the arguments of `segment_reduce` are wrong."""

from __future__ import annotations

INDICES = "segment_reduce(): indices based reduction is not supported yet."
LENGTHS = "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe."
NEGATIVE = "lengths contains negative value!"
NOTHING = "segment_reduce(): Either lengths or offsets must be defined."


def reduction(given: str) -> str:
    return f"reduce argument must be either sum, prod, mean, amax or amin, got {given}"
