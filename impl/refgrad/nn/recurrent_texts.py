"""What PyTorch says about recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DROPOUT = "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
INPUT_SIZE = "input_size must be greater than zero"
HIDDEN_SIZE = "hidden_size must be greater than zero"
LAYERS = "num_layers must be greater than zero"
PROJECTION_WITHOUT_CELL = "proj_size argument is only supported for LSTM, not RNN or GRU"
NEGATIVE_PROJECTION = "proj_size should be a positive integer or zero to disable projections"
PROJECTION = "proj_size has to be smaller than hidden_size"


def dropout_of_one_layer(dropout: float) -> str:
    return (
        "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
        f"greater than 1, but got dropout={dropout} and num_layers=1"
    )


def rank(kind: str, ndim: int) -> str:
    return f"{kind}: Expected input to be 2D or 3D, got {ndim}D{' tensor' if kind == 'RNN' else ''} instead"


def types(given: Any, wanted: Any) -> str:
    return (
        f"RNN input dtype ({given}) does not match weight dtype ({wanted}). Convert input: input.to({wanted}), or "
        f"convert model: model.to({given})"
    )


def state_ranks(rank: int, given: list[int]) -> str:
    kind = "batched" if rank == 3 else "unbatched"
    if len(given) == 1:
        return f"For {kind} {rank}-D input, hx should also be {rank}-D but got {given[0]}-D tensor"
    return f"For {kind} {rank}-D input, hx and cx should also be {rank}-D but got ({given[0]}-D, {given[1]}-D) tensors"


def width(wanted: int, given: int) -> str:
    return f"input.size(-1) must be equal to input_size. Expected {wanted}, got {given}"


def state(name: str, wanted: Sequence[int], given: Sequence[int]) -> str:
    said = "hidden size" if name == "hidden" else f"{name} size"
    return f"Expected {said} {tuple(wanted)}, got {list(given)}"


def nonlinearity(name: str) -> str:
    return f"Unknown nonlinearity '{name}'. Select from 'tanh' or 'relu'."


LSTM_CELL_STATES = "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor"


def cell_rank(kind: str, what: str, ndim: int) -> str:
    return f"{kind}: Expected {what} to be 1D or 2D, got {ndim}D instead"


def cell_batches(batch: int, place: int, given: int) -> str:
    return f"Input batch size {batch} doesn't match hidden{place} batch size {given}"


def cell_hidden(place: int, given: int, wanted: int) -> str:
    return f"hidden{place} has inconsistent hidden_size: got {given}, expected {wanted}"
