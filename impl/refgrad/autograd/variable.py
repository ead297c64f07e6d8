"""`torch.autograd.variable`: the name that tensors with a history once had."""

from __future__ import annotations

import warnings
from typing import Any

from refgrad import binding_texts, tensor_texts
from refgrad.autograd.execution import execution_engine
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

ARGUMENTS = ("data", "requires_grad", "volatile")


class VariableMeta(type):
    """Makes every tensor a Variable, and calling Variable make a tensor."""

    def __instancecheck__(cls, other: object) -> bool:
        return isinstance(other, Tensor)

    def __call__(cls, *args: Any, **kwargs: Any) -> Tensor:
        """A leaf on the memory of a tensor, with a version counter of its own.

        Raises TypeError for anything but a tensor, RuntimeError for a type that cannot require grad.
        """
        given = dict(zip(ARGUMENTS, args, strict=False))
        for name, value in kwargs.items():
            if name not in ARGUMENTS:
                raise TypeError(binding_texts.invalid_keyword(name))
            given[name] = value
        data, requires_grad = given.get("data"), bool(given.get("requires_grad"))
        if given.get("volatile"):
            warnings.warn(binding_texts.VOLATILE, UserWarning, stacklevel=2)
        if data is None:
            made = Tensor(0)
        elif isinstance(data, Tensor):
            made = data.data
        else:
            raise TypeError(tensor_texts.data_is_no_tensor(type_name(data)))
        if requires_grad and made._array.dtype.kind not in "fcV":
            raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
        made._requires_grad = requires_grad
        return made


class Variable(metaclass=VariableMeta):
    """`Variable(data, requires_grad=False)`: a tensor."""

    __module__ = "torch.autograd.variable"

    _execution_engine = execution_engine


__all__ = ["Variable", "VariableMeta"]
