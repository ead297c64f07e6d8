"""Rules of forward mode for what brings many elements together: extremes, norms, running sums, losses."""

from __future__ import annotations

import math
from typing import Any

from refgrad.operators.names import FUNCTIONS, ROWS
from refgrad.operators.tangent_rules import Given, Rule, by_number, where, zeros_like


def all_dims(tensor: Any, dim: Any) -> tuple[int, ...]:
    """The dimensions that `dim` names; all of them if it names none."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(tensor.dim()))
    return tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)


def with_dims_back(tensor: Any, of: Any, dim: Any, keepdim: bool) -> Any:
    from refgrad.operators.reductions import restored

    return restored(tensor, all_dims(of, dim), of.dim(), keepdim=keepdim)


# ---- extremes -----------------------------------------------------------------------------------------------------


def shared_evenly(primals: Given, tangents: Given, result: Any) -> Any:
    """The mean over all places of the largest (smallest, middle) value."""
    mask = primals[0] == result
    return (mask * (tangents[0] / mask.sum())).sum()


def shared_along(primals: Given, tangents: Given, result: Any, dim: Any, keepdim: bool) -> Any:
    """The mean over all places of the extreme, of each row."""
    mask = primals[0] == with_dims_back(result, primals[0], dim, keepdim)
    dims = all_dims(primals[0], dim)
    return where(mask, tangents[0], 0.0).sum(dims, keepdim) / mask.sum(dims, keepdim)


def both_extremes(primals: Given, tangents: Given, results: Any, dim: Any, keepdim: bool) -> Any:
    return [shared_along(primals, tangents, each, dim, keepdim) for each in results]


# ---- sums and products --------------------------------------------------------------------------------------------


def sum_without_nan(primals: Given, tangents: Given, result: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    kept = where(primals[0].isnan(), 0, tangents[0])
    return kept.sum(all_dims(primals[0], dim), keepdim, dtype=dtype)


def product_along(primals: Given, tangents: Given, result: Any, dim: int, keepdim: bool, dtype: Any) -> Any:
    from refgrad.operators.reductions import prod_dim_gradient

    slopes = prod_dim_gradient(result.new_ones(result._array.shape), primals[0], result, dim, keepdim)
    return (slopes * tangents[0].conj()).sum(dim, keepdim).conj()


def product(primals: Given, tangents: Given, result: Any, dtype: Any) -> Any:
    """A sum of what each factor changes, which starts from 0."""
    from refgrad.operators.reductions import prod_gradient

    return (prod_gradient(result.new_ones(()), primals[0], result) * tangents[0].conj()).sum().conj()


def running_product(primals: Given, tangents: Given, result: Any, dim: int, dtype: Any) -> Any:
    """Up to the first 0 through the result; from there on only that 0 moves."""
    tensor, moving = primals[0], tangents[0]
    smooth = (moving / tensor).cumsum(dim) * result
    if not tensor.dim():
        return smooth.masked_fill_(tensor == 0, moving)
    zeros_so_far = (tensor == 0).cumsum(dim)
    first_zero = (tensor == 0) & (zeros_so_far == 1)
    from_zero = where(first_zero, moving, tensor).cumprod(dim)
    return where(zeros_so_far > 0, from_zero, smooth)


TINY = 1e-13
"""Is added to a running sum of exponentials, which is divided by."""


def running_sum_of_exponentials(primals: Given, tangents: Given, result: Any, dim: int) -> Any:
    """The mean of the tangents so far, weighted by the exponentials."""
    tensor = primals[0]
    largest = (tensor.real if tensor.is_complex() else tensor).max(dim, True)[0]
    weights = (tensor - largest).exp()
    total = ROWS["add", "Scalar"](weights.cumsum(dim), TINY)
    return (weights * tangents[0]).cumsum(dim).div_(total)


def mean_by_exponentials(tensor: Any, moving: Any, dim: Any, keepdim: bool) -> Any:
    """The mean of the tangents, weighted by the exponentials."""
    dims = all_dims(tensor, dim)
    real = tensor.real if tensor.is_complex() else tensor
    weights = (tensor - real.amax(dims, True)).exp() if tensor.numel() else tensor.exp()
    return (weights * moving).sum(dims, keepdim).div_(weights.sum(dims, keepdim))


def log_of_sum(primals: Given, tangents: Given, result: Any, dim: Any, keepdim: bool) -> Any:
    return mean_by_exponentials(primals[0], tangents[0], dim, keepdim)


def shares_of_exponentials(primals: Given, tangents: Given, result: Any, dim: int) -> Any:
    """What is above the mean, weighted by the shares."""
    return result * (tangents[0] - mean_by_exponentials(primals[0], tangents[0], dim, True))


def logs_of_shares(primals: Given, tangents: Given, result: Any, dim: int) -> Any:
    return tangents[0] - mean_by_exponentials(primals[0], tangents[0], dim, True)


# ---- spread -------------------------------------------------------------------------------------------------------


def variance_moved(primals: Given, tangents: Given, dim: Any, correction: Any, keepdim: bool) -> Any:
    from refgrad.operators.statistics import var_gradient

    through = var_gradient(tangents[0].conj(), primals[0], dim, correction, True)
    total = through.sum(all_dims(primals[0], dim), keepdim)
    return total.real if total.is_complex() else total


def variance(primals: Given, tangents: Given, result: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    return variance_moved(primals, tangents, dim, correction, keepdim)


def deviation(primals: Given, tangents: Given, result: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    """Half the tangent of the variance over the deviation, and nothing where that is 0."""
    moved = variance_moved(primals, tangents, dim, correction, keepdim)
    return (moved / by_number(result, 2)).masked_fill_(result == 0, 0)


def with_mean(spread: Rule) -> Rule:
    """The same, and the mean of the tangent."""

    def rule(primals: Given, tangents: Given, results: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
        mean = tangents[0].mean(all_dims(primals[0], dim), keepdim)
        return spread(primals, tangents, results[0], dim, correction, keepdim), mean

    return rule


# ---- norms --------------------------------------------------------------------------------------------------------


def real_part(tensor: Any) -> Any:
    return tensor.real if tensor.is_complex() else tensor


def norm_moved(tensor: Any, moving: Any, order: float, norm: Any, dim: Any, keepdim: bool) -> Any:
    """The tangent of a norm."""
    dims = all_dims(tensor, dim)
    if order == 0:
        return norm.new_zeros(norm._array.shape)
    if order == 1:
        return real_part(tensor.sgn() * conjugated(moving)).sum(dims, keepdim)
    if order == 2:
        along = real_part(tensor * conjugated(moving)).sum(dims, keepdim)
        return along.div_(norm).masked_fill_(norm == 0, 0)
    if math.isinf(order):
        norm = with_dims_back(norm, tensor, dim, keepdim)
        unknown = tensor.isnan().logical_and(norm.isnan())
        mask = (tensor.abs() == norm).logical_or_(unknown).to(norm.dtype)
        along = real_part(tensor.sgn() * conjugated(moving))
        return (along * mask / mask.count_nonzero(dims).reshape(norm.shape)).sum(dims, keepdim)
    size = tensor.abs()
    if order < 1:
        slopes = size.pow(order - 1).masked_fill(tensor == 0, 0)
        along = slopes * real_part(tensor.sgn() * conjugated(moving))
        return along.sum(dims, keepdim) * norm.pow(1 - order)
    if order < 2:
        along = size.pow(order - 1) * real_part(tensor.sgn() * conjugated(moving))
    else:
        along = size.pow(order - 2) * real_part(tensor * conjugated(moving))
    return (along.sum(dims, keepdim) / norm.pow(order - 1)).masked_fill_(norm == 0, 0)


def conjugated(tensor: Any) -> Any:
    return tensor.conj() if tensor.is_complex() else tensor


def vector_norm(primals: Given, tangents: Given, result: Any, order: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    return norm_moved(primals[0], tangents[0], float(order), result, dim, keepdim)


def old_norm(primals: Given, tangents: Given, result: Any, order: Any, dim: Any, keepdim: bool) -> Any:
    return norm_moved(primals[0], tangents[0], 2.0 if order is None else float(order), result, dim, keepdim)


def distance(primals: Given, tangents: Given, result: Any, order: Any) -> Any:
    apart, moving = primals[0] - primals[1], tangents[0] - tangents[1]
    return norm_moved(apart, moving, float(order), result, None, False)


def shortened(primals: Given, tangents: Given, result: Any, order: Any, dim: int, maxnorm: Any) -> Any:
    """Parts whose norm is too large are brought to it."""
    tensor, moving = primals[0], tangents[0]
    others = tuple(each for each in range(tensor.dim()) if each != dim % tensor.dim())
    norm = FUNCTIONS["linalg_vector_norm"](tensor, order, others, True)
    grown = norm_moved(tensor, moving, float(order), norm, others, True)
    inverse = ROWS["add", "Scalar"](norm, 1e-7).reciprocal()
    short = by_number(inverse, maxnorm) * (moving - tensor * inverse * grown)
    return where(norm > maxnorm, short, moving)


# ---- losses -------------------------------------------------------------------------------------------------------


def reduced(loss: Any, reduction: int) -> Any:
    return loss if reduction == 0 else loss.mean() if reduction == 1 else loss.sum()


def symmetric_loss(name: str) -> Rule:
    """One whose gradient formula does for both operands, in either order."""

    def rule(primals: Given, tangents: Given, result: Any, reduction: int, *attributes: Any) -> Any:
        row = ROWS[name, ""]
        first, second = primals
        moved = row(tangents[0], first, second, 0, *attributes) + row(tangents[1], second, first, 0, *attributes)
        return reduced(moved, reduction)

    return rule


def cross_entropy_of_shares(primals: Given, tangents: Given, result: Any, reduction: int) -> Any:
    first, target, weight = primals
    moved = ROWS["binary_cross_entropy_backward", ""](tangents[0], first, target, weight, 0)
    to_target = -first.logit() if weight is None else -first.logit() * weight
    return reduced(moved + to_target * tangents[1], reduction)


def cross_entropy_of_logits(primals: Given, tangents: Given, result: Any, reduction: int) -> Any:
    first, target, weight, positive = primals
    if weight is not None or positive is not None:
        return NotImplemented
    moving, of_target = tangents[:2]
    through = zeros_like(moving) if moving._is_zerotensor() else (first.sigmoid() - target) * moving
    to_target = zeros_like(of_target) if of_target._is_zerotensor() else -first * of_target
    return reduced(through + to_target, reduction)


def soft_margin(primals: Given, tangents: Given, result: Any, reduction: int) -> Any:
    return reduced(ROWS["soft_margin_loss_backward", ""](tangents[0], *primals, 0), reduction)


# ---- scatter with a reduction -------------------------------------------------------------------------------------


def scattered(primals: Given, tangents: Given, result: Any, dim: int, reduce: str, include_self: bool) -> Any:
    """Of products there is no tangent; of extremes the mean over the places that have it."""
    tensor, index, source = primals
    row = ROWS["scatter_reduce", "two"]
    if reduce == "prod":
        return None
    if reduce in ("sum", "mean"):
        return row(tangents[0], index, tangents[2], dim, reduce, include_self)
    own, others = tensor == result, source == result.gather(dim, index)
    moved = row(where(own, tangents[0], 0.0), index, where(others, tangents[2], 0.0), dim, "sum", include_self)
    kind = result.dtype
    return moved / row(own.to(kind), index, others.to(kind), dim, "sum", include_self)


RULES: dict[tuple[str, str], Rule] = {
    ("max", ""): shared_evenly,
    ("min", ""): shared_evenly,
    ("median", ""): shared_evenly,
    ("nanmedian", ""): shared_evenly,
    ("amax", ""): shared_along,
    ("amin", ""): shared_along,
    ("aminmax", ""): both_extremes,
    ("nansum", ""): sum_without_nan,
    ("prod", ""): product,
    ("prod", "dim_int"): product_along,
    ("cumprod", ""): running_product,
    ("logcumsumexp", ""): running_sum_of_exponentials,
    ("logsumexp", ""): log_of_sum,
    ("_softmax", ""): shares_of_exponentials,
    ("_log_softmax", ""): logs_of_shares,
    ("var", "correction"): variance,
    ("std", "correction"): deviation,
    ("var_mean", "correction"): with_mean(variance),
    ("std_mean", "correction"): with_mean(deviation),
    ("linalg_vector_norm", ""): vector_norm,
    ("norm", "ScalarOpt_dim"): old_norm,
    ("dist", ""): distance,
    ("renorm", ""): shortened,
    ("mse_loss", ""): symmetric_loss("mse_loss_backward"),
    ("smooth_l1_loss", ""): symmetric_loss("smooth_l1_loss_backward"),
    ("huber_loss", ""): symmetric_loss("huber_loss_backward"),
    ("binary_cross_entropy", ""): cross_entropy_of_shares,
    ("binary_cross_entropy_with_logits", ""): cross_entropy_of_logits,
    ("soft_margin_loss", ""): soft_margin,
    ("scatter_reduce", "two"): scattered,
}
