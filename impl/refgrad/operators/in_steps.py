"""Kernels that round a short number after every step, where the others compute in float32 and round once.

Those whose forward has the same steps are named in `bfloat.IN_STEPS`; the others have a forward of their own here.
Arrays are short, numbers as they were given; what comes back in float32 is rounded by the caller. Observed on PyTorch
2.13.0, on a CPU with AVX-512.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.bfloat import SHORT, widened
from refgrad.dtypes import NumpyType
from refgrad.half import element, short_number
from refgrad.operators.activations import softmax_forward, softshrink_forward
from refgrad.operators.examples import check_alpha
from refgrad.operators.losses import MEAN_OF, NONE, bce_backward_forward, bce_forward, reduced_in_place
from refgrad.operators.mathematics import other_dims, renorm_forward
from refgrad.operators.powers import power_number
from refgrad.operators.reductions import axes_of, vector_norm_forward
from refgrad.operators.units import halves, sigmoid_of
from refgrad.silence import silent

HALF = frozenset((dtypes.float16.numpy,))
BRAIN = SHORT - HALF
LANES = 32
"""So many elements are computed at once; what is left over at the end goes through another formula."""
LONG = 4096
"""From so many factors on a product is rounded once: step by step it would take too long."""


def whole_vectors(made: Any, at_once: Any, *operands: Any) -> Any:
    """`made`, with `at_once` in the place of what comes in whole vectors, if operands are dense and alike."""
    whole, like = made.size // LANES * LANES, operands[0]
    arrays = [each for each in operands if each.ndim]
    alike = all(each.shape == made.shape and each.strides == like.strides for each in arrays)
    if not whole or not alike or not (like.flags.c_contiguous or like.flags.f_contiguous):
        return made
    order: Any = "C" if like.flags.c_contiguous else "F"
    flat = made.reshape(-1, order=order)
    flat[:whole] = at_once().astype(made.dtype).reshape(-1, order=order)[:whole]
    return flat.reshape(made.shape, order=order)


def rsqrt(a: Any) -> Any:
    made = np.asarray(a.dtype.type(1) / np.sqrt(a))
    return whole_vectors(made, lambda: np.float32(1) / np.sqrt(widened(a)), a)


def scaled_sum(a: Any, b: Any, alpha: Any) -> Any:
    """`a + alpha * b`."""
    if type(alpha) is not int:
        check_alpha(a, alpha)
    if alpha == 1:
        return widened(a) + widened(b)
    b = b if isinstance(b, np.ndarray) else np.asarray(b).astype(a.dtype)
    scale = element(a.dtype, alpha)
    return whole_vectors(np.asarray(a + b * scale), lambda: widened(a) + widened(b) * np.float32(scale), a, b)


def softshrink(a: Any, lambd: Any) -> Any:
    """Rounded once after all; only what the number may be is up to the short type."""
    softshrink_forward(a, lambd)
    return softshrink_forward(widened(a), lambd)


def power(a: Any, exponent: Any) -> Any:
    """Cubes and inverse squares round the square first."""
    wide = widened(a)
    if exponent in (3, -2):
        square = widened(a * a)
        return square * wide if exponent == 3 else np.float32(1) / square
    return power_number(wide, exponent)


def squared_distance(a: Any, b: Any, reduction: int) -> Any:
    return reduced_in_place(widened(np.square(a - b)), reduction)


def squared_distance_backward(grad: Any, a: Any, b: Any, reduction: int) -> Any:
    factor = element(a.dtype, 2 / a.size if reduction == MEAN_OF and a.size else 2.0)
    return factor * (a - b) * grad


def cross_entropy(a: Any, target: Any, weight: Any, reduction: int) -> Any:
    return reduced_in_place(widened(bce_forward(a, target, weight, NONE)), reduction)


def cross_entropy_backward(grad: Any, a: Any, target: Any, weight: Any, reduction: int) -> Any:
    slope = widened(bce_backward_forward(grad, a, target, weight, NONE))
    return slope / np.float32(a.size) if reduction == MEAN_OF else slope


def softmax(a: Any, dim: int) -> Any:
    """Along other dimensions than the last, what is left over of a row has exponentials that are rounded."""
    made = softmax_forward(widened(a), dim)
    axis = shapes.checked_dim(dim, a.ndim)
    inner = math.prod(a.shape[axis + 1 :])
    whole = inner // LANES * LANES
    if axis >= a.ndim - 1 or whole == inner:
        return made
    rows = widened(a).reshape(-1, a.shape[axis], inner)[..., whole:]
    grown = np.exp(rows - np.max(rows, axis=1, keepdims=True))
    made.reshape(-1, a.shape[axis], inner)[..., whole:] = widened(grown.astype(a.dtype)) / grown.sum(1, keepdims=True)
    return made


def gated_backward(grad: Any, a: Any, dim: int) -> Any:
    """The gate is rounded first."""
    first, second = halves(widened(a), dim)
    gate, grad = widened(sigmoid_of(second).astype(a.dtype)), widened(grad)
    return np.concatenate([gate * grad, (1 - gate) * gate * grad * first], dim)


def smooth_distance(a: Any, b: Any, reduction: int, beta: float) -> Any:
    distance, edge, half = np.abs(a - b), a.dtype.type(short_number(beta)), a.dtype.type(0.5)
    made = np.where(distance < edge, half * distance * distance / edge, distance - half * edge)
    return reduced_in_place(widened(made), reduction)


def huber_distance(a: Any, b: Any, reduction: int, delta: float) -> Any:
    distance, edge, half = np.abs(a - b), a.dtype.type(short_number(delta)), a.dtype.type(0.5)
    made = np.where(distance <= edge, half * distance * distance, edge * (distance - half * edge))
    return reduced_in_place(widened(made), reduction)


def renorm(a: Any, p: float, dim: int, maxnorm: float) -> Any:
    """The factor is short, the norm is not."""
    wide = widened(a)
    renorm_forward(wide, p, dim, maxnorm)  # which refuses what does not fit
    norm = vector_norm_forward(wide, p, other_dims(a.ndim, dim), True, None)
    factor = np.where(norm > maxnorm, np.float32(maxnorm) / (norm + np.float32(1e-7)), np.float32(1))
    return wide * widened(factor.astype(a.dtype))


def product(a: Any, axes: Any, keepdim: bool) -> Any:
    """Along the given axes, one factor after the other."""
    if axes is None:
        factors = a.reshape(-1, order="A") if a.flags.f_contiguous else a.reshape(-1)
    else:
        factors = np.moveaxis(a, axes[0], 0) if axes else a[None]
    if len(factors) > LONG:
        made = np.prod(widened(factors), axis=0)
    else:
        made = np.ones(factors.shape[1:], a.dtype)
        for each in factors:
            made = made * each
    if keepdim and axes:
        return np.expand_dims(made, axes[0])
    return made


ALL: dict[str, tuple[frozenset[NumpyType], Callable[..., Any]]] = {
    "rsqrt": (SHORT, rsqrt),
    "add.Tensor": (SHORT, scaled_sum),
    "sub.Tensor": (SHORT, lambda a, b, alpha: scaled_sum(a, b, -alpha)),
    "rsub.Tensor": (SHORT, lambda a, b, alpha: scaled_sum(b, a, -alpha)),
    "softshrink": (SHORT, softshrink),
    "pow.Tensor_Scalar": (BRAIN, power),
    "mse_loss": (SHORT, squared_distance),
    "mse_loss_backward": (SHORT, squared_distance_backward),
    "binary_cross_entropy": (SHORT, cross_entropy),
    "binary_cross_entropy_backward": (SHORT, cross_entropy_backward),
    "_softmax": (SHORT, softmax),
    "glu_backward": (SHORT, gated_backward),
    "smooth_l1_loss": (HALF, smooth_distance),
    "huber_loss": (BRAIN, huber_distance),
    "renorm": (SHORT, renorm),
    "prod": (SHORT, lambda a, dtype: product(a, None, False)),
    "prod.dim_int": (SHORT, lambda a, dim, keepdim, dtype: product(a, axes_of(a, (dim,)), keepdim)),
}

FORWARDS = {name: (kinds, silent(forward)) for name, (kinds, forward) in ALL.items()}
"""By row and overload: in which types, and how."""
