"""The rest of the conversions: `type` by name, `cpu`, `char`, `byte`, questions about types. `to` is in convert.py."""

from __future__ import annotations

from typing import Any

from refgrad import binding_texts, dtypes
from refgrad.legacy_types import OfType
from refgrad.operators.call import result_type
from refgrad.operators.convert import shorthand
from refgrad.operators.declare import FUNCTION, METHOD, function
from refgrad.tensor import Tensor

function("char", public=METHOD)(shorthand("char", dtypes.int8))
function("byte", public=METHOD)(shorthand("byte", dtypes.uint8))

BY_NAME = {"torch." + each.legacy_name: each for each in dtypes.ALL}


@function("type", public=METHOD)
def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False, *, memory_format: Any = None) -> Any:
    """The old name of the tensor's type, or the tensor in another type, which may be given by such a name.

    Raises ValueError for a name that is none.
    """
    if dtype is None:
        return ("torch.sparse." if self.is_sparse else "torch.") + self.dtype.legacy_name
    if isinstance(dtype, type):
        if dtype is Tensor:
            dtype = dtypes.get_default_dtype()
        elif isinstance(dtype, OfType):
            dtype = dtype.dtype
        else:
            raise ValueError(f"invalid type: '{dtype.__name__}'")
    if isinstance(dtype, str):
        if dtype not in BY_NAME:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = BY_NAME[dtype]
    if not isinstance(dtype, dtypes.dtype):
        raise TypeError(binding_texts.NO_TYPE)
    return self.to(dtype, memory_format=memory_format)


@function("cpu", public=METHOD)
def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself: there is no other device."""
    return self


@function("result_type", public=FUNCTION)
def type_of_result(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The type that an operation of two tensors or numbers gives."""
    return result_type("result_type", (tensor1, tensor2))


@function("is_floating_point", public=FUNCTION)
def is_floating_point(input: Tensor) -> bool:
    return input._array.dtype.kind in "fV"


@function("is_complex", public=FUNCTION)
def is_complex(input: Tensor) -> bool:
    return input._array.dtype.kind == "c"


@function("is_nonzero")
def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is other than 0."""
    return bool(input)


@function("numel", public=FUNCTION)
def numel(input: Tensor) -> int:
    return input._array.size
