"""`torch.fft`: the functions of the operator table."""

from __future__ import annotations

from typing import Any

from refgrad.operators.fourier import FOURIER

globals().update(FOURIER)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
