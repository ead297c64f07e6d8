"""`out=` for functions that are written by hand: they compute, unrecorded, and the result is written afterwards.

Rows of the operator table have the form of their own, see `call_out`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import numpy as np

from refgrad import binding_texts, cpp_spelling, inplace_texts
from refgrad.levels import levels
from refgrad.memory import check_single_places
from refgrad.modes import modes
from refgrad.operators.call import written
from refgrad.operators.declare import named_results
from refgrad.operators.dispatching import is_anybody_asked, written_by_asking
from refgrad.operators.loss_texts import found_type, scalar_type
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.special import SPECIAL
from refgrad.operators.texts import out_type
from refgrad.operators.transformed import refuse_out
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

NAMES = """
    zeros ones empty full arange linspace logspace eye rand randn randint randperm
    sub subtract div divide floor_divide remainder fmod pow float_power round copysign logaddexp logaddexp2
    xlogy ldexp hypot maximum minimum fmax fmin where lerp logical_and logical_or complex polar conj_physical
    gather index_select take_along_dim cat concat concatenate stack hstack vstack row_stack dstack column_stack
    outer ger matmul inner kron
    inverse svd qr cholesky cholesky_inverse matrix_power diag normal polygamma
    norm true_divide multiply negative
    bernoulli tensordot chain_matmul mv mm bmm dot vdot take masked_select add mul
    eq ne lt le gt ge isclose logical_xor addcmul addcdiv renorm trace square atan2 arctan2
    scatter scatter_add index_add index_copy scatter_reduce index_reduce flip
    roll block_diag cross triu tril native_batch_norm threshold hardshrink
""".split()
"""Functions of `torch` that have the form."""

IN_SPECIAL = "polygamma zeta xlog1py xlogy erfcx log_ndtr ndtri entr i1 i0e i1e ndtr round".split()

RESULTS = {"native_batch_norm": 3, "svd": 3, "lu": 3, "ldl_factor_ex": 3}
"""How many results there are of functions that have other than one or two."""
LOOKING_FOR_PLACES = frozenset(("index_select", "take"))
OF_ONE_TYPE = frozenset(("gather",))
"""Functions that write into no tensor of another type, though the result could be cast."""


def tensors_in(values: Any) -> Iterator[Tensor]:
    for each in values:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, (tuple, list)):
            yield from tensors_in(each)


def with_out(made: Callable[..., Any], name: str) -> Callable[..., Any]:
    """`made` with an `out=` form.

    Raises RuntimeError if something requires grad in grad mode, or the result's type does not fit.
    """

    @functools.wraps(made)
    def run(*arguments: Any, out: Any = None, **options: Any) -> Any:
        return made(*arguments, **options) if out is None else compute_into(made, name, out, arguments, options)

    return run


def compute_into(made: Callable[..., Any], name: str, out: Any, arguments: Any, options: Any) -> Any:
    if isinstance(out, (tuple, list)) and len(out) != RESULTS.get(name, 2):
        raise TypeError(binding_texts.results_given(RESULTS.get(name, 2), len(out)))
    inputs = list(tensors_in([*arguments, *options.values(), out]))
    if modes.grad and any(each.requires_grad for each in inputs):
        raise RuntimeError(inplace_texts.out_requires_grad(name))
    if levels.active:
        refuse_out(name, inputs)
        if is_anybody_asked(inputs):
            return written_by_asking(name, out, arguments, options, functools.partial(computing_into, made, name))
    if name == "arange" and isinstance(out, Tensor):
        options.setdefault("dtype", out.dtype)
    check_out(name, out, inputs)
    before, modes.grad = modes.grad, False
    try:
        results = made(*arguments, **options)
    finally:
        modes.grad = before
    if isinstance(results, Tensor):
        if not isinstance(out, Tensor):
            raise TypeError(binding_texts.wrong_argument(name, "out", None, "Tensor", type_name(out)))
        check_result(name, out, results)
        if name in SILENT and out._array.shape != results._array.shape:
            out._array = np.empty(0, out._array.dtype)  # what has no elements is resized without a word
        return written(out, results._array)
    for each, target in zip(results, out, strict=True):
        written(target, each._array)
    fields = getattr(results, "_fields", None)
    return tuple(out) if fields is None else named_results(f"{name}_out", fields)(*out)


def computing_into(made: Callable[..., Any], name: str, *arguments: Any, out: Any, **options: Any) -> Any:
    return compute_into(made, name, out, arguments, options)


FOUND = frozenset(("gelu", "hardshrink", "softplus", "softshrink"))
"""The same of functions that look at it before everything else."""
FITTING: dict[str, Callable[[str, str], str]] = {
    "avg_pool2d": out_type, "avg_pool3d": out_type, "linear": out_type, "softmax": out_type, "log_softmax": out_type,
    "log_sigmoid_forward": scalar_type,
}  # fmt: skip
"""And of those that have computed by then, with what they say."""

SILENT = frozenset(("log_sigmoid_forward",))
"""Functions that resize what they write into without a warning."""


def check_result(name: str, out: Tensor, result: Tensor) -> None:
    """Raise RuntimeError where the result has another type than the tensor that it should be written into."""
    if name in FITTING and out.dtype is not result.dtype:
        spelled = cpp_spelling.stored_type if FITTING[name] is out_type else attrgetter("scalar_name")
        raise RuntimeError(FITTING[name](spelled(result.dtype), spelled(out.dtype)))


def check_out(name: str, out: Any, inputs: list[Tensor]) -> None:
    """Raise RuntimeError for what some functions look at before they compute."""
    if name in LOOKING_FOR_PLACES and isinstance(out, Tensor):
        check_single_places(out._array)
    if name in FOUND and isinstance(out, Tensor):
        check_single_places(out._array)
        if out.dtype is not inputs[0].dtype:
            raise RuntimeError(found_type(out.dtype.scalar_name, inputs[0].dtype.scalar_name))
    if name in OF_ONE_TYPE:
        for each in tensors_in([out] if isinstance(out, Tensor) else out):
            if each.dtype is not inputs[0].dtype:
                raise RuntimeError(
                    out_type(cpp_spelling.stored_type(inputs[0].dtype), cpp_spelling.stored_type(each.dtype))
                )


def has_form(made: Callable[..., Any]) -> bool:
    code = getattr(made, "__code__", None)
    return code is None or "out" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def add_out_forms(place: dict[str, Any], names: list[str]) -> None:
    """Give the functions of these names the form, if they have none."""
    for name in names:
        if name in place and not has_form(place[name]):
            place[name] = with_out(place[name], name)


add_out_forms(FUNCTIONS, NAMES)
add_out_forms(SPECIAL, IN_SPECIAL)
