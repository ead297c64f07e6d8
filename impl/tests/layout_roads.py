"""What `layout_sweep.py` does with a call on tensors of one layout, on one engine: a road gives a list of facts."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sweep import compiled_with, tensor_of

Variant = str


class Fact(NamedTuple):
    name: str
    told: Any
    """What must be equal."""
    numbers: Any = None
    """The elements of a tensor, which may differ by rounding."""


class Road(NamedTuple):
    follow: Callable[[Any, Variant, str, str, tuple[str, ...]], list[Fact]]
    variants: tuple[Variant, ...]


class Given(NamedTuple):
    """The leaves of a case, what a layout makes of each, and the call on these."""

    leaves: list[Any]
    inputs: list[Any]
    call: Callable[..., Any]


def given(engine: Any, layout: str, expression: str, kinds: tuple[str, ...], requires_grad: bool = True) -> Given:
    leaves = [tensor_of(engine, kind) for kind in kinds]
    if not requires_grad:
        leaves = [each.detach() for each in leaves]
    laid = compiled_with("x, T", layout)
    letters = ", ".join("abcd"[: len(kinds)])
    case = compiled_with(f"T, F, put, through, {letters}", expression)

    def call(*inputs: Any) -> Any:
        made = case(engine, engine.nn.functional, put, through, *inputs)
        if isinstance(made, (tuple, list)):
            made = next((each for each in made if hasattr(each, "stride")), made)
        return made

    return Given(leaves, [laid(each, engine) for each in leaves], call)


def put(tensor: Any, place: Any, value: Any) -> Any:
    tensor[place] = value
    return tensor


def through(view: Any, method: str, *arguments: Any) -> Any:
    """A write through a view; what comes back is the tensor below it."""
    getattr(view, method)(*arguments)
    return view._base


def error(caught: Exception) -> str:
    return f"{type(caught).__name__}: {str(caught).partition(chr(10))[0]}"


def described(name: str, value: Any, *others: Any, laid: bool = True) -> Fact:
    """All that a user can see of a tensor but its graph; `others` are those whose memory it may share.

    Without `laid` how it lies in memory and what wrote it is left out.
    """
    if value is None or not hasattr(value, "stride"):
        return Fact(name, repr(value))
    if not laid:
        plain = {"shape": tuple(value.shape), "dtype": type_of(value), "requires_grad": value.requires_grad}
        return Fact(name, plain, numbers_of(value))
    facts: dict[str, Any] = {
        "shape": tuple(value.shape),
        "stride": value.stride(),
        "offset": value.storage_offset() if value.numel() else 0,
        "dtype": type_of(value),
        "contiguous": value.is_contiguous(),
        "version": None if value.is_inference() else value._version,
        "inference": value.is_inference(),
        "requires_grad": value.requires_grad,
        "node": value.grad_fn and value.grad_fn.name(),
        "view": value._is_view(),
        "shares": [shares(value, each) for each in others],
    }
    return Fact(name, facts, numbers_of(value))


def type_of(tensor: Any) -> str:
    return str(tensor.dtype).rpartition(".")[2]


def shares(tensor: Any, other: Any) -> bool | None:
    if other is None or not all(each.numel() and not each._is_zerotensor() for each in (tensor, other)):
        return None
    return bool(tensor.untyped_storage().data_ptr() == other.untyped_storage().data_ptr())


def numbers_of(tensor: Any) -> Any:
    plain = tensor.detach()
    if str(plain.dtype).endswith("bfloat16"):
        return np.array(plain.float().tolist(), np.float32).astype(np.float64).reshape(tuple(plain.shape))
    plain = plain.resolve_conj().resolve_neg() if plain.is_complex() else plain
    return np.array(plain.numpy(force=True))


def head(engine: Any, kind: str, like: Any) -> Any:
    """A gradient for `like`, laid out in its own way."""
    options = {"dtype": like.dtype}
    if kind == "turned":
        turned = engine.ones(tuple(like.shape)[::-1], **options) * 3
        return turned.permute(*range(like.dim())[::-1])
    if kind == "expanded":
        return engine.tensor(2.0, **options).expand(tuple(like.shape))
    if kind == "stepped":
        return engine.ones((*like.shape, 2), **options)[..., 0]
    return engine.ones(tuple(like.shape), **options) * (-0.0 if kind == "negative" else 1)


# ---- the roads ----------------------------------------------------------------------------------------------------


def reverse(engine: Any, variant: Variant, layout: str, expression: str, kinds: tuple[str, ...]) -> list[Fact]:
    """The result, gradients of two orders, and what `backward` leaves in `.grad`, once and twice."""
    facts: list[Fact] = []
    try:
        leaves, inputs, call = given(engine, layout, expression, kinds)
        made = call(*inputs)
        facts.append(described("result", made, *leaves))
        if not getattr(made, "requires_grad", False):
            return facts
        end = made.sum() if variant == "sum" else made
        seed = None if variant == "sum" else head(engine, variant, made)
        moving = [each for each in (*inputs, *leaves) if each.requires_grad]
        first = engine.autograd.grad(end, moving, seed, create_graph=True, allow_unused=True)
        facts += [described(f"gradient {i}", each, seed, made) for i, each in enumerate(first)]
        leaves = [each for each in leaves if each.requires_grad]
        for times in ("once", "twice"):
            end.backward(seed, retain_graph=True)
            facts += [described(f"grad {times} {i}", each.grad, seed) for i, each in enumerate(leaves)]
        further = [each for each in first if each is not None and each.requires_grad]
        if further:
            second = engine.autograd.grad(further[0].sum(), leaves, create_graph=True, allow_unused=True)
            facts += [described(f"second gradient {i}", each) for i, each in enumerate(second)]
    except Exception as caught:
        facts.append(Fact("error", error(caught)))
    return facts


def forward(engine: Any, variant: Variant, layout: str, expression: str, kinds: tuple[str, ...]) -> list[Fact]:
    """The result and the numbers of its tangent, with reverse mode besides and without."""
    mode = importlib.import_module(engine.__name__ + ".autograd.forward_ad")
    facts: list[Fact] = []
    try:
        kind, _, besides = variant.partition("+")
        _, inputs, call = given(engine, layout, expression, kinds, bool(besides))
        with mode.dual_level():
            duals = [
                mode.make_dual(each, head(engine, kind, each)) if i == 0 and each.is_floating_point() else each
                for i, each in enumerate(inputs)
            ]
            made = call(*duals)
            primal, tangent = mode.unpack_dual(made) if hasattr(made, "stride") else (made, None)
            facts += [described("result", primal), described("tangent", tangent, laid=False)]
    except Exception as caught:
        facts.append(Fact("error", error(caught)))
    return facts


def graph(engine: Any, variant: Variant, layout: str, expression: str, kinds: tuple[str, ...]) -> list[Fact]:
    """What is saved, when it is asked for, and the graphs of the result and of gradients of two orders."""
    facts: list[Fact] = []

    def pack(tensor: Any) -> Any:
        facts.append(described("saved", tensor))
        return tensor

    def unpack(tensor: Any) -> Any:
        facts.append(described("unpacked", tensor))
        return tensor

    def told(name: str, tensors: Any) -> list[Any]:
        moving = [each for each in tensors if each is not None and each.requires_grad]
        facts.append(Fact(name, [nodes(each.grad_fn, {}) for each in moving]))
        return moving

    try:
        with engine.autograd.graph.saved_tensors_hooks(pack, unpack):
            leaves, inputs, call = given(engine, layout, expression, kinds)
            leaves = [each for each in leaves if each.requires_grad]
            moving = told("graph", [call(*inputs)])
            for order in ("gradient graph", "second gradient graph"):
                if moving:
                    ends = sum((each.real if each.is_complex() else each).sum() for each in moving)
                    ends = ends * ends if order == "gradient graph" else ends
                    moving = told(order, engine.autograd.grad(ends, leaves, create_graph=True, allow_unused=True))
    except Exception as caught:
        facts.append(Fact("error", error(caught)))
    return facts


def nodes(node: Any, seen: dict[int, tuple[int, Any]]) -> Any:
    """The graph below a node; one that is met again is told by its number."""
    if node is None:
        return None
    if id(node) in seen:
        return seen[id(node)][0]
    seen[id(node)] = len(seen), node
    return node.name(), [(nodes(below, seen), number) for below, number in node.next_functions]


def inference(engine: Any, variant: Variant, layout: str, expression: str, kinds: tuple[str, ...]) -> list[Fact]:
    """Tensors made in inference mode, the call in it, or a gradient from it, and what can be done with the result."""
    facts: list[Fact] = []
    within, without = engine.inference_mode(), engine.inference_mode(False)
    try:
        with within if variant in ("inputs", "call") else without:
            leaves, inputs, call = given(engine, layout, expression, kinds)
        with within if variant == "call" or variant == "result" else without:
            made = call(*inputs)
        facts.append(described("result", made))
    except Exception as caught:
        return [*facts, Fact("error", error(caught))]
    if not hasattr(made, "stride"):
        return facts
    other = engine.ones((), requires_grad=True)

    def seeded() -> Any:
        with engine.inference_mode():
            seed = engine.ones(tuple(made.shape), dtype=made.dtype)
        made.backward(seed, retain_graph=True)
        return leaves[0].grad

    after: dict[str, Callable[[], Any]] = {
        "seeded": seeded,
        "seeded again": seeded,
        "product": lambda: made * other,
        "backward": lambda: (made + other).sum().backward(),
        "view": lambda: made.view(-1),
        "detach": made.detach,
        "inplace": lambda: made.mul_(2),
        "requires_grad_": made.requires_grad_,
        "leaf product": lambda: (leaves[0] * other).sum().backward(),
    }
    for name, act in after.items():
        try:
            facts.append(described(name, act()))
        except Exception as caught:
            facts.append(Fact(name, error(caught)))
    return [*facts, described("other", other.grad), *(described("grad", each.grad) for each in leaves)]


ROADS = {
    "reverse": Road(reverse, ("sum", "ones", "turned", "negative", "expanded", "stepped")),
    "forward": Road(forward, ("ones", "negative", "stepped", "expanded", "ones+grad")),
    "graph": Road(graph, ("",)),
    "inference": Road(inference, ("inputs", "call", "result", "seed")),
}
