"""What PyTorch writes down for forward mode, where that is seen to differ from the gradient formula.

A rule is called with the operands, their tangents, the result (or the results) and the attributes. A tangent that is
missing is there as zeros without memory, as in PyTorch: a sum with them is the other term, a product is such zeros
again. A rule returns the tangent of the result (or those of all), `None` where there is none, or `NotImplemented`
where the general way is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from refgrad import memory
from refgrad.operators.names import FUNCTIONS, ROWS
from refgrad.tensor import Tensor

Rule = Callable[..., Any]
Given = Sequence[Any]


def filled(primals: Given, tangents: Given, result: Any) -> list[Any]:
    """The tangents, with zeros without memory for those that are missing."""
    return [
        zero_tangent(primal, result) if tangent is None else tangent
        for primal, tangent in zip(primals, tangents, strict=True)
    ]


def zero_tangent(primal: Any, result: Any) -> Any:
    if primal is None:
        return None
    if isinstance(primal, Tensor):
        return Tensor._of(memory.unallocated(primal._array.shape, primal._array.dtype))
    return Tensor._of(memory.unallocated((), result._array.dtype))


def scaled(tensor: Any, factor: Any) -> Any:
    """The product with a number, and the tensor itself if that is 1."""
    return tensor if not isinstance(factor, Tensor) and factor == 1 else by_number(tensor, factor)


def by_number(tensor: Any, factor: Any) -> Any:
    return ROWS["mul", "Scalar"](tensor, factor)


def where(condition: Any, one: Any, other: Any) -> Any:
    return FUNCTIONS["where"](condition, one, other)


def zeros_like(tensor: Any) -> Any:
    return tensor.new_zeros(tensor._array.shape)


# ---- sums, products, and what chooses between two -----------------------------------------------------------------


def sum_of_two(primals: Given, tangents: Given, result: Any, alpha: Any) -> Any:
    return tangents[0] + scaled(tangents[1], alpha)


def difference(primals: Given, tangents: Given, result: Any, alpha: Any) -> Any:
    return tangents[0] - scaled(tangents[1], alpha)


def reversed_difference(primals: Given, tangents: Given, result: Any, alpha: Any) -> Any:
    return -scaled(tangents[0], alpha) + tangents[1]


def quotient(primals: Given, tangents: Given, result: Any) -> Any:
    """Through the result."""
    return (tangents[0] - tangents[1] * result) / primals[1]


def remainder_of(mode: str) -> Rule:
    def rule(primals: Given, tangents: Given, result: Any) -> Any:
        whole = FUNCTIONS["div"](*primals, rounding_mode=mode)
        return tangents[0] - tangents[1] * whole

    return rule


def plus_product(primals: Given, tangents: Given, result: Any, value: Any) -> Any:
    _, first, second = primals
    total = tangents[0] + scaled(tangents[1] * second, value)
    return total + scaled(tangents[2] * first, value)


def plus_quotient(primals: Given, tangents: Given, result: Any, value: Any) -> Any:
    _, above, below = primals
    total = tangents[0] + scaled(tangents[1] / below, value)
    return total - scaled(tangents[2] * (above / below) / below, value)


def between(primals: Given, tangents: Given, result: Any, weight: Any) -> Any:
    return FUNCTIONS["lerp"](*tangents, weight)


def between_by_tensor(primals: Given, tangents: Given, result: Any) -> Any:
    start, end, weight = primals
    return FUNCTIONS["lerp"](tangents[0], tangents[1], weight) + tangents[2] * (end - start)


def larger(primals: Given, tangents: Given, result: Any) -> Any:
    """Of two equal operands each counts half."""
    first, second = primals
    return half_at_ties(first > second, first == second, tangents, result)


def smaller(primals: Given, tangents: Given, result: Any) -> Any:
    first, second = primals
    return half_at_ties(first < second, first == second, tangents, result)


def half_at_ties(first: Any, equal: Any, tangents: Given, result: Any) -> Any:
    share = first.to(result.dtype).masked_fill(equal, 0.5)
    return tangents[1] + share * (tangents[0] - tangents[1])


def larger_number(primals: Given, tangents: Given, result: Any) -> Any:
    """Of two equal numbers the second one counts."""
    first, second = primals
    return chosen((first > second) | second.isnan(), tangents, result)


def smaller_number(primals: Given, tangents: Given, result: Any) -> Any:
    """Of two equal numbers the first one counts."""
    first, second = primals
    return chosen((first <= second) | second.isnan(), tangents, result)


def chosen(first: Any, tangents: Given, result: Any) -> Any:
    return tangents[1] + first.to(result.dtype) * (tangents[0] - tangents[1])


def clamped(primals: Given, tangents: Given, result: Any) -> Any:
    """On a bound: the tensor between two bounds, the bound if there is one."""
    tensor, low, high = primals
    own, of_low, of_high = tangents
    if high is None:
        return where(tensor > low, own, of_low)
    if low is None:
        return where(tensor < high, own, of_high)
    inside = where(tensor < low, of_low, where(tensor > high, of_high, own))
    return where(low > high, of_high, inside)


def at_least(primals: Given, tangents: Given, result: Any) -> Any:
    return where(primals[0] >= primals[1], *tangents)


def at_most(primals: Given, tangents: Given, result: Any) -> Any:
    return where(primals[0] <= primals[1], *tangents)


def next_number(primals: Given, tangents: Given, result: Any) -> Any:
    return where(primals[0] != primals[1], tangents[0], 0)


# ---- angles, signs, complex numbers -------------------------------------------------------------------------------


def angle_of_two(primals: Given, tangents: Given, result: Any) -> Any:
    """Undefined at the origin, where the gradient of reverse mode is 0."""
    y, x = primals
    return (-y * tangents[1] + x * tangents[0]) / (y.pow(2) + x.pow(2))


def argument(primals: Given, tangents: Given, result: Any) -> Any:
    """Of real numbers it does not move."""
    tensor, moving = primals[0], tangents[0]
    if not tensor.is_complex():
        return moving.new_zeros(()).expand(tuple(moving._array.shape))
    turned = by_number(moving.conj() * tensor / tensor.abs().pow(2), 1j)
    return where(tensor == 0, 0, turned).conj().real


def copied_sign(primals: Given, tangents: Given, result: Any) -> Any:
    return tangents[0] * (result / primals[0]).masked_fill(primals[0] == 0, 0)


def length(primals: Given, tangents: Given, result: Any) -> Any:
    if not primals[0].is_complex():
        return NotImplemented
    return (tangents[0].conj() * primals[0].sgn()).real


def complex_sign(primals: Given, tangents: Given, result: Any) -> Any:
    """It moves along the unit circle."""
    if not primals[0].is_complex():
        return NotImplemented
    size = primals[0].abs()
    across = tangents[0] - result * result * tangents[0].conj()
    return (across / by_number(size, 2.0)).masked_fill(size == 0, 0)


def from_length_and_angle(primals: Given, tangents: Given, result: Any) -> Any:
    size, angle = primals
    grown, turned = tangents
    return FUNCTIONS["complex"](
        grown * angle.cos() - turned * size * angle.sin(), grown * angle.sin() + turned * size * angle.cos()
    )


# ---- activations and special functions ----------------------------------------------------------------------------


def leaky(primals: Given, tangents: Given, result: Any) -> Any:
    """At 0 the slope counts as 1, in reverse mode as the weight."""
    tensor, weight = primals
    return where(tensor >= 0, tangents[0], weight * tangents[0] + tangents[1] * tensor)


def above_threshold(primals: Given, tangents: Given, result: Any, threshold: Any) -> Any:
    """Zeros for the operand that decides, and the gradient's tangent where it passes."""
    return zeros_like(primals[1]) + ROWS["threshold_backward", ""](tangents[0], primals[1], threshold)


def times_log_of_more(primals: Given, tangents: Given, result: Any) -> Any:
    tensor, other = primals
    through = FUNCTIONS["special_xlog1py"](tangents[0], other).masked_fill((tensor == 0) & (other <= -1), 0)
    return through + tangents[1] * tensor / ROWS["add", "Scalar"](other, 1)


def number_times_log_of_more(primals: Given, tangents: Given, result: Any, number: Any) -> Any:
    return by_number(tangents[0], number) / ROWS["add", "Scalar"](primals[0], 1)


def normal_quantile(primals: Given, tangents: Given, result: Any) -> Any:
    return by_number(tangents[0], (2 * math.pi) ** 0.5) * ROWS["div", "Scalar"](result.square(), 2).exp()


def log_of_normal(primals: Given, tangents: Given, result: Any) -> Any:
    slope = (-(result + ROWS["div", "Scalar"](primals[0].square(), 2))).exp()
    return ROWS["div", "Scalar"](tangents[0], (2 * math.pi) ** 0.5) * slope


def scaled_complementary_error(primals: Given, tangents: Given, result: Any) -> Any:
    slope = ROWS["sub", "Scalar"](by_number(primals[0], 2.0) * result, 2.0 / math.pi**0.5, 1)
    return slope * tangents[0]


def dropped(primals: Given, tangents: Given, result: Any, p: float, train: bool | None) -> Any:
    """Not in training nothing is dropped, and the tangent is handed on."""
    return NotImplemented if train is None or train else (tangents[0], None)


def diagonal(primals: Given, tangents: Given, result: Any, offset: int, dim1: int, dim2: int) -> Any:
    return tangents[0].diagonal(offset, dim1, dim2)


RULES: dict[tuple[str, str], Rule] = {
    ("add", "Tensor"): sum_of_two,
    ("sub", "Tensor"): difference,
    ("rsub", "Tensor"): reversed_difference,
    ("div", "Tensor"): quotient,
    ("remainder", "Tensor"): remainder_of("floor"),
    ("fmod", "Tensor"): remainder_of("trunc"),
    ("addcmul", ""): plus_product,
    ("addcdiv", ""): plus_quotient,
    ("lerp", "Scalar"): between,
    ("lerp", "Tensor"): between_by_tensor,
    ("maximum", ""): larger,
    ("minimum", ""): smaller,
    ("fmax", ""): larger_number,
    ("fmin", ""): smaller_number,
    ("clamp", "Tensor"): clamped,
    ("clamp_min", "Tensor"): at_least,
    ("clamp_max", "Tensor"): at_most,
    ("nextafter", ""): next_number,
    ("atan2", ""): angle_of_two,
    ("angle", ""): argument,
    ("copysign", "Tensor"): copied_sign,
    ("abs", ""): length,
    ("sgn", ""): complex_sign,
    ("polar", ""): from_length_and_angle,
    ("_prelu_kernel", ""): leaky,
    ("threshold_backward", ""): above_threshold,
    ("special_xlog1py", ""): times_log_of_more,
    ("special_xlog1py", "self_scalar"): number_times_log_of_more,
    ("special_ndtri", ""): normal_quantile,
    ("special_log_ndtr", ""): log_of_normal,
    ("special_erfcx", ""): scaled_complementary_error,
    ("diagonal_copy", ""): diagonal,
    ("native_dropout", ""): dropped,
}

LEADING: dict[tuple[str, str], tuple[int, ...]] = {
    ("copysign", "Tensor"): (0,),
    ("nextafter", ""): (0,),
}
"""Operands without whose tangent the result has none."""
