"""What PyTorch has looked at before a kernel refuses the type of the elements, of what is computed one by one.

The shapes and the types of what is written come first. Here the kernel is asked first, and these only if it refuses.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dtypes, inplace_texts
from refgrad.inplace import check_inplace
from refgrad.modes import modes
from refgrad.operators.texts import ZERO_DIVISION
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.dtypes import dtype
    from refgrad.operators.declare import Operator

COMPARISONS = frozenset("eq ne lt le gt ge".split())
"""Their results are written into every type."""
SIZED_ONCE = frozenset("floor_divide float_power logical_and logical_or logical_xor logical_not angle logit".split())


def is_of_kernel(error: Exception) -> bool:
    """Whether it is a kernel that refuses, and not a check before it."""
    return (isinstance(error, NotImplementedError) and str(error)[:1] == '"') or str(error) == ZERO_DIVISION


def common_type(row: Operator, tensors: Sequence[Any], attributes: Sequence[Any]) -> dtype | None:
    """The type that a row computes in; `None` where it does not work one by one."""
    from refgrad.operators.call import result_type
    from refgrad.operators.declare import Rule

    given = dict(zip(row.attribute_names, attributes, strict=True))
    numbers = [given[each] for each in ("self", "other") if row.attribute_kinds.get(each) == "Number"]
    if row.rule is Rule.KEEP and not numbers:
        return None
    kind = result_type(row.name, (*tensors, *numbers))
    return dtypes.get_default_dtype() if row.rule is Rule.FLOAT and kind.category < dtypes.FLOATING else kind


def shapes_of(tensors: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    return (each._array.shape for each in tensors if isinstance(each, Tensor))


def check_target(name: str, kind: dtype, tensors: Sequence[Any], target: Tensor) -> None:
    """Raise RuntimeError if the tensor that is written in place is of another shape, or its type too narrow."""
    check_inplace(target, recording=modes.grad and target.requires_grad)
    shape = np.broadcast_shapes(*shapes_of(tensors))
    if shape != target._array.shape:
        raise RuntimeError(inplace_texts.output_shape_mismatch(target._array.shape, shape))
    check_cast(name, kind, target)


def check_out_target(name: str, kind: dtype, tensors: Sequence[Any], target: Tensor) -> None:
    """The same of an `out=`, which takes the shape, with a warning."""
    check_cast(name, kind, target)
    shape = np.broadcast_shapes(*shapes_of(tensors))
    warn_of_copy(name, kind, shape, target)
    if target._array.size and target._array.shape != shape:
        warnings.warn(inplace_texts.out_resized(target._array.shape, shape), UserWarning, stacklevel=5)


def check_cast(name: str, kind: dtype, target: Tensor) -> None:
    if name.removesuffix("_") not in COMPARISONS and not dtypes.can_cast(kind, target.dtype):
        raise RuntimeError(inplace_texts.cannot_cast_result(kind.scalar_name, target.dtype.scalar_name))


def warn_of_copy(name: str, kind: dtype, shape: tuple[int, ...], target: Tensor) -> None:
    """Of another type than the result is computed in, an `out=` and its copy of that type are both sized anew."""
    copied = kind is not target.dtype and (name in COMPARISONS or dtypes.can_cast(kind, target.dtype))
    if copied and name not in SIZED_ONCE and target._array.size and target._array.shape != shape:
        warnings.warn(inplace_texts.out_resized(target._array.shape, shape), UserWarning, stacklevel=5)
