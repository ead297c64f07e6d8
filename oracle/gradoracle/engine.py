"""What the suite asks of an engine: real PyTorch and an engine under test go through the same door."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from gradoracle.trace import Fact


class Unsupported(Exception):
    """The engine declares that it lacks what the program asks for; ends the run with ("unsupported", what)."""


class Engine(Protocol):
    """An adapter. It sees programs and never an expectation.

    `id` names it in reports ("torch:cpu", "refgrad"). Values are the engine's own objects; the interpreter applies
    Python's operators, calls and attribute access to them and asks the adapter only what Python does not say.
    """

    id: str
    survives_fork: bool
    """Whether a forked copy of the engine works: false once a CUDA device is in use."""

    def environment(self) -> dict[str, str]:
        """Versions, device and build, as `name: text`; the name "version" is always there."""
        ...

    def reset(self) -> None:
        """Put every global mode (grad mode, default dtype, random state, ...) back to its default."""
        ...

    def resolve(self, path: str) -> Any:
        """What a global path such as `torch.autograd.grad` stands for. Raises `Unsupported`."""
        ...

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name`. Raises `Unsupported` when no value of this kind has it."""
        ...

    def is_tensor(self, value: Any) -> bool: ...

    def is_node(self, value: Any) -> bool:
        """Whether the value is a node of the autograd graph, such as a `grad_fn`."""
        ...

    def tensor_fact(self, tensor: Any) -> Fact:
        """("tensor", dtype, shape, bytes) of a tensor, read without touching its history or its version."""
        ...

    def object_fact(self, value: Any) -> Fact | None:
        """A fact for an object of the engine's own kind (dtype, device, size); None when it has nothing to say."""
        ...

    def facet(self, tensor: Any, facet: str) -> Any:
        """One of `trace.FACETS` but "value", "graph" and "aliases": the flag, number, tensor or node itself.

        Raises `Unsupported` where the engine has no such thing: that facet is then not compared, and said to be so.
        """
        ...

    def next_functions(self, node: Any) -> Sequence[tuple[Any, int]]:
        """The edges of a node: pairs of node (None where there is no edge) and input number."""
        ...

    def node_name(self, node: Any) -> str: ...

    def storage(self, tensor: Any) -> Hashable | None:
        """Something equal for two live tensors exactly when they share memory; None for a tensor without memory.

        Raises `Unsupported` where that cannot be told.
        """
        ...


LARGEST_FACT = 65_536
"""Tensors of more elements are recorded by a digest of their bytes, not by the bytes."""
