"""Dropout by whole channels, and dropout that keeps mean and deviation. Plain dropout stands in random.py."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from refgrad import dtypes, inplace_texts
from refgrad.cpp_spelling import plain_number
from refgrad.modes import modes
from refgrad.operators import complex_texts
from refgrad.operators import unit_texts as texts
from refgrad.operators.activations import functional
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.examples import MUL
from refgrad.operators.formula_arithmetic import ADD_NUMBER, DIV_NUMBER, MUL_NUMBER, plus
from refgrad.operators.random import bernoulli_numbers, kept_at_random, zero_factor
from refgrad.signatures.refusing import guarded

ALPHA = 1.7580993408473766
"""What `selu` goes to from 0 downwards."""


def check_probability(p: float) -> None:
    """Raise ValueError for no probability."""
    if p < 0.0 or p > 1.0:
        raise ValueError(texts.dropout_probability(p))


def refuse_probability(p: float) -> None:
    """The same where PyTorch's check is not in Python: it raises RuntimeError."""
    if not 0 <= p <= 1:
        raise RuntimeError(texts.dropout_probability(plain_number(p)))


def noise_of(input: Any, p: float, *, by_channel: bool) -> Any:
    """Ones with probability 1 - p: one for each element, or for each channel. Raises RuntimeError without channels."""
    if by_channel and input.dim() < 2:
        raise RuntimeError(texts.DROPOUT_CHANNELS)
    shape = (*input.shape[:2], *(1 for _ in input.shape[2:])) if by_channel else tuple(input.shape)
    return kept_at_random(input.new_empty(shape), 1 - p)


def dropped(input: Any, p: float, train: bool, *, by_channel: bool, alpha: bool) -> Any:
    """Zeros at random and the rest scaled, or what keeps mean and deviation of `selu`."""
    if not train or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        return MUL(input, zero_factor(input))
    noise = noise_of(input, p, by_channel=by_channel)
    if not alpha:
        return MUL(input, call_inplace(DIV_NUMBER, (noise,), (1 - p,)))
    scale = 1.0 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
    shift = call_inplace(MUL_NUMBER, (plus(noise, -1),), (ALPHA * scale,))
    shift = call_inplace(ADD_NUMBER, (shift,), (ALPHA * scale * p,))
    return MUL(input, call_inplace(MUL_NUMBER, (noise,), (scale,))).add_(shift)


def dropped_in_place(input: Any, p: float, train: bool, *, by_channel: bool, alpha: bool) -> Any:
    """The same, written over the input."""
    if not train or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(zero_factor(input))
    noise = noise_of(input, p, by_channel=by_channel)
    if not alpha:
        return input.mul_(noise.div_(1 - p))
    scale = 1.0 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
    shift = noise.add(-1).mul_(ALPHA * scale).add_(ALPHA * scale * p)
    return input.mul_(noise.mul_(scale)).add_(shift)


def native_forward(a: Any, p: float, train: bool | None) -> tuple[Any, Any]:
    """The result, and which elements were kept."""
    if not a.size:
        return a.copy(), np.empty_like(a)
    if train is False:
        return a.copy(), np.ones(a.shape, bool)
    if a.dtype.kind in "biu":
        kind = dtypes.of_array(a).scalar_name
        raise RuntimeError(inplace_texts.cannot_cast_result("Float", kind))
    kept = bernoulli_numbers(np.empty_like(a, bool), 1 - p)
    return a * kept * a.dtype.type(native_scale(p, train)), kept


def native_scale(p: float, train: bool | None) -> float:
    return 1.0 if not train else 0.0 if p == 1 else 1.0 / (1.0 - p)


NATIVE = operator(
    "native_dropout(Tensor input, float p, bool? train) -> (result0, result1)",
    native_forward,
    node="NativeDropoutBackward0",
    history=1,
    gradients={"input": lambda grad, result1, p, train: grad * (result1 * native_scale(p, train))},
    dtype=KEEP,
    public=False,
)


@function("native_dropout", public=FUNCTION)
def native_dropout(input: Any, p: float, train: bool | None) -> Any:
    """What dropout leaves, and where it left something."""
    if input.is_complex() and modes.grad and input.requires_grad:
        raise RuntimeError(complex_texts.complex_not_differentiable("native_dropout"))
    return tuple(NATIVE(input, p, train))


def public(name: str, *, by_channel: bool, alpha: bool) -> tuple[Any, Any]:
    """`torch.<name>(input, p, train)`, as the functions of `torch.nn.functional` hand over to it."""

    @function(name, public=FUNCTION)
    def drop(input: Any, p: float, train: bool) -> Any:
        refuse_probability(p)
        return dropped(input, p, train, by_channel=by_channel, alpha=alpha)

    @function(name + "_", public=FUNCTION)
    def drop_in_place(input: Any, p: float, train: bool) -> Any:
        refuse_probability(p)
        return dropped_in_place(input, p, train, by_channel=by_channel, alpha=alpha)

    return guarded(drop, name, "torch"), guarded(drop_in_place, name + "_", "torch")


of_channels = public("feature_dropout", by_channel=True, alpha=False)
of_elements = public("alpha_dropout", by_channel=False, alpha=True)
of_whole_channels = public("feature_alpha_dropout", by_channel=True, alpha=True)


@functional
def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout that keeps mean and deviation."""
    check_probability(p)
    return of_elements[bool(inplace)](input, p, training)


@functional
def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """The same for whole channels."""
    check_probability(p)
    return of_whole_channels[bool(inplace)](input, p, training)


def channels(input: Any, p: float, training: bool, inplace: bool, *, single: bool) -> Any:
    """Whole channels of a batch, or of one sample."""
    batch = input.unsqueeze(0) if single else input
    made = of_channels[bool(inplace)](batch, p, training)
    return made.squeeze(0) if single else made


@functional
def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Channels of signals. Raises RuntimeError for another rank than 2 or 3."""
    check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(texts.dropout_rank(input.dim()))
    return channels(input, p, training, inplace, single=input.dim() == 2)


@functional
def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Channels of images; other ranks are warned of."""
    check_probability(p)
    if input.dim() not in (3, 4):
        warnings.warn(texts.dropout2d_rank(input.dim()), stacklevel=2)
    if input.dim() == 3:
        warnings.warn(texts.DROPOUT2D_SIGNALS, stacklevel=2)
    return channels(input, p, training, inplace, single=False)


@functional
def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Channels of volumes; other ranks are warned of."""
    check_probability(p)
    if input.dim() not in (4, 5):
        warnings.warn(texts.dropout3d_rank(input.dim()), stacklevel=2)
    return channels(input, p, training, inplace, single=input.dim() == 4)
