"""What PyTorch says when edges cannot be reflected or repeated."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed


def empty(rank: int, shape: Sequence[int]) -> str:
    return (
        f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
        f"dimensions for input, but got: {listed(shape)}"
    )


def too_wide(argument: int, pair: Sequence[int], dim: int, shape: Sequence[int]) -> str:
    return (
        f"Argument #{argument}: Padding size should be less than the corresponding input dimension, but got: padding "
        f"({pair[0]}, {pair[1]}) at dimension {dim} of input {listed(shape)}"
    )


def too_small(mode: str, sizes: Sequence[int], wanted: Sequence[int]) -> str:
    given = [f"{name}: {size}" for name, size in zip("DHW"[-len(sizes) :], sizes, strict=True)]
    made = " ".join(f"{name}: {size}" for name, size in zip("DHW"[-len(sizes) :], wanted, strict=True))
    spare = " " if mode == "replication" and len(sizes) == 2 else ""
    between = {1: given[0], 2: ", ".join(given), 3: f"{given[0]} {', '.join(given[1:])}"}[len(sizes)]
    return f"input ({between}{spare}) is too small. Calculated output {made}"


def total_negative(size: int, before: int, after: int, dim: int) -> str:
    return (
        f"The input size {size}, plus negative padding {before} and {after} resulted in a negative output size, which "
        f"is invalid. Check dimension {dim} of your input."
    )
