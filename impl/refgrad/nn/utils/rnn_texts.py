"""What PyTorch says of sequences that do not fit."""

from __future__ import annotations

LENGTHS_UNSORTED = (
    "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
    "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
    "need ONNX exportability."
)
LENGTH_ZERO = "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
NO_SEQUENCES = "received an empty list of sequences"
PACKED_PAIR = "Expected data to be a list or tuple of length 2"


def lengths_rank(rank: int) -> str:
    return f"'lengths' argument should be a 1D CPU int64 tensor, but got {rank}D cpu Long tensor"


def lengths_count(count: int, batch: int) -> str:
    return f"Expected `len(lengths)` to be equal to batch_size, but got {count} (batch_size={batch})"


def total_length(given: int, longest: int) -> str:
    return (
        "Expected total_length to be at least the length of the longest sequence in input, but got "
        f"total_length={given} and max sequence length being {longest}"
    )


def no_sequences_of(kind: type) -> str:
    return f"pad_sequence: Expected iterable for input sequences, but got arg of type: {kind}"


def padding_side(given: str) -> str:
    return f"Expected padding_side to be one of left or right, but got {given}."
