"""Which types a bound of `clamp` may have, and what PyTorch says of others: by kernel, and of writes in words apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.cpp_spelling import stored_type
from refgrad.inplace_texts import cannot_cast_result, output_shape_mismatch
from refgrad.operators import texts
from refgrad.operators.call import result_type
from refgrad.operators.complex_refused import NO_CLAMP

CLAMPING = "clamp_scalar_cpu"
SMALL = 127
"""No type is too small for numbers from 0 to this one."""
SIGNED = 2**63 - 1


def with_bounds(kernel: str, a: Any, *bounds: Any) -> tuple[Any, ...]:
    """An array and its bounds in their common type.

    Raises RuntimeError for a bound that does not fit it, NotImplementedError for complex numbers and bools.
    """
    kind = dtypes.FROM_NUMPY[a.dtype]
    for each in bounds:
        if each is not None:
            own = dtypes.of_number(each)
            if own.category > kind.category:
                if own.is_complex and (kind.category < dtypes.FLOATING or kernel != CLAMPING):
                    raise NotImplementedError(NO_CLAMP)
                kind = kind if own.is_complex else dtypes.result_dtype(kind, None, own)
    if kind is dtypes.bool_:
        raise NotImplementedError(texts.not_implemented_for(of_scalars(kernel, *bounds), "Bool"))
    return a.astype(kind.numpy, copy=False), *(None if each is None else element(each, kind) for each in bounds)


def of_scalars(kernel: str, low: Any, high: Any = None) -> str:
    if kernel != CLAMPING or (low is not None and high is not None):
        return kernel
    return "clamp_max_scalar_cpu" if low is None else "clamp_min_scalar_cpu"


def element(bound: Any, kind: dtypes.dtype) -> Any:
    """A bound as an element. Raises RuntimeError if it is too large, or complex."""
    if isinstance(bound, complex):
        bound = dtypes.element(bound, dtypes.float64)
    if 0 <= bound <= SMALL:
        return kind.numpy.type(bound)
    if isinstance(bound, int) and not -SIGNED <= bound <= 2 * SIGNED + 1:
        raise OverflowError  # in the words of the parser
    return kind.numpy.type(dtypes.element(bound, kind))


def refusal(row: Any, tensors: Any, attributes: Any, *, inplace: bool) -> Exception | None:
    """What PyTorch says of types that do not go together, if that is what is wrong."""
    own = tensors[0].dtype
    if not attributes:
        return of_tensors(row.name, tensors, inplace=inplace)
    if own.category >= dtypes.FLOATING:
        return None
    kinds = [dtypes.of_number(each) for each in attributes if each is not None]
    if row.name == "clamp" and all(each.category < dtypes.FLOATING for each in kinds):
        names = [scalar_name(each) for each in attributes if each is not None]
        first, second = names if len(names) == 2 else (own.scalar_name, names[0])
        if first != second and "UInt64" in (first, second) and (len(names) == 2 or own is dtypes.bool_):
            return RuntimeError(texts.no_promotion(first, second))
    kind = dtypes.result_dtype(own, None, max(kinds, key=lambda each: each.category))
    if inplace and kind is not own and (row.name == "clamp" or not kind.is_complex):
        return RuntimeError(cannot_cast_result(kind.scalar_name, stored_type(own)))
    return None


def scalar_name(number: Any) -> str:
    """How the type of a number is called that stands alone."""
    return "UInt64" if isinstance(number, int) and number > SIGNED else dtypes.of_number(number).scalar_name


def of_tensors(name: str, tensors: Any, *, inplace: bool) -> Exception | None:
    """The same of bounds that are tensors: complex ones, but where `clamp` is called on one, are kernels' to refuse."""
    own, given = tensors[0].dtype, [each for each in tensors if each is not None]
    arrays = [each._array for each in given]
    kind = result_type(name, given)
    if not kind.is_complex or (name == "clamp" and own.is_complex):
        return None
    shapes.raise_broadcast_error(arrays)
    if inplace and not own.is_complex:
        shape = np.broadcast_shapes(*[each.shape for each in arrays])
        if shape != arrays[0].shape:
            return RuntimeError(output_shape_mismatch(arrays[0].shape, shape))
        return RuntimeError(cannot_cast_result(kind.scalar_name, own.scalar_name))
    of_high = name == "clamp_max" or (name == "clamp" and tensors[1] is None)
    kernel = "clamp_cpu" if len(given) == 3 else "minimum_cpu" if of_high else "maximum_cpu"
    return NotImplementedError(texts.not_implemented_for(kernel, kind.scalar_name))
