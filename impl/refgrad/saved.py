"""What a node keeps of its operator's arguments and results until backward.

Every saved tensor remembers the version it had. When backward reads it, the version must not have moved, and the tensor
must not have been freed by an earlier backward.

An argument is kept as it is. A result may not be: the tensor points at its node, and the node at the tensor would close
a cycle. So of a result only the memory and the version counter are kept, and reading it makes a new
tensor that hangs on the node again.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from refgrad import texts

if TYPE_CHECKING:
    from refgrad.node import Node
    from refgrad.tensor import Tensor


class SavedInput:
    """A saved argument: the tensor itself."""

    __slots__ = ("output_nr", "tensor", "version")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.output_nr = tensor._output_nr
        versions = tensor._versions
        self.version = 0 if versions is None else versions.value

    def unpack(self, node: Node) -> Tensor:
        tensor = self.tensor
        versions = tensor._versions
        if (0 if versions is None else versions.value) != self.version:
            raise RuntimeError(
                texts.modified_in_place(
                    tensor.type(), tensor.shape, self.output_nr, tensor.grad_fn, tensor._version, self.version
                )
            )
        return tensor


class SavedOutput:
    """A saved result: its memory, and where it hangs in the graph."""

    __slots__ = ("alias", "maker", "output_nr", "version")

    def __init__(self, tensor: Tensor, in_place_on_view: bool) -> None:
        self.alias = tensor.alias()
        self.version = tensor._version
        self.output_nr = tensor._output_nr
        # After an in-place operator on a view the result hangs not on this node but on the view's new one.
        self.maker = weakref.ref(tensor.grad_fn) if in_place_on_view and tensor.grad_fn is not None else None

    def unpack(self, node: Node) -> Tensor:
        maker = (self.maker and self.maker()) or node
        if self.alias._version != self.version:
            raise RuntimeError(
                texts.modified_in_place(
                    self.alias.type(), self.alias.shape, self.output_nr, maker, self.alias._version, self.version
                )
            )
        result = self.alias.alias()
        result._grad_fn = maker
        result._output_nr = self.output_nr
        return result


class Freed:
    """Stands for a saved tensor that backward has freed."""

    __slots__ = ()


FREED = Freed()


def unpack(saved: Any, node: Node) -> Any:
    """The value of a saved slot of `node`.

    Raises RuntimeError if it was freed, or modified since it was saved.
    """
    kind = type(saved)
    if kind is SavedInput or kind is SavedOutput:
        return saved.unpack(node)
    if kind is Freed:
        raise RuntimeError(texts.BACKWARD_TWICE)
    if kind is SavedList:
        return saved.unpack(node)
    return saved


class SavedList:
    """The saved tensors of a `Tensor[]` argument."""

    __slots__ = ("entries",)

    def __init__(self, tensors: tuple[Tensor | None, ...]) -> None:
        self.entries = tuple(None if each is None else SavedInput(each) for each in tensors)

    def unpack(self, node: Node) -> tuple[Any, ...]:
        return tuple(unpack(each, node) for each in self.entries)


def freed(saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """The slots with every tensor freed; numbers and shapes stay readable."""
    return tuple(FREED if type(each) in KEPT else each for each in saved)


KEPT = frozenset((SavedInput, SavedOutput, SavedList))
