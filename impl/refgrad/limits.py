"""`torch.finfo` and `torch.iinfo`: what fits an element type."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.device import only_argument
from refgrad.dtypes import PYTHON_TYPES


def limits_of_brain_float() -> Any:
    from ml_dtypes import finfo as of_brain_float

    return of_brain_float("bfloat16")


class finfo:
    """The limits of a floating or complex type, by default of the default type.

    Raises TypeError for an integer type.
    """

    __module__ = "torch"

    def __init__(self, *given: Any, **named: Any) -> None:
        kind = only_argument("finfo", given, named, "type") or dtypes.get_default_dtype()
        kind = PYTHON_TYPES.get(kind, kind)
        if kind.category < dtypes.FLOATING:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        known: Any = limits_of_brain_float() if kind is dtypes.bfloat16 else np.finfo(kind.numpy)
        self.bits = int(known.bits)
        self.dtype = str(kind.to_real()).removeprefix("torch.")
        for name in ("eps", "max", "min", "tiny", "smallest_normal", "resolution"):
            setattr(self, name, float(getattr(known, name)))

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        shown = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"finfo({shown}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer type.

    Raises TypeError for any other type.
    """

    __module__ = "torch"

    def __init__(self, *given: Any, **named: Any) -> None:
        kind = only_argument("iinfo", given, named, "type")
        kind = PYTHON_TYPES.get(kind, kind)
        if kind.category == dtypes.BOOL:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if kind.category != dtypes.INTEGER:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        known = np.iinfo(kind.numpy)
        self.bits, self.min, self.max = int(known.bits), int(known.min), int(known.max)
        self.dtype = str(kind).removeprefix("torch.")

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
