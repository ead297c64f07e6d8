"""`out=` of functions that make tensors: the tensor takes the sizes without a word and keeps its type, which decides.

What is computed is unrecorded, and whether the tensor requires grad is asked for afresh.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import binding_texts, creation_texts, dtypes, inplace_texts, memory_texts, tensor_texts
from refgrad.creation import sizes_given
from refgrad.device import CPU, STRIDED, Device
from refgrad.dtypes import Array
from refgrad.inplace import check_inplace
from refgrad.levels import levels
from refgrad.memory import check_single_places
from refgrad.modes import modes
from refgrad.node import Node, NotImplementedNode
from refgrad.operators.dispatching import is_anybody_asked, written_by_asking
from refgrad.operators.storage import resize
from refgrad.operators.transformed import refuse_out
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

OF_ENDS = frozenset(("linspace", "logspace"))
COUNTED = frozenset(("arange", "fft_fftfreq", "fft_rfftfreq"))
IN_A_ROW = OF_ENDS | COUNTED
"""They write one number after the other: where there are as many elements as numbers, the shape stays."""
PLACE_BY_PLACE = IN_A_ROW | frozenset(("rand", "randn", "randint", "normal"))
"""They look for elements that share a place; the others fill without looking."""
SIZED = frozenset(("zeros", "ones", "empty", "rand", "randn"))
NAMES = ("full", "eye", "randint", "randperm", *sorted(SIZED | OF_ENDS), "arange")


def with_out(made: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The factory `made`, with the form."""

    @functools.wraps(made)
    def run(*arguments: Any, out: Any = None, **options: Any) -> Any:
        return made(*arguments, **options) if out is None else made_into(made, name, out, arguments, options)

    return run


def made_into(made: Callable[..., Any], name: str, out: Any, arguments: Any, options: dict[str, Any]) -> Any:
    """`out` with what `made` gives.

    Raises RuntimeError if options contradict it, or if it is a leaf that requires grad in grad mode.
    """
    if not isinstance(out, Tensor):
        raise TypeError(binding_texts.wrong_argument(name, "out", None, "Tensor", type_name(out)))
    check_options(out, options)
    if out.requires_grad and name in ("randn", "empty"):
        raise RuntimeError(memory_texts.RESIZE_REQUIRES_GRAD)
    refuse_leaf(name, out)
    history = history_of(arguments, out)
    requires_grad = options.get("requires_grad")
    chosen = {each: value for each, value in options.items() if each in ("generator", "size")}
    if levels.active:
        inputs = [each for each in (*arguments, out) if isinstance(each, Tensor)]
        refuse_out(name, inputs)
        if is_anybody_asked(inputs):
            return written_by_asking(name, out, arguments, chosen, functools.partial(filled, made, name))
    filled(made, name, *arguments, out=out, **chosen)
    hang(name, out, history)
    if requires_grad:
        if out.dtype.category < dtypes.FLOATING:
            raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
        out.requires_grad_()
    elif out.requires_grad and out.is_leaf:
        out.requires_grad_(False)
    return out


def refuse_leaf(name: str, out: Tensor) -> None:
    """Raise RuntimeError for a leaf that requires grad, in grad mode."""
    if modes.grad and out.requires_grad and out.is_leaf:
        raise RuntimeError(inplace_texts.out_requires_grad(f"aten::{name}"))


def history_of(arguments: Any, out: Tensor) -> list[tuple[Node | None, int]]:
    """The edges of what would be differentiated, if the operator could be."""
    given = [each for each in (*arguments, out) if isinstance(each, Tensor) and each.requires_grad]
    return [(each.edge(), each._output_nr) for each in given] if modes.grad else []


def hang(name: str, out: Tensor, history: list[tuple[Node | None, int]]) -> None:
    """Give `out` the history of an operator that has no derivative, if there is any."""
    if history:
        nodes, numbers = zip(*history, strict=True)
        out._grad_fn = NotImplementedNode(f"aten::{name}", nodes, numbers)
        out._grad_fn.input_metadata = ((out._array.shape, out._array.dtype),)


def check_options(out: Tensor, options: dict[str, Any]) -> None:
    """Raise RuntimeError for a type, layout or device that is not that of `out`."""
    kind, layout, device = (options.get(each) for each in ("dtype", "layout", "device"))
    if kind is not None and kind is not out.dtype:
        raise RuntimeError(creation_texts.out_differs("dtype", kind.scalar_name, out.dtype.scalar_name))
    if layout is not None and layout is not STRIDED:
        raise RuntimeError(creation_texts.out_differs("layout", "Sparse", "Strided"))
    if device is not None:
        place = device if isinstance(device, Device) else Device(device)
        if place.type != CPU.type:
            raise RuntimeError(creation_texts.out_differs("device type", place.type, CPU.type))


def filled(made: Callable[..., Any], name: str, *arguments: Any, out: Any, **options: Any) -> Any:
    """Compute and write. Raises RuntimeError for negative sizes, and for numbers that are none of the type."""
    if any(isinstance(each, int) and each < 0 for each in sizes_of(name, arguments, options)):
        raise RuntimeError(memory_texts.NUMEL_OVERFLOW)
    if name == "randperm" and arguments[0] < 0:
        raise RuntimeError(creation_texts.triangle_negative("n", arguments[0]))
    if name in OF_ENDS and out.dtype.category != dtypes.COMPLEX:
        for each in arguments[:2]:
            if isinstance(each, complex):
                raise dtypes.overflow(out.dtype)
    array, shape = made(*arguments, dtype=out.dtype, **options)._array, out._array.shape
    if name in IN_A_ROW and array.shape != shape:
        if array.size == math.prod(shape):
            array = array.reshape(shape)
        elif name in COUNTED and 0 not in shape:
            warnings.warn(creation_texts.range_resized(shape, array.size), UserWarning, stacklevel=4)
    return written_in_silence(out, array, look=name in PLACE_BY_PLACE)


def written_in_silence(out: Tensor, array: Array, *, look: bool = True) -> Tensor:
    """`out` with the elements of `array` and its shape, which it takes without a word.

    Raises RuntimeError if elements share a place, if that is looked at.
    """
    check_inplace(out, recording=False)
    if out._array.shape != array.shape:
        resize(out, array.shape)
    elif look:
        check_single_places(out._array)
    np.copyto(out._array, array, casting="unsafe")
    if not modes.below:
        out.bump_version()
    return out


def sizes_of(name: str, arguments: Any, options: dict[str, Any]) -> Any:
    """The sizes among the arguments of a factory that is given any."""
    if "size" in options:
        return options["size"]
    if name in SIZED:
        return sizes_given(arguments)
    place = {"full": 0, "randint": -1, "normal": -1}.get(name)
    return () if place is None else arguments[place]


def add_creation_out(place: dict[str, Any]) -> None:
    """Give the factories the form."""
    for name in NAMES:
        place[name] = with_out(place[name], name)
