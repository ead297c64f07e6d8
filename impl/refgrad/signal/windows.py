"""`torch.signal.windows`: windows that are symmetric unless they are asked to be periodic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from refgrad import creation, dtypes
from refgrad.device import STRIDED
from refgrad.operators.names import FUNCTIONS
from refgrad.signal import window_texts as texts

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _checked(name: str, count: int, dtype: Any, layout: Any) -> Any:
    """The type of the window. Raises ValueError for a length, type or layout that there is no window of."""
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    if count < 0:
        raise ValueError(texts.length(name, count))
    if layout is not STRIDED:
        raise ValueError(texts.layout(name, layout))
    if kind not in (dtypes.float32, dtypes.float64):
        raise ValueError(texts.kind(name, kind))
    return kind


def _nothing(kind: Any, requires_grad: bool) -> Any:
    return creation.empty((0,), dtype=kind, requires_grad=requires_grad)


def _one(kind: Any, requires_grad: bool) -> Any:
    return creation.ones((1,), dtype=kind, requires_grad=requires_grad)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
    layout: Any = STRIDED, device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """It decays to both sides of the center."""
    kind = _checked("exponential", M, dtype, layout)
    if tau <= 0:
        raise ValueError(texts.time_constant(tau))
    if sym and center is not None:
        raise ValueError(texts.CENTER)
    if M == 0:
        return _nothing(kind, requires_grad)
    if center is None:
        center = (M if not sym and M > 1 else M - 1) / 2.0
    scale = 1 / tau
    at: Any = creation.linspace(
        -center * scale, (-center + (M - 1)) * scale, M, dtype=kind, device=device, requires_grad=requires_grad
    )
    return (-at.abs()).exp()


def cosine(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Half a period of a sine."""
    kind = _checked("cosine", M, dtype, layout)
    if M == 0:
        return _nothing(kind, requires_grad)
    scale = math.pi / (M + 1 if not sym and M > 1 else M)
    at: Any = creation.linspace(
        0.5 * scale, (0.5 + (M - 1)) * scale, M, dtype=kind, device=device, requires_grad=requires_grad
    )
    return at.sin()


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """The bell of this deviation."""
    kind = _checked("gaussian", M, dtype, layout)
    if std <= 0:
        raise ValueError(texts.deviation(std))
    if M == 0:
        return _nothing(kind, requires_grad)
    start = -(M if not sym and M > 1 else M - 1) / 2.0
    scale = 1 / (std * math.sqrt(2))
    at: Any = creation.linspace(
        start * scale, (start + (M - 1)) * scale, M, dtype=kind, device=device, requires_grad=requires_grad
    )
    return (-(at**2)).exp()


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """By the modified Bessel function."""
    kind = _checked("kaiser", M, dtype, layout)
    if beta < 0:
        raise ValueError(texts.shape(beta))
    if M == 0:
        return _nothing(kind, requires_grad)
    if M == 1:
        return _one(kind, requires_grad)
    width: Any = creation.tensor(beta, dtype=kind)
    step = 2.0 * width / (M if not sym else M - 1)
    end = FUNCTIONS["minimum"](width, -width + (M - 1) * step)
    at: Any = creation.linspace(-width, end, M, dtype=kind, device=device, requires_grad=requires_grad)
    return FUNCTIONS["i0"]((width * width - at.pow(2)).sqrt()) / FUNCTIONS["i0"](width)


def bartlett(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A triangle."""
    kind = _checked("bartlett", M, dtype, layout)
    if M == 0:
        return _nothing(kind, requires_grad)
    if M == 1:
        return _one(kind, requires_grad)
    step = 2 / (M if not sym else M - 1)
    at: Any = creation.linspace(-1, -1 + (M - 1) * step, M, dtype=kind, device=device, requires_grad=requires_grad)
    return 1 - at.abs()


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A sum of cosines with these coefficients, whose signs alternate."""
    kind = _checked("general_cosine", M, dtype, layout)
    if M == 0:
        return _nothing(kind, requires_grad)
    if M == 1:
        return _one(kind, requires_grad)
    if not isinstance(a, Iterable):
        raise TypeError(texts.NO_LIST)
    if not a:
        raise ValueError(texts.NONE_GIVEN)
    step = 2 * math.pi / (M if not sym else M - 1)
    at: Any = creation.linspace(0, (M - 1) * step, M, dtype=kind, device=device, requires_grad=requires_grad)
    signed = [(-1) ** number * weight for number, weight in enumerate(a)]
    weights: Any = creation.tensor(signed, dtype=kind, requires_grad=requires_grad)
    orders: Any = creation.arange(len(signed), dtype=kind, requires_grad=requires_grad)
    return (weights.unsqueeze(-1) * (orders.unsqueeze(-1) * at).cos()).sum(0)


def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A raised cosine."""
    return general_cosine(
        M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def _of_coefficients(name: str, coefficients: list[float], *, checked: bool = False) -> Callable[..., Any]:
    def made(
        M: int, *, sym: bool = True, dtype: Any = None, layout: Any = STRIDED, device: Any = None,
        requires_grad: bool = False,
    ) -> Any:  # fmt: skip
        if checked:
            dtype = _checked(name, M, dtype, layout)
        return general_cosine(
            M, a=coefficients, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
        )

    made.__name__ = made.__qualname__ = name
    return made


hamming = _of_coefficients("hamming", [0.54, 1.0 - 0.54])
hann = _of_coefficients("hann", [0.5, 0.5])
blackman = _of_coefficients("blackman", [0.42, 0.5, 0.08], checked=True)
nuttall = _of_coefficients("nuttall", [0.3635819, 0.4891775, 0.1365995, 0.0106411])
