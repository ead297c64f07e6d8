"""Losses of `torch.nn.functional`.

A reduction is saved as a number: 0 for none, 1 for the mean, 2 for the sum.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from refgrad.bfloat import widened
from refgrad.levels import levels
from refgrad.modes import modes, no_grad
from refgrad.operators import loss_checks as checks
from refgrad.operators import loss_texts, texts
from refgrad.operators.activations import functional, log_softmax, logsigmoid, of_type
from refgrad.operators.call import call_inplace, refuse_gradients
from refgrad.operators.complex_texts import complex_not_differentiable
from refgrad.operators.declare import KEEP, PROMOTE, Operator, operator
from refgrad.operators.examples import MUL, SUM, SUM_DIM
from refgrad.operators.exponentials import XLOGY
from refgrad.operators.formula_arithmetic import DIV_NUMBER, minus, number_minus, over, plus, times
from refgrad.operators.formula_values import written, zeros_like
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.reductions import MEAN
from refgrad.shapes import expandable, raise_broadcast_error

NONE, MEAN_OF, SUM_OF = 0, 1, 2
REDUCTIONS = {"none": NONE, "mean": MEAN_OF, "sum": SUM_OF}


def reduction_number(reduction: str) -> int:
    """Raise ValueError for an unknown reduction."""
    if reduction not in REDUCTIONS:
        raise ValueError(texts.reduction_value(reduction))
    return REDUCTIONS[reduction]


def legacy_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """What the two options of long ago say, with a warning, or `reduction`."""
    if size_average is None and reduce is None:
        return reduction
    both, alone = size_average is None or size_average, reduce is None or reduce
    chosen = "mean" if both and alone else "sum" if alone else "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.", stacklevel=4
    )
    return chosen


def reduced(a: Any, reduction: int) -> Any:
    if reduction == NONE:
        return a
    total = np.sum(a)
    return total / a.dtype.type(a.size) if reduction == MEAN_OF else total


def reduced_in_place(a: Any, reduction: int) -> Any:
    """The same as PyTorch's older losses have it: the result stays in the memory of all elements."""
    if reduction == NONE or a.size < 2 or not a.flags.c_contiguous:
        return reduced(a, reduction)
    flat = a.reshape(-1)
    flat[0] = reduced(a, reduction)
    return flat[:1].reshape(())


def share(a: Any, reduction: int) -> Any:
    """The weight of one element in the reduced loss."""
    return a.dtype.type(1.0 / a.size if reduction == MEAN_OF and a.size else 1.0)


def averaged(tensor: Any, like: Any, reduction: int) -> Any:
    """The same for a formula."""
    return over(tensor, like.numel()) if reduction == MEAN_OF else tensor


def divided(tensor: Any, like: Any, reduction: int) -> Any:
    """The same where PyTorch divides in place."""
    if reduction == MEAN_OF and levels.asks(tensor):
        return call_inplace(DIV_NUMBER, (tensor,), (like.numel(),))
    return written(averaged(tensor, like, reduction), int(reduction == MEAN_OF))


def same_shapes(input: Any, target: Any) -> tuple[Any, Any]:
    """Both in one shape."""
    if input.shape == target.shape:
        return input, target
    raise_broadcast_error([input._array, target._array])
    shape = np.broadcast_shapes(input._array.shape, target._array.shape)
    left, right = (each if tuple(each.shape) == shape else each.expand(shape) for each in (input, target))
    return left, right


# ---- distances ----------------------------------------------------------------------------------------------------


def mse_second(grad: Any, grad_output: Any, self: Any, reduction: int) -> Any:
    return divided(times(grad * grad_output, 2), self, reduction)


MSE_LOSS_BACKWARD: Operator = operator(
    "mse_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction)",
    lambda grad, a, b, reduction: (a - b) * grad * (a.dtype.type(2) * share(a, reduction)),
    node="MseLossBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, target, reduction: MSE_LOSS_BACKWARD(grad, self, target, reduction),
        "self": lambda grad, grad_output, self, reduction: mse_second(grad, grad_output, self, reduction),
        "target": lambda grad, grad_output, target, reduction: -mse_second(grad, grad_output, target, reduction),
    },
    public=False,
)

MSE_LOSS = operator(
    "mse_loss(Tensor self, Tensor target, int reduction)",
    lambda a, b, reduction: reduced_in_place(np.square(a - b), reduction),
    node="MseLossBackward0",
    gradients={
        "self": lambda grad, self, target, reduction: MSE_LOSS_BACKWARD(grad, self, target, reduction),
        "target": lambda grad, self, target, reduction: MSE_LOSS_BACKWARD(grad, target, self, reduction),
    },
    public=False,
)


def smooth_l1_forward(a: Any, b: Any, reduction: int, beta: float) -> Any:
    distance = np.abs(a - b)
    edge, half = a.dtype.type(beta), a.dtype.type(0.5)
    return reduced_in_place(
        np.where(distance < edge, half * distance * distance / edge, distance - half * edge), reduction
    )


def smooth_l1_backward_forward(grad: Any, a: Any, b: Any, reduction: int, beta: float) -> Any:
    difference, weight, edge = a - b, share(a, reduction), a.dtype.type(beta)
    inner = weight * difference * grad / edge
    return np.where(difference <= -edge, -weight * grad, np.where(difference >= edge, weight * grad, inner))


def smooth_l1_second(grad: Any, grad_output: Any, self: Any, target: Any, reduction: int, beta: float) -> Any:
    both, distance = grad * grad_output, (self - target).abs()
    return divided(over(both * (distance < beta).to(grad.dtype), beta), self, reduction)


SMOOTH_L1_BACKWARD: Operator = operator(
    "smooth_l1_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction, float beta)",
    smooth_l1_backward_forward,
    node="SmoothL1LossBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, target, reduction, beta: SMOOTH_L1_BACKWARD(
            grad, self, target, reduction, beta
        ),
        "self": smooth_l1_second,
        "target": lambda grad, grad_output, self, target, reduction, beta: (
            -smooth_l1_second(grad, grad_output, self, target, reduction, beta)
        ),
    },
    public=False,
)

SMOOTH_L1 = operator(
    "smooth_l1_loss(Tensor self, Tensor target, int reduction, float beta)",
    smooth_l1_forward,
    node="SmoothL1LossBackward0",
    gradients={
        "self": lambda grad, self, target, reduction, beta: SMOOTH_L1_BACKWARD(grad, self, target, reduction, beta),
        "target": lambda grad, self, target, reduction, beta: SMOOTH_L1_BACKWARD(grad, target, self, reduction, beta),
    },
    public=False,
)


def huber_forward(a: Any, b: Any, reduction: int, delta: float) -> Any:
    distance = np.abs(a - b)
    edge, half = a.dtype.type(delta), a.dtype.type(0.5)
    return reduced(np.where(distance <= edge, half * distance * distance, edge * (distance - half * edge)), reduction)


def huber_backward_forward(grad: Any, a: Any, b: Any, reduction: int, delta: float) -> Any:
    difference, weight, edge = a - b, share(a, reduction), a.dtype.type(delta)
    outer = weight * grad * edge
    inner = weight * difference * grad
    return np.where(difference <= -edge, -outer, np.where(difference >= edge, outer, inner))


def huber_second(grad: Any, grad_output: Any, self: Any, target: Any, reduction: int, delta: float) -> Any:
    both, distance = grad * grad_output, (self - target).abs()
    return divided(both * (distance < delta), self, reduction)


def huber_of_output(grad: Any, grad_output: Any, self: Any, target: Any, reduction: int, delta: float) -> Any:
    """Of a reduced loss it is a sum, of the slopes for a gradient of 1."""
    if grad_output.dim() or not self.dim():
        return HUBER_BACKWARD(grad, self, target, reduction, delta)
    ones = grad_output.new_ones(grad_output.shape)
    return (HUBER_BACKWARD(ones, self, target, reduction, delta) * grad).sum()


HUBER_BACKWARD: Operator = operator(
    "huber_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction, float delta)",
    huber_backward_forward,
    node="HuberLossBackwardBackward0",
    gradients={
        "grad_output": huber_of_output,
        "self": huber_second,
        "target": lambda grad, grad_output, self, target, reduction, delta: (
            -huber_second(grad, grad_output, self, target, reduction, delta)
        ),
    },
    public=False,
)

HUBER = operator(
    "huber_loss(Tensor self, Tensor target, int reduction, float delta)",
    huber_forward,
    node="HuberLossBackward0",
    gradients={
        "self": lambda grad, self, target, reduction, delta: HUBER_BACKWARD(grad, self, target, reduction, delta),
        "target": lambda grad, self, target, reduction, delta: HUBER_BACKWARD(grad, target, self, reduction, delta),
    },
    public=False,
)


@functional
def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The squared distance."""
    left, right = same_shapes(input, target)
    number = reduction_number(reduction)
    checks.floating_together("mse_cpu", input, target)
    return MSE_LOSS(left, right, number)


@functional
def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The absolute distance."""
    left, right = same_shapes(input, target)
    number = reduction_number(reduction)
    return reduced_tensor((left - right).abs(), number)


def reduced_tensor(loss: Any, number: int) -> Any:
    return MEAN(loss, None) if number == MEAN_OF else SUM(loss, None) if number == SUM_OF else loss


@functional
def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Quadratic near zero, linear from `beta` on; without a `beta` it is `l1_loss`."""
    left, right = same_shapes(input, target)
    number = reduction_number(reduction)
    if not beta >= 0:
        raise RuntimeError(loss_texts.SMOOTH_BETA)
    if beta == 0:
        return reduced_tensor((left - right).abs(), number)
    checks.floating_together("smooth_l1_cpu", input, target)
    return SMOOTH_L1(left, right, number, beta)


@functional
def huber_loss(input: Any, target: Any, *, reduction: str = "mean", delta: float = 1.0) -> Any:
    """`smooth_l1_loss`, scaled by the edge."""
    left, right = same_shapes(input, target)
    number = reduction_number(reduction)
    if not delta > 0:
        raise RuntimeError(loss_texts.HUBER_DELTA)
    checks.check_huber(input, target)
    right = of_type(right, input.dtype)
    return HUBER(left, right, number, delta)


# ---- cross entropies of two classes -------------------------------------------------------------------------------


def steps(before: int, weight: Any, reduction: int) -> int:
    """How often PyTorch writes such a gradient in place: once more for a weight, once more for a mean."""
    return before + (weight is not None) + (reduction == MEAN_OF)


def weighted(loss: Any, weight: Any) -> Any:
    return loss if weight is None else loss * weight


SMALLEST = np.float32(1e-12)
"""What a product is at least before it divides, rounded to a float whatever the type."""


def bce_forward(a: Any, target: Any, weight: Any, reduction: int) -> Any:
    if not np.all((a >= 0) & (a <= 1)):
        raise RuntimeError(texts.BCE_RANGE)
    if not np.all((target >= 0) & (target <= 1)):
        raise RuntimeError(texts.BCE_TARGET_RANGE)
    floor = a.dtype.type(-100)
    loss = (target - a.dtype.type(1)) * np.maximum(np.log1p(-a), floor) - target * np.maximum(np.log(a), floor)
    return reduced_in_place(weighted(loss, weight), reduction)


def bce_backward_forward(grad: Any, a: Any, target: Any, weight: Any, reduction: int) -> Any:
    kind = a.dtype.type
    slope = grad * (a - target) / np.maximum((kind(1) - a) * a, kind(SMALLEST))
    return weighted(slope, weight) * share(a, reduction)


def bce_second(grad: Any, grad_output: Any, self: Any, target: Any, weight: Any, reduction: int) -> Any:
    """The slope of (x - t) / (x - x^2)."""
    square = self * self
    curve = (square - times(self * target, 2) + target) / plus(self - square, 1e-12).pow(2)
    return averaged(weighted(grad * grad_output * curve, weight), self, reduction)


def bce_second_target(grad: Any, grad_output: Any, self: Any, weight: Any, reduction: int) -> Any:
    curve = -(self - self * self).clamp_min(1e-12).reciprocal()
    return averaged(weighted(grad * grad_output * curve, weight), self, reduction)


BCE_BACKWARD: Operator = operator(
    "binary_cross_entropy_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction)",
    bce_backward_forward,
    node="BinaryCrossEntropyBackwardBackward0",
    gradients={
        "grad_output": lambda grad, self, target, weight, reduction: BCE_BACKWARD(
            grad, self, target, weight, reduction
        ),
        "self": bce_second,
        "target": bce_second_target,
    },
    public=False,
)

BCE = operator(
    "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight, int reduction)",
    bce_forward,
    node="BinaryCrossEntropyBackward0",
    refuses=("weight",),
    gradients={
        "self": lambda grad, self, target, weight, reduction: BCE_BACKWARD(grad, self, target, weight, reduction),
        "target": lambda grad, self, weight, reduction: written(
            divided(weighted(-self.logit() * grad, weight), self, reduction), steps(2, weight, NONE)
        ),
    },
    public=False,
)


def logits_forward(a: Any, target: Any, weight: Any, pos_weight: Any, reduction: int) -> Any:
    """Of several types the result has that of the target."""
    made_as = target.dtype
    a, target, weight, pos_weight = (widened(each) for each in (a, target, weight, pos_weight))
    kind = a.dtype.type
    log_share = np.minimum(a, kind(0)) - np.log1p(np.exp(-np.abs(a)))
    if pos_weight is None:
        loss = (kind(1) - target) * a - log_share
    else:
        loss = (kind(1) - target) * a - ((pos_weight - kind(1)) * target + kind(1)) * log_share
    return reduced(weighted(loss, weight), reduction).astype(made_as, copy=False)


def logits_gradient(grad: Any, self: Any, target: Any, weight: Any, pos_weight: Any, reduction: int) -> Any:
    if pos_weight is None:
        slope = (self.sigmoid() - target) * grad
    else:
        positive = pos_weight * target
        slope = ((plus(positive, 1) - target) * self.sigmoid() - positive) * grad
    made = divided(weighted(slope, weight), self, reduction)
    if modes.grad:  # recorded, PyTorch writes in place only to take the mean
        return made
    return written(made, steps(2 if pos_weight is None else 4, weight, NONE))


def logits_target_gradient(grad: Any, self: Any, weight: Any, pos_weight: Any, reduction: int) -> Any:
    slope = -self if pos_weight is None else logsigmoid(-self) - logsigmoid(self) * pos_weight
    before = 0 if pos_weight is None else 2
    return written(divided(weighted(slope * grad, weight), self, reduction), steps(before, weight, NONE))


def logits_row(overload: str, rule: Any) -> Operator:
    return operator(
        f"binary_cross_entropy_with_logits{overload}(Tensor self, Tensor target, Tensor? weight, Tensor? pos_weight, "
        "int reduction)",
        logits_forward,
        node="BinaryCrossEntropyWithLogitsBackward0",
        refuses=("weight", "pos_weight"),
        gradients={"self": logits_gradient, "target": logits_target_gradient},
        dtype=rule,
        public=False,
    )


BCE_LOGITS = logits_row("", PROMOTE)
BCE_MIXED_LOGITS = logits_row(".mixed", KEEP)


def logits_loss(input: Any, target: Any, weight: Any, pos_weight: Any, number: int) -> Any:
    """Raise RuntimeError or NotImplementedError for operands that do not fit each other."""
    kind, shape = input.dtype, input.shape
    weights = [each for each in (weight, pos_weight) if each is not None]
    one_type = kind.is_floating_point and all(each.dtype is kind for each in (target, *weights))
    fits = target.shape == shape and all(expandable(each.shape, shape) for each in weights)
    if not (one_type and fits):
        if modes.grad:
            refuse_gradients(BCE_LOGITS, (input, target, weight, pos_weight))
        if target.is_complex() and modes.grad and (input.requires_grad or target.requires_grad):
            raise RuntimeError(complex_not_differentiable("binary_cross_entropy_with_logits"))
        with no_grad():
            check_logits(input, target, weight, pos_weight)
    row = BCE_LOGITS if one_type else BCE_MIXED_LOGITS
    return row(input, target, weight, pos_weight, number)


def check_logits(input: Any, target: Any, weight: Any, pos_weight: Any) -> None:
    """The steps of the loss as PyTorch takes them, in place: they refuse what does not fit."""
    likely = logsigmoid(input)
    if pos_weight is not None:
        likely.mul_(plus(minus(pos_weight, 1) * target, 1))
    loss = number_minus(1, target).mul_(input).sub_(likely)
    if weight is not None:
        loss.mul_(weight)


@functional
def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Raise ValueError if the shapes differ, RuntimeError for an input outside 0 and 1."""
    number = reduction_number(reduction)
    if input.shape != target.shape:
        raise ValueError(texts.bce_sizes(target.shape, input.shape))
    if weight is not None:
        weight = weight.expand(FUNCTIONS["broadcast_shapes"](target.size(), weight.size()))
    checks.check_entropy_types(input, target, weight)
    return BCE(input, target, weight, number)


@functional
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Raise ValueError if the shapes differ."""
    number = reduction_number(reduction)
    if input.shape != target.shape:
        raise ValueError(texts.logits_sizes(target.shape, input.shape))
    return logits_loss(input, target, weight, pos_weight, number)


# ---- several classes ----------------------------------------------------------------------------------------------


def class_weights(a: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any]:
    """For each sample its class (0 where it is ignored) and its weight. Raises IndexError for no class."""
    counted = target != ignore_index
    wrong = target[counted & ((target < 0) | (target >= a.shape[-1]))]
    if wrong.size:
        raise IndexError(texts.target_out_of_bounds(int(wrong.reshape(-1)[0])))
    classes = np.where(counted, target, 0)
    weights = np.ones(target.shape, a.dtype) if weight is None else weight[classes]
    return classes, np.where(counted, weights, a.dtype.type(0))


def nll_forward(a: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> tuple[Any, Any]:
    classes, weights = class_weights(a, target, weight, ignore_index)
    losses = -np.take_along_axis(a, classes[..., None], -1)[..., 0] * weights
    if reduction == NONE and target.ndim:
        return losses, np.zeros((), a.dtype)
    total, total_weight = np.sum(losses), np.sum(weights)
    return (total / total_weight if reduction == MEAN_OF else total), np.asarray(total_weight)


def nll_backward_forward(
    grad: Any, a: Any, target: Any, weight: Any, total_weight: Any, reduction: int, ignore_index: int
) -> Any:
    classes, weights = class_weights(a, target, weight, ignore_index)
    slope = -weights * grad
    if reduction == MEAN_OF:
        slope = slope / total_weight
    slope = np.where(target == ignore_index, a.dtype.type(0), slope)
    made = np.zeros(a.shape, a.dtype)
    np.put_along_axis(made, classes[..., None], np.asarray(slope)[..., None], -1)
    return made


NLL_BACKWARD = operator(
    "nll_loss_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, Tensor total_weight, "
    "int reduction, int ignore_index)",
    nll_backward_forward,
    node="NllLossBackwardBackward0",
    gradients={
        "grad_output": lambda grad, target, weight, reduction, ignore_index: NLL(
            grad, target, weight, reduction, ignore_index
        )[0],
        "self": zeros_like,
    },
    dtype=KEEP,
    public=False,
)

NLL: Operator = operator(
    "nll_loss_forward(Tensor self, Tensor target, Tensor? weight, int reduction, int ignore_index) "
    "-> (output, total_weight)",
    nll_forward,
    node="NllLossBackward0",
    refuses=("weight",),
    history=1,
    gradients={
        "self": lambda grad, self, target, weight, reduction, ignore_index, total_weight: NLL_BACKWARD(
            grad, self, target, weight, total_weight, reduction, ignore_index
        )
    },
    dtype=KEEP,
    public=False,
)


def last_class(a: Any) -> Any:
    """Images with the classes in the last dimension."""
    return np.ascontiguousarray(np.moveaxis(a, 1, -1))


def nll2d_backward_forward(
    grad: Any, a: Any, target: Any, weight: Any, total_weight: Any, reduction: int, ignore_index: int
) -> Any:
    made = nll_backward_forward(grad, last_class(a), target, weight, total_weight, reduction, ignore_index)
    return np.ascontiguousarray(np.moveaxis(made, -1, 1))


NLL2D_BACKWARD = operator(
    "nll_loss2d_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, Tensor total_weight, "
    "int reduction, int ignore_index)",
    nll2d_backward_forward,
    node="NllLoss2DBackwardBackward0",
    gradients={
        "grad_output": lambda grad, target, weight, reduction, ignore_index: NLL2D(
            grad, target, weight, reduction, ignore_index
        )[0],
        "self": zeros_like,
    },
    dtype=KEEP,
    public=False,
)

NLL2D: Operator = operator(
    "nll_loss2d_forward(Tensor self, Tensor target, Tensor? weight, int reduction, int ignore_index) "
    "-> (output, total_weight)",
    lambda a, *rest: nll_forward(last_class(a), *rest),
    node="NllLoss2DBackward0",
    refuses=("weight",),
    history=1,
    gradients={
        "self": lambda grad, self, target, weight, reduction, ignore_index, total_weight: NLL2D_BACKWARD(
            grad, self, target, weight, total_weight, reduction, ignore_index
        )
    },
    dtype=KEEP,
    public=False,
)


def nll_of(input: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> Any:
    """By rank: one sample or a batch, images, and everything else looked at as images."""
    checks.check_classes(input, target)
    if weight is not None and modes.grad and weight.requires_grad:
        row = NLL if input.dim() <= 2 else NLL2D
        raise RuntimeError(texts.not_differentiable(row.name, "weight"))
    if input.dim() <= 2:
        checks.check_rows(input, target, weight)
        if input.dim() == 1 and target.dim() == 1:
            target = target.squeeze(0)
        return NLL(input, target, weight, reduction, ignore_index)[0]
    if input.dim() == 4:
        checks.check_images(input, target, weight)
        return NLL2D(input, target, weight, reduction, ignore_index)[0]
    batch, classes = input.shape[:2]
    flat = input.contiguous().view((batch, classes, 1, -1) if input.numel() else (batch, classes, 0, 0))
    flat_target = target.contiguous().view((batch, 1, -1) if target.numel() else (batch, 0, 0))
    checks.check_images(flat, flat_target, weight)
    made = NLL2D(flat, flat_target, weight, reduction, ignore_index)[0]
    return made.view((batch, *input.shape[2:])) if reduction == NONE else made


@functional
def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """The negative log likelihood of classes, of one sample, of a batch of them or of images."""
    return nll_of(input, target, weight, reduction_number(reduction), ignore_index)


def smoothed(
    likely: Any, target: Any, weight: Any, number: int, ignore_index: int, axis: int, label_smoothing: float
) -> Any:
    """A share of the loss spread over all classes."""
    certain = nll_of(likely, target, weight, number, ignore_index)
    if weight is None:
        spread = -SUM_DIM(likely, (axis,), False, None)
    else:
        shape = [1] * likely.dim()
        shape[axis] = weight.shape[0]
        spread = -SUM_DIM(likely * weight.view(shape), (axis,), False, None)
    ignored = target == ignore_index
    spread = spread.masked_fill(ignored, 0)
    if number == MEAN_OF and weight is not None:
        picked = weight.gather(0, target.masked_fill(ignored, 0).flatten())
        spread = SUM(spread, None) / SUM(picked.masked_fill(ignored.flatten(), 0), None)
    elif number == MEAN_OF:
        counted = SUM(ignored, None)
        spread = SUM(spread, None) / (spread.numel() - counted)
    elif number == SUM_OF:
        spread = SUM(spread, None)
    return times(certain, 1 - label_smoothing) + times(spread, label_smoothing / likely.shape[axis])


@functional
def cross_entropy(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """`nll_loss` of `log_softmax` for classes; for probabilities the expected negative logarithm."""
    number = reduction_number(reduction)
    axis = 0 if input.dim() == 1 else 1
    if input.shape == target.shape:
        checks.check_probabilities(input, target, weight, ignore_index, label_smoothing)
    likely = log_softmax(input, axis)
    if input.shape != target.shape:
        if label_smoothing > 1:
            raise RuntimeError(loss_texts.smoothing(label_smoothing))
        if label_smoothing > 0:
            return smoothed(likely, target, weight, number, ignore_index, axis, label_smoothing)
        return nll_of(likely, target, weight, number, ignore_index)
    if label_smoothing > 0:
        target = plus(times(target, 1 - label_smoothing), label_smoothing / input.shape[axis])
    if weight is not None and input.dim() > 1:
        weight = weight.view((1, -1, *(1 for _ in input.shape[2:])))
    product = MUL(likely, target) if weight is None else MUL(MUL(likely, target), weight)
    if number == NONE:
        return -SUM_DIM(product, (axis,), False, None)
    total = -SUM(product, None)
    return over(total, input.numel() // input.shape[axis]) if number == MEAN_OF else total


@functional
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """The divergence of the logarithm `input` from `target`."""
    checks.check_divergence(input, target)
    # The right operand first: later nodes run earlier in backward, and that decides the order of additions.
    if log_target:
        distance = target - input
        loss = target.exp() * distance
    else:
        product = target * input
        loss = XLOGY(target, target) - product
    return reduced_tensor(loss, reduction_number(reduction))
