"""`torch._C._functorch`: what the levels of transforms know of a tensor."""

from __future__ import annotations

from typing import Any

from refgrad.forward_texts import NO_WRAPPERS, no_tensor_argument
from refgrad.levels import Wrapper, levels, settled, wrapper_of
from refgrad.tensor import Tensor


def _wrapper(name: str, tensor: Any, result: str = "bool") -> Wrapper | None:
    if not isinstance(tensor, Tensor):
        raise TypeError(no_tensor_argument(name, tensor, result))
    return wrapper_of(tensor)


def is_batchedtensor(tensor: Any) -> bool:
    """Whether its level is one of `vmap`."""
    found = _wrapper("is_batchedtensor", tensor)
    return found is not None and found.dim is not None


def is_gradtrackingtensor(tensor: Any) -> bool:
    """Whether its level is one of `grad`, `vjp` or `jvp`."""
    found = _wrapper("is_gradtrackingtensor", tensor)
    return found is not None and found.dim is None and found.level.transform != "functionalize"


def is_functionaltensor(tensor: Any) -> bool:
    """Whether its level is one of `functionalize`."""
    found = _wrapper("is_functionaltensor", tensor)
    return found is not None and found.level.transform == "functionalize"


def is_functorch_wrapped_tensor(tensor: Any) -> bool:
    """Whether it is a tensor of a level."""
    return _wrapper("is_functorch_wrapped_tensor", tensor) is not None


def is_legacy_batchedtensor(tensor: Any) -> bool:
    """Whether its level is one of a batched backward."""
    found = _wrapper("is_legacy_batchedtensor", tensor)
    return found is not None and bool(getattr(found.level, "legacy", False))


def is_dead_tensor_wrapper(tensor: Any) -> bool:
    """Whether its level, one of `grad`, `vjp` or `jvp`, has ended."""
    found = _wrapper("is_dead_tensor_wrapper", tensor)
    return found is not None and found.dim is None and not found.level.alive


def unwrap_if_dead(tensor: Any) -> Any:
    """What it stands on if its level has ended."""
    return settled(tensor) if is_dead_tensor_wrapper(tensor) else tensor


def maybe_get_level(tensor: Any) -> int:
    """The number of its level; -1 for none, -2 for one that has ended."""
    found = _wrapper("maybe_get_level", tensor, "int")
    if found is None:
        return -1
    return found.level.number if found.level.alive or found.dim is not None else -2


def maybe_get_bdim(tensor: Any) -> int:
    """The dimension that its level hides; -1 for none."""
    found = _wrapper("maybe_get_bdim", tensor, "int")
    return -1 if found is None or found.dim is None else found.dim


def maybe_current_level() -> int | None:
    """The number of the innermost level."""
    return levels.stack[-1].number if levels.stack else None


def get_unwrapped(tensor: Any) -> Any:
    """What it stands on. Raises RuntimeError for a tensor of no level."""
    found = _wrapper("get_unwrapped", tensor, "torch.Tensor")
    if found is None:
        raise RuntimeError(NO_WRAPPERS)
    return found.inner
