"""`out=` for functions that are written by hand: they compute, unrecorded, and the result is written afterwards.

Rows of the operator table have the form of their own, see `call_out`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import binding_texts, inplace_texts
from refgrad.dtypes import can_cast
from refgrad.levels import levels
from refgrad.memory import check_single_places
from refgrad.modes import modes
from refgrad.operators.call import result_type, written, written_alike
from refgrad.operators.declare import named_results
from refgrad.operators.dispatching import is_anybody_asked, written_by_asking
from refgrad.operators.kernel_checks import check_out_target, is_of_kernel, warn_of_copy
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.out_refusals import (
    OF_ONE_TYPE,
    ONE_BY_ONE,
    UNCAST,
    as_target,
    check_before,
    check_types,
    is_number_to_power,
    tensors_in,
)
from refgrad.operators.special import SPECIAL
from refgrad.operators.texts import joined_types, out_count
from refgrad.operators.transformed import refuse_out
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

NAMES = """
    sub subtract div divide floor_divide remainder fmod pow float_power round copysign logaddexp logaddexp2
    xlogy ldexp hypot maximum minimum fmax fmin where lerp logical_and logical_or complex polar
    gather index_select take_along_dim cat concat concatenate stack hstack vstack row_stack dstack column_stack
    outer ger matmul inner kron
    mvlgamma inverse svd qr cholesky cholesky_inverse matrix_power diag polygamma
    true_divide multiply negative
    tensordot mv mm bmm dot vdot take masked_select add mul
    eq ne lt le gt ge isclose logical_xor addcmul addcdiv renorm trace square atan2 arctan2
    scatter scatter_add index_add index_copy scatter_reduce index_reduce flip
    roll triu tril native_batch_norm threshold hardshrink
""".split()
"""Functions of `torch` that have the form."""

IN_SPECIAL = "multigammaln polygamma zeta xlog1py xlogy erfcx log_ndtr ndtri entr i1 i0e i1e ndtr round".split()

RESULTS = {"native_batch_norm": 3, "svd": 3, "lu": 3, "ldl_factor_ex": 3}
"""How many results there are of functions that have other than one or two."""
SILENT = frozenset(("log_sigmoid_forward",))
"""Functions that resize what they write into without a warning."""

COPIES = """
    alias_copy as_strided_copy detach_copy diagonal_copy expand_copy permute_copy select_copy slice_copy split_copy
    split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_as_complex_copy
    view_as_real_copy view_copy
""".split()
"""Those that write into no tensor of another type either, but look at it last."""
JOINING = frozenset("cat concat concatenate stack hstack vstack row_stack dstack column_stack".split())
LISTS = {
    "split_copy": "split_copy_Tensor_out()", "split_with_sizes_copy": "split_with_sizes_copy_out",
    "unbind_copy": "unbind_copy_int_out",
}  # fmt: skip
"""Functions of which several tensors are written, which they do not give back; and how their texts call them."""


ANSWERING = frozenset(("logical_and", "logical_or", "logical_xor"))
"""Functions that write into what requires grad: nothing of them could be recorded."""


def with_out(made: Callable[..., Any], name: str) -> Callable[..., Any]:
    """`made` with an `out=` form.

    Raises RuntimeError if something requires grad in grad mode, or the result's type does not fit.
    """

    @functools.wraps(made)
    def run(*arguments: Any, out: Any = None, **options: Any) -> Any:
        return made(*arguments, **options) if out is None else compute_into(made, name, out, arguments, options)

    return run


def compute_into(made: Callable[..., Any], name: str, out: Any, arguments: Any, options: Any) -> Any:
    if isinstance(out, (tuple, list)) and name not in LISTS and len(out) != RESULTS.get(name, 2):
        raise TypeError(binding_texts.results_given(RESULTS.get(name, 2), len(out)))
    out = as_target(name, out)
    inputs = list(tensors_in([*arguments, *options.values(), out]))
    refused = list(tensors_in([out])) if name in inplace_texts.UNDERIVABLE_OUT else inputs
    if modes.grad and name not in ANSWERING and any(each.requires_grad for each in refused):
        raise RuntimeError(inplace_texts.out_requires_grad(name))
    if levels.active:
        refuse_out(name, inputs)
        if is_anybody_asked(inputs):
            return written_by_asking(name, out, arguments, options, functools.partial(computing_into, made, name))
    check_before(name, (*arguments, *options.values()), out)
    before, modes.grad = modes.grad, False
    try:
        results = made(*arguments, **options)
    except (NotImplementedError, RuntimeError) as error:
        if name in ONE_BY_ONE | UNCAST and is_of_kernel(error):
            check_out_target(name, result_type(name, arguments), arguments, out)
        raise
    finally:
        modes.grad = before
    if name in ONE_BY_ONE and not is_number_to_power(name, arguments):
        warn_of_copy(name, results.dtype, results._array.shape, out)
    if name in OF_ONE_TYPE:
        check_types(name, [each.dtype for each in tensors_in([results])], list(tensors_in([out])))
    if name in LISTS:
        write_list(name, out, results)
        return None
    if name in JOINING and isinstance(out, Tensor) and not can_cast(results.dtype, out.dtype):
        raise TypeError(joined_types(out.dtype.scalar_name))
    if name == "index_select" and isinstance(out, Tensor):
        check_single_places(out._array)
    if isinstance(results, Tensor):
        if not isinstance(out, Tensor):
            raise TypeError(binding_texts.wrong_argument(name, "out", None, "Tensor", type_name(out)))
        if name in SILENT and out._array.shape != results._array.shape:
            out._array = np.empty(0, out._array.dtype)  # what has no elements is resized without a word
        done = written_alike(out, results._array) if name in COPIES else written(out, results._array)
        if name in inplace_texts.UNDERIVABLE_OUT:
            return underivable(f"aten::{name}", done, tuple(tensors_in([*arguments, *options.values()])))
        return done
    for each, target in zip(results, out, strict=True):
        written(target, each._array)
    fields = getattr(results, "_fields", None)
    return tuple(out) if fields is None else named_results(f"{name}_out", fields)(*out)


def write_list(name: str, out: Any, results: Any) -> None:
    """Write into as many tensors. Raises RuntimeError for another number of them."""
    if len(out) != len(results):
        raise RuntimeError(out_count(LISTS[name], len(results), len(out)))
    for target, each in zip(out, results, strict=True):
        if name == "split_copy":
            target.copy_(each)
        else:
            written_alike(target, each._array)


def computing_into(made: Callable[..., Any], name: str, *arguments: Any, out: Any, **options: Any) -> Any:
    return compute_into(made, name, out, arguments, options)


def has_form(made: Callable[..., Any]) -> bool:
    code = getattr(made, "__code__", None)
    return code is None or "out" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def add_out_forms(place: dict[str, Any], names: list[str]) -> None:
    """Give the functions of these names the form, if they have none."""
    for name in names:
        if name in place and not has_form(place[name]):
            place[name] = with_out(place[name], name)


add_out_forms(FUNCTIONS, [*NAMES, *COPIES])
add_out_forms(SPECIAL, IN_SPECIAL)
