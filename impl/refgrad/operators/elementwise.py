"""Elementwise arithmetic: sums, products, quotients, powers, and the functions of one and two variables.

Formulas are written with the operators PyTorch's own formulas use, because their nodes show in the graph of a gradient.
There `x * 2` is another operator than in a user's program: a number in a formula stays an attribute of the node
(`MulBackward1`), a number in a program becomes a 0-dim tensor (`MulBackward0`). So formulas say `times(x, 2)`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, memory, shapes
from refgrad.creation import filled_below
from refgrad.dtypes import FROM_NUMPY
from refgrad.levels import levels
from refgrad.memory import laid_out, laid_out_number, unallocated
from refgrad.modes import modes
from refgrad.node import Node, NotImplementedNode
from refgrad.operators import texts
from refgrad.operators.call import NUMBERS, call_inplace, convert, result_type
from refgrad.operators.complex_texts import complex_not_differentiable
from refgrad.operators.declare import FLOAT, FUNCTION, KEEP, METHOD, Operator, function, inplace_of, operator, passed_on
from refgrad.operators.examples import MUL, scaled, to_real
from refgrad.operators.precise import precise, sqrt
from refgrad.operators.transformed import refuse_tangents
from refgrad.pool import MANY, fresh
from refgrad.tensor import Tensor
from refgrad.texts import out_resized
from refgrad.versions import inference, only_inference

Forward = Callable[..., Any]

LN2 = math.log(2)
LN10 = math.log(10)


# ---- what the rows share ------------------------------------------------------------------------------------------


def with_number(a: Any, *numbers: Any) -> tuple[Any, ...]:
    """An array and Python numbers, brought to the type that PyTorch computes them in."""
    kind = FROM_NUMPY[a.dtype]
    for each in numbers:
        if each is not None:
            own = dtypes.of_number(each)
            if own.category > kind.category:
                kind = dtypes.result_dtype(kind, None, own)
    target = kind.numpy
    return a.astype(target, copy=False), *(None if each is None else target.type(each) for each in numbers)


def by_number(compute: Forward) -> Forward:
    """The forward of an operator on a tensor and a number, which PyTorch broadcasts."""

    def forward(a: Any, number: Any) -> Any:
        a, number = with_number(a, number)
        made = compute(a, number)
        return laid_out_number(made, a) if made.ndim > 1 else made

    return forward


def laid_as_operand(compute: Forward) -> Forward:
    """The forward of an operator on one tensor, and attributes."""

    def forward(a: Any, *attributes: Any) -> Any:
        made = compute(a, *attributes)
        return laid_out(made, [a]) if made.ndim > 1 else made

    return forward


def floats_only(kernel: str, forward: Forward) -> Forward:
    """A forward that PyTorch has for floating types only; `kernel` is how its error calls it."""

    def checked(a: Any, *rest: Any) -> Any:
        if a.dtype.kind in "biu":
            raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))
        return forward(a, *rest)

    return checked


def no_bools(kernel: str, forward: Forward) -> Forward:
    """A forward that PyTorch has for numbers but not for bools."""

    def checked(a: Any, *rest: Any) -> Any:
        if a.dtype.kind == "b":
            raise NotImplementedError(texts.not_implemented_for(kernel, "Bool"))
        return forward(a, *rest)

    return checked


def zeros_like(tensor: Any) -> Any:
    """Zeros of the shape, type and layout of `tensor`, without history."""
    array = tensor._array
    made = memory.empty_like(array, array.dtype)
    made.fill(0)
    return filled_below(Tensor._of(made), tensor)


def constant(like: Any, number: Any) -> Any:
    """A 0-dim tensor of the type of `like`."""
    return Tensor._of(np.asarray(number, dtype=like._array.dtype))


def underivable(name: str, result: Any, operands: tuple[Any, ...]) -> Any:
    """`result` as it comes out of an operator that PyTorch has no derivative for."""
    if levels.active:
        refuse_tangents(name, operands)
    node = underivable_node(name, operands)
    if node is not None and result._array.dtype.kind in "fcV":
        node.input_metadata = ((result._array.shape, result._array.dtype),)
        result._grad_fn = node
    return result


def underivable_node(name: str, operands: tuple[Any, ...]) -> Node | None:
    wanted = [each for each in operands if isinstance(each, Tensor) and each.requires_grad] if modes.grad else []
    if not wanted or (inference.leaves and only_inference(operands)):
        return None
    return NotImplementedNode(name, tuple(each.edge() for each in wanted), tuple(each._output_nr for each in wanted))


def inplace_underivable(name: str, row: Any, tensors: tuple[Any, ...]) -> Any:
    """The in-place form of an operator that PyTorch has no derivative for."""
    from refgrad.inplace import check_inplace, rebase_history

    target = tensors[0]
    if levels.active:
        refuse_tangents(name, tensors)
    node = underivable_node(name, tensors)
    check_inplace(target, node is not None)
    call_inplace(row, tensors, ())
    if node is not None:
        node.input_metadata = ((target._array.shape, target._array.dtype),)
        rebase_history(target, node)
    return target


def written(tensor: Any, times: int = 1) -> Any:
    """`tensor`, which PyTorch's formula writes in place so often after making it: its version tells."""
    for _ in range(times):
        tensor.bump_version()
    return tensor


def tensors_only(
    row: Any, name: str, *, inplace: bool = False, aliases: tuple[str, ...] = (), run: Callable[..., Any] | None = None
) -> Any:
    """Publish a row of two tensors that, unlike `add`, takes no Python numbers. `run` is called in its place."""
    run = run or row

    @function(name, public=FUNCTION, aliases=aliases)
    def of_tensors(input: Any, other: Any) -> Any:
        check_tensor(name, "input", 1, input)
        check_tensor(name, "other", 2, other)
        return run(input, other)

    @function(name, public=METHOD, aliases=aliases)
    def of_tensor(self: Any, other: Any) -> Any:
        check_tensor(name, "other", 1, other)
        return run(self, other)

    if inplace:
        write = inplace_of(row)

        @function(name + "_", public=METHOD, aliases=tuple(each + "_" for each in aliases))
        def in_tensor(self: Any, other: Any) -> Any:
            check_tensor(name + "_", "other", 1, other)
            return write(self, other)

    return of_tensors


def check_tensor(name: str, argument: str, position: int, value: Any) -> None:
    """Raise TypeError if an argument is no tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(texts.argument_must_be_tensor(name, argument, position, type(value).__name__))


# ---- arithmetic with a number, as formulas use it -----------------------------------------------------------------

ADD_NUMBER = operator(
    "add.Scalar(Tensor self, Number other)",
    by_number(np.add),
    node="AddBackward1",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    public=False,
    kernels={},
)

SUB_NUMBER = operator(
    "sub.Scalar(Tensor self, Number other)",
    lambda a, other: subtract_number(a, other),
    node="SubBackward1",
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


def subtract_number(a: Any, number: Any) -> Any:
    if a.dtype.kind == "b":
        raise RuntimeError(texts.SUBTRACT_BOOL)
    return by_number(np.subtract)(a, number)


def conjugate(number: Any) -> Any:
    return number.conjugate() if isinstance(number, complex) else number


def plus(tensor: Any, number: Any) -> Any:
    """`tensor + number` as a formula has it."""
    return ADD_NUMBER(tensor, number)


def minus(tensor: Any, number: Any) -> Any:
    return SUB_NUMBER(tensor, number)


def times(tensor: Any, number: Any) -> Any:
    return MUL_NUMBER(tensor, number)


def over(tensor: Any, number: Any) -> Any:
    return DIV_NUMBER(tensor, number)


def number_minus(number: Any, tensor: Any) -> Any:
    """`number - tensor`: here a formula does make a tensor of the number."""
    return SUB(constant(tensor, number), tensor, 1)


def number_over(number: Any, tensor: Any) -> Any:
    return DIV(constant(tensor, number), tensor)


# ---- sums and differences -----------------------------------------------------------------------------------------

SUB = operator(
    "sub.Tensor(Tensor self, Tensor other, *, Number alpha=1)",
    lambda a, b, alpha: np.subtract(a, b if alpha == 1 else b * a.dtype.type(alpha)),
    node="SubBackward0",
    gradients={
        "self": lambda grad, self_scalar_type: to_real(grad, self_scalar_type),
        "other": lambda grad, other_scalar_type, alpha: to_real(scaled(-grad, conjugate(alpha)), other_scalar_type),
    },
    public=False,
    kernels={"self": passed_on, "other": lambda grad, alpha: -grad if alpha == 1 else None},
    writes=lambda a, b, alpha, out: np.subtract(a, b if alpha == 1 else b * a.dtype.type(alpha), out),
)

RSUB = operator(
    "rsub.Tensor(Tensor self, Tensor other, *, Number alpha=1)",
    lambda a, b, alpha: rsub_forward(a, b, alpha),
    node="RsubBackward0",
    gradients={
        "self": lambda grad, self_scalar_type, alpha: to_real(scaled(-grad, conjugate(alpha)), self_scalar_type),
        "other": lambda grad, other_scalar_type: to_real(grad, other_scalar_type),
    },
    public=False,
)

RSUB_NUMBER = operator(
    "rsub.Scalar(Tensor self, Number other, Number alpha=1)",
    lambda a, other, alpha: rsub_number(a, other, alpha),
    node="RsubBackward1",
    gradients={
        "self": lambda grad, self_scalar_type, alpha: to_real(scaled(-grad, conjugate(alpha)), self_scalar_type)
    },
    dtype=KEEP,
    public=False,
    kernels={},
)


def rsub_forward(a: Any, b: Any, alpha: Any) -> Any:
    shapes.raise_broadcast_error((b, a))
    return np.subtract(b, a if alpha == 1 else a * a.dtype.type(alpha))


def rsub_number(a: Any, other: Any, alpha: Any) -> Any:
    return by_number(lambda a, b: np.subtract(b, a if alpha == 1 else a * a.dtype.type(alpha)))(a, other)


def is_bool(value: Any) -> bool:
    return value._array.dtype.kind == "b" if isinstance(value, Tensor) else isinstance(value, (bool, np.bool_))


def check_sub(self: Any, other: Any, alpha: Any, name: str = "sub") -> None:
    """Raise RuntimeError for bools, and for a scale that does not suit integers."""
    bools = [is_bool(self), is_bool(other)]
    if any(bools):
        raise RuntimeError(texts.SUBTRACT_BOOLS if all(bools) else texts.SUBTRACT_BOOL)
    if type(alpha) is not int:
        check_alpha(self, other, alpha, name)


def check_alpha(self: Any, other: Any, alpha: Any, name: str) -> None:
    """Raise RuntimeError for a scale that does not suit the type of the result."""
    kind = result_type(name, (self, other))
    if isinstance(alpha, bool) and kind is not dtypes.bool_:
        raise RuntimeError(texts.ALPHA_BOOL)
    if isinstance(alpha, float) and kind.category < dtypes.FLOATING:
        raise RuntimeError(texts.ALPHA_FLOAT)


@function("sub", aliases=("subtract",))
def sub(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`self - alpha * other`. Raises RuntimeError for bools."""
    check_sub(self, other, alpha)
    return SUB(self, other, alpha)


subtract_from = inplace_of(SUB)


@function("sub_", public=METHOD, aliases=("subtract_",))
def sub_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    check_sub(self, other, alpha, "sub_")
    return subtract_from(self, other, alpha)


@function("rsub", public=FUNCTION)
def rsub(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`other - alpha * self`."""
    check_sub(self, other, alpha)
    if inference.leaves and not isinstance(other, Tensor) and only_inference((self,)):
        return SUB(other, self, alpha)  # whose number autograd hears of
    return RSUB(self, other, alpha) if isinstance(other, Tensor) else RSUB_NUMBER(self, other, alpha)


function("rsub", public=METHOD)(rsub)


def neg_forward(a: Any) -> Any:
    if a.dtype.kind == "b":
        raise RuntimeError(texts.NEGATE_BOOL)
    return np.negative(a)


def negate_into(a: Any, out: Any) -> Any:
    """`np.negative(a, out)`, which NumPy 2.4 computes wrongly where `out` has certain strides."""
    if out.flags.c_contiguous:
        return np.negative(a, out)
    np.copyto(out, np.negative(a))
    return out


NEG = operator(
    "neg(Tensor self)",
    neg_forward,
    node="NegBackward0",
    gradients={"self": lambda grad: grad.neg()},
    inplace=True,
    aliases=("negative",),
    kernels={"self": lambda grad: -grad},
    writes=negate_into,
)


@function("positive")
def positive(self: Any) -> Any:
    """The tensor itself. Raises RuntimeError for bools."""
    if self._array.dtype.kind == "b":
        raise RuntimeError(texts.POSITIVE_BOOL)
    return self


# ---- quotients ----------------------------------------------------------------------------------------------------


def div_self(grad: Any, other: Any, self_scalar_type: Any, rounding_mode: Any = None) -> Any:
    if rounding_mode is not None:
        return zeros_like(grad)
    return to_real(grad / other.conj(), self_scalar_type)


def div_other(grad: Any, self: Any, other: Any, rounding_mode: Any = None) -> Any:
    if rounding_mode is not None:
        return zeros_like(grad)
    return to_real(-grad * ((self / other) / other).conj(), other.dtype)


DIV = operator(
    "div.Tensor(Tensor self, Tensor other)",
    np.true_divide,
    node="DivBackward0",
    gradients={
        "self": lambda grad, other, self_scalar_type: div_self(grad, other, self_scalar_type),
        "other": lambda grad, self, other: div_other(grad, self, other),
    },
    dtype=FLOAT,
    public=False,
    kernels={},
)


def div_mode_forward(a: Any, b: Any, rounding_mode: Any) -> Any:
    if rounding_mode is None:
        if a.dtype.kind in "biu":
            kind = dtypes.get_default_dtype().numpy
            a, b = a.astype(kind), b.astype(kind)
        return np.true_divide(a, b)
    if rounding_mode == "floor":
        return floor_quotient(a, b)
    if rounding_mode == "trunc":
        return trunc_quotient(a, b)
    raise RuntimeError(texts.rounding_mode(rounding_mode))


def check_divisor(a: Any, b: Any, kernel: str) -> None:
    """Raise what integers and bools raise."""
    if a.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for(kernel, "Bool"))
    if a.dtype.kind in "iu" and np.any(b == 0) and a.size > 0:
        raise RuntimeError(texts.ZERO_DIVISION)


def floor_quotient(a: Any, b: Any) -> Any:
    check_divisor(a, b, "div_floor_cpu")
    return np.floor_divide(a, b)


def trunc_quotient(a: Any, b: Any) -> Any:
    check_divisor(a, b, "div_trunc_cpu")
    if a.dtype.kind in "iu":
        return (a - np.fmod(a, b)) // b
    return np.trunc(np.true_divide(a, b))


DIV_MODE = operator(
    "div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode)",
    div_mode_forward,
    node="DivBackward2",
    gradients={
        "self": lambda grad, other, self_scalar_type, rounding_mode: div_self(
            grad, other, self_scalar_type, rounding_mode
        ),
        "other": lambda grad, self, other, rounding_mode: div_other(grad, self, other, rounding_mode),
    },
    public=False,
)


@function("div", aliases=("divide",))
def div(self: Any, other: Any, *, rounding_mode: Any = ...) -> Any:
    """`self / other`. With a rounding mode, even None, PyTorch takes another overload."""
    return DIV(self, other) if rounding_mode is ... else DIV_MODE(self, other, rounding_mode)


divide_by = inplace_of(DIV)


@function("div_", public=METHOD, aliases=("divide_",))
def div_(self: Any, other: Any, *, rounding_mode: Any = ...) -> Any:
    if rounding_mode is ...:
        return divide_by(self, other)
    return call_inplace(DIV_MODE, (self, other), (rounding_mode,))


@function("true_divide")
def true_divide(self: Any, other: Any) -> Any:
    return DIV(self, other)


@function("true_divide_", public=METHOD)
def true_divide_(self: Any, other: Any) -> Any:
    return divide_by(self, other)


@function("_reciprocal_mul", public=METHOD)
def number_divided(number: Any, self: Any) -> Any:
    """`number / self`, which Python's operator computes by way of the reciprocal."""
    return MUL(RECIPROCAL(self), number)


FLOOR_DIVIDE = operator("floor_divide(Tensor self, Tensor other)", floor_quotient, public=False)


@function("floor_divide")
def floor_divide(self: Any, other: Any) -> Any:
    return underivable("aten::floor_divide", FLOOR_DIVIDE(self, other), (self, other))


@function("floor_divide_", public=METHOD)
def floor_divide_(self: Any, other: Any) -> Any:
    return inplace_underivable("aten::floor_divide_", FLOOR_DIVIDE, (self, other))


def remainder_forward(a: Any, b: Any) -> Any:
    """The remainder that has the sign of the divisor; a zero keeps the sign of the dividend."""
    check_divisor(a, b, "remainder_cpu")
    rest = np.fmod(a, b)
    return np.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest)


def fmod_forward(a: Any, b: Any) -> Any:
    check_divisor(a, b, "fmod_cpu")
    return np.fmod(a, b)


REMAINDER_NUMBER = operator(
    "remainder.Scalar(Tensor self, Number other)",
    by_number(remainder_forward),
    node="RemainderBackward0",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    public=False,
)

REMAINDER = operator(
    "remainder.Tensor(Tensor self, Tensor other)",
    remainder_forward,
    node="RemainderBackward1",
    gradients={
        "self": lambda grad: grad,
        "other": lambda grad, self, other: -grad * DIV_MODE(self, other, "floor"),
    },
    public=False,
)

FMOD_NUMBER = operator(
    "fmod.Scalar(Tensor self, Number other)",
    by_number(fmod_forward),
    node="FmodBackward0",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    public=False,
)

FMOD = operator(
    "fmod.Tensor(Tensor self, Tensor other)",
    fmod_forward,
    node="FmodBackward1",
    gradients={
        "self": lambda grad: grad,
        "other": lambda grad, self, other: -grad * DIV_MODE(self, other, "trunc"),
    },
    public=False,
)


@function("remainder")
def remainder(self: Any, other: Any) -> Any:
    if not isinstance(other, Tensor):
        return REMAINDER_NUMBER(self, other)
    if isinstance(self, Tensor):
        return REMAINDER(self, other)
    with_history = REMAINDER(self, other.detach())
    return underivable("aten::remainder", with_history, (other,))


@function("remainder_", public=METHOD)
def remainder_(self: Any, other: Any) -> Any:
    return call_inplace(REMAINDER if isinstance(other, Tensor) else REMAINDER_NUMBER, *operands(self, other))


@function("fmod")
def fmod(self: Any, other: Any) -> Any:
    return FMOD(self, other) if isinstance(other, Tensor) else FMOD_NUMBER(self, other)


@function("fmod_", public=METHOD)
def fmod_(self: Any, other: Any) -> Any:
    return call_inplace(FMOD if isinstance(other, Tensor) else FMOD_NUMBER, *operands(self, other))


def operands(self: Any, other: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Tensors and attributes of a call whose second operand may be a number."""
    return ((self, other), ()) if isinstance(other, Tensor) else ((self,), (other,))


RECIPROCAL = operator(
    "reciprocal(Tensor self)",
    lambda a: np.true_divide(a.dtype.type(1), a),
    node="ReciprocalBackward0",
    gradients={"self": lambda grad, result: -grad * (result * result).conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

# ---- powers and roots ---------------------------------------------------------------------------------------------


def power(a: Any, b: Any) -> Any:
    """Elementwise power; integers to negative integers are 1, -1 or 0."""
    if a.dtype.kind == "b":
        raise NotImplementedError(texts.not_implemented_for("pow", "Bool"))
    if a.dtype.kind in "iu":
        inverse = np.where(a == 1, 1, np.where(a == -1, np.where(b % 2 == 0, 1, -1), 0))
        return np.where(b < 0, inverse, np.power(a, np.abs(b))).astype(a.dtype)
    return precise(np.power)(a, b)


def power_number(a: Any, exponent: Any) -> Any:
    """A power with a number; PyTorch computes some exponents by multiplication, which is exact more often."""
    a, n = with_number(a, exponent)
    if a.dtype.kind == "b" and exponent in (0, 1):
        return EXACT_POWERS[exponent](a)
    if a.dtype.kind in "biu":
        if exponent < 0:
            raise RuntimeError(texts.NEGATIVE_INTEGER_POWER)
        return power(a, n)
    if exponent in EXACT_POWERS:
        return EXACT_POWERS[exponent](a)
    return precise(np.power)(a, n)


EXACT_POWERS: dict[Any, Forward] = {
    0: np.ones_like,
    1: np.copy,
    2: lambda a: a * a,
    3: lambda a: a * a * a,
    -1: lambda a: 1 / a,
    -2: lambda a: 1 / (a * a),
    0.5: sqrt,
    -0.5: lambda a: 1 / sqrt(a),
}


def pow_number_gradient(grad: Any, self: Any, exponent: Any) -> Any:
    """Nothing but zeros for exponent 0, even where `self` is 0."""
    if exponent == 0:
        return self.new_zeros(self.shape)
    return to_real(grad * times(self.pow(exponent - 1), exponent).conj(), self.dtype)


def pow_self_gradient(grad: Any, self: Any, exponent: Any) -> Any:
    rising = grad * (exponent * self.pow(minus(exponent, 1))).conj()
    return to_real(where(exponent == 0.0, zeros_number(grad), rising), self.dtype)


def pow_exponent_gradient(grad: Any, self: Any, exponent: Any, result: Any) -> Any:
    """0 to a power that is not negative stays 0: no gradient there, where the logarithm is infinite."""
    if exponent.is_complex():
        flat = (self == 0).logical_and((exponent.imag == 0).logical_and(exponent.real >= 0))
    else:
        flat = (self == 0).logical_and(exponent >= 0)
    kind = result_type("pow", (self, exponent))
    base = self if self.dtype is kind else self.to(kind)
    rising = (result * base.log()).conj()
    return to_real(grad * where(flat, zeros_number(grad), rising), exponent.dtype)


def pow_base_gradient(grad: Any, self: Any, exponent: Any, result: Any) -> Any:
    if self != 0:
        return grad * times(result, np.log(self) if isinstance(self, complex) else signed_log(self)).conj()
    return grad * where(exponent >= 0, zeros_number(grad), times(result, -math.inf).conj())


def signed_log(number: Any) -> float:
    return math.log(number) if number > 0 else math.nan


def zeros_number(like: Any) -> Any:
    return constant(like, 0)


POW_NUMBER = operator(
    "pow.Tensor_Scalar(Tensor self, Number exponent)",
    laid_as_operand(power_number),
    node="PowBackward0",
    gradients={"self": pow_number_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)

POW = operator(
    "pow.Tensor_Tensor(Tensor self, Tensor exponent)",
    power,
    node="PowBackward1",
    gradients={"self": pow_self_gradient, "exponent": pow_exponent_gradient},
    public=False,
)

POW_BASE = operator(
    "pow.Scalar(Tensor exponent, Number self)",
    lambda b, base: power(*with_number(b, base)[::-1]) if base != 1 else np.ones_like(with_number(b, base)[0]),
    node="PowBackward2",
    gradients={"exponent": lambda grad, self, exponent, result: pow_base_gradient(grad, self, exponent, result)},
    dtype=KEEP,
    public=False,
)


@function("pow")
def pow(self: Any, exponent: Any) -> Any:
    """`self ** exponent`; either may be a number."""
    if not isinstance(exponent, Tensor):
        return POW_NUMBER(self, exponent)
    return POW(self, exponent) if isinstance(self, Tensor) else POW_BASE(exponent, self)


raise_to = inplace_of(POW_NUMBER)


@function("pow_", public=METHOD)
def pow_(self: Any, exponent: Any) -> Any:
    return call_inplace(POW, (self, exponent), ()) if isinstance(exponent, Tensor) else raise_to(self, exponent)


@function("square")
def square(self: Any) -> Any:
    return POW_NUMBER(self, 2)


@function("square_", public=METHOD)
def square_(self: Any) -> Any:
    return raise_to(self, 2)


@function("float_power")
def float_power(self: Any, exponent: Any) -> Any:
    """A power computed in float64, or in complex128 if one of the two is complex."""
    wide = any(each.is_complex() if isinstance(each, Tensor) else type(each) is complex for each in (self, exponent))
    kind, number = (dtypes.complex128, complex) if wide else (dtypes.float64, float)
    return pow(*(each.to(kind) if isinstance(each, Tensor) else number(each) for each in (self, exponent)))


@function("float_power_", public=METHOD)
def float_power_(self: Any, exponent: Any) -> Any:
    """The in-place form. Raises RuntimeError unless `self` has the type of the result: float64 or complex128."""
    of_exponent = exponent.is_complex() if isinstance(exponent, Tensor) else isinstance(exponent, complex)
    wanted = dtypes.complex128 if self.is_complex() or of_exponent else dtypes.float64
    if self.dtype is not wanted:
        raise RuntimeError(texts.float_power_type(self.dtype.scalar_name, wanted.scalar_name))
    if isinstance(exponent, Tensor):
        return pow_(self, exponent.to(wanted))
    return pow_(self, complex(exponent) if wanted is dtypes.complex128 else float(exponent))


SQRT = operator(
    "sqrt(Tensor self)",
    sqrt,
    node="SqrtBackward0",
    gradients={"self": lambda grad, result: grad / times(result.conj(), 2)},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

RSQRT = operator(
    "rsqrt(Tensor self)",
    lambda a: np.true_divide(a.dtype.type(1), np.sqrt(a)),
    node="RsqrtBackward0",
    gradients={"self": lambda grad, result: times(grad, -0.5) * result.pow(3).conj()},
    dtype=FLOAT,
    inplace=True,
)

# ---- sign and rounding --------------------------------------------------------------------------------------------

ABS = operator(
    "abs(Tensor self)",
    no_bools("abs_cpu", np.absolute),
    node="AbsBackward0",
    gradients={"self": lambda grad, self: grad * self.sgn()},
    inplace=True,
    aliases=("absolute",),
    kernels={},
)


@function("abs_", aliases=("absolute_",))
def abs_(self: Any) -> Any:
    """The in-place form, which complex numbers do not have."""
    if self.is_complex():
        raise RuntimeError(texts.ABS_COMPLEX)
    return inplace_of(ABS)(self)


def sign_forward(a: Any) -> Any:
    """The sign; 0 of nan, unlike NumPy's."""
    return a.copy() if a.dtype.kind == "b" else ((a > 0).astype(np.int8) - (a < 0)).astype(a.dtype)


SIGN = operator(
    "sign(Tensor self)",
    sign_forward,
    node="SignBackward0",
    gradients={"self": zeros_like},
    inplace=True,
    kernels={},
)

SGN = operator(
    "sgn(Tensor self)",
    lambda a: np.sign(a) if a.dtype.kind == "c" else sign_forward(a),
    node="SgnBackward0",
    gradients={"self": lambda grad, self, result: sgn_gradient(grad, self, result)},
    inplace=True,
)


def sgn_gradient(grad: Any, self: Any, result: Any) -> Any:
    """A complex sign moves along the unit circle, a real one not at all."""
    if not self.is_complex():
        return type(self)._of(unallocated(grad._array.shape, grad._array.dtype))
    turned = (grad - result * (result * grad.conj()).real) / self.abs()
    return turned.masked_fill(self == 0, 0)


def whole(kernel: str, forward: Forward) -> Forward:
    """A rounding: integers are whole already."""
    return no_bools(kernel, lambda a: a.copy() if a.dtype.kind in "iu" else forward(a))


TRUNC = operator(
    "trunc(Tensor self)",
    whole("trunc_vml_cpu", np.trunc),
    node="TruncBackward0",
    gradients={"self": zeros_like},
    inplace=True,
    aliases=("fix",),
)

FLOOR = operator(
    "floor(Tensor self)",
    whole("floor_vml_cpu", np.floor),
    node="FloorBackward0",
    gradients={"self": zeros_like},
    inplace=True,
)

CEIL = operator(
    "ceil(Tensor self)",
    whole("ceil_vml_cpu", np.ceil),
    node="CeilBackward0",
    gradients={"self": zeros_like},
    inplace=True,
)

ROUND = operator(
    "round(Tensor self)",
    whole("round_vml_cpu", np.rint),
    node="RoundBackward0",
    gradients={"self": zeros_like},
    public=False,
)


def round_decimals(a: Any, decimals: int) -> Any:
    if a.dtype.kind in "biu":
        kernel = "round_cpu" if decimals else "round_vml_cpu"
        raise NotImplementedError(texts.not_implemented_for(kernel, FROM_NUMPY[a.dtype].scalar_name))
    scale = a.dtype.type(10.0 ** abs(decimals))
    return np.rint(a * scale) / scale if decimals >= 0 else np.rint(a / scale) * scale


ROUND_DECIMALS = operator(
    "round.decimals(Tensor self, *, int decimals)",
    round_decimals,
    node="RoundBackward1",
    gradients={"self": zeros_like},
    public=False,
)


@function("round")
def round(self: Any, *, decimals: Any = None) -> Any:
    """The nearest whole number, the even one of two; or the nearest number with so many decimals."""
    return ROUND(self) if decimals is None else ROUND_DECIMALS(self, decimals)


@function("round_", public=METHOD)
def round_(self: Any, *, decimals: Any = None) -> Any:
    return call_inplace(ROUND, (self,), ()) if decimals is None else call_inplace(ROUND_DECIMALS, (self,), (decimals,))


FRAC = operator(
    "frac(Tensor self)",
    floats_only("frac_cpu", lambda a: a - np.trunc(a)),
    node="FracBackward0",
    gradients={"self": lambda grad: grad},
    inplace=True,
)

COPYSIGN = operator(
    "copysign.Tensor(Tensor self, Tensor other)",
    np.copysign,
    node="CopysignBackward0",
    gradients={
        "self": lambda grad, self, result: copysign_gradient(grad, self, result),
        "other": lambda grad: written(zeros_like(grad)),
    },
    dtype=FLOAT,
    public=False,
)

COPYSIGN_NUMBER = operator(
    "copysign.Scalar(Tensor self, Number other)",
    lambda a, other: np.copysign(a, a.dtype.type(other)),
    node="CopysignBackward1",
    gradients={"self": lambda grad, self, result: copysign_gradient(grad, self, result)},
    dtype=FLOAT,
    public=False,
)


def copysign_gradient(grad: Any, self: Any, result: Any) -> Any:
    return grad * (result / self).masked_fill(self == 0, 0)


@function("copysign")
def copysign(self: Any, other: Any) -> Any:
    return COPYSIGN(self, other) if isinstance(other, Tensor) else COPYSIGN_NUMBER(self, other)


@function("copysign_", public=METHOD)
def copysign_(self: Any, other: Any) -> Any:
    return call_inplace(COPYSIGN if isinstance(other, Tensor) else COPYSIGN_NUMBER, *operands(self, other))


HEAVISIDE = operator(
    "heaviside(Tensor self, Tensor values)",
    lambda a, values: np.where(a == 0, values, (a > 0).astype(a.dtype)),
    public=False,
)


def check_heaviside(name: str, self: Any, values: Any, position: int) -> None:
    """Raise TypeError for a number, RuntimeError if the operands differ in type."""
    check_tensor(name, "input", 1, self)
    check_tensor(name, "values", position, values)
    if self.dtype is not values.dtype:
        raise RuntimeError(texts.HEAVISIDE_TYPES)


@function("heaviside")
def heaviside(self: Any, values: Any) -> Any:
    """0 for negative numbers, 1 for positive ones, `values` at 0."""
    check_heaviside("heaviside", self, values, 2)
    return underivable("aten::heaviside", HEAVISIDE(self, values), (self, values))


@function("heaviside_", public=METHOD)
def heaviside_(self: Any, values: Any) -> Any:
    check_heaviside("heaviside_", self, values, 1)
    return inplace_underivable("aten::heaviside_", HEAVISIDE, (self, values))


# ---- exponentials and logarithms ----------------------------------------------------------------------------------

EXP2 = operator(
    "exp2(Tensor self)",
    np.exp2,
    node="Exp2Backward0",
    gradients={"self": lambda grad, result: times(grad * result.conj(), LN2)},
    dtype=FLOAT,
    inplace=True,
)

EXPM1 = operator(
    "expm1(Tensor self)",
    precise(np.expm1),
    node="Expm1Backward0",
    gradients={"self": lambda grad, result: grad * plus(result.conj(), 1)},
    dtype=FLOAT,
    inplace=True,
)

LOG = operator(
    "log(Tensor self)",
    precise(np.log),
    node="LogBackward0",
    gradients={"self": lambda grad, self: grad / self.conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

LOG2 = operator(
    "log2(Tensor self)",
    precise(np.log2),
    node="Log2Backward0",
    gradients={"self": lambda grad, self: grad / times(self.conj(), LN2)},
    dtype=FLOAT,
    inplace=True,
)

LOG10 = operator(
    "log10(Tensor self)",
    precise(np.log10),
    node="Log10Backward0",
    gradients={"self": lambda grad, self: grad / times(self.conj(), LN10)},
    dtype=FLOAT,
    inplace=True,
)

LOG1P = operator(
    "log1p(Tensor self)",
    precise(np.log1p),
    node="Log1PBackward0",
    gradients={"self": lambda grad, self: grad / plus(self, 1).conj()},
    dtype=FLOAT,
    inplace=True,
)


def complex_logaddexp(x: Any, y: Any) -> Any:
    """By the real parts: the logarithm of the sum of both exponentials, which the larger one leads."""
    low, high = np.where(x.real < y.real, x, y), np.where(x.real < y.real, y, x)
    nan = np.isnan(x) | np.isnan(y)
    equal = ~np.isfinite(low.real) & (low.real == high.real)
    usual = np.log(np.exp(np.where(equal, 0, low - high)) + 1) + high
    both = np.where(low.real < 0, low, np.log(np.exp(low) + np.exp(high)))
    return np.where(nan, complex(math.nan, math.nan), np.where(equal, both, usual))


def logaddexp_forward(a: Any, b: Any) -> Any:
    return complex_logaddexp(a, b).astype(a.dtype) if a.dtype.kind == "c" else np.logaddexp(a, b)


LOGADDEXP = operator(
    "logaddexp(Tensor self, Tensor other)",
    floats_only("logaddexp_cpu", logaddexp_forward),
    node="LogaddexpBackward0",
    gradients={
        "self": lambda grad, self, other: grad / plus((other - self).exp(), 1).conj(),
        "other": lambda grad, self, other: grad / plus((self - other).exp(), 1).conj(),
    },
    public=False,
)


LOGADDEXP2 = operator(
    "logaddexp2(Tensor self, Tensor other)",
    floats_only("logaddexp2_cpu", np.logaddexp2),
    node="Logaddexp2Backward0",
    gradients={
        "self": lambda grad, self, other: grad / plus(POW_BASE(other - self, 2), 1),
        "other": lambda grad, self, other: grad / plus(POW_BASE(self - other, 2), 1),
    },
    public=False,
)

tensors_only(LOGADDEXP, "logaddexp")
tensors_only(LOGADDEXP2, "logaddexp2")


def xlogy_forward(a: Any, b: Any) -> Any:
    """`a * log(b)`, 0 where a is 0, nan where b is."""
    return np.where(np.isnan(b), b, np.where(a == 0, a.dtype.type(0), a * np.log(b)))


XLOGY: Operator = operator(
    "xlogy.Tensor(Tensor self, Tensor other)",
    xlogy_forward,
    node="XlogyBackward0",
    gradients={
        "self": lambda grad, self, other: XLOGY(grad, other).masked_fill((self == 0.0).logical_and(other <= 0.0), 0.0),
        "other": lambda grad, self, other: grad * self / other,
    },
    dtype=FLOAT,
    public=False,
)

XLOGY_OF_NUMBER = operator(
    "xlogy.Scalar_Self(Tensor other, Number self)",
    lambda b, a: xlogy_forward(b.dtype.type(a), b),
    node="XlogyBackward1",
    gradients={"other": lambda grad, self, other: times(grad, self) / other},
    dtype=FLOAT,
    public=False,
)

XLOGY_BY_NUMBER: Operator = operator(
    "xlogy.Scalar_Other(Tensor self, Number other)",
    lambda a, b: xlogy_forward(a, a.dtype.type(b)),
    node="XlogyBackward2",
    gradients={
        "self": lambda grad, self, other: (
            XLOGY_BY_NUMBER(grad, other) if other > 0 else XLOGY_BY_NUMBER(grad, other).masked_fill(self == 0.0, 0.0)
        )
    },
    dtype=FLOAT,
    public=False,
)


@function("xlogy")
def xlogy(self: Any, other: Any) -> Any:
    """`self * log(other)`, and 0 where `self` is 0."""
    if not isinstance(other, Tensor):
        return XLOGY_BY_NUMBER(self, other)
    return XLOGY(self, other) if isinstance(self, Tensor) else XLOGY_OF_NUMBER(other, self)


@function("xlogy_", public=METHOD)
def xlogy_(self: Any, other: Any) -> Any:
    return call_inplace(XLOGY if isinstance(other, Tensor) else XLOGY_BY_NUMBER, *operands(self, other))


LDEXP = operator(
    "ldexp.Tensor(Tensor self, Tensor other)",
    lambda a, b: a * np.exp2(b),
    node="LdexpBackward0",
    gradients={
        "self": lambda grad, other: grad * POW_BASE(other, 2).conj(),
        "other": lambda grad, result: times(grad * result.conj(), LN2),
    },
    dtype=FLOAT,
    public=False,
)


def ldexp(self: Any, other: Any) -> Any:
    """Powers of two with whole exponents PyTorch writes into memory that has the shape of the first operand."""
    if self.is_floating_point() and other._array.dtype.kind in "iu":
        shape = np.broadcast_shapes(self._array.shape, other._array.shape)
        if shape != self._array.shape:
            warnings.warn(out_resized(self._array.shape, shape), UserWarning, stacklevel=3)
    return LDEXP(self, other)


tensors_only(LDEXP, "ldexp", run=ldexp)


@function("ldexp_")
def ldexp_(self: Any, other: Any) -> Any:
    """The in-place form. Raises RuntimeError for integers."""
    if not (self.is_floating_point() or self.is_complex()):
        raise RuntimeError(texts.ldexp_type(self.dtype.scalar_name))
    return inplace_of(LDEXP)(self, other)


# ---- trigonometric and hyperbolic functions -----------------------------------------------------------------------

SIN = operator(
    "sin(Tensor self)",
    precise(np.sin),
    node="SinBackward0",
    gradients={"self": lambda grad, self: grad * self.cos().conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

COS = operator(
    "cos(Tensor self)",
    precise(np.cos),
    node="CosBackward0",
    gradients={"self": lambda grad, self: grad * -self.sin().conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)

TAN = operator(
    "tan(Tensor self)",
    precise(np.tan),
    node="TanBackward0",
    gradients={"self": lambda grad, result: grad * plus(result.pow(2), 1).conj()},
    dtype=FLOAT,
    inplace=True,
)

ASIN = operator(
    "asin(Tensor self)",
    precise(np.arcsin),
    node="AsinBackward0",
    gradients={"self": lambda grad, self: grad * plus(-self * self, 1).rsqrt().conj()},
    dtype=FLOAT,
    inplace=True,
    aliases=("arcsin",),
)

ACOS = operator(
    "acos(Tensor self)",
    precise(np.arccos),
    node="AcosBackward0",
    gradients={"self": lambda grad, self: grad * -plus(-self * self, 1).rsqrt().conj()},
    dtype=FLOAT,
    inplace=True,
    aliases=("arccos",),
)

ATAN = operator(
    "atan(Tensor self)",
    precise(np.arctan),
    node="AtanBackward0",
    gradients={"self": lambda grad, self: grad / plus(self * self, 1).conj()},
    dtype=FLOAT,
    inplace=True,
    aliases=("arctan",),
)

SINH = operator(
    "sinh(Tensor self)",
    precise(np.sinh),
    node="SinhBackward0",
    gradients={"self": lambda grad, self: grad * self.cosh().conj()},
    dtype=FLOAT,
    inplace=True,
)

COSH = operator(
    "cosh(Tensor self)",
    precise(np.cosh),
    node="CoshBackward0",
    gradients={"self": lambda grad, self: grad * self.sinh().conj()},
    dtype=FLOAT,
    inplace=True,
)

ASINH = operator(
    "asinh(Tensor self)",
    np.arcsinh,
    node="AsinhBackward0",
    gradients={"self": lambda grad, self: grad * plus(self.pow(2), 1).rsqrt().conj()},
    dtype=FLOAT,
    aliases=("arcsinh",),
)

ACOSH = operator(
    "acosh(Tensor self)",
    np.arccosh,
    node="AcoshBackward0",
    gradients={"self": lambda grad, self: acosh_gradient(grad, self)},
    dtype=FLOAT,
    aliases=("arccosh",),
)


def acosh_gradient(grad: Any, self: Any) -> Any:
    """The root of a product is the product of roots for real numbers only."""
    if self.is_complex():
        return grad * (plus(self, 1).rsqrt() * minus(self, 1).rsqrt()).conj()
    return grad * minus(self * self, 1).rsqrt()


ATANH = operator(
    "atanh(Tensor self)",
    precise(np.arctanh),
    node="AtanhBackward0",
    gradients={"self": lambda grad, self: times(grad, 1) / number_minus(1, self.pow(2)).conj()},
    dtype=FLOAT,
    aliases=("arctanh",),
)


def inplace_only(name: str, forward: Forward, node: str) -> Any:
    """An in-place form that PyTorch computes and cannot differentiate."""
    row = operator(
        f"{name}_(Tensor self)",
        forward,
        node=node,
        gradients={"self": inplace_without_derivative(name)},
        dtype=FLOAT,
        public=False,
    )
    write = inplace_of(row)
    function(name + "_", public=METHOD, aliases=(f"arc{name[1:]}_",))(lambda self: write(self))
    return row


def inplace_without_derivative(name: str) -> Any:
    def raises(grad: Any) -> Any:
        raise NotImplementedError(texts.inplace_derivative_not_implemented(f"inplace version of {name}"))

    return raises


ASINH_INPLACE = inplace_only("asinh", np.arcsinh, "AsinhBackward1")
ACOSH_INPLACE = inplace_only("acosh", np.arccosh, "AcoshBackward1")
ATANH_INPLACE = inplace_only("atanh", np.arctanh, "AtanhBackward1")


def atan2_gradients(grad: Any, self: Any, other: Any) -> tuple[Any, Any]:
    """Both divide by the squared distance from the origin, and are 0 there."""
    other_squared = other * other  # the first product, as hooks of saved tensors see
    distance = self * self + other_squared
    inverse = distance.reciprocal().masked_fill(distance == 0, 0)
    return grad * other * inverse, grad * -self * inverse


ATAN2 = operator(
    "atan2(Tensor self, Tensor other)",
    np.arctan2,
    node="Atan2Backward0",
    gradients={"self, other": atan2_gradients},
    dtype=FLOAT,
    public=False,
)

tensors_only(ATAN2, "atan2", inplace=True, aliases=("arctan2",))

HYPOT = operator(
    "hypot(Tensor self, Tensor other)",
    floats_only("hypot_cpu", np.hypot),
    node="HypotBackward0",
    gradients={
        "self": lambda grad, self, result: grad * self / result,
        "other": lambda grad, other, result: grad * other / result,
    },
    public=False,
)

tensors_only(HYPOT, "hypot", inplace=True)

DEG2RAD = operator(
    "deg2rad(Tensor self)",
    lambda a: a * a.dtype.type(math.pi / 180),
    node="Deg2RadBackward0",
    gradients={"self": lambda grad: times(grad, math.pi / 180)},
    dtype=FLOAT,
    inplace=True,
)

RAD2DEG = operator(
    "rad2deg(Tensor self)",
    lambda a: a * a.dtype.type(180 / math.pi),
    node="Rad2DegBackward0",
    gradients={"self": lambda grad: times(grad, 180 / math.pi)},
    dtype=FLOAT,
    inplace=True,
)


def sinc_forward(a: Any) -> Any:
    product = a * a.dtype.type(math.pi)
    return np.where(a == 0, a.dtype.type(1), np.sin(product) / np.where(a == 0, a.dtype.type(1), product))


def sinc_gradient(grad: Any, self: Any) -> Any:
    turn = times(self, math.pi)
    square = times(self * self, math.pi)
    slope = grad * ((turn * turn.cos() - turn.sin()) / square).conj()
    return where(square == 0.0, zeros_like(grad), slope)


SINC = operator(
    "sinc(Tensor self)",
    sinc_forward,
    node="SincBackward0",
    gradients={"self": sinc_gradient},
    dtype=FLOAT,
    inplace=True,
)

# ---- special functions --------------------------------------------------------------------------------------------


def by_element(compute: Callable[[float], float]) -> Forward:
    """A function that NumPy does not have, computed in float64, number by number."""

    def forward(a: Any) -> Any:
        numbers = [compute(float(each)) for each in a.reshape(-1)]
        return np.array(numbers, dtype=np.float64).reshape(a.shape).astype(a.dtype)

    return forward


erf_of = by_element(math.erf)
erfc_of = by_element(math.erfc)


ERF = operator(
    "erf(Tensor self)",
    erf_of,
    node="ErfBackward0",
    gradients={"self": lambda grad, self: times((-self.pow(2)).exp(), 2 / math.sqrt(math.pi)) * grad},
    dtype=FLOAT,
    inplace=True,
)

ERFC = operator(
    "erfc(Tensor self)",
    erfc_of,
    node="ErfcBackward0",
    gradients={"self": lambda grad, self: times((-self.pow(2)).exp(), -2 / math.sqrt(math.pi)) * grad},
    dtype=FLOAT,
    inplace=True,
)


def sigmoid_of(a: Any) -> Any:
    one = a.dtype.type(1)
    return one / (one + np.exp(-a))


SIGMOID_BACKWARD: Operator = operator(
    "sigmoid_backward(Tensor grad_output, Tensor output)",
    lambda grad, y: (
        grad * np.conj((grad.dtype.type(1) - y) * y) if y.dtype.kind == "c" else grad * (grad.dtype.type(1) - y) * y
    ),
    node="SigmoidBackwardBackward0",
    gradients={
        "grad_output": lambda grad, output: SIGMOID_BACKWARD(grad, output.conj()),
        "output": lambda grad, grad_output, output: grad.conj() * grad_output * plus(times(output.conj(), -2), 1),
    },
    public=False,
)

SIGMOID = operator(
    "sigmoid(Tensor self)",
    sigmoid_of,
    node="SigmoidBackward0",
    gradients={"self": lambda grad, result: SIGMOID_BACKWARD(grad, result)},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)


def one_less_square(y: Any) -> Any:
    """1 - y * y, of a float32 rounded once, as the fused multiply-add of PyTorch's kernels does."""
    if y.dtype != np.float32:
        return y.dtype.type(1) - y * y
    wide = y.astype(np.float64)
    return (1 - wide * wide).astype(np.float32)


TANH_BACKWARD: Operator = operator(
    "tanh_backward(Tensor grad_output, Tensor output)",
    lambda grad, y: grad * np.conj(one_less_square(y)),
    node="TanhBackwardBackward0",
    gradients={
        "grad_output": lambda grad, output: TANH_BACKWARD(grad, output.conj()),
        "output": lambda grad, grad_output, output: grad.conj() * (times(output.conj(), -2) * grad_output),
    },
    public=False,
)


ONE_OF = {kind: np.ones((), kind) for kind in dtypes.FROM_NUMPY if kind.kind == "f"}
"""NumPy takes half as long for an array as for a number that it has to convert first."""


HALF = np.dtype(np.float16)


def tanh_kernel(grad: Any, result: Any, out: Any = None) -> Any:
    if grad.dtype is HALF:
        return None  # it is rounded once, not after each of three steps
    if result.size < MANY or grad.shape != result.shape:
        return TANH_BACKWARD.plain_forward(grad, result)
    slope = np.multiply(result, result, fresh(result.shape, result.dtype))
    np.subtract(ONE_OF[slope.dtype], slope, slope)
    return np.multiply(grad, slope, slope if out is None else out)


TANH = operator(
    "tanh(Tensor self)",
    precise(np.tanh),
    node="TanhBackward0",
    gradients={"self": lambda grad, result: TANH_BACKWARD(grad, result)},
    dtype=FLOAT,
    inplace=True,
    kernels={"self": tanh_kernel},
)


def logit_forward(a: Any, eps: Any) -> Any:
    if eps is not None:
        a = np.minimum(np.maximum(a, a.dtype.type(eps)), a.dtype.type(1 - eps))
    return np.log(a / (a.dtype.type(1) - a))


def logit_gradient(grad: Any, self: Any, eps: Any) -> Any:
    """Outside the bounds 0 where eps clamps, nan where it does not."""
    product = self * number_minus(1, self)
    slope = grad / (product if modes.grad else product.abs())  # its sign is seen at -0 alone, where PyTorch has none
    low, high = (0.0, 1.0) if eps is None else (eps, 1.0 - eps)
    if modes.grad:
        inside = (self >= low).logical_and(self <= high)
        return where(inside, slope, constant(grad, math.nan if eps is None else 0.0))
    outside = (self < low).logical_or(self > high)
    return where(outside, constant(grad, math.nan if eps is None else 0.0), slope)


LOGIT = operator(
    "logit(Tensor self, float? eps=None)",
    logit_forward,
    node="LogitBackward0",
    gradients={"self": logit_gradient},
    dtype=FLOAT,
    inplace=True,
)

# ---- the larger and the smaller, bounds ---------------------------------------------------------------------------


def chosen(grad: Any, equal: Any, lost: Any) -> Any:
    """The gradient where an operand was chosen, half of it where both were, 0 where it lost."""
    return where(equal, over(grad, 2), grad).masked_fill_(lost, 0)


def larger(a: Any, b: Any) -> Any:
    """The larger of two, the first of equal ones (which decides on the sign of a zero); nan wins."""
    return np.where((b > a) | (b != b), b, a)


def smaller(a: Any, b: Any) -> Any:
    return np.where((b < a) | (b != b), b, a)


MAXIMUM = operator(
    "maximum(Tensor self, Tensor other)",
    larger,
    node="MaximumBackward0",
    gradients={
        "self": lambda grad, self, other: chosen(grad, self == other, self < other),
        "other": lambda grad, self, other: chosen(grad, self == other, self > other),
    },
    public=False,
    kernels={},
)

MINIMUM = operator(
    "minimum(Tensor self, Tensor other)",
    smaller,
    node="MinimumBackward0",
    gradients={
        "self": lambda grad, self, other: chosen(grad, self == other, self > other),
        "other": lambda grad, self, other: chosen(grad, self == other, self < other),
    },
    public=False,
    kernels={},
)

FMAX = operator(
    "fmax(Tensor self, Tensor other)",
    np.fmax,
    node="FmaxBackward0",
    gradients={
        "self": lambda grad, self, other: grad.masked_fill((self >= other).logical_or(other.isnan()).logical_not(), 0),
        "other": lambda grad, self, other: grad.masked_fill((self >= other).logical_or(other.isnan()), 0),
    },
    public=False,
)

FMIN = operator(
    "fmin(Tensor self, Tensor other)",
    np.fmin,
    node="FminBackward0",
    gradients={
        "self": lambda grad, self, other: grad.masked_fill((self <= other).logical_or(other.isnan()).logical_not(), 0),
        "other": lambda grad, self, other: grad.masked_fill((self <= other).logical_or(other.isnan()), 0),
    },
    public=False,
)

maximum = tensors_only(MAXIMUM, "maximum")
minimum = tensors_only(MINIMUM, "minimum")
tensors_only(FMAX, "fmax")
tensors_only(FMIN, "fmin")


def bounded(a: Any, low: Any, high: Any) -> Any:
    """Clamp; the upper bound wins where they cross, nan stays and spreads."""
    if low is not None:
        a = larger(a, low)
    return a if high is None else smaller(a, high)


def clamp_self(grad: Any, self: Any, min: Any, max: Any) -> Any:
    if min is not None and max is not None:
        inside = (self >= min).logical_and_(self <= max)
    else:
        inside = self >= min if max is None else self <= max
    return where(inside, grad, zeros_number(grad))


def clamp_bounds(grad: Any, self: Any, min: Any, max: Any, needed: Any) -> tuple[Any, Any]:
    """Where a bound took over it gets the gradient; crossed bounds belong to the upper one."""
    zero = zeros_number(grad)
    to_min = to_max = None
    if min is not None and needed[1]:
        below = self < min if max is None else (min < max).logical_and(self < min)
        to_min = where(below, grad, zero)
    if max is not None and needed[2]:
        above = self > max if min is None else (self > max).logical_or(max < min)
        to_max = where(above, grad, zero)
    return to_min, to_max


CLAMP_TENSOR = operator(
    "clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None)",
    bounded,
    node="ClampBackward0",
    gradients={"self": clamp_self, "min, max": clamp_bounds},
    public=False,
)

CLAMP = operator(
    "clamp(Tensor self, Number? min=None, Number? max=None)",
    laid_as_operand(lambda a, low, high: bounded(*with_number(a, low, high))),
    node="ClampBackward1",
    gradients={"self": clamp_self},
    dtype=KEEP,
    public=False,
    kernels={},
)

CLAMP_MIN = operator(
    "clamp_min(Tensor self, Number min)",
    laid_as_operand(lambda a, low: larger(*with_number(a, low))),
    node="ClampMinBackward0",
    gradients={"self": lambda grad, self, min: where(self >= min, grad, zeros_number(grad))},
    dtype=KEEP,
    public=False,
)

CLAMP_MIN_TENSOR = operator(
    "clamp_min.Tensor(Tensor self, Tensor min)",
    larger,
    node="ClampMinBackward1",
    gradients={
        "self": lambda grad, self, min: where(self >= min, grad, zeros_number(grad)),
        "min": lambda grad, self, min: where(self < min, grad, zeros_number(grad)),
    },
    public=False,
)

CLAMP_MAX = operator(
    "clamp_max(Tensor self, Number max)",
    laid_as_operand(lambda a, high: smaller(*with_number(a, high))),
    node="ClampMaxBackward0",
    gradients={"self": lambda grad, self, max: where(self <= max, grad, zeros_number(grad))},
    dtype=KEEP,
    public=False,
)

CLAMP_MAX_TENSOR = operator(
    "clamp_max.Tensor(Tensor self, Tensor max)",
    smaller,
    node="ClampMaxBackward1",
    gradients={
        "self": lambda grad, self, max: where(self <= max, grad, zeros_number(grad)),
        "max": lambda grad, self, max: where(self > max, grad, zeros_number(grad)),
    },
    public=False,
)


def clamp_row(name: str, self: Any, min: Any, max: Any) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """The overload for these bounds, its tensors and its attributes.

    Raises RuntimeError without a bound, TypeError for a number beside a tensor.
    """
    if min is None and max is None:
        raise RuntimeError(texts.CLAMP_WITHOUT_BOUNDS)
    given = [isinstance(each, Tensor) for each in (min, max) if each is not None]
    if all(given):
        return CLAMP_TENSOR, (self, min, max), ()
    if any(given):
        raise TypeError(texts.clamp_arguments(name, type(min).__name__, type(max).__name__))
    return CLAMP, (self,), (min, max)


@function("clamp", aliases=("clip",))
def clamp(self: Any, min: Any = None, max: Any = None) -> Any:
    """`self` kept between two bounds, which may be numbers or tensors."""
    row, tensors, attributes = clamp_row("clamp", self, min, max)
    return row(*tensors, *attributes)


@function("clamp_", aliases=("clip_",))
def clamp_(self: Any, min: Any = None, max: Any = None) -> Any:
    row, tensors, attributes = clamp_row("clamp_", self, min, max)
    return inplace_of(row)(*tensors, *attributes)


@function("clamp_min")
def clamp_min(self: Any, min: Any) -> Any:
    return CLAMP_MIN_TENSOR(self, min) if isinstance(min, Tensor) else CLAMP_MIN(self, min)


@function("clamp_min_")
def clamp_min_(self: Any, min: Any) -> Any:
    return call_inplace(CLAMP_MIN_TENSOR if isinstance(min, Tensor) else CLAMP_MIN, *operands(self, min))


@function("clamp_max")
def clamp_max(self: Any, max: Any) -> Any:
    return CLAMP_MAX_TENSOR(self, max) if isinstance(max, Tensor) else CLAMP_MAX(self, max)


@function("clamp_max_")
def clamp_max_(self: Any, max: Any) -> Any:
    return call_inplace(CLAMP_MAX_TENSOR if isinstance(max, Tensor) else CLAMP_MAX, *operands(self, max))


def nan_to_num_forward(a: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    if a.dtype.kind in "biu":
        return a.copy()
    return np.nan_to_num(a, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


NAN_TO_NUM = operator(
    "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
    nan_to_num_forward,
    node="NanToNumBackward0",
    gradients={"self": lambda grad, self: grad * self.isfinite()},
    public=False,
)


@function("nan_to_num")
def nan_to_num(self: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    """Numbers in the place of NaN and infinities. Raises RuntimeError for complex numbers that are recorded."""
    if modes.grad and isinstance(self, Tensor) and self.is_complex() and self.requires_grad:
        raise RuntimeError(complex_not_differentiable("nan_to_num"))
    return NAN_TO_NUM(self, nan, posinf, neginf)


@function("nan_to_num_", public=METHOD)
def nan_to_num_(self: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    return call_inplace(NAN_TO_NUM, (self,), (nan, posinf, neginf))


# ---- mixtures -----------------------------------------------------------------------------------------------------


def where_forward(condition: Any, a: Any, b: Any) -> Any:
    kind = common_type(a, b)
    a, b = convert(a, kind), convert(b, kind)
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
        return condition.nonzero(as_tuple=True)
    operands = (condition, self, other)
    fit = isinstance(condition, Tensor) and all(isinstance(each, (Tensor, *NUMBERS)) for each in operands[1:])
    if not fit:
        raise TypeError(texts.where_operands([type(each).__name__ for each in operands if each is not NOT_GIVEN]))
    if condition._array.dtype.kind != "b":
        if condition._array.dtype != np.uint8:
            raise RuntimeError(texts.where_condition(condition.dtype.scalar_name))
        condition = condition != 0
    return WHERE(condition, self, other)


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
        if isinstance(each, Tensor) and each.dtype is not self.dtype:
            raise RuntimeError(texts.expected_dtype(name, cpp_type(self.dtype), cpp_type(each.dtype)))


def cpp_type(kind: Any) -> str:
    from refgrad.texts import cpp_type as name

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


ADDCDIV = operator(
    "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Number value=1)",
    addcdiv_forward,
    node="AddcdivBackward0",
    gradients={
        "self": lambda grad: grad,
        "tensor1": lambda grad, tensor2, value: grad * number_over(value, tensor2).conj(),
        "tensor2": lambda grad, tensor1, tensor2, value: -grad * (times(tensor1, value) / (tensor2 * tensor2)).conj(),
    },
    inplace=True,
)
