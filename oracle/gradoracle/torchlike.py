"""The adapter for engines that look like torch: name the module and its whole namespace is adapted."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from gradoracle.engine import LARGEST_FACT, Unsupported
from gradoracle.trace import Fact

_ATTRIBUTE = {"version": "_version", "is_view": "_is_view"}


def array_fact(dtype: str, array: npt.NDArray[Any]) -> Fact:
    """The fact of a tensor whose elements are `array` and whose dtype prints as `dtype`."""
    data = array.tobytes()
    if array.size > LARGEST_FACT:
        return ("tensor", dtype, array.shape, "sha256", hashlib.sha256(data).digest())
    return ("tensor", dtype, array.shape, data)


class TorchLike:
    """An engine whose module has PyTorch's names: `Tensor`, `autograd`, `no_grad`, `float32`, ...

    A subclass says how to read an array out of a tensor when `tensor.data.numpy()` is not the way.
    """

    survives_fork = True

    def __init__(self, identifier: str, module: ModuleType) -> None:
        self.id = identifier
        self.module = module
        self._tensor: type = module.Tensor
        self._resolved: dict[str, Any] = {}
        self._dtypes: dict[Any, str] = {}
        self._has_grad_mode = hasattr(module, "is_grad_enabled")
        self._has_default_dtype = hasattr(module, "get_default_dtype")
        self._forward_ad: Any = getattr(getattr(module, "autograd", None), "forward_ad", None)
        # What PyTorch says once in the life of a process, a trace must show wherever it is due.
        if hasattr(module, "set_warn_always"):
            module.set_warn_always(True)

    def environment(self) -> dict[str, str]:
        return {"version": str(getattr(self.module, "__version__", "unknown")), "numpy": np.__version__}

    def reset(self) -> None:
        # Asking is cheaper than setting; an engine may have no modes at all.
        module = self.module
        if self._has_grad_mode and not module.is_grad_enabled():
            module.set_grad_enabled(True)
        if self._has_default_dtype and module.get_default_dtype() is not module.float32:
            module.set_default_dtype(module.float32)
        if self._forward_ad is not None:
            _leave_dual_level(self._forward_ad)
        _put_flags_back(module)

    def resolve(self, path: str) -> Any:
        try:
            return self._resolved[path]
        except KeyError:
            pass
        value: Any = self.module
        for name in path.split(".")[1:]:
            try:
                value = getattr(value, name)
            except AttributeError:
                raise Unsupported(path) from None
        self._resolved[path] = value
        return value

    def attribute(self, value: Any, name: str) -> Any:
        try:
            return getattr(value, name)
        except AttributeError:
            if isinstance(value, self._tensor) and not hasattr(type(value), name):
                raise Unsupported(f"torch.Tensor.{name}") from None
            raise

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self._tensor)

    def is_node(self, value: Any) -> bool:
        return hasattr(value, "next_functions") and hasattr(value, "name")

    def array(self, tensor: Any) -> npt.NDArray[Any]:
        """The elements of a tensor, copied or not, as a NumPy array of its shape."""
        elements: npt.NDArray[Any] = tensor.data.numpy()
        return elements

    def transformed(self, tensor: Any) -> bool:
        """Whether a transform of `torch.func` has hold of a tensor: it has a shape and a dtype, no memory."""
        return False

    def tensor_fact(self, tensor: Any) -> Fact:
        if self.transformed(tensor):
            return ("transformed", str(tensor.dtype), tuple(tensor.shape))
        return array_fact(self.dtype_name(tensor.dtype), self.array(tensor))

    def dtype_name(self, dtype: Any) -> str:
        """How a dtype prints."""
        name = self._dtypes.get(dtype)
        if name is None:
            name = self._dtypes[dtype] = str(dtype)
        return name

    def object_fact(self, value: Any) -> Fact | None:
        kind = type(value).__name__
        if kind in ("dtype", "device", "layout", "memory_format"):
            return (kind, str(value))
        return None

    def facet(self, tensor: Any, facet: str) -> Any:
        name = _ATTRIBUTE.get(facet, facet)
        try:
            found = getattr(tensor, name)
        except AttributeError:
            if hasattr(type(tensor), name):
                raise
            raise Unsupported(f"torch.Tensor.{name}") from None
        return found() if facet == "is_view" else found

    def next_functions(self, node: Any) -> Sequence[tuple[Any, int]]:
        edges: Sequence[tuple[Any, int]] = node.next_functions
        return edges

    def node_name(self, node: Any) -> str:
        return str(node.name())

    def storage(self, tensor: Any) -> Hashable | None:
        try:
            storage = tensor.untyped_storage
        except AttributeError:
            if hasattr(type(tensor), "untyped_storage"):
                raise
            raise Unsupported("torch.Tensor.untyped_storage") from None
        address: int = storage().data_ptr()
        return address or None


def _put_flags_back(module: ModuleType) -> None:
    """Put back the flags of autograd that a program may have set outside a block."""
    autograd: Any = getattr(module, "autograd", None)
    if not getattr(autograd, "is_multithreading_enabled", lambda: True)():
        autograd.set_multithreading_enabled(True)
    if hasattr(autograd, "enforce_grad_layout_policy"):
        # Nothing public tells it; making one sets it.
        autograd.enforce_grad_layout_policy(True)


def _leave_dual_level(forward_ad: Any) -> None:
    """End the level that a program entered by hand and did not leave, and let tangents pass again."""
    if getattr(forward_ad, "_current_level", -1) >= 0:
        forward_ad.exit_dual_level()
    if not getattr(forward_ad, "_is_fwd_grad_enabled", bool)() and hasattr(forward_ad, "_set_fwd_grad_enabled"):
        forward_ad._set_fwd_grad_enabled(True)
