"""The short road of `grad`, for backwards that are asked for again and again, as the rows of a Jacobian are.

`grad(y, x, row, retain_graph=True)` runs the same nodes every time. What they do is written down once, as a `Replay`:
which kernels (see operators/short.py) make which gradient out of which. Replaying calls them on arrays, one after the
other, and makes only those tensors that are returned. With `is_grads_batched` all rows are replayed at once.

A replay has no effects until it is through. Whenever something is not as it has to be (a hook, a saved tensor that was
freed or modified, a mode, another kind of gradient) it gives up, and `run_backward` does everything from the start: all
errors come from there. What nodes have saved is looked up each time, so that it is not kept alive here.

There is one of a small graph if every node that has to run has kernels and is sent one gradient: nothing is added up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import anomaly
from refgrad.accumulate import AccumulateGrad
from refgrad.backward import next_task_id
from refgrad.levels import levels
from refgrad.memory import laid_out, unusual
from refgrad.modes import modes
from refgrad.node import OperatorNode
from refgrad.operators.declare import KEEP, passed_on
from refgrad.operators.short import SAVED_FIRST
from refgrad.saved import SavedInput, SavedOutput
from refgrad.silence import run_in_silence
from refgrad.tensor import Tensor
from refgrad.views import mark_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from refgrad.dtypes import Array, NumpyType
    from refgrad.node import Node

    Edge = tuple[Node, int]
    Shape = tuple[int, ...]

MOST_ELEMENTS = 16384
"""Of a gradient: with more of them it is arithmetic and memory that count, and not calls."""

MOST_NODES = 200
"""Of a graph that is looked through."""

KINDS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))

Step = tuple[
    "Callable[..., Any]", int, "tuple[Shape, Shape] | None", "OperatorNode | None", int, tuple[int, ...],
    tuple[Any, ...], "Shape", int,
]  # fmt: skip
"""A kernel; the number of the gradient that it is given and, if it is given that under another shape, the steps in
memory that it must have, and the shape; the node (`None`: the root), the slot of the saved tensor that it asks for (-1:
none) and those of the node's others; what else it asks for; the shape that comes out; whether its layout is to be
chosen, by the gradient first (1) or by what was saved (-1), or not (0)."""


class Unsuitable(Exception):
    """What the nodes do cannot be replayed."""


class Sent:
    """What is sent to a node: a gradient, by its number; if it is `viewed`, a view of that, under this shape."""

    __slots__ = ("number", "shape", "viewed")

    def __init__(self, number: int, shape: Shape, viewed: bool = False) -> None:
        self.number = number
        self.shape = shape
        self.viewed = viewed


class Replay:
    """What the nodes do, in steps: gradient 0 is given, and each step makes the next. The root is not held."""

    __slots__ = (
        "batched",
        "edges",
        "kind",
        "leaves",
        "nodes",
        "running",
        "shapes",
        "sources",
        "steps",
        "viewing",
        "ways",
    )

    def __init__(self, root: Node, edges: list[Edge], shape: Shape, batched: bool) -> None:
        """`shape` is that of the gradient given. Raises Unsuitable."""
        own, kind = gradient_of(root)
        if kind is None or kind not in KINDS or shape[batched:] != own:
            raise Unsuitable
        self.kind: NumpyType = kind
        self.batched = batched
        self.edges = edges
        self.nodes: list[Node] = []
        """All that have to run or are sent a wanted gradient, but the root."""
        self.running: list[Node] = []
        self.leaves: list[Tensor] = []
        """Those of which a gradient is wanted."""
        self.steps: list[Step] = []
        self.shapes = [shape]
        """Of the gradients, by number."""
        self.sources = [0]
        """Which gradient each was made of, by number."""
        self.viewing = [False]
        """Whether each is a view of that, by number."""
        wanted = {node for node, _ in edges}
        sent = {root: Sent(0, shape)}
        for node, edge, child in links(root, wanted):
            expected, kind = gradient_of(child)
            if kind is not self.kind or not isinstance(node, OperatorNode):
                raise Unsuitable
            owner = None if node is root else node
            sent[child] = self.write_down(owner, node, edge, sent[node], (*shape[:batched], *expected), batched)
            if child in wanted:
                self.show(sent[child])
            self.nodes.append(child)
            if owner is not None:
                self.running.append(owner)
            if isinstance(child, AccumulateGrad):
                self.leaves.append(child.variable)
        self.ways = [self.way(sent[node].number) for node, _ in edges]

    def write_down(
        self, owner: OperatorNode | None, node: OperatorNode, edge: int, sent: Sent, shape: Shape, batched: bool
    ) -> Sent:
        """Write down how `node` makes the gradient of an edge out of what it is sent. Raises Unsuitable."""
        row = node.operator
        if not row.kernels or not 0 < math.prod(shape) <= MOST_ELEMENTS:
            raise Unsuitable
        kernel = row.kernels[edge]
        if kernel.function is passed_on and shape == sent.shape and not row.saves_tensors:
            return sent
        facts = tuple([node.saved[slot] for slot in kernel.facts])
        if kernel.reshaping and shape != sent.shape:
            tried = kernel.function(np.empty(sent.shape[batched:], self.kind), *facts)
            if tried is None or tried.shape != shape[batched:]:
                raise Unsuitable
            return Sent(sent.number, shape, viewed=True)
        function = kernel.batched if batched else kernel.function
        if function is None:
            raise Unsuitable
        if kernel.slot < 0:  # it may give back what it is given, so that has to be there
            self.show(sent)
        tensors = [slot for slot, each in enumerate(node.saved) if row.saved[slot].is_tensor and each is not None]
        others = tuple([slot for slot in tensors if slot != kernel.slot])
        if others and kernel.slot < 0:
            raise Unsuitable
        laying = 0 if row.rule is KEEP or len(shape) < 2 else -1 if row.name in SAVED_FIRST else 1
        self.steps.append((function, sent.number, self.under(sent), owner, kernel.slot, others, facts, shape, laying))
        return self.made_of(sent.number, shape, kernel.viewing)

    def show(self, sent: Sent) -> None:
        """Have a step make the view that is sent, if it is one, so that it has a number."""
        if sent.viewed:
            self.steps.append((passed_on, sent.number, self.under(sent), None, -1, (), (), sent.shape, 0))
            sent.number = self.made_of(sent.number, sent.shape, viewing=True).number
            sent.viewed = False

    def under(self, sent: Sent) -> tuple[Shape, Shape] | None:
        if not sent.viewed:
            return None
        in_order = np.empty(self.shapes[sent.number], self.kind)
        return in_order.strides, sent.shape

    def made_of(self, source: int, shape: Shape, viewing: bool) -> Sent:
        self.shapes.append(shape)
        self.sources.append(source)
        self.viewing.append(viewing)
        return Sent(len(self.steps), shape)

    def gradients(self, root: Any, given: Array) -> list[Array] | None:
        """All gradients, from the first; `None` to give up. Raises Unsuitable where another shape comes out."""
        if root.hooks is not None:
            return None
        for node in self.nodes:
            if node.hooks is not None:
                return None
        for leaf in self.leaves:
            if leaf._extra is not None and leaf._extra.hooks:
                return None
        kind, made = self.kind, [given]
        for kernel, source, under, owner, slot, others, facts, shape, laying in self.steps:
            grad = made[source]
            if under is not None:
                if grad.strides != under[0]:
                    return None
                grad = grad.reshape(under[1])
            if slot < 0:
                array = kernel(grad, *facts)
            else:
                saved = saved_array((owner or root).saved[slot], kind)
                if saved is None:
                    return None
                array = kernel(grad, saved, *facts)
                for other in others:
                    if saved_array((owner or root).saved[other], kind) is None:
                        return None
            if type(array) is not np.ndarray:
                array = np.asarray(array)
            elif laying and array is not grad:
                beside = [] if slot < 0 else [self.beside(saved, array)]
                array = laid_out(array, [grad, *beside][::laying])
            if array.shape != shape or array.dtype is not kind:
                raise Unsuitable
            made.append(array)
        return made

    def beside(self, saved: Any, array: Array) -> Array:
        """A saved array as it is laid out beside a batch of gradients."""
        return saved.reshape(1, *saved.shape) if self.batched and saved.ndim == array.ndim - 1 else saved  # type: ignore[no-any-return]

    def way(self, number: int) -> tuple[int, ...]:
        """The gradients, by number, that lead to a wanted one from one that is neither a view nor passed on."""
        numbers = [number]
        while number and (self.viewing[number] or self.steps[number - 1][4] < 0):
            number = self.sources[number]
            numbers.append(number)
        return tuple(reversed(numbers))

    def tensors(self, given: Tensor, made: list[Array]) -> tuple[Tensor, ...]:
        """The gradients that are wanted, as tensors; a view as one of a tensor."""
        known, found = {0: given}, []
        for way in self.ways:
            tensor = given
            for number in way:
                before, array = tensor, made[number]
                if number in known:
                    tensor = known[number]
                elif array is not before._array:
                    tensor = known[number] = Tensor._of(array)
                    if self.viewing[number]:
                        mark_view(tensor, before, None)
            found.append(tensor)
        return tuple(found)


def gradient_of(node: Node) -> tuple[Shape, NumpyType | None]:
    """Shape and type of the one gradient that is sent to `node`. Raises Unsuitable."""
    if len(node.input_metadata) != 1:
        raise Unsuitable
    return node.input_metadata[0]


def links(root: Node, wanted: set[Node]) -> list[tuple[Node, int, Node]]:
    """The edges on the ways from `root` to what is wanted: a node, the number of its edge, and where it leads.

    A node comes before those that it leads to. Raises Unsuitable where ways meet.
    """
    nodes, seen, found = [root], {root}, []
    for node in nodes:
        for edge, child in enumerate(node.next_nodes):
            if child is not None and child not in seen:
                seen.add(child)
                nodes.append(child)
                found.append((node, edge, child))
            elif child is not None and (child.next_nodes or child in wanted):
                raise Unsuitable
        if len(nodes) > MOST_NODES:
            raise Unsuitable
    if root in wanted or not wanted <= seen:
        raise Unsuitable
    needed, on_the_way = set(wanted), []
    for link in reversed(found):
        if link[2] in needed:
            needed.add(link[0])
            on_the_way.append(link)
    return on_the_way[::-1]


def saved_array(saved: Any, kind: NumpyType) -> Array | None:
    """What was saved, if it is still good and of this type."""
    if type(saved) is SavedInput:
        tensor = saved.tensor
        if tensor._node is None and not saved.leaf:
            return None
    elif type(saved) is SavedOutput:
        tensor = saved.alias
    else:
        return None
    versions, array = tensor._versions, tensor._array
    if (0 if versions is None else versions.value) != saved.version:
        return None
    if array.dtype is kind:
        return array
    return array.astype(kind) if array.dtype.kind in "fi" and tensor._is_number() else None


def replayed(output: Any, inputs: Any, given: Any, *, keep_graph: bool, batched: bool) -> tuple[Tensor, ...] | None:
    """The gradients of `inputs`, by the short road; `None` if there is none."""
    if type(output) is not Tensor or type(given) is not Tensor or output._view is not None:
        return None
    root = output._node
    if not isinstance(root, OperatorNode) or not root.operator.kernels:
        return None
    if levels.active or anomaly.state.enabled or unusual.seen:
        return None
    array, own = given._array, output._array
    if array.shape[batched:] != own.shape or array.dtype is not own.dtype:
        return None
    if batched and (given.requires_grad or not array.ndim or not len(array)):
        return None
    edges = known_edges(inputs)
    known: Replay | bool | None = getattr(root, "kept_replay", False)
    if edges is None or known is None:
        return None
    try:
        if isinstance(known, Replay) and known.shapes[0] == array.shape and known.edges == edges:
            replay = known
        else:
            replay = Replay(root, edges, array.shape, batched)
            if keep_graph:
                root.kept_replay = replay
        if array.dtype is not replay.kind:
            return None
        made = run_in_silence(replay.gradients, root, array)
    except Unsuitable:
        if keep_graph:
            root.kept_replay = None
        return None
    except Exception:  # whatever it is: it will be raised again, from where it belongs
        return None
    if made is None:
        return None
    next_task_id()
    before, modes.grad = modes.grad, False
    try:
        found = replay.tensors(given, made)
    finally:
        modes.grad = before
    if not keep_graph:
        for node in (root, *replay.running):
            node.release()
    return found


def known_edges(inputs: Any) -> list[Edge] | None:
    """The edges of tensors that are no views, without making any; `None` if there is something else among them."""
    edges = []
    for each in inputs if type(inputs) in (tuple, list) else (inputs,):
        if not isinstance(each, Tensor) or each._view is not None:
            return None
        node = each._node
        if node is None and each._accumulator is not None and each._requires_grad:
            node = each._accumulator()
        if node is None:
            return None
        edges.append((node, each._output_nr))
    return edges or None
