"""`torch.utils.swap_tensors`: two tensors that become each other."""

from __future__ import annotations

import copyreg
import weakref
from typing import Any

from refgrad.subclassing import SLOTS
from refgrad.tensor import Tensor


def swap_tensors(t1: Any, t2: Any) -> None:
    """Exchange all that two tensors are and have, so that whoever holds one has the other.

    Raises RuntimeError if somebody refers to one weakly, or their classes have other slots.
    """
    for name, each in (("t1", t1), ("t2", t2)):
        if not isinstance(each, Tensor):
            raise AttributeError(  # noqa: TRY004  # PyTorch's
                f"'{type(each).__name__}' object has no attribute '_use_count'"
            )
        if any(not isinstance(known, weakref.ref) or known() is each for known in weakref.getweakrefs(each)):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    if set(copyreg._slotnames(type(t1))) != set(copyreg._slotnames(type(t2))):  # type: ignore[attr-defined]
        raise RuntimeError("Cannot swap t1 and t2 if they have different slots")
    for name in ("__class__", "__dict__", *SLOTS):
        one, other = getattr(t1, name, None), getattr(t2, name, None)
        setattr(t1, name, other)
        setattr(t2, name, one)
