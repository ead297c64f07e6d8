"""`custom_fwd` and `custom_bwd` of `torch.amp`: autograd functions in a block of `torch.autocast`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.amp import texts
from refgrad.amp.autocast_mode import autocast, get_autocast_dtype, is_autocast_enabled
from refgrad.tensor import Tensor


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: Any = None) -> Callable[..., Any]:
    """A `forward` that notes whether it ran in a block. Raises ValueError if `device_type` is no str.

    With `cast_inputs`, a dtype, it gets its tensors in that type and runs outside of the block.
    """
    checked(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorate_fwd(*args: Any, **kwargs: Any) -> Any:
        context, inside = args[0], is_autocast_enabled(device_type)
        context._dtype = get_autocast_dtype(device_type)
        context._fwd_used_autocast = inside and cast_inputs is None
        if cast_inputs is None or not inside:
            return fwd(*args, **kwargs)
        with autocast(device_type=device_type, enabled=False):
            return fwd(*cast(args, device_type, cast_inputs), **cast(kwargs, device_type, cast_inputs))

    return decorate_fwd


def custom_bwd(bwd: Any = None, *, device_type: str) -> Callable[..., Any]:
    """A `backward` in the same kind of block as its `forward`. Raises ValueError if `device_type` is no str."""
    checked(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorate_bwd(*args: Any, **kwargs: Any) -> Any:
        context = args[0]
        with autocast(device_type=device_type, enabled=context._fwd_used_autocast, dtype=context._dtype):
            return bwd(*args, **kwargs)

    return decorate_bwd


def checked(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(texts.device_type(device_type))  # noqa: TRY004  # PyTorch's


def cast(value: Any, device_type: str, dtype: Any) -> Any:
    """Tensors of floating point in another type, wherever they stand in lists, tuples and dictionaries; not float64."""
    if isinstance(value, Tensor):
        wanted = value.is_floating_point() and value.device.type == device_type and value.dtype is not dtypes.float64
        return value.to(dtype) if wanted else value
    if isinstance(value, (str, np.ndarray)):
        return value
    if isinstance(value, Mapping):
        pairs = {cast(key, device_type, dtype): cast(each, device_type, dtype) for key, each in value.items()}
        return type(value)(pairs)  # type: ignore[call-arg]
    if isinstance(value, Iterable):
        made = (cast(each, device_type, dtype) for each in value)
        return type(value)(made) if isinstance(value, (list, tuple)) else made
    return value
