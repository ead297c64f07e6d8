"""Nodes that pass the forward on and interfere in backward: `DelayedError`, `UndefinedGrad`."""

from __future__ import annotations

from typing import Any

from refgrad import backward_texts, binding_texts
from refgrad.modes import modes
from refgrad.node import FIRST, CppNode, Gradients
from refgrad.tensor import Tensor


class Error(CppNode):
    """A node whose backward raises RuntimeError."""

    __slots__ = ("message",)

    __module__ = "builtins"
    cpp_name = "torch::autograd::Error"

    def __init__(self, nodes: tuple[Any, ...], numbers: tuple[int, ...], message: str) -> None:
        super().__init__(nodes, numbers)
        self.sequence_number = FIRST
        self.message = message

    def apply(self, gradients: Gradients) -> Gradients:
        raise RuntimeError(self.message)


class UndefinedGradBackward(CppNode):
    """A node that hands on no gradient."""

    __slots__ = ()

    __module__ = "builtins"
    cpp_name = "torch::autograd::UndefinedGradBackward"

    def apply(self, gradients: Gradients) -> Gradients:
        return [None] * len(self.next_nodes)


class Passing:
    """An operator that returns its tensors on the same memory, hung on a node of its own."""

    __slots__ = ("message", "outputs")

    __module__ = "builtins"

    def __init__(self, message: str, outputs: int) -> None:
        self.message = message
        self.outputs = outputs

    def node(self, nodes: tuple[Any, ...], numbers: tuple[int, ...]) -> CppNode:
        raise NotImplementedError

    def __call__(self, *tensors: Any) -> Any:
        if len(tensors) != self.outputs:
            raise TypeError(backward_texts.wrong_number_of_node_arguments(self.outputs, len(tensors)))
        for i, each in enumerate(tensors):
            if each is not None and not isinstance(each, Tensor):
                raise TypeError(binding_texts.argument_is_no_variable(i))
        results = [None if each is None else each.alias() for each in tensors]
        if modes.grad and any(each is not None and each.requires_grad for each in tensors):
            nodes = tuple(None if each is None else each.edge() for each in tensors)
            numbers = tuple(0 if node is None else each._output_nr for each, node in zip(tensors, nodes, strict=True))
            made = self.node(nodes, numbers)
            made.input_metadata = tuple(
                ((), None) if each is None else (each._array.shape, each._array.dtype) for each in tensors
            )
            for number, each in enumerate(results):
                if each is not None:
                    each._grad_fn = made
                    each._output_nr = number
        return results[0] if len(results) == 1 else tuple(results)


class DelayedError(Passing):
    """Results whose backward raises RuntimeError with a message given in advance."""

    __slots__ = ()

    __module__ = "builtins"

    def __init__(self, message: str | bytes, outputs: int) -> None:
        super().__init__(message.decode() if isinstance(message, bytes) else message, outputs)

    def node(self, nodes: tuple[Any, ...], numbers: tuple[int, ...]) -> CppNode:
        return Error(nodes, numbers, self.message)


class UndefinedGrad(Passing):
    """A result through which no gradient comes back."""

    __slots__ = ()

    __module__ = "builtins"

    def __init__(self) -> None:
        super().__init__("", 1)

    def node(self, nodes: tuple[Any, ...], numbers: tuple[int, ...]) -> CppNode:
        return UndefinedGradBackward(nodes, numbers)
