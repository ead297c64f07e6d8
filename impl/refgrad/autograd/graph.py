"""`torch.autograd.graph`: the graph as an object of its own, hooks on several tensors, and hooks for saved tensors.

Behaviour: https://docs.pytorch.org/docs/2.13/autograd.html#autograd-graph and "Hooks for saved tensors" in
https://docs.pytorch.org/docs/2.13/notes/autograd.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import contextlib
import functools
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, MutableMapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn
from weakref import WeakKeyDictionary, WeakValueDictionary

from refgrad import backward_texts, binding_texts, graph_texts, inplace, saved_texts
from refgrad import node as graph_node
from refgrad.autograd.execution import _engine_run_backward  # noqa: F401  # importable from here
from refgrad.autograd.function import FunctionBase
from refgrad.backward import engine
from refgrad.hooks import RemovableHandle
from refgrad.memory import CONTIGUOUS
from refgrad.modes import enable_grad, modes
from refgrad.saved import default_hooks
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

# ---- nodes and edges ------------------------------------------------------------------------------------------------


class Node(ABC):
    """What every `grad_fn` is an instance of, without inheriting from it."""

    __module__ = "torch.autograd.graph"

    @abstractmethod
    def name(self) -> str:
        """The name of the operator's backward."""
        raise NotImplementedError

    @property
    @abstractmethod
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Where the gradients go."""
        raise NotImplementedError

    @abstractmethod
    def metadata(self) -> dict[Any, Any]:
        """The user's own notes."""
        raise NotImplementedError

    @abstractmethod
    def _sequence_nr(self) -> int:
        raise NotImplementedError

    @property
    @abstractmethod
    def _input_metadata(self) -> list[Any]:
        raise NotImplementedError

    @abstractmethod
    def _register_hook_dict(self, tensor: Tensor) -> None:
        raise NotImplementedError

    @abstractmethod
    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after the node ran."""
        raise NotImplementedError

    @abstractmethod
    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_outputs)` before the node runs."""
        raise NotImplementedError


Node.register(graph_node.Node)


class GradientEdge(NamedTuple):
    """A place in the graph to start from or to differentiate with respect to: a node and the number of its result."""

    node: Any
    output_nr: int
    ownership_token: Any = None


GradientEdge.__module__ = "torch.autograd.graph"


def _get_grad_fn_or_grad_acc(tensor: Tensor | GradientEdge) -> graph_node.Node:
    if isinstance(tensor, GradientEdge):
        node: graph_node.Node | None = tensor.node
    else:
        # Where no view of a leaf is recorded, PyTorch's way to its accumulation node ends in an error of Python's.
        if tensor.requires_grad and tensor.grad_fn is None and (tensor.is_inference() or modes.inference):
            raise AttributeError("'NoneType' object has no attribute 'next_functions'")
        node = tensor.edge()
    if node is None:
        raise AssertionError(graph_texts.NO_GRADIENT_FUNCTION)
    return node


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge that a gradient of `tensor` arrives at.

    Raises RuntimeError if the tensor does not require grad.
    """
    if not tensor.requires_grad:
        raise RuntimeError(graph_texts.EDGE_WITHOUT_GRAD)
    node = _get_grad_fn_or_grad_acc(tensor)
    # PyTorch's nodes of custom Functions keep no graph alive, so the edge holds another node that does.
    token = None
    if isinstance(node, FunctionBase):
        with enable_grad():
            token = tensor.view_as(tensor).grad_fn
    return GradientEdge(node, tensor.output_nr, token)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count one modification of each tensor, for code that changes memory behind autograd's back.

    Inference tensors have no version and are left alone.
    """
    if not isinstance(tensor, Iterable):
        raise RuntimeError(graph_texts.VERSION_NO_ITERABLE)  # noqa: TRY004  # PyTorch's
    for each in (tensor,) if isinstance(tensor, Tensor) else tensor:
        if not isinstance(each, Tensor):
            raise RuntimeError(graph_texts.VERSION_NO_TENSOR)  # noqa: TRY004  # PyTorch's
        if not each.is_inference():
            each.bump_version()


# ---- a hook on several tensors --------------------------------------------------------------------------------------


class _MultiHandle(RemovableHandle):
    """The handles of one hook on several tensors, removed together."""

    __module__ = "torch.autograd.graph"

    def __init__(self, handles: tuple[RemovableHandle, ...]) -> None:
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()

    def __getstate__(self) -> tuple[RemovableHandle, ...]:
        return self.handles

    def __setstate__(self, state: Any) -> None:
        self.handles = state


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[[Any], object], *, mode: str = "all"
) -> RemovableHandle:
    """Call `fn` once in a backward: with all gradients of `tensors` when the last is known, or with the first of any.

    Under "all" a tensor that this backward does not reach is not waited for, and `None` stands for its gradient. Which
    ones it reaches is asked of the engine when the first gradient arrives.
    Raises ValueError for another mode, AssertionError under "all" for a tensor without a gradient function.
    """
    if mode == "all":
        return _MultiHandle(_hooks_on_all(tensors, fn))
    if mode != "any":
        raise ValueError(graph_texts.multi_grad_mode(mode))
    return _MultiHandle(_hooks_on_any(tensors, fn))


def will_execute(node: Any) -> bool:
    """Whether the running backward runs `node`; its root, if there is only one, does not count.

    Raises RuntimeError outside of backward, and for a leaf's node under `autograd.grad`.
    """
    task = engine.task
    if task is None:
        raise RuntimeError(backward_texts.WILL_EXECUTE_OUTSIDE)
    if node not in task.dependencies:
        return False
    if task.info is None:
        return True
    entry = task.info.get(node)
    if entry is None or not (entry.needed or entry.captures):
        return False
    if not node.next_nodes and entry.captures:
        raise RuntimeError(backward_texts.WILL_EXECUTE_LEAF)
    return True


def _running_task() -> int:
    if engine.task is None:
        raise AssertionError(graph_texts.HOOK_OUTSIDE_BACKWARD)
    return engine.task.id


def _hooks_on_all(tensors: Sequence[Tensor], fn: Callable[[Any], object]) -> tuple[RemovableHandle, ...]:
    nodes = [_get_grad_fn_or_grad_acc(each) for each in tensors]
    arrived: dict[int, int] = {}
    gradients: dict[int, list[Tensor | None]] = {}
    expected = -1

    def hook_of(place: int) -> Callable[[Tensor], None]:
        def hook(grad: Tensor) -> None:
            nonlocal expected
            task = _running_task()
            before = arrived.get(task, 0)
            arrived[task] = before + 1
            received = gradients.setdefault(task, [None] * len(nodes))
            if before == 0:
                expected = sum(map(will_execute, nodes))
            received[place] = grad
            if before == expected - 1:
                fn(received)
                del arrived[task], gradients[task]

        return hook

    return tuple(each.register_hook(hook_of(place)) for place, each in enumerate(tensors))


def _hooks_on_any(tensors: Sequence[Tensor], fn: Callable[[Any], object]) -> tuple[RemovableHandle, ...]:
    seen: set[int] = set()

    @functools.wraps(fn)
    def hook(grad: Tensor) -> None:
        task = _running_task()
        if task not in seen:
            seen.add(task)
            fn(grad)

    return tuple(each.register_hook(hook) for each in tensors if each.requires_grad)


# ---- hooks for saved tensors ----------------------------------------------------------------------------------------


class saved_tensors_hooks:
    """Operators recorded in this block keep what `pack_hook(tensor)` returns instead of each tensor they save.

    When backward needs the tensor it calls `unpack_hook` with that. Of nested blocks only the innermost counts.
    """

    __module__ = "torch.autograd.graph"

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        pair = (self.pack_hook, self.unpack_hook)
        if not all(callable(each) for each in pair):
            raise TypeError(
                binding_texts.incompatible_arguments(
                    "_push_saved_tensors_default_hooks",
                    "arg0: collections.abc.Callable, arg1: collections.abc.Callable",
                    pair,
                )
            )
        default_hooks.push(pair)

    def __exit__(self, *_: object) -> None:
        default_hooks.pop()


class save_on_cpu(saved_tensors_hooks):
    """Keep saved tensors on the CPU. There is no other device, so they stay as they are, or as copies if pinned."""

    __module__ = "torch.autograd.graph"

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Tensor) -> tuple[Any, Tensor]:
            return tensor.device, tensor.detach().clone(memory_format=CONTIGUOUS) if pin_memory else tensor

        def unpack(packed: tuple[Any, Tensor]) -> Tensor:
            return packed[1]

        super().__init__(pack, unpack)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Generator[None, None, None]:
    """Entering a pair of saved-tensor hooks in this block is a RuntimeError with the given message, as is this block
    inside of one."""
    before = default_hooks.disabled
    try:
        default_hooks.disable(error_message)
        yield
    finally:
        default_hooks.disabled = before


class _Handle:
    """Stands in the graph for a saved tensor that may be modified."""


Identity = tuple[int, int, int]
"""An object, its memory and its version: the tensor as it was saved."""
Memory = tuple[int, int]
"""An address and a version: everything that an in-place operator changes together."""


class _AllowMutationOnSavedContext:
    """The originals of saved tensors, and the copies made of those that were then modified."""

    __module__ = "torch.autograd.graph"

    def __init__(self) -> None:
        self.cloned: MutableMapping[_Handle, Tensor] = WeakKeyDictionary()
        self.original: MutableMapping[_Handle, Tensor] = WeakKeyDictionary()
        self.tid_to_weakhandle: MutableMapping[Identity, _Handle] = WeakValueDictionary()
        self.sid_to_tid: dict[Memory, set[Identity]] = defaultdict(set)

    def clear(self) -> None:
        for each in (self.cloned, self.original, self.tid_to_weakhandle, self.sid_to_tid):
            each.clear()

    def pack(self, tensor: Tensor) -> _Handle:
        place = (tensor.data_ptr(), tensor._version)
        identity = (id(tensor), *place)
        self.sid_to_tid[place].add(identity)
        handle = self.tid_to_weakhandle.get(identity)
        if handle is None:
            handle = self.tid_to_weakhandle[identity] = _Handle()
            self.original[handle] = tensor
        return handle

    def unpack(self, handle: _Handle) -> Tensor:
        found = self.cloned.get(handle)
        if found is None:
            found = self.original.get(handle)
        if found is None or _mutation_context is None:
            raise AssertionError(saved_texts.SAVED_OUTSIDE_MUTATION)
        return found

    def before_write(self, tensor: Tensor) -> None:
        """Copy whatever was saved of the memory that is about to be modified."""
        for identity in self.sid_to_tid.get((tensor.data_ptr(), tensor._version), ()):
            handle = self.tid_to_weakhandle.get(identity)
            if handle is not None and handle not in self.cloned:
                self.cloned[handle] = self.original.pop(handle).clone()


_mutation_context: _AllowMutationOnSavedContext | None = None


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Generator[_AllowMutationOnSavedContext, None, None]:
    """In this block a tensor saved for backward is copied when it is modified, so that backward still finds it.

    Backward has to run in the block too. Raises RuntimeError inside of another such block.
    """
    global _mutation_context  # noqa: PLW0603  # as PyTorch's, it counts for all threads
    context = _AllowMutationOnSavedContext()
    with saved_tensors_hooks(context.pack, context.unpack):
        try:
            if _mutation_context is not None:
                raise RuntimeError(saved_texts.MUTATION_NESTED)
            _mutation_context = context
            inplace.before_write.append(context.before_write)
            yield context
        finally:
            context.clear()
            _mutation_context = None
            inplace.before_write.clear()


# ---- without effect on the CPU --------------------------------------------------------------------------------------


def region_activation_memory_budget(budget: float) -> AbstractContextManager[None]:
    """For compiled regions only: always an error here, which one depends on `budget`."""
    _refuse_budget(budget)


def _refuse_budget(budget: object) -> NoReturn:
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(graph_texts.budget_type(type_name(budget)))
    if not 0 <= budget <= 1:
        raise ValueError(graph_texts.budget_range(budget))
    raise RuntimeError(graph_texts.BUDGET_EAGER)


def set_warn_on_accumulate_grad_stream_mismatch(enabled: bool) -> None:
    """Whether to warn where streams do not fit; there are none here."""
    _check_switch(enabled)


def set_override_stale_capture_stream(enabled: bool) -> None:
    """What to do with stale streams during capture; there are none here."""
    _check_switch(enabled)


def _check_switch(enabled: object) -> None:
    if not isinstance(enabled, bool):
        raise RuntimeError(graph_texts.switch_not_a_bool(type_name(enabled)))  # noqa: TRY004  # PyTorch's


__all__ = [  # noqa: RUF022  # in PyTorch's order
    "saved_tensors_hooks",
    "save_on_cpu",
    "disable_saved_tensors_hooks",
    "register_multi_grad_hook",
    "allow_mutation_on_saved_tensors",
    "Node",
    "GradientEdge",
    "get_gradient_edge",
    "increment_version",
    "region_activation_memory_budget",
    "set_warn_on_accumulate_grad_stream_mismatch",
    "set_override_stale_capture_stream",
]
