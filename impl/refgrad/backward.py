"""The engine: walk the graph from the roots and hand every node the sum of its gradients.

It is iterative. First it counts for each reachable node how many edges lead to it; a node is ready when so many
gradients have arrived. Among ready nodes the one made last runs first, accumulation nodes before all others: PyTorch's
order, ties included (`ReadyQueue`). With `inputs` only nodes on a path to one of them run (`ExecInfo`).

Gradients that meet at a node are added, in place if nothing else can see the first one. After a node ran, every
gradient is checked against what its receiver expects: summed where the operator broadcast, cast where types differ.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import anomaly, dtypes, memory, nested, shapes
from refgrad import backward_texts as texts
from refgrad.accumulate import AccumulateGrad, run_leaf_hooks
from refgrad.hooks import run_hooks_before, run_node_posthooks, run_node_prehooks
from refgrad.inplace import CopySlices
from refgrad.levels import is_asked, levels
from refgrad.modes import is_grad_enabled, modes, set_grad
from refgrad.node import FIRST, CppNode, Gradients, Metadata, Node, NodeHooks, OperatorNode
from refgrad.once import warn_once
from refgrad.silence import silent

if TYPE_CHECKING:
    from refgrad.tensor import Tensor

Buffer = list["Tensor | None"]
Ready = tuple[int, Node, Buffer]
"""A ready node with its sequence number and its gradients."""


class ReadyQueue:
    """Ready nodes with their gradients: the highest sequence number comes out first.

    Accumulation nodes all share one number. Which of them comes first is up to the binary heap of C++'s standard
    library, so this is that heap, step by step, and not Python's. One or two of them, pushed last, come out of it as
    they went in, and leave it as it was: they wait beside it.
    """

    __slots__ = ("heap", "leaves")

    def __init__(self) -> None:
        self.heap: list[Ready] = []
        self.leaves: list[Ready] = []

    def push(self, node: Node, buffer: Buffer) -> None:
        number = node.sequence_number
        task = (number, node, buffer)
        heap, leaves = self.heap, self.leaves
        if number == FIRST and len(leaves) < 2 and not (heap and heap[0][0] == FIRST):
            leaves.append(task)
            return
        for each in (*leaves, task):
            heap.append(each)
            self._rise(len(heap) - 1, each)
        leaves.clear()

    def _rise(self, hole: int, task: Ready) -> None:
        heap, number = self.heap, task[0]
        while hole:
            parent = (hole - 1) >> 1
            above = heap[parent]
            if above[0] >= number:
                break
            heap[hole] = above
            hole = parent
        heap[hole] = task

    def pop(self) -> Ready:
        if self.leaves:
            return self.leaves.pop(0)
        heap = self.heap
        last = heap.pop()
        count = len(heap)
        if not count:
            return last
        first = heap[0]
        hole, child = 0, 2
        while child < count:
            larger, left = heap[child], heap[child - 1]
            if larger[0] < left[0]:
                child -= 1
                larger = left
            heap[hole] = larger
            hole = child
            child = 2 * hole + 2
        if child == count:
            heap[hole] = heap[child - 1]
            hole = child - 1
        self._rise(hole, last)
        return first


class ExecInfo:
    """With `inputs`: whether a node has to run, and which of its incoming gradients are wanted as results."""

    __slots__ = ("captures", "needed", "next_nodes")

    def __init__(self) -> None:
        self.needed = False
        self.captures: tuple[tuple[int, int], ...] = ()
        """(number of the gradient, place among the results)."""
        self.next_nodes: tuple[Node | None, ...] = ()
        """Of a node that has to run: its `next_nodes`, without those that this backward has no use for."""


class Plan:
    """What a backward has to run, kept with its root for the next one; it does not hold the root."""

    __slots__ = ("dependencies", "entry", "info", "wanted")

    def __init__(
        self, wanted: tuple[Any, ...], dependencies: dict[Node, int], info: dict[Node, ExecInfo] | None, root: Node
    ) -> None:
        self.wanted = wanted
        self.dependencies = dependencies
        self.entry = None if info is None else info[root]
        self.info = None if info is None else {node: entry for node, entry in info.items() if node is not root}


KEPT_UP_TO = 1000
"""The most nodes of a graph whose plan is kept: the time counts in small graphs, the memory in large ones."""


class Identity(Node):
    """Stands for an input that nothing can reach."""

    __slots__ = ()


class GraphRoot(Node):
    """Several roots at once: a node that hands out the gradients given by the caller."""

    __slots__ = ("given",)

    def __init__(self, nodes: tuple[Node, ...], numbers: tuple[int, ...], given: Gradients) -> None:
        super().__init__(nodes, numbers)
        self.given = given

    def apply(self, gradients: Gradients) -> Gradients:
        return list(self.given)


class Task:
    """One call of backward."""

    __slots__ = (
        "callbacks", "captured", "dependencies", "depth", "id", "info", "keep_graph", "node", "not_ready", "outer",
        "queue", "warnings",
    )  # fmt: skip

    def __init__(self, keep_graph: bool) -> None:
        self.id = next_task_id()
        self.keep_graph = keep_graph
        self.node: Node | None = None
        """The node that is running."""
        self.outer = outer = engine.task
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.callbacks: list[Callable[[], object]] = []
        """To be called when all nodes have run."""
        self.dependencies: dict[Node, int] = {}
        self.not_ready: dict[Node, Buffer] = {}
        self.info: dict[Node, ExecInfo] | None = None
        self.captured: Gradients = []
        self.queue = ReadyQueue()
        self.warnings: list[tuple[str, str]] = []
        """What to warn of once all nodes have run, and under which key."""


class Engine(threading.local):
    """What backward is doing in this thread; one call of it may run inside a node or hook of another."""

    task: Task | None = None

    def queue_callback(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the running backward is done.

        Raises RuntimeError outside of one.
        """
        if self.task is None:
            raise RuntimeError(texts.CALLBACK_OUTSIDE)
        self.task.callbacks.append(callback)

    def is_checkpoint_valid(self) -> bool:
        """Whether every running backward accumulates into all leaves, as reentrant checkpointing needs it."""
        task = self.task
        while task is not None:
            if task.info is not None:
                return False
            task = task.outer
        return True


engine = Engine()
next_task_id = count().__next__


def run_backward(
    roots: Sequence[tuple[Node, int]],
    gradients: Gradients,
    keep_graph: bool,
    create_graph: bool,
    accumulate: bool,
    outputs: Sequence[tuple[Node, int]],
) -> Gradients:
    """Run the graph backward from `roots`; the gradients of `outputs` if not `accumulate`, in their order.

    Raises RuntimeError for gradients that do not fit, and whatever nodes and hooks raise; what has been accumulated and
    freed until then stays so.
    """
    nodes = tuple([node for node, _ in roots])
    numbers = tuple([number for _, number in roots])
    gradients = validated(nodes, numbers, gradients, None)
    if memory.unusual.seen and any(each is not None and each._array.dtype.kind not in "fcV" for each in gradients):
        raise RuntimeError(texts.GRADIENT_OF_INTEGERS)
    task = Task(keep_graph)
    if len(roots) == 1:
        root: Node = nodes[0]
        buffer: Buffer = [None] * len(root.input_metadata)
        buffer[numbers[0]] = gradients[0]
    else:
        root = GraphRoot(nodes, numbers, gradients)
        buffer = []
    # `gradients` holds them to the end, as PyTorch's caller does: what was cast is copied too, and never taken over.
    plan(task, root, outputs, accumulate)
    task.queue.push(root, buffer)
    del buffer
    if task.depth and not task.depth % nested.LEVELS:
        nested.in_another_thread(lambda: perform(task, create_graph, accumulate), engine)
    else:
        perform(task, create_graph, accumulate)
    return task.captured


def perform(task: Task, create_graph: bool, accumulate: bool) -> None:
    """Run what was planned, then the callbacks that were asked for meanwhile."""
    before = is_grad_enabled()
    set_grad(create_graph)
    engine.task = task
    try:
        run_task(task)
        task.node = None
        for callback in task.callbacks:
            callback()
    except Exception:
        warn(task, accumulate and create_graph)
        if anomaly.state.enabled and task.node is not None:
            anomaly.report(task.node)
        raise
    else:
        warn(task, accumulate and create_graph)
    finally:
        set_grad(before)
        engine.task = task.outer


def warn(task: Task, cycle: bool) -> None:
    """PyTorch keeps warnings of its own until the pass is over; the first is that of a cycle that was made."""
    if cycle:
        warn_once(texts.CREATE_GRAPH_CYCLE, "create_graph")
    for text, key in task.warnings:
        warn_once(text, key)


def plan(task: Task, root: Node, outputs: Sequence[tuple[Node, int]], accumulate: bool) -> None:
    """Tell a task which nodes it has to run, and how many gradients each of them waits for."""
    if outputs and not accumulate:
        task.captured = [None] * len(outputs)
    wanted = (accumulate, *outputs)
    known: Plan | None = getattr(root, "kept_plan", None)
    if known is not None and known.wanted == wanted:
        task.dependencies = known.dependencies.copy()
        if known.info is not None and known.entry is not None:
            task.info = {root: known.entry, **known.info}
        return
    dependencies = task.dependencies
    count_dependencies(root, dependencies)
    if outputs:
        task.info = mark_needed(root, outputs, accumulate)
    if task.keep_graph and len(dependencies) <= KEPT_UP_TO and all(node in dependencies for node, _ in outputs):
        root.kept_plan = Plan(wanted, dependencies.copy(), task.info, root)


def count_dependencies(root: Node, dependencies: dict[Node, int]) -> None:
    """For each node reachable from `root` the number of edges that lead to it."""
    stack = [root]
    while stack:
        for node in stack.pop().next_nodes:
            if node is not None:
                if node in dependencies:
                    dependencies[node] += 1
                else:
                    dependencies[node] = 1
                    if node.next_nodes:
                        stack.append(node)


def mark_needed(root: Node, outputs: Sequence[tuple[Node, int]], accumulate: bool) -> dict[Node, ExecInfo]:
    """Mark every node from which a path leads to one of `outputs`."""
    info: dict[Node, ExecInfo] = {}
    for place, (node, number) in enumerate(outputs):
        entry = info.setdefault(node, ExecInfo())
        if accumulate:
            entry.needed = True
        else:
            entry.captures = (*entry.captures, (number, place))
    seen = {root}
    stack = [(root, iter(root.next_nodes))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if child is not None and child not in seen:
                seen.add(child)
                stack.append((child, iter(child.next_nodes)))
                break
        else:
            stack.pop()
            wanted = tuple([child if child in info else None for child in node.next_nodes])
            if any(child is not None for child in wanted):
                entry = info.setdefault(node, ExecInfo())
                entry.needed = True
            if node in info:
                info[node].next_nodes = node.next_nodes if wanted == node.next_nodes else wanted
    info.setdefault(root, ExecInfo())
    return info


def run_task(task: Task) -> None:
    """Run ready nodes until there are none."""
    queue, dependencies, not_ready, info = task.queue, task.dependencies, task.not_ready, task.info
    keep_graph, heap, leaves, watch = task.keep_graph, queue.heap, queue.leaves, anomaly.state
    ready: Node | None = None  # the only one that is: it does not pass through the queue
    arrived: Buffer | None = None
    while ready is not None or heap or leaves:
        if ready is None or arrived is None:
            _, node, gradients = queue.pop()
        else:
            node, gradients = ready, arrived
            ready = arrived = None
        task.node = node
        wanted = next_nodes = node.next_nodes
        if info is not None:
            entry = info[node]
            if (entry.captures or not entry.needed) and not needed(task, entry, node, gradients):
                continue
            wanted = entry.next_nodes
        if node.hooks is not None or wanted is not next_nodes:
            results = run_node(node, gradients, wanted)
        elif type(node) is AccumulateGrad:
            run_leaf_hooks(node, gradients)
            node.apply(gradients)
            continue
        else:
            results = validated(next_nodes, node.next_numbers, node.apply(gradients), node)
            late: NodeHooks | None = node.hooks  # that it registered while it ran
            if late is not None:
                results = run_node_posthooks(node, results, ())
        del gradients
        if not keep_graph:
            node.release()
        if watch.enabled:
            anomaly.check_nan(node, results)
        place = -1
        for child in wanted:
            place += 1
            if child is None:
                continue
            left = dependencies[child] - 1
            if left:
                dependencies[child] = left
            buffer = not_ready.get(child) if not_ready else None
            if buffer is None:
                count = len(child.input_metadata)
                if count == 1:
                    buffer = [results[place]]
                else:
                    buffer = [None] * count
                    buffer[node.next_numbers[place]] = results[place]
                results[place] = None
                if left:
                    not_ready[child] = buffer
            else:
                if results[place] is not None:
                    add_to(buffer, node.next_numbers[place], results, place)
                if not left:
                    del not_ready[child]
            if left:
                continue
            if ready is None and not heap and not leaves:
                ready, arrived = child, buffer
                continue
            if ready is not None and arrived is not None:
                queue.push(ready, arrived)
                ready = arrived = None
            queue.push(child, buffer)
        # The reference counts of gradients decide who may steal or change them: leave none behind.
        buffer = None
        del results


def needed(task: Task, entry: ExecInfo, node: Node, gradients: Buffer) -> bool:
    """Deliver the gradients wanted as results, and tell whether the node has to run.

    If it does not, its tensors' hooks run here; otherwise with the node, and what was delivered has not seen them.
    """
    if not entry.needed:
        run_tensor_prehooks(node, gradients)
    for number, place in entry.captures:
        task.captured[place] = gradients[number]
    return entry.needed


def run_tensor_prehooks(node: Node, gradients: Buffer) -> None:
    if type(node) is AccumulateGrad:
        run_leaf_hooks(node, gradients)
    else:
        run_hooks_before(node, gradients)


def run_node(node: Node, gradients: Buffer, wanted: tuple[Node | None, ...]) -> Gradients:
    """Run one node with its hooks, and check what it returns; operators compute only what is `wanted`."""
    if type(node) is AccumulateGrad:
        run_leaf_hooks(node, gradients)
    else:
        run_hooks_before(node, gradients)
    gradients = run_node_prehooks(node, gradients)
    # Hooks registered while the node runs come too late for the gradients.
    given = tuple(gradients) if node.hooks is not None and node.hooks.post else ()
    partly = wanted is not node.next_nodes
    if partly and isinstance(node, OperatorNode | CopySlices):
        found = node.apply(gradients, wanted)
    else:
        found = node.apply(gradients)
    results = validated(node.next_nodes, node.next_numbers, found, node)
    if node.hooks is None:
        return results
    listed = isinstance(node, OperatorNode) and node.operator.list_input and any(child is not None for child in wanted)
    if partly and isinstance(node, CppNode) and not listed:
        # PyTorch's own nodes compute no gradients for edges that a backward with `inputs` leaves out, and hooks see
        # that. Of a list of tensors all gradients are computed where one is wanted.
        results = [None if child is None else each for child, each in zip(wanted, results, strict=True)]
    return run_node_posthooks(node, results, given)


def add_to(buffer: Buffer, number: int, results: Gradients, place: int) -> None:
    """Add a result to what has already arrived, in place if nothing else holds that."""
    new = results[place]
    assert new is not None
    results[place] = None
    old = buffer[number]
    if old is None:
        buffer[number] = new
    elif modes.grad or sys.getrefcount(old) > 3:
        buffer[number] = added(old, new)
    elif levels.active:
        if levels.stack or levels.dispatch or is_asked(old) or is_asked(new) or not memory.is_unshared(old._array):
            buffer[number] = added(old, new)
        else:
            in_place: Any = old
            in_place.add_(new)  # the tangents too
    else:
        own, other = old._array, new._array
        if own.dtype is other.dtype and not own.ndim and own.base is None and sys.getrefcount(own) <= 3:
            # Nobody can tell whether a number is written or replaced, and new memory is faster.
            old._array = asarray(own.item() + other.item() if own.dtype is DOUBLE else add(own, other))
            old.bump_version()
            return
        del own
        if memory.is_unshared(old._array):
            add(old._array, other, old._array)
            old.bump_version()
        else:
            buffer[number] = added(old, new)


def added(old: Tensor, new: Tensor) -> Tensor:
    """The sum of two gradients as a tensor of its own."""
    total: Tensor = old + new  # type: ignore[operator]  # attached from the table
    for one, other in ((old, new), (new, old)):
        if memory.is_unallocated(one._array) and not memory.is_unallocated(other._array):
            np.copyto(total._array, other._array)  # nothing is added: a negative zero stays one
    return total


add = silent(np.add)
asarray = np.asarray
DOUBLE = np.dtype(np.float64)


def validated(
    nodes: Sequence[Node | None], numbers: Sequence[int], gradients: Gradients, node: Node | None
) -> Gradients:
    """The gradients in the shape and type that their receivers expect.

    Raises RuntimeError if their number or a shape does not fit.
    """
    if len(gradients) != len(nodes):
        name = "" if node is None else node.name()
        raise RuntimeError(texts.wrong_number_of_gradients(name, len(nodes), len(gradients)))
    place = -1
    for grad in gradients:
        place += 1
        if grad is not None:
            receiver = nodes[place]
            if receiver is not None:
                expected = receiver.input_metadata[numbers[place]]
                array, kind = grad._array, expected[1]
                if array.shape != expected[0] or (array.dtype is not kind and kind is not None and array.dtype != kind):
                    gradients[place] = None
                    gradients[place] = fitted(grad, expected, node, place)
    return gradients


def fitted(grad: Any, expected: Metadata, node: Node | None, place: int) -> Tensor:
    """`grad` summed to the expected shape and cast to the expected type."""
    shape, numpy_type = expected
    if grad._array.shape != shape:
        if not shapes.expandable(shape, grad._array.shape):
            problem = texts.gradient_shape(grad._array.shape, shape)
            raise RuntimeError(texts.invalid_gradient(None if node is None else node.name(), place, problem))
        from refgrad.operators.examples import sum_to

        grad = sum_to(grad, shape)
    if numpy_type is not None and grad._array.dtype != numpy_type:
        if grad._array.dtype.kind not in "fV" and (grad._array.dtype.kind == "c") != (numpy_type.kind == "c"):
            raise RuntimeError(texts.COMPLEX_GRADIENT)
        grad = grad.to(dtypes.FROM_NUMPY[numpy_type])
        if numpy_type.kind not in "fcV":
            raise RuntimeError(texts.GRADIENT_OF_INTEGERS)
    result: Tensor = grad
    return result
