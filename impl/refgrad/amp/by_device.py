"""The names of `torch.cuda.amp` and `torch.cpu.amp`, made from those of `torch.amp`.

The device is known, and each use has a FutureWarning.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from refgrad.amp import texts


def scaler(made: Callable[..., Any], device: str) -> Callable[..., Any]:
    def deprecated(*args: Any, **kwargs: Any) -> Any:
        told = texts.moved(device, "GradScaler", f"GradScaler('{device}', args...)")
        warnings.warn(told, FutureWarning, stacklevel=2)
        return made(device, *args, **kwargs)

    return deprecated


def block(made: Callable[..., Any], device: str, usual: Any) -> Callable[..., Any]:
    def deprecated(enabled: bool = True, dtype: Any = usual, cache_enabled: bool = True) -> Any:
        told = texts.moved(device, "autocast", f"autocast('{device}', args...)")
        warnings.warn(told, FutureWarning, stacklevel=2)
        return made(device, dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)

    return deprecated


def with_keyword(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Any:
        name = function.__name__
        told = texts.moved("cuda", name, f"{name}(args..., device_type='cuda')")
        warnings.warn(told, FutureWarning, stacklevel=2)
        return function(*args, **kwargs, device_type="cuda")

    return deprecated
