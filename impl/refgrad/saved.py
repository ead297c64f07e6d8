"""What a node keeps of its operator's arguments and results until backward.

Every saved tensor remembers the version it had. When backward reads it, the version must not have moved, and the tensor
must not have been freed by an earlier backward.

An argument is kept as it is. A result may not be: the tensor points at its node, and the node at the tensor would close
a cycle. So of a result only the memory and the version counter are kept, and reading it makes a new
tensor that hangs on the node again.

Saved-tensor hooks take the tensor's place: what `pack` returns is kept instead, and `unpack` makes a tensor of it when
it is needed, which is then hung where the tensor was. Versions are not looked at, for nobody knows what the hooks did.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad import anomaly, saved_texts, tensor_texts
from refgrad.levels import hold_tangent, levels, seen_alias
from refgrad.modes import modes

if TYPE_CHECKING:
    from refgrad.node import Node
    from refgrad.tensor import Tensor

Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]


class DefaultHooks(threading.local):
    """The pairs of `saved_tensors_hooks` entered in the current thread; only the innermost counts."""

    top: Pair | None = None

    def __init__(self) -> None:
        self.stack: list[Pair] = []
        self.disabled: str | None = None
        """The message of the error that entering a pair, or having one, is to raise."""

    def push(self, pair: Pair) -> None:
        if self.disabled is not None:
            raise RuntimeError(self.disabled)
        self.stack.append(pair)
        self.top = pair

    def pop(self) -> None:
        if not self.stack:
            raise RuntimeError(saved_texts.NO_DEFAULT_HOOKS)
        self.stack.pop()
        self.top = self.stack[-1] if self.stack else None

    def disable(self, message: str) -> None:
        if self.stack:
            raise RuntimeError(message)
        self.disabled = message

    def enable(self) -> None:
        self.disabled = None


default_hooks = DefaultHooks()


def version_to_save(tensor: Tensor) -> int:
    """The version that a saved tensor must still have in backward. Raises RuntimeError for an inference tensor."""
    versions = tensor._versions
    if versions is None:
        return 0
    if versions.inference:
        raise RuntimeError(tensor_texts.INFERENCE_SAVED)
    return versions.value


class SavedInput:
    """A saved argument: the tensor itself."""

    __slots__ = ("leaf", "output_nr", "tensor", "version")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.output_nr = tensor._output_nr
        self.leaf = tensor._node is None
        self.version = version_to_save(tensor)

    def unpack(self, node: Node | None) -> Tensor:
        tensor = self.tensor
        lost = tensor._node is None and not self.leaf
        if lost and (node is None or not node.saves_for_user):
            raise RuntimeError(saved_texts.SAVED_DETACHED)
        versions = tensor._versions
        if (0 if versions is None else versions.value) != self.version:
            raise RuntimeError(
                saved_texts.modified_in_place(
                    tensor.type(),
                    tensor.shape,
                    0,  # whichever it is: PyTorch notes the number of results only
                    node if lost else tensor.grad_fn,
                    tensor._version,
                    self.version,
                    anomaly=anomaly.state.enabled,
                )
            )
        return tensor

    def data(self) -> Tensor:
        return self.tensor

    def pack(self, pair: Pair) -> Packed:
        return Packed(self.tensor, pair, given=self.tensor.detach())


class SavedOutput:
    """A saved result: its memory, and where it hangs in the graph."""

    __slots__ = ("alias", "maker", "output_nr", "version")

    def __init__(self, tensor: Tensor, in_place_on_view: bool) -> None:
        self.version = version_to_save(tensor)
        self.alias = tensor.alias()
        self.output_nr = tensor._output_nr
        # After an in-place operator on a view the result hangs not on this node but on the view's new one.
        self.maker = weakref.ref(tensor.grad_fn) if in_place_on_view and tensor.grad_fn is not None else None

    def unpack(self, node: Node | None) -> Tensor:
        maker = (self.maker and self.maker()) or node
        if maker is None:
            raise RuntimeError(saved_texts.SAVED_DETACHED)
        if self.alias._version != self.version:
            raise RuntimeError(
                saved_texts.modified_in_place(
                    self.alias.type(),
                    self.alias.shape,
                    self.output_nr,
                    maker,
                    self.alias._version,
                    self.version,
                    anomaly=anomaly.state.enabled,
                )
            )
        result = seen_alias(self.alias) if levels.active else self.alias.alias()
        result._node = maker
        result._output_nr = self.output_nr
        return result

    def data(self) -> Tensor:
        return self.alias

    def pack(self, pair: Pair) -> Packed:
        packed = Packed(self.alias, pair, given=self.alias)
        packed.leaf = False
        packed.output_nr = self.output_nr
        packed.weak_maker = self.maker
        return packed


class Packed:
    """A saved tensor that a pair of hooks took over: what `pack` made of it, and where it hung in the graph."""

    __slots__ = (
        "accumulator",
        "leaf",
        "maker",
        "output_nr",
        "packed",
        "requires_grad",
        "tangent",
        "unpack_hook",
        "weak_maker",
    )

    def __init__(
        self, tensor: Tensor, pair: Pair, *, given: Tensor, output: bool = False, in_place_on_view: bool = False
    ) -> None:
        maker = tensor.grad_fn
        self.leaf = maker is None
        self.output_nr = tensor._output_nr
        self.requires_grad = self.leaf and tensor.requires_grad
        # A view taken under no_grad requires grad and has no node at all.
        edge = tensor.edge() if self.requires_grad else None
        self.accumulator = None if edge is None else weakref.ref(edge)
        self.weak_maker = weakref.ref(maker) if in_place_on_view and maker is not None else None
        self.maker = None if output else maker
        self.tangent = None if tensor._extra is None else tensor._extra.tangent
        self.unpack_hook = pair[1]
        if given.is_inference():
            raise RuntimeError(tensor_texts.INFERENCE_SAVED)
        version = given._version
        before = modes.grad
        modes.grad = False
        try:
            self.packed = pair[0](given)
        finally:
            modes.grad = before
        if given._version != version:
            raise RuntimeError(saved_texts.PACK_MODIFIED)

    def unpack(self, node: Node | None) -> Tensor:
        maker = self.maker if self.weak_maker is None else self.weak_maker()
        if maker is None and not self.leaf:
            if node is None:
                raise RuntimeError(saved_texts.SAVED_DETACHED)
            maker = node
        data = self.unpack_hook(self.packed)
        if not hasattr(data, "_array"):
            raise TypeError(saved_texts.unpacked_no_tensor(data))
        if maker is None and not self.requires_grad and not data.requires_grad:
            tensor: Tensor = data
            return tensor
        tensor = data.alias()
        if maker is not None:
            tensor._node = maker
            tensor._output_nr = self.output_nr
        else:
            tensor._requires_grad = self.requires_grad
            tensor._accumulator = self.accumulator  # type: ignore[assignment]  # of a leaf it is no other node
        if self.tangent is not None:
            hold_tangent(tensor, self.tangent)
        return tensor

    def data(self) -> Any:
        return self.packed

    def pack(self, pair: Pair) -> Packed:
        raise RuntimeError(saved_texts.SAVED_HOOKS_TWICE)


Saved = SavedInput | SavedOutput | Packed


def save_input(tensor: Tensor) -> SavedInput | Packed:
    """Save an argument, through the hooks in force; a number that became a tensor never reaches them."""
    pair = default_hooks.top
    return SavedInput(tensor) if pair is None or tensor._is_number() else Packed(tensor, pair, given=tensor)


def save_output(tensor: Tensor, in_place_on_view: bool = False) -> Saved:
    """Save a result, through the hooks in force. One that does not require grad points at no node and is kept."""
    pair = default_hooks.top
    if pair is not None:
        return Packed(tensor, pair, given=tensor, output=True, in_place_on_view=in_place_on_view)
    if tensor._node is None:
        return SavedInput(tensor)
    made = SavedOutput(tensor, in_place_on_view)
    if levels.active:
        made.alias = seen_alias(tensor)
    return made


class Freed:
    """Stands for a saved tensor that backward has freed."""

    __slots__ = ()


FREED = Freed()


def unpack(saved: Any, node: Node) -> Any:
    """The value of a saved slot of `node`.

    Raises RuntimeError if it was freed, or modified since it was saved.
    """
    kind = type(saved)
    if kind in KEPT:
        return saved.unpack(node)
    if kind is Freed:
        raise RuntimeError(saved_texts.BACKWARD_TWICE)
    return saved


class SavedList:
    """The saved tensors of a `Tensor[]` argument."""

    __slots__ = ("entries",)

    def __init__(self, tensors: tuple[Tensor | None, ...]) -> None:
        self.entries: list[Any] = [None if each is None else save_input(each) for each in tensors]

    def unpack(self, node: Node) -> tuple[Any, ...]:
        return tuple(unpack(each, node) for each in self.entries)


def freed(saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """The slots with every tensor freed; numbers and shapes stay readable."""
    return tuple([FREED if type(each) in KEPT else each for each in saved])


KEPT = frozenset((SavedInput, SavedOutput, SavedList, Packed))
