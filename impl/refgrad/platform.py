"""What PyTorch tells about machine and build, for programs that ask: there is a CPU and one thread."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from refgrad import binding_texts
from refgrad.device import check_available

no = SimpleNamespace(is_available=lambda: False, is_built=lambda: False, enabled=False)
cuda = SimpleNamespace(
    is_available=lambda: False, device_count=lambda: 0, is_initialized=lambda: False,
    synchronize=lambda *_: check_available("cuda"),
    manual_seed=lambda _: None, manual_seed_all=lambda _: None, empty_cache=lambda: None,
    current_device=lambda: check_available("cuda"),
)  # fmt: skip
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

_deterministic = [False]


def get_num_threads() -> int:
    return 1


def set_num_threads(number: int) -> None:
    """Without effect: NumPy's threads are its own."""


def set_flush_denormal(mode: bool) -> bool:
    """Without effect. Raises RuntimeError for anything but a bool."""
    if not isinstance(mode, bool):
        raise RuntimeError(binding_texts.flush_denormal(type(mode).__name__))  # noqa: TRY004
    return True


def _is_device_backend_autoload_enabled() -> bool:
    return True


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Kept, and without effect: every algorithm is deterministic."""
    _deterministic[0] = mode


def are_deterministic_algorithms_enabled() -> bool:
    return _deterministic[0]


def compile(model: Any = None, **options: Any) -> Any:
    """The function as it is."""
    return (lambda made: made) if model is None else model
