"""`torch.nn.parameter`: a leaf that says of itself that it is one of a model's parameters."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from refgrad import binding_texts, tensor_texts
from refgrad.creation import empty
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.overrides import disabled_torch_function
from refgrad.tensor import Tensor


class IsParameter(type(Tensor)):  # type: ignore[misc]
    """Tensors of other classes say of themselves that they are parameters."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if super().__instancecheck__(instance):
            return True
        return cls is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False)


IsParameter.__name__ = IsParameter.__qualname__ = "_ParameterMeta"
IsParameter.__module__ = "torch.nn.parameter"


class Parameter(Tensor, metaclass=IsParameter):
    """A leaf on the memory of a tensor that requires grad unless told otherwise; operators make plain tensors of it.

    A copy of it has no gradient. Raises RuntimeError for a type that cannot require grad, AttributeError for anything
    but a tensor, TypeError if `requires_grad` is no bool.
    """

    __slots__ = ()

    __module__ = "torch.nn.parameter"
    __torch_function__ = staticmethod(disabled_torch_function)

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if isinstance(data, Tensor) and type(data) not in (Tensor, Parameter):
            marked: Any = data.detach().requires_grad_(requires_grad)
            marked._is_param = True
            return marked
        source = empty(0) if data is None else data.alias() if levels.dispatch else data.detach()
        if not isinstance(requires_grad, bool):
            raise TypeError(binding_texts.not_a_bool("_make_subclass", "require_grad", 3, requires_grad))
        if requires_grad and source._array.dtype.kind not in "fcV":
            raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
        if requires_grad and data is not None and data.is_inference() and not modes.inference:
            raise RuntimeError(tensor_texts.INFERENCE_REQUIRES_GRAD)
        made = object.__new__(cls)
        made._array = source._array
        made._grad_fn = made._view = made._extra = made._held_grad = made._accumulator = None
        made._output_nr = 0
        made._requires_grad = requires_grad
        made._versions = source._versions
        if source._extra is not None and source._extra.wrapper is not None:
            made.own_extra().wrapper = source._extra.wrapper
        return made

    def __repr__(self, *, tensor_contents: str | None = None) -> str:  # type: ignore[override]  # mypy drops the name
        return "Parameter containing:\n" + super().__repr__()

    def __str__(self) -> str:
        return repr(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self._requires_grad)  # PyTorch leaves attributes behind
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return rebuilt, (self.data, self._requires_grad, self.__dict__)


def rebuilt(data: Any, requires_grad: bool, kept: dict[str, Any]) -> Any:
    """What a copied or pickled parameter becomes."""
    made = Parameter(data, requires_grad)
    made._backward_hooks = OrderedDict()
    made.__dict__.update(kept)
    return made


class IsBuffer(type):
    """Buffers are plain tensors that say of themselves that they are buffers."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


IsBuffer.__name__ = IsBuffer.__qualname__ = "_BufferMeta"
IsBuffer.__module__ = "torch.nn.parameter"


class Buffer(metaclass=IsBuffer):
    """A tensor that a module takes for one of its buffers."""

    __module__ = "torch.nn.parameter"

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        made: Any = empty(0) if data is None else data.detach().requires_grad_(data.requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        return made


def __getattr__(name: str) -> Any:
    if name in ("UninitializedBuffer", "UninitializedParameter", "UninitializedTensorMixin", "is_lazy"):
        from refgrad.nn import uninitialized

        return getattr(uninitialized, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


__all__ = ["Buffer", "Parameter"]
