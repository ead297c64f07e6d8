"""What PyTorch tells about machine and build, for programs that ask: there is a CPU and one thread."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

from refgrad import binding_texts
from refgrad.type_names import type_name

no = SimpleNamespace(is_available=lambda: False, is_built=lambda: False, enabled=False)
_fast_attention = [True]


def set_fastpath_enabled(value: bool) -> None:
    """Whether attention without gradients may be one operator."""
    _fast_attention[0] = value


mha = SimpleNamespace(get_fastpath_enabled=lambda: _fast_attention[0], set_fastpath_enabled=set_fastpath_enabled)
backends = SimpleNamespace(
    cuda=no, cudnn=SimpleNamespace(deterministic=False, benchmark=False, **vars(no)), mkl=no, mkldnn=no, mps=no,
    openmp=no, mha=mha,
)  # fmt: skip
version = SimpleNamespace(cuda=None, hip=None, git_version="")
compiler = SimpleNamespace(is_compiling=lambda: False, is_dynamo_compiling=lambda: False, disable=lambda fn: fn)

_deterministic = [0]
"""0: no; 1: others are warned of; 2: they are refused."""
_precision = ["highest"]
MODES = {"default": 0, "warn": 1, "error": 2}


def get_num_threads() -> int:
    return 1


def set_num_threads(number: int) -> None:
    """Without effect: NumPy's threads are its own."""


def set_flush_denormal(mode: bool) -> bool:
    """Without effect. Raises RuntimeError for anything but a bool."""
    if not isinstance(mode, bool):
        raise RuntimeError(binding_texts.flush_denormal(type_name(mode)))  # noqa: TRY004
    return True


def _is_device_backend_autoload_enabled() -> bool:
    return True


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Kept, and without effect: every algorithm is deterministic."""
    _deterministic[0] = 0 if not mode else 1 if warn_only else 2


def are_deterministic_algorithms_enabled() -> bool:
    return bool(_deterministic[0])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    return _deterministic[0] == 1


def get_deterministic_debug_mode() -> int:
    return _deterministic[0]


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same by name or number. Raises TypeError and RuntimeError for what is none of them."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(binding_texts.debug_mode_type(type(debug_mode)))
    if isinstance(debug_mode, str):
        if debug_mode not in MODES:
            raise RuntimeError(binding_texts.debug_mode_name(debug_mode))
        debug_mode = MODES[debug_mode]
    if debug_mode not in MODES.values():
        raise RuntimeError(binding_texts.debug_mode_number(debug_mode))
    _deterministic[0] = debug_mode


def get_float32_matmul_precision() -> str:
    return _precision[0]


def set_float32_matmul_precision(precision: str) -> None:
    """Kept, and without effect. Warns (UserWarning) of an unknown name, raises RuntimeError for what is no name."""
    if not isinstance(precision, str):
        raise RuntimeError(binding_texts.precision_type(type(precision).__name__))  # noqa: TRY004
    if precision not in ("highest", "high", "medium"):
        warnings.warn(binding_texts.precision_name(precision), UserWarning, stacklevel=2)
        return
    _precision[0] = precision


def compile(model: Any = None, **options: Any) -> Any:
    """The function as it is."""
    return (lambda made: made) if model is None else model
