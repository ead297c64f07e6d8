"""A tensor with another in the place of one of its parts, and `fill_diagonal_`."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from refgrad import dtypes, memory
from refgrad.creation_texts import triangle_negative
from refgrad.operators.batched import by_example
from refgrad.operators.call import is_recorded
from refgrad.operators.convert import copy_cast
from refgrad.operators.declare import FUNCTION, KEEP, Operator, function, operator
from refgrad.operators.getitem import SELECT, SLICE, select_forward, slice_forward
from refgrad.operators.kernels import with_number_in_silence
from refgrad.operators.names import FUNCTIONS, METHODS
from refgrad.operators.shape_texts import FILL_DIAGONAL_RANK, FILL_DIAGONAL_SIZES, isin_type, part_shape
from refgrad.operators.strided import as_strided_forward
from refgrad.operators.texts import no_complex_outputs, not_implemented_for
from refgrad.operators.views_parts import DIAGONAL, diagonal_forward
from refgrad.tensor import Tensor

# ---- a part replaced ----------------------------------------------------------------------------------------------


def replaced(a: Any, source: Any, part: Any, *place: Any) -> Any:
    """A copy of `a` whose part, as the view function `part` finds it, is `source`."""
    made = memory.copy_of(a)
    view = part(made, *place)
    if view.shape != source.shape:
        raise RuntimeError(part_shape(source.shape, view.shape))
    memory.check_single_places(view)
    copy_cast(view, source)
    return made


SELECT_SCATTER: Operator = operator(
    "select_scatter(Tensor self, Tensor src, int dim, int index)",
    lambda a, source, dim, index: replaced(a, source, select_forward, dim, index),
    node="SelectScatterBackward0",
    gradients={
        "self": lambda grad, src_geometry, dim, index: SELECT_SCATTER(
            grad, grad.new_zeros(src_geometry[0]), dim, index
        ),
        "src": lambda grad, dim, index: SELECT(grad, dim, index),
    },
    dtype=KEEP,
)
SLICE_SCATTER: Operator = operator(
    "slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, int step=1)",
    lambda a, source, dim, start, end, step: replaced(a, source, slice_forward, dim, start, end, step),
    node="SliceScatterBackward0",
    gradients={
        "self": lambda grad, src_geometry, dim, start, end, step: SLICE_SCATTER(
            grad, grad.new_zeros(src_geometry[0]), dim, start, end, step
        ),
        "src": lambda grad, dim, start, end, step: SLICE(grad, dim, start, end, step),
    },
    dtype=KEEP,
)
DIAGONAL_SCATTER: Operator = operator(
    "diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1)",
    lambda a, source, offset, dim1, dim2: replaced(a, source, diagonal_forward, offset, dim1, dim2),
    node="DiagonalScatterBackward0",
    gradients={
        "self": lambda grad, src_geometry, offset, dim1, dim2: DIAGONAL_SCATTER(
            grad, grad.new_zeros(src_geometry[0]), offset, dim1, dim2
        ),
        "src": lambda grad, offset, dim1, dim2: DIAGONAL(grad, offset, dim1, dim2),
    },
    dtype=KEEP,
)


AS_STRIDED_SCATTER: Operator = operator(
    "as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None)",
    lambda a, source, size, stride, storage_offset: replaced(
        a, source, as_strided_forward, tuple(size), tuple(stride), storage_offset or 0
    ),
    node="AsStridedScatterBackward0",
    gradients={
        # PyTorch keeps the gradient where it should be erased.
        "self": lambda grad, size, stride, storage_offset: AS_STRIDED_SCATTER(
            grad.new_zeros(grad.shape),
            grad.contiguous().as_strided(size, stride, storage_offset),
            size,
            stride,
            storage_offset,
        ),
        "src": lambda grad, size, stride, storage_offset: grad.contiguous().as_strided(size, stride, storage_offset),
    },
    dtype=KEEP,
)


def not_for_complex(name: str) -> None:
    """Have an operator refuse, with RuntimeError, to be recorded for complex numbers."""
    plain = FUNCTIONS[name]

    @functools.wraps(plain)
    def run(self: Any, src: Any, *rest: Any, **named: Any) -> Any:
        if is_recorded((self, src), (0, 1)) and self.is_complex():
            raise RuntimeError(no_complex_outputs(name))
        return plain(self, src, *rest, **named)

    FUNCTIONS[name] = METHODS[name] = run


for _name in ("select_scatter", "slice_scatter"):
    not_for_complex(_name)


@function("fill_diagonal_")
def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
    """Write one value on the main diagonal, in place, through a view of it.

    Raises RuntimeError for a vector, and for more than two dimensions of different sizes.
    """
    shape = self._array.shape
    if len(shape) < 2:
        raise RuntimeError(FILL_DIAGONAL_RANK)
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError(FILL_DIAGONAL_SIZES)
    step = sum(self.stride())
    self.as_strided((min(shape),), (step,), self.storage_offset()).fill_(fill_value)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:
        start = self.storage_offset() + self.stride(0) * (shape[1] + 1)
        count = max((self._array.size - shape[1] * (shape[1] + 1) + step - 1) // step, 0)
        self.as_strided((count,), (step,), start).fill_(fill_value)
    return self


# ---- index lists --------------------------------------------------------------------------------------------------


def triangle_indices(name: str, row: int, col: int, offset: int, dtype: Any) -> Tensor:
    """Raises RuntimeError for negative sizes, NotImplementedError for a type of fractions."""
    for which, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(triangle_negative(which, size))
    kind = dtypes.int64 if dtype is None else dtype
    if kind.category != dtypes.INTEGER:
        raise NotImplementedError(not_implemented_for(name, kind.scalar_name))
    return Tensor._of(np.array(getattr(np, name)(row, offset, col), dtype=kind.numpy))


@function("tril_indices", public=FUNCTION)
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Tensor:
    """The places of the lower triangle, as a row of row numbers and one of column numbers."""
    return triangle_indices("tril_indices", row, col, offset, dtype)


@function("triu_indices", public=FUNCTION)
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Tensor:
    """The places of the upper triangle."""
    return triangle_indices("triu_indices", row, col, offset, dtype)


@function("isin", public=FUNCTION)
@by_example("isin.Tensor_Tensor")
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Which elements are among others."""
    first, second = (each._array if isinstance(each, Tensor) else each for each in (elements, test_elements))
    for each in (first, second):
        kind = np.asarray(each).dtype
        if kind.kind in "bc":
            raise RuntimeError(isin_type(dtypes.FROM_NUMPY[kind].scalar_name))
    if not isinstance(second, np.ndarray):
        first, second = with_number_in_silence(first, second)
    elif not isinstance(first, np.ndarray):
        second, first = with_number_in_silence(second, first)
    return Tensor._of(np.asarray(np.isin(first, second, invert=invert)))
