"""Sums, differences, quotients and remainders. Products, and sums as the first example, stand in `examples.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.levels import levels
from refgrad.operators import texts
from refgrad.operators.call import call_inplace, result_type
from refgrad.operators.declare import FLOAT, FUNCTION, KEEP, METHOD, function, inplace_of, operator, passed_on
from refgrad.operators.dispatching import options_of
from refgrad.operators.examples import MUL, add_scaled, scaled, to_real
from refgrad.operators.formula_values import conjugate, like_told, zeros_like
from refgrad.operators.kernels import by_number, operands, real_number
from refgrad.operators.underivable import inplace_underivable, underivable
from refgrad.tensor import Tensor
from refgrad.versions import inference, only_inference

# ---- sums and differences -------------------------------------------------------------------------------------------

SUB = operator(
    "sub.Tensor(Tensor self, Tensor other, *, Number alpha=1)",
    lambda a, b, alpha: less(a, b, alpha),
    node="SubBackward0",
    gradients={
        "self": lambda grad, self_scalar_type: to_real(grad, self_scalar_type),
        "other": lambda grad, other_scalar_type, alpha: to_real(scaled(-grad, conjugate(alpha)), other_scalar_type),
    },
    public=False,
    kernels={"self": passed_on, "other": lambda grad, alpha: -grad if alpha == 1 else None},
    writes=lambda a, b, alpha, out: less(a, b, alpha, out),
)

SUB_NUMBER = operator(
    "sub.Scalar(Tensor self, Number other, Number alpha=1)",
    lambda a, other, alpha: subtract_number(a, other, alpha),
    node="SubBackward1",
    gradients={"self": lambda grad, self_scalar_type: to_real(grad, self_scalar_type)},
    dtype=KEEP,
    public=False,
    kernels={},
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
    return less(b, a, alpha)


def less(a: Any, b: Any, alpha: Any, out: Any = None) -> Any:
    """`a - alpha * b`; of float32 rounded once, as a sum is."""
    if alpha == 1:
        return np.subtract(a, b, out)
    alpha = dtypes.element(alpha, dtypes.of_array(a))
    return add_scaled(a, b, -alpha, out) if a.dtype == np.float32 else np.subtract(a, b * a.dtype.type(alpha), out)


def subtract_number(a: Any, other: Any, alpha: Any) -> Any:
    if a.dtype.kind == "b":
        raise RuntimeError(texts.SUBTRACT_BOOL)
    return by_number(lambda a, b: less(a, b, alpha))(a, other)


def rsub_number(a: Any, other: Any, alpha: Any) -> Any:
    return by_number(lambda a, b: less(b, a, alpha))(a, other)


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
    if isinstance(alpha, (float, complex)) and kind.category < dtypes.FLOATING:
        raise RuntimeError(texts.ALPHA_FLOAT)
    if isinstance(alpha, complex) and kind.category < dtypes.COMPLEX:
        raise RuntimeError(texts.ALPHA_COMPLEX)


@function("sub")
def sub(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`self - alpha * other`. Raises RuntimeError for bools."""
    check_sub(self, other, alpha)
    return SUB(self, other, alpha)


subtract_from = inplace_of(SUB)


@function("sub_", public=METHOD)
def sub_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    check_sub(self, other, alpha, "sub_")
    return subtract_from(self, other, alpha)


@function("subtract")
def subtract(self: Any, other: Any, *scale: Any, alpha: Any = 1) -> Any:
    """The same; of a number the scale may stand in its place, without its name, which is another overload."""
    if not scale:
        return sub(self, other, alpha=alpha)
    check_sub(self, other, scale[0])
    if not isinstance(self, Tensor):
        self = Tensor._of(np.asarray(self, result_type("subtract", (self, other)).numpy))
    return SUB_NUMBER(self, other, *scale)


@function("subtract_", public=METHOD)
def subtract_(self: Any, other: Any, *scale: Any, alpha: Any = 1) -> Any:
    if not scale:
        return sub_(self, other, alpha=alpha)
    check_sub(self, other, scale[0], "sub_")
    return call_inplace(SUB_NUMBER, (self,), (other, *scale))


@function("rsub", public=FUNCTION)
def rsub(self: Any, other: Any, *scale: Any, alpha: Any = 1) -> Any:
    """`other - alpha * self`."""
    alpha = scale[0] if scale else alpha
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


# ---- quotients ------------------------------------------------------------------------------------------------------


def zeros_of_rounded(grad: Any) -> Any:
    return like_told("zeros_like", grad, **options_of(grad.dtype)) if levels.asks(grad) else zeros_like(grad)


def div_self(grad: Any, other: Any, self_scalar_type: Any, rounding_mode: Any = None) -> Any:
    if rounding_mode is not None:
        return zeros_of_rounded(grad)
    return to_real(grad / other.conj(), self_scalar_type)


def div_other(grad: Any, self: Any, other: Any, rounding_mode: Any = None) -> Any:
    if rounding_mode is not None:
        return zeros_of_rounded(grad)
    quotient = ((self / other) / other).conj()
    return to_real(-grad * quotient, other.dtype)


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


def less_quotients(grad: Any, quotient: Any) -> Any:
    return -grad * quotient


REMAINDER_NUMBER = operator(
    "remainder.Scalar(Tensor self, Number other)",
    real_number("remainder_cpu", by_number(remainder_forward)),
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
        "other": lambda grad, self, other: less_quotients(grad, DIV_MODE(self, other, "floor")),
    },
    public=False,
)

FMOD_NUMBER = operator(
    "fmod.Scalar(Tensor self, Number other)",
    real_number("fmod_cpu", by_number(fmod_forward)),
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
        "other": lambda grad, self, other: less_quotients(grad, DIV_MODE(self, other, "trunc")),
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


RECIPROCAL = operator(
    "reciprocal(Tensor self)",
    lambda a: np.true_divide(a.dtype.type(1), a),
    node="ReciprocalBackward0",
    gradients={"self": lambda grad, result: reciprocal_gradient(grad, result)},
    dtype=FLOAT,
    inplace=True,
    kernels={},
)


def reciprocal_gradient(grad: Any, result: Any) -> Any:
    squared = (result * result).conj()
    return -grad * squared
