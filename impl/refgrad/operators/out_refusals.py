"""What single functions look at of an `out=`: before they compute, or when the type of the result is known."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from refgrad import cpp_spelling, inplace_texts
from refgrad.dtypes import FLOATING, bool_, can_cast, dtype, get_default_dtype
from refgrad.memory import check_single_places
from refgrad.operators import complex_texts, matrix_texts, texts
from refgrad.operators.loss_texts import found_type, scalar_type
from refgrad.tensor import Tensor, wrapped_number

ONE_BY_ONE = frozenset(
    """
    sub subtract div divide true_divide floor_divide remainder fmod pow copysign xlogy ldexp hypot atan2 arctan2
    """.split()
)
"""Functions that compute element by element, of what is brought to a common type."""
LOOKING_FOR_PLACES = frozenset(("lerp", "polygamma", *ONE_BY_ONE))
"""Functions that refuse places that are written twice at once."""
TAKING_NUMBERS = frozenset("add div divide floor_divide mul multiply sub subtract true_divide".split())
"""Functions that take a number for a tensor, and so for the `out=` too, which is then lost."""


def tensors_in(values: Any) -> Iterator[Tensor]:
    for each in values:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, (tuple, list)):
            yield from tensors_in(each)


def as_target(name: str, out: Any) -> Any:
    return wrapped_number(out) if name in TAKING_NUMBERS and isinstance(out, (int, float, complex)) else out


def check_before(name: str, arguments: Sequence[Any], out: Any) -> None:
    """Warn, or raise RuntimeError, for what a function looks at before it computes."""
    if name in FIRST:
        FIRST[name](arguments, out)
    if name in LOOKING_FOR_PLACES and isinstance(out, Tensor) and not is_number_to_power(name, arguments):
        check_single_places(out._array)


def is_number_to_power(name: str, arguments: Sequence[Any]) -> bool:
    """What is computed in the type of the result alone, and of places that are written twice."""
    return name == "pow" and not isinstance(arguments[0], Tensor)


def check_types(name: str, kinds: Sequence[dtype], targets: Sequence[Tensor]) -> None:
    """Raise RuntimeError for a target of another type than the result's, of a function that writes into no such one."""
    for kind, target in zip(kinds, targets, strict=True):
        if kind is not target.dtype:
            raise RuntimeError(OF_ONE_TYPE[name](kind, target.dtype))


def usual(wanted: dtype, got: dtype) -> str:
    return texts.out_type(cpp_spelling.stored_type(wanted), cpp_spelling.stored_type(got))


def of_tensordot(wanted: dtype, got: dtype) -> str:
    return matrix_texts.tensordot_out(wanted.scalar_name, got.scalar_name)


def of_parts(wanted: dtype, got: dtype) -> str:
    return complex_texts.complex_out(wanted.scalar_name, got.scalar_name)


OF_ONE_TYPE: dict[str, Callable[[dtype, dtype], str]] = {
    **dict.fromkeys("svd addmm addmv baddbmm bmm matmul mm mv norm renorm".split(), usual),
    **dict.fromkeys("avg_pool2d avg_pool3d linear softmax log_softmax".split(), usual),
    **dict.fromkeys("diag tril triu slice_scatter select_scatter diagonal_scatter".split(), usual),
    "complex": of_parts,
    "inner": of_tensordot,
    "log_sigmoid_forward": lambda wanted, got: scalar_type(wanted.scalar_name, got.scalar_name),
    "polar": of_parts,
    "tensordot": of_tensordot,
}
"""Functions that write into no tensor of another type, though the result could be cast, and what they say."""


def check_dot(arguments: Sequence[Any], out: Any) -> None:
    """A product of vectors takes its place first, and is computed then."""
    if out.numel() and out.dim():
        warnings.warn(inplace_texts.out_resized(out.shape, ()), UserWarning, stacklevel=6)
        out.resize_(())
    if out.dtype is not arguments[0].dtype:
        raise RuntimeError(matrix_texts.dot_out(out.dtype.scalar_name, arguments[0].dtype.scalar_name))


def check_ger(arguments: Sequence[Any], out: Any) -> None:
    warnings.warn(matrix_texts.GER_DEPRECATED, UserWarning, stacklevel=6)


def check_div(arguments: Sequence[Any], out: Any) -> None:
    mode = next((each for each in arguments if isinstance(each, str)), "floor")
    if mode not in ("floor", "trunc"):
        raise RuntimeError(texts.rounding_mode(mode))


def resized(out: Tensor, shape: tuple[int, ...]) -> None:
    """Give `out` new memory of this shape, with a warning if it had elements."""
    if out._array.size:
        warnings.warn(inplace_texts.out_resized(out._array.shape, shape), UserWarning, stacklevel=6)
    out._array = np.empty(shape, out._array.dtype)


def take_place(kind: dtype, shape: tuple[int, ...], out: Any) -> None:
    """Give `out` the shape of a result before that is computed. Raises RuntimeError if it is of another type."""
    if out.dtype is not kind:
        raise RuntimeError(usual(kind, out.dtype))
    if out._array.shape != shape:
        resized(out, shape)


def check_gather(arguments: Sequence[Any], out: Any) -> None:
    source, index, *_ = tensors_in(arguments)
    take_place(source.dtype, index._array.shape, out)


def check_taking_along(arguments: Sequence[Any], out: Any) -> None:
    """Without a dimension."""
    if len(arguments) == 2:
        take_place(arguments[0].dtype, (arguments[1]._array.size,), out)


def check_index_copy(arguments: Sequence[Any], out: Any) -> None:
    take_place(arguments[0].dtype, arguments[0]._array.shape, out)


def check_where(arguments: Sequence[Any], out: Any) -> None:
    from refgrad.operators.mixtures import common_type

    if len(arguments) == 3:
        kind = common_type(*(each._array if isinstance(each, Tensor) else each for each in arguments[1:]))
        if out.dtype is not kind:
            raise RuntimeError(texts.out_kind(kind.scalar_name, out.dtype.scalar_name))


def check_found(arguments: Sequence[Any], out: Any) -> None:
    """Places come first."""
    check_single_places(out._array)
    if out.dtype is not arguments[0].dtype:
        raise RuntimeError(found_type(out.dtype.scalar_name, arguments[0].dtype.scalar_name))


def check_ldexp(arguments: Sequence[Any], out: Any) -> None:
    if out.dtype.category < FLOATING:
        raise RuntimeError(texts.ldexp_type(out.dtype.scalar_name))


def check_mvlgamma(arguments: Sequence[Any], out: Any) -> None:
    """The message names the type of the operand twice."""
    kind = arguments[0].dtype
    if kind is not bool_ and not can_cast(kind if kind.category >= FLOATING else get_default_dtype(), out.dtype):
        raise RuntimeError(texts.mvlgamma_type(kind.scalar_name, kind.scalar_name))


def check_lerp(arguments: Sequence[Any], out: Any) -> None:
    by_tensor = isinstance(arguments[-1], Tensor) and arguments[-1].dim()
    if by_tensor and out.dtype is not arguments[0].dtype:
        raise RuntimeError(found_type(out.dtype.scalar_name, arguments[0].dtype.scalar_name))


FIRST: dict[str, Callable[[Sequence[Any], Any], None]] = {
    "div": check_div, "divide": check_div, "dot": check_dot, "gather": check_gather, "ger": check_ger,
    "ldexp": check_ldexp, "lerp": check_lerp, "multigammaln": check_mvlgamma, "mvlgamma": check_mvlgamma,
    "index_copy": check_index_copy, "take_along_dim": check_taking_along, "where": check_where,
    "vdot": check_dot, **dict.fromkeys(("gelu", "hardshrink", "softplus", "softshrink"), check_found),
}  # fmt: skip
