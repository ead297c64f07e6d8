"""The same elements under another shape: reshape and its relatives, permutations, squeeze, expand.

`view`, `expand`, `unsqueeze`, `transpose` and `t` stand in examples.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from refgrad import dimension_texts as texts
from refgrad import memory, once, shapes
from refgrad.inplace import check_inplace
from refgrad.levels import BatchLevel, hiding_level, levels
from refgrad.modes import modes
from refgrad.operators.call import is_recorded, make_node
from refgrad.operators.convert import contiguous
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, VIEW, Operator, Reshaping, function, operator
from refgrad.operators.dispatching import turned_by_asking
from refgrad.operators.examples import CLONE, TRANSPOSE, UNSAFE_VIEW, UNSQUEEZE, VIEW_, T, expand, unpacked
from refgrad.operators.getitem import ALIAS
from refgrad.operators.names import METHODS
from refgrad.operators.shape_texts import (
    DUPLICATE_DIMS,
    FLATTEN_ORDER,
    UNBIND_OF_SCALAR,
    UNFLATTEN_EMPTY,
    UNFLATTEN_UNEXPECTED,
    dim_repeated,
    matrix_attribute,
    matrix_attribute_of_scalar,
    movedim_lengths,
    movedim_repeated,
    permute_length,
    transpose_rank,
    unflatten_sizes,
    view_as_not_a_tensor,
    wrong_reversal,
)
from refgrad.operators.strided import AS_STRIDED
from refgrad.operators.transformed import turn_transformed
from refgrad.signatures.parsing import parsed
from refgrad.tensor import Tensor
from refgrad.type_names import type_name
from refgrad.views import move_hooks


def attribute(name: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Publish a function of one tensor as an attribute of the class: `x.T`."""

    def publish_it(written: Callable[[Any], Any]) -> Callable[[Any], Any]:
        METHODS[name] = property(written)
        return written

    return publish_it


def warn_once(text: str) -> None:
    """Some warnings PyTorch gives once per process."""
    once.warn_once(text, text)


def wrapped_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front.

    Raises RuntimeError if one appears twice.
    """
    found = tuple(shapes.checked_dim(each, ndim) for each in dims)
    for i, each in enumerate(found):
        if each in found[:i]:
            raise RuntimeError(dim_repeated(each))
    return found


# ---- reshape ------------------------------------------------------------------------------------------------------

RESHAPE_ALIAS = operator(
    "_reshape_alias(Tensor self, int[] size)",
    lambda a, size: memory.reshaped_view(a, size),
    node="ReshapeAliasBackward0",
    gradients={"self": lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes)},
    dtype=KEEP,
    view=VIEW,
    public=False,
)


@function("reshape")
def reshape(self: Any, *sizes: Any, shape: Any = None) -> Any:
    """A view where the strides allow it, else a view of a contiguous copy."""
    given = unpacked(sizes, shape, ("reshape", "shape"))
    if levels.active:
        refuse_of_all_examples(self, given)
    size = shapes.inferred_shape(given, self._array.size)
    if self._array.flags.c_contiguous:
        return VIEW_(self, size)
    if levels.active and levels.asks(self) and memory.reshaped_view(self._array, size) is not None:
        return VIEW_(self, size)
    if memory.reshaped_view(self._array, size) is not None:
        return RESHAPE_ALIAS(self, size)
    return UNSAFE_VIEW(CLONE(self, "contiguous"), size)


def refuse_of_all_examples(tensor: Any, size: Any) -> None:
    """Raise RuntimeError for a size that does not fit an example of `vmap`: it is told of all."""
    level = hiding_level(tensor)
    if isinstance(level, BatchLevel) and not level.legacy and level.size:
        from refgrad.operators.batching_decomposed import view_problem

        problem = view_problem(size, level.size, tensor._array.size * level.size)
        if problem is not None:
            raise RuntimeError(problem)


@function("reshape_as", public=METHOD)
def reshape_as(self: Any, other: Any) -> Any:
    return reshape(self, other.shape)


@function("view_as", public=METHOD)
def view_as(self: Any, other: Any) -> Any:
    if not isinstance(other, Tensor):
        raise TypeError(view_as_not_a_tensor(type_name(other)))
    return VIEW_(self, tuple(other.shape))


@function("ravel")
def ravel(self: Any) -> Any:
    return VIEW_(contiguous(self), (-1,))


@function("flatten")
def flatten(self: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` as one; the tensor itself if that is one dimension already."""
    shape = self._array.shape
    start, end = shapes.checked_dim(start_dim, len(shape)), shapes.checked_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError(FLATTEN_ORDER)
    if not shape:
        return reshape(self, (1,))
    if start == end:
        return self
    return reshape(self, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@function("unflatten", public=METHOD)
def unflatten_method(self: Any, dim: int, sizes: Any) -> Any:
    """The same; whether there are sizes at all is asked first."""
    if not sizes:
        raise RuntimeError(UNFLATTEN_EMPTY)
    (_, dim, sizes), _ = parsed("unflatten", self, dim, sizes)
    return unflatten(self, dim, sizes)


@function("unflatten", public=FUNCTION)
def unflatten(self: Any, dim: int, sizes: Any) -> Any:
    """One dimension as several.

    Raises RuntimeError if their product is not its size.
    """
    if not sizes:
        raise RuntimeError(UNFLATTEN_EMPTY)
    shape = self._array.shape
    dim = shapes.checked_dim(dim, len(shape))
    sizes = tuple(sizes)
    if not shape:
        raise RuntimeError(UNFLATTEN_UNEXPECTED + UNBIND_OF_SCALAR)
    known = math.prod(n for n in sizes if n != -1)
    unknown = sizes.count(-1)
    if unknown > 1:
        raise RuntimeError(UNFLATTEN_UNEXPECTED + texts.ONE_DIMENSION_INFERRED)
    if (unknown and (known == 0 or shape[dim] % known)) or (not unknown and known != shape[dim]):
        raise RuntimeError(unflatten_sizes(sizes, dim, shape[dim]))
    sizes = tuple(shape[dim] // known if n == -1 else n for n in sizes)
    return VIEW_(self, (*shape[:dim], *sizes, *shape[dim + 1 :]))


# ---- the order of dimensions --------------------------------------------------------------------------------------


def permute_forward(a: Any, dims: Any) -> Any:
    if len(dims) != a.ndim:
        raise RuntimeError(permute_length(a.ndim, len(dims)))
    order = tuple(shapes.checked_dim(each, a.ndim) for each in dims)
    if len(set(order)) != len(order):
        raise RuntimeError(DUPLICATE_DIMS)
    return a.transpose(order) if a.size else memory.explicit(a).transpose(order)


def permute_gradient(grad: Any, dims: Any) -> Any:
    """The inverse order of dimensions."""
    order = [each + len(dims) if each < 0 else each for each in dims]
    return PERMUTE(grad, tuple(order.index(i) for i in range(len(order))))


PERMUTE = operator(
    "permute(Tensor self, int[] dims)",
    permute_forward,
    node="PermuteBackward0",
    gradients={"self": permute_gradient},
    dtype=KEEP,
    view=VIEW,
    public=False,
    kernels={},
)


@function("permute")
def permute(self: Any, *order: Any, dims: Any = None) -> Any:
    return PERMUTE(self, unpacked(order, dims, ("permute", "dims")))


@function("movedim", aliases=("moveaxis",))
def movedim(self: Any, source: Any, destination: Any) -> Any:
    """Move dimensions to other places; the rest keep their order."""
    source = (source,) if isinstance(source, int) else tuple(source)
    destination = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(source) != len(destination):
        raise RuntimeError(movedim_lengths(source, destination))
    ndim = self._array.ndim
    start = [shapes.checked_dim(each, ndim) for each in source]
    end = [shapes.checked_dim(each, ndim) for each in destination]
    for name, dims, given in (("source", start, source), ("destination", end, destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(movedim_repeated(name, given))
    if not ndim:
        return ALIAS(self)
    order: list[int | None] = [None] * ndim
    for a, b in zip(start, end, strict=True):
        order[b] = a
    rest = iter([i for i in range(ndim) if i not in start])
    return PERMUTE(self, tuple(next(rest) if each is None else each for each in order))


@attribute("T")
def reversed_dims(self: Any) -> Any:
    ndim = self._array.ndim
    if ndim == 0:
        warn_once(matrix_attribute_of_scalar("T"))
    elif ndim != 2:
        warn_once(wrong_reversal())
    return PERMUTE(self, tuple(range(ndim - 1, -1, -1)))


@attribute("mT")
def matrix_transpose(self: Any) -> Any:
    return transposed_matrix(self, "mT")


@attribute("H")
def matrix_adjoint(self: Any) -> Any:
    if self._array.ndim not in (0, 2):
        raise RuntimeError(matrix_attribute("H", self._array.ndim))
    return transposed_matrix(self, "H")


@attribute("mH")
def batch_adjoint(self: Any) -> Any:
    return transposed_matrix(self, "mH")


@function("adjoint")
def adjoint(self: Any) -> Any:
    return transposed_matrix(self, "adjoint")


def transposed_matrix(self: Any, name: str) -> Any:
    """The last two dimensions exchanged, conjugated for all names but `mT`.

    Raises RuntimeError for a vector.
    """
    if self._array.ndim == 1:
        raise RuntimeError(matrix_attribute(name, 1))
    if self._array.ndim == 0:
        warn_once(matrix_attribute_of_scalar(name))
        return self
    turned = TRANSPOSE(self, -2, -1)
    return turned if name == "mT" or not turned.is_complex() else turned.conj()


# ---- dimensions of size 1 -----------------------------------------------------------------------------------------


def with_again(grad: Any, dims: Any, sizes: Any) -> Any:
    """Put the dimensions of size 1 among `dims` back, from the front."""
    for dim in sorted(dims):
        if sizes[dim] == 1:
            grad = UNSQUEEZE(grad, dim)
    return grad


def unsqueezed_all(grad: Any, self_sym_sizes: Any) -> Any:
    return with_again(grad, range(len(self_sym_sizes)), self_sym_sizes)


def unsqueezed_dim(grad: Any, dim: Any, self_sym_sizes: Any) -> Any:
    """A 0-dim tensor has nothing to put back."""
    ndim = len(self_sym_sizes)
    return with_again(grad, [shapes.checked_dim(dim, ndim)], self_sym_sizes) if ndim else grad


def unsqueezed_dim_kernel(grad: Any, dim: Any, self_sym_sizes: Any) -> Any:
    if not self_sym_sizes or self_sym_sizes[dim] != 1:
        return grad
    return memory.unsqueezed(grad, dim if dim >= 0 else dim + len(self_sym_sizes))


def unsqueezed_dims(grad: Any, dim: Any, self_sym_sizes: Any) -> Any:
    ndim = len(self_sym_sizes)
    return with_again(grad, [shapes.checked_dim(each, ndim) for each in dim], self_sym_sizes) if ndim else grad


SQUEEZE = operator(
    "squeeze(Tensor self)",
    lambda a: memory.squeezed(a, range(a.ndim)),
    node="SqueezeBackward0",
    gradients={"self": unsqueezed_all},
    dtype=KEEP,
    view=VIEW,
    public=False,
    kernels={},
)
SQUEEZE_DIM = operator(
    "squeeze.dim(Tensor self, int dim)",
    lambda a, dim: memory.squeezed(a, (shapes.checked_dim(dim, a.ndim),)),
    node="SqueezeBackward1",
    gradients={"self": unsqueezed_dim},
    dtype=KEEP,
    view=VIEW,
    public=False,
    kernels={"self": Reshaping(unsqueezed_dim_kernel)},
)
SQUEEZE_DIMS = operator(
    "squeeze.dims(Tensor self, int[] dim)",
    lambda a, dim: memory.squeezed(a, wrapped_dims(dim, a.ndim)),
    node="SqueezeBackward2",
    gradients={"self": unsqueezed_dims},
    dtype=KEEP,
    view=VIEW,
    public=False,
)


@function("squeeze")
def squeeze(self: Any, *dims: Any, dim: Any = None) -> Any:
    """Without dimensions of size 1: all of them, or those that are named."""
    if dim is not None:
        dims = (dim,)
    if not dims:
        return SQUEEZE(self)
    if len(dims) == 1 and not isinstance(dims[0], (tuple, list)):
        return SQUEEZE_DIM(self, dims[0])
    return SQUEEZE_DIMS(self, unpacked(dims))


@function("expand_as", public=METHOD)
def expand_as(self: Any, other: Any) -> Any:
    return expand(self, tuple(other.shape))


@function("broadcast_to")
def broadcast_to(self: Any, *sizes: Any, size: Any = None) -> Any:
    return expand(self, unpacked(sizes, size))


# ---- in place -----------------------------------------------------------------------------------------------------


def turn_in_place(row: Operator, self: Any, *attributes: Any) -> Any:
    """Give the tensor itself another shape over the same memory.

    No element changes, so the base of a view keeps its history; but the version moves, as for every in-place operator.
    Raises RuntimeError for a leaf that requires grad, and for views of one.
    """
    recording = is_recorded((self,), (0,))
    check_inplace(self, recording)
    if levels.active:
        turn_transformed(row, self, attributes, lambda each: turn_in_place(row, each, *attributes))
    array = row.plain_forward(self._array, *attributes)
    node = None
    if recording:
        assert row.node_class is not None
        node = make_node(row.node_class, row, (self,), attributes)
        node.input_metadata = ((array.shape, array.dtype),)
    if levels.asks(self):
        turned_by_asking(row, self, attributes, lambda each, rest: turn_in_place(row, each, *rest))
    else:
        self._array = array
    if not modes.below:
        self.bump_version()
    if node is not None:
        move_hooks(self, self._node, node)
        self._node = node
        self._output_nr = 0
        if self._view is not None:
            self._view.version = self._version
    return self


def turning(row: Operator, node: str) -> Operator:
    """The in-place twin of a view operator: the same but for the node's name."""
    tensors = ", ".join(f"Tensor {name}" for name in row.tensor_names)
    attributes = "".join(f", {row.attribute_kinds[name]} {name}" for name in row.attribute_names)
    gradients = {"self": row.formulas[0].function}
    overload = f".{row.overload}" if row.overload else ""
    made = operator(
        f"{row.name}_{overload}({tensors}{attributes})",
        row.forward,
        node=node,
        gradients=gradients,
        dtype=KEEP,
        public=False,
    )
    for each in ("apply", "release"):  # those generated for the row do for its twin
        setattr(made.node_class, each, getattr(row.node_class, each))
    made.kernels = row.kernels
    return made


T_INPLACE = turning(T, "TBackward1")
TRANSPOSE_INPLACE = turning(TRANSPOSE, "TransposeBackward1")
UNSQUEEZE_INPLACE = turning(UNSQUEEZE, "UnsqueezeBackward1")
SQUEEZE_INPLACE = turning(SQUEEZE, "SqueezeBackward3")
SQUEEZE_DIM_INPLACE = turning(SQUEEZE_DIM, "SqueezeBackward4")
SQUEEZE_DIMS_INPLACE = turning(SQUEEZE_DIMS, "SqueezeBackward5")
AS_STRIDED_INPLACE = turning(AS_STRIDED, "AsStridedBackward1")


@function("t_", public=METHOD)
def t_(self: Any) -> Any:
    check_inplace(self, is_recorded((self,), (0,)))
    if self._array.ndim > 2:
        raise RuntimeError(transpose_rank("t_", self._array.ndim))
    return turn_in_place(T_INPLACE, self)


@function("transpose_", public=METHOD, aliases=("swapaxes_", "swapdims_"))
def transpose_(self: Any, dim0: int, dim1: int) -> Any:
    return turn_in_place(TRANSPOSE_INPLACE, self, dim0, dim1)


@function("unsqueeze_", public=METHOD)
def unsqueeze_(self: Any, dim: int) -> Any:
    return turn_in_place(UNSQUEEZE_INPLACE, self, dim)


@function("squeeze_", public=METHOD)
def squeeze_(self: Any, *dims: Any, dim: Any = None) -> Any:
    if dim is not None:
        dims = (dim,)
    if not dims:
        return turn_in_place(SQUEEZE_INPLACE, self)
    if len(dims) == 1 and not isinstance(dims[0], (tuple, list)):
        return turn_in_place(SQUEEZE_DIM_INPLACE, self, dims[0])
    return turn_in_place(SQUEEZE_DIMS_INPLACE, self, unpacked(dims))


@function("as_strided_")
def as_strided_(self: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    return turn_in_place(AS_STRIDED_INPLACE, self, tuple(size), tuple(stride), storage_offset)
