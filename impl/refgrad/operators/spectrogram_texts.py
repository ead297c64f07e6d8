"""What PyTorch says of short-time Fourier transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.cpp_spelling import legacy_type, listed

ALIGNED_IN_CENTER = "stft align_to_window should only be set when center = false"
STFT_WITHOUT_WINDOW = (
    "A window was not provided. A rectangular window will be applied,which is known to cause spectral leakage. Other "
    "windows such as torch.hann_window or torch.hamming_window are recommended to reduce spectral leakage.To suppress "
    "this warning and use a rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
)
ISTFT_WITHOUT_WINDOW = (
    "A window was not provided. A rectangular window will be applied.Please provide the same window used by stft to "
    "make the inversion lossless.To suppress this warning and use a rectangular window, explicitly set "
    "`window=torch.ones(n_fft, device=<device>)`."
)
RETURN_COMPLEX = (
    "stft requires the return_complex parameter be given for real inputs, and will further require that "
    "return_complex=True in a future PyTorch release."
)
REAL_RESULT_DEPRECATED = (
    "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for "
    "all inputs, and return_complex=False will raise an error.\nNote: you can still call torch.view_as_real on the "
    "complex output to recover the old return format."
)
ONESIDED = "Cannot have onesided output if window or input is complex"
COMPLEX_WINDOW = "Complex windows are incompatible with return_complex=False"
COMPLEX_EXPECTED = (
    "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
)
SHORTER = (
    "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. Please "
    "check your center and hop_length settings."
)
KIND = " : expected a tensor of floating point or complex values"
RANK = " : expected a 1D or 2D tensor"
HOPS = " : expected 0 < hop_length <= win_length"
WINDOW_WITHIN = " : expected 0 < win_length <= n_fft"
WINDOW_SHAPE = " : Invalid window shape. window has to be 1D and length of `win_length`"
EMPTY = " : input tensor cannot be empty."
ENVELOPE = " window overlap add min: 1\n[ CPUBoolType{} ]"


def listed_option(value: Any) -> str:
    return "None" if value is None else str(int(value))


def of_tensor(tensor: Any) -> str:
    return f"{legacy_type(tensor.dtype)}{listed(tensor.shape)}"


def of_window(window: Any) -> str:
    return "None" if window is None else f"{legacy_type(window.dtype)}{{{listed(window.shape)}}}"


def call(name: str, tensor: Any, options: dict[str, Any]) -> str:
    """The call as both functions tell it before they say what is wrong with it."""
    told = [f"{key}={of_window(value) if key == 'window' else listed_option(value)}" for key, value in options.items()]
    return f"{name}({of_tensor(tensor)}, {', '.join(told)})"


def points(length: int, given: int) -> str:
    return f" : expected 0 < n_fft < {length}, but got n_fft={given}"


def hop(given: int) -> str:
    return f" : expected hop_length > 0, but got hop_length={given}"


def window_length(given: int) -> str:
    return f" : expected 0 < win_length <= n_fft, but got win_length={given}"


def window_size(length: int, shape: Sequence[int]) -> str:
    return (
        f" : expected a 1D window tensor of size equal to win_length={length}, but got window with size {listed(shape)}"
    )


def rank(given: int) -> str:
    return f" : expected a tensor with 3 or 4 dimensions, but got {given}"


def frequencies(given: int, *, onesided: bool) -> str:
    wanted = "n_fft / 2 + 1 when onesided=True" if onesided else "n_fft when onesided=False"
    return (
        f" : expected the frequency dimension (3rd to the last) of the input tensor to match {wanted}, but got {given}"
    )


def short_type(kind: str) -> str:
    return f"MKL FFT doesn't support tensors of type: {kind}"
