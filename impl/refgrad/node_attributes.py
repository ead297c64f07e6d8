"""How nodes answer who reads their attributes and calls their methods, in the ways of PyTorch's bindings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from refgrad import binding_texts, texts


class shown(property):
    """An attribute of nodes that can only be read, and says so as PyTorch does."""

    def __set__(self, node: object, value: object) -> None:
        assert self.fget is not None
        owner = getattr(node, "attributes_of", type(node).__name__)
        raise AttributeError(texts.node_not_writable(self.fget.__name__, owner))

    def __delete__(self, node: object) -> None:
        self.__set__(node, None)


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
