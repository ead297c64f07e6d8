"""`torch._foreach_...`: an operator on every tensor of a list, recorded as one node with a result for each.

The node keeps what each element's own operator would have recorded, and hands its gradients on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from refgrad import dtypes, saved_texts
from refgrad.inplace import check_inplace
from refgrad.modes import modes, quietly
from refgrad.node import CppNode, Gradients, Node, NotImplementedNode, OperatorNode
from refgrad.operators import list_texts as texts
from refgrad.operators.complex_refused import NO_CLAMP
from refgrad.operators.names import FUNCTIONS, METHODS
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.attaching import public
from refgrad.tensor import Tensor

SCALAR, SCALARS, SHARED, LISTS, NUMBER_FIRST, PACKED = "scalar", "scalars", "shared", "lists", "number first", "packed"

UNARY = (
    "abs acos asin atan ceil clone cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 max neg norm"
    " powsum reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc zero"
).split()
ONLY_ANEW = ("clone", "max", "norm", "powsum")
ONLY_IN_PLACE = ("zero",)
SPELLED = {"log1p": "Log1P", "clamp_max": "ClampMax", "clamp_min": "ClampMin", "mm": "Mm"}

ENDINGS = {
    "add": {SCALAR: "1Scalar", SCALARS: "1ScalarList", SHARED: "0Tensor", LISTS: "0List"},
    "sub": {SCALAR: "1Scalar", SCALARS: "1ScalarList", LISTS: "0List"},
    "mul": {SCALAR: "1Scalar", SCALARS: "1ScalarList", SHARED: "0Tensor", LISTS: "0List"},
    "div": {SCALAR: "1Scalar", SCALARS: "1ScalarList", SHARED: "0Tensor", LISTS: "0"},
    "clamp_max": {SCALAR: "0Scalar", SCALARS: "0ScalarList", LISTS: "1List"},
    "clamp_min": {SCALAR: "0Scalar", SCALARS: "0ScalarList", LISTS: "1List"},
    "maximum": {SCALAR: "0", SCALARS: "1", LISTS: "0List"},
    "minimum": {SCALAR: "0", SCALARS: "1", LISTS: "0List"},
    "pow": {SCALAR: "0Scalar", SCALARS: "1", LISTS: "0", NUMBER_FIRST: "2"},
    "lerp": {SCALAR: "0Scalar", SCALARS: "0ScalarList", LISTS: "1List"},
    "addcmul": {SCALAR: "0Scalar", SCALARS: "0ScalarList"},
    "addcdiv": {SCALAR: "0Scalar", SCALARS: "0ScalarList"},
    "mm": {LISTS: "0"},
}
"""How the names of nodes end, by what the last argument is; where none stands, PyTorch has no derivative."""

RENAMED_IN_PLACE = {"add": "AddBackward1", "sub": "SubBackward1", "mul": "MulBackward1", "div": "DivBackward1"}
"""The nodes of elements that are written with numbers."""


class ListNode(CppNode):
    """The node of an operator on a list: for each result it has the node of that element alone."""

    __slots__ = ("elements", "places", "released")

    def __init__(
        self,
        nodes: tuple[Node | None, ...],
        numbers: tuple[int, ...],
        elements: list[OperatorNode | None],
        places: list[list[int]],
    ) -> None:
        super().__init__(nodes, numbers)
        self.elements = elements
        self.places = places
        """Which edges the gradients of an element go along, in their order there."""
        self.released = False

    def apply(self, gradients: Gradients) -> Gradients:
        if self.released:
            raise RuntimeError(saved_texts.BACKWARD_TWICE)
        results: Gradients = [None] * len(self.next_nodes)
        shared = [place for place in {*self.places[0]} if all(place in each for each in self.places[1:])]
        if len(self.places) > 1 and any(self.next_nodes[place] is not None for place in shared):
            raise RuntimeError(texts.SEVERAL_SHARED)
        for gradient, element, places in zip(gradients, self.elements, self.places, strict=True):
            if gradient is not None and element is not None:
                for place, result in zip(places, element.apply([gradient]), strict=False):
                    results[place] = result
        return results

    def release(self) -> None:
        for each in self.elements:
            if each is not None:
                each.release()
                self.released = self.released or each.operator.saves_tensors


@functools.cache
def node_named(name: str, *, shown: bool = False) -> type[ListNode]:
    """The class of the nodes of this name; PyTorch has classes of their own only for some (`shown`)."""
    kind = name if shown else "CppFunction"
    return type(kind, (ListNode,), {"__slots__": (), "__module__": "builtins", "cpp_name": name})


def record(name: str, results: Sequence[Tensor], arguments: Sequence[Sequence[Any]], shared: Tensor | None) -> None:
    """Hang results that are each recorded alone on one node for all of them."""
    nodes, numbers = node_edges([each for given in arguments for each in given] + ([] if shared is None else [shared]))
    count = len(results)
    last = [] if shared is None else [len(arguments) * count]
    places = [[*(i + count * number for number in range(len(arguments))), *last] for i in range(count)]
    elements = [each._node if isinstance(each._node, OperatorNode) else None for each in results]
    node = node_named(name)(nodes, numbers, elements, places)
    node.input_metadata = tuple((each._array.shape, each._array.dtype) for each in results)
    for number, each in enumerate(results):
        each._node, each._output_nr = node, number


def node_edges(tensors: Sequence[Tensor]) -> tuple[tuple[Node | None, ...], tuple[int, ...]]:
    """Where the gradients of tensors go."""
    nodes = tuple([each.edge() for each in tensors])
    return nodes, tuple([0 if node is None else each._output_nr for node, each in zip(nodes, tensors, strict=True)])


def recorded(arguments: Sequence[Any]) -> bool:
    return modes.grad and any(each.requires_grad for given in arguments for each in given)


def checked(first: Sequence[Any], *others: Sequence[Any]) -> None:
    """Raise RuntimeError for lists of several lengths, or without tensors."""
    for each in others:
        if len(each) != len(first):
            raise RuntimeError(texts.other_length(len(first), len(each)))
    if not first:
        raise RuntimeError(texts.EMPTY)


def checked_lists(name: str, self: Any, lists: Sequence[Any], last: Any, options: dict[str, Any]) -> str:
    """What the last argument is. Raises RuntimeError for lists, and for a last argument, that do not fit each other.

    A tensor is looked at before the lists are, numbers after them.
    """
    if name == "mm":
        if not self:
            raise RuntimeError(texts.MM_EMPTY)
        if len(self) != len(last):
            raise RuntimeError(texts.MM_LENGTHS)
        return LISTS
    if name == "copy":
        if not self or not last:
            raise RuntimeError(texts.EMPTY)
        checked(self, last)
        return LISTS
    if isinstance(last, Tensor):
        kind = kind_of(name, last, self, options)
        checked(self, *lists)
        return kind
    several = isinstance(last, (list, tuple)) and ("alpha" in options or any(isinstance(each, Tensor) for each in last))
    checked(self, *lists, *([last] if several else []))
    return kind_of(name, last, self, options)


def kind_of(name: str, last: Any, given: Any, options: dict[str, Any]) -> str:
    """What the last argument is. Raises RuntimeError for a tensor of another number of elements than wanted."""
    if isinstance(last, Tensor):
        if name in ("addcmul", "addcdiv"):
            if last.dim() != 1:
                raise RuntimeError(texts.packed_dimensions(last.dim()))
            if last.numel() != len(given):
                raise RuntimeError(texts.other_number_packed(len(given), last.numel()))
            return PACKED
        if last.dim() == 0 and name in ("add", "sub") and not last.requires_grad and "alpha" not in options:
            return SCALAR
        if SHARED not in ENDINGS[name]:
            return SCALAR
        if last.dim():
            raise RuntimeError(texts.no_single_number(last.dim(), last.numel()))
        return SHARED
    if not isinstance(last, (list, tuple)):
        return SCALAR
    if name in ("addcmul", "addcdiv") or (last and not isinstance(last[0], Tensor)) or not last:
        if len(last) != len(given):
            raise RuntimeError(texts.OTHER_NUMBER_OF_SCALARS)
        return SCALARS
    return LISTS


BY_NAME = (
    "tensor1", "tensor2", "tensors1", "mat2", "src", "other", "scalar", "scalars", "value", "weight", "weights",
    "exponent",
)  # fmt: skip
"""Arguments that may be given by name, in their order."""


def by_place(name: str, given: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after the first as they stand in PyTorch's signatures, and what can be given by name alone."""
    named = tuple([options[each] for each in BY_NAME if each in options])
    default = (1,) if name in ("addcmul", "addcdiv") and len(given) + len(named) == 2 else ()
    return (*given, *named, *default), {each: value for each, value in options.items() if each not in BY_NAME}


def of_one(name: str) -> Callable[..., Any]:
    """The function of `name` that takes a list alone, but for what each element's operator takes besides."""
    backward = f"Foreach{SPELLED.get(name, name.capitalize())}Backward{'1' if name == 'max' else '0'}"

    def run(self: Any, *others: Any, **options: Any) -> tuple[Tensor, ...]:
        checked(self)
        options = dict(zip(("ord", "dtype"), others, strict=False)) | options
        results = tuple(
            [OF_POWERS[name](each, **options) if name in OF_POWERS else FUNCTIONS[name](each) for each in self]
        )
        if recorded((self,)):
            if name == "powsum":
                not_recorded("aten::_foreach_powsum", results, (self,))
            else:
                record(backward, results, (self,), None)
        return results

    return run


def each_norm(tensor: Tensor, ord: Any = 2, dtype: Any = None) -> Tensor:
    if type(ord) in (bool, complex):
        raise RuntimeError(texts.NORM_ORDER)
    made: Tensor = FUNCTIONS["linalg_vector_norm"](tensor, ord, dtype=dtype)
    return made


def sum_of_powers(tensor: Tensor, ord: Any = 2, dtype: Any = None) -> Tensor:
    if isinstance(ord, complex):
        ord = dtypes.element(ord, dtypes.float64)
    if (dtype or tensor.dtype).category < dtypes.FLOATING:
        raise NotImplementedError(not_implemented_for("powsum_cpu", "Long"))
    made: Tensor = FUNCTIONS["sum"](FUNCTIONS["abs"](tensor) ** ord, dtype=dtype)
    return made


OF_POWERS = {"norm": each_norm, "powsum": sum_of_powers}


def of_several(name: str) -> Callable[..., Any]:
    """The function of `name` whose last argument is a number, numbers, a tensor or a list of these."""
    ending = ENDINGS[name]
    backward = "Foreach" + SPELLED.get(name, name.capitalize()) + "Backward"

    def run(self: Any, *others: Any, **options: Any) -> tuple[Tensor, ...]:
        others, options = by_place(name, others, options)
        if not isinstance(self, (list, tuple)):
            checked(others[0])
            results = tuple([FUNCTIONS[name](self, each) for each in others[0]])
            if recorded(others):
                record(backward + ending[NUMBER_FIRST], results, others, None)
            return results
        lists, last = others[:-1], others[-1]
        kind = checked_lists(name, self, lists, last, options)
        results = tuple(
            [
                of_element(name, [each[i] for each in (self, *lists)], last_of(last, kind, i), options)
                for i in range(len(self))
            ]
        )
        arguments = [self, *lists, *([last] if kind == LISTS else [])]
        shared = [last] if kind == SHARED else []
        if recorded([*arguments, shared]):
            if kind in ending:
                record(backward + ending[kind], results, arguments, shared[0] if shared else None)
            else:
                not_recorded("aten::_foreach_" + name, results, [*arguments, [last]])
        return results

    return run


def in_place(name: str) -> Callable[..., Any]:
    """The function that writes the results into the tensors of the first list."""

    def run(self: Any, *others: Any, **options: Any) -> Any:
        others, options = by_place(name, others[:1] if name == "copy" else others, options)
        lists, last = others[:-1], others[-1] if others else None
        kind = checked_lists(name, self, lists, last, options) if others else SCALAR
        if not others:
            checked(self)
        arguments = [self, *lists, *([last] if kind == LISTS else [])]
        recording = recorded([*arguments, [last] if kind == SHARED else []])
        read = [each for given in arguments[1:] for each in given] + ([last] if kind == PACKED else [])
        for each in self:
            check_inplace(each, recording)
        for i in range(len(self)):
            tensors = [given[i] for given in (self, *lists)]
            edges = node_edges([self[i], *read])
            write_element(name, tensors, last_of(last, kind, i), kind, options, edges)
        return self

    return run


def write_element(
    name: str, tensors: list[Any], last: Any, kind: str, options: dict[str, Any], edges: tuple[Any, Any]
) -> None:
    """Write one element; `edges` lead to it and to all that is read, which is what a node that raises points at."""
    target = tensors[0]
    if name == "copy":
        recording = recorded(([target, last],))
        with quietly(False):
            target.copy_(last)
        if recording:
            hang(target, NotImplementedNode("_foreach_copy_", *edges))
    elif name in ("maximum", "minimum"):
        write_extreme(name, target, last, kind)
    elif name in UNARY:
        METHODS[name + "_"](target)
    elif name in ("addcmul", "addcdiv"):
        METHODS[name + "_"](*tensors, value=number(last))
        if kind == PACKED and target._node is not None:
            hang(target, NotImplementedNode(f"_foreach_{name}_", *edges))
    else:
        METHODS[name + "_"](*tensors, last, **options)
        element = target._node
        if kind in (SCALAR, SCALARS) and name in RENAMED_IN_PLACE and isinstance(element, OperatorNode):
            made = node_named(RENAMED_IN_PLACE[name], shown=True)
            hang(target, made(element.next_nodes[:1], element.next_numbers[:1], [element], [[0]]))


def write_extreme(name: str, target: Any, last: Any, kind: str) -> None:
    """The larger or the smaller, which PyTorch derives for lists alone."""
    edge = (target.edge(), target._output_nr)
    recording = recorded(([target, *([last] if kind == LISTS else [])],))
    before = target.detach().clone().requires_grad_(target.requires_grad)
    made = of_element(name, [before], last, {})
    with quietly(False):
        target.copy_(made)
    if recording and kind == LISTS:
        node = made._node
        node.next_nodes, node.next_numbers = (edge[0], *node.next_nodes[1:]), (edge[1], *node.next_numbers[1:])
        hang(target, node)
    elif recording:
        hang(target, NotImplementedNode(f"_foreach_{name}_", (edge[0],), (edge[1],)))


def hang(target: Tensor, node: Node) -> None:
    """Make a node the history of a tensor that was written."""
    node.input_metadata = ((target._array.shape, target._array.dtype),)
    target._node, target._output_nr = node, 0


def number(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def last_of(last: Any, kind: str, place: int) -> Any:
    return last[place] if kind in (SCALARS, LISTS, PACKED) else last


def of_element(name: str, tensors: list[Any], last: Any, options: dict[str, Any]) -> Any:
    """The operator on one element of each list."""
    if name in ("addcmul", "addcdiv"):
        return FUNCTIONS[name](*tensors, value=number(last))
    if name in ("maximum", "minimum") and not isinstance(last, Tensor):
        if isinstance(last, complex) or tensors[0].is_complex():
            raise NotImplementedError(NO_CLAMP)
        last = tensors[0].new_full((), last)
    return FUNCTIONS[name](*tensors, last, **options)


def not_recorded(name: str, results: Sequence[Tensor], arguments: Sequence[Sequence[Any]]) -> None:
    """Hang results on a node that raises in backward."""
    node = NotImplementedNode(name, *node_edges([each for given in arguments for each in given]))
    node.input_metadata = tuple((each._array.shape, each._array.dtype) for each in results)
    for number, each in enumerate(results):
        each._node, each._output_nr = node, number


def attach() -> None:
    """Publish the functions."""
    for name in UNARY:
        if name not in ONLY_IN_PLACE:
            publish(f"_foreach_{name}", of_one(name))
        if name not in ONLY_ANEW:
            publish(f"_foreach_{name}_", in_place(name))
    for name in ENDINGS:
        publish(f"_foreach_{name}", of_several(name))
        if name != "mm":
            publish(f"_foreach_{name}_", in_place(name))
    publish("_foreach_copy_", in_place("copy"))


def publish(name: str, made: Callable[..., Any]) -> None:
    made.__name__ = made.__qualname__ = name
    FUNCTIONS[name] = public(made, name)
