"""What views and in-place operators are made of: `as_strided`, `copy_`, `fill_`, `zero_`."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import binding_texts, creation, dtypes, inplace_texts, memory, memory_texts, shapes
from refgrad.half import on_the_way
from refgrad.inplace import check_inplace, rebase_history
from refgrad.inplace_texts import ZERO_TENSOR_COPIED_OVER
from refgrad.levels import levels
from refgrad.node import CppNode, Gradients, Node, OperatorNode
from refgrad.operators.call import NUMBERS, is_recorded, make_node
from refgrad.operators.convert import copy_cast
from refgrad.operators.declare import KEEP, VIEW, function, inplace_of, operator
from refgrad.operators.factories import on_levels
from refgrad.operators.transformed import inplace_transformed
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

zeros_on_level = on_levels(creation.zeros_like)


def zeros_like(grad: Any) -> Any:
    return creation.filled_below(zeros_on_level(grad), grad)


def as_strided_gradient(grad: Any, self_geometry: Any, size: Any, stride: Any, storage_offset: Any) -> Any:
    """Write the gradient into a storage of zeros where the view lay, and take the input out of that.

    The storage begins at whichever of input and view begins first. Elements of the view that shared a place are added
    there.
    """
    shape, steps, offset = self_geometry
    start = offset if storage_offset is None else storage_offset
    first = min(offset, start)
    if 0 in size:
        return grad.new_empty_strided(shape, steps).zero_()
    for dim in range(len(size) - 1, -1, -1):
        if stride[dim] == 0 and size[dim] != 1:
            grad = grad.sum(dim)
        elif size[dim] == 1:
            grad = grad.squeeze(dim)
    kept = [(n, step) for n, step in zip(size, stride, strict=True) if n != 1 and step != 0]
    size, stride = tuple(n for n, _ in kept), tuple(step for _, step in kept)
    reach = 1 + max(offset - first + extent(shape, steps), start - first + extent(size, stride))
    storage = grad.new_zeros((reach,))
    if overlapping(size, stride):
        storage.index_add_(0, places(size, stride, start - first), grad.reshape(-1))
    else:
        storage.as_strided(size, stride, start - first).copy_(grad)
    if overlapping(shape, steps):  # places that several elements of the input share are divided among these
        at = places(shape, steps, offset - first)
        count = zeros_like(storage)
        count.index_add_(0, at, grad.new_ones((1,)).expand(at.shape))
        storage.div_(count)
    return storage.as_strided(shape, steps, offset - first)


def overlapping(shape: Any, strides: Any) -> bool:
    """Whether two elements may share a place."""
    last = 0
    for step, n in sorted((step, n) for n, step in zip(shape, strides, strict=True) if n != 1):
        if step <= last:
            return True
        last += step * (n - 1)
    return False


def extent(shape: Any, strides: Any) -> int:
    return sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) if 0 not in shape else 0


def places(shape: Any, strides: Any, start: int) -> Any:
    """For each element, in order, the place in the storage that it stands on."""
    at = np.full(shape, start, np.int64)
    for axis, (n, step) in enumerate(zip(shape, strides, strict=True)):
        at += (np.arange(n) * step).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return Tensor._of(at.reshape(-1))


def as_strided_forward(a: Any, size: Any, stride: Any, start: Any) -> Any:
    """Raises RuntimeError for strides of another number or below 0."""
    if len(size) != len(stride):
        raise RuntimeError(memory_texts.STRIDED_LENGTHS)
    if any(step < 0 for step in stride):
        raise RuntimeError(memory_texts.negative_strides(stride))
    return memory.strided(a, tuple(size), tuple(stride), memory.offset(a) if start is None else start)


AS_STRIDED = operator(
    "as_strided(Tensor self, int[] size, int[] stride, int? storage_offset=None)",
    as_strided_forward,
    node="AsStridedBackward0",
    gradients={"self": as_strided_gradient},
    dtype=KEEP,
    view=VIEW,
    kernels={},
)


def as_strided_node(base: Tensor, view: Tensor) -> Node:
    """The node that takes `view` out of `base`, for a view whose own history is stale."""
    assert AS_STRIDED.node_class is not None
    node: OperatorNode = make_node(
        AS_STRIDED.node_class, AS_STRIDED, (base,), (view._array.shape, view.stride(), view.storage_offset())
    )
    node.input_metadata = ((view._array.shape, view._array.dtype),)
    return node


class CopyBackwards(CppNode):
    """The node of `copy_`: the source gets the gradient, what was overwritten gets zeros."""

    __slots__ = ("source_type",)

    __module__ = "builtins"
    cpp_name = "torch::autograd::CopyBackwards"

    def __init__(self, target: Tensor, source: Tensor) -> None:
        nodes = (target.edge(), source.edge())
        super().__init__(nodes, (target._output_nr if nodes[0] else 0, source._output_nr if nodes[1] else 0))
        self.input_metadata = ((target._array.shape, target._array.dtype),)
        self.source_type = source.dtype

    def apply(self, gradients: Gradients) -> Gradients:
        grad: Any = gradients[0]
        results: Gradients = [None, None]
        if grad is None:
            return results
        gradients.clear()
        if self.next_nodes[0] is not None:
            results[0] = grad.new_zeros(grad.shape)
        if self.next_nodes[1] is not None:
            if grad.is_complex() and not self.source_type.is_complex:
                grad = grad.real
            results[1] = grad if grad.dtype is self.source_type else grad.to(self.source_type)
        return results


def copy_forward(a: Any, src: Any) -> Any:
    made = memory.empty_like(a, a.dtype)
    if made.shape != src.shape:
        shapes.expanded_shape(src.shape, made.shape, of_copy=True)
    copy_cast(made, src)
    return made


def to_source(grad: Any, src_scalar_type: Any) -> Any:
    """The gradient in the type of what was copied."""
    if grad.is_complex() and not src_scalar_type.is_complex:
        grad = grad.real
    return grad if grad.dtype is src_scalar_type else grad.to(src_scalar_type)


COPY = operator(
    "copy(Tensor self, Tensor src)",
    copy_forward,
    node="CopyBackwards",
    gradients={"self": lambda grad: grad.new_zeros(grad.shape), "src": to_source},
    dtype=KEEP,
    public=False,
)
"""`copy_` as a row: how transforms and tangents see it."""


@function("copy_")
def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """Write `src`, broadcast and cast, into this tensor.

    Raises RuntimeError where autograd or the shapes forbid it.
    """
    if isinstance(src, NUMBERS):
        src = Tensor._of(np.asarray(src, dtype=self._array.dtype))
    if not isinstance(src, Tensor):
        raise TypeError(binding_texts.wrong_argument("copy_", "other", 1, "Tensor", type_name(src)))
    if levels.active:
        return inplace_transformed(COPY, (self, src), (), lambda tensors, _: copy_(*tensors))
    recording = is_recorded((self, src), (0, 1))
    if memory.is_unallocated(self._array):
        raise RuntimeError(ZERO_TENSOR_COPIED_OVER)
    check_inplace(self, recording)
    if self is not src and self._array.__array_interface__ != src._array.__array_interface__:
        memory.check_single_places(self._array)
        memory.check_overlap(self._array, src._array)
    if self._array.shape != src._array.shape:
        shapes.expanded_shape(src._array.shape, self._array.shape, of_copy=True)
    node = None
    if recording and self._array.dtype.kind in "fcV":
        node = CopyBackwards(self, src)
    copy_cast(self._array, src._array)
    self.bump_version()
    if node is not None:
        rebase_history(self, node)
    return self


def fill_forward(a: Any, value: Any) -> Any:
    return np.full(a.shape, dtypes.filling(value, dtypes.of_array(a), a.size), a.dtype)


def filled(array: Any, value: Any) -> Any:
    array.fill(value)
    return array


FILL_NUMBER = operator(
    "fill.Scalar(Tensor self, Number value)",
    fill_forward,
    node="FillBackward0",
    inplace_node="FillBackward2",
    gradients={"self": zeros_like},
    dtype=KEEP,
    public=False,
    kernels={},
    writes=lambda a, value, out: filled(out, dtypes.filling(value, dtypes.of_array(a), a.size)),
)


def fill_tensor_forward(a: Any, value: Any) -> Any:
    if value.ndim:
        raise RuntimeError(inplace_texts.fill_value_dimensions(value.ndim))
    memory.check_single_places(a)
    return np.full(a.shape, on_the_way(value, a.dtype).astype(a.dtype), a.dtype)


FILL_TENSOR = operator(
    "fill.Tensor(Tensor self, Tensor value)",
    fill_tensor_forward,
    node="FillBackward1",
    inplace_node="FillBackward3",
    gradients={"self": lambda grad: zeros_like(grad), "value": lambda grad: grad.sum()},
    dtype=KEEP,
    public=False,
    kernels={},
)

fill_number, fill_tensor = inplace_of(FILL_NUMBER), inplace_of(FILL_TENSOR)


@function("fill_")
def fill_(self: Tensor, value: Any) -> Any:
    """Write one value everywhere.

    Raises RuntimeError if `value` is a tensor with dimensions.
    """
    if isinstance(value, Tensor):
        return fill_tensor(self, value)
    return fill_number(self, value)


@function("fill")
def fill(self: Tensor, value: Any) -> Any:
    return FILL_TENSOR(self, value) if isinstance(value, Tensor) else FILL_NUMBER(self, value)


ZERO = operator(
    "zero(Tensor self)",
    np.zeros_like,
    node="ZeroBackward0",
    gradients={"self": zeros_like},
    dtype=KEEP,
    inplace=True,
    kernels={},
    writes=lambda a, out: filled(out, 0),
)
