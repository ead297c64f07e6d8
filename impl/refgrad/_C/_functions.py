"""`torch._C._functions`: nodes that can be made by hand, and the class of every other node by its name."""

from __future__ import annotations

from typing import Any, ClassVar

from refgrad import accumulate, backward_texts, binding_texts, inplace
from refgrad.node import FIRST, CppNode, Gradients, OperatorNode
from refgrad.node import NotImplementedNode as NotImplemented  # noqa: F401
from refgrad.tensor import Tensor

AccumulateGrad = accumulate.AccumulateGrad
CopySlices = inplace.CopySlices


class Error(CppNode):
    """Raises its message in backward."""

    __slots__ = ("message",)

    __module__ = "builtins"
    cpp_name = "torch::autograd::Error"
    message: str

    def apply(self, gradients: Gradients) -> Gradients:
        raise RuntimeError(self.message)


class UndefinedGradBackward(CppNode):
    """Hands on undefined gradients, whatever it gets."""

    __slots__ = ()

    __module__ = "builtins"
    cpp_name = "torch::autograd::UndefinedGradBackward"

    def apply(self, gradients: Gradients) -> Gradients:
        return [None] * len(self.next_nodes)


class Passed:
    """A function that returns its arguments, hung on a node of its own."""

    __slots__ = ("count",)

    node_class: ClassVar[type[CppNode]]

    def __init__(self, count: int) -> None:
        self.count = count

    def make_node(self, nodes: tuple[Any, ...], numbers: tuple[int, ...]) -> CppNode:
        return self.node_class(nodes, numbers)

    def __call__(self, *tensors: Any) -> Any:
        """Return the arguments on the node.

        Raises TypeError if they are not as many as announced, or not tensors.
        """
        if len(tensors) != self.count:
            raise TypeError(backward_texts.wrong_number_of_node_arguments(self.count, len(tensors)))
        for place, each in enumerate(tensors):
            if not isinstance(each, Tensor):
                raise TypeError(binding_texts.argument_is_no_variable(place))
        results = [each.alias() for each in tensors]
        if any(each.requires_grad for each in tensors):
            nodes = tuple(each.edge() for each in tensors)
            node = self.make_node(nodes, tuple(each._output_nr for each in tensors))
            node.input_metadata = tuple((each._array.shape, each._array.dtype) for each in tensors)
            for number, each in enumerate(results):
                each._grad_fn = node
                each._output_nr = number
        return results[0] if len(results) == 1 else tuple(results)

    def name(self) -> str:
        """The name of its C++ class."""
        return f"torch::autograd::{type(self).__name__}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


class DelayedError(Passed):
    """A function whose backward raises `msg`; it takes and returns as many tensors as announced."""

    __slots__ = ("message",)

    __module__ = "builtins"
    node_class = Error

    def __init__(self, *arguments: Any) -> None:
        if len(arguments) != 2:
            raise RuntimeError(binding_texts.two_arguments(len(arguments)))
        message, count = arguments
        if not isinstance(message, (str, bytes)):
            raise RuntimeError(binding_texts.MESSAGE_NO_TEXT)  # noqa: TRY004  # PyTorch's
        super().__init__(count)
        self.message = message.decode() if isinstance(message, bytes) else message

    def make_node(self, nodes: tuple[Any, ...], numbers: tuple[int, ...]) -> CppNode:
        node = Error(nodes, numbers)
        node.sequence_number = FIRST
        node.message = self.message
        return node


class UndefinedGrad(Passed):
    """A function whose gradient is undefined."""

    __slots__ = ()

    __module__ = "builtins"
    node_class = UndefinedGradBackward

    def __init__(self) -> None:
        super().__init__(1)


def __getattr__(name: str) -> Any:
    for each in OperatorNode.__subclasses__():
        if each.__name__ == name:
            return each
    raise AttributeError(f"module 'torch._C._functions' has no attribute '{name}'")
