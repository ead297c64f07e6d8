"""`torch.amp.custom_fwd` and `custom_bwd`: custom Functions under autocast."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from refgrad import dtypes
from refgrad.amp import autocast, get_autocast_dtype, is_autocast_enabled
from refgrad.tensor import Tensor


def check_device(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(  # noqa: TRY004  # PyTorch's
            f"Expected `device_type` of type `str`, got: `{type(device_type)}`"
        )


def cast(value: Any, kind: Any) -> Any:
    """Tensors of floating point, but for those of float64, in another type; also in containers."""
    if isinstance(value, Tensor):
        return value.to(kind) if value.is_floating_point() and value.dtype is not dtypes.float64 else value
    if isinstance(value, Mapping):
        return {cast(name, kind): cast(each, kind) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(cast(each, kind) for each in value)
    return value


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: Any = None
) -> Callable[..., Any]:
    """Decorate a `forward`, which remembers whether autocast held; with `cast_inputs` it runs without, on inputs cast.

    Raises ValueError if `device_type` is no string.
    """
    check_device(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorate_fwd(*args: Any, **kwargs: Any) -> Any:
        assert fwd is not None
        args[0]._dtype = get_autocast_dtype(device_type)
        held = is_autocast_enabled(device_type)
        args[0]._fwd_used_autocast = held and cast_inputs is None
        if not held or cast_inputs is None:
            return fwd(*args, **kwargs)
        with autocast(device_type=device_type, enabled=False):
            return fwd(*cast(args, cast_inputs), **cast(kwargs, cast_inputs))

    return decorate_fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Callable[..., Any]:
    """Decorate a `backward`, which runs under autocast if its `forward` did.

    Raises ValueError if `device_type` is no string.
    """
    check_device(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorate_bwd(*args: Any, **kwargs: Any) -> Any:
        assert bwd is not None
        with autocast(device_type=device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return decorate_bwd
