"""Indexing: `x[...]` and `x[...] = value`, and the operators that they are made of.

Integers, slices, `None` and `...` are views, taken one after the other; a tensor, list or array among the indices
ends in one
`index` (a copy) of the view. Assignment writes into such a view, or into the elements that an index picks.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index as operator_index
from typing import Any

import numpy as np

from refgrad import binding_texts, creation_texts, dtypes, forward_texts, inplace_texts, memory, shapes
from refgrad.asking import answer_of, asks, others
from refgrad.cpp_spelling import cpp_type
from refgrad.creation import filled_below
from refgrad.given_numbers import array_in_silence
from refgrad.half import on_the_way
from refgrad.inplace import check_inplace, rebase_history
from refgrad.levels import is_batched, levels
from refgrad.operators import getitem_texts, index_texts
from refgrad.operators.call import NUMBERS, is_recorded, make_node
from refgrad.operators.declare import KEEP, METHOD, VIEW, Operator, function, operator
from refgrad.operators.dispatching import lifted
from refgrad.operators.strided import copy_, fill_
from refgrad.operators.transformed import inplace_transformed
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


def select_forward(a: Any, dim: int, index: int) -> Any:
    if a.ndim == 0:
        raise IndexError(getitem_texts.SELECT_OF_SCALAR)
    at = shapes.checked_dim(dim, a.ndim)
    if not -a.shape[at] <= index < a.shape[at]:
        raise IndexError(getitem_texts.select_out_of_range(index, tuple(a.shape), at))
    return (a if a.size else memory.explicit(a))[(slice(None),) * at + (index, ...)]


SELECT = operator(
    "select.int(Tensor self, int dim, int index)",
    select_forward,
    node="SelectBackward0",
    gradients={
        "self": lambda grad, self_sym_sizes, dim, index: SELECT_BACKWARD(grad, tuple(self_sym_sizes), dim, index)
    },
    dtype=KEEP,
    view=VIEW,
    kernels={},
)


def select_backward_forward(grad: Any, sizes: Any, dim: int, index: int) -> Any:
    whole = np.zeros(sizes, grad.dtype)
    whole[(slice(None),) * shapes.checked_dim(dim, len(sizes)) + (index,)] = grad
    return whole


SELECT_BACKWARD: Operator = operator(
    "select_backward(Tensor grad_output, int[] input_sizes, int dim, int index)",
    select_backward_forward,
    node="SelectBackwardBackward0",
    gradients={"grad_output": lambda grad, dim, index: grad.select(dim, index)},
    dtype=KEEP,
    public=False,
    kernels={},
)


def slice_forward(a: Any, dim: int, start: Any, end: Any, step: int) -> Any:
    if a.ndim == 0:
        raise IndexError(getitem_texts.SLICE_OF_SCALAR)
    if step <= 0:
        raise RuntimeError(getitem_texts.SLICE_STEP)
    at = shapes.checked_dim(dim, a.ndim)
    made = a[(slice(None),) * at + (slice(start, end, step),)]
    if not made.size:
        steps = memory.explicit(a).strides
        return memory.laid_over(made, made.shape, (*steps[:at], steps[at] * step, *steps[at + 1 :]))
    return made


SLICE = operator(
    "slice.Tensor(Tensor self, int dim=0, int? start=None, int? end=None, int step=1)",
    slice_forward,
    node="SliceBackward0",
    gradients={
        "self": lambda grad, self_sym_sizes, dim, start, end, step: SLICE_BACKWARD(
            grad, tuple(self_sym_sizes), dim, start, end, step
        )
    },
    dtype=KEEP,
    view=VIEW,
    public=False,
    kernels={},
)


def slice_backward_forward(grad: Any, sizes: Any, dim: int, start: Any, end: Any, step: int) -> Any:
    whole = np.zeros(sizes, grad.dtype)
    whole[(slice(None),) * shapes.checked_dim(dim, len(sizes)) + (slice(start, end, step),)] = grad
    return whole


SLICE_BACKWARD: Operator = operator(
    "slice_backward(Tensor grad_output, int[] input_sizes, int dim, int? start, int? end, int step)",
    slice_backward_forward,
    node="SliceBackwardBackward0",
    gradients={"grad_output": lambda grad, dim, start, end, step: SLICE(grad, dim, start, end, step)},
    dtype=KEEP,
    public=False,
    kernels={},
)

ALIAS = operator(
    "alias(Tensor self)",
    lambda a: a[...],
    node="AliasBackward0",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    view=VIEW,
    public=False,
    kernels={},
)


@function("narrow")
def narrow(self: Any, dim: int, start: Any, length: int) -> Any:
    """The slice of `length` elements from `start` on along one dimension."""
    if isinstance(start, Tensor) and (start.dim() or start.dtype.category != dtypes.INTEGER):
        raise RuntimeError(getitem_texts.NARROW_START)
    if self.dim() == 0:
        raise RuntimeError(getitem_texts.NARROW_OF_SCALAR)
    if levels.active and isinstance(start, Tensor) and is_batched(start):
        raise RuntimeError(forward_texts.no_view_fallback("narrow.Tensor"))
    size = self.shape[shapes.checked_dim(dim, self.dim())]
    first = int(start) + size if start < 0 else int(start)
    if length < 0:
        raise RuntimeError(getitem_texts.NARROW_NEGATIVE)
    if not -size <= start <= size:
        raise IndexError(getitem_texts.start_out_of_range(-size, size, int(start)))
    if first + length > size:
        raise RuntimeError(getitem_texts.narrow_out_of_range(int(start), length, size))
    return SLICE(self, dim, first, first + length, 1)


def index_arrays(a: Any, indices: Any) -> tuple[Any, ...]:
    """PyTorch's list of optional index tensors as NumPy indices into `a`; a mask becomes the places where it holds.

    Raises IndexError for wrong types and sizes, and for places beyond a dimension.
    """
    found: list[Any] = []
    for each in indices:
        if each is None:
            found.append(slice(None))
            continue
        array = each._array
        if array.dtype.kind not in "iub":
            raise IndexError(getitem_texts.INDEX_TENSOR_TYPE)
        if array.dtype in MASKS:
            if array.dtype == np.uint8:
                warnings.warn(getitem_texts.BYTE_INDEX, UserWarning, stacklevel=2)
            for dim, n in enumerate(array.shape):
                at = len(found) + dim
                if at >= a.ndim or n != a.shape[at]:
                    raise IndexError(getitem_texts.mask_shape(array.shape, dim, a.shape, at))
            found += np.nonzero(array) if array.ndim else [np.zeros(int(array), np.int64)]
        else:
            found.append(array)
        if len(found) > a.ndim:
            raise IndexError(getitem_texts.too_many_indices(a.ndim))
    check_together(a, found)
    return tuple(found)


MASKS = (np.dtype(np.bool_), np.dtype(np.uint8))
"""Types that mark elements instead of counting them."""


def indexed(a: Any, found: Sequence[Any]) -> list[Any]:
    """The index arrays, each with the size of its dimension."""
    return [(each, a.shape[i]) for i, each in enumerate(found) if not isinstance(each, slice)]


def check_together(a: Any, found: Sequence[Any]) -> None:
    """Raise IndexError for index arrays of shapes that do not fit each other, or that point into nothing."""
    arrays = indexed(a, found)
    try:
        shape = np.broadcast_shapes(*(each.shape for each, _ in arrays))
    except ValueError:
        raise IndexError(getitem_texts.index_broadcast([each.shape for each, _ in arrays])) from None
    if 0 not in shape and any(size == 0 for _, size in arrays):
        raise IndexError(getitem_texts.INDEX_INTO_NOTHING)


def beyond(a: Any, found: Sequence[Any]) -> IndexError | None:
    """What is said of a place beyond a dimension. Those are counted among the indexed ones, which come first."""
    for dim, (each, size) in enumerate(indexed(a, found)):
        bad = each[(each >= size) | (each < -size)]
        if bad.size:
            return IndexError(getitem_texts.index_out_of_range(int(bad.flat[0]), dim, size))
    return None


def index_forward(a: Any, indices: Any) -> Any:
    """The elements, laid out in the order of the strides of `a`; where it is indexed the index tensors decide."""
    found = index_arrays(a, indices)
    wrong = beyond(a, found)
    if wrong is not None:
        raise wrong
    picked = a[found]
    at = [i for i, each in enumerate(found) if not isinstance(each, slice)]
    places = np.broadcast_arrays(*(found[i] for i in at))
    count = places[0].ndim
    rest = [i for i in range(a.ndim) if i not in at]
    lead = at[0] if at == list(range(at[0], at[-1] + 1)) else 0
    before, after = rest[:lead], rest[lead:]
    strided = np.lib.stride_tricks.as_strided
    source = strided(a, picked.shape, [*(a.strides[i] for i in before), *(0,) * count, *(a.strides[i] for i in after)])
    spread = [strided(each, picked.shape, [*(0,) * lead, *each.strides, *(0,) * len(after)]) for each in places]
    order = memory.sorted_dims(picked.shape, [source, *spread])
    made = np.empty([picked.shape[i] for i in order], a.dtype).transpose(np.argsort(order))
    made[...] = picked
    return made


def index_gradient(grad: Any, indices: Any, self_sym_sizes: Any) -> Any:
    """The gradient added at the places that were read; PyTorch writes it into zeros, which their version tells."""
    made = INDEX_PUT_IMPL(grad.new_zeros(self_sym_sizes), grad, indices, True)
    made.bump_version()
    return filled_below(made, grad)


INDEX = operator(
    "index.Tensor(Tensor self, Tensor?[] indices)",
    index_forward,
    node="IndexBackward0",
    gradients={
        "self": lambda grad, indices, self_sym_sizes: index_gradient(grad, indices, self_sym_sizes),
    },
    dtype=KEEP,
    public=False,
)


def index_put_forward(a: Any, values: Any, indices: Any, accumulate: bool) -> Any:
    if len(indices) > a.ndim:
        raise IndexError(getitem_texts.too_many_indices_given(a.ndim, len(indices)))
    if values.size == 1 and not accumulate and is_mask(indices):
        return filled_by_mask(a, values, indices)
    where = index_arrays(a, indices)
    wrong = beyond(a, where)
    inside = (
        where if wrong is None else tuple(each if isinstance(each, slice) else np.zeros_like(each) for each in where)
    )
    shapes.checked_broadcast(values.shape, a[inside].shape)
    if values.dtype != a.dtype:
        target, source = (dtypes.of_array(each).scalar_name for each in (a, values))
        raise RuntimeError(getitem_texts.index_put_types(target, source))
    if wrong is not None:
        raise wrong
    made = memory.copy_of(a)
    if accumulate:
        np.add.at(made, where, values)
    else:
        made[where] = values
    return made


def is_mask(indices: Any) -> bool:
    """Whether one mask is all that is given."""
    given = [each for each in indices if each is not None]
    return len(given) == 1 and given[0]._array.dtype in MASKS


def filled_by_mask(a: Any, values: Any, indices: Any) -> Any:
    """One value, of any type, where a mask holds. Raises RuntimeError for a mask of bytes."""
    (mask,) = (each._array for each in indices if each is not None)
    if mask.dtype != np.bool_:
        raise RuntimeError(index_texts.fill_mask(cpp_type(dtypes.uint8)))
    made = memory.copy_of(a)
    where = index_arrays(a, indices)
    made[where] = array_in_silence(values, a.dtype).reshape(())
    return made


INDEX_PUT: Operator = operator(
    "index_put(Tensor self, Tensor values, Tensor?[] indices, bool accumulate=False)",
    index_put_forward,
    node="IndexPutBackward0",
    gradients={
        "self": lambda grad, indices, accumulate: (
            grad if accumulate else INDEX_PUT(grad, grad.new_zeros(()), indices, False)
        ),
        "values": lambda grad, indices: INDEX(grad, indices),
    },
    dtype=KEEP,
    public=False,
)


INDEX_PUT_IMPL: Operator = operator(
    "_index_put_impl(Tensor self, Tensor values, Tensor?[] indices, bool accumulate=False)",
    index_put_forward,
    node="IndexPutImplBackward0",
    gradients={
        "self": lambda grad, indices, accumulate: (
            grad if accumulate else INDEX_PUT(grad, grad.new_zeros(()), indices, False)
        ),
        "values": lambda grad, indices: INDEX(grad, indices),
    },
    dtype=KEEP,
    public=False,
)
"""What the gradient of `index` is made of."""


@function("index_put")
def index_put(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy with `values` written (or added) at the places that the index tensors name."""
    return INDEX_PUT(self, as_tensor(self, values), tuple(indices), accumulate)


@function("index_put_", public=METHOD)
def index_put_(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """`index_put` in place."""
    given, places = as_tensor(self, values), tuple(indices)
    if levels.active:
        return inplace_transformed(
            INDEX_PUT,
            (self, given),
            (places, accumulate),
            lambda tensors, rest: index_put_(tensors[0], rest[0], tensors[1], rest[1]),
        )
    recording = is_recorded((self, given), (0, 1))
    check_inplace(self, recording)
    repeating = memory.repeats(self._array)
    if repeating:
        warnings.warn(
            inplace_texts.filled_repeatedly("index_put", "tensor[indices] = tensor"), UserWarning, stacklevel=3
        )
    memory.check_no_overlap(self._array, given._array)
    made = index_put_forward(self._array, given._array, places, accumulate)
    node = None
    if recording:
        assert INDEX_PUT.node_class is not None
        node = make_node(INDEX_PUT.node_class, INDEX_PUT, (self, given), (places, accumulate))
        node.input_metadata = ((made.shape, made.dtype),)
    if repeating:
        memory.write_changed(self._array, made)
    else:
        np.copyto(self._array, made)
    self.bump_version()
    if node is not None:
        rebase_history(self, node)
    return self


def as_tensor(self: Tensor, values: Any) -> Tensor:
    return values if isinstance(values, Tensor) else Tensor._of(np.asarray(values, dtype=self._array.dtype))


def take_views(self: Tensor, key: Any, *, reading: bool = False) -> tuple[Any, list[Any]]:
    """The view that integers, slices, None and ... of `key` make, and the index tensors left over, by dimension.

    A slice of everything is left out, but for `x[:]`, which is a view of its own when read.
    Raises IndexError for a wrong kind or too many indices; one that is too large is told by its place in `key`.
    """
    parts = key if isinstance(key, tuple) else (key,)
    consumed = sum(index_dims(each) for each in parts)
    result: Any = self
    dim = 0
    advanced: list[Any] = []
    for place, each in enumerate(parts):
        if each is Ellipsis:
            dim += self._array.ndim - consumed
        elif each is None:
            result = result.unsqueeze(dim)
            dim += 1
        elif is_boolean(each):
            if levels.active and isinstance(each, Tensor) and is_batched(each):
                raise RuntimeError(forward_texts.BOOLEAN_MASK)
            result = result.unsqueeze(dim)
            advanced += [None] * (dim - len(advanced)) + [boolean(bool(each))]
            dim += 1
        elif is_integer(each):
            size = result._array.shape[dim] if result._array.ndim else 0
            index = int(each)
            if not -size <= index < size:
                shapes.fitting(index)
                raise IndexError(getitem_texts.index_out_of_range(index, place, size))
            result = SELECT(result, dim, index)
        elif isinstance(each, slice):
            start, end, step = slice_bounds(each)
            whole = result._array.ndim > 0 and start == 0 and end >= result._array.shape[dim] and step == 1
            if not whole or (reading and each is key):
                result = SLICE(result, dim, start, end, step)
            dim += 1
        else:
            index_tensor = as_index(each)
            advanced += [None] * (dim - len(advanced))
            advanced.append(index_tensor)
            # The further dimensions of a mask have no index of their own: `index_arrays` counts them.
            dim += index_tensor._array.ndim if index_tensor._array.dtype in MASKS else 1
    return result, advanced


def slice_bounds(each: slice) -> tuple[int, int, int]:
    """Start, end and step, with what is left out filled in.

    Raises ValueError for a step that is not positive.
    """
    step = 1 if each.step is None else slice_index(each.step)
    if step == 0:
        raise ValueError(getitem_texts.SLICE_STEP_ZERO)
    if step < 0:
        raise ValueError(getitem_texts.SLICE_STEP_VALUE)
    return (
        0 if each.start is None else slice_index(each.start),
        2**63 - 1 if each.stop is None else slice_index(each.stop),
        step,
    )


def slice_index(value: Any) -> int:
    try:
        return operator_index(value)
    except TypeError:
        if isinstance(value, Tensor):
            raise
        raise TypeError(binding_texts.SLICE_INDICES) from None


def is_boolean(each: Any) -> bool:
    """A truth value, or a 0-dim tensor of one: it keeps all or nothing, along a new dimension."""
    if isinstance(each, Tensor):
        return each._array.ndim == 0 and each._array.dtype == np.bool_
    return isinstance(each, (bool, np.bool_))


def boolean(value: bool) -> Tensor:
    return Tensor._of(np.zeros(1 if value else 0, np.int64))


def index_dims(each: Any) -> int:
    """How many dimensions an index takes up."""
    if each is None or each is Ellipsis or isinstance(each, bool):
        return 0
    if isinstance(each, Tensor) and each._array.dtype in MASKS:
        return each._array.ndim
    if isinstance(each, (np.ndarray, list)) and np.asarray(each).dtype == np.bool_:
        return np.asarray(each).ndim
    return 1


def is_integer(each: Any) -> bool:
    if isinstance(each, Tensor):
        whole = each._array.ndim == 0 and each._array.dtype.kind in "iu"
        return whole and not (levels.active and is_batched(each))
    return isinstance(each, (int, np.integer)) and not isinstance(each, bool)


def as_index(each: Any) -> Tensor:
    """A list, array or tensor as index tensor.

    Raises IndexError for other types, and for tensors of a type that is no index.
    """
    if isinstance(each, (list, tuple, range)):
        each = np.array(list(each)) if len(each) else np.zeros(0, np.int64)
        each = each.astype(np.int64) if each.dtype.kind == "f" else each
    if isinstance(each, np.ndarray):
        each = Tensor._of(each)
    if not isinstance(each, Tensor):
        raise IndexError(getitem_texts.invalid_index(type_name(each)))
    if each._array.dtype.kind not in "iub":
        raise IndexError(getitem_texts.INDEX_TENSOR_TYPE)
    return each


def unpacked_key(key: Any) -> Any:
    """A short list that holds tensors, sequences, slices, None or ... is taken for a tuple, with a warning."""
    if isinstance(key, (list, str)) and len(key) < 32:
        for each in key:
            if isinstance(each, (Tensor, list, tuple, str, np.ndarray, slice)) or each is None or each is Ellipsis:
                warnings.warn(getitem_texts.SEQUENCE_AS_TUPLE, UserWarning, stacklevel=3)
                return tuple(key)
    return key


def are_inside(key: tuple[Any, ...], shape: tuple[int, ...]) -> bool:
    """Whether these are integers, one or more, each of them a place along the next dimension."""
    if not 0 < len(key) <= len(shape):
        return False
    for index, size in zip(key, shape, strict=False):
        if type(index) is not int or not -size <= index < size:
            return False
    return True


@function("__getitem__", public=METHOD)
def getitem(self: Tensor, key: Any) -> Any:
    """`self[key]`: a view, or a copy where tensors, lists or masks index.

    Raises IndexError and TypeError as PyTorch does.
    """
    if type(key) is int and self._array.ndim and -self._array.shape[0] <= key < self._array.shape[0]:
        return SELECT(self, 0, key)  # what the steps below come to, for the most usual of all keys
    if type(key) is tuple and are_inside(key, self._array.shape):
        result: Any = self
        for index in key:
            result = SELECT(result, 0, index)
        return result
    try:
        key = unpacked_key(key)
        check_key(self, key)
        result, advanced = take_views(self, key, reading=True)
        if advanced:
            return INDEX(result, tuple(advanced))
        return ALIAS(self) if result is self else result
    except (IndexError, TypeError):
        asked = others((self, key), {})
        if not asked:
            raise
    return answer_of(asked, "torch.Tensor", "__getitem__", (self, key), {})


asks(getitem)


def check_key(self: Tensor, key: Any) -> None:
    """Raises IndexError and TypeError for a key that is wrong whatever is done with it."""
    if self._array.ndim == 0 and is_integer(key) and not isinstance(key, Tensor):
        raise IndexError(getitem_texts.index_out_of_range(int(key), 0, 0) if key else getitem_texts.INDEX_OF_SCALAR)
    parts = key if isinstance(key, tuple) else (key,)
    if sum(index_dims(each) for each in parts) > self._array.ndim and not isinstance(key, slice):
        raise IndexError(getitem_texts.too_many_indices(self._array.ndim))
    for each in parts:
        if isinstance(each, str):
            raise TypeError(creation_texts.index_is_text(type_name(each)))
        if isinstance(each, (float, complex)):
            raise IndexError(getitem_texts.invalid_index(type_name(each)))


def assignable(self: Tensor, value: Any) -> Any:
    """A tensor of what is assigned to a part of `self`.

    Raises TypeError unless it is a tensor or a number, RuntimeError for a complex number among real ones.
    """
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, NUMBERS):
        raise TypeError(getitem_texts.set_value(type_name(value), self.type()))
    value = dtypes.filling(shapes.fitting(value) if type(value) is int else value, self.dtype)
    with np.errstate(over="ignore"):  # a float16 takes what is too large for infinity
        made = Tensor._of(on_the_way(np.asarray(value), self._array.dtype).astype(self._array.dtype))
    return lifted(made) if levels.dispatch else made


@function("__setitem__", public=METHOD)
def setitem(self: Tensor, key: Any, value: Any) -> None:
    """`self[key] = value`, recorded: into a view, or by `index_put_`.

    Raises RuntimeError where autograd or shapes forbid it.
    """
    try:
        if key is False:
            return
        value = assignable(self, value)
        key = unpacked_key(key)
        check_key(self, key)
        if key is True:
            write_into(self.unsqueeze(0), value)
            return
        target, advanced = take_views(self, key)
        if advanced:
            lead = leading_ones(value)
            index_put_(target, tuple(advanced), value.view(value._array.shape[lead:]) if lead else value)
        else:
            write_into(target, value)
    except (IndexError, TypeError):
        asked = others((self, key, value), {})
        if not asked:
            raise
    else:
        return
    answer_of(asked, "torch.Tensor", "__setitem__", (self, key, value), {})


asks(setitem)


def write_into(target: Any, value: Tensor) -> None:
    """A single value fills; others are copied, without leading dimensions of size 1."""
    if target._array.shape == value._array.shape:
        copy_(target, value)
    elif value._array.ndim == 0:
        fill_(target, value)
    else:
        source = value.view(value._array.shape[leading_ones(value) :])
        copy_(target, source if source._array.shape == target._array.shape else source.expand(target._array.shape))


def leading_ones(value: Any) -> int:
    """How many dimensions of size 1 come first."""
    shape = value._array.shape
    return next((i for i, n in enumerate(shape) if n != 1), len(shape))
