"""The graph: nodes (PyTorch's `grad_fn`) and their edges.

A node stands for one operator call. It turns the gradients of the call's results (its *inputs*, in backward) into the
gradients of the call's arguments (its *outputs*), and points along its edges at the nodes that these came from. An edge
is a node and the number of that node's result that was used. References run only this way, from results to
arguments, so a graph has no cycles and dies with the last tensor that holds it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from refgrad import anomaly, backward_texts, binding_texts, saved_texts
from refgrad.dtypes import FROM_NUMPY
from refgrad.hooks import RemovableHandle
from refgrad.node_attributes import NodeInput, one_argument, shown, unsigned
from refgrad.raw_saved import SavedTensor
from refgrad.saved import FREED, freed, unpack

if TYPE_CHECKING:
    from refgrad.backward import Plan
    from refgrad.dtypes import NumpyType
    from refgrad.operators.declare import Operator
    from refgrad.replay import Replay
    from refgrad.tensor import Tensor

Metadata = tuple[tuple[int, ...], "NumpyType | None"]
"""Shape and element type that the gradient of one result of the node must have; `None`: any type."""

Gradients = list["Tensor | None"]

FIRST = 2**64 - 1
"""The sequence number of accumulation nodes and of those that raise: they run before everything else that is ready."""

OF_SCALARS: dict[NumpyType, tuple[Metadata, ...]] = {kind: (((), kind),) for kind in FROM_NUMPY}
"""The metadata of a node with one result without dimensions, by its type: one object for all of them."""

sequence = count()
next_sequence_number = sequence.__next__


class NodeHooks:
    """The hooks of one node; most nodes have none and carry no such object."""

    __slots__ = ("metadata", "post", "pre", "retain_grad", "tensor_pre")

    def __init__(self) -> None:
        self.tensor_pre: list[tuple[OrderedDict[int, Callable[..., Any]], int]] = []
        """The `_backward_hooks` of the tensors that this node made, with the number of the result."""
        self.retain_grad: dict[int, Any] = {}
        """Result number -> weak reference to the tensor whose `.grad` is to be filled."""
        self.pre: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self.post: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self.metadata: dict[str, Any] = {}


class Node:
    """A node of the graph. `name()` and `next_functions` are what PyTorch shows of it."""

    __slots__ = ("__weakref__", "hooks", "input_metadata", "kept_plan", "next_nodes", "next_numbers", "sequence_number")

    cpp_name: ClassVar[str] = ""
    """What `name()` says where it is not the class name."""
    saves_for_user: ClassVar[bool] = False
    """Whether a user's Function chose what is saved: it gets a tensor back that has lost its history since."""
    kept_plan: Plan
    """What the last backward from here had to run; most nodes never have it."""

    def __init__(self, next_nodes: tuple[Node | None, ...], next_numbers: tuple[int, ...]) -> None:
        self.next_nodes = next_nodes
        self.next_numbers = next_numbers
        self.sequence_number = next_sequence_number()
        self.input_metadata: tuple[Metadata, ...] = ()
        self.hooks: NodeHooks | None = None
        if anomaly.state.enabled:
            anomaly.remember(self)

    def name(self) -> str:
        """The name of the operator's backward, e.g. `MulBackward0`."""
        return self.cpp_name or type(self).__name__

    @shown
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Where the gradients go: a (node, result number) for each differentiable argument, (None, 0) for a
        constant."""
        return tuple(zip(self.next_nodes, self.next_numbers, strict=True))

    @shown
    def metadata(self) -> dict[str, Any]:
        """A dictionary for the user's own notes, kept with the node."""
        return self.own_hooks().metadata

    @shown
    def _input_metadata(self) -> tuple[NodeInput, ...]:
        return tuple(NodeInput(shape, numpy_type) for shape, numpy_type in self.input_metadata)

    def _sequence_nr(self) -> int:
        return self.sequence_number

    @one_argument
    def _set_sequence_nr(self, sequence_number: int) -> None:
        if not isinstance(sequence_number, int):
            raise TypeError(binding_texts.INTEGER_REQUIRED)
        if sequence_number < 0:
            raise OverflowError(binding_texts.NEGATIVE_TO_UNSIGNED)
        self.sequence_number = sequence_number

    @shown
    def requires_grad(self) -> bool:
        return True

    def own_hooks(self) -> NodeHooks:
        if self.hooks is None:
            self.hooks = NodeHooks()
        return self.hooks

    @one_argument
    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after the node ran; a returned tuple replaces `grad_inputs`."""
        handle = RemovableHandle(self.own_hooks().post)
        self.own_hooks().post[handle.id] = fn
        return handle

    @one_argument
    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_outputs)` before the node runs; a returned tuple replaces them."""
        handle = RemovableHandle(self.own_hooks().pre)
        self.own_hooks().pre[handle.id] = fn
        return handle

    @one_argument
    def _register_hook_dict(self, tensor: Tensor) -> None:
        if not hasattr(tensor, "_array"):
            raise TypeError(binding_texts.HOOK_DICT_OF_NO_TENSOR)
        hooks = tensor._backward_hooks
        assert hooks is not None
        self.own_hooks().tensor_pre.append((hooks, tensor.output_nr))

    def apply(self, gradients: Gradients) -> Gradients:
        """From the gradients of the results to those of the arguments; may empty the list it is given."""
        raise TypeError(f"{type(self).__name__} cannot be applied")

    def release(self) -> None:
        """Free what was saved for backward."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(binding_texts.cannot_pickle(type(self).__name__))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


SHOWN = (
    "_input_metadata", "_register_hook_dict", "_sequence_nr", "_set_sequence_nr", "metadata", "name", "next_functions",
    "register_hook", "register_prehook", "requires_grad",
)  # fmt: skip


class CppNode(Node):
    """A node of an operator of PyTorch's own, in contrast to one of a custom Function; it can be called."""

    __slots__ = ()

    def __call__(self, *gradients: Tensor | None, **options: Any) -> Any:
        """Apply the node to gradients given by hand; hooks do not run (observed on PyTorch 2.13.0).

        Raises TypeError if their number is not that of the results.
        """
        if options:
            raise TypeError(binding_texts.KEYWORDS_UNSUPPORTED)
        if len(gradients) != len(self.input_metadata):
            raise TypeError(backward_texts.wrong_number_of_node_arguments(len(self.input_metadata), len(gradients)))
        for place, each in enumerate(gradients):
            if each is not None and not hasattr(each, "_array"):
                raise TypeError(binding_texts.argument_is_no_variable(place))
        results = self.apply(list(gradients))
        return results[0] if len(results) == 1 else tuple(results)

    def __dir__(self) -> list[str]:
        """What PyTorch's nodes have."""
        return [*dir(object), "__call__", *SHOWN]


HIDDEN = ("_scalar_type", "_options", "_geometry", "tensors_sym_sizes")
"""Facts that PyTorch's nodes keep and do not show as attributes."""


class OperatorNode(CppNode):
    """The node of a declared operator: it keeps what the gradient formulas of its row ask for, and calls them."""

    __slots__ = ("kept_replay", "saved")

    operator: ClassVar[Operator]
    kept_replay: Replay | None
    """The short road of a backward from here that keeps the graph; `None`: there is none."""

    def __init__(
        self,
        next_nodes: tuple[Node | None, ...],
        next_numbers: tuple[int, ...],
        saved: tuple[Any, ...],
    ) -> None:
        # Written out, not super().__init__: this runs once for every operator call.
        self.next_nodes = next_nodes
        self.next_numbers = next_numbers
        self.sequence_number = next_sequence_number()
        self.hooks = None
        self.saved = saved
        """For each slot of the row a saved tensor, a fact or an attribute."""
        if anomaly.state.enabled:
            anomaly.remember(self)

    def apply(self, gradients: Gradients, next_nodes: tuple[Node | None, ...] | None = None) -> Gradients:
        """The gradients of the inputs; `next_nodes` has `None` also where this backward has no use for one."""
        row = self.operator
        values = [unpack(each, self) for each in self.saved]
        results: Gradients = [None] * len(self.next_nodes)
        grad: Any
        if row.several_results:
            grad = tuple(gradients)
            if all(each is None for each in grad):
                return results
        else:
            grad = gradients[0]
            if grad is None:
                return results
        gradients.clear()
        if next_nodes is None:
            next_nodes = self.next_nodes
        for formula in row.formulas:
            if formula.several:
                if row.list_input:
                    self._apply_to_list(formula, grad, values, results)
                elif any(next_nodes[edge] is not None for edge in formula.edges):
                    found = formula.function(grad, *self._arguments(formula.arguments, values, next_nodes))
                    for edge, result in zip(formula.edges, found, strict=True):
                        results[edge] = result if next_nodes[edge] is not None else None
            else:
                edge = formula.edges[0]
                if next_nodes[edge] is not None:
                    results[edge] = formula.function(grad, *self._arguments(formula.arguments, values, next_nodes))
        return results

    def _arguments(self, places: tuple[int, ...], values: list[Any], next_nodes: tuple[Node | None, ...]) -> list[Any]:
        return [values[i] if i >= 0 else tuple(node is not None for node in next_nodes) for i in places]

    def _apply_to_list(self, formula: Any, grad: Any, values: list[Any], results: Gradients) -> None:
        found = formula.function(grad, *self._arguments(formula.arguments, values, self.next_nodes))
        # Of a list PyTorch computes all gradients where one is wanted; hooks see them.
        results[:] = found

    def release(self) -> None:
        if self.operator.saves_tensors:
            self.saved = freed(self.saved)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_"):
            row = type(self).operator
            slot = row.slot_of.get(name[7:])
            if slot is not None and not name.endswith(HIDDEN):
                value = unpack(self.saved[slot], self)
                return unsigned(value) if row.saved[slot].whole else value
        if name.startswith("_raw_saved_"):
            slot = type(self).operator.slot_of.get(name[11:])
            if slot is not None and type(self).operator.saved[slot].is_tensor:
                return self._raw_saved(slot)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _raw_saved(self, slot: int) -> SavedTensor | tuple[SavedTensor, ...]:
        """A saved slot as it is kept, not unpacked; of a list of tensors each, which is an error once freed."""
        saved = self.saved[slot]
        if self.operator.saved[slot].is_list:
            if saved is FREED:
                raise RuntimeError(saved_texts.BACKWARD_TWICE)
            return tuple(SavedTensor._in_list(saved.entries, i) for i in range(len(saved.entries)))
        return SavedTensor._of_slot(self, slot)

    def __dir__(self) -> list[str]:
        slots = [(name, self.operator.saved[slot]) for name, slot in self.operator.slot_of.items()]
        return [
            *super().__dir__(),
            *("_saved_" + name for name, _ in slots if not name.endswith(HIDDEN)),
            *("_raw_saved_" + name for name, slot in slots if slot.is_tensor),
        ]


class NotImplementedNode(CppNode):
    """What stands where an operator has no derivative: the forward passes, backward raises."""

    __slots__ = ("operator_name",)

    cpp_name = "torch::autograd::NotImplemented"

    def __init__(self, operator_name: str, next_nodes: tuple[Node | None, ...], next_numbers: tuple[int, ...]) -> None:
        super().__init__(next_nodes, next_numbers)
        self.sequence_number = FIRST
        self.operator_name = operator_name

    def apply(self, gradients: Gradients) -> Gradients:
        raise RuntimeError(backward_texts.derivative_not_implemented(self.operator_name))


NotImplementedNode.__name__ = NotImplementedNode.__qualname__ = "NotImplemented"
NotImplementedNode.__module__ = "builtins"
