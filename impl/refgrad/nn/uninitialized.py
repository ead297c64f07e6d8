"""Parameters and buffers whose shape is not known yet: they refuse nearly everything until they are materialized.

Behaviour: https://docs.pytorch.org/docs/2.13/generated/torch.nn.parameter.UninitializedParameter.html, details observed
on PyTorch 2.13.0.
"""

from __future__ import annotations

from typing import Any

from refgrad.creation import empty
from refgrad.nn import texts
from refgrad.nn.parameter import Parameter
from refgrad.overrides import install, resolve_name
from refgrad.overrides_in_python import keywords
from refgrad.tensor import Tensor

ALLOWED = frozenset(
    (
        "__hash__", "size", "copy_", "is_complex", "is_floating_point", "half", "float", "double", "char", "short",
        "int", "long", "cuda", "cpu", "to", "get_device", "_has_compatible_shallow_copy_type", "__get__", "__set__",
    )
)  # fmt: skip
"""Methods that need no elements; attributes are read by `__get__` and written by `__set__`."""


class UninitializedTensorMixin:
    """What both have in common. Raises ValueError for nearly every function, RuntimeError for the shape."""

    __slots__ = ()
    __module__ = "torch.nn.parameter"

    cls_to_become: Any = None

    @property
    def shape(self) -> Any:
        raise RuntimeError(texts.SHAPE_NOT_KNOWN)

    def share_memory_(self) -> Any:
        raise RuntimeError(texts.MEMORY_NOT_KNOWN)

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor of this shape, with whatever stands in memory."""
        own: Any = self
        own.data = empty(tuple(shape), device=device, dtype=dtype or own.dtype)
        own.__class__ = self.cls_to_become

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        own: Any = self
        return blank, (isinstance(self, UninitializedParameter), own.requires_grad, own.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            own: Any = self
            memo[id(self)] = type(self)(own.requires_grad, dtype=own.dtype)  # type: ignore[call-arg]
        return memo[id(self)]

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") not in ALLOWED:
            raise ValueError(texts.not_initialized(shown(func)))
        return super().__torch_function__(func, types, args, kwargs)  # type: ignore[misc]


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A parameter without a shape."""

    __slots__ = ()
    __module__ = "torch.nn.parameter"

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return made(cls, requires_grad, device, dtype)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer without a shape."""

    __slots__ = ()
    __module__ = "torch.nn.parameter"

    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        buffer = made(cls, requires_grad, device, dtype)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer


def shown(function: Any) -> str:
    """How PyTorch prints a function."""
    where, _, name = (resolve_name(function) or "").rpartition(".")
    in_python = keywords(where, name) is not None
    if where == "torch.Tensor" and not in_python:
        kind = "slot wrapper" if name in ("__getitem__", "__setitem__") else "method"
        return f"<{kind} '{name}' of 'torch._C.TensorBase' objects>"
    if where == "torch" and not in_python:
        return f"<built-in method {name} of type object at {id(Tensor):#x}>"
    return repr(function)


def made(cls: Any, requires_grad: bool, device: Any, dtype: Any) -> Any:
    install()  # from now on functions look out for such tensors
    tensor: Any = Tensor
    return tensor._make_subclass(cls, empty(0, device=device, dtype=dtype), requires_grad)


def blank(parameter: bool, requires_grad: bool, dtype: Any) -> Any:
    """What a pickle becomes."""
    return (UninitializedParameter if parameter else UninitializedBuffer)(requires_grad, dtype=dtype)


def is_lazy(param: Any) -> bool:
    return isinstance(param, UninitializedTensorMixin)
