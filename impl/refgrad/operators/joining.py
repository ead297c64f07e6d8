"""Joining tensors, repeating and moving elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.binding_texts import wrong_argument
from refgrad.modes import modes
from refgrad.operators.batched import by_example
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, Operator, function, operator
from refgrad.operators.examples import CLONE, EXPAND, SUM_DIM, UNSQUEEZE, VIEW_, unpacked
from refgrad.operators.formula_values import written
from refgrad.operators.getitem import SLICE
from refgrad.operators.shape_texts import (
    CAT_EMPTY_LIST,
    FLIPLR_RANK,
    FLIPUD_RANK,
    MESHGRID_DTYPES,
    MESHGRID_INDEXING,
    REPEAT_RANK,
    REPEATS_BELOW_ZERO,
    REPEATS_NEGATIVE,
    REPEATS_OF_MANY,
    REPEATS_RANK,
    REPEATS_SIZE,
    ROLL_NEEDS_SHIFTS,
    STACK_EMPTY_LIST,
    block_diag_rank,
    cartesian_rank,
    cat_rank,
    cat_sizes,
    cat_zero_dim,
    diagonal_rank,
    dim_repeated,
    meshgrid_indexing,
    meshgrid_rank,
    negative_size,
    no_dimensions,
    repeated_size,
    repeats_length,
    roll_lengths,
    rot90_dims,
    rot90_rank,
    rot90_same_dim,
    stack_empty_list,
    stack_sizes,
)
from refgrad.operators.shapes import reshape, warn_once
from refgrad.operators.tensors_only import check_list
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.texts import no_tensor_in_list
from refgrad.tensor import Tensor
from refgrad.type_names import type_name
from refgrad.versions import inference, only_inference

# ---- cat and stack ------------------------------------------------------------------------------------------------


def skipped(shape: Any) -> bool:
    """An empty vector joins anything; PyTorch keeps that for old programs."""
    return tuple(shape) == (0,)


def cat_forward(arrays: Any, dim: int) -> Any:
    for i, each in enumerate(arrays):
        if each.ndim == 0:
            raise RuntimeError(cat_zero_dim(i))
    kept = [(i, each) for i, each in enumerate(arrays) if not skipped(each.shape)]
    if not kept:
        return np.zeros(0, arrays[0].dtype)
    first = kept[0][1]
    at = shapes.checked_dim(dim, first.ndim)
    for i, each in kept:
        if each.ndim != first.ndim:
            raise RuntimeError(cat_rank(first.ndim, each.ndim))
        for d in range(first.ndim):
            if d != at and each.shape[d] != first.shape[d]:
                raise RuntimeError(cat_sizes(at, first.shape[d], each.shape[d], i))
    return np.ascontiguousarray(np.concatenate([each for _, each in kept], axis=at))


def cat_gradient(grad: Any, tensors_sym_sizes: Any, tensors_scalar_type: Any, dim: int) -> Any:
    """Each input's stretch of the gradient."""
    known = next((each for each in tensors_sym_sizes if not skipped(each)), None)
    at = shapes.checked_dim(dim, len(known)) if known is not None else 0
    found, start = [], 0
    for size, kind in zip(tensors_sym_sizes, tensors_scalar_type, strict=True):
        if skipped(size):
            found.append(written(grad.new_zeros((0,))))
            continue
        stop = start + size[at]
        source = grad.real if grad.is_complex() and not kind.is_complex else grad
        found.append(SLICE(source, at, start, stop, 1))
        start = stop
    return found


CAT = operator(
    "cat(Tensor[] tensors, int dim=0)",
    cat_forward,
    node="CatBackward0",
    gradients={"tensors": cat_gradient},
    public=False,
)


@function("cat", public=FUNCTION, aliases=("concat", "concatenate"))
def cat(tensors: Any, dim: int = 0) -> Any:
    """The tensors one after the other along a dimension."""
    if isinstance(tensors, (tuple, list)) and not tensors:
        raise ValueError(CAT_EMPTY_LIST)
    return CAT(tuple(tensors) if isinstance(tensors, list) else tensors, dim)


def stack_forward(arrays: Any, dim: int) -> Any:
    first = arrays[0].shape
    at = shapes.checked_dim(dim, len(first) + 1)
    for i, each in enumerate(arrays):
        if each.shape != first:
            raise RuntimeError(stack_sizes(first, each.shape, i))
    if at == 0 and first:
        return np.ascontiguousarray(np.concatenate(arrays).reshape(len(arrays), *first))
    return np.ascontiguousarray(np.stack(arrays, axis=at))


def stack_gradient(grad: Any, tensors_scalar_type: Any, dim: int) -> Any:
    found = []
    for i, kind in enumerate(tensors_scalar_type):
        source = grad.real if grad.is_complex() and not kind.is_complex else grad
        found.append(source.select(dim, i))
    return found


STACK = operator(
    "stack(Tensor[] tensors, int dim=0)",
    stack_forward,
    node="StackBackward0",
    gradients={"tensors": stack_gradient},
    public=False,
)


@function("stack", public=FUNCTION)
def stack(tensors: Any, dim: int = 0) -> Any:
    """The tensors along a new dimension."""
    if isinstance(tensors, (tuple, list)) and not tensors:
        raise RuntimeError(STACK_EMPTY_LIST)
    made = STACK(tuple(tensors) if isinstance(tensors, list) else tensors, dim)
    if inference.used and not modes.inference and only_inference(tensors):
        return joined_below(made, dim)
    return made


def joined_below(stacked: Any, dim: int) -> Any:
    """Where autograd does not hear of it, a stack is seen to be a view of the tensors one after the other."""
    shape = stacked._array.shape
    at = dim % len(shape)
    if at == len(shape) - 1:
        return stacked
    return VIEW_(VIEW_(stacked, (*shape[:at], shape[at] * shape[at + 1], *shape[at + 2 :])).detach(), shape)


@function("hstack", public=FUNCTION)
def hstack(tensors: Any) -> Any:
    if not len(tensors):
        raise RuntimeError(stack_empty_list("hstack"))
    parts = [atleast_1d(each) for each in tensors]
    return cat(parts, 0 if parts[0]._array.ndim == 1 else 1)


@function("vstack", public=FUNCTION, aliases=("row_stack",))
def vstack(tensors: Any) -> Any:
    if not len(tensors):
        raise RuntimeError(stack_empty_list("vstack"))
    return cat([atleast_2d(each) for each in tensors], 0)


@function("dstack", public=FUNCTION)
def dstack(tensors: Any) -> Any:
    if not len(tensors):
        raise RuntimeError(stack_empty_list("dstack"))
    return cat([atleast_3d(each) for each in tensors], 2)


@function("column_stack", public=FUNCTION)
def column_stack(tensors: Any) -> Any:
    """Vectors become columns."""
    if not len(tensors):
        raise RuntimeError(stack_empty_list("column_stack"))
    parts = [reshape(each, (each._array.size, 1)) if each._array.ndim <= 1 else each for each in tensors]
    return hstack(parts)


def each_of(tensors: Any, single: Any) -> Any:
    """`f(a, b)` and `f([a, b])` give tuples, `f(a)` gives one tensor."""
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return single(tensors[0])
    return tuple(single(each) for each in unpacked(tensors))


@function("atleast_1d", public=FUNCTION)
def atleast_1d(*tensors: Any) -> Any:
    return each_of(tensors, lambda x: x if x._array.ndim else reshape(x, (1,)))


@function("atleast_2d", public=FUNCTION)
def atleast_2d(*tensors: Any) -> Any:
    return each_of(tensors, as_matrix)


def as_matrix(x: Any) -> Any:
    if x._array.ndim == 0:
        return reshape(x, (1, 1))
    return UNSQUEEZE(x, 0) if x._array.ndim == 1 else x


@function("atleast_3d", public=FUNCTION)
def atleast_3d(*tensors: Any) -> Any:
    return each_of(tensors, as_cube)


def as_cube(x: Any) -> Any:
    if x._array.ndim == 0:
        return reshape(x, (1, 1, 1))
    if x._array.ndim == 1:
        return UNSQUEEZE(UNSQUEEZE(x, 0), -1)
    return UNSQUEEZE(x, -1) if x._array.ndim == 2 else x


# ---- grids --------------------------------------------------------------------------------------------------------


@function("broadcast_tensors", public=FUNCTION)
def broadcast_tensors(*tensors: Any) -> Any:
    given: Any = only_tensors(unpacked(tensors))
    shape = np.broadcast_shapes(*(each._array.shape for each in given)) if broadcastable(given) else ()
    return tuple(each if each._array.shape == shape else EXPAND(each, shape, False) for each in given)


def broadcastable(tensors: Any) -> bool:
    """Raises PyTorch's RuntimeError if the shapes do not broadcast."""
    shapes.raise_broadcast_error([each._array for each in tensors])
    return True


def only_tensors(given: Any) -> Any:
    """What is given. Raises TypeError if something among it is no tensor."""
    for place, each in enumerate(given):
        if not isinstance(each, Tensor):
            raise TypeError(no_tensor_in_list(place, 0, type_name(each)))
    return given


@function("meshgrid", public=FUNCTION)
def meshgrid(*tensors: Any, indexing: Any = None) -> Any:
    """Every combination of coordinates; without `indexing` it is "ij", with a warning (UserWarning)."""
    given: list[Any] = list(only_tensors(unpacked(tensors)))
    if isinstance(indexing, bytes):
        indexing = indexing.decode()
    if indexing is None:
        warn_once(MESHGRID_INDEXING)
    elif not isinstance(indexing, str):
        raise TypeError(wrong_argument("meshgrid", "indexing", None, "str", type_name(indexing)))
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(meshgrid_indexing(indexing))
    if any(each.dtype is not given[0].dtype for each in given):
        raise RuntimeError(MESHGRID_DTYPES)
    swap = indexing == "xy" and len(given) >= 2
    if swap:
        given[0], given[1] = given[1], given[0]
    for each in given:
        if each._array.ndim > 1:
            raise RuntimeError(meshgrid_rank(each))
    shape = tuple(each._array.size for each in given)
    count = len(given)
    grids = [
        EXPAND(VIEW_(each, (1,) * i + (-1,) + (1,) * (count - i - 1)), shape, False) for i, each in enumerate(given)
    ]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


@function("cartesian_prod", public=FUNCTION)
def cartesian_prod(*tensors: Any) -> Any:
    """Every combination of elements as rows.

    Raises RuntimeError for tensors that are no vectors.
    """
    check_list(tensors)
    for each in tensors:
        if each._array.ndim != 1:
            raise RuntimeError(cartesian_rank(each._array.shape))
    if len(tensors) == 1:
        return tensors[0]
    return STACK(tuple(each.flatten() for each in meshgrid(*tensors, indexing="ij")), 1)


def block_diag_forward(arrays: Any) -> Any:
    for i, each in enumerate(arrays):
        if each.ndim > 2:
            raise RuntimeError(block_diag_rank(i, each.ndim))
    blocks = [each.reshape(1, -1) if each.ndim < 2 else each for each in arrays]
    whole = np.zeros((sum(b.shape[0] for b in blocks), sum(b.shape[1] for b in blocks)), blocks[0].dtype)
    row = column = 0
    for block in blocks:
        whole[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return whole


def block_diag_gradient(grad: Any, tensors_sym_sizes: Any, tensors_scalar_type: Any) -> Any:
    found, row, column = [], 0, 0
    for size, kind in zip(tensors_sym_sizes, tensors_scalar_type, strict=True):
        height, width = size if len(size) == 2 else (1, math.prod(size))
        source = grad.real if grad.is_complex() and not kind.is_complex else grad
        part = SLICE(SLICE(source, 0, row, row + height, 1), 1, column, column + width, 1)
        if len(size) == 1:
            part = part.squeeze(-1)
        elif len(size) == 0:
            part = part.squeeze(-1).squeeze(-1)
        found.append(part)
        row, column = row + height, column + width
    return found


BLOCK_DIAG = operator(
    "block_diag(Tensor[] tensors)",
    block_diag_forward,
    node="BlockDiagBackward0",
    gradients={"tensors": block_diag_gradient},
    public=False,
)


@function("block_diag", public=FUNCTION)
def block_diag(*tensors: Any) -> Any:
    check_list(tensors)
    return BLOCK_DIAG(tuple(tensors))


# ---- repeating ----------------------------------------------------------------------------------------------------


def repeat_forward(a: Any, repeats: Any) -> Any:
    if len(repeats) < a.ndim:
        raise RuntimeError(REPEAT_RANK)
    wanted = [count * n for count, n in zip(repeats, (1,) * (len(repeats) - a.ndim) + a.shape, strict=True)]
    for each in wanted:
        if each < 0:
            raise RuntimeError(negative_size(each, wanted))
    return memory.indexed(np.tile(a, repeats)) if repeats else a.copy()


def repeat_gradient(grad: Any, self_sym_sizes: Any, repeats: Any) -> Any:
    """Add up the copies: first over new dimensions, then within each repeated one."""
    if 0 in repeats:
        return grad.new_zeros(self_sym_sizes)
    extra = len(repeats) - len(self_sym_sizes)
    if extra:
        grad = SUM_DIM(grad, tuple(range(extra)), False, None)
    size: list[int] = []
    summed = []
    for count, n in zip(repeats[extra:], self_sym_sizes, strict=True):
        if count != 1:
            summed.append(len(size))
            size.append(count)
        size.append(n)
    return SUM_DIM(reshape(grad, tuple(size)), tuple(summed), False, None) if summed else grad


REPEAT = operator(
    "repeat(Tensor self, int[] repeats)",
    repeat_forward,
    node="RepeatBackward0",
    gradients={"self": repeat_gradient},
    dtype=KEEP,
    public=False,
)


@function("repeat", public=METHOD)
def repeat(self: Any, *counts: Any, repeats: Any = None) -> Any:
    """Copies side by side, along each dimension as many as said."""
    return REPEAT(self, unpacked(counts, repeats, ("repeat", "repeats")))


@function("tile")
def tile(self: Any, *given: Any, dims: Any = None) -> Any:
    """`repeat`, where missing counts are 1."""
    counts = unpacked(given, dims, ("tile", "dims"))
    return REPEAT(self, (1,) * (self._array.ndim - len(counts)) + tuple(counts))


def counted_out(counts: Any, output_size: int | None) -> Any:
    """Each number as often as the vector `counts` says at its place."""
    if counts.dtype not in (np.int32, np.int64):
        raise NotImplementedError(not_implemented_for("repeat_interleave_cpu", dtypes.of_array(counts).scalar_name))
    if counts.ndim != 1:
        raise RuntimeError(REPEATS_RANK)
    if (counts < 0).any():
        raise RuntimeError(REPEATS_BELOW_ZERO)
    if output_size is not None and output_size < 0:
        raise RuntimeError(negative_size(output_size, (output_size,)))
    if output_size not in (None, counts.sum()):
        raise RuntimeError(REPEATS_SIZE)
    return np.repeat(np.arange(counts.size, dtype=counts.dtype), counts)


COUNTED_OUT = operator(
    "repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None)",
    counted_out,
    node=None,
    gradients={},
    dtype=KEEP,
    public=False,
)


@function("repeat_interleave", public=METHOD)
def repeat_interleave(self: Any, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each element several times in a row."""
    if dim is None:
        self, dim = self.flatten(), 0
    if isinstance(repeats, Tensor) and repeats.dim() > 1:
        raise RuntimeError(REPEATS_OF_MANY)
    at = shapes.checked_dim(dim, self._array.ndim)
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError(REPEATS_NEGATIVE)
        one = UNSQUEEZE(self, at + 1)
        if output_size not in (None, self._array.shape[at] * repeats):
            raise RuntimeError(repeated_size(output_size, self._array.shape[at] * repeats))
        wide = EXPAND(one, widened(self._array.shape, at, repeats), False)
        return CLONE(wide, "contiguous").flatten(at, at + 1)
    if not self._array.ndim:
        raise IndexError(no_dimensions(dim))
    count, size = repeats._array.size, self._array.shape[at]
    if count not in (1, size):
        raise RuntimeError(repeats_length(count, size, dim))
    return repeated_by_counts(self, repeats, dim, size, output_size)


@by_example("repeat_interleave.Tensor")
def repeated_by_counts(self: Any, repeats: Any, dim: int, size: int, output_size: int | None) -> Any:
    counts = repeats._array.reshape(-1)
    index = Tensor._of(counted_out(np.broadcast_to(counts, (size,)), output_size))
    return self.index_select(dim, index)


@function("repeat_interleave", public=FUNCTION)
def repeat_interleave_function(*args: Any, **options: Any) -> Any:
    """The same; of `repeats` alone, the number of each of its elements as often as that says."""
    if "axis" in options:
        options["dim"] = options.pop("axis")
    if len(args) + ("self" in options or "input" in options) + ("repeats" in options) > 1:
        return repeat_interleave(*args, **options)
    output_size = options.pop("output_size", None)
    return COUNTED_OUT(*args, *options.values(), output_size)


def widened(shape: Any, at: int, count: int) -> Any:
    return (*shape[: at + 1], count, *shape[at + 1 :])


# ---- moving elements ----------------------------------------------------------------------------------------------


def flip_forward(a: Any, dims: Any) -> Any:
    at = [shapes.checked_dim(each, a.ndim) for each in dims]
    for i, each in enumerate(at):
        if each in at[:i]:
            raise RuntimeError(dim_repeated(each))
    made = memory.empty_like(a, a.dtype)
    made[...] = np.flip(a, tuple(at)) if a.ndim else a
    return made


FLIP: Operator = operator(
    "flip(Tensor self, int[] dims)",
    flip_forward,
    node="FlipBackward0",
    gradients={"self": lambda grad, dims: FLIP(grad, dims)},
    dtype=KEEP,
    public=False,
)


@function("flip")
def flip(self: Any, *given: Any, dims: Any = None) -> Any:
    return FLIP(self, unpacked(given, dims, ("flip", "dims")))


@function("fliplr")
def fliplr(self: Any) -> Any:
    if self._array.ndim < 2:
        raise RuntimeError(FLIPLR_RANK)
    return FLIP(self, (1,))


@function("flipud")
def flipud(self: Any) -> Any:
    if self._array.ndim < 1:
        raise RuntimeError(FLIPUD_RANK)
    return FLIP(self, (0,))


def roll_forward(a: Any, shifts: Any, dims: Any) -> Any:
    if not shifts:
        raise RuntimeError(ROLL_NEEDS_SHIFTS)
    if not dims and len(shifts) == 1:
        return np.roll(a, shifts[0]).copy(order="C")
    if len(shifts) != len(dims):
        raise RuntimeError(roll_lengths(len(shifts), len(dims)))
    if a.size == 0:
        return memory.copy_of(a)
    if a.ndim == 0:
        raise IndexError(no_dimensions(dims[0]))
    at = tuple(shapes.checked_dim(each, a.ndim) for each in dims)
    return np.roll(a, tuple(shifts), at).copy(order="C")


ROLL: Operator = operator(
    "roll(Tensor self, int[] shifts, int[] dims=())",
    roll_forward,
    node="RollBackward0",
    gradients={
        "self": lambda grad, shifts, dims: ROLL(grad, tuple(-each for each in reversed(shifts)), tuple(reversed(dims)))
    },
    dtype=KEEP,
    public=False,
)


@function("roll")
def roll(self: Any, shifts: Any, dims: Any = ()) -> Any:
    """Move elements along, the last ones to the front."""
    shifts = (shapes.fitting(shifts),) if isinstance(shifts, int) else tuple(shifts)
    return ROLL(self, shifts, (dims,) if isinstance(dims, int) else tuple(dims or ()))


def rot90_forward(a: Any, k: int, dims: Any) -> Any:
    if len(dims) != 2:
        raise RuntimeError(rot90_dims(len(dims)))
    if a.ndim < 2:
        raise RuntimeError(rot90_rank(a.ndim))
    if shapes.checked_dim(dims[0], a.ndim) == shapes.checked_dim(dims[1], a.ndim):
        raise RuntimeError(rot90_same_dim(dims))
    first, second = (shapes.checked_dim(each, a.ndim) for each in dims)
    turns = k % 4
    if turns == 1:
        return memory.explicit(flip_forward(a, (second,))).swapaxes(first, second)
    if turns == 2:
        return flip_forward(a, (first, second))
    if turns == 3:
        return memory.explicit(flip_forward(a, (first,))).swapaxes(first, second)
    return a.copy(order="C")


ROT90: Operator = operator(
    "rot90(Tensor self, int k=1, int[] dims=(0, 1))",
    rot90_forward,
    node="Rot90Backward0",
    gradients={"self": lambda grad, k, dims: ROT90(grad, -k, dims)},
    dtype=KEEP,
)


def triangle(name: str, keep: Any) -> Any:
    def forward(a: Any, diagonal: int) -> Any:
        if a.ndim < 2:
            raise RuntimeError(diagonal_rank(name))
        return keep(a, shapes.fitting(diagonal)).astype(a.dtype, order="C")

    return forward


TRIL = operator(
    "tril(Tensor self, int diagonal=0)",
    triangle("tril", np.tril),
    node="TrilBackward0",
    gradients={"self": lambda grad, diagonal: grad.tril(diagonal)},
    dtype=KEEP,
    inplace=True,
)
TRIU = operator(
    "triu(Tensor self, int diagonal=0)",
    triangle("triu", np.triu),
    node="TriuBackward0",
    gradients={"self": lambda grad, diagonal: grad.triu(diagonal)},
    dtype=KEEP,
    inplace=True,
)
