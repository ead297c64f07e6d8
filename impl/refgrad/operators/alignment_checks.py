"""What `ctc_loss` refuses, in the order in which PyTorch looks."""

from __future__ import annotations

from typing import Any

from refgrad import dtypes
from refgrad.operators import alignment_texts as texts
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor

KINDS = (dtypes.float32, dtypes.float64)


def lengths_of(name: str, given: Any) -> tuple[int, ...]:
    """Raise RuntimeError for a tensor of other than integers."""
    if not isinstance(given, Tensor):
        return tuple(given)
    if given.dtype.category != dtypes.INTEGER:
        raise RuntimeError(texts.not_integral(name))
    return tuple(given._array.reshape(-1).tolist())


def check(logs: Any, targets: Any, input_lengths: tuple[int, ...], target_lengths: tuple[int, ...], blank: int) -> None:
    """Raise NotImplementedError or RuntimeError for operands that do not fit each other."""
    if logs.dtype not in KINDS:
        raise NotImplementedError(not_implemented_for("ctc_loss_cpu", logs.dtype.scalar_name))
    if not logs.numel():
        raise RuntimeError(texts.NO_PROBABILITIES)
    if logs.dim() != 3:
        raise RuntimeError(texts.probabilities_rank(logs.dim()))
    if targets.dim() not in (1, 2):
        raise RuntimeError(texts.targets_rank(targets.dim()))
    steps, batch, labels = logs.shape
    if not 0 <= blank < labels:
        raise RuntimeError(texts.BLANK_RANGE)
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if len(lengths) != batch:
            raise RuntimeError(texts.wrong_count(name))
    for length in target_lengths:
        check_least("target_lengths", length)
    check_targets(targets.shape, batch, target_lengths)
    for length in input_lengths:
        check_least("input_lengths", length)
        if length > steps:
            raise RuntimeError(texts.length_range("input_lengths", f"at most {steps}", length))


def check_least(name: str, length: int) -> None:
    if length < 0:
        raise RuntimeError(texts.length_range(name, "at least 0", length))


def check_targets(shape: Any, batch: int, lengths: tuple[int, ...]) -> None:
    wanted = sum(lengths) if len(shape) == 1 else batch
    if shape[0] != wanted:
        raise RuntimeError(texts.targets_size(str(wanted), 0, shape[0]))
    if len(shape) == 2 and shape[1] < max(lengths):
        raise RuntimeError(texts.targets_size(f"at least {max(lengths)}", 1, shape[1]))
