"""Short-time Fourier transforms: transforms of windows that move along a signal, and their inverse."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from refgrad import binding_texts, dtypes, shapes
from refgrad.creation import refuse_large
from refgrad.once import warn_once
from refgrad.operators import spectrogram_texts as texts
from refgrad.operators.activations import FUNCTIONAL
from refgrad.operators.declare import FUNCTION, METHOD, function
from refgrad.operators.fourier import BY_COUNT, BY_ROOT, C2C, C2R, NONE, R2C
from refgrad.operators.getitem import SLICE
from refgrad.operators.views_parts import UNFOLD_BACKWARD
from refgrad.operators.windows import CONSTANT_PAD
from refgrad.signatures.refusing import guarded
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


@function("stft", public=FUNCTION)
def stft(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    pad_mode: Any = "reflect", normalized: bool = False, onesided: Any = None, return_complex: Any = None,
    align_to_window: Any = None,
) -> Any:  # fmt: skip
    """The transforms of windows that move along one signal, or several."""
    if center and align_to_window is not None:
        raise RuntimeError(texts.ALIGNED_IN_CENTER)
    if center:
        if isinstance(pad_mode, bytes):
            pad_mode = pad_mode.decode()
        if not isinstance(pad_mode, str):
            raise TypeError(binding_texts.wrong_argument("pad", "mode", 3, "str", type_name(pad_mode)))
        count = input.dim()
        around = int(n_fft // 2)
        input = FUNCTIONAL["pad"](input.view([1] * (3 - count) + list(input.size())), [around, around], pad_mode)
        input = input.view(input.shape[-count:])
    return TRANSFORM(
        input, n_fft, hop_length, win_length, window, normalized, onesided, return_complex, align_to_window
    )


@function("stft", public=METHOD)
def stft_method(
    self: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    pad_mode: Any = "reflect", normalized: bool = False, onesided: Any = None, return_complex: Any = None,
    align_to_window: Any = None,
) -> Any:  # fmt: skip
    return stft(
        self, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex,
        align_to_window,
    )  # fmt: skip


def check_kinds(window: Any, *lengths: Any) -> None:
    """Raises TypeError before anything is warned of; its words are the parser's."""
    if not (window is None or isinstance(window, Tensor)):
        raise TypeError
    for each in lengths:
        if each is not None:
            refuse_large(index(each))


def padded_window(window: Any, signal: Any, n_fft: int, win_length: int) -> Any:
    """The window in the middle of zeros."""
    like = signal if window is None else window
    made = like.new_zeros((n_fft,))
    middle = made.narrow(0, (n_fft - win_length) // 2, win_length)
    if window is None:
        middle.fill_(1)
    else:
        middle.copy_(window)
    return made


def transforms(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None,
    normalized: bool = False, onesided: Any = None, return_complex: Any = None, align_to_window: Any = None,
) -> Any:  # fmt: skip
    check_kinds(window, n_fft, hop_length, win_length)
    if isinstance(onesided, str):  # PyTorch takes it for the padding of its other form, where the rest is not told
        return_complex = None
    if window is None:
        warn_once(texts.STFT_WITHOUT_WINDOW, "stft without a window")
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    given_complex = input.is_complex() or (window is not None and window.is_complex())
    as_complex = given_complex if return_complex is None else return_complex
    if not as_complex:
        if return_complex is None:
            raise RuntimeError(texts.RETURN_COMPLEX)
        warn_once(texts.REAL_RESULT_DEPRECATED, "stft of a real result")
    wrong = wrong_transform(input, n_fft, hop, length, window)
    if wrong:
        options = {
            "n_fft": n_fft, "hop_length": hop, "win_length": length, "window": window, "normalized": normalized,
            "onesided": onesided, "return_complex": return_complex, "align_to_window": align_to_window,
        }  # fmt: skip
        raise RuntimeError(texts.call("stft", input, options) + wrong)
    signal = input.unsqueeze(0) if input.dim() == 1 else input
    if length < n_fft:
        window = padded_window(window, input, n_fft, length)
    if align_to_window:
        around = (n_fft - length) // 2
        signal = CONSTANT_PAD(signal, (around, around), 0)
        windows = 1 + (input.shape[-1] - length) // hop
    else:
        windows = 1 + (input.shape[-1] - n_fft) // hop
    rows, step = signal.stride()
    parts = signal.as_strided((signal.shape[0], windows, n_fft), (rows, hop * step, step))
    if window is not None:
        parts = parts.mul(window)
    divided = BY_ROOT if normalized else NONE
    if parts.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(texts.short_type(parts.dtype.scalar_name))
    if parts.is_complex():
        if onesided:
            raise RuntimeError(texts.ONESIDED)
        made = C2C(parts, (2,), divided, True)
    else:
        made = R2C(parts, (2,), divided, onesided is None or onesided)
    made.transpose_(1, 2)
    if input.dim() == 1:
        made.squeeze_(0)
    return made if as_complex else made.view_as_real()


TRANSFORM = guarded(transforms, "_stft", "torch")


def wrong_transform(input: Any, n_fft: int, hop: int, length: int, window: Any) -> str:
    """What PyTorch says of sizes that do not fit; an empty text if all do."""
    if not (input.is_floating_point() or input.is_complex()):
        return texts.KIND
    if input.dim() not in (1, 2):
        return texts.RANK
    points = input.shape[-1]
    if not 0 < n_fft <= points:
        return texts.points(points, length)
    if hop <= 0:
        return texts.hop(hop)
    if not 0 < length <= n_fft:
        return texts.window_length(length)
    if window is not None and tuple(window.shape) != (length,):
        return texts.window_size(length, window.shape)
    return ""


@function("istft")
def istft(
    self: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    normalized: bool = False, onesided: Any = None, length: Any = None, return_complex: bool = False,
) -> Any:  # fmt: skip
    """The signal of which `stft` made this."""
    check_kinds(window, n_fft, hop_length, win_length, length)
    if window is None:
        warn_once(texts.ISTFT_WITHOUT_WINDOW, "istft without a window")
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    if not self.is_complex():
        raise RuntimeError(texts.COMPLEX_EXPECTED)
    pairs = self.resolve_conj().view_as_real()
    shapes.checked_dim(-3, pairs.dim())
    windows, frequencies = pairs.shape[-2], pairs.shape[-3]
    half = frequencies != n_fft if onesided is None else onesided
    options = {
        "n_fft": n_fft, "hop_length": hop, "win_length": size, "window": window, "center": center,
        "normalized": normalized, "onesided": onesided, "length": length, "return_complex": return_complex,
    }  # fmt: skip
    told = texts.call("istft", self, options)
    wrong = wrong_inverse(pairs, n_fft, hop, size, window, half)
    if wrong:
        raise RuntimeError(told + wrong)
    several = pairs.dim() == 4
    shaped = whole_window(window, pairs, n_fft, size)
    points = (pairs if several else pairs.unsqueeze(0)).transpose(1, 2).view_as_complex()
    divided = BY_ROOT if normalized else BY_COUNT
    if return_complex:
        if half:
            raise RuntimeError(texts.ONESIDED)
        parts = C2C(points, (2,), divided, False)
    else:
        if window is not None and window.is_complex():
            raise RuntimeError(texts.COMPLEX_WINDOW)
        if not half:
            points = SLICE(points, -1, 0, n_fft // 2 + 1, 1)
        parts = C2R(points, (2,), divided, n_fft)
    whole = n_fft + hop * (windows - 1)
    weighed = parts * shaped.view((1, 1, n_fft))
    signal = UNFOLD_BACKWARD(weighed, (weighed.shape[0], whole), 1, n_fft, hop)
    squares = shaped.pow(2).expand((1, windows, n_fft))
    envelope = UNFOLD_BACKWARD(squares, (1, whole), 1, n_fft, hop)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else whole - n_fft // 2 if center else whole
    signal, envelope = SLICE(signal, 1, start, end, 1), SLICE(envelope, 1, start, end, 1)
    if not envelope.numel():
        envelope.abs().min()  # raises
    if np.abs(envelope._array).min() < 1e-11:
        raise RuntimeError(told + texts.ENVELOPE)
    signal = signal / envelope
    if not several:
        signal = signal.squeeze(0)
    if end > whole:
        warn_once(texts.SHORTER, "istft padded")
        signal = CONSTANT_PAD(signal, (0, end - whole), 0)
    return signal


def whole_window(window: Any, pairs: Any, n_fft: int, size: int) -> Any:
    """The window, or ones, between zeros if it is shorter than the transform."""
    made = pairs.new_ones((size,)) if window is None else window
    if size == n_fft:
        return made
    left = (n_fft - size) // 2
    return CONSTANT_PAD(made, (left, n_fft - size - left), 0)


def wrong_inverse(pairs: Any, n_fft: int, hop: int, size: int, window: Any, half: bool) -> str:
    if pairs.numel() == 0:
        return texts.EMPTY
    if pairs.dim() not in (3, 4):
        return texts.rank(pairs.dim())
    found = pairs.shape[-3]
    if found != (n_fft // 2 + 1 if half else n_fft):
        return texts.frequencies(found, onesided=half)
    if not 0 < hop <= size:
        return texts.HOPS
    if not 0 < size <= n_fft:
        return texts.WINDOW_WITHIN
    if window is not None and tuple(window.shape) != (size,):
        return texts.WINDOW_SHAPE
    return ""
