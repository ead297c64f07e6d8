"""The tensor: memory, a place in the graph, and everything autograd lets a user see of it.

A tensor is a handle. Its elements are a NumPy array, which views share; its history is the node that made it. What only
few tensors have (hooks, a tangent) stands in a separate object, so that the many tensors of a forward pass stay small.
"""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dtypes, forward_texts, hook_texts, lazy, memory, tensor_texts
from refgrad.described import Described
from refgrad.hooks import RemovableHandle
from refgrad.in_python import InPython
from refgrad.levels import address, detached, in_transform, is_batched, levels, refuse_reading, seen_alias, shallow_copy
from refgrad.modes import modes
from refgrad.signatures.parsing import parsed
from refgrad.storages import UntypedStorage, storage_of
from refgrad.type_names import type_name
from refgrad.versions import UNTRACKED, Detached, VersionCounter, inference
from refgrad.views import ViewInfo, view_grad_fn

if TYPE_CHECKING:
    from refgrad.dtypes import Array
    from refgrad.levels import Wrapper
    from refgrad.node import Node

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Hook]


class Extra:
    """What only few tensors have; and of these things most of them have one, so that the others are defaults."""

    hooks: Hooks | None = None
    post_hooks: Hooks | None = None
    retains_grad = False
    wrapped = False
    """A Python number that had to become a tensor; it still promotes like a number."""
    name: str | None = None
    grad_dtype: dtypes.dtype | None = None
    any_grad_dtype = False
    tangent: Tensor | None = None
    """The tangent of forward-mode AD, while a dual level lasts."""
    wrapper: Wrapper | None = None
    """What a tensor inside a transform of `torch.func` stands on."""


class ReadOnly(property):
    """An attribute that can be neither set nor deleted, with PyTorch's words for it."""

    def __init__(self, get: Callable[[Any], Any], name: str) -> None:
        super().__init__(get)
        self.name = name
        self.__doc__ = get.__doc__

    def __set__(self, tensor: Any, value: object) -> None:
        raise AttributeError(tensor_texts.not_writable(self.name))

    def __delete__(self, tensor: Any) -> None:
        raise AttributeError(tensor_texts.not_writable(self.name))


class Tensor(Described, InPython):
    """An array with a place in the graph. Operators are attached from the table (`refgrad/operators`)."""

    __slots__ = (
        "__dict__", "__weakref__", "_accumulator", "_array", "_extra", "_held_grad", "_node", "_output_nr",
        "_requires_grad", "_versions", "_view",
    )  # fmt: skip

    __module__ = "torch"
    __array_priority__ = 1000

    _array: Array
    _node: Node | None
    """What made this tensor. Of a view it may be out of date: `grad_fn` says what it is now."""
    _output_nr: int
    _requires_grad: bool
    _versions: VersionCounter | None
    _view: ViewInfo | None
    _extra: Extra | None
    _held_grad: Tensor | None
    """What `grad` says, which warns when it is read where none is to be expected."""
    _accumulator: weakref.ref[AccumulateGrad] | None
    """The accumulation node of a leaf, kept alive by the graphs that use it and not by the tensor."""

    if TYPE_CHECKING:  # the operators' methods

        def __getattr__(self, name: str) -> Any: ...

    def __new__(cls, *data: Any, **options: Any) -> Tensor:
        from refgrad.creation import legacy_tensor

        return legacy_tensor(cls, *data, **options)

    @staticmethod
    def _of(array: Array) -> Tensor:
        """A plain tensor on an array, without copying."""
        made = new_object(Tensor)
        made._array = array
        made._node = None
        made._output_nr = 0
        made._requires_grad = False
        made._versions = modes.versions if inference.used else None
        made._view = made._extra = made._held_grad = made._accumulator = None
        return made

    # ---- the place in the graph -------------------------------------------------------------------------------

    @property
    def grad_fn(self) -> Node | None:
        """The node that made this tensor; `None` for a leaf."""
        return self._node if self._view is None else view_grad_fn(self)

    @property
    def _grad_fn(self) -> Node | None:
        return self._node

    @_grad_fn.setter
    def _grad_fn(self, value: Node | None) -> None:
        self._node = value

    @_grad_fn.deleter
    def _grad_fn(self) -> None:
        raise RuntimeError(tensor_texts.DELETE_GRAD_FN)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted for this tensor; a view answers for its base too."""
        if self._requires_grad or self._node is not None:
            return True
        return self._view is not None and self._view.base.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: object) -> None:
        if not isinstance(value, bool):
            raise RuntimeError(tensor_texts.REQUIRES_GRAD_NOT_BOOL)  # noqa: TRY004
        if self._node is not None:
            raise RuntimeError(tensor_texts.requires_grad_of_non_leaf(value))
        if value and self._array.dtype.kind not in "fcV":
            raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD)
        self._set_requires_grad(value)

    @requires_grad.deleter
    def requires_grad(self) -> None:
        raise RuntimeError(tensor_texts.REQUIRES_GRAD_NOT_BOOL)

    def requires_grad_(self, requires_grad: bool = True, *more: Any) -> Tensor:
        """Set `requires_grad` and return the tensor.

        Raises RuntimeError for a non-leaf (to False) and for types other than floating and complex.
        """
        if levels.stack:
            raise RuntimeError(forward_texts.changes_grad_in_transform("requires_grad_", functional=True))
        if more or not isinstance(requires_grad, bool):
            parsed("requires_grad_", self, requires_grad, *more)
        if not requires_grad and self._node is not None:
            raise RuntimeError(tensor_texts.requires_grad_of_non_leaf(requires_grad))
        if requires_grad and self._array.dtype.kind not in "fcV":
            raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_METHOD)
        self._set_requires_grad(requires_grad)
        return self

    def _set_requires_grad(self, value: bool) -> None:
        if value and self.is_inference():
            if not modes.inference:
                raise RuntimeError(tensor_texts.INFERENCE_REQUIRES_GRAD)
            inference.leaves = True
        self._requires_grad = value

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operator made this tensor."""
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which result of its `grad_fn` this tensor is."""
        return self._output_nr

    @property
    def retains_grad(self) -> bool:
        """Whether `.grad` of this non-leaf is filled by backward."""
        return self._extra is not None and self._extra.retains_grad

    def edge(self) -> Node | None:
        """The node that a gradient of this tensor goes to: its `grad_fn`, or a leaf's accumulation node."""
        node = self._node if self._view is None else view_grad_fn(self)
        if node is not None or not self._requires_grad:
            return node
        known = None if self._accumulator is None else self._accumulator()
        if known is None:
            known = AccumulateGrad(self)
            self._accumulator = weakref.ref(known)
        return known

    def own_extra(self) -> Extra:
        if self._extra is None:
            self._extra = Extra()
        return self._extra

    def _is_number(self) -> bool:
        return self._extra is not None and self._extra.wrapped

    # ---- gradients --------------------------------------------------------------------------------------------

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient. Reading that of a non-leaf which does not retain it warns (UserWarning)."""
        grad = self._held_grad
        # As PyTorch: whether this is a leaf is not asked of a stale view's new history here.
        if grad is None and self._node is not None and not self.retains_grad:
            warnings.warn(tensor_texts.GRAD_OF_NON_LEAF, UserWarning, stacklevel=2)
        return grad

    @grad.setter
    def grad(self, value: object) -> None:
        if value is None:
            self._held_grad = None
            return
        if not isinstance(value, Tensor):
            raise TypeError(tensor_texts.grad_is_no_tensor(type_name(value)))
        if value is self:
            raise RuntimeError(tensor_texts.GRAD_IS_ITSELF)
        extra = self._extra
        if extra is None or not extra.any_grad_dtype:
            wanted = (extra and extra.grad_dtype) or self.dtype
            if value.dtype is not wanted:
                raise RuntimeError(tensor_texts.grad_dtype_mismatch(value.dtype, wanted))
        if value._array.shape != self._array.shape:
            raise RuntimeError(tensor_texts.grad_size_mismatch(value.shape, self.shape))
        self._held_grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    _grad = grad

    @property
    def grad_dtype(self) -> dtypes.dtype | None:
        """The type `.grad` must have; `None` allows any."""
        if not self.is_leaf:
            raise RuntimeError(tensor_texts.GRAD_DTYPE_READ_NON_LEAF)
        extra = self._extra
        if extra is None:
            return self.dtype
        return None if extra.any_grad_dtype else extra.grad_dtype or self.dtype

    @grad_dtype.setter
    def grad_dtype(self, value: object) -> None:
        if value is not None and not isinstance(value, dtypes.dtype):
            raise RuntimeError(tensor_texts.grad_dtype_not_a_dtype(type_name(value)))
        grad = self.grad  # reading it warns for a non-leaf
        if value is not None and grad is not None and grad.dtype is not value:
            raise RuntimeError(tensor_texts.grad_dtype_conflict(value, grad.dtype))
        if not self.is_leaf:
            raise RuntimeError(tensor_texts.GRAD_DTYPE_SET_NON_LEAF)
        extra = self.own_extra()
        extra.any_grad_dtype = value is None
        extra.grad_dtype = value
        node = None if self._accumulator is None else self._accumulator()
        if node is not None:
            node.expect()

    def retain_grad(self) -> None:
        """Have backward fill this non-leaf's `.grad`, after its other hooks; nothing to do for a leaf.

        Raises RuntimeError if the tensor does not require grad.
        """
        if not self.requires_grad:
            raise RuntimeError(tensor_texts.RETAIN_WITHOUT_GRAD)
        if levels.stack:
            raise RuntimeError(forward_texts.changes_grad_in_transform("retain_grad"))
        if self._node is None:
            return
        extra = self.own_extra()
        if extra.retains_grad:
            return
        node = self.grad_fn
        assert node is not None
        node.own_hooks().retain_grad[self._output_nr] = weakref.ref(self)
        extra.retains_grad = True

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulate the gradient of this tensor into the leaves of its graph; see `autograd.backward`."""
        from refgrad.autograd import backward

        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    # ---- hooks ------------------------------------------------------------------------------------------------

    def register_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(grad)` when the gradient of this tensor is known; a returned tensor replaces it.

        Raises RuntimeError if the tensor does not require grad.
        """
        if not self.requires_grad:
            raise RuntimeError(hook_texts.HOOK_WITHOUT_GRAD)
        extra = self.own_extra()
        hooks = extra.hooks
        if hooks is None:
            hooks = extra.hooks = OrderedDict()
            node = self.grad_fn
            if node is not None:
                extra.hooks = hooks  # which a stale view has lost just now; PyTorch 2.13 dies of that (pytorch#196459)
                node._register_hook_dict(self)
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        return handle

    def register_post_accumulate_grad_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(tensor)` each time `.grad` of this leaf was updated.

        Raises RuntimeError if the tensor does not require grad or is no leaf.
        """
        if not self.requires_grad:
            raise RuntimeError(hook_texts.HOOK_WITHOUT_GRAD)
        if self.grad_fn is not None:
            raise RuntimeError(hook_texts.POST_HOOK_ON_NON_LEAF)
        extra = self.own_extra()
        if extra.post_hooks is None:
            extra.post_hooks = OrderedDict()
        handle = RemovableHandle(extra.post_hooks)
        extra.post_hooks[handle.id] = hook
        return handle

    @property
    def _backward_hooks(self) -> Hooks | None:
        return None if self._extra is None else self._extra.hooks

    @_backward_hooks.setter
    def _backward_hooks(self, value: Hooks | None) -> None:
        # As in PyTorch this does not reach the node of a non-leaf: only `register_hook` does.
        self.own_extra().hooks = value

    @_backward_hooks.deleter
    def _backward_hooks(self) -> None:
        raise RuntimeError(tensor_texts.DELETE_HOOKS)

    @property
    def _post_accumulate_grad_hooks(self) -> Hooks | None:
        return None if self._extra is None else self._extra.post_hooks

    @_post_accumulate_grad_hooks.setter
    def _post_accumulate_grad_hooks(self, value: Hooks | None) -> None:
        self.own_extra().post_hooks = value

    @_post_accumulate_grad_hooks.deleter
    def _post_accumulate_grad_hooks(self) -> None:
        raise RuntimeError(tensor_texts.DELETE_POST_HOOKS)

    # ---- memory and versions ----------------------------------------------------------------------------------

    @property
    def _version(self) -> int:
        """How often this memory was modified in place, through this tensor, its views or its detached aliases.

        Raises RuntimeError for an inference tensor.
        """
        return 0 if self._versions is None else self._versions.value

    def shared_versions(self) -> VersionCounter:
        """The counter, made now if nothing has needed one so far, to be shared with an alias."""
        versions = self._versions
        if versions is None:
            versions = self._versions = VersionCounter()
        elif versions.inference:
            return UNTRACKED if modes.inference else Detached()
        return versions

    def bump_version(self) -> None:
        """Count a modification.

        Raises RuntimeError for an inference tensor outside of inference mode.
        """
        versions = self._versions
        if versions is None:
            versions = self._versions = VersionCounter()
        elif versions.inference:
            if modes.inference:
                return
            if versions is UNTRACKED:
                raise RuntimeError(tensor_texts.INFERENCE_WRITTEN)
        versions.value += 1
        if lazy.living:
            lazy.written(self)

    def is_inference(self) -> bool:
        """Whether this tensor was made in inference mode."""
        return self._versions is not None and self._versions.inference

    @property
    def _base(self) -> Tensor | None:
        """The root base of a view; `None` for other tensors."""
        return None if self._view is None else self._view.base

    def _is_view(self) -> bool:
        return self._view is not None

    def _is_zerotensor(self) -> bool:
        """Whether these are zeros without memory, which cannot be written."""
        return memory.is_unallocated(self._array)

    def alias(self) -> Tensor:
        """Another tensor on the same memory and the same version counter, without history."""
        made = Tensor._of(self._array)
        made._versions = self.shared_versions()
        if self._extra is not None:
            shallow_copy(self, made)
        if lazy.living:
            lazy.follow(made, self)
        return made

    def detach(self) -> Tensor:
        """A tensor on the same memory that has no history; in-place changes show in both, versions too."""
        if levels.dispatch or (type(self) is not Tensor and levels.asks(self)):
            return seen_alias(self)  # type: ignore[no-any-return]
        if self._extra is None:
            return self.alias()
        if levels.active and not in_transform():
            refuse_reading(self, forward_texts.no_view_fallback("detach"), "detach")
        return detached(self)  # type: ignore[no-any-return]

    def detach_(self) -> Tensor:
        """Cut this tensor off its history, in place.

        Raises RuntimeError for a view.
        """
        if modes.inference or self.is_inference():
            return self  # autograd does not hear of it
        if levels.active and is_batched(self):
            warnings.warn(forward_texts.no_batching_rule("detach_"), UserWarning, stacklevel=2)
            raise RuntimeError(tensor_texts.DETACH_VIEW)  # the examples are views
        if self._view is not None:
            raise RuntimeError(tensor_texts.DETACH_VIEW)
        if levels.active and self._extra is not None:
            self._extra.tangent = None
        self._node = None
        self._output_nr = 0
        self._requires_grad = False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor without history, and with a version counter of its own."""
        if levels.active:
            refuse_reading(self, forward_texts.BATCHED_DATA)
            if levels.asks(self):
                return seen_alias(self, shared=False)  # type: ignore[no-any-return]
        made: Tensor = detached(self, outlived=True)
        made._versions = made._versions if self.is_inference() else None
        return made

    @data.setter
    def data(self, value: object) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(tensor_texts.data_is_no_tensor(type_name(value)))
        if self._requires_grad and value._array.dtype.kind not in "fcV":
            raise RuntimeError(tensor_texts.DATA_DTYPE)
        if self.is_sparse is not value.is_sparse:
            raise RuntimeError(tensor_texts.SET_DATA_LAYOUT)
        self._array = levels.memory_given(self, value)
        lazy.settled(self)

    @data.deleter
    def data(self) -> None:
        raise RuntimeError(tensor_texts.DELETE_DATA)

    def data_ptr(self) -> int:
        """The address of the first element; 0 if there are no elements."""
        return address(self) if levels.active else memory.address(self._array)

    def untyped_storage(self) -> UntypedStorage:
        """The memory that this tensor shares with its views and aliases; of a lazy conjugate that of its base.

        Raises NotImplementedError inside `vmap`.
        """
        if levels.active and is_batched(self):
            raise NotImplementedError(forward_texts.BATCHED_STORAGE)
        return storage_of(lazy.memory_of(self))

    def storage_offset(self) -> int:
        """How many elements into the storage the first one lies."""
        return memory.offset(self._array)

    def is_contiguous(self, memory_format: object = None) -> bool:
        """Whether the elements lie in memory in the order of their indices, or as `memory_format` says."""
        return memory.in_format(self._array, memory_format)


def wrapped_number(value: Any) -> Tensor:
    """A Python number as a 0-dim tensor that still promotes like a number."""
    kind = dtypes.float64.numpy if isinstance(value, float) else dtypes.of_number(value).numpy
    if isinstance(value, complex):
        kind = dtypes.complex128.numpy
    made = Tensor._of(np.asarray(value, dtype=kind))
    made.own_extra().wrapped = True
    return made


new_object = object.__new__

from refgrad.accumulate import AccumulateGrad  # noqa: E402  # it needs the class above
