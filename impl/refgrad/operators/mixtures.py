"""Elements of several tensors in one: `where`, `lerp`, `addcmul`, `addcdiv`."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, forward_texts
from refgrad.dtypes import FROM_NUMPY
from refgrad.levels import in_transform, is_batched, levels
from refgrad.memory import laid_out
from refgrad.once import warn_once
from refgrad.operators import texts
from refgrad.operators.call import NUMBERS, call_inplace, convert
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, Operator, function, operator
from refgrad.operators.dispatching import is_anybody_asked, made_for_formula, options_of
from refgrad.operators.formula_arithmetic import number_minus, number_over, times
from refgrad.operators.formula_values import conjugate, zeros_number
from refgrad.operators.kernels import floats_only, no_bools
from refgrad.tensor import Tensor


def where_forward(condition: Any, a: Any, b: Any) -> Any:
    if condition.dtype.kind != "b":
        raise RuntimeError(texts.where_condition(FROM_NUMPY[condition.dtype].scalar_name))
    kind = common_type(a, b)
    a, b = (convert(dtypes.filling(each, kind), kind) for each in (a, b))
    made = np.where(condition, a, b)
    return laid_out(made, [condition, a, b]) if made.ndim > 1 else made


def common_type(*values: Any) -> dtypes.dtype:
    """The common type of arrays and Python numbers."""
    groups: list[dtypes.dtype | None] = [None, None, None]
    for each in values:
        array = isinstance(each, np.ndarray)
        group = 2 if not array else 1 if each.ndim == 0 else 0
        kind = FROM_NUMPY[each.dtype] if array else dtypes.of_number(each)
        known = groups[group]
        groups[group] = kind if known is None else dtypes.promote_types(known, kind)
    return dtypes.result_dtype(*groups)


WHERE: Operator = operator(
    "where.self(Tensor condition, Tensor self, Tensor other)",
    where_forward,
    node="WhereBackward0",
    gradients={
        "self": lambda grad, condition: where(condition, grad, zeros_number(grad)),
        "other": lambda grad, condition: where(condition, zeros_number(grad), grad),
    },
    dtype=KEEP,
    public=False,
    kernels={},
)

NOT_GIVEN = object()


def where(condition: Any, self: Any = NOT_GIVEN, other: Any = NOT_GIVEN) -> Any:
    """Elements of `self` where the condition holds, of `other` elsewhere; of the condition alone, where it is true."""
    if self is NOT_GIVEN and other is NOT_GIVEN:
        if levels.active and isinstance(condition, Tensor) and in_transform() and is_batched(condition):
            raise RuntimeError(forward_texts.dynamic_shape("where"))
        return condition.nonzero(as_tuple=True)
    operands = (condition, self, other)
    fit = isinstance(condition, Tensor) and all(isinstance(each, (Tensor, *NUMBERS)) for each in operands[1:])
    if not fit:
        raise TypeError(texts.where_operands([type(each).__name__ for each in operands if each is not NOT_GIVEN]))
    if condition._array.dtype == np.uint8:
        warn_once(texts.WHERE_BYTES, "where")
        condition = condition != 0
    if levels.active and is_anybody_asked((condition, self, other)):
        self, other = as_told_tensors(self, other)
    return WHERE(condition, self, other)


def as_told_tensors(self: Any, other: Any) -> tuple[Any, Any]:
    """Both as tensors of one type, which those who are asked see being made; the second one first."""
    kind = common_type(*(each._array if isinstance(each, Tensor) else each for each in (self, other)))
    made = [
        each if isinstance(each, Tensor) else made_for_formula("scalar_tensor", (each,), options_of(kind))
        for each in (other, self)
    ]
    second, first = (each if each.dtype is kind else each.to(kind) for each in made)
    return first, second


function("where", public=FUNCTION)(where)


@function("where", public=METHOD)
def where_method(self: Any, condition: Any, other: Any) -> Any:
    return where(condition, self, other)


def lerp_forward(a: Any, end: Any, weight: Any) -> Any:
    """From whichever end is nearer, so that a weight of 1 gives `end` exactly."""
    weight = a.dtype.type(weight) if not isinstance(weight, np.ndarray) else weight
    return np.where(np.abs(weight) < 0.5, a + weight * (end - a), end - (end - a) * (a.dtype.type(1) - weight))


LERP_NUMBER = operator(
    "lerp.Scalar(Tensor self, Tensor end, Number weight)",
    floats_only("lerp_kernel_scalar", lerp_forward),
    node="LerpBackward0",
    gradients={
        "self": lambda grad, weight: times(grad, 1 - conjugate(weight)),
        "end": lambda grad, weight: times(grad, conjugate(weight)),
    },
    public=False,
)

LERP = operator(
    "lerp.Tensor(Tensor self, Tensor end, Tensor weight)",
    floats_only("lerp_kernel_tensor", lerp_forward),
    node="LerpBackward1",
    gradients={
        "self": lambda grad, weight: grad * number_minus(1, weight).conj(),
        "end": lambda grad, weight: grad * weight.conj(),
        "weight": lambda grad, self, end: grad * (end - self).conj(),
    },
    public=False,
)


def check_lerp(self: Any, end: Any, weight: Any) -> None:
    """Raise RuntimeError if the operands differ in type."""
    for name, each in (("end", end), ("weight", weight)):
        may_differ = name == "weight" and isinstance(each, Tensor) and not each._array.ndim
        if isinstance(each, Tensor) and each.dtype is not self.dtype and not may_differ:
            raise RuntimeError(texts.expected_dtype(name, cpp_type(self.dtype), cpp_type(each.dtype)))


def cpp_type(kind: Any) -> str:
    from refgrad.cpp_spelling import cpp_type as name

    return "long int" if kind is dtypes.int64 else name(kind)


@function("lerp")
def lerp(self: Any, end: Any, weight: Any) -> Any:
    """`self + weight * (end - self)`."""
    check_lerp(self, end, weight)
    return LERP(self, end, weight) if isinstance(weight, Tensor) else LERP_NUMBER(self, end, weight)


@function("lerp_", public=METHOD)
def lerp_(self: Any, end: Any, weight: Any) -> Any:
    check_lerp(self, end, weight)
    if isinstance(weight, Tensor):
        return call_inplace(LERP, (self, end, weight), ())
    return call_inplace(LERP_NUMBER, (self, end), (weight,))


ADDCMUL = operator(
    "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Number value=1)",
    no_bools("addcmul_cpu_out", lambda a, b, c, value: a + a.dtype.type(value) * b * c),
    node="AddcmulBackward0",
    gradients={
        "self": lambda grad: grad,
        "tensor1": lambda grad, tensor2, value: grad * times(tensor2, value).conj(),
        "tensor2": lambda grad, tensor1, value: grad * times(tensor1, value).conj(),
    },
    inplace=True,
)


def addcdiv_forward(a: Any, b: Any, c: Any, value: Any) -> Any:
    if a.dtype.kind in "biu":
        raise RuntimeError(texts.ADDCDIV_INTEGERS)
    return a + a.dtype.type(value) * b / c


def addcdiv_second(grad: Any, tensor1: Any, tensor2: Any, value: Any) -> Any:
    square = tensor2 * tensor2
    slope = (times(tensor1, value) / square).conj()
    return -grad * slope


ADDCDIV = operator(
    "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Number value=1)",
    addcdiv_forward,
    node="AddcdivBackward0",
    gradients={
        "self": lambda grad: grad,
        "tensor1": lambda grad, tensor2, value: grad * number_over(value, tensor2).conj(),
        "tensor2": lambda grad, tensor1, tensor2, value: addcdiv_second(grad, tensor1, tensor2, value),
    },
    inplace=True,
)
