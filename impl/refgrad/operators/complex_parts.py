"""Complex numbers from parts, and questions about them: `complex`, `polar`, `angle`, the bits for lazy conjugates."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from refgrad import lazy, memory, shapes
from refgrad.dtypes import FROM_NUMPY
from refgrad.operators import complex_texts as texts
from refgrad.operators.call import call_inplace
from refgrad.operators.convert import imag, real
from refgrad.operators.declare import FLOAT, KEEP, function, operator
from refgrad.operators.examples import CLONE
from refgrad.operators.formula_arithmetic import times
from refgrad.operators.formula_values import zeros_like
from refgrad.operators.getitem import assignable
from refgrad.operators.mixtures import where
from refgrad.operators.names import METHODS
from refgrad.operators.strided import copy_
from refgrad.tensor import Tensor


def angle_forward(a: Any) -> Any:
    """The direction in the plane: 0 or pi for real numbers."""
    if a.dtype.kind == "c":
        return np.angle(a)
    return np.where(np.isnan(a), a, np.where(a < 0, a.dtype.type(math.pi), a.dtype.type(0)))


def angle_gradient(grad: Any, self: Any) -> Any:
    if not self.is_complex():
        return zeros_like(self)
    at_origin = self == 0.0
    turned = times(self * grad / self.abs().pow(2), 1j)
    return where(at_origin, Tensor._of(np.zeros((), self._array.dtype)), turned)


ANGLE = operator(
    "angle(Tensor self)",
    angle_forward,
    node="AngleBackward0",
    gradients={"self": angle_gradient},
    dtype=FLOAT,
)


def check_parts(first: Any, second: Any) -> None:
    """Raise RuntimeError unless both have one floating type."""
    kinds = [FROM_NUMPY[each.dtype].scalar_name for each in (first, second)]
    if not all(each.dtype.kind == "f" for each in (first, second)):
        raise RuntimeError(texts.parts_floating(*kinds))
    if kinds[0] != kinds[1]:
        if kinds[0] == "Half":
            warnings.warn(texts.COMPLEX_HALF, UserWarning, stacklevel=6)
        raise RuntimeError(texts.parts_differ(*kinds))


def from_parts(real: Any, imag: Any, operands: list[Any]) -> Any:
    """The complex numbers, laid out as what comes of these operands."""
    shapes.raise_broadcast_error((real, imag))
    shape = np.broadcast_shapes(real.shape, imag.shape)
    made = np.empty(shape, np.complex128 if real.dtype == np.float64 else np.complex64)
    made.real, made.imag = real, imag
    return memory.laid_out(made, operands) if made.ndim > 1 else made


def complex_forward(real: Any, imag: Any) -> Any:
    check_parts(real, imag)
    return from_parts(real, imag, [real, imag])


COMPLEX = operator(
    "complex(Tensor real, Tensor imag)",
    complex_forward,
    node="ComplexBackward0",
    gradients={"real": lambda grad, real: grad.real, "imag": lambda grad, imag: grad.imag},
    dtype=KEEP,
    public=False,
)


@function("complex")
def complex_of(real: Any, imag: Any) -> Any:
    """A complex tensor of its two parts."""
    return COMPLEX(real, imag)


def polar_forward(length: Any, angle: Any) -> Any:
    check_parts(length, angle)
    return from_parts(length * np.cos(angle), length * np.sin(angle), [length, angle])


def polar_gradients(grad: Any, result: Any) -> tuple[Any, Any]:
    """Along the ray for the length, across it for the angle."""
    conjugate = grad.conj()
    to_length = (conjugate * result.sgn()).real
    return to_length, (conjugate * times(result, 1j)).real


POLAR = operator(
    "polar(Tensor abs, Tensor angle)",
    polar_forward,
    node="PolarBackward0",
    gradients={"abs, angle": polar_gradients},
    dtype=KEEP,
    public=False,
)


@function("polar")
def polar(abs: Any, angle: Any) -> Any:
    """A complex tensor of lengths and angles."""
    return POLAR(abs, angle)


CONJ_PHYSICAL = operator(
    "_conj_physical(Tensor self)",
    lambda a: np.conj(a) if a.dtype.kind == "c" else np.array(a),
    node="ConjPhysicalBackward0",
    gradients={"self": lambda grad: grad.conj_physical()},
    inplace_node="ConjPhysicalBackward1",
    public=False,
)


@function("conj_physical")
def conj_physical(self: Any) -> Any:
    """The conjugate, computed at once; a real tensor itself."""
    return CONJ_PHYSICAL(self) if self.is_complex() else self


@function("conj_physical_")
def conj_physical_(self: Any) -> Any:
    """The complex conjugate, written in place."""
    return call_inplace(CONJ_PHYSICAL, (self,), ())


@function("is_conj")
def is_conj(self: Any) -> bool:
    """Whether this is a conjugate that PyTorch has not computed yet."""
    return lazy.reads(self, np.conj)


@function("is_neg")
def is_neg(self: Any) -> bool:
    """Whether this is an opposite that PyTorch has not computed yet."""
    return lazy.reads(self, np.negative)


@function("resolve_conj")
def resolve_conj(self: Any) -> Any:
    """The tensor itself, or a copy if it is a lazy conjugate."""
    return CLONE(self, None) if is_conj(self) else self


@function("resolve_neg")
def resolve_neg(self: Any) -> Any:
    return CLONE(self, None) if is_neg(self) else self


def set_real(self: Any, value: Any) -> None:
    """`self.real = value`: writes into the real part, as into a view."""
    part = real(self)
    copy_(part, assignable(part, value))


def set_imag(self: Any, value: Any) -> None:
    """`self.imag = value`. Raises RuntimeError for a real tensor."""
    part = imag(self)
    copy_(part, assignable(part, value))


METHODS.update({"real": property(real, set_real), "imag": property(imag, set_imag)})
