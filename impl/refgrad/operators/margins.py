"""Losses of margins, of similarity and of distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad.cpp_spelling import stored_type
from refgrad.dimension_texts import ambiguous_reshape
from refgrad.dtypes import BOOL, int64
from refgrad.modes import modes, quietly
from refgrad.operators import loss_checks as checks
from refgrad.operators import loss_texts, texts
from refgrad.operators.activations import functional, logsigmoid, of_type
from refgrad.operators.call import refuse_gradients
from refgrad.operators.complex_texts import complex_not_differentiable
from refgrad.operators.declare import FUNCTION, KEEP, Operator, function, operator
from refgrad.operators.formula_arithmetic import minus, number_minus, plus, times
from refgrad.operators.formula_values import zeros_like
from refgrad.operators.losses import (
    MEAN_OF,
    NONE,
    divided,
    legacy_reduction,
    reduced,
    reduced_in_place,
    reduced_tensor,
    reduction_number,
    share,
)
from refgrad.operators.mixtures import where
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.underivable import underivable
from refgrad.operators.units import pairwise_distance
from refgrad.shapes import own_dim
from refgrad.signatures.refusing import guarded
from refgrad.tensor import Tensor

built_in_distance = guarded(pairwise_distance, "pairwise_distance", "torch")
any_of = guarded(lambda input: FUNCTIONS["any"](input), "any", "torch")

# ---- rankings and similarities ------------------------------------------------------------------------------------


@functional
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """How far two inputs are from the wanted order, with a margin."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(texts.ranking_ranks(input1.shape, input2.shape, target.shape))
    return ranking_loss(input1, input2, target, margin, number)


def ranking_loss(input1: Any, input2: Any, target: Any, margin: float, number: int) -> Any:
    return reduced_tensor(plus(-target * (input1 - input2), margin).clamp_min(0), number)


@functional
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """A distance where the target is 1, the margin less it where it is -1."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    if input.dtype.category == BOOL:
        raise RuntimeError(texts.SUBTRACT_BOOLS)
    zero = zeros_like(input)
    apart = where(target != 1, number_minus(margin, input).clamp_min(0), zero)
    return reduced_tensor(apart + where(target != -1, input, zero), number)


@functional
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """1 less the cosine for alike, the cosine above a margin for different vectors."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    checks.check_cosine(input1.shape, input2.shape, target.shape)
    dim = target.dim()
    product = (input1 * input2).sum(dim)
    first = plus((input1 * input1).sum(dim), 1e-12)
    second = plus((input2 * input2).sum(dim), 1e-12)
    cosine = product / (first * second).sqrt()
    zero = zeros_like(cosine)
    alike, different = number_minus(1, cosine), minus(cosine, margin).clamp_min(0)
    return reduced_tensor(where(target == 1, alike, zero) + where(target == -1, different, zero), number)


@functional
def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """How much nearer the positive should be than the negative."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    checks.check_margin(margin)
    return triplet_loss(anchor, positive, negative, margin, p, eps, swap, number)


def triplet_loss(
    anchor: Any, positive: Any, negative: Any, margin: float, p: float, eps: float, swap: bool, number: int
) -> Any:
    checks.check_triplet(anchor, positive, negative)
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = FUNCTIONS["min"](far, pairwise_distance(positive, negative, p, eps))
    return reduced_tensor((plus(near, margin) - far).clamp_min(0), number)


@functional
def triplet_margin_with_distance_loss(
    anchor: Any, positive: Any, negative: Any, *, distance_function: Any = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Any:  # fmt: skip
    number = reduction_number(reduction)
    checks.check_margin(margin)
    checks.check_triplet(anchor, positive, negative)
    distance = built_in_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = FUNCTIONS["minimum"](far, distance(positive, negative))
    return reduced_tensor((margin + near - far).clamp_min(0), number)


# ---- soft and multiple margins ------------------------------------------------------------------------------------


def soft_margin_forward(a: Any, target: Any, reduction: int) -> Any:
    return reduced_in_place(np.log1p(np.exp(-target * a)), reduction)


def soft_margin_backward_forward(grad: Any, a: Any, target: Any, reduction: int) -> Any:
    decay = np.exp(-target * a)
    return -target * decay / (decay + 1) * grad * share(a, reduction)


def soft_margin_double(grad: Any, grad_output: Any, self: Any, target: Any, reduction: int) -> Any:
    part = (self * -target).sigmoid()
    return divided(grad * grad_output * (target * target) * part * number_minus(1, part), self, reduction)


def soft_margin_double_output(grad: Any, grad_output: Any, self: Any, target: Any, reduction: int) -> Any:
    slope = SOFT_MARGIN_BACKWARD(Tensor._of(np.ones_like(grad_output._array)), self, target, reduction)
    if reduction == NONE:
        return slope * grad
    return (slope * grad).sum()


SOFT_MARGIN_BACKWARD: Operator = operator(
    "soft_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction)",
    soft_margin_backward_forward,
    node="SoftMarginLossBackwardBackward0",
    gradients={"grad_output": soft_margin_double_output, "self": soft_margin_double},
    public=False,
)

SOFT_MARGIN = operator(
    "soft_margin_loss(Tensor self, Tensor target, int reduction)",
    soft_margin_forward,
    node="SoftMarginLossBackward0",
    refuses=("target",),
    gradients={"self": lambda grad, self, target, reduction: SOFT_MARGIN_BACKWARD(grad, self, target, reduction)},
    public=False,
)


@functional
def soft_margin_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """`log(1 + exp(-target input))`."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    if modes.grad:
        refuse_gradients(SOFT_MARGIN, (input, target))
    checks.check_soft_margin(input, target)
    if input.dtype.is_complex and modes.grad and input.requires_grad:
        raise RuntimeError(complex_not_differentiable("soft_margin_loss"))
    return SOFT_MARGIN(input, of_type(target, input.dtype), number)


def margins(a: Any, target: Any, p: Any, margin: Any, weight: Any) -> tuple[Any, Any, Any]:
    size = a.shape[-1] if a.ndim else 1
    rows = a.reshape(a.size // size, size)
    classes = np.asarray(target).reshape(-1)
    own = np.take_along_axis(rows, classes[:, None], 1)
    gap = np.maximum(margin - own + rows, 0).astype(a.dtype)
    np.put_along_axis(gap, classes[:, None], 0, 1)
    scale = np.ones((len(rows), 1), a.dtype) if weight is None else weight[classes][:, None]
    return gap, classes, scale / a.dtype.type(size)


def check_multi_margin(input: Any, target: Any, weight: Any, p: Any) -> None:
    """Raises ValueError or RuntimeError for operands that do not fit each other."""
    if p not in (1, 2):
        raise ValueError(texts.MARGIN_POWER)
    if weight is not None and weight.dim() != 1:
        raise ValueError(texts.MARGIN_WEIGHT)
    shape = tuple(input.shape)
    classes = shape[-1] if shape else 1
    if len(shape) > 2 or classes == 0:
        raise RuntimeError(texts.margin_rank(shape))
    count = shape[0] if len(shape) == 2 else 1
    if target.dim() > 1 or target.numel() != count:
        raise RuntimeError(texts.margin_target(count, target.shape, shape))
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(texts.margin_weight(classes, weight.shape))
    checks.floating("multi_margin_loss_cpu_kernel", input)
    if target.dtype is not int64:
        raise RuntimeError(texts.margin_kind(target.dtype.scalar_name))
    checks.check_weight_type(input, weight)


def multi_margin_forward(a: Any, target: Any, weight: Any, p: Any, margin: Any, reduction: int) -> Any:
    if np.any((target < 0) | (target >= (a.shape[-1] if a.ndim else 1))):
        raise RuntimeError(loss_texts.TARGET_RANGE)
    gap, _, scale = margins(a, target, p, margin, weight)
    return reduced((gap**p * scale).sum(1).reshape(target.shape), reduction)


def multi_margin_backward(grad: Any, a: Any, target: Any, weight: Any, p: Any, margin: Any, reduction: int) -> Any:
    gap, classes, scale = margins(a, target, p, margin, weight)
    slope = ((gap > 0) if p == 1 else 2 * gap) * scale
    np.put_along_axis(slope, classes[:, None], -slope.sum(1, keepdims=True), 1)
    if reduction == MEAN_OF:
        slope = slope / len(slope)
    return (slope * np.asarray(grad).reshape(-1, 1)).reshape(a.shape).astype(a.dtype)


MULTI_MARGIN_BACKWARD = operator(
    "multi_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, Number p, "
    "Number margin, int reduction)",
    multi_margin_backward,
    dtype=KEEP,
    public=False,
)

MULTI_MARGIN = operator(
    "multi_margin_loss(Tensor self, Tensor target, Tensor? weight, Number p, Number margin, int reduction)",
    multi_margin_forward,
    node="MultiMarginLossBackward0",
    refuses=("weight",),
    gradients={
        "self": lambda grad, self, target, weight, p, margin, reduction: underivable(
            "aten::multi_margin_loss_backward",
            MULTI_MARGIN_BACKWARD(grad, self, target, weight, p, margin, reduction),
            (grad, self),
        )
    },
    dtype=KEEP,
    public=False,
)


@functional
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """How much every other class comes near the right one."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    check_multi_margin(input, target, weight, p)
    return MULTI_MARGIN(input, target, weight, p, margin, number)


@functional
def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """The mean over classes of a cross entropy of two classes each."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    dim = input.dim() - 1
    return reduced_tensor(loss.sum(dim=dim) / input.size(dim), number)


# ---- distributions ------------------------------------------------------------------------------------------------


@functional
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, size_average: Any = None, eps: float = 1e-8,
    reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """The negative log likelihood of counts."""
    number = reduction_number(legacy_reduction(reduction, size_average, reduce))
    if log_input:
        product = target * input
        loss = input.exp() - product
    else:
        product = target * plus(input, eps).log()
        loss = input - product
    if full:
        half = times(times(target, 2 * math.pi).log(), 0.5)  # first: backward goes from the last node to the first
        term = target * target.log() - target + half
        loss = loss + term.masked_fill(target <= 1, 0)
    return reduced_tensor(loss, number)


@functional
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """The negative log likelihood of normal distributions."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(texts.not_valid(reduction))
    if isinstance(var, float):
        if var < 0:
            raise ValueError(texts.NEGATIVE_VARIANCE)
        var = Tensor._of(np.full(input._array.shape, var, input._array.dtype))
    elif isinstance(var, Tensor) and var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif input.shape[:-1] != var.shape[:-1] or var.shape[-1] != 1:
            raise ValueError(texts.VARIANCE_SIZE)
    if any_of(var < 0):
        raise ValueError(texts.NEGATIVE_VARIANCE)
    var = var.clone()
    with quietly(False):
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced_tensor(loss, reduction_number(reduction))


# ---- products of two inputs ---------------------------------------------------------------------------------------


def check_bilinear(first: Any, second: Any, weight: Any, bias: Any) -> None:
    """Raise RuntimeError for types or sizes that do not fit, IndexError for dimensions that are not there."""
    named = {"input1": first, "input2": second, "weight": weight, "bias": bias}
    if any(each is not None and each.dtype is not first.dtype for each in (second, weight, bias)):
        kinds = {name: stored_type(each.dtype) for name, each in named.items() if each is not None}
        raise RuntimeError(loss_texts.bilinear_types(kinds))
    if first.dim() != second.dim():
        raise RuntimeError(texts.bilinear_ranks(first.dim(), second.dim()))
    for dim, (one, other) in enumerate(zip(first.shape[:-1], second.shape[:-1], strict=True)):
        if one != other:
            raise RuntimeError(texts.bilinear_batches(dim, one, other))
    for name, dim in (("input1", 1), ("input2", 2)):
        given = named[name].shape[own_dim(-1, first.dim())]
        wanted = weight.shape[own_dim(dim, weight.dim())]
        if given != wanted:
            raise RuntimeError(texts.bilinear_sizes(name, given, wanted))
    if bias is not None and bias.shape[own_dim(0, bias.dim())] != weight.shape[0]:
        raise RuntimeError(texts.bilinear_sizes("bias", bias.shape[0], weight.shape[0]))
    if 0 in (first.shape[-1], second.shape[-1]):
        raise RuntimeError(ambiguous_reshape((-1, 0)))
    if weight.dim() != 3:
        raise RuntimeError(loss_texts.BILINEAR_WEIGHT)


@functional
@function("bilinear", public=FUNCTION)
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """For every output a product of both inputs through a matrix."""
    check_bilinear(input1, input2, weight, bias)
    made = FUNCTIONS["einsum"]("...i,oij,...j->...o", input1, weight, input2)
    return made if bias is None else made + bias
