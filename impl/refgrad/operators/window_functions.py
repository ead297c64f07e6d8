"""Windows of signals: `hann_window` and its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.creation import finished, refuse_large
from refgrad.operators import window_texts as texts
from refgrad.operators.declare import FUNCTION, function
from refgrad.operators.factories import with_options
from refgrad.operators.texts import not_implemented_for


def bartlett(at: Any, count: int) -> Any:
    rising = at * 2 / (count - 1)
    return np.where(at <= (count - 1) // 2, rising, 2 - rising)


def blackman(at: Any, count: int) -> Any:
    turn = at * (np.pi / (count - 1))
    return np.cos(4 * turn) * 0.08 - np.cos(2 * turn) * 0.5 + 0.42


def hamming(at: Any, count: int, alpha: float, beta: float) -> Any:
    return alpha - beta * np.cos(at * (2 * np.pi / (count - 1)))


def kaiser(at: Any, count: int, beta: float) -> Any:
    middle = (count - 1) / 2
    inside = np.maximum(1 - ((at - middle) / middle) ** 2, 0)
    return np.i0(beta * np.sqrt(inside)) / np.i0(beta)


def window(
    name: str, length: int, periodic: bool, dtype: Any, requires_grad: bool, shape: Callable[[Any, int], Any]
) -> Any:
    """The values of `shape` at whole numbers; of a periodic window the last one is left out.

    Raises RuntimeError for a negative length, and for a type of whole numbers.
    """
    refuse_large(length)
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    if kind.category < dtypes.FLOATING:
        raise RuntimeError(texts.kind(name, kind))
    if length < 0:
        raise RuntimeError(texts.length(name, length))
    if kind.category == dtypes.COMPLEX and length > 1:
        raise NotImplementedError(not_implemented_for("arange_cpu", kind.scalar_name))
    wide = np.float64 if kind is dtypes.float64 else np.float32
    count = length + 1 if periodic and length > 1 else length
    made = np.ones(length) if length <= 1 else shape(np.arange(count, dtype=wide), count)[:length]
    return finished(made.astype(kind.numpy), requires_grad, name)


def publish(name: str, shape: Callable[[Any, int], Any]) -> None:
    """A window without parameters."""

    @function(name, public=FUNCTION)
    @with_options
    def made(window_length: int, periodic: bool = True, *, dtype: Any = None, requires_grad: bool = False) -> Any:
        return window(name, window_length, periodic, dtype, requires_grad, shape)


publish("hann_window", lambda at, count: hamming(at, count, 0.5, 0.5))
publish("bartlett_window", bartlett)
publish("blackman_window", blackman)


@function("hamming_window", public=FUNCTION)
@with_options
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A raised cosine."""

    def shape(at: Any, count: int) -> Any:
        return hamming(at, count, alpha, beta)

    return window("hamming_window", window_length, periodic, dtype, requires_grad, shape)


@function("kaiser_window", public=FUNCTION)
@with_options
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """By the modified Bessel function."""

    def shape(at: Any, count: int) -> Any:
        return kaiser(at, count, beta)

    return window("kaiser_window", window_length, periodic, dtype, requires_grad, shape)
