"""`torch._C._functions`: nodes that can be made by hand, and the class of every other node by its name."""

from __future__ import annotations

from typing import Any

from refgrad import texts
from refgrad.accumulate import AccumulateGrad as AccumulateGrad
from refgrad.autograd.errors import DelayedError as DelayedError
from refgrad.autograd.errors import Error as Error
from refgrad.autograd.errors import UndefinedGrad as UndefinedGrad
from refgrad.autograd.errors import UndefinedGradBackward as UndefinedGradBackward
from refgrad.inplace import CopySlices
from refgrad.node import Gradients, Node, NotImplementedNode, OperatorNode
from refgrad.tensor import Tensor


def __getattr__(name: str) -> Any:
    for each in OperatorNode.__subclasses__():
        if each.__name__ == name:
            return each
    raise AttributeError(f"module 'torch._C._functions' has no attribute '{name}'")
