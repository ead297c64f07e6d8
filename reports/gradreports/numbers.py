"""The bytes of a tensor as numbers, and numbers as PyTorch prints them, with every digit that matters."""

from __future__ import annotations

import math
import struct

_CODES = {
    "torch.float64": "d", "torch.float32": "f", "torch.float16": "e", "torch.bfloat16": "H", "torch.int64": "q",
    "torch.int32": "i", "torch.int16": "h", "torch.int8": "b", "torch.uint64": "Q", "torch.uint32": "I",
    "torch.uint16": "H", "torch.uint8": "B", "torch.bool": "?", "torch.complex64": "f", "torch.complex128": "d",
}  # fmt: skip
_DIGITS = {"torch.float32": 9, "torch.complex64": 9, "torch.float16": 5, "torch.bfloat16": 4}
_PACKING = {
    "torch.float32": "f",
    "torch.uint16": "H",
    "torch.uint32": "I",
    "torch.uint64": "Q",
    "torch.complex64": "f",
    "torch.float16": "e",
}


def texts(dtype: str, data: bytes, limit: int) -> list[str] | None:
    """The first `limit` elements as text; None for a dtype that is not known here or bytes that do not fit it."""
    code = _CODES.get(dtype)
    if code is None:
        return None
    parts = 2 if dtype.startswith("torch.complex") else 1
    size = struct.calcsize("<" + code) * parts
    if len(data) % size:
        return None
    shown = data[: size * limit]
    numbers = struct.unpack(f"<{len(shown) * parts // size}{code}", shown)
    if parts == 2:
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return [_complex(dtype, real, imaginary) for real, imaginary in pairs]
    if dtype == "torch.bfloat16":
        return [number(dtype, struct.unpack("<f", struct.pack("<I", bits << 16))[0]) for bits in numbers]
    return [number(dtype, value) if isinstance(value, float) else str(value) for value in numbers]


def number(dtype: str, value: float) -> str:
    """The shortest text that reads back as the same number of that dtype: `1.`, `-0.`, `0.1`, `1e-07`, `nan`."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    text = _shortest(dtype, value)
    return text[:-1] if text.endswith(".0") else text


def _shortest(dtype: str, value: float) -> str:
    most = _DIGITS.get(dtype)
    if most is None:
        return repr(value)
    for digits in range(1, most):
        text = f"{value:.{digits}g}"
        if _same(dtype, float(text), value):
            return repr(float(text))
    return repr(float(f"{value:.{most}g}"))


def _same(dtype: str, guess: float, value: float) -> bool:
    if dtype == "torch.bfloat16":
        return math.isclose(guess, value, rel_tol=2.0**-9)
    try:
        code = "<" + _PACKING[dtype]
        return bool(struct.unpack(code, struct.pack(code, guess))[0] == value)
    except OverflowError:
        return False


def _complex(dtype: str, real: float, imaginary: float) -> str:
    sign = "-" if math.copysign(1.0, imaginary) < 0 else "+"
    return f"{number(dtype, real)}{sign}{number(dtype, abs(imaginary))}j"
