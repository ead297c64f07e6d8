"""The loss of connectionist temporal classification (`ctc_loss`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.operators import alignment_checks as checks
from refgrad.operators.activations import functional
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.losses import MEAN_OF, NONE, SUM_OF, reduction_number
from refgrad.operators.mixtures import where
from refgrad.operators.underivable import underivable
from refgrad.signatures.refusing import guarded
from refgrad.tensor import Tensor


def spelled(target: Any, blank: int, count: int) -> Any:
    """The labels with blanks around them; those that there are none of begin anew, where PyTorch reads anything."""
    made = np.full(2 * len(target) + 1, blank, np.int64)
    made[1::2] = target % count
    return made


def targets_of(targets: Any, lengths: Any) -> list[Any]:
    """The labels of every sample: rows of a matrix, or one behind the other."""
    if targets.ndim == 2:
        return [row[:length] for row, length in zip(targets, lengths, strict=True)]
    ends = np.cumsum(lengths)
    return [targets[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def ahead(logs: Any, labels: Any, blank: int) -> Any:
    """The logarithms of the probabilities of all beginnings."""
    count, places = len(logs), len(labels)
    made = np.full((count, places), -np.inf)
    if count == 0:
        return made
    made[0, :2] = logs[0, labels[:2]]
    skips = np.zeros(places, bool)
    skips[2:] = (labels[2:] != blank) & (labels[2:] != labels[:-2])
    for t in range(1, count):
        known = made[t - 1]
        total = known.copy()
        total[1:] = np.logaddexp(total[1:], known[:-1])
        total[2:] = np.where(skips[2:], np.logaddexp(total[2:], known[:-2]), total[2:])
        made[t] = total + logs[t, labels]
    return made


def total_of(alpha: Any) -> float:
    """The logarithm of the probability of everything."""
    if not len(alpha):
        return 0.0 if alpha.shape[1] == 1 else -np.inf
    last = alpha[-1]
    return float(np.logaddexp(last[-1], last[-2])) if len(last) > 1 else float(last[-1])


def ctc_forward(
    logs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int, zero_infinity: bool
) -> Any:
    rows = targets_of(targets, target_lengths)
    places = 2 * max((len(row) for row in rows), default=0) + 1
    losses = np.zeros(logs.shape[1], logs.dtype)
    alphas = np.full((logs.shape[1], logs.shape[0], places), -np.inf, logs.dtype)
    with np.errstate(all="ignore"):
        for number, row in enumerate(rows):
            labels = spelled(row, blank, logs.shape[2])
            alpha = ahead(logs[: input_lengths[number], number].astype(np.float64), labels, blank)
            alphas[number, : len(alpha), : len(labels)] = alpha
            losses[number] = -total_of(alpha)
    return losses, alphas


def ctc_backward_forward(
    grad: Any, logs: Any, targets: Any, losses: Any, input_lengths: Any, target_lengths: Any, blank: int,
    zero_infinity: bool,
) -> Any:  # fmt: skip
    made = np.zeros_like(logs)
    with np.errstate(all="ignore"):
        for number, row in enumerate(targets_of(targets, target_lengths)):
            count = int(input_lengths[number])
            if zero_infinity and np.isinf(losses[number]):
                continue
            labels = spelled(row, blank, logs.shape[2])
            part = logs[:count, number].astype(np.float64)
            alpha = ahead(part, labels, blank)
            beta = ahead(part[::-1], labels[::-1], blank)[::-1, ::-1]
            share = alpha + beta - part[:, labels]
            summed = np.full(part.shape, -np.inf)
            for place, label in enumerate(labels):
                summed[:, label] = np.logaddexp(summed[:, label], share[:, place])
            made[:count, number] = (np.exp(part) - np.exp(summed + losses[number])) * grad[number]
    return made


CTC_BACKWARD = operator(
    "_ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor targets, Tensor neg_log_likelihood, int[] input_lengths, "
    "int[] target_lengths, int blank, bool zero_infinity)",
    ctc_backward_forward,
    dtype=KEEP,
    public=False,
)


def ctc_gradient(
    grads: Any, log_probs: Any, targets: Any, result0: Any, input_lengths: Any, target_lengths: Any, blank: int,
    zero_infinity: bool,
) -> Any:  # fmt: skip
    made = CTC_BACKWARD(grads[0], log_probs, targets, result0, input_lengths, target_lengths, blank, zero_infinity)
    return underivable("aten::_ctc_loss_backward", made, (grads[0], log_probs, result0))


CTC = operator(
    "_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank, "
    "bool zero_infinity) -> (result0, result1)",
    ctc_forward,
    node="CtcLossBackward0",
    history=1,
    gradients={"log_probs": ctc_gradient},
    dtype=KEEP,
    public=False,
)


@function("ctc_loss", public=FUNCTION)
def ctc_loss_of_torch(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: int = NONE,
    zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """How improbable it is that the labels come in this order, blanks and repetitions left out."""
    times = checks.lengths_of("input_lengths", input_lengths)
    lengths = checks.lengths_of("target_lengths", target_lengths)
    single = log_probs.dim() != 3
    logs = log_probs.unsqueeze(1) if single else log_probs
    if targets.dtype not in (dtypes.int32, dtypes.int64):
        targets = targets.to(dtypes.int64)
    checks.check(logs, targets, times, lengths, blank)
    loss = CTC(logs, targets, times, lengths, blank, zero_infinity)[0]
    if zero_infinity:
        loss = where(loss == float("inf"), loss.new_zeros(()), loss)
    if reduction == MEAN_OF:
        counts = Tensor._of(np.maximum(np.array(lengths), 1).astype(loss._array.dtype))
        return (loss / counts).mean()
    if reduction == SUM_OF:
        return loss.sum()
    return loss.squeeze(0) if single else loss


built_in_ctc_loss = guarded(ctc_loss_of_torch, "ctc_loss", "torch")


@functional
def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:  # fmt: skip
    number = reduction_number(reduction)
    return built_in_ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, number, zero_infinity)
