"""Arithmetic with a number, as formulas of gradients use it.

Formulas are written with the operators PyTorch's own formulas use, because their nodes show in the graph of a gradient.
There `x * 2` is another operator than in a user's program: a number in a formula stays an attribute of the node
(`MulBackward1`), a number in a program becomes a 0-dim tensor (`MulBackward0`). So formulas say `times(x, 2)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.levels import levels
from refgrad.operators import texts
from refgrad.operators.arithmetic import DIV, SUB, SUB_NUMBER
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import FLOAT, KEEP, operator
from refgrad.operators.examples import to_real
from refgrad.operators.formula_values import conjugate, constant, like_told, written, zeros_like
from refgrad.operators.kernels import by_number
from refgrad.operators.names import ROWS

ADD_NUMBER = operator(
    "add.Scalar(Tensor self, Number other)",
    by_number(np.add),
    node="AddBackward1",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    public=False,
    kernels={},
)

MUL_NUMBER = operator(
    "mul.Scalar(Tensor self, Number other)",
    by_number(np.multiply),
    node="MulBackward1",
    gradients={"self": lambda grad, other, self_scalar_type: to_real(times(grad, conjugate(other)), self_scalar_type)},
    dtype=KEEP,
    public=False,
    kernels={},
)

DIV_NUMBER = operator(
    "div.Scalar(Tensor self, Number other)",
    by_number(np.true_divide),
    node="DivBackward1",
    gradients={"self": lambda grad, other, self_scalar_type: to_real(over(grad, conjugate(other)), self_scalar_type)},
    dtype=FLOAT,
    public=False,
    kernels={},
)


def plus(tensor: Any, number: Any) -> Any:
    """`tensor + number` as a formula has it."""
    return ADD_NUMBER(tensor, number)


def minus(tensor: Any, number: Any) -> Any:
    return SUB_NUMBER(tensor, number, 1)


def times(tensor: Any, number: Any) -> Any:
    return MUL_NUMBER(tensor, number)


def over(tensor: Any, number: Any) -> Any:
    return DIV_NUMBER(tensor, number)


def number_minus(number: Any, tensor: Any) -> Any:
    """`number - tensor`: here a formula does make a tensor of the number, and writes the difference over it.

    Raises RuntimeError for bools.
    """
    if tensor.dtype.category == dtypes.BOOL:
        raise RuntimeError(texts.SUBTRACT_BOOLS)
    if levels.asks(tensor):
        return call_inplace(SUB, (filled_told(tensor, number), tensor), (1,))
    return written(SUB(constant(tensor, number), tensor, 1), 2)


def number_over(number: Any, tensor: Any) -> Any:
    if levels.asks(tensor):
        return call_inplace(DIV, (filled_told(tensor, number), tensor), ())
    numbers = zeros_like(tensor)
    numbers._array.fill(number)
    return call_inplace(DIV, (written(numbers), tensor), ())


def filled_told(tensor: Any, number: Any) -> Any:
    return call_inplace(ROWS["fill", "Scalar"], (like_told("empty_like", tensor, "preserve"),), (number,))
