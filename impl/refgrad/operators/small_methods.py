"""Small methods and questions that are no operators: sizes, places, storages, loops over elements."""

from __future__ import annotations

import functools
import math
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import NoneType
from typing import Any

import numpy as np

from refgrad import binding_texts, creation, dtypes, memory
from refgrad.once import once_in_python
from refgrad.operators import shape_texts as texts
from refgrad.operators.declare import FUNCTION, METHOD, function
from refgrad.operators.names import FUNCTIONS, METHODS
from refgrad.size import Size
from refgrad.storages import TypedStorage
from refgrad.tensor import Tensor

TYPED_STORAGE = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
    "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
    "tensor.untyped_storage() instead of tensor.storage()"
)
RANGE = (
    "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
    "Python's range builtin. Instead, use torch.arange, which produces values in [start, end)."
)


@function("ndimension", public=METHOD)
def ndimension(self: Tensor) -> int:
    return self._array.ndim


@function("get_device")
def get_device(self: Tensor) -> int:
    """-1: the CPU has no number."""
    return -1


@function("is_same_size")
def is_same_size(self: Tensor, other: Tensor) -> bool:
    return bool(self._array.shape == other._array.shape)


@function("is_signed", public=FUNCTION)
def is_signed(input: Tensor) -> bool:
    return input.is_signed()


shared: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""Memory of which it was said that other processes should see it."""


@function("is_shared", public=METHOD)
def is_shared(self: Tensor) -> bool:
    return id(memory.root(self._array)) in shared


@function("share_memory_", public=METHOD)
def share_memory_(self: Tensor) -> Tensor:
    owner = memory.root(self._array)
    shared[id(owner)] = owner
    return self


@function("dim_order", public=METHOD)
def dim_order(self: Tensor, *, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions from the slowest to the fastest.

    Raises RuntimeError where that is to be checked and there is more than one answer.
    """
    formats = () if isinstance(ambiguity_check, bool) else ambiguity_check
    if not isinstance(formats, (list, tuple)) or not all(isinstance(each, memory.MemoryFormat) for each in formats):
        raise TypeError(binding_texts.DIM_ORDER_CHECK)
    steps = self.stride()
    alike = len(set(steps)) < len(steps) or 0 in steps
    one_wide = any(n == 1 for n in self._array.shape)
    fitting = sum(memory.in_format(self._array, each) for each in formats)
    if (ambiguity_check is True and (alike or one_wide)) or (formats and fitting != 1):
        raise RuntimeError(binding_texts.DIM_ORDER_AMBIGUOUS)
    return tuple(sorted(range(self._array.ndim), key=lambda dim: -self.stride(dim)))


@function("to_dense", public=METHOD)
def to_dense(self: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Any:
    return self if dtype is None else self.to(dtype)


@function("storage", public=METHOD)
def storage(self: Tensor) -> TypedStorage:
    """The storage, counted in elements. It is deprecated and says so."""
    once_in_python(TYPED_STORAGE, "storage")
    return TypedStorage(self.untyped_storage(), self._array.dtype)


@function("apply_", public=METHOD)
def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace every element, one after the other; nothing is recorded.

    Raises RuntimeError if the tensor requires grad.
    """
    if self.requires_grad:
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    for place in np.ndindex(self._array.shape):
        self._array[place] = callable(self._array[place].item())
    return self


@function("map_", public=METHOD)
def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace every element by a function of it and of another tensor's.

    Raises RuntimeError if one of them requires grad.
    """
    if self.requires_grad or tensor.requires_grad:
        raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
    other = np.broadcast_to(tensor._array, self._array.shape)
    for place in np.ndindex(self._array.shape):
        self._array[place] = callable(self._array[place].item(), other[place].item())
    return self


@function("__reversed__", public=METHOD)
def reversed_(self: Tensor) -> Iterator[Any]:
    return iter(self if self._array.ndim == 0 else self.flip(0))


@function("__delitem__", public=METHOD)
def delitem(self: Tensor, key: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


@function("can_cast", public=FUNCTION)
def can_cast(from_: Any, to: Any) -> bool:
    """Whether a result of one type may be written into another."""
    unsigned = from_.is_signed and not to.is_signed and to.category == dtypes.INTEGER == from_.category
    return dtypes.can_cast(from_, to) and not unsigned


@function("broadcast_shapes", public=FUNCTION)
def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that all can be broadcast to; None is none.

    Raises RuntimeError if there is none, or for what is no shape, ValueError for a negative size.
    """
    for each in shapes:
        if not isinstance(each, (int, Sequence, NoneType)):
            raise RuntimeError(texts.no_shape(each))  # noqa: TRY004
    given = [(each,) if isinstance(each, int) else each or () for each in shapes]
    made: list[Any] = [1] * max(map(len, given), default=0)
    for place, shape in enumerate(given):
        for back in range(-1, -len(shape) - 1, -1):
            size = shape[back]
            if size in (1, made[back]):
                continue
            if made[back] != 1:
                told = shape if isinstance(shapes[place], int) else shapes[place]
                raise RuntimeError(texts.shapes_mismatch(size, back, place, told, made))
            if size < 0:
                raise ValueError(texts.NEGATIVE_LENGTH)
            made[back] = size
    return Size(made)


@function("unravel_index", public=FUNCTION)
def unravel_index(indices: Tensor, shape: Any) -> tuple[Any, ...]:
    """The coordinates of flat indices.

    Raises TypeError for indices that are no integers, ValueError for a negative size.
    """
    if indices.dtype.category != dtypes.INTEGER:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    size = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(each < 0 for each in size):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(size)}")
    steps = [math.prod(size[i + 1 :]) for i in range(len(size))]
    places = indices._array[..., None] // np.array(steps, np.int64) % np.array(size, np.int64)
    return tuple(Tensor._of(places.astype(indices._array.dtype)).unbind(-1))


@function("range", public=FUNCTION)
def range_(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Numbers from `start` up to and with `end`. It is deprecated and says so."""
    warnings.warn(RANGE, UserWarning, stacklevel=2)
    if end is None:
        start, end = 0, start
    count = math.floor((end - start) / step) + 1
    kind = (dtype or dtypes.get_default_dtype()).numpy
    return Tensor._of((start + step * np.arange(count)).astype(kind)).requires_grad_(requires_grad)


for _name in ("acosh", "asinh", "atanh", "arccosh", "arcsinh", "arctanh", "round", "square", "xlogy", "ldexp"):
    if _name + "_" in METHODS:
        FUNCTIONS.setdefault(_name + "_", METHODS[_name + "_"])
FUNCTIONS.setdefault("index_put_", METHODS["index_put_"])


def drawing(made: Callable[..., Any]) -> Callable[..., Any]:
    """`made`, drawing from the `generator` that it is given."""

    @functools.wraps(made)
    def run(*arguments: Any, generator: Any = None, **options: Any) -> Any:
        if generator is None:
            return made(*arguments, **options)
        before, creation.random_state = creation.random_state, generator
        try:
            return made(*arguments, **options)
        finally:
            creation.random_state = before

    return run


for _place in (FUNCTIONS, METHODS):
    for _name in (
        "normal_", "uniform_", "random_", "exponential_", "bernoulli_", "geometric_", "cauchy_", "log_normal_",
        "bernoulli", "normal", "multinomial", "poisson",
    ):  # fmt: skip
        if _name in _place:
            _place[_name] = drawing(_place[_name])

for _name in ("is_cpu",):
    METHODS[_name] = property(lambda self: True)
for _name in ("is_xla", "is_xpu", "is_ipu", "is_mps", "is_mtia", "is_maia", "is_vulkan", "is_mkldnn", "is_sparse_csr"):
    METHODS[_name] = property(lambda self: False)
