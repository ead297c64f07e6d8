"""Tensors among Python's own things: numbers, lists, arrays, truth, copies, pickles, text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dispatch_texts, forward_texts, lazy
from refgrad import tensor_texts as texts
from refgrad.dtypes import Array
from refgrad.levels import is_asked, levels, refuse_reading, settled, wrapper_of
from refgrad.modes import is_grad_enabled, modes, set_grad
from refgrad.once import warn_once
from refgrad.signatures.parsing import parsed
from refgrad.storages import Place, TypedStorage, place_of, placed, storage_of

if TYPE_CHECKING:
    from refgrad.tensor import Tensor


class InPython:
    """What Python asks of a tensor: its methods with underscores, and the ways to lists and arrays."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def item(self: Any) -> Any:
        """The only element as a Python number.

        Raises RuntimeError if there is not exactly one.
        """
        if self._array.size != 1:
            raise RuntimeError(texts.not_one_element(self._array.size))
        if levels.active:
            return item_seen(self)
        return self._array.item()

    def tolist(self: Any) -> Any:
        """Nested lists of Python numbers; a number for a 0-dim tensor."""
        if levels.active:
            refuse_reading(self, forward_texts.NO_STORAGE)
            if is_asked(self):
                raise RuntimeError(dispatch_texts.no_list_of_subclass(type(self).__name__))
        if self._is_zerotensor():
            raise RuntimeError(texts.ZERO_TENSOR_TO_LIST)
        return self._array.tolist()

    def numpy(self: Any, *more: Any, force: bool = False) -> Array:
        """The array that this tensor stands on, shared.

        Raises RuntimeError if the tensor requires grad in grad mode, unless `force`.
        """
        if more or not isinstance(force, bool):
            parsed("numpy", self, *more, force=force)
        if levels.active and is_asked(self):
            raise RuntimeError(dispatch_texts.NUMPY_OF_SUBCLASS)
        if not force and modes.grad and self.requires_grad:
            raise RuntimeError(texts.NUMPY_REQUIRES_GRAD)
        if not force and self._is_zerotensor():
            raise RuntimeError(texts.ZERO_TENSOR_TO_NUMPY)
        if levels.active and wrapper_of(settled(self)) is not None:
            raise RuntimeError(forward_texts.NO_STORAGE)
        if not force and self.is_conj():
            raise RuntimeError(texts.CONJUGATED_TO_NUMPY)
        if not force and self.is_neg():
            raise RuntimeError(texts.NEGATED_TO_NUMPY)
        if self._array.dtype.kind == "V":
            raise TypeError(texts.no_numpy_type(self.dtype.scalar_name))
        if levels.dispatch:
            self.detach()
        array: Array = self._array
        return array

    def __setstate__(self: Any, state: Any) -> None:
        """Take over what a pickle of an older kind says of the tensor."""
        if not self.is_leaf:
            raise RuntimeError(texts.STATE_OF_NON_LEAF)
        if len(state) == 4:
            self.set_(*state)
            return
        if len(state) == 5:
            self.data = state[0]
            state = (state[3], state[4], state[2])
        self.requires_grad, _, self._backward_hooks = state

    def __dlpack__(self: Any, **options: Any) -> Any:
        return self._exported().__dlpack__(**options)

    def _exported(self: Any) -> Array:
        """The memory for another library. Raises BufferError for what requires grad and for lazy conjugates."""
        if self.requires_grad:
            raise BufferError(texts.DLPACK_REQUIRES_GRAD)
        if self.is_conj():
            raise BufferError(texts.DLPACK_CONJUGATE)
        exported: Array = self._array
        return exported

    def __array__(self: Any, dtype: Any = None) -> Array:
        array: Array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __array_wrap__(self: Any, array: Array, context: Any = None, return_scalar: bool = False) -> Any:
        """What NumPy's functions return for tensors: a tensor."""
        from refgrad.tensor import Tensor

        made = np.asarray(array)
        return Tensor._of(made.astype(np.uint8) if made.dtype == np.bool_ else made)

    def _number(self: Any, convert: Callable[[Any], Any]) -> Any:
        if self._array.size != 1:
            raise ValueError(texts.ONE_ELEMENT_TENSORS)
        if levels.active:
            return convert(item_seen(self))
        return convert(self._array.item())

    def __float__(self: Any) -> float:
        if modes.grad and self.requires_grad:
            warn_once(texts.SCALAR_OF_REQUIRES_GRAD, "scalar")
        value: float = self._number(float)
        return value

    def __int__(self: Any) -> int:
        value: int = self._number(int)
        return value

    def __complex__(self: Any) -> complex:
        value: complex = self._number(complex)
        return value

    def __index__(self: Any) -> int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError(texts.NOT_AN_INDEX)
        if levels.active:
            return int(item_seen(self))
        return int(self._array.item())

    def __bool__(self: Any) -> bool:
        if levels.active:
            refuse_reading(self, forward_texts.CONTROL_FLOW, "is_nonzero")
        if self._array.size == 0:
            raise RuntimeError(texts.BOOL_OF_EMPTY)
        if self._array.size > 1:
            raise RuntimeError(texts.BOOL_OF_SEVERAL)
        return bool(item_seen(self) if levels.active else self._array.item())

    def __len__(self: Any) -> int:
        if self._array.ndim == 0:
            raise TypeError(texts.LEN_OF_SCALAR)
        length: int = self._array.shape[0]
        return length

    def __iter__(self: Any) -> Iterator[Tensor]:
        if self.dim() == 0:
            raise TypeError(texts.ITERATION_OVER_SCALAR)
        return iter(self.unbind(0))

    def __contains__(self: Any, element: object) -> bool:
        if hasattr(element, "_array") or isinstance(element, (int, float, complex)):
            found: Any = self == element
            return bool(found.any().item())
        raise RuntimeError(texts.contains_unsupported(type(element)))

    def __hash__(self: Any) -> int:
        return id(self)

    def __repr__(self: Any, *, tensor_contents: str | None = None) -> str:
        from refgrad.printing import tensor_text

        return tensor_text(self)

    def __format__(self: Any, spec: str) -> str:
        from refgrad.tensor import Tensor

        if self._array.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Tensor:
        """A leaf of its own, with a copy of its gradient; hooks are not copied.

        Raises RuntimeError for a non-leaf.
        """
        if not self.is_leaf:
            raise RuntimeError(texts.DEEPCOPY_OF_NON_LEAF)
        if levels.active:
            self.untyped_storage()
        if id(self) in memo:
            known: Tensor = memo[id(self)]
            return known
        from refgrad.tensor import Tensor

        if id(self) in levels.without_memory:
            made = cloned_wrapper(self)
        else:
            if type(self) is not Tensor and type(self.new_empty([])) is not type(self):
                raise RuntimeError(texts.DEEPCOPY_OF_SUBCLASS)
            storage = deepcopy(storage_of(self._array), memo)
            made = as_of_class(type(self), placed(storage, place_of(self._array)))
        made._requires_grad = self.requires_grad
        if self._held_grad is not None:
            made.grad = deepcopy(self._held_grad, memo)
        memo[id(self)] = made
        made.__dict__.update(deepcopy(self.__dict__, memo))
        return lazy.settled(made)  # type: ignore[no-any-return]

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        from refgrad.utils.hooks import warn_if_has_hooks

        warn_if_has_hooks(self)
        array = self._array
        kept = {name: value for name, value in self.__dict__.items() if name != "_lazy"}
        kind = None if type(self).__module__ == "torch" else type(self)
        storage = TypedStorage(storage_of(array), array.dtype)
        return rebuilt, (kind, storage, place_of(array), self.requires_grad, kept)

    def reinforce(self: Any, reward: Any) -> None:
        """Was removed."""
        raise RuntimeError(texts.REINFORCE)

    def __dir__(self: Any) -> list[str]:
        return sorted({*dir(type(self)), *self.__dict__})


def cloned_wrapper(tensor: Any) -> Any:
    """Raises RuntimeError if the class of a tensor without memory does not make instances of itself."""
    before = is_grad_enabled()
    set_grad(False)
    try:
        made = tensor.clone()
    finally:
        set_grad(before)
    if type(made) is not type(tensor):
        raise RuntimeError(dispatch_texts.DEEPCOPY_OF_WRAPPER)
    return made


def item_seen(tensor: Any) -> Any:
    """The only element, as modes and the tensor's class tell it. Raises RuntimeError inside `vmap`."""
    refuse_reading(tensor, forward_texts.ITEM, "item")
    if levels.dispatch or is_asked(tensor):
        from refgrad.operators.dispatching import number_in

        return number_in(tensor)
    return tensor._array.item()


def rebuilt(kind: type | None, storage: TypedStorage, place: Place, requires_grad: bool, kept: dict[str, Any]) -> Any:
    """What a copied or pickled tensor becomes."""
    made = as_of_class(kind, placed(storage, place))
    made._requires_grad = requires_grad
    made._backward_hooks = OrderedDict()
    made.__dict__.update(kept)
    return made


def as_of_class(kind: type | None, array: Array) -> Any:
    """A tensor of a class on memory that is given to it, which counts as a modification."""
    from refgrad.subclassing import retyped
    from refgrad.tensor import Tensor

    made = Tensor._of(array) if kind is None or kind is Tensor else retyped(Tensor._of(array), kind)
    made.bump_version()
    return made
