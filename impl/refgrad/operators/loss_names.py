"""Losses under their names of `torch`: a number says how they are reduced, by default not at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.operators.activations import FUNCTIONAL
from refgrad.operators.declare import FUNCTION, function
from refgrad.operators.losses import MEAN_OF, NONE, SUM_OF, logits_loss
from refgrad.operators.margins import ranking_loss, triplet_loss

NAMES = ("none", "mean", "sum")


def known(reduction: int) -> int:
    """Every number but those of the mean and of the sum stands for no reduction.

    Raises OverflowError for one of more than 64 bits.
    """
    np.int64(reduction)
    return reduction if reduction in (MEAN_OF, SUM_OF) else NONE


def named(reduction: int) -> str:
    return NAMES[known(reduction)]


@function("hinge_embedding_loss", public=FUNCTION)
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = 0) -> Any:
    """A distance where the target is 1, the margin less it where it is -1."""
    return FUNCTIONAL["hinge_embedding_loss"](input, target, margin, reduction=named(reduction))


@function("cosine_embedding_loss", public=FUNCTION)
def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0) -> Any:
    """1 less the cosine for alike, the cosine above a margin for different vectors."""
    return FUNCTIONAL["cosine_embedding_loss"](input1, input2, target, margin, reduction=named(reduction))


@function("margin_ranking_loss", public=FUNCTION)
def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0) -> Any:
    """How far two inputs are from the wanted order, with a margin."""
    return ranking_loss(input1, input2, target, margin, known(reduction))


@function("triplet_margin_loss", public=FUNCTION)
def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0, eps: float = 1e-06,
    swap: bool = False, reduction: int = 0,
) -> Any:  # fmt: skip
    """How much nearer the positive should be than the negative."""
    return triplet_loss(anchor, positive, negative, margin, p, eps, swap, known(reduction))


@function("binary_cross_entropy_with_logits", public=FUNCTION)
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 0
) -> Any:
    """The cross entropy of two classes, from logits."""
    return logits_loss(input, target, weight, pos_weight, known(reduction))


@function("kl_div", public=FUNCTION)
def kl_div(input: Any, target: Any, reduction: int = 0, *, log_target: bool = False) -> Any:
    """The divergence of two distributions."""
    return FUNCTIONAL["kl_div"](input, target, reduction=named(reduction), log_target=log_target)


@function("poisson_nll_loss", public=FUNCTION)
def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """The negative log likelihood of counts."""
    chosen = FUNCTIONAL["poisson_nll_loss"]
    return chosen(input, target, log_input=log_input, full=full, eps=eps, reduction=named(reduction))
