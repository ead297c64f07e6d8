"""How nodes answer who reads their attributes and calls their methods, in the ways of PyTorch's bindings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad import binding_texts
from refgrad import tensor_texts as texts
from refgrad.device import CPU
from refgrad.dtypes import FROM_NUMPY

if TYPE_CHECKING:
    from refgrad.dtypes import NumpyType


class shown(property):
    """An attribute of nodes that can only be read, and says so as PyTorch does."""

    def __set__(self, node: object, value: object) -> None:
        assert self.fget is not None
        owner = getattr(node, "attributes_of", type(node).__name__)
        raise AttributeError(texts.node_not_writable(self.fget.__name__, owner))

    def __delete__(self, node: object) -> None:
        self.__set__(node, None)


def read_only(name: str) -> shown:
    """An attribute that the node looks up when it is read."""

    def read(node: Any) -> Any:
        return node.__getattr__(name)

    read.__name__ = name
    return shown(read)


def one_argument(method: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A method that says as PyTorch's do that it takes one argument, given by position."""

    @functools.wraps(method)
    def run(node: Any, *given: Any) -> Any:
        if len(given) != 1:
            raise TypeError(binding_texts.takes_one_argument(type(node).__name__, method.__name__, len(given)))
        return method(node, given[0])

    return run


def unsigned(value: Any) -> Any:
    """Integers as PyTorch's saved attributes show them: 64 bits read without a sign."""
    if isinstance(value, (tuple, list)):
        return tuple(unsigned(each) for each in value)
    return value if value is None or value >= 0 else value + 2**64


class NodeInput:
    """What `Node._input_metadata` tells of one result: shape and element type of its gradient."""

    __slots__ = ("dtype", "shape")

    __module__ = "torch._C._autograd"

    is_nested_tensor = False
    is_cpp_nested_tensor = False

    def __init__(self, shape: tuple[int, ...], numpy_type: NumpyType | None) -> None:
        self.shape = list(shape)
        self.dtype = None if numpy_type is None else FROM_NUMPY[numpy_type]

    @property
    def device(self) -> Any:
        return CPU


NodeInput.__name__ = NodeInput.__qualname__ = "_InputMetadata"
