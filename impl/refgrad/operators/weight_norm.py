"""A weight as a direction and a length, and the lengths along all dimensions but one."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.matrix_texts import scalar_types
from refgrad.operators.reductions import norm_gradient, vector_norm_forward
from refgrad.operators.units import NORM
from refgrad.shapes import checked_dim


def others(rank: int, dim: int) -> tuple[int, ...]:
    """All dimensions but the first or the last."""
    return tuple(range(1, rank)) if dim == 0 else tuple(range(rank - 1))


def weight_norm_forward(v: Any, g: Any, dim: int) -> tuple[Any, Any]:
    norms = np.sqrt(np.square(v).sum(others(v.ndim, dim), keepdims=True)).astype(v.dtype)
    return v * (g / norms), norms


def weight_norm_gradients(grad: Any, v: Any, g: Any, result1: Any, dim: int) -> tuple[Any, Any]:
    """As in PyTorch, the norms count as constants when this is differentiated again."""
    size, kept = [1] * v.dim(), 0 if dim == 0 else v.dim() - 1
    size[kept] = v.shape[kept]
    products = grad.contiguous() * v
    inner = products.view((size[0], -1)).sum(1) if dim == 0 else products.view((-1, size[kept])).sum(0)
    sums = inner.view(size)
    return (g / result1) * (grad - v * (sums / (result1 * result1))), sums / result1


WEIGHT_NORM: Any = operator(
    "_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (result0, result1)",
    weight_norm_forward,
    node="WeightNormInterfaceBackward0",
    history=1,
    gradients={"v, g": weight_norm_gradients},
    dtype=KEEP,
    public=FUNCTION,
)


NORM_OF_ALL: Any = operator(
    "norm.Scalar(Tensor self, Number p=2)",
    lambda a, p: vector_norm_forward(a, p, None, False, None),
    node="NormBackward0",
    gradients={"self": lambda grad, self, p, result: norm_gradient(grad, self, p, result, None, False)},
    dtype=KEEP,
    public=False,
)


@function("norm_except_dim", public=FUNCTION)
def norm_except_dim(v: Any, pow: float = 2, dim: int = 0) -> Any:
    """The norms along all dimensions but one; of everything, if that is -1."""
    rank = v.dim()
    if dim == -1:
        return NORM_OF_ALL(v, pow)
    checked_dim(dim, rank)
    if dim not in (0, rank - 1):
        return norm_except_dim(v.transpose(0, dim), pow, 0).transpose(0, dim)
    size = [1] * rank
    size[dim] = v.size(dim)
    flat, along = ((v.size(0), -1), 1) if dim == 0 else ((-1, v.size(-1)), 0)
    return NORM(v.contiguous().view(flat), pow, (along,), False).view(size)


@function("_weight_norm", public=FUNCTION)
def weight_norm(v: Any, g: Any, dim: int = 0) -> Any:
    """A direction, times a length for each index of one dimension. Raises RuntimeError for types that differ."""
    if dim not in (0, v.dim() - 1):
        return v * (g / norm_except_dim(v, 2, dim))
    if v.dtype is not g.dtype:
        raise RuntimeError(scalar_types(v.dtype.scalar_name, g.dtype.scalar_name))
    return WEIGHT_NORM(v.contiguous(), g.contiguous(), dim)[0]
