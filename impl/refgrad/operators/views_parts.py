"""Parts of a tensor that share its memory: split, diagonals, windows. Select and slice stand in getitem.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, MULTI, VIEW, function, operator
from refgrad.operators.getitem import SLICE, select_forward
from refgrad.operators.shape_texts import (
    TENSOR_SPLIT_SCALAR,
    UNBIND_OF_SCALAR,
    chunks_positive,
    diag_rank,
    diagonal_identical,
    sections_positive,
    split_divides,
    split_entries,
    split_negative,
    split_of_scalar,
    split_rank,
    split_sum,
    split_zero,
    tensor_split_rank,
    tensor_split_type,
    unfold_negative,
    unfold_size,
    unfold_step,
)
from refgrad.signatures.parsing import parsed
from refgrad.signatures.texts import MOST
from refgrad.tensor import Tensor


def restrided(a: Any, shape: Any, steps: Any, start: Any = ()) -> Any:
    """A view of `a` from the element at index `start`, with shape and strides in bytes."""
    origin = a if a.size == 0 or not any(start) else a[tuple(slice(i, None) for i in start)]
    return np.lib.stride_tricks.as_strided(origin, shape, steps)


# ---- all parts ----------------------------------------------------------------------------------------------------


def unbind_forward(a: Any, dim: int) -> Any:
    dim = shapes.checked_dim(dim, a.ndim)
    if a.ndim == 0:
        raise IndexError(UNBIND_OF_SCALAR)
    return tuple(select_forward(a, dim, i) for i in range(a.shape[dim]))


def unbind_gradient(grads: Any, dim: int) -> Any:
    """Undefined gradients count as zeros."""
    from refgrad.operators.joining import stack

    known = next(each for each in grads if each is not None)
    return stack([known.new_zeros(()).expand(known.shape) if each is None else each for each in grads], dim)


UNBIND = operator(
    "unbind.int(Tensor self, int dim=0)",
    unbind_forward,
    node="UnbindBackward0",
    gradients={"self": unbind_gradient},
    dtype=KEEP,
    view=MULTI,
)


def pieces(size: int, split_size: int) -> list[int]:
    """How long the parts are when a dimension is cut every `split_size`."""
    if split_size == 0:
        return [0]
    count = max((size + split_size - 1) // split_size, 1)
    return [split_size] * (count - 1) + [size - split_size * (count - 1)]


def cut(a: Any, sizes: Any, dim: int) -> Any:
    dim = shapes.checked_dim(dim, a.ndim)
    parts, start = [], 0
    for size in sizes:
        parts.append(a[(*(slice(None),) * dim, slice(start, start + size))])
        start += size
    return tuple(parts)


def split_forward(a: Any, split_size: int, dim: int) -> Any:
    if a.ndim == 0:
        raise RuntimeError(split_of_scalar("split"))
    if split_size < 0:
        raise RuntimeError(split_negative(split_size))
    size = a.shape[shapes.checked_dim(dim, a.ndim)]
    if split_size == 0 and size != 0:
        raise RuntimeError(split_zero(size))
    return cut(a, pieces(size, split_size), dim)


def split_sizes_forward(a: Any, split_sizes: Any, dim: int) -> Any:
    if a.ndim == 0:
        raise RuntimeError(split_of_scalar("split"))
    size = a.shape[shapes.checked_dim(dim, a.ndim)]
    if any(each < 0 for each in split_sizes):
        raise RuntimeError(split_entries(split_sizes))
    if sum(split_sizes) != size:
        raise RuntimeError(split_sum(split_sizes, size, dim))
    return cut(a, split_sizes, dim)


def joined(grads: Any, sizes: Any, dim: int, shape: Any) -> Any:
    """The parts' gradients side by side; undefined ones count as zeros."""
    from refgrad.operators.joining import cat

    dim = shapes.checked_dim(dim, len(shape))
    known = next(each for each in grads if each is not None)
    filled = [
        known.new_zeros((*shape[:dim], size, *shape[dim + 1 :])) if each is None else each
        for each, size in zip(grads, sizes, strict=True)
    ]
    return cat(filled, dim)


def split_gradient(grads: Any, self_sym_sizes: Any, split_size: int, dim: int) -> Any:
    at = shapes.checked_dim(dim, len(self_sym_sizes))
    return joined(grads, pieces(self_sym_sizes[at], split_size), dim, self_sym_sizes)


def split_sizes_gradient(grads: Any, self_sym_sizes: Any, split_sizes: Any, dim: int) -> Any:
    return joined(grads, split_sizes, dim, self_sym_sizes)


SPLIT = operator(
    "split.Tensor(Tensor self, int split_size, int dim=0)",
    split_forward,
    node="SplitBackward0",
    gradients={"self": split_gradient},
    dtype=KEEP,
    view=MULTI,
    public=False,
)
SPLIT_SIZES = operator(
    "split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
    split_sizes_forward,
    node="SplitWithSizesBackward0",
    gradients={"self": split_sizes_gradient},
    dtype=KEEP,
    view=MULTI,
)
# The unsafe forms share memory too, but nobody is told: the results are no views and count versions of their own.
UNSAFE_SPLIT = operator(
    "unsafe_split.Tensor(Tensor self, int split_size, int dim=0)",
    split_forward,
    node="UnsafeSplitBackward0",
    gradients={"self": split_gradient},
    dtype=KEEP,
)
UNSAFE_SPLIT_SIZES = operator(
    "unsafe_split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
    split_sizes_forward,
    node="UnsafeSplitWithSizesBackward0",
    gradients={"self": split_sizes_gradient},
    dtype=KEEP,
)


@function("split", public=FUNCTION)
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    """Views of parts that are as long as said, for a list one part per entry."""
    if isinstance(tensor, Tensor):
        return split_method(tensor, split_size_or_sections, dim)
    return tensor.split(split_size_or_sections, dim)


@function("split", public=METHOD)
def split_method(self: Any, split_size: Any, dim: int = 0) -> Any:
    if type(split_size) is int and type(dim) is int and 0 <= split_size <= MOST and abs(dim) <= MOST:
        return SPLIT(self, split_size, dim)
    if isinstance(split_size, Tensor) and split_size._array.size == 1:
        split_size = int(split_size)
    if isinstance(split_size, int):
        given, _ = parsed("_split", self, split_size, dim, method=False)
        return SPLIT(*given)
    (tensor, sizes, at), _ = parsed("split_with_sizes", self, split_size, dim, method=False)
    return SPLIT_SIZES(tensor, tuple(sizes), at)


def chunk_size(self: Any, chunks: int, dim: int) -> int:
    if not self._array.ndim:
        raise RuntimeError(split_of_scalar("chunk"))
    if shapes.fitting(chunks) <= 0:
        raise RuntimeError(chunks_positive(chunks))
    size = self._array.shape[shapes.checked_dim(dim, self._array.ndim)]
    return int((size + chunks - 1) // chunks)


@function("chunk")
def chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    """At most `chunks` parts of equal length, but for the last."""
    size = chunk_size(input, chunks, dim)
    return SPLIT(input, size, dim) if size else SPLIT_SIZES(input, (0,) * chunks, dim)


@function("unsafe_chunk")
def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    size = chunk_size(input, chunks, dim)
    return UNSAFE_SPLIT(input, size, dim) if size else UNSAFE_SPLIT_SIZES(input, (0,) * chunks, dim)


@function("tensor_split")
def tensor_split(self: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    """Views of as many parts as said, or of the parts between the indices."""
    shape = self._array.shape
    if not shape:
        raise RuntimeError(TENSOR_SPLIT_SCALAR)
    if isinstance(indices_or_sections, Tensor):
        if indices_or_sections._array.dtype != np.int64:
            raise RuntimeError(tensor_split_type(dtypes.of_array(indices_or_sections._array).scalar_name))
        if indices_or_sections.dim() > 1:
            raise RuntimeError(tensor_split_rank(indices_or_sections.dim()))
        indices_or_sections = indices_or_sections.tolist()
    at = shapes.checked_dim(dim, len(shape))
    size = shape[at]
    if isinstance(indices_or_sections, int):
        sections = shapes.fitting(indices_or_sections)
        if sections <= 0:
            raise RuntimeError(sections_positive(sections))
        shortest, longer = divmod(size, sections)
        ends = [i * shortest + min(i, longer) for i in range(1, sections + 1)]
        starts = [0, *ends[:-1]]
    else:
        starts, ends = [0, *indices_or_sections], [*indices_or_sections, size]
    return tuple(SLICE(self, at, start, end, 1) for start, end in zip(starts, ends, strict=True))


def split_along(name: str, self: Any, given: tuple[Any, ...], named: Any, dim: int, rank: int) -> Any:
    """`given`: one argument, or the indices one by one; `named`: the same by keyword."""
    (where,) = given if len(given) == 1 else (given,) if given else named.values()
    ndim = self._array.ndim
    if ndim < rank:
        raise RuntimeError(split_rank(name, rank, ndim))
    if isinstance(where, int) and (where == 0 or self._array.shape[dim] % where):
        raise RuntimeError(split_divides(name, dim, self._array.shape[dim], where))
    return tensor_split(self, where, dim)


@function("hsplit")
def hsplit(self: Any, *given: Any, **named: Any) -> Any:
    return split_along("hsplit", self, given, named, 0 if self._array.ndim == 1 else 1, 1)


@function("vsplit")
def vsplit(self: Any, *given: Any, **named: Any) -> Any:
    return split_along("vsplit", self, given, named, 0, 2)


@function("dsplit")
def dsplit(self: Any, *given: Any, **named: Any) -> Any:
    return split_along("dsplit", self, given, named, 2, 3)


# ---- diagonals ----------------------------------------------------------------------------------------------------


def diagonal_forward(a: Any, offset: int, dim1: int, dim2: int) -> Any:
    """The diagonal of two dimensions as a last one."""
    first, second = shapes.checked_dim(dim1, a.ndim), shapes.checked_dim(dim2, a.ndim)
    if first == second:
        raise RuntimeError(diagonal_identical(dim1, dim2))
    below, right = max(-offset, 0), max(offset, 0)
    length = max(min(a.shape[first] - below, a.shape[second] - right), 0)
    rest = [i for i in range(a.ndim) if i not in (first, second)]
    start = [0] * a.ndim
    if length:
        start[first], start[second] = below, right
    a = memory.explicit(a)
    steps = [*(a.strides[i] for i in rest), a.strides[first] + a.strides[second]]
    return restrided(a, [*(a.shape[i] for i in rest), length], steps, start)


def diagonal_into(grad: Any, input_sizes: Any, offset: int, dim1: int, dim2: int) -> Any:
    whole = np.zeros(input_sizes, grad.dtype)
    diagonal_forward(whole, offset, dim1, dim2)[...] = grad
    return whole


DIAGONAL_BACKWARD = operator(
    "diagonal_backward(Tensor grad_output, int[] input_sizes, int offset, int dim1, int dim2)",
    diagonal_into,
    node="DiagonalBackwardBackward0",
    gradients={"grad_output": lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2)},
    dtype=KEEP,
    public=FUNCTION,
)


def diagonal_gradient(grad: Any, self_sym_sizes: Any, offset: int, dim1: int, dim2: int) -> Any:
    return DIAGONAL_BACKWARD(grad, self_sym_sizes, offset, dim1, dim2)


DIAGONAL = operator(
    "diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1)",
    diagonal_forward,
    node="DiagonalBackward0",
    gradients={"self": diagonal_gradient},
    dtype=KEEP,
    view=VIEW,
)
DIAGONAL_COPY = operator(
    "diagonal_copy(Tensor self, int offset=0, int dim1=0, int dim2=1)",
    lambda a, offset, dim1, dim2: np.array(diagonal_forward(a, offset, dim1, dim2), order="C"),
    node="DiagonalBackward0_copy",
    gradients={"self": diagonal_gradient},
    dtype=KEEP,
    public=FUNCTION,
)


def diag_embed_forward(a: Any, offset: int, dim1: int, dim2: int) -> Any:
    first, second = shapes.checked_dim(dim1, a.ndim + 1), shapes.checked_dim(dim2, a.ndim + 1)
    if first == second:
        raise RuntimeError(diagonal_identical(dim1, dim2))
    size = a.shape[-1] + abs(offset)
    shape = list(a.shape[:-1])
    for dim in sorted((first, second)):
        shape.insert(dim, size)
    whole = np.zeros(shape, a.dtype)
    diagonal_forward(whole, offset, first, second)[...] = a
    return whole


DIAG_EMBED = operator(
    "diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1)",
    diag_embed_forward,
    node="DiagEmbedBackward0",
    gradients={"self": lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2)},
    dtype=KEEP,
)


@function("diag")
def diag(self: Any, diagonal: int = 0) -> Any:
    """A vector as a diagonal matrix, or the diagonal of a matrix as a new vector."""
    shapes.fitting(diagonal)
    if self._array.ndim == 1:
        return DIAG_EMBED(self, diagonal, -2, -1)
    if self._array.ndim == 2:
        return DIAGONAL_COPY(self, diagonal, 0, 1)
    raise RuntimeError(diag_rank(self._array.ndim))


# ---- windows ------------------------------------------------------------------------------------------------------


def unfold_forward(a: Any, dimension: int, size: int, step: int) -> Any:
    """Windows of `size` along one dimension, every `step`, as a new last dimension."""
    dim = shapes.checked_dim(dimension, a.ndim)
    available = a.shape[dim] if a.ndim else 1
    if size < 0:
        raise RuntimeError(unfold_negative(size))
    if size > available:
        raise RuntimeError(unfold_size(dim, available, size))
    if step <= 0:
        raise RuntimeError(unfold_step(step))
    if not a.ndim:
        return restrided(a, (size,), (a.itemsize,))
    a = memory.explicit(a)
    shape, steps = list(a.shape), list(a.strides)
    shape[dim] = (available - size) // step + 1
    steps[dim] *= step
    return restrided(a, (*shape, size), (*steps, a.strides[dim]))


def unfold_into(grad: Any, input_sizes: Any, dim: int, size: int, step: int) -> Any:
    """Windows that overlap add up."""
    whole = np.zeros(input_sizes, grad.dtype)
    if not input_sizes:
        return grad.reshape(()).copy() if size else whole
    at = shapes.checked_dim(dim, len(input_sizes))
    for i in range(grad.shape[at]):
        window = (*(slice(None),) * at, slice(i * step, i * step + size))
        part = np.moveaxis(grad[(*(slice(None),) * at, i)], -1, at)
        whole[window] = part if step >= size else whole[window] + part  # what is copied may be a negative zero
    return whole


UNFOLD_BACKWARD = operator(
    "unfold_backward(Tensor grad_in, int[] input_sizes, int dim, int size, int step)",
    unfold_into,
    node="UnfoldBackwardBackward0",
    gradients={"grad_in": lambda grad, dim, size, step: grad.unfold(dim, size, step)},
    dtype=KEEP,
    public=False,
)
UNFOLD = operator(
    "unfold(Tensor self, int dimension, int size, int step)",
    unfold_forward,
    node="UnfoldBackward0",
    gradients={
        "self": lambda grad, self_sym_sizes, dimension, size, step: UNFOLD_BACKWARD(
            grad, self_sym_sizes, dimension, size, step
        )
    },
    dtype=KEEP,
    view=VIEW,
    public=METHOD,
)
