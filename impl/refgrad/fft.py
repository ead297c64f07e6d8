"""`torch.fft`: the functions of the operator table."""

from __future__ import annotations

from typing import Any

from refgrad.operators.fourier import FOURIER
from refgrad.signatures.attaching import all_public as _all_public

globals().update(_all_public(FOURIER, "fft_"))


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
