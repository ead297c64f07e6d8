"""Takes out of a text what says where it was built or ran, and nothing that says what happened."""

from __future__ import annotations

import re
from functools import lru_cache

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*\(Triggered internally at [^)]*\)?\.?\)?"), ""),
    (re.compile(r"\s*\(?Exception raised from .*", re.DOTALL), ""),
    (re.compile(r"(Traceback of forward call that (?:caused|induced) [^:]*:\n).*", re.DOTALL), r"\1  ..."),
    (re.compile(r'(INTERNAL ASSERT FAILED) at "[^"]*":\d+'), r"\1"),
    (re.compile(r"0x[0-9a-fA-F]{4,}"), "0xADDRESS"),
    (re.compile(r"torch\.cuda\.(\w+Tensor)"), r"torch.\1"),
    (re.compile(r"\bcuda:\d+\b"), "cuda"),
    (re.compile(r", device='cuda(:\d+)?'"), ""),
    (re.compile(r"\brefgrad\b"), "torch"),
    (re.compile(" and no __dict__ for setting new attributes"), ""),  # which CPython 3.13 adds
)


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """A text of PyTorch's with source positions, addresses and device names taken out."""
    if text.isalnum():
        return text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
