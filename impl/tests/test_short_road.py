"""The functions generated for the hottest rows against the roads that every row has."""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import refgrad as torch
from refgrad.node import OperatorNode
from refgrad.operators.call import call, call_inplace, compute_large
from refgrad.operators.declare import Operator
from refgrad.operators.short import takes_number
from refgrad.saved import SavedInput, SavedOutput
from refgrad.versions import inference

sys.path.insert(0, str(Path(__file__).parent))
from short_rows import (  # a helper beside this file
    KERNELS,
    ROWS,
    SHAPES,
    attributes_of,
    each_case,
    name_of,
    operands,
    told,
    wanting,
)


def attempted(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except RuntimeError as error:
        return str(error)


def told_of_node(node: Any) -> Any:
    names = [name for name in dir(node) if name.startswith("_saved_")]
    return (
        type(node),
        [(type(each).__name__, number) for each, number in node.next_functions],
        [(name, attempted(lambda name=name: told(getattr(node, name)))) for name in names],
        node.input_metadata,
        [type(each) for each in getattr(node, "saved", ())],
    )


@pytest.mark.parametrize("kind", [torch.Tensor, OperatorNode, SavedInput, SavedOutput])
def test_storing_an_attribute_is_not_intercepted(kind: type) -> None:
    """A class that defines one of the two pays fifteen times as much for every store to a slot."""
    assert kind.__setattr__ is object.__setattr__
    assert kind.__delattr__ is object.__delattr__


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_generated_call_does_what_call_does(row: Operator) -> None:
    attributes = attributes_of(row)
    short = row.short
    assert short is not None

    def long(*given: Any) -> Any:
        return call(row, given[: len(row.tensor_names)], given[len(row.tensor_names) :])

    for shapes, kind, layout in each_case(row, ("float32", "float64", "complex128", "int64", "bool")):
        for which in range(2 ** len(shapes)):
            found = []
            for road in (short, long):
                tensors = wanting(operands(row, shapes, kind, layout), which)
                with torch.no_grad():
                    try:
                        found.append(told(road(*tensors, *attributes)))
                    except Exception as error:
                        found.append((type(error), str(error)))
                try:
                    out = road(*tensors, *attributes)
                    node = out.grad_fn and told_of_node(out.grad_fn)
                    found.append((told(out), node, out.requires_grad, out.is_leaf))
                except Exception as error:
                    found.append((type(error), str(error)))
            assert found[:2] == found[2:]


NUMBERS = (0, -0.0, 3, 2.5, True, 65504, 65505, 10**12, -1e300, float("inf"), float("nan"), 2 + 1j, None, "2")


@pytest.mark.parametrize("row", [row for row in ROWS if takes_number(row)], ids=name_of)
def test_generated_call_does_with_numbers_what_call_does(row: Operator) -> None:
    attributes = attributes_of(row)
    for shape, kind in itertools.product(((), (2, 4), (0, 3)), ("float16", "float32", "float64", "complex64", "int64")):
        for number, which, grad in itertools.product(NUMBERS, (0, 1), (False, True)):
            found = []
            for long in (False, True):
                tensor = wanting(operands(row, (shape,), kind, "by columns"), which)[0]
                with warnings.catch_warnings(), torch.set_grad_enabled(grad):
                    warnings.simplefilter("ignore")
                    try:
                        out = (
                            call(row, (tensor, number), attributes) if long else row.short(tensor, number, *attributes)
                        )
                    except Exception as error:
                        found.append((type(error), str(error)))
                        continue
                found.append((told(out), out.grad_fn and told_of_node(out.grad_fn), out.requires_grad))
            assert found[1] == found[0], (number, shape, kind)


def written_base(tensor: Any) -> Any:
    """A view whose base was written since."""
    base = tensor * 1
    view = base[...]
    base.mul_(1)
    return view


def without_a_node(tensor: Any) -> Any:
    """A view that requires grad because its base does."""
    with torch.no_grad():
        return tensor[...]


def of_no_grad(tensor: Any) -> Any:
    """A view that forbids what follows, for its base was written since."""
    base = tensor * 1
    with torch.no_grad():
        view = base[...]
    base.mul_(1)
    return view


def leaf_of_inference(tensor: Any) -> Any:
    """An inference tensor that requires grad."""
    with torch.inference_mode():
        return tensor.detach().clone().requires_grad_(tensor.requires_grad)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
@pytest.mark.parametrize("make", [lambda x: (x * 1)[...], written_base, without_a_node, of_no_grad, leaf_of_inference])
def test_generated_call_does_with_views_what_call_does(row: Operator, make: Any) -> None:
    attributes = attributes_of(row)
    shapes = SHAPES.get(row.name, SHAPES[""])[1][: len(row.tensor_names)]
    before = inference.leaves
    try:
        for views in range(1, 2 ** len(shapes)):
            found = []
            for long in (False, True):
                tensors = wanting(operands(row, shapes, "float32", "by rows"), -1)
                given = [make(each) if views >> place & 1 else each for place, each in enumerate(tensors)]
                try:
                    out = call(row, tuple(given), attributes) if long else row.short(*given, *attributes)
                except Exception as error:
                    found.append((type(error), str(error)))
                    continue
                found.append((told(out), out.grad_fn and told_of_node(out.grad_fn), out.requires_grad))
            assert found[1] == found[0]
    finally:
        inference.leaves = before


TARGETS: dict[str, Any] = {
    "leaf": lambda x: x,
    "result": lambda x: x * 1,
    "view": lambda x: (x * 1)[...],
    "view of a leaf": lambda x: x[...],
    "part": lambda x: (x * 1)[..., :1],
    "written base": written_base,
    "no grad": of_no_grad,
    "inference": leaf_of_inference,
}


@pytest.mark.parametrize("row", [row for row in ROWS if row.short_inplace is not None], ids=name_of)
@pytest.mark.parametrize("target", TARGETS)
def test_generated_inplace_form_does_what_call_inplace_does(row: Operator, target: str) -> None:
    attributes = attributes_of(row)
    cases: list[Any] = [(case, other) for case in each_case(row, ("float32", "int64")) for other in ("plain", "same")]
    cases += [(case, "view") for case in each_case(row, ("float64",))]
    if takes_number(row):
        cases += [(case, number) for case in each_case(row, ("float16",))[:4] for number in NUMBERS]
    before = inference.leaves
    for (shapes, kind, layout), other in cases:
        for which, grad in itertools.product(range(2 ** len(shapes)), (False, True)):
            found = []
            for long in (False, True):
                tensors: list[Any] = wanting(operands(row, shapes, kind, layout), which)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        tensors[0] = TARGETS[target](tensors[0])
                        if len(tensors) > 1:
                            tensors[1] = second(other, tensors)
                        with torch.set_grad_enabled(grad):
                            if long:
                                call_inplace(row, tuple(tensors), attributes)
                            else:
                                row.short_inplace(*tensors, *attributes)
                        error = None
                    except Exception as raised:
                        error = (type(raised), str(raised))
                found.append((error, [seen(each) for each in (*tensors, tensors[0]._base)]))
            assert found[1] == found[0], (shapes, kind, layout, which, grad, other)
    inference.leaves = before


def second(other: Any, tensors: list[Any]) -> Any:
    """The operand beside the target."""
    named = {"plain": tensors[1], "same": tensors[0]}
    return (tensors[1] * 1)[...] if other == "view" else named.get(other, other)


def seen(tensor: Any) -> Any:
    """Everything that a write may have changed."""
    if not isinstance(tensor, torch.Tensor):
        return tensor
    node = attempted(lambda: tensor.grad_fn)
    saved = told_of_node(node) if isinstance(node, OperatorNode) else node if isinstance(node, str) else type(node)
    return told(tensor), saved, tensor.requires_grad, tensor.output_nr


@pytest.mark.parametrize("row", KERNELS, ids=name_of)
def test_kernels_give_what_the_formulas_give(row: Operator) -> None:
    attributes = attributes_of(row)
    assert row.short is not None
    for shapes, kind, layout in each_case(row, ("float16", "float32", "float64", "complex128")):
        for which in range(1, 2 ** len(shapes)):
            tensors = wanting(operands(row, shapes, kind, layout), which)
            try:
                out = row.short(*tensors, *attributes)
            except (NotImplementedError, RuntimeError, IndexError, ValueError):  # not for this shape or type
                continue
            grad = operands(row, (tuple(out.shape),), kind, layout)[0]
            with torch.no_grad():
                short = out.grad_fn.apply([grad])
                long = OperatorNode.apply(out.grad_fn, [grad])
            assert [told(each) for each in short] == [told(each) for each in long]
            assert [each is grad for each in short] == [each is grad for each in long]


@pytest.mark.parametrize("row", [row for row in KERNELS if takes_number(row)], ids=name_of)
def test_kernels_take_numbers_as_the_formulas_do(row: Operator) -> None:
    attributes = attributes_of(row)
    assert row.short is not None
    for shape, kind, number in itertools.product(((), (2, 4)), ("float16", "float32", "float64"), NUMBERS):
        tensor = wanting(operands(row, (shape,), kind, "by columns"), 1)[0]
        try:
            out = row.short(tensor, number, *attributes)
        except (TypeError, RuntimeError):  # no number
            continue
        grad = operands(row, (shape,), str(out._array.dtype), "by rows")[0]
        with torch.no_grad():
            short = out.grad_fn.apply([grad])
            long = OperatorNode.apply(out.grad_fn, [grad])
        assert [told(each) for each in short] == [told(each) for each in long]


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_generated_release_frees_tensors_only(row: Operator) -> None:
    if row.node_class is None:
        return
    shapes = SHAPES.get(row.name, SHAPES[""])[1][: len(row.tensor_names)]
    tensors = wanting(operands(row, shapes, "float64", "by rows"), -1)
    assert row.short is not None
    nodes = [row.short(*tensors, *attributes_of(row)).grad_fn for _ in range(2)]
    nodes[0].release()
    OperatorNode.release(nodes[1])
    assert [type(each) for each in nodes[0].saved] == [type(each) for each in nodes[1].saved]


WRITING = [row for row in ROWS if row.writes is not None]


@pytest.mark.parametrize("row", WRITING, ids=name_of)
@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "int64", "complex64"])
def test_a_result_on_memory_of_the_pool_is_the_same(row: Operator, kind: str) -> None:
    attributes = attributes_of(row)
    for shape in ((300, 400), (1, 200, 1, 300), (400, 300, 1)):
        for layout in ("by rows", "by columns"):
            arrays = [each._array for each in operands(row, (shape, shape), kind, layout)]
            expected = row.forward(*arrays, *attributes)
            found = compute_large(row, tuple(arrays), attributes)
            assert expected.tobytes() == found.tobytes()
            assert (expected.strides, expected.dtype) == (found.strides, found.dtype)
