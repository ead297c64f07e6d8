"""Tensors as instances of other classes."""

from __future__ import annotations

from typing import Any

from refgrad import binding_texts, tensor_texts
from refgrad.overrides import install, torch_function_of_tensors
from refgrad.tensor import Tensor

SLOTS = tuple(slot for slot in Tensor.__slots__ if not slot.startswith("__"))

NO_SUBCLASS = (
    "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class "
    "inherits from Tensor."
)


def retyped(tensor: Tensor, cls: Any) -> Any:
    """A new instance of `cls` in the place of a tensor that nobody else has.

    Raises TypeError if it is no subclass of `Tensor`.
    """
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(NO_SUBCLASS)
    made = object.__new__(cls)
    for slot in SLOTS:
        setattr(made, slot, getattr(tensor, slot))
    return made


def as_subclass(self: Any, cls: Any) -> Any:
    """An alias of the tensor, with its history, that is an instance of `cls`."""
    from refgrad.operators.getitem import ALIAS

    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(NO_SUBCLASS)
    return retyped(ALIAS(self), cls)


def _make_subclass(cls: Any, data: Tensor, require_grad: bool = False, **options: Any) -> Any:
    """A leaf of class `cls` on the memory of a tensor."""
    if not isinstance(data, Tensor):
        raise TypeError(binding_texts.wrong_argument("_make_subclass", "data", 2, "Tensor", type(data).__name__))
    if not isinstance(cls, type):
        raise TypeError(binding_texts.wrong_argument("_make_subclass", "cls", 1, "type", type(cls).__name__))
    if require_grad and data._array.dtype.kind not in "fcV":
        raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
    made = retyped(data.detach(), cls)
    made._requires_grad = require_grad
    return made


def attach() -> None:
    """Let `Tensor` be subclassed: from the first subclass on, the public names look out for their instances."""

    def __init_subclass__(cls: Any, /, **options: Any) -> None:
        if not str(cls.__module__).startswith(("refgrad", "torch.")):
            install()

    tensor: Any = Tensor
    tensor.as_subclass = as_subclass
    tensor._make_subclass = staticmethod(_make_subclass)
    tensor.__torch_function__ = classmethod(torch_function_of_tensors)
    tensor.__init_subclass__ = classmethod(__init_subclass__)


__all__ = ["as_subclass", "attach", "retyped"]
