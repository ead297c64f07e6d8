"""Picking and writing elements by index tensors and masks: gather, scatter, index_select, masked_fill, take."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.backward_texts import derivative_not_implemented
from refgrad.cpp_spelling import cpp_type, legacy_type
from refgrad.creation import filled_below
from refgrad.levels import levels
from refgrad.memory_texts import out_of_storage
from refgrad.operators import index_texts as texts
from refgrad.operators.declare import KEEP, METHOD, Operator, function, inplace_of, operator
from refgrad.operators.examples import SUM, scaled
from refgrad.operators.formula_values import like_told, written, zeros_like
from refgrad.operators.fourier_texts import no_dimensions
from refgrad.operators.shapes import reshape, warn_once
from refgrad.operators.slice_checks import check_added, check_copied, check_range, kind_of
from refgrad.tensor import Tensor


def copied(a: Any) -> Any:
    return np.array(a, order="C")


def overload(name: str, choose: Any, *, inplace: bool = True) -> Any:
    """Publish a name with several overloads, and its in-place form; `choose` gives the row and its arguments."""

    def made(self: Any, *arguments: Any, **named: Any) -> Any:
        row, given = choose(self, *arguments, **named)
        return row(*given)

    def made_in_place(self: Any, *arguments: Any, **named: Any) -> Any:
        row, given = choose(self, *arguments, **named)
        return inplace_of(row)(*given)

    function(name)(made)
    if inplace:
        function(name + "_")(made_in_place)
    return made


# ---- gather and scatter -------------------------------------------------------------------------------------------


def along(index: Any, dim: int, shape: Any) -> tuple[Any, ...]:
    """For each element of `index` the place it names, as NumPy indices.

    Raises RuntimeError for an index beyond the dimension.
    """
    size = shape[dim]
    wrong = index[(index < 0) | (index >= size)]
    if wrong.size:
        raise RuntimeError(texts.index_bounds(int(wrong.flat[0]), dim, size))
    grid = np.indices(index.shape, sparse=True)
    return tuple(index if i == dim else each for i, each in enumerate(grid))


def at_least_1d(*arrays: Any) -> Any:
    return [each.reshape(1) if each is not None and each.ndim == 0 else each for each in arrays]


def gather_forward(a: Any, index: Any, dim: int, sparse_grad: bool) -> Any:
    at = shapes.checked_dim(dim, a.ndim)
    if index.size == 0:
        return np.zeros(index.shape, a.dtype)
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(texts.index_dtype("gather"))
    if max(a.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError(texts.index_dims("input"))
    shape = index.shape
    a, index = at_least_1d(a, index)
    for i in range(a.ndim):
        if i != at and index.shape[i] > a.shape[i]:
            raise RuntimeError(texts.gather_size(i, index.shape, a.shape, at))
    return copied(a[along(index, at, a.shape)].reshape(shape))


def gather_gradient(grad: Any, self: Any, dim: int, index: Any, sparse_grad: bool) -> Any:
    """Each element of the gradient is added where it was read."""
    if sparse_grad:
        from refgrad.operators.coordinates import gathered_places

        return gathered_places(grad, index, dim, self.shape)
    return filled_below(written(SCATTER_ADD(grad.new_zeros(self.shape), index, grad, dim)), grad)


GATHER = operator(
    "gather(Tensor self, Tensor index, int dim, bool sparse_grad=False)",
    gather_forward,
    node="GatherBackward0",
    gradients={"self": gather_gradient},
    dtype=KEEP,
    public=False,
)


@function("gather")
def gather(self: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """The elements that `index` names along one dimension."""
    return GATHER(self, index, dim, sparse_grad)


def check_scatter(a: Any, index: Any, src: Any, dim: int) -> int:
    """The dimension, counted from the front.

    Raises IndexError or RuntimeError for shapes and types that do not fit.
    """
    at = shapes.checked_dim(dim, a.ndim)
    if index.size and index.dtype not in (np.int64, np.int32):
        raise RuntimeError(texts.index_dtype("scatter"))
    if isinstance(src, np.ndarray) and src.dtype != a.dtype:
        raise RuntimeError(texts.SCATTER_TYPES)
    if index.size == 0:
        return at
    if max(a.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError(texts.index_dims("self"))
    a, index = at_least_1d(a, index)
    values = src.reshape(1) if isinstance(src, np.ndarray) and src.ndim == 0 else src
    array = isinstance(values, np.ndarray)
    if array:
        shapes.checked_dim(index.ndim - 1, values.ndim)
        if values.ndim > index.ndim:
            raise RuntimeError(texts.index_dims("src"))
    if any(i != at and index.shape[i] > a.shape[i] for i in range(a.ndim)) or (
        array and any(n > m for n, m in zip(index.shape, values.shape, strict=True))
    ):
        raise RuntimeError(texts.scatter_size(index.shape, a.shape, at, values.shape if array else None))
    return at


def scatter_places(a: Any, index: Any, src: Any, dim: int) -> Any:
    """The places to write, and the part of `src` to write there; `None` if there is nothing to write."""
    at = check_scatter(a, index, src, dim)
    if index.size == 0:
        return None
    a, index = at_least_1d(a, index)
    values = src
    if isinstance(src, np.ndarray):
        values = (src.reshape(1) if src.ndim == 0 else src)[tuple(slice(n) for n in index.shape)]
    return along(index, at, a.shape), values


def scattered(write: Any) -> Any:
    """A forward that copies its first array and writes into the copy."""

    def forward(a: Any, index: Any, src: Any, dim: int) -> Any:
        found = scatter_places(a, index, src, dim)
        if not isinstance(src, np.ndarray):
            number = dtypes.element(src, dtypes.of_array(a))
            found = None if found is None else (found[0], number)
        made = copied(a)
        if found is not None:
            write(made.reshape(1) if made.ndim == 0 else made, *found)
        return made

    return forward


def put_last(made: Any, at: Any, values: Any) -> None:
    made[at] = values


SCATTER = operator(
    "scatter.src(Tensor self, Tensor index, Tensor src, int dim)",
    scattered(put_last),
    node="ScatterBackward0",
    gradients={
        "self": lambda grad, dim, index: SCATTER_VALUE(grad, index, dim, 0),
        "src": lambda grad, dim, index: GATHER(grad, index, dim, False),
    },
    dtype=KEEP,
    public=False,
)
SCATTER_VALUE: Operator = operator(
    "scatter.value(Tensor self, Tensor index, int dim, Number value)",
    lambda a, index, dim, value: scattered(put_last)(a, index, value, dim),
    node="ScatterBackward1",
    gradients={"self": lambda grad, dim, index: SCATTER_VALUE(grad, index, dim, 0)},
    dtype=KEEP,
    public=False,
)
SCATTER_ADD = operator(
    "scatter_add(Tensor self, Tensor index, Tensor src, int dim)",
    scattered(np.add.at),
    node="ScatterAddBackward0",
    gradients={"self": lambda grad: grad, "src": lambda grad, dim, index: GATHER(grad, index, dim, False)},
    dtype=KEEP,
    public=False,
)


def choose_scatter(self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
    given = value if src is None else src
    if given is None:
        raise TypeError  # the guard of public functions knows PyTorch's words
    if isinstance(given, Tensor):
        return SCATTER, (self, index, given, dim)
    return SCATTER_VALUE, (self, index, dim, given)


scatter_plain = overload("scatter", choose_scatter, inplace=False)
"""Without `reduce`."""
overload("scatter_add", lambda self, dim, index, src: (SCATTER_ADD, (self, index, src, dim)))


@function("scatter")
def scatter(self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """A copy with `src` written at the places `index` names along one dimension; with `reduce` added or multiplied.

    Raises RuntimeError in backward for `reduce`: PyTorch has no derivative for it.
    """
    if reduce is None:
        return scatter_plain(self, dim, index, src, value=value)
    row, operands = choose_reduced(self, dim, index, value if src is None else src, reduce)
    return row(*operands)


@function("scatter_", public=METHOD)
def scatter_(self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """The same in place."""
    if reduce is None:
        row, operands = choose_scatter(self, dim, index, src, value=value)
        return inplace_of(row)(*operands)
    row, (target, *rest) = choose_reduced(self, dim, index, value if src is None else src, reduce, "_")
    return inplace_of(row)(target, *rest)


def reducing_rows(suffix: str) -> tuple[Operator, Operator]:
    """Scatter with a reduction, of a tensor and of a number; neither has a derivative."""

    def written_by(reduce: str) -> Any:
        return scattered(np.add.at if reduce == "add" else np.multiply.at)

    def missing(grad: Any) -> Any:
        raise RuntimeError(derivative_not_implemented(f"aten::scatter{suffix}"))

    tensor = operator(
        f"scatter.reduce{suffix}(Tensor self, Tensor index, Tensor src, int dim, str reduce)",
        lambda a, index, src, dim, reduce: written_by(reduce)(a, index, src, dim),
        node="NotImplemented",
        gradients={"self": missing, "src": missing},
        dtype=KEEP,
        public=False,
    )
    number = operator(
        f"scatter.value_reduce{suffix}(Tensor self, Tensor index, int dim, Number value, str reduce)",
        lambda a, index, dim, value, reduce: written_by(reduce)(a, index, value, dim),
        node="NotImplemented",
        gradients={"self": missing},
        dtype=KEEP,
        public=False,
    )
    return tensor, number


REDUCING = {suffix: reducing_rows(suffix) for suffix in ("", "_")}


def choose_reduced(self: Any, dim: int, index: Any, given: Any, reduce: str, suffix: str = "") -> Any:
    tensor, number = REDUCING[suffix]
    shapes.fitting(dim)
    if isinstance(given, Tensor):
        warn_once(texts.SCATTER_DEPRECATED)
    if reduce not in ("add", "multiply"):
        check_scatter(self._array, index._array, given._array if isinstance(given, Tensor) else given, dim)
        raise RuntimeError(texts.SCATTER_REDUCE)
    if isinstance(given, Tensor):
        return tensor, (self, index, given, dim, reduce)
    return number, (self, index, dim, given, reduce)


# ---- whole slices along a dimension -------------------------------------------------------------------------------


def slices(dim: int, index: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * dim, index)


def index_select_forward(a: Any, index: Any, dim: int) -> Any:
    at = shapes.checked_dim(dim, a.ndim)
    if index.ndim > 1:
        raise IndexError(texts.SELECT_VECTOR)
    if a.ndim == 0 and index.size != 1:
        raise RuntimeError(texts.select_of_scalar(index.size))
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(texts.SELECT_DTYPE)
    size = a.shape[at] if a.ndim else 1
    outside = index[(index < 0) | (index >= size)]
    if outside.size and a.size:
        if at == 1:
            raise RuntimeError(texts.select_out_of_bounds(int(outside.flat[0]), size))
        raise IndexError(texts.SELECT_RANGE)
    if outside.size:
        raise select_from_nothing(a, size, outside)
    if a.ndim == 0:
        return a.copy()
    return copied(np.take(a, index.reshape(-1), at))


def select_from_nothing(a: Any, size: int, outside: Any) -> Exception:
    """What is wrong with indices into a tensor that has no elements."""
    if a.ndim == 1:
        return IndexError(texts.SELECT_RANGE)
    return RuntimeError(texts.select_out_of_bounds(int(outside.flat[0]), size) if size else texts.SELECT_NO_LENGTH)


def index_select_gradient(grad: Any, self_sym_sizes: Any, dim: int, index: Any) -> Any:
    return filled_below(written(INDEX_ADD(grad.new_zeros(self_sym_sizes), index, grad, dim, 1)), grad)


INDEX_SELECT = operator(
    "index_select(Tensor self, Tensor index, int dim)",
    index_select_forward,
    node="IndexSelectBackward0",
    gradients={"self": index_select_gradient},
    dtype=KEEP,
    public=False,
)


@function("index_select")
def index_select(self: Any, dim: int, index: Any) -> Any:
    return INDEX_SELECT(self, index, dim)


def index_add_forward(a: Any, index: Any, source: Any, dim: int, alpha: Any) -> Any:
    at = check_added("index_add_", a, index, source, dim)
    many = a.ndim > 1
    if not many:
        alpha = dtypes.element(alpha, dtypes.of_array(a))
    named = many and at in (0, a.ndim - 1) and alpha is not True and alpha == 1  # PyTorch scatters
    check_range(index, a.shape[at] if a.ndim else 1, at if named else None)
    alpha = dtypes.element(alpha, dtypes.of_array(a))
    made, values = copied(a), source * a.dtype.type(alpha) if alpha != 1 else source
    if a.ndim == 0:
        return np.asarray(made + values)
    np.add.at(made, slices(at, index.reshape(-1)), values)
    return made


def source_gradient(grad: Any, dim: int, index: Any, source: Any, source_dim: int) -> Any:
    """What the source of `index_add` and `index_copy` gets: the slices that it went to."""
    if source_dim > 0:
        return index_select(grad, dim, index).expand_as(source)
    return index_select(grad, dim, index.squeeze(0))


INDEX_ADD = operator(
    "index_add(Tensor self, Tensor index, Tensor source, int dim, Number alpha=1)",
    index_add_forward,
    node="IndexAddBackward0",
    gradients={
        "self": lambda grad: grad,
        "source": lambda grad, dim, index, source, source_dim, alpha: scaled(
            source_gradient(grad, dim, index, source, source_dim), alpha
        ),
    },
    dtype=KEEP,
    public=False,
)
overload("index_add", lambda self, dim, index, source, *, alpha=1: (INDEX_ADD, (self, index, source, dim, alpha)))


def index_copy_forward(a: Any, index: Any, source: Any, dim: int) -> Any:
    at = check_copied(a, index, source, dim)
    made = copied(a)
    if a.ndim == 0:
        made[...] = source.reshape(())
    else:
        made[slices(at, index.reshape(-1))] = source
    return made


INDEX_COPY = operator(
    "index_copy(Tensor self, Tensor index, Tensor source, int dim)",
    index_copy_forward,
    node="IndexCopyBackward0",
    gradients={
        "self": lambda grad, dim, index: INDEX_FILL(grad, index, dim, 0),
        "source": source_gradient,
    },
    dtype=KEEP,
    public=False,
)
overload("index_copy", lambda self, dim, index, source: (INDEX_COPY, (self, index, source, dim)))


def index_fill_forward(a: Any, index: Any, value: Any, dim: int) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        raise RuntimeError(texts.fill_value("index_fill_", value.ndim))
    if index.dtype != np.int64:
        raise IndexError(texts.FILL_DTYPE)
    if a.dtype.kind != "c" and (isinstance(value, complex) or getattr(value, "dtype", a.dtype).kind == "c"):
        raise RuntimeError(texts.FILL_COMPLEX)
    at = shapes.checked_dim(dim, a.ndim)
    if index.ndim > 1:
        raise RuntimeError(texts.FILL_VECTOR)
    value = dtypes.element(value, dtypes.of_array(a))
    size = a.shape[at] if a.ndim else 1
    if size == 0 and index.size:
        sizes, steps = list(a.shape), list(memory.strides(a))
        sizes[at], steps[at] = index.size, 0
        raise RuntimeError(out_of_storage(sizes, steps, 0, a.itemsize, 0))
    for each in index.reshape(-1) if a.size else ():
        if not -size <= each < size:
            raise IndexError(texts.index_bounds(int(each), at, size))
    made = memory.copy_of(a)
    if not made.size:
        return made
    if a.ndim:
        made[slices(at, index.reshape(-1))] = value
    elif index.size:
        made[...] = value
    return made


def index_fill_value_gradient(grad: Any, dim: int, index: Any) -> Any:
    """A slice that is named twice is filled once."""
    return SUM(index_select(grad, dim, Tensor._of(np.unique(index._array))), None)


INDEX_FILL: Operator = operator(
    "index_fill.int_Scalar(Tensor self, Tensor index, int dim, Number value)",
    lambda a, index, dim, value: index_fill_forward(a, index, value, dim),
    node="IndexFillBackward0",
    gradients={"self": lambda grad, dim, index: INDEX_FILL(grad, index, dim, 0)},
    dtype=KEEP,
    public=False,
)
INDEX_FILL_TENSOR = operator(
    "index_fill.int_Tensor(Tensor self, Tensor index, Tensor value, int dim)",
    index_fill_forward,
    node="IndexFillBackward1",
    gradients={
        "self": lambda grad, dim, index: INDEX_FILL(grad, index, dim, 0),
        "value": index_fill_value_gradient,
    },
    dtype=KEEP,
    public=False,
)


def choose_index_fill(self: Any, dim: int, index: Any, value: Any) -> Any:
    if isinstance(value, Tensor):
        return INDEX_FILL_TENSOR, (self, index, value, dim)
    return INDEX_FILL, (self, index, dim, value)


overload("index_fill", choose_index_fill)


# ---- masks --------------------------------------------------------------------------------------------------------


def masked_fill_forward(a: Any, mask: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        raise RuntimeError(texts.fill_value("masked_fill_", value.ndim))
    if mask.dtype != np.bool_:
        raise RuntimeError(texts.fill_mask("long int" if mask.dtype == np.int64 else cpp_type(dtypes.of_array(mask))))
    shapes.raise_broadcast_error([mask, a])
    if isinstance(value, np.ndarray) and value.dtype.kind == "c":
        value = value.item()
    value = dtypes.element(value, dtypes.of_array(a))
    made = np.array(np.broadcast_to(a, np.broadcast_shapes(a.shape, mask.shape)), order="C")
    whole = np.asarray(value)
    made[np.broadcast_to(mask, made.shape)] = (
        whole.real if whole.dtype.kind == "c" and made.dtype.kind not in "cb" else whole
    )
    return made


MASKED_FILL: Operator = operator(
    "masked_fill.Scalar(Tensor self, Tensor mask, Number value)",
    masked_fill_forward,
    node="MaskedFillBackward0",
    gradients={"self": lambda grad, mask: MASKED_FILL(grad, mask, 0)},
    dtype=KEEP,
    public=False,
    kernels={},
)
MASKED_FILL_TENSOR = operator(
    "masked_fill.Tensor(Tensor self, Tensor mask, Tensor value)",
    masked_fill_forward,
    node="MaskedFillBackward1",
    gradients={
        "self": lambda grad, mask: MASKED_FILL(grad, mask, 0),
        "value": lambda grad, mask: SUM(MASKED_SELECT(grad, mask), None),
    },
    dtype=KEEP,
    public=False,
)


def row_of_fill(value: Any) -> Operator:
    return MASKED_FILL_TENSOR if isinstance(value, Tensor) else MASKED_FILL


@function("masked_fill")
def masked_fill(self: Any, mask: Any, value: Any) -> Any:
    """A copy with `value` where the mask holds. Whether both shapes fit is looked at first."""
    try:
        return row_of_fill(value)(self, mask, value)
    except RuntimeError:
        shapes.raise_broadcast_error([mask._array, self._array])
        raise


@function("masked_fill_")
def masked_fill_(self: Any, mask: Any, value: Any) -> Any:
    return inplace_of(row_of_fill(value))(self, mask, value)


def masked_select_forward(a: Any, mask: Any) -> Any:
    if mask.dtype != np.bool_:
        raise RuntimeError(texts.SELECT_MASK)
    shapes.raise_broadcast_error([mask, a])
    shape = np.broadcast_shapes(a.shape, mask.shape)
    return np.broadcast_to(a, shape)[np.broadcast_to(mask, shape)]


def masked_select_gradient(grad: Any, self: Any, mask: Any) -> Any:
    """The elements go back where the mask took them; the engine sums if the mask stretched the input."""
    shape = np.broadcast_shapes(self._array.shape, mask._array.shape)
    if levels.asks(self):
        zeros = like_told("zeros_like", self.expand(shape), "preserve")
    else:
        zeros = zeros_like(self if self._array.shape == shape else self.expand(shape))
    return (
        written(MASKED_SCATTER(zeros, mask, grad)) if levels.active else inplace_of(MASKED_SCATTER)(zeros, mask, grad)
    )


MASKED_SELECT: Operator = operator(
    "masked_select(Tensor self, Tensor mask)",
    masked_select_forward,
    node="MaskedSelectBackward0",
    gradients={"self": masked_select_gradient},
    dtype=KEEP,
)


def masked_scatter_forward(a: Any, mask: Any, source: Any) -> Any:
    if source.dtype != a.dtype:
        raise RuntimeError(texts.masked_scatter_types(kind_of(a), kind_of(source)))
    if mask.dtype != np.bool_:
        if mask.dtype == np.uint8 and shapes.expandable(mask.shape, a.shape):
            warnings.warn(texts.SCATTER_BYTES, UserWarning, stacklevel=2)
        raise RuntimeError(texts.scatter_mask(kind_of(mask)))
    made = np.array(np.broadcast_to(a, np.broadcast_shapes(a.shape, mask.shape)), order="C")
    where = np.broadcast_to(mask, made.shape)
    count = int(where.sum())
    if count > source.size:
        raise RuntimeError(texts.TOO_FEW_VALUES)
    made[where] = source.reshape(-1)[:count]
    return made


def picked_first(grad: Any, mask: Any, sizes: Any) -> Any:
    """The masked elements of `grad`, then zeros, under the shape of the source they came from."""
    made = np.zeros(int(np.prod(sizes)), grad.dtype)
    chosen = grad[np.broadcast_to(mask, grad.shape)]
    made[: chosen.size] = chosen
    return made.reshape(sizes)


MASKED_SCATTER_BACKWARD = operator(
    "masked_scatter_backward(Tensor grad_output, Tensor mask, int[] sizes)",
    picked_first,
    node="MaskedScatterBackwardBackward0",
    gradients={"grad_output": lambda grad, mask, grad_output_sym_sizes: refilled(grad, mask, grad_output_sym_sizes)},
    dtype=KEEP,
    public=False,
)


def refilled(grad: Any, mask: Any, sizes: Any) -> Any:
    return MASKED_SCATTER(grad.new_zeros(sizes), mask, grad)


MASKED_SCATTER = operator(
    "masked_scatter(Tensor self, Tensor mask, Tensor source)",
    masked_scatter_forward,
    node="MaskedScatterBackward0",
    gradients={
        "self": lambda grad, mask: MASKED_FILL(grad, mask, 0),
        "source": lambda grad, mask, source_sym_sizes: MASKED_SCATTER_BACKWARD(grad, mask, source_sym_sizes),
    },
    dtype=KEEP,
    public=False,
)


@function("masked_scatter")
def masked_scatter(self: Any, mask: Any, source: Any) -> Any:
    """A copy with elements of `source`, one after the other, where the mask holds. Shapes are looked at first."""
    try:
        return MASKED_SCATTER(self, mask, source)
    except RuntimeError:
        shapes.raise_broadcast_error([mask._array, self._array])
        raise


@function("masked_scatter_", public=METHOD)
def masked_scatter_(self: Any, mask: Any, source: Any) -> Any:
    try:
        return inplace_of(MASKED_SCATTER)(self, mask, source)
    except RuntimeError:
        if source.dtype is self.dtype:
            shapes.expanded_shape(mask._array.shape, self._array.shape, kind=legacy_type(mask.dtype))
        raise


# ---- single elements, counted through -----------------------------------------------------------------------------


def checked_places(index: Any, count: int) -> Any:
    wrong = index[(index < -count) | (index >= count)]
    if wrong.size:
        raise IndexError(texts.take_range(int(wrong.flat[0]), count))
    return index


def take_forward(a: Any, index: Any) -> Any:
    if index.dtype != np.int64:
        raise RuntimeError(texts.take_dtype(kind_of(index)))
    if a.size == 0 and index.size:
        raise IndexError(texts.TAKE_FROM_EMPTY)
    return copied(a.reshape(-1)[checked_places(index, a.size)])


def take_gradient(grad: Any, self: Any, index: Any) -> Any:
    zeros = zeros_like(self)
    return written(PUT(zeros, index, grad, True)) if levels.active else inplace_of(PUT)(zeros, index, grad, True)


TAKE = operator(
    "take(Tensor self, Tensor index)",
    take_forward,
    node="TakeBackward0",
    gradients={"self": take_gradient},
    dtype=KEEP,
)


def put_forward(a: Any, index: Any, source: Any, accumulate: bool) -> Any:
    if index.dtype != np.int64:
        raise RuntimeError(texts.put_dtype(kind_of(index)))
    if source.dtype != a.dtype:
        raise RuntimeError(texts.put_types(kind_of(a), kind_of(source)))
    if source.size != index.size:
        raise IndexError(texts.put_count(source.size, index.size))
    made = copied(a)
    flat, places = made.reshape(-1), checked_places(index, a.size).reshape(-1)
    if accumulate:
        np.add.at(flat, places, source.reshape(-1))
    else:
        flat[places] = source.reshape(-1)
    return memory.preserved(made, a)


PUT: Operator = operator(
    "put(Tensor self, Tensor index, Tensor source, bool accumulate=False)",
    put_forward,
    node="PutBackward0",
    gradients={
        "self": lambda grad, index, source, accumulate: (
            grad if accumulate else PUT(grad, index, source.new_zeros(source.shape), False)
        ),
        "source": lambda grad, index, source: reshape(TAKE(grad, index), tuple(source.shape)),
    },
    dtype=KEEP,
    inplace=True,
)


@function("take_along_dim")
def take_along_dim(self: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather` that broadcasts; without a dimension elements are counted through."""
    if dim is None:
        return GATHER(self.view(-1), indices.view(-1), 0, False)
    if self._array.ndim != indices._array.ndim:
        raise RuntimeError(texts.along_rank(self._array.ndim, indices._array.ndim))
    if indices._array.dtype != np.int64:
        raise RuntimeError(texts.along_dtype(kind_of(indices._array)))
    at = shapes.checked_dim(dim, self._array.ndim)
    if not self._array.ndim:
        raise IndexError(no_dimensions(dim))
    shapes_without = [[1 if i == at else n for i, n in enumerate(each._array.shape)] for each in (self, indices)]
    common = np.broadcast_shapes(*map(tuple, shapes_without))
    places, source = (
        each.broadcast_to(tuple(each._array.shape[at] if i == at else n for i, n in enumerate(common)))
        for each in (indices, self)
    )
    return GATHER(source, places.remainder(self._array.shape[at]), at, False)
