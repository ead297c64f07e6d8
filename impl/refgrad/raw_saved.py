"""`Node._raw_saved_...`: what users see of a saved tensor before it is unpacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad import binding_texts, saved_texts
from refgrad.saved import FREED

if TYPE_CHECKING:
    from refgrad.tensor import Tensor


class SavedTensor:
    """`Node._raw_saved_...`: a saved tensor as it is kept, to which a pair of hooks can still be given.

    Behaviour: "Hooks for saved tensors" (https://docs.pytorch.org/docs/2.13/notes/autograd.html), details observed on
    PyTorch 2.13.0.
    """

    __slots__ = ("_get", "_set")

    __module__ = "torch._C._autograd"

    _get: Callable[[], Any]
    _set: Callable[[Any], None]

    def __init__(self, *arguments: object, **options: object) -> None:
        if arguments or options:
            raise TypeError(
                binding_texts.incompatible_constructor("torch._C._autograd.SavedTensor", arguments, options)
            )
        raise RuntimeError(saved_texts.SAVED_FROM_PYTHON)

    @staticmethod
    def _at(get: Callable[[], Any], put: Callable[[Any], None]) -> SavedTensor:
        made = object.__new__(SavedTensor)
        made._get = get
        made._set = put
        return made

    @staticmethod
    def _of(saved: Any) -> SavedTensor:
        """One that belongs to no node."""
        place = [saved]
        return SavedTensor._at(lambda: place[0], lambda value: place.__setitem__(0, value))

    @staticmethod
    def _in_list(entries: list[Any], index: int) -> SavedTensor:
        return SavedTensor._at(lambda: entries[index], lambda value: entries.__setitem__(index, value))

    @staticmethod
    def _of_slot(node: Any, slot: int) -> SavedTensor:
        def put(value: Any) -> None:
            node.saved = (*node.saved[:slot], value, *node.saved[slot + 1 :])

        return SavedTensor._at(lambda: node.saved[slot], put)

    def register_hooks(self, *hooks: Any) -> None:
        """Let `pack` take the tensor over now, and `unpack` give it back when it is needed.

        Raises TypeError for anything but two callables, RuntimeError if there are hooks, or no tensor.
        """
        if len(hooks) != 2 or not all(callable(each) for each in hooks):
            raise TypeError(
                binding_texts.incompatible_arguments(
                    "register_hooks",
                    "self: torch._C._autograd.SavedTensor, arg0: collections.abc.Callable, "
                    "arg1: collections.abc.Callable",
                    (self, *hooks),
                )
            )
        saved = self._get()
        if saved is None:
            raise RuntimeError(saved_texts.SAVED_HOOKS_ON_NONE)
        if saved is FREED:
            raise RuntimeError(saved_texts.SAVED_HOOKS_FREED)
        self._set(saved.pack(hooks))

    def unpack(self) -> Tensor | None:
        saved = self._get()
        if saved is FREED:
            raise RuntimeError(saved_texts.BACKWARD_TWICE)
        tensor: Tensor | None = None if saved is None else saved.unpack(None)
        return tensor

    @property
    def data(self) -> Any:
        """What is kept: the packed object if there are hooks, else the tensor."""
        saved = self._get()
        return None if saved is None or saved is FREED else saved.data()

    @property
    def unpack_hook(self) -> Any:
        return getattr(self._get(), "unpack_hook", None)

    def __repr__(self) -> str:
        return f"<torch._C._autograd.SavedTensor object at {id(self):#x}>"
