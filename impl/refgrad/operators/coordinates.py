"""Sparse tensors in the coordinate format: some elements, or slices, and where they are.

A sparse tensor keeps its places and values. Wherever something asks for its whole array it gets one, made for the
purpose, so that operators which know nothing of it compute with it; those that PyTorch answers with a sparse tensor
stand here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.device import SPARSE_COO, STRIDED, check_available
from refgrad.library_texts import no_kernel
from refgrad.memory_texts import NUMEL_OVERFLOW
from refgrad.modes import modes
from refgrad.once import warn_once
from refgrad.operators import sparse_texts as texts
from refgrad.operators.call import make_node
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, Operator, function, operator
from refgrad.operators.examples import ADD
from refgrad.operators.formula_arithmetic import times
from refgrad.overrides import disabled_torch_function
from refgrad.printing import elements_text, with_suffixes
from refgrad.signatures.matching import is_index
from refgrad.signatures.texts import not_unpacked
from refgrad.size import Size
from refgrad.subclassing import SLOTS
from refgrad.tensor import Tensor
from refgrad.tensor_texts import DTYPE_CANNOT_REQUIRE_GRAD_FACTORY
from refgrad.type_names import type_name


class SparseTensor(Tensor):
    """A tensor of the coordinate format; `_array` is the whole of it, and read-only."""

    __slots__ = ()
    __torch_function__ = disabled_torch_function

    _array = property(lambda self: whole_array(self))
    is_sparse = property(lambda self: True)
    layout = property(lambda self: SPARSE_COO)
    shape = property(lambda self: Size(self._size))

    @staticmethod
    def made(places: Any, entries: Any, size: Sequence[int], *, coalesced: bool = False) -> Any:
        plain = Tensor._of(np.empty(0, entries.dtype))
        found: Any = object.__new__(SparseTensor)
        for slot in SLOTS:
            if slot != "_array":
                setattr(found, slot, getattr(plain, slot))
        found.set_to(places, entries, coalesced=coalesced)
        found._size = tuple(int(each) for each in size)
        return found

    def set_to(self, places: Any, entries: Any, *, coalesced: bool) -> None:
        self._places, self._entries, self._coalesced = places, entries, coalesced or entries.shape[0] < 2

    # ---- what it is -------------------------------------------------------------------------------------------

    def is_coalesced(self) -> bool:
        """Whether no place comes twice, and all in order."""
        return bool(self._coalesced)

    def _coalesced_(self, coalesced: bool) -> Any:
        """Say whether no place comes twice, and all in order; nobody looks."""
        self._coalesced = coalesced
        return self

    def sparse_dim(self) -> int:
        return int(self._places.shape[0])

    def dense_dim(self) -> int:
        return int(self._entries.ndim - 1)

    def _nnz(self) -> int:
        return int(self._entries.shape[0])

    def _indices(self) -> Any:
        return Tensor._of(self._places)

    def _values(self) -> Any:
        return Tensor._of(self._entries)

    def indices(self) -> Any:
        """The places. Raises RuntimeError unless the tensor is coalesced."""
        if not self._coalesced:
            raise RuntimeError(texts.uncoalesced("indices"))
        return Tensor._of(self._places)

    def values(self) -> Any:
        """The values. Raises RuntimeError unless the tensor is coalesced."""
        if not self._coalesced:
            raise RuntimeError(texts.uncoalesced("values"))
        return values_of(self)

    def numpy(self, *more: Any, force: bool = False) -> Any:
        raise TypeError(texts.NO_NUMPY)

    def stride(self, dim: Any = None, *more: Any, axis: Any = None) -> Any:
        return (0,) * len(self._size) if dim is None else 0

    def untyped_storage(self) -> Any:
        raise NotImplementedError(texts.NO_STORAGE)

    def data_ptr(self) -> int:
        raise RuntimeError(texts.NO_POINTER)

    # ---- sparse results ---------------------------------------------------------------------------------------

    def to_dense(self, dtype: Any = None, *, masked_grad: bool | None = None) -> Any:
        """All elements; their gradient has the places of the sparse tensor alone, unless `masked_grad` is False."""
        made = (TO_DENSE_UNMASKED if masked_grad is False else TO_DENSE)(self)
        return made if dtype is None else made.to(dtype)

    def coalesce(self) -> Any:
        """The values of each place summed, and all places in order; itself if that holds."""
        return self if self._coalesced else recorded(COALESCE, self, coalesced_of(self))

    def clone(self, *, memory_format: Any = None) -> Any:
        places, entries = self._places.copy(), self._entries.copy()
        return recorded(CLONE, self, like(self, places, entries, coalesced=self._coalesced))

    def detach(self) -> Any:
        return like(self, self._places, self._entries, coalesced=self._coalesced)

    def zero_(self) -> Any:
        """Without any place."""
        self.set_to(self._places[:, :0].copy(), self._entries[:0].copy(), coalesced=True)
        return self

    def t(self) -> Any:
        """Places turned around."""
        turned = SparseTensor.made(self._places[::-1].copy(), self._entries, self._size[::-1])
        return recorded(T, self, turned)

    def with_entries(self, row: Any, function: Any) -> Any:
        """The same places with other values."""
        return recorded(row, self, like(self, self._places, function(self._entries), coalesced=self._coalesced))

    def __neg__(self) -> Any:
        return self.with_entries(NEG, np.negative)

    def mul(self, other: Any) -> Any:
        """Times a number, or a dense tensor."""
        if isinstance(other, Tensor) and other.dim():
            found = coalesced_of(self)
            factors = other._array[tuple(found._places)]
            return like(self, found._places, found._entries * factors, coalesced=True)
        number = other.item() if isinstance(other, Tensor) else other
        return self.with_entries(Scaled(number), lambda entries: entries * entries.dtype.type(number))

    def div(self, other: Any, *, rounding_mode: Any = None) -> Any:
        number = other.item() if isinstance(other, Tensor) else other
        return self.with_entries(Scaled(1 / number, "div"), lambda entries: entries / entries.dtype.type(number))

    __mul__ = __rmul__ = multiply = mul
    __truediv__ = div

    def mul_(self, other: Any) -> Any:
        number = other.item() if isinstance(other, Tensor) else other
        self._entries = self._entries * self._entries.dtype.type(number)
        return self

    __imul__ = mul_

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """The sum of two sparse tensors. Raises RuntimeError for a dense one behind this."""
        if not isinstance(other, SparseTensor):
            raise RuntimeError(texts.SPARSE_AND_DENSE)  # noqa: TRY004  # PyTorch's
        return recorded_sum(self, other, sum_of(self, other, alpha))

    def __add__(self, other: Any) -> Any:
        return self.add(other) if isinstance(other, SparseTensor) else ADD(self, other, 1)

    def __radd__(self, other: Any) -> Any:
        return ADD(other, self, 1)

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        made = sum_of(self, other, alpha)
        self.set_to(made._places, made._entries, coalesced=made._coalesced)
        return self

    def __iadd__(self, other: Any) -> Any:
        return self.add_(other) if isinstance(other, SparseTensor) else ADD(other, self, 1)


setattr(SparseTensor, "__repr__", lambda self, **_: text_of(self))  # noqa: B010  # the type checker takes it for a mistake
SparseTensor.__name__ = SparseTensor.__qualname__ = "Tensor"
SparseTensor.__module__ = "torch"


def whole_array(x: Any) -> Any:
    """A dense array, for what knows nothing else."""
    made = np.zeros(x._size, x._entries.dtype)
    if x._places.shape[0]:
        np.add.at(made, tuple(x._places), x._entries)
    else:
        made += x._entries.sum(0)
    made.setflags(write=False)
    return made


def like(x: Any, places: Any, entries: Any, *, coalesced: bool = False) -> Any:
    return SparseTensor.made(places, entries, x._size, coalesced=coalesced)


def flat_places(x: Any) -> Any:
    """Every place as one number."""
    if not x._places.shape[0]:
        return np.zeros(x._entries.shape[0], np.int64)
    return np.ravel_multi_index(tuple(x._places), x._size[: x._places.shape[0]])


def coalesced_of(x: Any) -> Any:
    if x._coalesced:
        return x
    _, first, inverse = np.unique(flat_places(x), return_index=True, return_inverse=True)
    entries = np.zeros((len(first), *x._entries.shape[1:]), x._entries.dtype)
    np.add.at(entries, inverse, x._entries)
    return like(x, np.ascontiguousarray(x._places[:, first]), entries, coalesced=True)


def sum_of(one: Any, other: Any, alpha: Any) -> Any:
    """Merged where both lie in order in memory, else one behind the other."""
    if one._places.shape[0] != other._places.shape[0]:
        raise RuntimeError(texts.density(one._places.shape[0], other._places.shape[0]))
    added = other._entries if alpha == 1 else other._entries * other._entries.dtype.type(alpha)
    if not (one._entries.flags.c_contiguous and other._entries.flags.c_contiguous):
        both = np.concatenate([one._places, other._places], 1)
        return like(one, both, np.concatenate([one._entries, added]))
    first, second = flat_places(one).tolist(), flat_places(other).tolist()
    places: list[Any] = []
    entries: list[Any] = []
    i = j = 0
    while i < len(first) or j < len(second):
        take_one = j == len(second) or (i < len(first) and first[i] <= second[j])
        take_other = i == len(first) or (j < len(second) and second[j] <= first[i])
        if take_one and take_other:
            places.append(one._places[:, i])
            entries.append(one._entries[i] + added[j])
        else:
            places.append(one._places[:, i] if take_one else other._places[:, j])
            entries.append(one._entries[i] if take_one else added[j])
        i, j = i + take_one, j + take_other
    if not places:
        return one
    coalesced = one._coalesced and other._coalesced
    return like(one, np.stack(places, 1), np.asarray(np.stack(entries)), coalesced=coalesced)


def recorded(row: Any, source: Any, result: Any) -> Any:
    """`result`, on a node of `row` if `source` wants a gradient."""
    if modes.grad and source.requires_grad:
        node = make_node(row.node_class, row, (source,), row.extra)
        node.input_metadata = ((result._size, result._entries.dtype),)
        result._node = node
    return result


def recorded_sum(one: Any, other: Any, result: Any) -> Any:
    if modes.grad and (one.requires_grad or other.requires_grad):
        node = make_node(SUM_ROW.node_class, SUM_ROW.row, (one, other), ())
        node.input_metadata = ((result._size, result._entries.dtype),)
        result._node = node
    return result


class Recording:
    """A row whose result is sparse: it is computed here, the row has the node and the gradient."""

    def __init__(self, row: Operator, *extra: Any) -> None:
        self.row = row
        self.node_class: Any = row.node_class
        self.extra = extra

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def sparse_row(signature: str, node: str, gradient: Any) -> Recording:
    """A row that is only recorded."""
    row = operator(signature, whole, node=node, gradients={"self": gradient}, dtype=KEEP, public=False)
    return Recording(row)


def whole(a: Any, *_: Any) -> Any:
    return a.copy()


COALESCE = sparse_row("coalesce(Tensor self)", "CoalesceBackward0", lambda grad: grad)
CLONE = sparse_row("clone.sparse(Tensor self)", "CloneBackward0", lambda grad: grad)
NEG = sparse_row("neg.sparse(Tensor self)", "NegBackward0", lambda grad: -grad)
T = sparse_row("t.sparse(Tensor self)", "TBackward0", lambda grad: grad.t())
SUM_ROW = Recording(
    operator(
        "add.sparse(Tensor self, Tensor other)",
        lambda a, b: a + b,
        node="AddBackward0",
        gradients={"self": lambda grad: grad, "other": lambda grad: grad},
        dtype=KEEP,
        public=False,
    )
)
SCALED = {
    name: operator(
        f"{name}.sparse(Tensor self, Number other)",
        lambda a, other: a * other,
        node=node,
        gradients={"self": lambda grad, other: times(grad, other) if not is_sparse(grad) else grad * other},
        dtype=KEEP,
        public=False,
    )
    for name, node in (("mul", "MulBackward0"), ("div", "DivBackward0"))
}


class Scaled(Recording):
    """Times a number."""

    def __init__(self, number: Any, name: str = "mul") -> None:
        super().__init__(SCALED[name], number)


def is_sparse(x: Any) -> bool:
    return isinstance(x, SparseTensor)


# ---- to and from dense tensors ------------------------------------------------------------------------------------


def entries_at(grad: Any, indices: Any) -> Any:
    """The elements of a gradient at places."""
    return grad.to_dense()[tuple(Tensor._of(each) for each in indices)]


def of_entries(entries: Any, places: Any, size: Any, *, coalesced: bool = False) -> Any:
    """A sparse tensor of these values, recorded as made from them."""
    made = SparseTensor.made(places, entries._array, size, coalesced=coalesced)
    return recorded(Recording(FROM_ENTRIES, places), entries, made)


FROM_ENTRIES = operator(
    "_sparse_coo_tensor_with_dims_and_tensors(Tensor self, int[] indices)",
    lambda a, indices: a.copy(),
    node="SparseCooTensorWithDimsAndTensorsBackward0",
    gradients={"self": lambda grad, indices: entries_at(grad.detach(), indices)},  # PyTorch cuts the graph here
    dtype=KEEP,
    public=False,
)


def masked_like(grad: Any, source: Any) -> Any:
    """What a gradient has at the places of a sparse tensor."""
    if is_sparse(grad):
        return grad
    entries = grad._array[tuple(source._places)]
    made = SparseTensor.made(source._places, entries, source._size, coalesced=source._coalesced)
    return recorded(Recording(SPARSE_MASK, source._places), grad, made)


SPARSE_MASK = operator(
    "sparse_mask(Tensor self, int[] places)",
    lambda a, places: a.copy(),
    node="SparseMaskBackward0",
    gradients={"self": lambda grad: grad.to_dense()},
    dtype=KEEP,
    public=False,
)


TO_DENSE = operator(
    "_to_dense(Tensor self)",
    whole,
    node="ToDenseBackward0",
    gradients={"self": lambda grad, self: masked_like(grad, self)},
    dtype=KEEP,
    public=False,
)
TO_DENSE_UNMASKED = operator(
    "_to_dense.unmasked(Tensor self)",
    whole,
    node="ToDenseBackward0",
    gradients={"self": lambda grad, self: grad.to_sparse(self.sparse_dim())},
    dtype=KEEP,
    public=False,
)


def values_of(x: Any) -> Any:
    """The values of a coalesced tensor, as a dense one."""
    made = Tensor._of(x._entries)
    if modes.grad and x.requires_grad:
        node = make_node(VALUES.node_class, VALUES.row, (x,), ())
        node.input_metadata = ((made._array.shape, made._array.dtype),)
        made._node = node
    return made


VALUES = sparse_row(
    "values(Tensor self)",
    "ValuesBackward0",
    lambda grad, self: of_entries(grad, self._places, self._size, coalesced=True),
)

TO_SPARSE = {
    given: operator(
        f"_to_sparse.{'dim' if given else 'all'}(Tensor self)",
        whole,
        node=node,
        gradients={"self": lambda grad: grad.to_dense()},
        dtype=KEEP,
        public=False,
    )
    for given, node in ((True, "ToSparseBackward0"), (False, "ToSparseBackward1"))
}


@function("to_sparse", public=METHOD)
def to_sparse(
    self: Any, sparse_dim: Any = None, *, layout: Any = None, blocksize: Any = None, dense_dim: Any = None
) -> Any:
    """The elements other than 0; with `sparse_dim` the slices that are not all 0.

    Raises RuntimeError for a number of dimensions that there are not, and for blocks.
    """
    if blocksize is not None:
        refuse_blocks(self, layout, blocksize)
    if is_sparse(self) or layout is STRIDED:
        if sparse_dim is not None and sparse_dim != self._places.shape[0]:
            raise RuntimeError(texts.SPARSE_AGAIN)
        return self
    array = self._array
    count = array.ndim if sparse_dim is None else sparse_dim
    if not 0 <= count <= array.ndim:
        raise RuntimeError(texts.dimensions_given("sparse_dim", array.ndim, count))
    if count == 0 < array.ndim:
        raise RuntimeError(texts.NO_SPARSE_DIMENSIONS)
    if dense_dim is not None:
        if not 0 <= dense_dim <= array.ndim:
            raise RuntimeError(texts.dimensions_given("dense_dim", array.ndim, dense_dim))
        count = array.ndim - dense_dim
    known = array != 0
    if count < array.ndim:
        known = known.any(tuple(range(count, array.ndim)))
    if array.ndim:
        places = np.array(np.nonzero(known), np.int64).reshape(count, -1)
        entries = np.array(array[tuple(places)])
    else:
        places, entries = np.zeros((0, int(known)), np.int64), array.reshape(1)[: int(known)].copy()
    made = SparseTensor.made(places, entries, array.shape, coalesced=True)
    return recorded(Recording(TO_SPARSE[sparse_dim is not None]), self, made)


@function("to_sparse_coo", public=METHOD)
def to_sparse_coo(self: Any) -> Any:
    """`to_sparse` of all dimensions."""
    return to_sparse(self)


def refuse_blocks(given: Any, layout: Any, blocksize: Any) -> None:
    """Raise RuntimeError: elements one by one come in no blocks."""
    if isinstance(blocksize, (list, tuple)) and len(blocksize) != 2:
        raise RuntimeError(texts.blocksize_length(len(blocksize)))
    if is_sparse(given):
        raise RuntimeError(texts.no_blocks("to_sparse", "Sparse", "Sparse"))
    if layout is STRIDED:
        raise RuntimeError(texts.no_blocks("to_sparse", "Strided", "Strided"))
    raise RuntimeError(texts.no_blocks("dense_to_sparse", "Strided", "Sparse"))


ABSENT: Any = object()


@function("sparse_coo_tensor", public=FUNCTION)
def sparse_coo_tensor(
    indices: Any = None, values: Any = ABSENT, size: Any = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, check_invariants: Any = None, is_coalesced: Any = None, pin_memory: Any = False,
) -> Any:  # fmt: skip
    """A sparse tensor of these values at these places, or an empty one of a size.

    Raises RuntimeError where places, values and size do not fit.
    """
    from refgrad.creation import array_of, tensor

    if check_invariants is None:
        warn_once(texts.INVARIANTS_UNCHECKED, "sparse invariants")
    if device is not None:
        check_available(device)
    if values is ABSENT:
        sizes = indices if size is None else size
        shape = (sizes,) if isinstance(sizes, int) else whole_sizes(sizes)
        if any(each < 0 for each in shape):
            raise RuntimeError(NUMEL_OVERFLOW)
        kind = (dtype or dtypes.get_default_dtype()).numpy
        if requires_grad and kind.kind not in "fcV":
            raise RuntimeError(DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
        made = SparseTensor.made(np.zeros((len(shape), 0), np.int64), np.zeros(0, kind), shape)
        return made.requires_grad_() if requires_grad else made
    entries = values if isinstance(values, Tensor) else tensor(values, dtype=dtype)
    given = isinstance(indices, (Tensor, np.ndarray))
    places = array_of(indices) if given else tensor(indices, dtype=dtypes.int64)._array
    if dtype is not None and entries.dtype is not dtype:
        entries = entries.to(dtype)
    if not entries._array.ndim:
        entries = entries.reshape(1)
    size = None if size is None else whole_sizes(size)
    if places.ndim != 2:
        raise RuntimeError(texts.places_shape(places.shape))
    places = places.astype(np.int64)
    if places.shape[1] != entries._array.shape[0]:
        raise RuntimeError(texts.counts(places.shape[1], entries._array.shape[0]))
    check_places(places, size, entries._array, checked=bool(check_invariants))
    if size is None:
        reach = [int(row.max()) + 1 if row.size else 0 for row in places]
        size = (*reach, *entries._array.shape[1:])
    made = of_entries(entries, places, size, coalesced=bool(is_coalesced))
    return made.detach().requires_grad_() if requires_grad else made


def whole_sizes(sizes: Any) -> tuple[int, ...]:
    """Raises TypeError for a size that is no integer."""
    for at, each in enumerate(sizes):
        if not is_index(each):
            raise TypeError(not_unpacked("sparse_coo_tensor", "size", "tuple of ints", type_name(each), at + 1))
    return tuple(map(int, sizes))


def check_places(places: Any, size: Any, entries: Any, *, checked: bool) -> None:
    if places.size and (size is None or checked) and places.min() < 0:
        dim = int(np.argmax((places < 0).any(1)))
        raise RuntimeError(texts.negative_place(int(places[dim].min()), dim))
    if size is None:
        return
    if len(size) != places.shape[0] + entries.ndim - 1:
        raise RuntimeError(texts.dimensions(len(size), places.shape[0], entries.ndim - 1))
    if checked:
        for dim, row in enumerate(places):
            if row.size and row.max() >= size[dim]:
                raise RuntimeError(texts.place_outside(dim, size[dim], int(row.max())))


# ---- products and sums --------------------------------------------------------------------------------------------


def product_gradient(grad: Any, self: Any, mat2: Any, needed: Any) -> Any:
    """The sparse factor gets what the gradient has at its places."""
    to_self = masked_like(grad.mm(mat2.to_dense().t().conj()), self) if needed[0] else None
    return to_self, self.to_dense().t().conj().mm(grad) if needed[1] else None


PRODUCT = operator(
    "_sparse_addmm(Tensor self, Tensor mat2)",
    lambda a, b: np.ascontiguousarray(a @ b),
    node="SparseAddmmBackward0",
    gradients={"self, mat2": product_gradient},
    dtype=KEEP,
    public=False,
)
SPARSE_SUM = operator(
    "sum.sparse(Tensor self)",
    lambda a: a.sum(),
    node="SumBackward0",
    gradients={"self": lambda grad, self: masked_like(grad.expand(self.shape), self)},
    dtype=KEEP,
    public=False,
)


def mm(mat1: Any, mat2: Any) -> Any:
    """The product, whose gradient for the sparse factor is sparse."""
    return PRODUCT(mat1, mat2) if is_sparse(mat1) else mat1.mm(mat2)


def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    product = mm(mat1, mat2)
    return (mat if beta == 1 else mat * beta) + (product if alpha == 1 else product * alpha)


def sum_all(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """The sum of all values, or the sparse sum over dimensions."""
    x = input if dtype is None else input.to(dtype)
    return SPARSE_SUM(x) if dim is None else to_sparse(x.to_dense().sum(dim))


# ---- gradients that are sparse ------------------------------------------------------------------------------------


def rows_of_table(grad: Any, indices: Any, count: int, padding: int) -> Any:
    """The gradient of a table whose rows were looked up."""
    numbers = indices._array.reshape(-1)
    width = grad.shape[-1]
    entries = grad.reshape((numbers.size, width))
    if padding >= 0:
        kept = numbers != padding
        entries, numbers = entries[Tensor._of(kept)], numbers[kept]
    return of_entries(entries, numbers.astype(np.int64)[None, :], (count, width))


def gathered_places(grad: Any, index: Any, dim: int, shape: Any) -> Any:
    """The gradient of what was gathered along a dimension."""
    places = np.indices(index._array.shape).reshape(index._array.ndim, -1)
    places[dim] = index._array.reshape(-1)
    return of_entries(grad.reshape((math.prod(index.shape),)), places.astype(np.int64), shape)


# ---- text ---------------------------------------------------------------------------------------------------------


def text_of(x: Any) -> str:
    """`tensor(indices=..., values=..., size=(2, 3), nnz=3, layout=torch.sparse_coo)`."""
    lines = []
    for name, part in (("indices=tensor(", x._indices()), ("values=tensor(", x._values())):
        empty = f"[], size={tuple(part.shape)}"
        lines.append(f"{name}{elements_text(part._array, 7 + len(name)) if part.numel() else empty})")
    suffixes = [f"size={tuple(x._size)}", f"nnz={x._nnz()}"]
    default = dtypes.get_default_dtype()
    if x.dtype not in (default, default.to_complex(), dtypes.int64, dtypes.bool_):
        suffixes.append(f"dtype={x.dtype}")
    suffixes.append("layout=torch.sparse_coo")
    if x.grad_fn is not None:
        suffixes.append(f"grad_fn=<{type(x.grad_fn).__name__}>")
    elif x.requires_grad:
        suffixes.append("requires_grad=True")
    return with_suffixes(f"tensor({lines[0]},\n       {lines[1]}", suffixes, 7, anew=True)


def only_sparse(name: str, what: str) -> None:
    """A method that dense tensors do not have. Raises RuntimeError."""

    @function(name, public=METHOD)
    def refuse(self: Any) -> Any:
        raise RuntimeError(texts.dense_given(name, what))


def without_kernel(name: str) -> None:
    """A method that there is no kernel of for dense tensors. Raises NotImplementedError."""

    @function(name, public=METHOD)
    def refuse(self: Any) -> Any:
        raise NotImplementedError(no_kernel(f"aten::{name}"))


for _name in ("coalesce", "indices", "is_coalesced"):
    only_sparse(_name, "sparse coordinate tensor")
for _name in ("_indices", "_values", "_nnz"):
    without_kernel(_name)
only_sparse("values", "sparse tensor")
