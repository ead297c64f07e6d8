"""`torch.amp`: blocks in which products are computed in a short type, and sensitive operators in float32.

The lists are PyTorch's for the CPU. Nothing looks out for such a block until the first is entered: only then are the
rows of the operator table that it concerns exchanged for ones that cast their operands.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any

from refgrad import dtypes
from refgrad.device import Device
from refgrad.modes import is_grad_enabled
from refgrad.operators import convolution, linalg_solving, losses, margins, matrix, reductions
from refgrad.operators.activations import FUNCTIONAL
from refgrad.operators.call import call
from refgrad.operators.convert import converted
from refgrad.operators.declare import Operator
from refgrad.operators.examples import MM
from refgrad.short_types import state
from refgrad.tensor import Tensor

SHORTENED: tuple[Operator, ...] = (
    MM, matrix.BMM, matrix.ADDMM, matrix.BADDBMM, matrix.ADDBMM, convolution.CONVOLUTION,
)  # fmt: skip
"""Computed in the short type."""

PUBLIC = ("mm", "bmm", "addmm", "baddbmm", "addbmm")
"""Their public names, whose functions do not go through the row."""

WIDENED: tuple[Operator, ...] = (
    losses.MSE_LOSS, losses.BCE, losses.HUBER, losses.NLL, margins.MULTI_MARGIN, reductions.PROD,
    linalg_solving.INVERSE,
)  # fmt: skip
"""Computed in float32."""

UNSUPPORTED = (
    "In {0} autocast, but the target dtype is not supported. Disabling autocast.\n{0} Autocast only supports dtypes of "
    "torch.bfloat16, torch.float16 currently."
)
NO_CUDA_SCALER = "torch.amp.GradScaler is enabled, but CUDA is not available.  Disabling."
NO_CUDA = "CUDA is not available or torch_xla is imported. Disabling autocast."


installed: list[bool] = []


def short(value: Any) -> Any:
    """A tensor of float32 in the short type; parameters are cast once in a block."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(short, value))
    kind = state.kind
    if kind is None or not isinstance(value, Tensor) or value.dtype is kind or not value.is_floating_point():
        return value
    if value.dtype is dtypes.float64:
        return value
    if not (value.is_leaf and value.requires_grad and is_grad_enabled()):
        return converted(value, kind)
    if id(value) not in state.cache:
        state.cache = {**state.cache, id(value): (value, converted(value, kind))}
    return state.cache[id(value)][1]


def wide(value: Any) -> Any:
    """A tensor of a short type in float32."""
    if isinstance(value, Tensor) and value.dtype in (dtypes.float16, dtypes.bfloat16):
        return converted(value, dtypes.float32)
    return value


def casting(run: Callable[..., Any], cast: Callable[[Any], Any]) -> Callable[..., Any]:
    """`run`, whose operands are cast inside a block."""

    @functools.wraps(run)
    def made(*arguments: Any, **options: Any) -> Any:
        if state.kind is None:
            return run(*arguments, **options)
        return run(*map(cast, arguments), **options)

    return made


def row_runner(row: Operator) -> Callable[..., Any]:
    count = len(row.tensor_names)
    return row.short or (lambda *arguments: call(row, arguments[:count], arguments[count:]))


def install() -> None:
    """Let the rows look out for blocks, from now on."""
    if installed:
        return
    installed.append(True)
    for rows, cast in ((SHORTENED, short), (WIDENED, wide)):
        for row in rows:
            row.short = casting(row_runner(row), cast)
    place = vars(sys.modules["refgrad"])
    for name in PUBLIC:
        place[name] = casting(place[name], short)
        setattr(Tensor, name, casting(getattr(Tensor, name), short))
    place["prod"] = casting(place["prod"], wide)
    FUNCTIONAL["cross_entropy"] = casting(FUNCTIONAL["cross_entropy"], wide)


class autocast:  # PyTorch's name
    """A block, or the decorator of a function, in which operands are cast."""

    __module__ = "torch.amp.autocast_mode"

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(  # noqa: TRY004  # PyTorch's
                f"Expected `device_type` of type `str`, got: `{type(device_type)}`"
            )
        Device(device_type)
        self.device, self.fast_dtype = device_type, state.usual if dtype is None else dtype
        self._enabled = enabled
        if enabled and device_type == "cuda":
            warnings.warn(NO_CUDA, stacklevel=2)
            self._enabled = False
        elif enabled and self.fast_dtype not in (dtypes.float16, dtypes.bfloat16):
            warnings.warn(UNSUPPORTED.format(device_type.upper()), stacklevel=2)
            self._enabled = False

    def __enter__(self) -> autocast:
        install()
        self._before = state.kind
        state.kind = self.fast_dtype if self._enabled else None
        state.depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        state.kind = self._before
        state.depth -= 1
        if not state.depth:
            state.cache = {}

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def run(*arguments: Any, **options: Any) -> Any:
            with self:
                return func(*arguments, **options)

        return run


def is_autocast_available(device_type: str) -> bool:
    return device_type == "cpu"


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether a block for the CPU holds; without a device, one for CUDA, which never does."""
    return state.kind is not None and device_type == "cpu"


def get_autocast_dtype(device_type: str) -> Any:
    return (state.kind or state.usual) if device_type == "cpu" else dtypes.float16


def set_autocast_dtype(device_type: str, dtype: Any) -> None:
    state.usual = dtype


def is_autocast_cache_enabled() -> bool:
    return True


def clear_autocast_cache() -> None:
    state.cache = {}


from refgrad.amp_functions import custom_bwd, custom_fwd  # noqa: E402, F401  # they stand on the above
from refgrad.amp_scaler import GradScaler  # noqa: E402, F401
