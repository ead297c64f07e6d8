"""The rows that functions are generated for, and operands with awkward values and layouts to call them with."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import numpy as np

import refgrad as torch
from refgrad.node import OperatorNode
from refgrad.operators.declare import Operator

ROWS = sorted(
    (each for each in gc.get_objects() if type(each) is Operator and each.short is not None),
    key=lambda row: (row.name, row.overload),
)
KERNELS = [row for row in ROWS if row.node_class is not None and row.node_class.apply is not OperatorNode.apply]

VALUES = (0.0, -0.0, 1.5, -2.25, float("inf"), float("nan"), 1e-30, 3.0)
ATTRIBUTES: dict[str, Any] = {
    "alpha": 1, "other": 3, "exponent": 2, "dtype": None, "threshold": 0, "dim": 0, "size": (2, 4), "implicit": False,
    "dim0": 0, "dim1": 1, "dims": (1, 0), "keepdim": False, "stride": (1, 2), "storage_offset": None, "index": 0,
    "start": 0, "end": 1, "step": 1, "input_sizes": (3, 2, 4), "min": -1, "max": 2.5, "value": 1.5,
    "memory_format": None, "_to_copy.dtype": torch.float64, "sum.dim": (0,), "mean.dim": (-1,), "amax.dim": (0,),
    "amin.dim": (),
}  # fmt: skip

SHAPES: dict[str, list[tuple[Any, ...]]] = {
    "mm": [((2, 4), (4, 2)), ((1, 3), (3, 1))],
    "mv": [((2, 4), (2,)), ((2, 4), (4,))],
    "dot": [((2, 4), (2,)), ((4,), (4,))],
    "fill": [((), (), ()), ((2, 4), (), ()), ((2, 4), (4,), ())],
    "": [
        ((), (), ()), ((2, 4), (2, 4), (2, 4)), ((2, 4), (4,), (2, 4)), ((1, 4), (2, 1), ()),
        ((0, 3), (0, 3), (0, 3)), ((2, 1, 3), (1, 2, 1), (3,)),
    ],
}  # fmt: skip


def attributes_of(row: Operator) -> tuple[Any, ...]:
    return tuple(ATTRIBUTES.get(f"{row.name}.{name}", ATTRIBUTES.get(name, ...)) for name in row.attribute_names)


def operands(row: Operator, shapes: tuple[Any, ...], kind: Any, layout: str) -> list[Any]:
    """Tensors with awkward values."""
    made = []
    for shape, start in zip(shapes, range(len(row.tensor_names)), strict=False):
        values = itertools.islice(itertools.cycle(VALUES[start:] + VALUES[:start]), int(np.prod(shape)))
        array = np.array(list(values)).reshape(shape)
        if kind in ("int64", "bool"):
            array = np.asarray(np.nan_to_num(array, posinf=7))
        if layout == "by columns":
            array = np.asfortranarray(array)
        mask = row.tensor_names[len(made)] in ("condition", "mask")
        made.append(torch.from_numpy(np.asarray(array.astype("bool" if mask else kind, order="K"))))
    return made


def wanting(tensors: list[Any], which: int) -> list[Any]:
    """The tensors, of which those whose bit is set require grad."""
    for place, each in enumerate(tensors):
        if each.is_floating_point() or each.is_complex():
            each.requires_grad_(bool(which >> place & 1))
    return tensors


def told(tensor: Any) -> Any:
    """Everything about a tensor or a saved value that could differ."""
    if isinstance(tensor, torch.Tensor):
        array = tensor.numpy(force=True)
        version = None if tensor.is_inference() else tensor._version
        return array.tobytes(), array.shape, array.strides, array.dtype, tensor._is_view(), version
    return tensor


def each_case(row: Operator, kinds: tuple[str, ...]) -> list[Any]:
    """Shapes, types and layouts to try."""
    shapes = {given[: len(row.tensor_names)] for given in SHAPES.get(row.name, SHAPES[""])}
    return list(itertools.product(sorted(shapes), kinds, ("by rows", "by columns")))


def name_of(row: Operator) -> str:
    return f"{row.name}.{row.overload}"
