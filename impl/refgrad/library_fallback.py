"""What stands in the graph for operators of a `Library` that say nothing of their derivative: a warning in backward."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from refgrad import library_texts as texts
from refgrad.func.trees import flatten
from refgrad.modes import is_grad_enabled
from refgrad.node import CppNode, Gradients
from refgrad.tensor import Tensor


class Fallback:
    """What is done about such operators: "warn" or "nothing"."""

    mode = "warn"


def set_mode(mode: str) -> None:
    """Raises RuntimeError for another than the two."""
    if mode == "error":
        raise RuntimeError(texts.FALLBACK_ERROR)
    if mode not in ("nothing", "warn"):
        raise RuntimeError(texts.unknown_fallback(mode))
    Fallback.mode = mode


def warn(name: str) -> None:
    warnings.warn(texts.no_autograd_kernel(name), UserWarning, stacklevel=2)


class WarnNotImplemented(CppNode):
    """Warns, and hands no gradient on."""

    __slots__ = ("operator_name",)

    __module__ = "builtins"
    cpp_name = "torch::autograd::WarnNotImplemented"
    operator_name: str

    def apply(self, gradients: Gradients) -> Gradients:
        warn(self.operator_name)
        return [None] * len(self.next_nodes)


WarnNotImplemented.__name__ = WarnNotImplemented.__qualname__ = "CppFunction"


def with_warnings(name: str, given: Any, results: Any) -> Any:
    """The results, whose gradients bring a warning if an argument requires grad."""
    inputs = [each for each in flatten(given)[0] if isinstance(each, Tensor)]
    if Fallback.mode == "warn" and is_grad_enabled() and any(each.requires_grad for each in inputs):
        attach(name, inputs, [each for each in flatten(results)[0] if isinstance(each, Tensor)])
    return results


def attach(name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
    nodes = tuple([each.edge() for each in inputs])
    numbers = tuple([0 if node is None else each._output_nr for node, each in zip(nodes, inputs, strict=True)])
    node: Any = None
    for each in outputs:
        if each.requires_grad:
            each.register_hook(lambda grad: warn(name))
        elif each._array.dtype.kind in "fcV":
            if node is None:
                node = WarnNotImplemented(nodes, numbers)
                node.operator_name = name
            each._node, each._output_nr = node, len(node.input_metadata)
            node.input_metadata = (*node.input_metadata, (each._array.shape, each._array.dtype))
